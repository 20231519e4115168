"""Groups in parts: as good as every way there is, where these can be counted, and classes everywhere where planted."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.design import dealing
from luciole.errors import LucioleError

SHARES, WORTH = (0.6, 0.2, 0.2), (4.0, 1.0, 2.0)


def _lacking(table, part):
    return sum(int((table[part == number].sum(axis=0)[table.sum(axis=0) > 0] == 0).sum()) for number in range(3))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 6), st.integers(1, 4))
def test_no_other_deal_lacks_fewer_classes_in_parts(seed, groups, classes):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, size=(groups, classes)) * rng.integers(1, 20, size=(groups, classes))
    table[table.sum(axis=1) == 0, 0] = 1
    part = dealing.deal(table, SHARES, WORTH, rng)
    ways = [np.array(way) for way in itertools.product(range(3), repeat=groups) if len(set(way)) == 3]
    assert set(part.tolist()) == {0, 1, 2}
    if min(_lacking(table, way) for way in ways) == 0:
        assert _lacking(table, part) == 0


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.integers(14, 40), st.integers(2, 9))
def test_many_groups_have_every_class_in_every_part_where_they_were_made_so(seed, groups, classes):
    """Each class is done by three people at least, spread so that a deal without holes is there by construction."""
    rng = np.random.default_rng(seed)
    planted = np.arange(groups) % 3
    table = rng.integers(1, 30, size=(groups, classes)) * (rng.random((groups, classes)) < 0.25)
    for label in range(classes):
        for part in range(3):
            table[rng.choice(np.flatnonzero(planted == part)), label] += 5
    assert _lacking(table, dealing.deal(table, SHARES, WORTH, rng)) == 0


def test_parts_are_near_the_shares_asked_for():
    table = np.full((30, 4), 10)
    part = dealing.deal(table, SHARES, WORTH, np.random.default_rng(0))
    assert np.bincount(part).tolist() == [18, 6, 6]


def test_groups_are_exchanged_where_no_move_helps():
    """Two large and two small groups, large with large: only an exchange evens them."""
    table = np.array([[10], [10], [4], [4]])
    shares, worth = (0.5, 0.5), (0.0, 0.0)
    loss, part = dealing._bettered(np.array([0, 0, 1, 1]), table, shares, worth)
    assert loss == pytest.approx(0) and sorted(table[part == 0, 0]) == [4, 10]


def test_what_is_bettered_is_counted_as_it_is():
    """The running counts of moves and exchanges end where counting anew ends."""
    rng = np.random.default_rng(1)
    table = rng.integers(0, 9, size=(20, 5))
    loss, part = dealing._bettered(dealing._random(20, SHARES, rng), table, SHARES, WORTH)
    dealt = np.stack([table[part == number].sum(axis=0) for number in range(3)])
    assert loss == pytest.approx(float(dealing.loss(dealt, SHARES, WORTH)))


def test_fewer_groups_than_parts_are_refused():
    with pytest.raises(LucioleError, match="expected at least 3 people or recordings for 3 parts, got 2"):
        dealing.deal(np.ones((2, 2), dtype=int), SHARES, WORTH, np.random.default_rng(0))
