"""Chapter 1: costs of famous searches, standings, what guides; and the verdicts of its sentences."""

import numpy as np
import pandas as pd
import pytest

from luciole import published, results
from luciole.experiments.nb201 import search as bench
from luciole.report import lemonade, state, state_graphs


@pytest.fixture(scope="module")
def search():
    return results.read("nb201/search")


def test_ratios_of_costs_are_no_costs(monkeypatch):
    rows = [
        ["one/search_days", 2.0, "GPU-days", "evolution; One; on CIFAR-10", "a paper of 2017", "read in the paper"],
        ["two2020/search_seconds", 36.0, "s", "training-free; Two; here", "a paper", "from memory, not seen"],
        ["two2020/search_factor_gpu", 476.0, "ratio", "Two; against a search that trains", "a paper", "read in it"],
    ]
    rows[0][0] = "one2017/search_days"
    monkeypatch.setattr(published, "read", lambda: pd.DataFrame(rows, columns=published.COLUMNS))
    found = state.costs().set_index("name")
    assert found["hours"].to_dict() == {"One": 48.0, "Two": pytest.approx(0.01)}
    assert found["year"].to_dict() == {"One": 2017, "Two": 2020}
    assert found["read"].to_dict() == {"One": True, "Two": False}


def test_a_standing_has_every_searcher_the_best_first(search):
    curves, guided = state.parts(search.frame)
    assert set(guided["searcher"]) == set(bench.GUIDED)
    table = state.standing(curves, bench.BUDGET)
    assert len(table) == curves["searcher"].nunique() == int(state.numbers(search)["searchers"])
    means = table["CIFAR-10"].str.split(" ").str[0].astype(float)
    assert means.is_monotonic_decreasing
    assert table.loc["random", "time to 94.3 % (s)"] == "–"  # fewer than half of its runs come there


def test_a_difference_and_its_noise(search):
    curves, _ = state.parts(search.frame)
    row = state.beside(curves).loc["random"].iloc[0]
    assert row["difference"] == pytest.approx(row["ours"] - row["published"], abs=1e-4)
    runs = curves.loc[curves["searcher"] == "random", "runs"].iloc[0]
    noise = np.hypot(row["our deviation"] / np.sqrt(runs), row["its deviation"] / np.sqrt(500))
    assert row["noise"] == pytest.approx(noise, rel=1e-4)


def test_what_the_prose_says_of_guides_is_what_was_found(search):
    told = state.guided_numbers(search.frame)
    best, plain, size, worst = (
        float(told[name]) for name in ("guided_best_c10", "unguided_late", "guided_params", "guided_worst_c10")
    )
    assert worst < plain < size < best  # much of it is size, a misleading score does harm
    assert float(told["alone_best"]) < plain  # no score alone is enough
    assert told["guided_best"].startswith("guided evolution by ")


def test_the_short_ranking_ends_with_training(search):
    table, told = state.ranking()
    assert list(table.index[-2:]) == ["12 epochs", "200 epochs"]
    assert float(told["best_sum_tau"].split(" / ")[0]) == pytest.approx(table.iloc[-3, 0], abs=0.006)
    assert table.shape == (9, 4)


def test_joules_and_graphs():
    graphs = results.read("nb101/search").frame
    told = state_graphs.numbers(graphs)
    assert float(told["leader_101_regret"]) <= float(told["random_101_regret"])
    table = state_graphs.lanas(graphs)
    assert list(table.index) == list(state_graphs.AT)
    spent = results.read("nb101/energy")
    numbers = state_graphs.joules_numbers(spent)
    assert numbers["energy_leader"] == state_graphs.joules_last(spent.frame).index[0]


def test_inherited_weights_are_worth_more_than_what_they_find():
    result, runs = results.read("images/lemonade"), results.read("images/lemonade_runs").arrays
    told = lemonade.numbers(result, runs)
    assert float(told["digits_lemonade_5"]) > float(told["digits_scratch_5"])
    anew = [float(told[f"digits_{key}_anew"]) for key in lemonade.METHODS]
    assert max(anew) - min(anew) < 1  # trained anew, all are alike
    assert set(lemonade.table(runs).index) == set(lemonade.METHODS.values())
