"""Reliability of a benchmark's means, and the Kendall tau that its noise allows, against benchmarks made twice."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from luciole.errors import LucioleError
from luciole.tables.reliability import (
    agreement,
    ceiling,
    components,
    needed,
    normal_scores,
    reliability,
)

CELLS = 4000


def benchmark(rng, truth, groups, people=0.5, luck=1.0):
    """Runs of ``truth``, skewed as accuracies are: run r tests the people of group ``groups[r]``."""
    likes = {group: people * rng.normal(size=len(truth)) for group in set(groups)}
    runs = np.stack([truth + likes[group] + luck * rng.normal(size=len(truth)) for group in groups])
    return 90 - np.exp(-runs)  # monotone: ranks are as they were


def test_components_come_back():
    rng = np.random.default_rng(0)
    found = components(benchmark(rng, rng.normal(size=CELLS), [0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, 1, 2, 2]))
    whole = 1 + 0.25 + 1
    expected = [1 / whole, 0.25 / whole, 1 / whole]
    assert [found.cells, found.groups, found.rest] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("groups", [[0, 1], [0, 1, 2, 3, 4], [0, 0, 1, 1], [0, 0, 0, 1, 2]])
def test_reliability_is_what_a_second_benchmark_shows(groups):
    """Also of unequal groups; and it is not what halves that share people would say."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=CELLS)
    one, other = (benchmark(rng, truth, groups, people=1.0) for _ in range(2))
    said = reliability(one, np.array(groups))
    means = [normal_scores(runs).mean(axis=0) for runs in (one, other)]
    assert said == pytest.approx(np.corrcoef(means)[0, 1], abs=0.04)
    assert agreement(said) == pytest.approx(kendalltau(*means).statistic, abs=0.04)
    assert ceiling(said) == pytest.approx(kendalltau(truth, means[0]).statistic, abs=0.03)


def test_equal_runs_of_other_people_follow_spearman_and_brown():
    rng = np.random.default_rng(2)
    runs = benchmark(rng, rng.normal(size=CELLS), range(4))
    one = np.corrcoef(normal_scores(runs))[np.triu_indices(4, 1)].mean()
    assert reliability(runs, np.arange(4)) == pytest.approx(4 * one / (1 + 3 * one), abs=0.01)


def test_the_components_say_the_reliability_of_a_balanced_mean():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(5), 3)
    runs = benchmark(rng, rng.normal(size=CELLS), groups.tolist())
    assert components(runs, groups).reliability(5, 3) == pytest.approx(reliability(runs, groups), abs=0.02)


def test_nothing_but_luck_has_no_reliability():
    rng = np.random.default_rng(4)
    runs = rng.normal(size=(6, CELLS))
    assert reliability(runs, np.arange(6)) < 0.1
    assert components(runs, np.arange(6) // 2).reliability(5, 5) < 0.2


def test_taus_of_the_extremes_and_back():
    assert (agreement(0), ceiling(0), agreement(1), ceiling(1)) == pytest.approx((0, 0, 1, 1))
    for tau in (0.1, 0.6, 0.85):
        assert agreement(needed(tau)) == pytest.approx(tau)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: reliability(np.ones((2, 9)) * np.arange(9), np.array([1, 1])), "two runs that test other people"),
        (lambda: components(np.ones((2, 9)) * np.arange(9), np.array([0, 1])), "two runs that test the same people"),
        (lambda: reliability(np.full((2, 9), np.nan), np.array([0, 1])), "expected finite runs"),
        (lambda: reliability(np.zeros((2, 9)), np.array([0, 1, 2])), "a group a run"),
        (lambda: ceiling(1.2), "from 0 to 1, got 1.2"),
    ],
)
def test_bad_input_is_one_line(call, said):
    with pytest.raises(LucioleError, match=said):
        call()
