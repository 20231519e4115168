"""Two trials of a design: shares by hand, paired differences, a target met and not, a rule that keeps and drops."""

from types import SimpleNamespace

import pandas as pd
import pytest

from luciole import results
from luciole.design.outcome import DELIVERED
from luciole.experiments.har import distilled, unseen
from luciole.report import design_trials as report


def unseen_frame(found):
    rows = {DELIVERED: found, "random forest": (8, 15), "linear discriminant": (9, 12), "MLP": (10, 20),
            "majority": (2, 4)}  # fmt: skip
    return pd.DataFrame(
        [
            {"dataset": unseen.DATASET, "model": model, "seed": 0, "person": person, "macs": 41_000,
             "windows": 10 * (person + 1), "right": right}
            for model, each in rows.items() for person, right in enumerate(each)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("found", "target", "apart"), [((8, 15), "met", "+0.0"), ((8, 14), "not met", "-3.3")])
def test_the_target_is_the_best_classical_model_not_the_best_network(found, target, apart):
    numbers = report.unseen_numbers(unseen_frame(found))
    assert numbers["unseen_classical"] == "random forest, 76.7 %"
    assert (numbers["unseen_target"], numbers["unseen_difference"]) == (target, apart)
    assert (numbers["unseen_most"], numbers["unseen_majority"]) == ("100.0", "20.0")
    assert (numbers["unseen_people"], numbers["unseen_windows"], numbers["unseen_macs"]) == ("2", "30", "41,000")


def test_every_model_stands_with_its_distance_over_people():
    table = report.contest(unseen_frame((8, 14)))
    assert table.index.tolist() == ["MLP", "random forest", "the network delivered", "linear discriminant", "majority"]
    assert table.loc["MLP", "delivered before it (points)"] == "-25.0 ± 5.0"
    assert table.loc["the network delivered", "accuracy (%)"] == pytest.approx(100 * 22 / 30)


def distilled_frame(gains):
    """Two benches with a seed each; ``gains`` of everybody's ten windows with a share of a half."""
    return pd.DataFrame(
        [
            {"bench": person % 2, "seed": 0, "weight": weight, "side": side, "person": person, "windows": 10,
             "right": 5 + (gains[person] if weight else 0)}
            for side in (0, 1) for person in range(4) for weight in (0.0, 0.5)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gains", "kept", "said"), [((1, 1, 1, 2), "kept", "+12.5 ± 2.5"), ((2, 0, 0, 0), "not kept", "+5.0 ± 5.0")]
)
def test_distillation_is_kept_by_two_standard_errors_over_people(gains, kept, said):
    numbers = report.distilled_numbers(distilled_frame(gains))
    assert (numbers["distilled_kept"], numbers["distilled_chosen"]) == (kept, said)
    assert numbers["distilled_tested"] == said and numbers["distilled_weight"] == "50"
    assert numbers["distilled_trainings"] == "4"


def test_the_chapter_says_what_came_out_and_what_was_not_run(monkeypatch):
    held = {}
    monkeypatch.setattr(results, "names", lambda: list(held))
    monkeypatch.setattr(results, "read", lambda name, part=False: SimpleNamespace(frame=held[name]))
    assert all(text.startswith("It was not run yet") for text in report.said().values())
    held |= {unseen.NAME: unseen_frame((8, 14)), distilled.NAME: distilled_frame((2, 0, 0, 0))}
    told = report.said()
    assert "random forest, 76.7 %: a difference of -3.3 ± 2.5 points" in told["trial_unseen"]
    assert "is not met. No model recognises more than 100.0 %" in told["trial_unseen"]
    assert "50 %, brings +5.0 ± 5.0 points" in told["trial_distilled"] and "says not kept" in told["trial_distilled"]
