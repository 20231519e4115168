"""HAR-201: the cells of NAS-Bench-201 in one dimension, trained on sensor data, class by class.

Why: we found no tabular benchmark for architecture search on inertial sensors. Here is one that a laptop can make
again: the 6,466 classes of the 15,625 cells, trained from scratch to recognise activities of people never seen.

    luciole run har201/table --workers 2              # goes on where it stopped

A table of some classes is a checkpoint: what the committed result holds is taken from there, and not trained again.

The protocol, and why it is so, stands in :mod:`luciole.experiments.har201.protocol`.

Costs: seconds are the processor time of a stack of 32 networks divided by 32, one thread; joules are an estimate,
these seconds times a stated power.
"""

import itertools
import json
import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol
from luciole.networks import counts
from luciole.networks.stack import Stack
from luciole.shards import load_shards, restore_shards, run_shards
from luciole.spaces import nb201
from luciole.training import Record, train

log = logging.getLogger("luciole")

NAME = "har201/table"  # of the result
DECIDING = (__name__, *protocol.MODULES, "luciole.networks.counts")  # all that the table holds
TRAININGS = 6  # derived again at a time: a quarter of a minute
ALLOWED, EARLY = 400, 1000  # hundredths of a percent by which one may differ at the end, and while rates are high
ROUNDING = "another kind of processor rounds sums otherwise, which training amplifies"  # on the same kind none differed
WATTS = 4.0  # of a busy thread: CodeCarbon's assumption where no counter can be read
MISSING = 65535  # of a class that is not trained yet
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"  # where stacks are trained; another one rounds otherwise
STAGES = (  # seed, and how many classes of the order are trained with it
    (0, 6466),
    (1, 640),
    (2, 640),
)


def retrain(name: str, cells: NDArray[np.int64], seed: int, fused: bool = False) -> Record:
    """Train these cells (official indices) side by side on a data set, as the benchmark did.

    It did so by PyTorch alone, ``fused=False`` to :class:`luciole.networks.stack.Stack`: its digits come out again only
    so. Compiled code gives other ones within the noise of seeds, several times faster.
    """
    parts, fitting = protocol.data(name)
    generators = [protocol.weights(seed, int(cell)) for cell in cells]
    stack = Stack(nb201.all_cells()[cells], fitting, generators, fused=fused)
    return train(stack, parts, protocol.PROTOCOLS[name].recipe, torch.Generator().manual_seed(seed), device=DEVICE)


def shard(task: tuple[str, int, tuple[int, ...]]) -> dict[str, NDArray]:
    """Train one stack: accuracies and macro-F1 as shares, (epochs, networks); seconds of the whole stack."""
    name, seed, cells = task
    protocol.data(name)  # read before the clock starts
    started, worked = time.perf_counter(), time.process_time()
    record = retrain(name, np.array(cells), seed)
    arrays: dict[str, NDArray] = {
        "cells": np.array(cells, dtype=np.int32),
        "trained_with": np.array(trained_with(results.versions(), results.machine())),
        "epochs": np.array(record.epochs, dtype=np.int16),
        "loss": np.array(record.loss, dtype=np.float32),
        "seconds": np.array(time.perf_counter() - started),
        "cpu_seconds": np.array(time.process_time() - worked),
        "training_seconds": np.array(record.seconds),
    }
    for part in ("validation", "test"):
        arrays[f"{part}_accuracy"] = np.array(record.accuracy[part], dtype=np.float32)
        arrays[f"{part}_f1"] = np.array(record.macro_f1[part], dtype=np.float32)
    return arrays


def trained_with(versions: Mapping[str, str], machine: Mapping[str, Any]) -> str:
    """What rounds the numbers, in words: shards may come from several machines."""
    return f"torch {versions['torch']}, {machine['processor']}"


def folder(name: str, seed: int) -> Path:
    """Where the shards of one data set and seed are kept."""
    return files.cache() / "har201/table" / f"{name}-seed{seed}"


def tasks(name: str, seed: int, count: int) -> list[tuple[str, int, tuple[int, ...]]]:
    """The stacks of the first ``count`` classes of the order."""
    chosen = protocol.order()[:count]
    stacks = (chosen[at : at + protocol.STACK] for at in range(0, len(chosen), protocol.STACK))
    return [(name, seed, tuple(int(cell) for cell in stack)) for stack in stacks]


