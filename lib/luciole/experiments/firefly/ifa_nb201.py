"""Firefly searches on NAS-Bench-201, hundreds of seeds each, from a score computed once for every class.

    luciole run firefly/ifa_nb201 --workers 2

First the intra-cluster distance (all modules, and ReLUs only) and NASWOT of all 6,466 classes: one initialisation, one
batch of 100 images of 8x8, the benchmark's skeleton with one cell a stage. Then every variant in
:data:`VARIANTS`, each for :data:`SEEDS` seeds and :data:`EVALUATIONS` evaluations, counted as the released code
counts them (a cell scored again is paid again). The random score, drawn anew for each seed, is the control: what
a search finds with it, it owes to its own drift.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import attestation, files, results, tables
from luciole.costs.energy import Meter
from luciole.experiments.firefly import icd_batch
from luciole.networks import Skeleton, build, counts
from luciole.networks.skeleton import NB201_C10
from luciole.search import Budget, History, Objective, firefly, improved_firefly, random
from luciole.search.swarms import Flight
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201

SKELETON = Skeleton(cells=1)
BATCH, SIDE = 100, 8
RELEASED_SIZE = 9.0  # images of 32x32 and 5 cells a stage have 80 times the units, so 9 times the distance
SEEDS, EVALUATIONS = 200, 2_000
STEPS = np.unique(np.geomspace(20, EVALUATIONS, 30).astype(np.int64))  # where a run's best so far is kept
STRENGTH = (nb201.NONE, nb201.SKIP, nb201.POOL, nb201.CONV1, nb201.CONV3)
CLASSES_A_TASK = 50
SCORE_SHARDS, RUN_SHARDS = "nb201_ifa_scores", "nb201_ifa_runs"
DATASETS = ("c10", "c100", "in16")
NAMES = [one.name for one in icd_batch.SCORES]
ROUNDED: dict[str, Any] = {"relative": 1e-4, "why": "processors add in another order"}  # of ICD and NASWOT
ADDED: dict[str, Any] = {"absolute": 1e-4, "why": "means of single precision may be added up in another order"}
SCORING = (  # modules whose code decides the scores
    "luciole.experiments.firefly.icd_batch",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.networks.skeleton",
    "luciole.scores.icd",
    "luciole.scores.naswot",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.spaces.nb201",
)
SEARCHING = (  # and the choices, given the scores
    "luciole.networks.counts",
    "luciole.networks.skeleton",
    "luciole.search.budget",
    "luciole.search.firefly",
    "luciole.search.history",
    "luciole.search.improved_firefly",
    "luciole.search.objective",
    "luciole.search.random",
    "luciole.search.searcher",
    "luciole.search.swarms",
    "luciole.spaces.nb201",
)


@dataclass(frozen=True)
class Variant:
    """One search on one score."""

    search: Callable[..., History]
    score: str  # a column of the scored classes, "params", or "random"
    settings: dict[str, Any] = field(default_factory=dict)


def _variants() -> dict[str, Variant]:
    found = {}
    for score in ("icd", "icd_relu", "random"):
        for name, search in (("FA", firefly.search), ("IFA", improved_firefly.search)):
            for order_name, order in (("strength", STRENGTH), ("index", None)):
                for noise in ("one-sided", "centred"):
                    settings = {"flight": Flight(noise=noise), "order": order}
                    found[f"{name}, {noise}, {order_name}, {score}"] = Variant(search, score, settings)
        found[f"random search, {score}"] = Variant(random.search, score)
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


def gather(shards: Mapping[int, Mapping[str, NDArray]]) -> dict[str, NDArray]:
    """Put the arrays of finished shards one after the other, in the order of the tasks."""
    return {name: np.concatenate([shards[task][name] for task in sorted(shards)]) for name in shards[0]}


def code(modules: Sequence[str]) -> dict[str, str]:
    """Fingerprint of each module: part of a plan, so that shards of other code are refused."""
    return {module: results.fingerprint(module) for module in modules}


def digest(arrays: Mapping[str, NDArray]) -> str:
    """Return 16 hexadecimal digits of arrays and their names: part of the plan of runs that read them."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(name.encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()[:16]


