"""How well a score ranks networks: correlations, and what it finds at the top.

    >>> accuracy = np.array([10.0, 50.0, 70.0, 90.0])
    >>> judge(np.array([1, 2, 4, 3]), accuracy)["tau"].round(3)
    np.float64(0.667)

Ties: tau is Kendall's tau-b and Spearman's rho is on mean ranks, so both know of ties. What is read off the top of
the ranking breaks ties by the order given, which for NAS-Bench-201 is a random one.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau, spearmanr

from luciole.errors import LucioleError

TOP = 0.01  # share of the networks whose overlap is counted
SHORT = 10  # networks that a user of the score would train
LONG = 1000  # networks that the gain is discounted over


def _pair(score: ArrayLike, accuracy: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, other = np.asarray(score, dtype=float), np.asarray(accuracy, dtype=float)
    if one.shape != other.shape or one.ndim != 1 or len(one) < 2:
        raise LucioleError(f"expected scores and accuracies of equal length (n,), got {one.shape} and {other.shape}")
    if np.isnan(one).any() or np.isnan(other).any():
        raise LucioleError("expected scores and accuracies without NaN; leave out the networks that lack one")
    return one, other


def tau(score: ArrayLike, accuracy: ArrayLike) -> float:
    """Kendall's tau-b; 0 for a score that is the same for all."""
    one, other = _pair(score, accuracy)
    return float(np.nan_to_num(kendalltau(one, other, method="asymptotic").statistic))


def ndcg(score: ArrayLike, accuracy: ArrayLike) -> float:
    """Normalised discounted cumulative gain of the first 1,000, gain 2^accuracy - 1 with accuracy in percent.

    Source of the idea: Tybl and Neumann, CVPR 2025. Their exact gain was not seen; this is ours.
    """
    one, other = _pair(score, accuracy)
    gain = np.exp2(other - other.max())  # the "- 1" and the common factor vanish beside 2^50
    discount = 1 / np.log2(np.arange(2, min(LONG, len(one)) + 2))
    order, ideal = (np.argsort(-values, kind="stable")[: len(discount)] for values in (one, other))
    return float((gain[order] * discount).sum() / (gain[ideal] * discount).sum())


def judge(score: ArrayLike, accuracy: ArrayLike) -> dict[str, np.float64]:
    """Return ``tau``, ``rho``, ``ndcg``, ``overlap`` (of the two top 1 %) and ``regret``, by name.

    ``regret`` is the best accuracy there is less the best among the ten highest scores, in points.
    """
    one, other = _pair(score, accuracy)
    order, ideal = (np.argsort(-values, kind="stable") for values in (one, other))
    top = max(1, round(TOP * len(one)))
    ranks = np.nan_to_num(spearmanr(one, other).statistic) if len(np.unique(one)) > 1 else 0.0
    return {
        "tau": np.float64(tau(one, other)),
        "rho": np.float64(ranks),
        "ndcg": np.float64(ndcg(one, other)),
        "overlap": np.float64(len(np.intersect1d(order[:top], ideal[:top])) / top),
        "regret": np.float64(other.max() - other[order[:SHORT]].max()),
    }


def interval(
    score: ArrayLike, accuracy: ArrayLike, rng: np.random.Generator, resamples: int = 100, size: int | None = None
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of tau over networks.

    With ``size`` below the number of networks, resamples of that size are drawn, and their spread about the whole
    sample's tau is brought to the whole sample by the square root of the ratio: cheaper where networks are many.
    """
    one, other = _pair(score, accuracy)
    size = min(size or len(one), len(one))
    centre = tau(one, other)
    drawn = (rng.integers(len(one), size=size) for _ in range(resamples))
    spread = np.array([tau(one[rows], other[rows]) for rows in drawn]) - centre
    low, high = centre + np.quantile(spread, [0.025, 0.975]) * np.sqrt(size / len(one))
    return float(low), float(high)
