import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from luciole.errors import LucioleError
from luciole.scores.aggregate import linear_rank, log_rank

COLUMNS = st.integers(2, 30).flatmap(
    lambda n: st.lists(st.lists(st.integers(-5, 5), min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(COLUMNS)
def test_only_ranks_matter_and_loops_agree(columns):
    stretched = [[10 * value**3 + value for value in column] for column in columns]
    for aggregate, share in ((log_rank, np.log), (linear_rank, lambda x: x)):
        slow = []
        for i in range(len(columns[0])):
            ranks = [1 + sum(v < c[i] for v in c) + (sum(v == c[i] for v in c) - 1) / 2 for c in columns]
            slow.append(sum(share(rank / len(columns[0])) for rank in ranks))
        np.testing.assert_allclose(aggregate(columns), slow, atol=1e-12)
        np.testing.assert_array_equal(aggregate(columns), aggregate(stretched))


def test_minus_infinity_ranks_last_and_one_score_keeps_its_order():
    values = np.array([3.0, -np.inf, 7.0, 5.0])
    assert spearmanr(log_rank([values]), [2, 1, 4, 3]).statistic == pytest.approx(1)


def test_the_logarithm_punishes_a_weakness():
    """Ranks (1, 3), (2, 2), (3, 1): equal sums, but the even one wins by logarithms."""
    assert log_rank([[1, 2, 3], [3, 2, 1]]).argmax() == 1


@pytest.mark.parametrize("columns", [[], [[]], [[1, 2], [1, 2, 3]], [[1.0, float("nan")]]])
def test_bad_columns(columns):
    with pytest.raises(LucioleError):
        log_rank(columns)
