"""What the data card of HAR-201 says in numbers: how far each version orders cells by anything but luck.

Of the second version everything, however much of it is trained (:func:`second`, :func:`curve`); of the first what can
be said of runs that all test the same people (:func:`first`).
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

from luciole.errors import LucioleError
from luciole.experiments.har201 import v2, v2_protocol
from luciole.report import har201
from luciole.spaces import nb201
from luciole.tables.har201_v2 import Har201
from luciole.tables.reliability import Components, agreement, ceiling, reliability
from luciole.tables.table import Table

FEWEST = 100  # classes in common, below which a run is left out
TOP = 0.1  # of the classes, by mean validation accuracy


@dataclass(frozen=True)
class Reliability:
    """How reliable the mean over runs is, and what that leaves attainable."""

    runs: int
    cells: int
    one: float  # reliability of one run, about other people
    mean: float  # of the mean over these runs
    top: float  # of the mean, among the best tenth of the classes alone

    @property
    def tau(self) -> float:
        """Kendall tau to expect with a benchmark made again with other people and seeds."""
        return agreement(self.mean)

    @property
    def ceiling(self) -> float:
        """Kendall tau to expect of the true order with this benchmark."""
        return ceiling(self.mean)


def second(table: Har201, dataset: str, metric: str = "acc") -> Reliability:
    """Reliability of the second version on a data set, over the classes that its runs have in common.

    Of the runs, those of the first seed, as many as have :data:`FEWEST` classes in common. The best tenth is chosen by
    validation accuracy. Raises LucioleError while no two groups of people have so many.
    """
    first_seed = [at for at, (_, seed) in enumerate(table.runs(dataset)) if seed == 0]
    valid, test = (
        np.where(values < 65535, values, np.nan)
        for values in (table.arrays[f"{dataset}_{part}_{metric}"][:, -1].astype(float) for part in ("valid", "test"))
    )
    for count in range(len(first_seed), 1, -1):
        runs = first_seed[:count]
        common = np.isfinite(test[runs]).all(axis=0)
        if common.sum() >= FEWEST:
            break
    else:
        raise LucioleError(f"{dataset}: expected {FEWEST} classes trained in two groups of people, got fewer so far")
    groups = np.array([table.runs(dataset)[at][0] for at in runs])
    kept, chosen = test[runs][:, common], valid[runs][:, common].mean(axis=0)
    best = np.argsort(-chosen, kind="stable")[: max(3, round(TOP * len(chosen)))]
    ones = [reliability(kept[list(pair)], groups[list(pair)]) for pair in itertools.combinations(range(count), 2)]
    pairs = float(np.mean(ones))
    return Reliability(
        runs=count,
        cells=int(common.sum()),
        one=pairs / (2 - pairs),  # Spearman and Brown's formula backwards, from means of two
        mean=reliability(kept, groups),
        top=reliability(kept[:, best], groups),
    )


def trained(held: tuple[int, int] | None, seconds: float) -> str:
    """How much of the second version is committed, in a sentence: trainings held and planned; None for no result.

    seconds: processor seconds of one training, by the pilot.

    >>> trained((64, 1000), 9.0)
    '64 of 1,000 planned trainings; the rest would take about 2.3 core-hours'
    """
    planned = held[1] if held else sum(block.planned for block in v2.blocks())
    left = planned - (held[0] if held else 0)
    hours = left * seconds / 3600
    if not held:
        stacks = math.ceil(len(nb201.classes()) / v2.STACK)
        return (
            f"planned and not trained: nothing of it is committed; its first run alone is {stacks} stacks of networks, "
            f"and all {planned:,} trainings would take about {hours:.0f} core-hours"
        )
    return f"{held[0]:,} of {planned:,} planned trainings" + (
        f"; the rest would take about {hours:.1f} core-hours" if left else ""
    )


def curve(found: Components, seconds: float, runs: int = 40) -> pd.DataFrame:
    """What more runs of all classes would give, and cost: a row a number of runs, new groups of people first.

    seconds: processor seconds of one training. Columns: ``runs``, ``core hours``, ``reliability``, ``tau`` (with a
    benchmark made again), ``ceiling`` (of the true order).
    """
    rows = []
    for count in range(1, runs + 1):
        groups = min(count, v2_protocol.GROUPS)
        value = found.reliability(groups, count / groups)
        hours = count * seconds * len(nb201.classes()) / 3600
        rows.append((count, hours, value, agreement(value), ceiling(value)))
    return pd.DataFrame(rows, columns=["runs", "core hours", "reliability", "tau", "ceiling"])


def first(table: Table, dataset: str) -> dict[str, float]:
    """Kendall tau between seeds of the first version: of all classes that have them, and of the best tenth.

    All seeds test the same people, so that these say nothing of others. The best tenth is by mean validation accuracy.
    """
    seeds = har201.seeds(table, dataset)
    classes = nb201.classes()
    test = np.stack([har201.final(table, dataset, "test_acc", seed)[classes] for seed in seeds])
    valid = np.stack([har201.final(table, dataset, "valid_acc", seed)[classes] for seed in seeds])
    common = np.isfinite(test).all(axis=0)
    best = np.argsort(-valid[:, common].mean(axis=0), kind="stable")[: round(TOP * common.sum())]
    return {
        "classes": int(common.sum()),
        "seeds": len(seeds),
        "tau": _taus(test[:, common]),
        "tau of the best tenth": _taus(test[:, common][:, best]),
    }


def _taus(runs: NDArray) -> float:
    pairs = itertools.combinations(runs, 2)
    return float(np.mean([kendalltau(one, other).statistic for one, other in pairs]))
