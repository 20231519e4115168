"""How far the figures of a benchmark order its cells by anything but luck, and how well a score can agree with them.

A figure of a cell is the mean over several *runs*: trainings with other seeds, tested on other groups of people. Were
the benchmark made again with other people and seeds, how far would the two agree? The covariance of two runs that share
neither people nor seed is what the cells themselves are worth; the rest is luck (variance components, as in
generalisability theory: Brennan, *Generalizability Theory*, 2001). Halves that share people would not do: their luck is
partly the same.

Accuracies of cells are skewed: a few that hardly learn would decide every correlation. Each run is therefore taken by
the normal scores of its ranks (van der Waerden), for which also Greiner's relation holds: two normal variables with the
correlation r have a Kendall tau of 2/pi arcsin(r) (Kruskal, JASA 1958, section 7). It gives:

* :func:`agreement`: the tau of two such benchmarks, made independently;
* :func:`ceiling`: the tau with the benchmark of whoever knew the true order: no score can be expected to do better.

    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=500)
    >>> runs = truth + rng.normal(size=(4, 500))
    >>> found = components(runs, groups=np.array([0, 1, 0, 1]))
    >>> round(found.reliability(groups=1, seeds=1), 1), round(found.reliability(groups=2, seeds=2), 1)
    (0.5, 0.8)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from luciole.errors import LucioleError


@dataclass(frozen=True)
class Components:
    """Variances of one run over cells, in normal scores: of the cells, of cells by groups of people, and the rest."""

    cells: float
    groups: float  # what a cell is worth on these people and not on others
    rest: float  # seeds: initial weights and the order of the windows

    def reliability(self, groups: float, seeds: float) -> float:
        """Correlation of two means over so many groups of people with so many seeds each, other people and seeds."""
        return self.cells / (self.cells + self.groups / groups + self.rest / (groups * seeds))


def normal_scores(runs: NDArray) -> NDArray[np.float64]:
    """Each row's values as normal deviates of their ranks, ties sharing the mean rank: of the shape of ``runs``.

    >>> normal_scores(np.array([[3.0, 100.0, 1.0]])).round(2).tolist()
    [[0.0, 0.67, -0.67]]
    """
    ranks = np.stack([rankdata(row) for row in np.atleast_2d(runs)])
    return norm.ppf(ranks / (ranks.shape[1] + 1))


def components(runs: NDArray, groups: NDArray) -> Components:
    """Variance components of ``runs`` (runs, cells), run r of which tested the people of ``groups[r]``.

    Seeds are other ones in every run. A component whose estimate is negative counts 0. Raises LucioleError when no two
    runs test other people, or no two the same.
    """
    between, within, whole = _covariances(runs, groups)
    if not np.isfinite(within):
        raise LucioleError("expected two runs that test the same people, got none; train another seed")
    return Components(max(between, 0.0), max(within - between, 0.0), max(whole - within, 0.0))


def reliability(runs: NDArray, groups: NDArray) -> float:
    """Reliability of the mean over these very runs (runs, cells): its correlation with another such benchmark.

    It is the mean covariance of runs that share neither people nor seed, over the variance of the mean: with equal
    variances, and a group of people each, Spearman-Brown's formula. Raises LucioleError when no two runs test other
    people.

    >>> rng = np.random.default_rng(1)
    >>> truth = rng.normal(size=2000)
    >>> round(reliability(truth + rng.normal(size=(9, 2000)), np.arange(9)), 1)
    0.9
    """
    between, _, _ = _covariances(runs, groups)
    mean = normal_scores(runs).mean(axis=0)
    return float(np.clip(between / mean.var(ddof=1), 0.0, 1.0))


def agreement(reliability: float) -> float:
    """Kendall tau to expect between two benchmarks of this reliability, made with other people and seeds.

    >>> round(agreement(0.81), 2)
    0.6
    """
    return float(2 / np.pi * np.arcsin(_share(reliability)))


def ceiling(reliability: float) -> float:
    """Kendall tau to expect of the true order of the cells with a benchmark of this reliability.

    >>> round(ceiling(0.81), 2)
    0.71
    """
    return float(2 / np.pi * np.arcsin(np.sqrt(_share(reliability))))


def needed(tau: float) -> float:
    """The reliability at which two benchmarks would agree by this Kendall tau: the inverse of :func:`agreement`."""
    return float(np.sin(np.pi / 2 * _share(tau)))


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise LucioleError(f"expected a reliability or a tau from 0 to 1, got {value}")
    return value


def _covariances(runs: NDArray, groups: NDArray) -> tuple[float, float, float]:
    """Mean covariance of two runs that test other people; of two that test the same (NaN: none); mean variance."""
    runs, groups = np.atleast_2d(runs), np.asarray(groups)
    if len(runs) != len(groups) or runs.shape[1] < 3 or not np.isfinite(runs).all():
        raise LucioleError(
            f"expected finite runs of shape (runs, cells), at least 3 cells, and a group a run, got {runs.shape} and "
            f"{len(groups)} groups"
        )
    found = np.cov(normal_scores(runs)).reshape(len(runs), len(runs))
    one, other = np.triu_indices(len(runs), 1)
    apart = groups[one] != groups[other]
    if not apart.any():
        raise LucioleError("expected two runs that test other people, got none; train another group")
    pairs = found[one, other]
    within = float(pairs[~apart].mean()) if (~apart).any() else float("nan")
    return float(pairs[apart].mean()), within, float(np.diag(found).mean())