@cache
def scored_classes() -> dict[str, NDArray[np.float64]]:
    """Scores that the first part of the experiment left in the cache: name -> (6466,), in the order of classes()."""
    return gather(load_shards(files.cache() / SCORE_SHARDS))


def spread(values: NDArray) -> NDArray:
    """Give every cell the value of its class: (6466,) to (15625,)."""
    return values[np.searchsorted(nb201.classes(), nb201.iso())]


def fitness(score: str, seed: int, scores: Mapping[str, NDArray]) -> NDArray[np.float64]:
    """Fitness of all cells, (15625,): "params", "random" (drawn from ``seed``), or one of ``scores`` (6466,) each.

    ICD is scaled to the size that it has in the released setting and truncated to an integer, as the released search
    does; minus infinity becomes less than all else.
    """
    if score == "random":
        return spread(np.random.default_rng([seed, 1]).random(len(nb201.classes())))
    if score == "params":
        return counts.parameters(nb201.all_cells(), NB201_C10).astype(float)
    column = scores[score]
    finite = np.where(np.isfinite(column), column, column[np.isfinite(column)].min() - 1)
    return spread(np.trunc(RELEASED_SIZE * finite) if score.startswith("icd") else finite)


def play(name: str, seed: int, scores: Mapping[str, NDArray], evaluations: int = EVALUATIONS) -> History:
    """Run one variant once, every query paid."""
    variant = VARIANTS[name]
    value = fitness(variant.score, seed, scores)
    objective = Objective(lambda rows: value[nb201.index(rows)], seconds=_free, count="query")
    rng = np.random.default_rng([seed, 0])
    return variant.search(nb201, objective, Budget(evaluations=evaluations), rng, **variant.settings)


def best_cells(history: History) -> NDArray[np.int64]:
    """Official index of the best cell so far at each of STEPS."""
    return nb201.index(history.genotypes[history.at(np.minimum(STEPS, len(history)), "evaluations")])


def account(history: History) -> tuple[NDArray[np.int64], int, int]:
    """What is kept of a run: the best cells at STEPS, how many classes it scored, its evaluations."""
    return best_cells(history), len(np.unique(nb201.iso()[nb201.index(history.genotypes)])), len(history)


def run_variant(name: str) -> dict[str, NDArray]:
    """Run one variant for all seeds: best cells at STEPS (1, seeds, steps), and the account of each run (1, seeds)."""
    best = np.zeros((1, SEEDS, len(STEPS)), dtype=np.int16)
    scored, evaluations = np.zeros((2, 1, SEEDS), dtype=np.int16)
    scores = scored_classes()
    start = time.perf_counter()
    for seed in range(SEEDS):
        best[0, seed], scored[0, seed], evaluations[0, seed] = account(play(name, seed, scores))
    seconds = np.array([time.perf_counter() - start])
    return {"best": best, "scored": scored, "evaluations": evaluations, "seconds": seconds}


def _free(rows: NDArray) -> NDArray[np.float64]:
    return np.zeros(len(rows))


def summary(best: NDArray, column: NDArray) -> dict[str, NDArray[np.float32]]:
    """Mean and standard deviation over seeds of ``column`` (15625,) at the best cells: each (variants, steps)."""
    accuracy = column[best].astype(np.float64)
    return {"mean": accuracy.mean(axis=1).astype(np.float32), "sd": accuracy.std(axis=1, ddof=1).astype(np.float32)}


