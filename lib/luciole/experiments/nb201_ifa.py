"""Firefly searches on NAS-Bench-201, hundreds of seeds each, from a score computed once for every class.

    luciole run nb201_ifa --workers 2

First the intra-cluster distance (all modules, and ReLUs only) and NASWOT of all 6,466 classes: one initialisation, one
batch of 100 images of 8x8, the benchmark's skeleton with one cell a stage. Then every variant in
:data:`VARIANTS`, each for :data:`SEEDS` seeds and :data:`EVALUATIONS` evaluations, counted as the released code
counts them (a cell scored again is paid again). The random score, drawn anew for each seed, is the control: what
a search finds with it, it owes to its own drift.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.experiments import icd_batch
from luciole.experiments.shards import load_shards, run_shards
from luciole.networks import Skeleton, build, counts
from luciole.networks.skeleton import NB201_C10
from luciole.search import Budget, History, Objective, evolution, firefly, improved_firefly, random
from luciole.search.swarms import Flight
from luciole.spaces import nb201

SKELETON = Skeleton(cells=1)
BATCH, SIDE = 100, 8
SEEDS, EVALUATIONS, GENERATIONS = 200, 2_000, 100
STEPS = np.unique(np.geomspace(20, EVALUATIONS, 30).astype(np.int64))  # where a run's best so far is kept
STRENGTH = (nb201.NONE, nb201.SKIP, nb201.POOL, nb201.CONV1, nb201.CONV3)
CLASSES_A_TASK = 50
NAMES = [one.name for one in icd_batch.SCORES]


@dataclass(frozen=True)
class Variant:
    """One search on one score."""

    search: Callable[..., History]
    score: str  # a column of the scored classes, "params", or "random"
    settings: dict[str, Any] = field(default_factory=dict)


def _variants() -> dict[str, Variant]:
    found = {}
    for score in ("icd", "icd_relu", "naswot", "random"):
        for name, search in (("FA", firefly.search), ("IFA", improved_firefly.search)):
            for order_name, order in (("index", None), ("strength", STRENGTH)):
                for noise in ("one-sided", "centred"):
                    settings = {"flight": Flight(noise=noise), "order": order}
                    found[f"{name}, {noise}, {order_name}, {score}"] = Variant(search, score, settings)
        found[f"random search, {score}"] = Variant(random.search, score)
        found[f"regularised evolution, {score}"] = Variant(evolution.search, score)
    found["random search, params"] = Variant(random.search, "params")
    return found


VARIANTS = _variants()


def score_classes(members: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    """Score the cells at these official indices, each with weights seeded by its index."""
    batch, _ = icd_batch.images(BATCH, SIDE)
    rows = nb201.all_cells()[list(members)]
    values = [
        icd_batch.score(build(row, SKELETON, torch.Generator().manual_seed(int(member))), batch)
        for row, member in zip(rows, members, strict=True)
    ]
    return dict(zip(NAMES, np.array(values).T, strict=True))


@cache
def scored_classes() -> dict[str, NDArray[np.float64]]:
    """Read what the first part of the experiment left in the cache: name -> (6466,)."""
    shards = load_shards(files.cache() / "nb201_ifa_scores")
    return {name: np.concatenate([shards[task][name] for task in sorted(shards)]) for name in NAMES}


def spread(values: NDArray) -> NDArray:
    """Give every cell the value of its class: (6466,) to (15625,)."""
    return values[np.searchsorted(nb201.classes(), nb201.iso())]


def value_of(score: str, seed: int) -> NDArray[np.float64]:
    """Fitness of all cells, (15625,); ICD truncated to an integer, as the released search does."""
    if score == "random":
        return spread(np.random.default_rng([seed, 1]).random(len(nb201.classes())))
    if score == "params":
        return counts.parameters(nb201.all_cells(), NB201_C10).astype(float)
    column = scored_classes()[score]
    finite = np.where(np.isfinite(column), column, column[np.isfinite(column)].min() - 1)
    return spread(np.trunc(finite) if score.startswith("icd") else finite)


def run_variant(name: str) -> dict[str, NDArray]:
    """Run one variant for all seeds: the official index of the best cell at each of STEPS, and the account."""
    variant = VARIANTS[name]
    best = np.zeros((SEEDS, len(STEPS)), dtype=np.int16)
    scored, evaluations = np.zeros((2, SEEDS), dtype=np.int16)
    start = time.perf_counter()
    for seed in range(SEEDS):
        value = value_of(variant.score, seed)
        history = search(variant, value, EVALUATIONS, np.random.default_rng([seed, 0]))
        found = nb201.index(history.genotypes)
        best[seed] = found[history.at(np.minimum(STEPS, len(history)), "evaluations")]
        scored[seed] = len(np.unique(nb201.iso()[found]))
        evaluations[seed] = len(history)
    seconds = np.array(time.perf_counter() - start)
    return {"best": best, "scored": scored, "evaluations": evaluations, "seconds": seconds}


def search(variant: Variant, value: NDArray[np.float64], evaluations: int, rng: np.random.Generator) -> History:
    """Run one search on the fitness of all cells, every query paid."""
    objective = Objective(lambda rows: value[nb201.index(rows)], seconds=_free, count="query")
    return variant.search(nb201, objective, Budget(evaluations=evaluations), rng, **variant.settings)


def _free(rows: NDArray) -> NDArray[np.float64]:
    return np.zeros(len(rows))


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Score the classes, run the variants, and write the result ``nb201_ifa`` once both are whole."""
    start = time.perf_counter()
    _, what = icd_batch.images(BATCH, SIDE)
    classes = nb201.classes()
    tasks = [classes[at : at + CLASSES_A_TASK].tolist() for at in range(0, len(classes), CLASSES_A_TASK)]
    folder = files.cache() / "nb201_ifa_scores"
    plan = {"images": what, "batch": BATCH, "cells": SKELETON.cells}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    if run_shards(score_classes, tasks, folder, plan=plan, **options) < len(tasks):
        return
    names = list(VARIANTS)
    plan = {"seeds": SEEDS, "evaluations": EVALUATIONS, "variants": names}
    folder = files.cache() / "nb201_ifa_runs"
    if run_shards(run_variant, names, folder, plan=plan, **options) < len(names):
        return
    shards = load_shards(folder)
    columns = {key: np.stack([shards[task][key] for task in sorted(shards)]) for key in shards[0]}
    results.write(
        "nb201_ifa",
        {
            **{f"score_{name}": values for name, values in scored_classes().items()},
            **columns,
            "variants": np.array(names),
            "steps": STEPS,
        },
        function=run,
        parameters={"seeds": SEEDS, "evaluations": EVALUATIONS, "batch": BATCH, "side": SIDE, "cells": SKELETON.cells},
        modules=[
            "luciole.experiments.nb201_ifa",
            "luciole.experiments.icd_batch",
            "luciole.scores.icd",
            "luciole.search.swarms",
            "luciole.search.firefly",
            "luciole.search.improved_firefly",
        ],
        inputs={"images": what},
        seconds=time.perf_counter() - start,
    )
