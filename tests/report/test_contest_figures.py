"""What the contest's page shows in sight, and what its sentences say, from the committed results."""

import numpy as np
import pytest

from luciole import results
from luciole.report import contest, contest_figures, skeleton_figures, skeletons


@pytest.fixture(scope="module")
def table():
    models, deployed = (results.read(f"har/{name}", part=True).frame for name in ("models", "deployed"))
    return contest.standing(models, deployed)


def test_in_sight_stand_the_found_networks_and_the_best_of_the_others(table):
    shown = contest_figures.few(table)
    assert not shown["accuracy (%)"].isna().any()
    for title in contest.TITLES.values():
        mine = shown.loc[title]
        found = mine.index.str.startswith("found")
        assert found.sum() == 3
        others = contest.readable(table).loc[title]
        others = others[~others.index.str.startswith("found")]
        assert mine["accuracy (%)"][~found].max() == others["accuracy (%)"].max()
        assert mine["kMACs"].isna().sum() == 1  # one classifier without layers


def test_sentences_say_what_the_table_holds(table):
    persons = results.read("har/models_people", part=True).frame
    said = contest_figures.standing_numbers(table, persons)
    wisdm = contest.of(table, "wisdm")
    best, small = wisdm[said["app_hand_wisdm"]], wisdm[contest.smaller(wisdm)[0]]
    assert best["accuracy"] == max(row["accuracy"] for row in wisdm.values() if np.isfinite(row["macs"]))
    assert float(said["app_behind_wisdm"]) == pytest.approx(100 * (small["accuracy"] - best["accuracy"]), abs=0.05)
    assert float(said["app_energy_wisdm"]) == pytest.approx(small["joules"] / best["joules"], abs=0.05)


def test_the_skeletons_page_shows_each_network_once():
    trained, cells = results.read("skeletons/search"), results.read("skeletons/search_cells")
    whole = skeletons.table(trained.frame)
    shown = skeleton_figures.readable(whole)
    assert len(shown) == len(whole) == shown.index.nunique()
    pairs = skeletons.against(trained.frame, skeleton_figures.FOUND)
    said = skeleton_figures.network_numbers(trained, whole, pairs)
    gap = float(said["visapp_small"]) - float(said["visapp_found"])
    assert float(said["visapp_gap_small"].split()[0]) == pytest.approx(gap, abs=0.11)
    priced = skeletons.factors(cells.arrays, 1000)
    searched = skeletons.searches(cells.arrays)
    told = skeleton_figures.search_numbers(searched, priced)
    assert told["visapp_factor_long"] == f"{priced.loc['100 epochs', 'factor']:,.0f}"
    printed = skeleton_figures.factors(priced)
    assert printed.iloc[0, 1] == told["visapp_factor_long"]


def test_wins_of_the_search_are_counted_by_data_set():
    candidates = results.read("har/candidates", part=True).frame
    said = contest_figures.search_numbers(contest.worth(candidates), candidates)
    best = candidates.groupby(["dataset", "limit", "searched"])["accuracy"].max().unstack()
    for name, of in (best[True] > best[False]).groupby(level="dataset"):
        assert said[f"app_best_wins_{name}"] == f"{of.sum()} of {len(of)}"
