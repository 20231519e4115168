"""Rankings beside each other."""

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.scores.aggregate import linear_rank, log_rank
from luciole.scores.comparison import gap, variations


def test_the_gap_is_paired_and_has_the_sign_of_the_better_score():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=120)
    good, worse = truth + 0.3 * rng.normal(size=120), truth + 2 * rng.normal(size=120)
    low, high = gap(good, worse, truth, np.random.default_rng(1))
    assert 0 < low < high
    assert gap(worse, good, truth, np.random.default_rng(1)) == pytest.approx((-high, -low))
    assert gap(good, good, truth, np.random.default_rng(1)) == (0, 0)
    with pytest.raises(LucioleError, match="as many"):
        gap(good, worse[1:], truth, rng)


def test_variations_take_out_and_add_one():
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(size=20) for name in "abcd"}
    found = variations(scores, ["a", "b", "c"])
    assert list(found) == ["whole", "without a", "without b", "without c", "with d"]
    np.testing.assert_array_equal(found["without b"], log_rank([scores["a"], scores["c"]]))
    np.testing.assert_array_equal(found["with d"], log_rank([scores[name] for name in "abcd"]))
    np.testing.assert_array_equal(
        variations(scores, ["a", "b"], linear_rank)["whole"], linear_rank([scores["a"], scores["b"]])
    )
    with pytest.raises(LucioleError, match="got none of e"):
        variations(scores, ["a", "e"])
    with pytest.raises(LucioleError, match="two or more"):
        variations(scores, ["a"])
