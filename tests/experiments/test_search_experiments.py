"""The search comparisons, whole, on a small made-up table: resumed, summarised, rederived, refused."""

import numpy as np
import pytest

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments import nb101_search, nb201_search
from luciole.search import NEEDS, SEARCHERS
from luciole.spaces import nb101, nb201
from luciole.tables.nasbench101 import NB101Table
from luciole.tables.table import Role, Table


def made_up(complete=True):
    cells = nb201.all_cells()
    noise = np.random.default_rng(0).normal(size=(4, nb201.SIZE))
    peak = 94 - np.abs(cells.astype(float) - 3).sum(axis=1)
    columns = {
        "c10_val12": peak + noise[0],
        "c10_val200": peak + 0.1 * noise[1],
        "c10_test200": peak,
        "c100_test200": peak - 20,
        "in16_test200": peak - 50,
        "c10_cost12_s": 100 + 10.0 * cells.sum(axis=1),
        "c10_flops": 1.0 + (cells == 3).sum(axis=1),
    }
    if not complete:
        del columns["c10_val12"]
    roles = {
        "valid": Role("c10_val12" if complete else "c10_test200", "to choose by"),
        "test": Role("c10_test200", "to report"),
        "cost_seconds": Role("c10_cost12_s", "price"),
    }
    return Table("made up", columns, source="numbers of this test", index=nb201.index, roles=roles, sha256="0" * 64)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Few seeds, the fast searchers, results and shards in a folder of the test."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    table = made_up()
    monkeypatch.setattr(nb201_search, "_table", lambda: table)
    monkeypatch.setattr(nb201_search, "SEEDS", 3)
    monkeypatch.setattr(nb201_search, "BLOCK", 2)
    monkeypatch.setattr(nb201_search, "FEWER", {"Q-learning": 1})
    kept = {*nb201_search.EXACT, "Q-learning", "Hyperband", "NSGA-II"}
    monkeypatch.setattr(nb201_search, "LEFT_OUT", {name: "slow" for name in SEARCHERS if name not in kept})
    return table


def test_the_comparison_resumes_and_says_what_was_chosen(small, monkeypatch):
    nb201_search.run(seconds=0)
    with pytest.raises(LucioleError, match="no result 'nb201_search'"):
        results.read("nb201_search")
    nb201_search.run()
    runs, frame = results.read("nb201_search_runs").arrays, results.read("nb201_search").frame
    assert {str(name) for name in runs["searcher"]} == set(frame["searcher"])
    assert (runs["searcher"] == "Q-learning").sum() == 1
    assert (runs["searcher"] == "random").sum() == 3

    monkeypatch.setattr(nb201_search, "block", lambda task: pytest.fail("a finished block ran again"))
    nb201_search.run()  # nothing to do
    assert (results.read("nb201_search_runs").arrays["choices"] == runs["choices"]).all()

    # the last line of a searcher, by hand: read the test accuracy of what three plain runs chose
    histories = [nb201_search.play("random", seed, small) for seed in range(3)]
    got = [small["c10_test200"][nb201.index(history.best)] for history in histories]
    last = frame[(frame["searcher"] == "random") & (frame["seconds"] == 12_000)].iloc[0]
    assert last["c10"] == pytest.approx(np.mean(got), abs=1e-4)
    assert last["c10_sd"] == pytest.approx(np.std(got, ddof=1), abs=1e-4)
    assert last["c10_low"] <= last["c10"] <= last["c10_high"]
    first = frame[(frame["searcher"] == "random") & (frame["seconds"] == 0)].iloc[0]
    assert first["c10"] == pytest.approx(small["c10_test200"].mean(), abs=1e-3)  # nothing chosen yet: a blind draw


def test_committed_runs_are_rederived_or_refused(small):
    nb201_search.run()
    runs = results.read("nb201_search_runs").arrays
    assert nb201_search.rederive(runs, small, 2) == 2 * len(nb201_search.EXACT)
    runs["choices"][np.flatnonzero(runs["searcher"] == "local search")[0], -1] += 1
    with pytest.raises(LucioleError, match="committed run 0 of local search is not what running it gives now"):
        nb201_search.rederive(runs, small, 1)


def test_short_budgets_are_beginnings_of_long_ones(small):
    history = nb201_search.play("regularised evolution", 1, small)
    short = nb201_search.play("regularised evolution", 1, small, nb201_search.Budget(seconds=3_000))
    at = int(np.flatnonzero(nb201_search.TIMES == 3_000)[0])
    assert nb201_search.chosen(history)[at] == nb201.index(short.best)


def test_the_replica_is_refused(small, monkeypatch):
    monkeypatch.setattr(nb201_search, "_table", lambda: made_up(complete=False))
    with pytest.raises(LucioleError, match="needs the original NAS-Bench-201"):
        nb201_search.run()


def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(1)
    low, high = nb201_search.interval(rng.normal(5.0, 2.0, size=(60, 400)))
    assert 0.90 <= ((low <= 5) & (high >= 5)).mean() <= 0.98


def test_every_searcher_is_compared_or_its_absence_explained():
    for name in SEARCHERS:
        if NEEDS.get(name) == "guide":
            assert name in nb201_search.LEFT_OUT
    assert set(nb201_search.LEFT_OUT) < set(SEARCHERS)
    assert set(nb201_search.FEWER) < set(SEARCHERS)


def test_nas_bench_101_is_searched_summarised_and_rederived(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    rows = np.unique(nb101.canonical(nb101.sample(np.random.default_rng(0), 600)), axis=0)
    near = np.unique(np.concatenate([rows, *map(nb101.neighbours, rows[:100])]), axis=0)
    digests, first = np.unique(nb101.digests(near), axis=0, return_index=True)
    accuracy = (0.8 + 0.01 * near[first][:, :21].sum(axis=1)).astype(np.float32)
    table = NB101Table(near[first], digests, {"test_acc108": accuracy}, "numbers of this test")
    monkeypatch.setattr(nb101_search, "_table", lambda: table)
    monkeypatch.setattr(nb101_search, "SETTINGS", {"random": {}})
    monkeypatch.setattr(nb101_search, "SEEDS", 2)
    monkeypatch.setattr(nb101_search, "EVALUATIONS", 60)
    nb101_search.run()
    runs, frame = results.read("nb101_search_runs").arrays, results.read("nb101_search").frame
    history = nb101_search.play("random", 0, table, 60)
    best = 100 * accuracy[table.index(history.genotypes[:50])].max()
    chosen = runs["choices"][0, list(nb101_search.GRID).index(50)]
    assert 100 * accuracy[chosen] == pytest.approx(best)
    assert frame["test"].is_monotonic_increasing
    assert nb101_search.rederive(runs, table, 1, "random") == 1
    runs["choices"][0, 0] += 1
    with pytest.raises(LucioleError, match="is not what running it gives now"):
        nb101_search.rederive(runs, table, 1, "random")