def restore(name: str, seed: int, count: int) -> int:
    """Write the shards of the stacks that the committed table holds whole; return how many there were.

    Raises LucioleError when the table was made under another protocol, or is stale: numbers of two kinds are not mixed.
    """
    if not (files.results() / f"{NAME}.json").exists():
        return 0
    kept = results.read(NAME, part=True)
    suffix = _suffix(seed)
    seconds = kept.arrays.get(f"{name}_seconds{suffix}")
    if seconds is None:
        return 0
    plan = json.loads(json.dumps(protocol.PROTOCOLS[name].plan(0)))
    stated = plan | {"code": None}  # an attestation may have renewed it
    if kept.stale or kept.provenance.parameters[name] | {"code": None} != stated:
        raise LucioleError(
            f"the table {NAME} was made under another protocol or by other code for {name}; attest it, go on with "
            f"that code, or delete data/results/{NAME}.* to start anew"
        )
    epochs = [*protocol.PROTOCOLS[name].recipe.evaluate, protocol.PROTOCOLS[name].recipe.epochs]
    made = kept.provenance.parameters.get("trained with", {}).get(f"{name}, seed {seed}")
    made = made or [trained_with(kept.provenance.versions, kept.provenance.machine)]
    stacks, known = tasks(name, seed, count), {}
    for number, (_, _, cells) in enumerate(stacks):
        rows = np.searchsorted(kept.arrays["classes"], cells)
        if not np.isfinite(seconds[rows]).all():
            continue
        arrays: dict[str, NDArray] = {
            "cells": np.array(cells, dtype=np.int32),
            "trained_with": np.array(made),
            "epochs": np.array(epochs, dtype=np.int16),
            "cpu_seconds": np.array(seconds[rows].sum(dtype=np.float64)),
        }
        for part, short in (("validation", "valid"), ("test", "test")):
            for measure, metric in (("accuracy", "acc"), ("f1", "f1")):
                shares = [kept.arrays[f"{name}_{short}_{metric}_ep{epoch}{suffix}"][rows] for epoch in epochs]
                arrays[f"{part}_{measure}"] = (np.array(shares) / 1e4).astype(np.float32)
        known[number] = arrays
    return restore_shards(shard, stacks, folder(name, seed), known, plan=protocol.PROTOCOLS[name].plan(seed))


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is not yet trained: every class on each data set, then the sample of several seeds.

    A data set that is not here is left out, with a line saying so; the one of seglearn is always here.
    """
    deadline = time.monotonic() + seconds if seconds is not None else None
    here = []
    for name in protocol.PROTOCOLS:
        for seed, count in STAGES:  # also of a data set that is not here: the table must not lose it
            restore(name, seed, count)
        try:
            protocol.data(name)
            here.append(name)
        except LucioleError as reason:
            log.warning("HAR-201 leaves out %s: %s", name, reason)
    for (seed, count), name in itertools.product(STAGES, here):
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        run_shards(
            shard,
            tasks(name, seed, count),
            folder(name, seed),
            plan=protocol.PROTOCOLS[name].plan(seed),
            workers=workers,
            scheduler=scheduler,
            seconds=left,
        )
    collect()


def _suffix(seed: int) -> str:
    """What the table adds to the names of a seed's columns."""
    return f"_s{seed}" if seed else ""


