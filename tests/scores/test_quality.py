"""Measures of ranking, against loops over pairs."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.scores.quality import interval, judge, ndcg, tau

PAIRS = st.integers(3, 25).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(-4, 4), min_size=n, max_size=n) for _ in range(2)))
)


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_tau_counts_pairs_and_knows_ties(pair):
    score, accuracy = pair
    agree = tied_score = tied_accuracy = pairs = 0
    for (a, x), (b, y) in itertools.combinations(zip(score, accuracy, strict=True), 2):
        pairs += 1
        agree += np.sign(a - b) * np.sign(x - y)
        tied_score += a == b
        tied_accuracy += x == y
    below = (pairs - tied_score) * (pairs - tied_accuracy)
    assert tau(score, accuracy) == pytest.approx(agree / math.sqrt(below) if below else 0)


def test_a_perfect_score_and_its_opposite():
    accuracy = np.random.default_rng(0).normal(90, 2, size=400)
    best = judge(accuracy, accuracy)
    assert {key: round(float(value), 9) for key, value in best.items()} == {
        "tau": 1, "rho": 1, "ndcg": 1, "overlap": 1, "regret": 0,
    }  # fmt: skip
    worst = judge(-accuracy, accuracy)
    assert worst["tau"] == pytest.approx(-1) == worst["rho"] and worst["overlap"] == 0
    assert worst["regret"] == pytest.approx(accuracy.max() - np.sort(accuracy)[9])


def test_minus_infinity_is_a_score_and_nan_is_not():
    assert tau([-np.inf, 1, 2], [10, 20, 30]) == 1
    with pytest.raises(LucioleError, match="NaN"):
        tau([np.nan, 1, 2], [10, 20, 30])
    with pytest.raises(LucioleError, match="equal length"):
        judge([1, 2], [1, 2, 3])
    assert judge([5, 5, 5], [1, 2, 3])["rho"] == 0


def test_ndcg_by_hand():
    """Gains 2^1, 2^2, 2^3 (the -1 is dropped), in the score's order 3, 1, 2."""
    discount = [1 / math.log2(place + 2) for place in range(3)]
    found = 8 * discount[0] + 2 * discount[1] + 4 * discount[2]
    ideal = 8 * discount[0] + 4 * discount[1] + 2 * discount[2]
    assert ndcg([2, 1, 3], [1, 2, 3]) == pytest.approx(found / ideal)


def test_the_interval_covers_and_narrows_with_the_number_of_networks():
    rng = np.random.default_rng(1)
    x = rng.normal(size=4000)
    y = x + rng.normal(size=4000)
    truth = 2 / math.pi * math.asin(1 / math.sqrt(2))  # tau of a bivariate normal with correlation 1/sqrt 2
    low, high = interval(x, y, np.random.default_rng(0))
    assert low < truth < high and high - low < 0.05
    cheap = interval(x, y, np.random.default_rng(0), size=500)
    assert cheap[1] - cheap[0] == pytest.approx(high - low, rel=0.4)
    few = interval(x[:100], y[:100], np.random.default_rng(0))
    assert few[1] - few[0] > 3 * (high - low)
