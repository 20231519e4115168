"""Chapter 2: its tables are those of the committed results, and the verdicts of its sentences hold."""

import numpy as np
import pandas as pd
import pytest

from luciole import published
from luciole.efficiency import merit
from luciole.report import efficiency, efficiency_measured, show


@pytest.fixture(scope="module")
def kept():
    return {name: result.frame for name, result in efficiency.kept().items()}


@pytest.fixture(scope="module")
def crowns(kept):
    return kept["efficiency/crowns"]


def test_every_printed_ratio_is_what_its_figures_give_or_within_their_rounding():
    told = efficiency.ratios()
    assert len(told) == 6 and set(told["the published one is"]) == {"computed", "possible"}
    three, numbers = efficiency.three(10)
    assert three.loc["IFA 2.1"].astype(float)["BCR"] == three["BCR"].astype(float).max()
    assert int(numbers["bcr_computed"]) + int(numbers["bcr_possible"]) == 6


def test_the_exponent_to_which_merit_agrees_with_the_ratio_is_where_it_turns():
    until = float(efficiency.three(10)[1]["ifa_until"].replace(",", ""))
    paper = published.read().set_index("key")["figure"]
    accuracy, fpo = (
        np.array([paper[f"mokhtari2024oad/{name}_{what}"] for name in efficiency.MODELS])
        for what in ("accuracy", "fpo")
    )
    for k, crowned in ((0.99 * until, True), (1.01 * until, False)):
        best = list(efficiency.MODELS)[merit(accuracy / 100, fpo, fpo[0], k=k, floor=0.1).argmax()]
        assert (best == "ifa21") == crowned


def test_the_ratio_crowns_a_poor_cell_and_merit_a_good_one_on_one_set_alone(kept, crowns):
    told = efficiency.standing_numbers(crowns, kept["efficiency/exponents"])
    rank = {name: int(told[name].replace(",", "")) for name in ("ratio_rank", "merit_rank", "merit_rank_c100")}
    assert rank["merit_rank"] < 200 < rank["merit_rank_c100"] < rank["ratio_rank"]
    assert told["ratio_beaten"] == f"{rank['ratio_rank'] - 1:,}" and told["same_crown"].startswith("BCR, ")
    assert float(told["ratio_tau"]) < 0 < float(told["merit_tau"])
    low, high = map(float, told["merit_range"].split(" to "))
    assert low <= float(told["exponent_shown"]) <= high


def test_where_merit_loses_is_counted_cost_by_cost(crowns):
    told = efficiency.loses(crowns)
    ahead = efficiency.ahead(crowns)
    assert float(told["imagenet_energy_merit"]) < float(told["imagenet_energy_mnasnet"])
    assert float(told["merit_tau_least"]) > 0 > float(told["bcr_tau_least"])
    assert (
        ahead.loc["ImageNet16-120", "MnasNet's crown is more accurate"]
        > ahead.loc["ImageNet16-120", "merit's crown is"]
    )
    assert (ahead.iloc[:, 1:3].sum(axis=1) <= ahead["costs"]).all() and int(told["guessers"]) > 0


def test_tables_in_sight_fit(crowns):
    for frame in (
        efficiency.ratios(),
        efficiency.standing(crowns),
        efficiency.side_in_short(crowns),
        efficiency.ahead(crowns),
        efficiency_measured.predicted()[0],
    ):
        assert len(frame) <= show.ROWS and frame.shape[1] + frame.index.nlevels <= show.COLUMNS
    named = [*efficiency.side_by_side(crowns).index, *efficiency.standing(crowns).index]
    assert not [name for name in named if "_" in name]


@pytest.mark.check  # twenty seconds
def test_every_dot_of_the_table_of_properties_has_its_counterexample():
    held, missing, numbers = efficiency.refuted(0)
    dots = held.drop(columns=["merit", "error merit"]).eq("·").to_numpy().sum()
    assert len(missing) == dots and (held["merit"] == "✓").sum() == int(numbers["held_merit"])
    assert len(held) == int(numbers["properties"]) == len(efficiency.definitions())


def test_the_bill_adds_up():
    readings = pd.DataFrame({"joules": [2.0, 1.0, 4.0]})
    bill = efficiency_measured.Bill.read(readings, "FRA", 250.0, 65.0)
    assert bill.spread == (0.5, 2.0)
    told = bill.numbers()
    assert float(told["own_low"]) < float(told["own_kwh"]) < float(told["own_high"])
    assert bill.kg == pytest.approx(bill.own["joules"].sum() / 3.6e6 * bill.grid / 1000)
    assert np.isfinite(bill.own["joules"]).all() and len(bill.table()) == int(told["own_computations"])
