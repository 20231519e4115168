"""Putting rankings together: sums of ranks, and of logarithms of ranks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from luciole.errors import LucioleError


def _ranks(columns: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Rank 1 for the worst, n for the best, ties sharing their mean: (scores, n)."""
    arrays = [np.asarray(column, dtype=float) for column in columns]
    if not arrays or any(one.ndim != 1 or one.shape != arrays[0].shape or not one.size for one in arrays):
        shapes = [one.shape for one in arrays]
        raise LucioleError(f"expected one or more scores of equal length (n,), got the shapes {shapes}")
    if any(np.isnan(one).any() for one in arrays):
        raise LucioleError("expected scores without NaN; leave out the networks that could not be scored")
    return np.stack([rankdata(one) for one in arrays])


def log_rank(columns: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Return sum over scores of log(rank / n): a network that is bad in one score cannot make up for it.

    Source: Lee and Ham, CVPR 2024 (AZ-NAS), equation 11; also the aggregation of VKDNW (CVPR 2025).

    >>> log_rank([[1, 2, 3], [30, 20, 10]]).round(2)
    array([-1.1 , -0.81, -1.1 ])
    """
    ranks = _ranks(columns)
    return np.log(ranks / ranks.shape[1]).sum(axis=0)


def linear_rank(columns: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Return the sum over scores of rank / n, the plain Borda count.

    >>> linear_rank([[1, 2, 3], [3, 2, 1]]).round(2)
    array([1.33, 1.33, 1.33])
    """
    ranks = _ranks(columns)
    return (ranks / ranks.shape[1]).sum(axis=0)
