"""Chapter 5: its tables are those of the committed results, and the verdicts of its sentences hold."""

import numpy as np
import pytest

from luciole.report import better_elsewhere, better_firefly, show


@pytest.fixture(scope="module")
def kept():
    return better_firefly.Kept.read()


def test_a_plan_stands_with_half_a_95_percent_interval_over_its_seeds(kept):
    place = kept.plans.index("luciole, 150")
    half = 1.96 * kept.arrays["c10_best_sd"][place] / np.sqrt(kept.seeds)
    row = kept.standing.loc["luciole, 150"]
    assert row["half"] == pytest.approx(half) and row["CIFAR-10"] == pytest.approx(kept.arrays["c10_best_mean"][place])
    told = better_firefly.shown(kept, ["luciole, 150"]).loc["luciole, 150 scored", "CIFAR-10 (%)"]
    assert told == f"{row['CIFAR-10']:.2f} ± {half:.2f}"


def test_the_swarm_is_not_needed_and_the_scores_are(kept):
    told = better_firefly.numbers(kept)
    at = {name: float(told[name]) for name in ("local_few", "luciole_few", "ifa_few", "random_few")}
    assert at["local_few"] >= at["luciole_few"] > at["ifa_few"] > at["random_few"]
    assert float(told["range_alone"]) > 5 * float(told["range_parts"])
    assert float(told["ifa_integer"]) > float(told["ifa_widest"])
    assert float(told["light_1000"]) < float(told["light_300"])


def test_no_verdict_stands_on_the_data_set_that_the_scores_were_chosen_on(kept):
    told = better_firefly.targets(kept)
    assert "CIFAR-100 asked" not in told and len(told) <= show.ROWS
    for asked, reached in told[["CIFAR-10 asked", "CIFAR-10 (%)"]].to_numpy():
        wanted, verdict = asked.split(": ")
        mean = float(reached.split(" ± ")[0])
        assert verdict == ("met" if mean >= float(wanted) else "missed") or abs(mean - float(wanted)) < 0.005
    counted = better_firefly.numbers(kept)
    assert 0 < int(counted["targets_met"]) < int(counted["targets_judged"])


def test_on_sensor_data_the_released_swarm_is_ahead(kept):
    runs = better_elsewhere.worn(kept)
    told = {name: float(value) for name, value in better_elsewhere.worn_numbers(runs).items()}
    assert told["motion_ifa"] > told["motion_images"] > told["motion_random"] > told["motion_luciole"]
    assert told["motion_luciole"] > told["motion_any"] and told["motion_best"] >= runs["macro-F1 (%)"].max() - 0.01
    assert better_elsewhere.worn_table(runs)["cells"].sum() == len(runs)


def test_gaps_between_trained_networks_are_paired_by_data_set_and_seed():
    frame = better_elsewhere.trained("training_full")
    told = better_elsewhere.full_numbers(frame)
    mine, hand = (
        frame[frame["network"] == name].set_index("seed")["test"] for name in ("found here", "ResNet-like cell")
    )
    assert (
        float(told["full_hand"]) == pytest.approx(100 * (mine - hand).mean(), abs=0.01) and float(told["full_hand"]) < 0
    )
    table = better_elsewhere.shown(better_elsewhere.by_network(frame))
    assert (
        "joules (estimate)" not in table
        and list(table["test accuracy (%)"]) == sorted(table["test accuracy (%)"])[::-1]
    )


def test_merit_crowns_the_perceptron_on_the_larger_images():
    frame = better_elsewhere.trained("training")
    crowned = better_elsewhere.crowns(better_elsewhere.by_network(frame))
    assert (crowned.loc["merit"] == "MLP").sum() >= 2 and (crowned.loc["BCR"] == "MLP").any()
    assert better_elsewhere.real_numbers(frame)["merit_crowns"].count("MLP") == (crowned.loc["merit"] == "MLP").sum()