def _columns(name: str, seed: int, piece: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """What a shard gives to the table's columns: shares in hundredths of a percent."""
    return {
        f"{name}_{part}_{metric}_ep{epoch}{_suffix(seed)}": np.round(
            piece[f"{source}_{measure}"][number].astype(np.float64) * 1e4
        )
        for part, source in (("valid", "validation"), ("test", "test"))
        for metric, measure in (("acc", "accuracy"), ("f1", "f1"))
        for number, epoch in enumerate(piece["epochs"])
    }


def _untrained(names: Iterable[str]) -> dict[str, NDArray]:
    """What the table holds that needs no training: classes, the class of each cell, its counts on these data sets."""
    classes, cells = nb201.classes(), nb201.all_cells()
    arrays: dict[str, NDArray] = {"classes": classes.astype(np.int16)}
    arrays["position"] = np.searchsorted(classes, nb201.iso()).astype(np.int16)
    for name in names:
        channels, activities, length = protocol.PROTOCOLS[name].shape
        fitting = protocol.skeleton(channels, activities)
        arrays[f"{name}_params"] = counts.parameters(cells, fitting).astype(np.int32)
        arrays[f"{name}_macs"] = counts.macs(cells, fitting, length).astype(np.int32)
    return arrays


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the table's trainings again, those of a data set and seed side by side; None: six.

    What is not trained (classes, parameters, multiply-accumulates) is derived again for all cells. Trainings on a data
    set that is not here are not drawn.
    """
    held, left = result.arrays, {"seconds": "measured"}
    trained, here = [], []
    for dataset, (seed, _) in itertools.product(protocol.PROTOCOLS, STAGES):
        if (seconds := held.get(f"{dataset}_seconds{_suffix(seed)}")) is not None:
            trained += [(dataset, seed, int(cell)) for cell in held["classes"][np.isfinite(seconds)]]
    for dataset in dict.fromkeys(dataset for dataset, _, _ in trained):
        try:
            protocol.data(dataset)
            here.append(dataset)
        except LucioleError as reason:
            left[dataset] = str(reason)
    drawable = [one for one in trained if one[0] in here]
    if not drawable:
        raise Unavailable("none of the data sets that HAR-201 was trained on is here; set LUCIOLE_DATA")
    drawn = [drawable[at] for at in draw(rng, len(drawable), units, TRAININGS)]
    kept: dict[str, list[float]] = {}
    now: dict[str, list[float]] = {}
    for (dataset, seed), group in itertools.groupby(drawn, key=lambda one: one[:2]):
        cells = [cell for _, _, cell in group]
        rows = np.searchsorted(held["classes"], cells)
        for column, values in _columns(dataset, seed, shard((dataset, seed, tuple(cells)))).items():
            title = column.removeprefix(f"{dataset}_").removesuffix(_suffix(seed))
            kept.setdefault(title, []).extend(held[column][rows].astype(float).tolist())
            now.setdefault(title, []).extend(values.tolist())
    last = {f"ep{protocol.PROTOCOLS[dataset].recipe.epochs}" for dataset in here}
    allowed = {title: ALLOWED if title.rsplit("_", 1)[1] in last else EARLY for title in kept}
    columns = {title: Column(kept[title], now[title], absolute=allowed[title], why=ROUNDING) for title in kept}
    sets = [dataset for dataset in protocol.PROTOCOLS if f"{dataset}_params" in held]
    columns |= {title: Column(held[title], values) for title, values in _untrained(sets).items()}
    names = [f"{dataset}, seed {seed}, cell {cell}" for dataset, seed, cell in drawn]
    return Sample(names, len(trained), columns, DECIDING, left)


def collect() -> Path | None:
    """Put all finished shards into the result ``har201/table``, one row a class, and return its path.

    Shares become hundredths of a percent (uint16, 65535 where not trained). Raises LucioleError when there is none.
    """
    classes = nb201.classes()
    arrays: dict[str, NDArray] = {}
    seconds, trained = 0.0, 0
    here = np.array(trained_with(results.versions(), results.machine()))
    made: dict[str, set[str]] = {}
    for name in protocol.PROTOCOLS:
        for seed, _ in STAGES:
            for piece in load_shards(folder(name, seed)).values():
                told = np.atleast_1d(piece.get("trained_with", here))
                made.setdefault(f"{name}, seed {seed}", set()).update(told.tolist())
                rows = np.searchsorted(classes, piece["cells"])
                for column, values in _columns(name, seed, piece).items():
                    held = arrays.setdefault(column, np.full(len(classes), MISSING, dtype=np.uint16))
                    held[rows] = values
                cost = arrays.setdefault(
                    f"{name}_seconds{_suffix(seed)}", np.full(len(classes), np.nan, dtype=np.float32)
                )
                cost[rows] = piece["cpu_seconds"] / len(rows)
                seconds += float(piece["cpu_seconds"])
                trained += len(rows)
    if not trained:
        raise LucioleError("no shard of HAR-201 is finished; run it first: luciole run har201/table")
    planned = sum(count for _, count in STAGES) * len(protocol.PROTOCOLS)
    return results.write(
        NAME,
        arrays | _untrained([name for name in protocol.PROTOCOLS if f"{name}_seconds" in arrays]),
        function=shard,
        parameters={name: one.plan(0) for name, one in protocol.PROTOCOLS.items()}
        | {
            "seeds": {str(seed): count for seed, count in STAGES},
            "trainings": trained,
            "watts": WATTS,
            "device": DEVICE,
            "trained with": {key: sorted(names) for key, names in made.items()},
        },
        modules=DECIDING,
        holds=(trained, planned),
        inputs={
            name: f"{protocol.PROTOCOLS[name].dataset}: prepared file, see luciole.datasets"
            for name in protocol.PROTOCOLS
        },
        seconds=seconds,
        joules=seconds * WATTS,
        energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
    )
