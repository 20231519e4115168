"""Contestants group by group, and pairs of them, against what scipy says."""

import numpy as np
import pytest
from scipy import stats

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.har import arena
from luciole.report import arena_groups


def test_a_difference_is_that_of_pairs():
    rng = np.random.default_rng(0)
    one, other = rng.normal(1, 1, 10), rng.normal(size=10)
    told = arena_groups.difference(one, other)
    low, high = stats.ttest_rel(one, other).confidence_interval()
    assert (told.mean - told.half, told.mean + told.half) == pytest.approx((low, high))
    assert told.effect == pytest.approx(stats.ttest_rel(one, other).statistic / np.sqrt(10))
    assert told.p == pytest.approx(stats.wilcoxon(one, other).pvalue)
    assert told.wins == (one > other).sum()


def test_what_no_pair_can_tell_is_no_number():
    one = arena_groups.difference(np.array([3.0]), np.array([1.0]))
    assert (one.mean, one.wins) == (2.0, 1.0)
    assert np.isnan([one.half, one.effect, one.p]).all()
    same = arena_groups.difference(np.ones(3), np.ones(3))
    assert (same.mean, same.half, same.wins) == (0, 0, 1.5)
    assert np.isnan([same.effect, same.p]).all()
    with pytest.raises(LucioleError, match="that both contestants have been tested in, got none"):
        arena_groups.difference(np.array([]), np.array([]))


@pytest.mark.parametrize("dataset", ["uci_har", "hapt"])
def test_committed_contestants_stand_group_by_group(dataset):
    shown = arena_groups.committed(dataset)
    kept = results.read(arena.NAME).arrays
    table = arena.table(kept).set_index(["dataset", "model"])
    assert [*shown.index] == [*range(10)]
    for model in arena.contestants():
        assert shown[model].mean() == pytest.approx(table.loc[(dataset, model), "macro_f1"])
    assert "64 hidden units" in shown
    with pytest.raises(LucioleError, match="no contestant of mnist is among the results; luciole run har/arena"):
        arena_groups.committed("mnist")
