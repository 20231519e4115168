"""What HAR-201 says, however many of its classes are trained: noise, effects of operations, agreement, completion.

The classes are trained in a random order, so the trained ones are an unbiased sample of all; every figure here comes
with an interval that says how much a sample of that size can say.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from luciole.errors import LucioleError, extra
from luciole.experiments.har201.pilot import summary
from luciole.scores.aggregate import log_rank
from luciole.spaces import nb201
from luciole.tables.har201_table import last_epoch
from luciole.tables.table import Table

SAMPLES = 1000  # bootstrap draws behind an interval


def trained(table: Table, dataset: str) -> NDArray[np.int64]:
    """Official indices of the class representatives that are trained on ``dataset``, ascending."""
    classes = nb201.classes()
    return classes[np.isfinite(table[f"{dataset}_seconds"][classes])]


def final(table: Table, dataset: str, what: str = "test_acc", seed: int = 0) -> NDArray[np.float32]:
    """The column of ``what`` (``test_acc``, ``valid_f1``, ...) after the last epoch: (15625,), NaN where not trained.

    Raises LucioleError when the data set, or the seed, is not in the table.
    """
    suffix = f"_s{seed}" if seed else ""
    return table[f"{dataset}_{what}_ep{last_epoch(table, dataset)}{suffix}"]


def seeds(table: Table, dataset: str) -> list[int]:
    """Seeds with which any class was trained on ``dataset``."""
    name = f"{dataset}_test_acc_ep{last_epoch(table, dataset)}"
    return [0, *sorted(int(column.rsplit("_s", 1)[1]) for column in table if column.startswith(f"{name}_s"))]


@dataclass(frozen=True)
class Noise:
    """How far two trainings of a class differ, beside how far classes do, in points of accuracy."""

    cells: int  # classes trained with every seed
    seeds: int
    noise: float  # standard deviation over seeds
    signal: float  # standard deviation over classes, the noise taken out
    ranks: float  # Spearman's correlation between the first two seeds

    @property
    def ratio(self) -> float:
        """Signal over noise."""
        return self.signal / self.noise

    @property
    def needed(self) -> float:
        """Points by which two classes must differ, each trained once, to be told apart at 95 %."""
        return float(1.96 * np.sqrt(2) * self.noise)


def noise(table: Table, dataset: str, what: str = "test_acc") -> Noise | None:
    """Measure the noise on the classes trained with several seeds; None while fewer than three are."""
    used = seeds(table, dataset)
    values = np.stack([final(table, dataset, what, seed)[nb201.classes()] for seed in used])
    while len(used) > 1 and np.isfinite(values).all(axis=0).sum() < 3:  # a seed that has hardly begun
        used, values = used[:-1], values[:-1]
    complete = values[:, np.isfinite(values).all(axis=0)].astype(np.float64)
    if len(used) < 2:
        return None
    found = summary(complete)
    return Noise(complete.shape[1], len(used), found["noise"], found["signal"], found["ranks"])


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % bootstrap interval over n cells."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}], n = {self.n:,}"


def bootstrap(
    statistic: Callable[..., float], *columns: NDArray, rng: np.random.Generator, samples: int = SAMPLES
) -> Estimate:
    """Estimate a statistic of paired columns, with the percentile interval of resampled rows; NaN rows are left out.

    >>> estimate = bootstrap(lambda a: float(a.mean()), np.arange(100.0), rng=np.random.default_rng(0))
    >>> estimate.low < estimate.value == 49.5 < estimate.high
    True
    """
    stacked = np.stack([np.asarray(column, dtype=np.float64) for column in columns])
    stacked = stacked[:, np.isfinite(stacked).all(axis=0)]
    n = stacked.shape[1]
    if n < 3:
        raise LucioleError(f"expected at least 3 cells with a value in every column, got {n}; train more of HAR-201")
    with np.errstate(invalid="ignore"):
        drawn = [statistic(*stacked[:, rng.integers(n, size=n)]) for _ in range(samples)]
    low, high = np.nanquantile(drawn, [0.025, 0.975]) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return Estimate(float(statistic(*stacked)), float(low), float(high), n)


def spearman(one: NDArray, other: NDArray, rng: np.random.Generator, samples: int = SAMPLES) -> Estimate:
    """Spearman's rank correlation of two columns with its bootstrap interval; NaN where a column is constant."""
    whole = np.isfinite(one) & np.isfinite(other)
    places = (np.unique(column[whole], return_inverse=True)[1] for column in (one, other))
    return bootstrap(_rank_correlation, *places, rng=rng, samples=samples)


def _rank_correlation(*places: NDArray) -> float:
    """Spearman's correlation of two columns of places in an order: counting takes a sixth of the time of sorting."""
    deviations = []
    for column in places:
        place = column.astype(np.int64)
        counts = np.bincount(place)
        ranks = np.cumsum(counts) - (counts - 1) / 2  # ties share the mean of their ranks
        deviations.append(ranks[place] - (len(place) + 1) / 2)
    a, b = deviations
    scale = math.sqrt((a @ a) * (b @ b))
    return float(a @ b) / scale if scale else math.nan


