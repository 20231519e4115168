"""Contestants of WHAR Arena's protocol group by group, and what may be said of two of them that met the same people.

Groups of people are what varies: a contestant has one macro-F1 in each. Two are compared in the groups that both have,
by their difference there (:func:`difference`); all at once by their ranks (:func:`luciole.experiments.choice.ranks`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.har import arena, arena_protocol, arena_published, arena_search

CONFIDENCE = 0.95

Arrays = Mapping[str, NDArray]


def each(counts: NDArray) -> NDArray[np.float64]:
    """Macro-F1 (%) of confusion counts (groups, classes, classes), group by group."""
    return 100 * np.array([arena_protocol.macro_f1(one) for one in counts])


@dataclass(frozen=True)
class Difference:
    """What one contestant has and another lacks, in points of macro-F1, over the groups that both have."""

    groups: int
    mean: float
    half: float  # half of the 95 % interval of the mean, by Student; not a number for one group
    effect: float  # mean over deviation (Cohen's d of pairs); not a number for one group
    wins: float  # groups won, a draw a half
    p: float  # of Wilcoxon's signed ranks; not a number for fewer than two groups that differ


def difference(one: NDArray, other: NDArray) -> Difference:
    """Compare two contestants over the same groups; LucioleError for none.

    >>> difference(np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    if not len(one):
        raise LucioleError("expected a group of people that both contestants have been tested in, got none")
    apart = one - other
    count, mean = len(apart), float(apart.mean())
    spread = float(apart.std(ddof=1)) if count > 1 else float("nan")
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * spread / count**0.5 if count > 1 else spread
    p = float(stats.wilcoxon(one, other).pvalue) if np.count_nonzero(apart) > 1 else float("nan")
    wins = np.count_nonzero(apart > 0) + np.count_nonzero(apart == 0) / 2
    return Difference(count, mean, half, mean / spread if spread else float("nan"), float(wins), p)


def committed(dataset: str) -> pd.DataFrame:
    """Macro-F1 (%) of every contestant that this project has trained: a column a contestant, a row a group, 0 to 9.

    Not a number where a contestant was not trained in a group. Raises LucioleError where no result is there.
    """
    columns: dict[str, pd.Series] = {}

    def add(name: str, counts: NDArray, groups: NDArray) -> None:
        columns[name] = pd.Series(each(counts), index=groups)

    everybody = np.arange(arena_protocol.GROUPS)
    for key, counts in _arrays(arena.NAME).items():
        name, model, part = key.split("/")
        if (name, part) == (dataset, "counts"):
            add(model, counts, everybody)
    searched = _arrays(arena_search.NAME)
    for number, model in enumerate(arena_search.FIXED):
        if (fixed := f"{arena_search.key(dataset, 0)}/counts") in searched:
            add(model, searched[fixed][:, number], everybody)
    for limit in arena_search.LIMITS:
        if (found := f"{arena_search.key(dataset, limit)}/counts") in searched:
            add(f"found, {limit:,}", searched[found][:, 0], everybody)
    written = _arrays(arena_published.NAME)
    for model in arena_published.CONTESTANTS:
        if (at := f"{dataset}/{model}") + "/counts" in written:
            add(model, written[f"{at}/counts"], written[f"{at}/groups"])
    if not columns:
        raise LucioleError(f"no contestant of {dataset} is among the results; luciole run {arena.NAME}")
    return pd.DataFrame(columns, index=everybody)


def _arrays(name: str) -> Arrays:
    return results.read(name, part=True).arrays if name in results.names() else {}
