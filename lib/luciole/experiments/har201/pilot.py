"""The pilot of HAR-201: which protocol tells cells apart, and at what price.

Each condition trains the same few cells with two seeds. Over cells c and seeds s, with a(c, s) the test accuracy:
*noise* is the root of the mean over cells of the variance over seeds; *signal* the root of the variance over cells of
the mean over seeds, less noise² / seeds; their ratio says whether one training ranks cells or luck. *Rank agreement*
is Spearman's correlation between two seeds. With ten cells all of these are rough: they choose a protocol, they
are not results. The test subjects are those of the benchmark, whose figures are reported for all cells and chosen for
none.

    luciole run har201/pilot
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats

from luciole import files, results
from luciole.attestation import Sample, Unavailable, columns, draw
from luciole.datasets.splits import Parts
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import table as har201
from luciole.networks import Skeleton, build
from luciole.networks.stack import Stack
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201
from luciole.training import Recipe, train

NAME = "har201/pilot"
MODULES = protocol.MODULES
CELLS = 10  # of another random order than the benchmark's
SEEDS = (0, 1)
POINTS = 1.0  # by which a condition's figures may differ when derived again


@dataclass(frozen=True)
class Condition:
    """One way to train."""

    dataset: str
    factor: int
    windows: int  # of an epoch; four epochs
    convolutional: bool = False  # size 3 in the stem, the benchmark's residual reductions


CONDITIONS = (
    Condition("wisdm", 1, 4096),
    Condition("wisdm", 2, 4096),
    Condition("wisdm", 3, 4096),
    Condition("wisdm", 3, 2048),
    Condition("wisdm", 3, 4096, convolutional=True),
    Condition("uci_har", 6, 4096),
)


def cells() -> NDArray[np.int64]:
    """The cells of the pilot."""
    return np.random.default_rng(protocol.ORDER_SEED + 1).permutation(nb201.classes())[:CELLS]


def measure(condition: Condition) -> dict[str, NDArray]:
    """Train the pilot's cells under a condition: test accuracy (%) of shape (seeds, cells), seconds of each."""
    one = protocol.PROTOCOLS[condition.dataset]
    recipe = replace(one.recipe, windows=condition.windows, evaluate=())
    parts, skeleton = protocol.prepare(replace(one, factor=condition.factor))
    accuracy, worked = [], time.process_time()
    for seed in SEEDS:
        if condition.convolutional:
            fitting = replace(skeleton, stem="conv3", reduction="residual")
            accuracy.append([_single(int(cell), fitting, parts, recipe, seed) for cell in cells()])
        else:
            generators = [protocol.weights(seed, int(c)) for c in cells()]
            stack = Stack(nb201.all_cells()[cells()], skeleton, generators, fused=False)
            record = train(stack, parts, recipe, torch.Generator().manual_seed(seed))
            accuracy.append(list(record.accuracy["test"][-1]))
    seconds = (time.process_time() - worked) / (CELLS * len(SEEDS))
    return {"accuracy": 100 * np.array(accuracy), "seconds": np.array(seconds)}


def _single(cell: int, skeleton: Skeleton, parts: Parts, recipe: Recipe, seed: int) -> float:
    network = build(nb201.all_cells()[cell], skeleton, protocol.weights(seed, cell))
    return float(train(network, parts, recipe, torch.Generator().manual_seed(seed)).accuracy["test"][-1][0])


def summary(accuracy: NDArray) -> dict[str, float]:
    """Spread, noise, signal, their ratio and the rank agreement, from accuracies (seeds, cells).

    >>> figures = summary(np.array([[60.0, 70.0, 80.0], [62.0, 70.0, 78.0]]))
    >>> round(figures["noise"], 2), round(figures["ranks"], 2)
    (1.15, 1.0)
    """
    means = accuracy.mean(axis=0)
    noise = float(np.sqrt(accuracy.var(axis=0, ddof=1).mean()))
    signal = float(np.sqrt(max(0.0, means.var(ddof=1) - noise**2 / len(accuracy))))
    return {
        "lowest": float(means.min()),
        "mean": float(means.mean()),
        "highest": float(means.max()),
        "noise": noise,
        "signal": signal,
        "ratio": signal / noise,
        "ranks": float(stats.spearmanr(accuracy[0], accuracy[1]).statistic),
    }


def row(condition: Condition, measured: Mapping[str, NDArray]) -> dict[str, str | float]:
    """What the table says of a condition."""
    rate = protocol.PROTOCOLS[condition.dataset].hz / condition.factor
    return {
        "dataset": condition.dataset,
        "hz": round(rate, 2),
        "windows": 4 * condition.windows,
        "skeleton": "convolutional" if condition.convolutional else "minimal",
        **summary(measured["accuracy"]),
        "seconds": float(measured["seconds"]),
    }


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train the cells of ``units`` conditions again; None: one, a quarter of a minute to two minutes."""
    drawn = draw(rng, len(CONDITIONS), units, 1)
    try:
        for number in drawn:
            protocol.data(CONDITIONS[number].dataset)
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    kept = result.frame.iloc[drawn]
    now = pd.DataFrame([row(CONDITIONS[number], measure(CONDITIONS[number])) for number in drawn])
    exact = ["dataset", "hz", "windows", "skeleton"]
    levels, spreads = ["lowest", "mean", "highest"], ["noise", "signal"]
    compared = columns(kept, now[exact])
    compared |= columns(kept, now[levels], absolute=POINTS, why=har201.ROUNDING)
    compared |= columns(kept, now[spreads], absolute=POINTS, why=har201.ROUNDING)
    left = {"seconds": "measured", "ratio, ranks": "of ten cells: they follow from the accuracies, and jump with them"}
    return Sample([str(CONDITIONS[number]) for number in drawn], len(CONDITIONS), compared, (__name__, *MODULES), left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Measure the conditions that are not yet measured, and write those there are as the result ``har201/pilot``.

    Where one of the data sets is not here, nothing is measured, and a line says so.
    """
    try:
        for name in {condition.dataset for condition in CONDITIONS}:
            protocol.data(name)
    except LucioleError as reason:
        har201.log.warning("the pilot of HAR-201 is left out: %s", reason)
        return
    folder = files.cache() / NAME
    code = {module: results.fingerprint(module) for module in MODULES}
    plan = {"cells": cells().tolist(), "seeds": list(SEEDS), "conditions": [str(c) for c in CONDITIONS], "code": code}
    run_shards(measure, CONDITIONS, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    if not shards:
        return
    rows = [row(condition, shards[number]) for number, condition in enumerate(CONDITIONS) if number in shards]
    total = sum(float(shard["seconds"]) for shard in shards.values()) * CELLS * len(SEEDS)
    results.write(
        NAME,
        pd.DataFrame(rows),
        function=measure,
        parameters=plan,
        modules=(__name__, *MODULES),
        holds=(len(shards), len(CONDITIONS)),
        inputs=dict.fromkeys(protocol.PROTOCOLS, "prepared file, see luciole.datasets"),
        seconds=total,
        joules=total * har201.WATTS,
        energy=f"estimate: processor seconds times {har201.WATTS:g} W a busy thread, no counter could be read",
    )
