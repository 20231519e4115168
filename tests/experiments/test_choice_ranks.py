"""Searchers ranked seed by seed: Nemenyi's difference and Friedman's test as tables have them."""

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.choice import ranks


def test_the_critical_difference_is_demsars():
    """Demsar (2006): four classifiers on fourteen data sets at 5 %, q 2.569, a difference of 1.25."""
    scores = pd.DataFrame(np.random.default_rng(0).normal(size=(14, 4)), columns=list("abcd"))
    shown = ranks.ranked(scores)
    assert shown["critical"].iloc[0] == pytest.approx(1.25, abs=0.005)
    assert shown["friedman p"].iloc[0] == pytest.approx(stats.friedmanchisquare(*scores.T.to_numpy()).pvalue)
    assert shown["rank"].is_monotonic_increasing and shown["rank"].sum() == pytest.approx(10)


def test_the_difference_tells_apart_whom_the_p_values_of_a_library_do():
    rng = np.random.default_rng(1)
    scores = pd.DataFrame(rng.normal(size=(30, 6)) + np.arange(6) / 3, columns=list("abcdef"))
    told = ranks.ranked(scores).set_index("searcher")
    apart = np.abs(np.subtract.outer(told["rank"].to_numpy(), told["rank"].to_numpy())) > told["critical"].iloc[0]
    p = scikit_posthocs.posthoc_nemenyi_friedman(scores).loc[told.index, told.index].to_numpy()
    assert 0 < apart.sum() < apart.size - len(apart)
    np.testing.assert_array_equal(apart, p < 0.05)


def test_one_run_is_one_block_however_many_data_sets_read_it():
    rng = np.random.default_rng(0)
    one = pd.DataFrame(rng.normal(size=(14, 4)), columns=list("abcd"))
    pd.testing.assert_frame_equal(ranks.ranked(ranks.placed([one, 2 * one, one + 1])), ranks.ranked(one))
    other = pd.DataFrame(rng.normal(size=(14, 4)), columns=list("abcd"))
    mean = (one.rank(axis=1) + other.rank(axis=1)) / 2
    pd.testing.assert_frame_equal(ranks.placed([one, other]), mean)


def test_the_last_choice_of_the_first_seeds_is_read(monkeypatch):
    """Two searchers, seeds in no order, of which the third is not among the first two."""
    accuracy = np.array([10.0, 20.0, 30.0, 40.0])
    table = {f"{name}_test200": accuracy for name in ranks.DATASETS}
    runs = [("a", 1, 0, 3), ("a", 0, 3, 1), ("b", 0, 0, 2), ("b", 1, 3, 0), ("a", 2, 0, 0), ("b", 2, 0, 3)]
    searcher, seed, first, last = (np.array(column) for column in zip(*runs, strict=True))
    held = {"searcher": searcher, "seed": seed, "choices": np.stack([first, last], axis=1)}
    seen = []
    monkeypatch.setattr(ranks.tables, "nb201", lambda: table)
    monkeypatch.setattr(ranks.results, "read", lambda name: type("Held", (), {"arrays": held}))
    monkeypatch.setattr(ranks, "SHOWN", ("a", "b"))
    monkeypatch.setattr(ranks, "SEEDS", 2)
    monkeypatch.setattr(ranks, "ranked", lambda scores: seen.append(scores) or scores)
    ranks.compute()
    assert seen[0].to_dict("list") == {"a": [1.0, 2.0], "b": [2.0, 1.0]}  # seed 0: 20 beside 30; seed 1: 40 beside 10


def test_the_committed_difference_is_that_of_so_many_seeds():
    count = len(ranks.SHOWN)
    q = stats.studentized_range.ppf(0.95, count, np.inf) / np.sqrt(2)
    kept = results.read("choice/ranks").frame
    assert kept["critical"].to_numpy() == pytest.approx(q * np.sqrt(count * (count + 1) / (6 * ranks.SEEDS)))


def test_the_committed_ranks_hold_every_searcher_and_say_where_the_table_is_not_there(monkeypatch):
    kept = results.read("choice/ranks")
    assert sorted(kept.frame["searcher"]) == sorted(ranks.SHOWN)

    class Other(dict):
        source = "a replica"

    monkeypatch.setattr(ranks.tables, "nb201", Other)
    with pytest.raises(attestation.Unavailable, match="original NAS-Bench-201, here is a replica"):
        ranks.rederive("choice/ranks", kept, np.random.default_rng(0), None)
    assert issubclass(attestation.Unavailable, LucioleError)
