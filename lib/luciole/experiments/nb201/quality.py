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

from luciole import attestation, results, tables
from luciole.errors import LucioleError
from luciole.experiments.nb201.stages import BORROWED, MODULES, combine, spread
from luciole.scores.cells import MEASURES
from luciole.scores.quality import interval, judge
from luciole.spaces import nb201
from luciole.tables.table import Table

DATASETS = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}
ACCURACIES = {name: f"{name}_test200" for name in DATASETS}
SUBSETS = ("all", "reachable")
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
            for subset, inside in zip(SUBSETS, (np.ones(nb201.SIZE, dtype=bool), reachable()), strict=True):
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


def contenders(data: pd.DataFrame, table: Table) -> dict[str, dict[str, NDArray[np.float64]]]:
    """What is judged, by inputs and name: all that the result holds, and the ceilings on the cells that it covers."""
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
    enough = {
        inputs: {
            name: values
            for name, values in scores.items()
            if (~np.isnan(values)).sum() > 100 and (inputs == "images" or name not in MEASURES)
        }
        for inputs, scores in groups.items()
    }
    training = {name: np.where(judged, values, np.nan) for name, values in ceilings(table).items()}
    return {inputs: scores for inputs, scores in enough.items() if scores} | {"training": training}


def quality(data: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Judge everything that the result holds: rows of :func:`table_of`, and what the scores were computed on."""
    parts = [
        table_of(scores, table, ACCURACIES).assign(inputs=inputs) for inputs, scores in contenders(data, table).items()
    ]
    return pd.concat(parts, ignore_index=True)


def rederive(result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Judge drawn rows again, from the committed scores; a unit is a row."""
    table, kept = tables.nb201(), result.frame
    if table.source != result.provenance.inputs["accuracies"]:
        raise attestation.Unavailable(f"it was judged by {result.provenance.inputs['accuracies']}, not {table.source}")
    found = contenders(attestation.resting_on("nb201/scores", rng).frame, table)
    names = ["inputs", "dataset", "score", "subset"]
    now = [
        (inputs, dataset, score, subset)
        for inputs, scores in found.items()
        for dataset in DATASETS
        for score in scores
        for subset in SUBSETS
    ]
    if kept[names].to_numpy().tolist() != [list(row) for row in now]:
        raise LucioleError(
            f"expected the {len(now)} rows judged today, got {len(kept)} others; luciole run nb201/scores"
        )
    drawn = attestation.draw(rng, len(kept), units, 60)
    again = [
        table_of({score: found[inputs][score]}, table, {dataset: ACCURACIES[dataset]}).query("subset == @subset")
        for inputs, dataset, score, subset in (now[place] for place in drawn)
    ]
    measures = ["cells", "tau", "rho", "ndcg", "overlap", "regret", "low", "high"]
    return attestation.Sample(
        [" ".join(now[place]) for place in drawn],
        len(kept),
        attestation.columns(kept.iloc[drawn][measures], pd.concat([kept[:0], *again])[measures]),
        MODULES,
    )
