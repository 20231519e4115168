"""How well each training-free score ranks NAS-Bench-201: the second half of ``luciole run nb201/scores``.

Protocol: accuracies are the benchmark's test accuracies after 200 epochs, means over its seeds, on CIFAR-10,
CIFAR-100 and ImageNet16-120; scores are computed once, on CIFAR-10 images or on noise, and judged on all three.
``all`` is every cell scored, ``reachable`` those of them without an edge that nothing flows through (9,445 of 15,625).
``inputs`` says which values are judged: ``images`` and ``deep`` (seed 0 of the weights), ``... seed 1``, ``... mean``
(of the seeds' values, at the price of all), ``noise``; and, on the cells that the partial ones cover, ``images where
noise`` and ``deep where seeds``.
Where the experiment stopped early, the cells judged are those of the lowest official indices, which are in random
order: a uniform sample. Intervals are 95 %, by bootstrap over cells. Two ceilings are judged beside: the
validation accuracy after 200 epochs, and after 12, as if they were scores.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.experiments.nb201.stages import BORROWED, combine, spread
from luciole.scores.cells import MEASURES
from luciole.scores.quality import interval, judge
from luciole.spaces import nb201
from luciole.tables.table import Table

DATASETS = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}
MEMBERS = ("naswot", "trainability", "synflow", "jacov", "expressivity", *BORROWED)  # of combinations, to be there
RESAMPLES, SIZE = 100, 2000


def reachable() -> NDArray[np.bool_]:
    """Which of the 15,625 cells have no idle edge."""
    every = nb201.all_cells()
    return (nb201.prune(every) == every).all(axis=1)


def scored(found: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Which cells are judged: all below the first official index for which a member of a combination is missing.

    Not simply those that are known: a class is known early when it is large, and its cells are not like others.
    """
    missing = np.any([np.isnan(found[name]) for name in MEMBERS if name in found], axis=0)
    first = int(missing.argmax()) if missing.any() else len(missing)
    return np.arange(len(missing)) < first


def candidates(data: pd.DataFrame, group: str = "images", seed: int | None = 0) -> dict[str, NDArray[np.float64]]:
    """Return every score and combination on the 15,625 cells, NaN outside :func:`scored` and where unknown.

    Combinations rank the cells that are judged. A group or seed that lacks VKDNW or MeCo borrows the shallow one of
    seed 0, for its combinations only. Linear regions stand with the images, seed 0. Empty where the result has none.
    """
    found, borrowed = spread(data, group, seed), {}
    if not set(found) - set(MEASURES):
        return {}
    if group != "noise":
        shallow = spread(data)
        borrowed = {name: shallow[name] for name in BORROWED if name in shallow and name not in found}
        if (group, seed) == ("images", 0) and "linear_regions" in (regions := spread(data, "regions")):
            found["linear_regions"] = regions["linear_regions"]
    judged = scored({**borrowed, **found})
    for name, values in combine({key: value[judged] for key, value in {**borrowed, **found}.items()}).items():
        found[name] = np.full(len(judged), np.nan)
        found[name][judged] = values
    return {name: np.where(judged, values, np.nan) for name, values in found.items()}


def table_of(
    scores: Mapping[str, NDArray[np.float64]], table: Table, columns: Mapping[str, str], seed: int = 0
) -> pd.DataFrame:
    """Judge scores (15,625,) against columns of a table (data set: column): a row a score, data set and subset.

    A score is judged on the cells for which it and the accuracy are known; ``cells`` says how many.
    """
    rows = []
    for dataset, column in columns.items():
        accuracy = table[column].astype(float)
        for name, values in scores.items():
            for subset, inside in (("all", np.ones(nb201.SIZE, dtype=bool)), ("reachable", reachable())):
                known = inside & ~np.isnan(values) & ~np.isnan(accuracy)
                one, other = values[known], accuracy[known]
                rng = np.random.default_rng(seed)
                low, high = interval(one, other, rng, RESAMPLES, SIZE) if subset == "all" else (np.nan, np.nan)
                judged = judge(one, other)
                rows.append(
                    {"score": name, "dataset": dataset, "subset": subset, "cells": int(known.sum())}
                    | {key: float(value) for key, value in judged.items()}
                    | {"low": low, "high": high}
                )
    return pd.DataFrame(rows)


def ceilings(table: Table) -> dict[str, NDArray[np.float64]]:
    """Validation accuracies as if they were scores: what training buys."""
    return {"12 epochs": table["c10_val12"].astype(float), "200 epochs": table["c10_val200"].astype(float)}


def quality(data: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Judge everything that the result holds, and the ceilings on the cells that the shallow scores cover."""
    columns = {dataset: f"{dataset}_test200" for dataset in DATASETS}
    found, deep = candidates(data), candidates(data, "deep")
    groups = {"images": found, "deep": deep, "noise": candidates(data, "noise")}
    for group in ("images", "deep"):
        for seed, label in ((1, "seed 1"), (None, "mean")):
            groups[f"{group} {label}"] = candidates(data, group, seed)
    for label, whole, part in (("images where noise", found, "noise"), ("deep where seeds", deep, "deep seed 1")):
        groups[label] = {
            name: np.where(np.isnan(values), np.nan, whole[name])
            for name, values in groups[part].items()
            if name in whole
        }
    judged = scored(found)
    parts = []
    for inputs, scores in groups.items():
        enough = {
            name: values
            for name, values in scores.items()
            if (~np.isnan(values)).sum() > 100 and (inputs == "images" or name not in MEASURES)
        }
        if enough:
            parts.append(table_of(enough, table, columns).assign(inputs=inputs))
    training = {name: np.where(judged, values, np.nan) for name, values in ceilings(table).items()}
    parts.append(table_of(training, table, columns).assign(inputs="training"))
    return pd.concat(parts, ignore_index=True)