def sums_of(best: NDArray, table: tables.Table) -> dict[str, NDArray[np.float32]]:
    """The summary of every data set's accuracy, as the result names it."""
    sums = {name: summary(best, table[f"{name}_test200"]) for name in DATASETS}
    return {f"{name}_{kind}": values for name, both in sums.items() for kind, values in both.items()}


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Score the classes, run the variants, and write the result ``firefly/ifa_nb201`` once both are whole.

    Raises LucioleError when the table at hand is not the original, whose accuracies the result sums up.
    """
    table = tables.nb201()
    _, what = icd_batch.images(BATCH, SIDE)
    classes = nb201.classes()
    tasks = [classes[at : at + CLASSES_A_TASK].tolist() for at in range(0, len(classes), CLASSES_A_TASK)]
    plan = {"images": what, "batch": BATCH, "cells": SKELETON.cells, "code": code(SCORING)}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    if run_shards(score_classes, tasks, files.cache() / SCORE_SHARDS, plan=plan, **options) < len(tasks):
        return
    names = list(VARIANTS)
    plan = {
        "seeds": SEEDS,
        "evaluations": EVALUATIONS,
        "variants": names,
        "scores": digest(scored_classes()),
        "code": code(SEARCHING),
    }
    if run_shards(run_variant, names, files.cache() / RUN_SHARDS, plan=plan, **options) < len(names):
        return
    found = gather(load_shards(files.cache() / RUN_SHARDS))
    sums = sums_of(found["best"], table)
    with Meter("FRA") as meter:
        score_classes(classes[:: len(tasks)].tolist())
    spent = meter.seconds * len(tasks) + float(found["seconds"].sum())
    results.write(
        "firefly/ifa_nb201",
        {**scored_classes(), **found, **sums, "variants": np.array(names), "steps": STEPS},
        function=run,
        parameters={
            "seeds": SEEDS,
            "evaluations": EVALUATIONS,
            "batch": BATCH,
            "side": SIDE,
            "cells": SKELETON.cells,
            "time": "sum over all runs, and the scoring of all classes as estimated from a timed sample of them",
        },
        modules=[__name__, *{*SCORING, *SEARCHING}],
        inputs={"images": what, "accuracies": table.source},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        energy=f"{meter.mode}; mean power of the sample of classes times the seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Run drawn runs and score as many drawn classes again; a unit is a run or a class.

    Sums over the committed runs are derived whole.
    """
    kept, had, table = result.arrays, result.provenance.inputs, tables.nb201()
    for what, here in (("images", icd_batch.images(BATCH, SIDE)[1]), ("accuracies", table.source)):
        if here != had[what]:
            raise attestation.Unavailable(f"{what} were {had[what]}, here: {here}")
    variants, seeds = kept["best"].shape[:2]
    runs = attestation.draw(rng, variants * seeds, units, 60)
    classes = attestation.draw(rng, len(nb201.classes()), units, 60)
    tasks = [(str(kept["variants"][run // seeds]), int(run % seeds)) for run in runs]
    accounts = [account(play(*task, kept)) for task in tasks]
    ran = [f"run {seed} of {variant!r}" for variant, seed in tasks]
    scored = [f"class {index}" for index in nb201.classes()[classes]]
    columns = {
        one: attestation.Column(
            kept[one].reshape(-1, *kept[one].shape[2:])[runs], [now[at] for now in accounts], rows=ran
        )
        for at, one in enumerate(("best", "scored", "evaluations"))
        if tasks
    }
    for one, values in score_classes(nb201.classes()[classes].tolist()).items() if classes.size else ():
        columns[one] = attestation.Column(kept[one][classes], values, **ROUNDED, rows=scored)
    for one, sums in sums_of(kept["best"], table).items():
        columns[one] = attestation.Column(kept[one], sums, **ADDED, rows=kept["variants"].tolist())
    of, left = variants * seeds + len(nb201.classes()), {"seconds": "measured"}
    return attestation.Sample([*ran, *scored], of, columns, (__name__, *{*SCORING, *SEARCHING}), left)
