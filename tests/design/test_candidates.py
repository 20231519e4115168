"""Designs under a limit: the smallest is said, and there are some at any number of channels and length of window."""

import numpy as np
import pytest

from luciole.design import candidates, linear
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.spaces import har1d


@pytest.mark.parametrize(("channels", "length"), [(3, 64), (9, 128), (60, 128)])
def test_no_design_is_smaller_than_the_smallest(channels, length):
    rows = har1d.sample(np.random.default_rng(0), 5000)
    assert networks.counts(rows, channels, 5, length)[1].min() >= candidates.smallest(channels, 5, length)


def test_a_limit_below_the_smallest_design_says_it():
    least = candidates.smallest(60, 2, 128)
    with pytest.raises(LucioleError, match=f"at least {least:,} .* of 60 channels and 128 samples, got 50,000"):
        candidates.limit(50_000, 60, 2, 128)
    assert candidates.limit(None, 60, 2, 128) >= 2 * least
    assert candidates.limit(least, 60, 2, 128) == least


@pytest.mark.parametrize(("channels", "length", "limit"), [(60, 128, 250_000), (3, 16, 20_000), (3, 64, 3700)])
def test_designs_are_proposed_within_the_limit(channels, length, limit):
    rows = candidates.propose(channels, 4, length, limit, batch=0, seed=0, scored=4)
    assert len(rows)
    assert networks.counts(rows, channels, 4, length)[1].max() <= limit
    assert len(np.unique(rows, axis=0)) == len(rows)
    again = candidates.propose(channels, 4, length, limit, batch=0, seed=0, scored=4)
    assert (rows == again).all()


def test_where_few_designs_keep_the_limit_all_are_in_the_first_batch_the_largest_first():
    rows = candidates.propose(3, 4, 64, 3700, batch=0, seed=0, scored=4)
    cost = networks.counts(rows, 3, 4, 64)[1]
    assert (np.diff(cost) <= 0).all() and cost[0] > cost[-1] == candidates.smallest(3, 4, 64)
    assert not len(candidates.propose(3, 4, 64, 3700, batch=1, seed=0, scored=4))


def test_another_batch_proposes_other_designs():
    one, other = (candidates.propose(3, 4, 64, 50_000, batch=batch, seed=0, scored=4) for batch in (0, 1))
    assert one.tobytes() != other.tobytes()


def test_windows_too_short_for_any_design_are_refused():
    with pytest.raises(LucioleError, match="windows of at least 8 samples, got 5"):
        candidates.smallest(3, 2, 5)


def test_too_many_classes_for_a_linear_classifier_are_refused():
    assert linear.holds(32) and not linear.holds(33)
    with pytest.raises(LucioleError, match="at most 32 classes"):
        linear.genotype(33)