def together(table: Table, scores: pd.DataFrame, beside: Sequence[str], size: int = 3, among: int = 12) -> pd.DataFrame:
    """Rank sets of ``size`` scores by how well their log ranks, summed, agree with accuracy on the validation people.

    ``scores`` is the table of ``har201/scores``. All sets of the ``among`` scores that agree best alone are tried, and
    ``beside``, a set chosen elsewhere. A row a set (names in alphabetical order), the best mean over the data
    sets first: Spearman's correlation on each data set, and ``mean``. A score that is not defined ranks last.
    """
    known: dict[str, tuple[pd.DataFrame, NDArray]] = {}
    for dataset, frame in scores.groupby("dataset", sort=False):
        columns = frame.drop(columns=["dataset", "index"]).replace([np.inf, -np.inf], np.nan)
        known[str(dataset)] = columns.fillna(columns.min() - 1), final(table, str(dataset), "valid_acc")[frame["index"]]

    def agreement(names: tuple[str, ...]) -> dict[str, float]:
        found = {
            dataset: float(stats.spearmanr(log_rank([columns[name] for name in names]), target, nan_policy="omit")[0])
            for dataset, (columns, target) in known.items()
        }
        return found | {"mean": float(np.mean(list(found.values())))}

    names = [name for name in scores.columns if name not in ("dataset", "index")]
    best = sorted(names, key=lambda name: -agreement((name,))["mean"])[:among]
    tried = {*itertools.combinations(best, size), tuple(beside)}
    rows = {" + ".join(sorted(one)): agreement(one) for one in tried}
    return pd.DataFrame(rows).T.sort_values("mean", ascending=False).rename_axis("scores")


def effects(cells: NDArray[np.int64], values: NDArray, rng: np.random.Generator) -> pd.DataFrame:
    """What an operation on an edge is worth: mean of the cells that have it, less the mean of all, in points.

    ``values`` (15625,) are read at ``cells``. One row an edge and operation: ``edge`` (as "1<-0"), ``operation``,
    ``effect``, ``low`` and ``high`` (95 % bootstrap over cells), ``cells``. Operations that no cell has are left out.
    """
    rows, target = nb201.all_cells()[cells], values[cells].astype(np.float64)
    draws = rng.integers(len(cells), size=(SAMPLES, len(cells)))
    means = target[draws].mean(axis=1)
    table = []
    for edge, (node, source) in enumerate(nb201.EDGES):
        for op, name in enumerate(nb201.OPS):
            has = rows[:, edge] == op
            if has.sum() < 2:
                continue
            picked = has[draws]  # (samples, n)
            with np.errstate(invalid="ignore"):
                drawn = (target[draws] * picked).sum(axis=1) / picked.sum(axis=1) - means
            low, high = np.nanquantile(drawn, [0.025, 0.975])
            table.append((f"{node}<-{source}", name, target[has].mean() - target.mean(), low, high, int(has.sum())))
    return pd.DataFrame(table, columns=["edge", "operation", "effect", "low", "high", "cells"])


@dataclass(frozen=True)
class Completed:
    """A column with no gaps: measured where trained, predicted elsewhere."""

    values: NDArray[np.float64]  # (15625,)
    measured: NDArray[np.bool_]  # (15625,)
    agreement: float  # Spearman between prediction and measurement on held-out classes; 1 when nothing is predicted


def complete(values: NDArray, seed: int = 0) -> Completed:
    """Predict the cells that are not trained from those that are, so that a search can walk anywhere.

    A random forest on the one-hot cell and the counts of its operations, as surrogate benchmarks do (Zela et al., ICLR
    2022); its five-fold rank correlation says how far to trust it. A table without gaps comes back as it is.
    """
    measured = np.isfinite(values)
    if measured.all():
        return Completed(values.astype(np.float64), measured, 1.0)
    with extra("book"):
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.model_selection import cross_val_predict

    classes = nb201.classes()
    known = classes[measured[classes]]
    if len(known) < 10:
        raise LucioleError(
            f"expected at least 10 trained classes to predict from, got {len(known)}; train more of HAR-201"
        )
    features = _features(nb201.all_cells()[nb201.iso()])  # the representative's: isomorphic cells are predicted alike
    forest = RandomForestRegressor(200, min_samples_leaf=2, random_state=seed)
    target = values[known].astype(np.float64)
    held_out = cross_val_predict(forest, features[known], target, cv=5)
    filled = forest.fit(features[known], target).predict(features)
    filled[measured] = values[measured]
    return Completed(filled, measured, float(stats.spearmanr(held_out, target).statistic))


def _features(rows: NDArray) -> NDArray[np.float64]:
    pruned = nb201.prune(rows)
    counts = np.stack([(pruned == op).sum(axis=1) for op in range(len(nb201.OPS))], axis=1)
    return np.concatenate([nb201.encode(pruned), counts], axis=1).astype(np.float64)
