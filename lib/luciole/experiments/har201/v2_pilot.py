"""The pilot of HAR-201's second version: which recipe buys the most reliable mean for the same core-seconds.

Forty-eight classes of another order than the table's are trained by each recipe in four runs, two groups of people
crossed with two seeds. The rule that chooses stands in :mod:`luciole.experiments.har201.v2_protocol` and was written
down before any of these numbers was read; :func:`worth` applies it, :func:`chosen` says what it chose.

    luciole run har201/v2_pilot         # ten minutes of one core
"""

import itertools
import time
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol, v2_protocol
from luciole.experiments.har201 import table as v1
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201
from luciole.tables.reliability import components
from luciole.training import Record

NAME = "har201/v2_pilot"
MODULES = (__name__, *v2_protocol.MODULES)
CLASSES = 48
RECIPES = {"4x32": (4, 32), "8x64": (8, 64), "16x64": (16, 64)}
LONGEST = "16x64"  # epochs of 4,096 windows, and windows a batch
RUNS = ((3, 0), (4, 0), (3, 1), (4, 1))  # group of people tested, seed; the table begins with other groups
METRICS = ("valid_acc", "valid_f1", "test_acc", "test_f1")
DECIDES = "test_acc"


def cells() -> NDArray[np.int64]:
    """The classes of the pilot, by official index."""
    return np.random.default_rng(protocol.ORDER_SEED + 2).permutation(nb201.classes())[:CLASSES]


def columns(record: Record) -> dict[str, NDArray[np.uint16]]:
    """What is kept of a run, in hundredths of a percent: (evaluations, cells) of each metric."""
    kept = {
        "valid_acc": record.accuracy["validation"],
        "valid_f1": record.macro_f1["validation"],
        "test_acc": record.accuracy["test"],
        "test_f1": record.macro_f1["test"],
    }
    return {name: np.round(np.array(shares) * 1e4).astype(np.uint16) for name, shares in kept.items()}


def tasks() -> list[tuple[str, str, int, int]]:
    """The trainings: data set, recipe, group, seed; a run of everything before the next."""
    every = itertools.product(RUNS, RECIPES, v2_protocol.SOURCES)
    return [(name, recipe, group, seed) for (group, seed), recipe, name in every]


def shard(task: tuple[str, str, int, int]) -> dict[str, NDArray]:
    """Train the pilot's cells by one recipe in one run; processor seconds are a cell's share."""
    name, recipe, group, seed = task
    v2_protocol.parts(name, group)  # read before the clock starts
    epochs, batch = RECIPES[recipe]
    worked = time.process_time()
    record = v2_protocol.play(name, group, seed, cells(), v2_protocol.recipe(epochs, batch, (epochs // 4, epochs // 2)))
    return columns(record) | {"seconds": np.array((time.process_time() - worked) / CLASSES)}


def gather(pieces: Mapping[int, Mapping[str, NDArray]]) -> dict[str, NDArray]:
    """Put shards side by side: (runs, evaluations, cells) for each data set, recipe and metric, and their seconds."""
    arrays: dict[str, NDArray] = {"cells": cells()}
    for name, recipe in itertools.product(v2_protocol.SOURCES, RECIPES):
        mine = [pieces[at] for at, one in enumerate(tasks()) if one[:2] == (name, recipe)]
        for key in (*METRICS, "seconds"):
            arrays[f"{name}_{recipe}_{key}"] = np.stack([piece[key] for piece in mine])
    return arrays


def worth(arrays: Mapping[str, NDArray], metric: str = DECIDES) -> pd.DataFrame:
    """The rule: a row a recipe and data set, with the reliability that the share of core-seconds buys by it.

    Columns: ``dataset``, ``recipe``, ``seconds`` a training; variances ``cells``, ``groups`` and ``rest`` of one run in
    normal scores; ``itself``, reliability of the mean that is bought; ``validity``, correlation of what is measured
    with what the longest recipe measures; ``worth``, the first times the square of the second. Metrics other than
    the deciding one are for who reads on.
    """
    groups = np.array([group for group, _ in RUNS])
    rows = []
    for name, recipe in itertools.product(v2_protocol.SOURCES, RECIPES):
        runs, longest = (arrays[f"{name}_{one}_{metric}"][:, -1].astype(float) for one in (recipe, LONGEST))
        found, seconds = components(runs, groups), float(arrays[f"{name}_{recipe}_seconds"].mean())
        itself = v2_protocol.bought(found, seconds)
        valid = 1.0 if recipe == LONGEST else v2_protocol.validity(runs, longest, groups)
        said = {"dataset": name, "recipe": recipe, "seconds": seconds, **asdict(found)}
        rows.append(said | {"itself": itself, "validity": valid, "worth": itself * valid**2})
    return pd.DataFrame(rows)


def chosen(arrays: Mapping[str, NDArray]) -> str:
    """The recipe that the rule chooses: the best mean worth over the data sets."""
    return str(worth(arrays).groupby("recipe")["worth"].mean().idxmax())


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train the cells in ``units`` of the runs again; None: one, half a minute."""
    everything = tasks()
    drawn = draw(rng, len(everything), units, 1)
    try:
        for at in drawn:
            v2_protocol.people(everything[at][0])
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    compared: dict[str, Column] = {"cells": Column(result.arrays["cells"], cells())}
    for at in drawn:
        dataset, recipe, group, seed = everything[at]
        again = shard(everything[at])
        for metric in METRICS:
            kept = result.arrays[f"{dataset}_{recipe}_{metric}"][RUNS.index((group, seed)), -1].astype(float)
            compared[f"{dataset} {recipe} group {group} seed {seed} {metric}"] = Column(
                kept, again[metric][-1].astype(float), absolute=v1.ALLOWED, why=v1.ROUNDING
            )
    named = [" ".join(map(str, everything[at])) for at in drawn]
    left = {"seconds": "measured", "earlier evaluations": "of the same trainings; rates are high, rounding grows"}
    return Sample(named, len(everything), compared, MODULES, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is not yet trained, and write ``har201/v2_pilot`` once all of it is there.

    Where one of the data sets is not here, nothing is trained, and a line says so.
    """
    try:
        for name in v2_protocol.SOURCES:
            v2_protocol.people(name)
    except LucioleError as reason:
        v1.log.warning("the pilot of HAR-201's second version is left out: %s", reason)
        return
    folder = files.cache() / NAME
    plan = {
        "cells": cells().tolist(),
        "recipes": RECIPES,
        "runs": RUNS,
        "longest": LONGEST,
        "decides": DECIDES,
        "share": v2_protocol.SHARE,
        "code": {module: results.fingerprint(module) for module in MODULES},
    }
    done = run_shards(shard, tasks(), folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    if done < len(tasks()):
        return
    arrays = gather(load_shards(folder))
    spent = CLASSES * sum(float(values.sum()) for key, values in arrays.items() if key.endswith("_seconds"))
    results.write(
        NAME,
        arrays,
        function=shard,
        parameters=plan | {"watts": v1.WATTS},
        modules=MODULES,
        inputs=dict.fromkeys(v2_protocol.SOURCES, "prepared file, see luciole.datasets"),
        seconds=spent,
        joules=spent * v1.WATTS,
        energy=f"estimate: processor seconds times {v1.WATTS:g} W a busy thread, no counter could be read",
    )
