"""aeon's classifiers beside the networks found: shares by hand, windows learnt from, what is left said."""

import pandas as pd

from luciole.report import rockets


def frame(right=(90, 70)):
    return pd.DataFrame(
        [
            {"dataset": "uci_har", "model": "MiniRocket", "subject": who, "windows": 100, "right": count,
             "learnt": 7352, "fit_seconds": 120.0, "answer_us": 1500.0}
            for who, count in enumerate(right)
        ]
    )  # fmt: skip


MODELS = pd.DataFrame(
    [
        {"dataset": "uci_har", "model": "found, 53 k MACs", "seed": seed, "accuracy": accuracy}
        for seed, accuracy in enumerate((0.84, 0.86))
    ]
    + [{"dataset": "wisdm", "model": "found, 35 k MACs", "seed": 0, "accuracy": 0.7}]
)


def test_a_row_for_each_and_the_network_found_before_them():
    table = rockets.standing(frame(), MODELS)
    assert table["accuracy (%)"].tolist() == ["85.0", "80.0", "70.0"]
    mine = table.iloc[1]
    assert (mine["windows learnt from"], mine["fitted (s)"], mine["a window (µs)"]) == ("7,352", "120", "1,500")
    low, high = map(float, mine["95 % over people"].split(" to "))
    assert low < 80 < high


def test_the_best_and_what_was_left_are_said():
    told = rockets.numbers(frame((95, 95)), MODELS)
    assert told["rockets_best"] == "on UCI HAR MiniRocket, +10.0 points from the network found"
    assert told["rockets_minutes"] == "2"
    assert "Hydra-MultiRocket on WISDM" in told["rockets_left"] and "MiniRocket on UCI HAR" not in told["rockets_left"]
