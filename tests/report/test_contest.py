"""What chapter 7 tells of the sensor search: tables, verdicts and targets, on tables whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from luciole import results
from luciole.experiments.har import protocol as har_protocol
from luciole.report import contest as har_analysis

RIVAL, SMALL, LARGE = "TinyHAR-like", har_analysis.SMALL, har_analysis.LARGE
ACCURACY = {RIVAL: (0.970, 0.974), SMALL: (0.972, 0.976), LARGE: (0.950, 0.960), "random forest": (0.980, 0.980)}
MACS = {RIVAL: 1_900_000, SMALL: 51_000, LARGE: 900_000, "random forest": -1}


@pytest.fixture
def models():
    return pd.DataFrame(
        [
            {
                "dataset": "uci_har",
                "model": model,
                "seed": seed,
                "accuracy": share,
                "macro_f1": share - 0.001,
                "macs": MACS[model],
                "parameters": MACS[model],
                "seconds": 10.0,
            }
            for model, shares in ACCURACY.items()
            for seed, share in enumerate(shares)
        ]
    )


def deployed(small_joules):
    joules = {RIVAL: 4e-4, SMALL: small_joules, LARGE: 9e-4}
    return pd.DataFrame(
        [
            {"dataset": "uci_har", "model": model, "bits": bits, "latency": spent / 4, "joules": spent * bits / 32}
            for model, spent in joules.items()
            for bits in (32, 8)
        ]
    )


def verdict(models, small_joules):
    told = har_analysis.targets(har_analysis.standing(models, deployed(small_joules)))
    return told["verdict"].tolist()


def test_standing_averages_seeds_and_takes_the_cost_of_32_bits(models):
    row = har_analysis.standing(models, deployed(3e-4)).loc[("uci_har", SMALL)]
    assert row["seeds"] == 2
    assert row["accuracy"] == pytest.approx(0.974)
    assert row["joules"] == pytest.approx(3e-4)


def test_a_model_without_macs_is_no_rival_of_the_target_but_one_over_people(models):
    table = har_analysis.standing(models, deployed(3e-4))
    assert np.isnan(table.loc[("uci_har", "random forest"), "macs"])
    assert har_analysis.hand_made(har_analysis.of(table, "uci_har")) == RIVAL
    people = models.assign(subject=models["seed"])[["dataset", "model", "subject", "accuracy"]]
    told = har_analysis.over_people(people, table).set_index("model")
    assert set(told["against"]) == {"random forest"}
    assert told.loc[SMALL, "mean gap (points)"] == pytest.approx(-0.6)
    assert told.loc[SMALL, "better on"] == "0 of 2 people"


def test_a_target_is_met_only_by_accuracy_and_macs_and_energy_of_one_network(models):
    assert verdict(models, 3e-4) == ["missed", "met", "met"]  # the large one's macro-F1 is 95.4 %
    assert verdict(models, 5e-4)[-1] == "missed"  # as accurate and small, but dearer
    worse = models.assign(accuracy=models["accuracy"].where(models["model"] != SMALL, 0.971))
    assert verdict(worse, 3e-4)[-1] == "missed"  # cheap, but 0.1 points behind
    heavier = models.assign(macs=models["macs"].where(models["model"] != SMALL, 200_000))
    assert verdict(heavier, 3e-4)[-1] == "missed"  # more than a tenth of the rival's


def test_error_of_a_mean_over_seeds(models):
    row = har_analysis.of(har_analysis.standing(models, deployed(3e-4)), "uci_har")[LARGE]
    mean, error = har_analysis.over_seeds(row, "accuracy")
    assert (mean, error) == (pytest.approx(95.5), pytest.approx(0.5))


def test_trainings_that_lack_are_named(models):
    lines = har_analysis.lacking(har_analysis.standing(models, deployed(3e-4)))
    assert f"UCI HAR: {RIVAL} 2 of {len(har_protocol.SEEDS)}" in lines
    assert f"UCI HAR: MLP 0 of {len(har_protocol.SEEDS)}" in lines
    whole = har_analysis.standing(results.read("har/models").frame, results.read("har/deployed").frame)
    assert har_analysis.lacking(whole) == []  # all that was planned is committed


def test_worth_tells_searched_from_random():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"dataset": "uci_har", "limit": 9, "accuracy": [0.9, 0.8, 0.7, 0.6, 0.5]})
    frame["searched"] = [True, True, False, False, False]
    for score in ("skill", "merit", *har_protocol.WATCHED):
        frame[score] = rng.normal(size=5)
    frame["skill"] = frame["accuracy"]
    frame.loc[0, "merit"] = -np.inf  # not defined for this design: left out, not counted as last
    row = har_analysis.worth(frame).loc[("uci_har", "9")]
    assert row["skill"] == pytest.approx(1.0)
    assert np.isfinite(row["merit"])
    assert row["searched, mean (%)"] == pytest.approx(85.0)
    assert row["random, best (%)"] == pytest.approx(70.0)


def test_published_figures_stand_beside_ours_and_say_how_they_were_read():
    whole = har_analysis.standing(results.read("har/models").frame, results.read("har/deployed").frame)
    told = har_analysis.beside_published(whole)
    assert len(told) == len(har_analysis.BESIDE)
    assert told["read where"].str.len().min() > 0
    assert np.allclose(told["measured (%)"] - told["published (%)"], told["difference"])


def test_eight_bits_are_weighed_beside_the_same_network_in_32():
    row = {"dataset": "uci_har", "model": "found", "macro_f1": 0.9}
    whole = row | {
        "bits": 32,
        "accuracy": 0.97,
        "weights": 800,
        "bytes": 1000,
        "latency": 2e-4,
        "low": 1e-4,
        "high": 3e-4,
    }
    small = whole | {
        "bits": 8,
        "accuracy": 0.96,
        "weights": 200,
        "bytes": 900,
        "latency": 5e-4,
        "low": 4e-4,
        "high": 6e-4,
    }
    fast = small | {"dataset": "mine", "bytes": 1100, "latency": 5e-5, "low": 4e-5, "high": 6e-5}
    files = pd.DataFrame([whole, small, whole | {"dataset": "mine"}, fast])
    told = har_analysis.eight_bits(files)
    assert list(told.index) == ["UCI HAR, found", "mine, found"]
    assert told["lost (points)"].tolist() == pytest.approx([1, 1])
    assert told["weights, share"].tolist() == [0.25, 0.25] and told["file, share"].tolist() == [0.9, 1.1]
    assert told["time, times"].tolist() == pytest.approx([2.5, 0.25])
    assert told[["smaller", "faster", "kept"]].values.tolist() == [[True, False, True], [False, True, True]]
    shown = har_analysis.sizes(files)
    assert shown["network"].tolist() == ["UCI HAR, found"] * 2 + ["mine, found"] * 2
    assert shown["µJ a window (estimate)"].tolist() == pytest.approx(
        (har_protocol.WATTS * shown["µs a window"]).tolist()
    )


def test_error_over_people_is_that_of_the_means_of_seeds():
    shares = {1: (0.90, 0.92), 2: (0.95, 0.97), 3: (0.99, 1.00)}
    people = pd.DataFrame(
        [
            {"dataset": name, "model": "one", "seed": seed, "subject": who, "accuracy": share / scale}
            for name, scale in (("uci_har", 1), ("wisdm", 2))
            for who, both in shares.items()
            for seed, share in enumerate(both)
        ]
    )
    means = np.array([91.0, 96.0, 99.5])
    expected = means.std(ddof=1) / np.sqrt(3)
    assert har_analysis.error_over_people(people, "uci_har")["one"] == pytest.approx(expected)
    assert har_analysis.error_over_people(people, "wisdm")["one"] == pytest.approx(expected / 2)
