"""HAR-201: every isomorphism class of NAS-Bench-201 cells, in one dimension, trained on sensor data.

Why: there is no tabular benchmark for architecture search on inertial sensors. Here is one that a laptop can make
again: the 6,466 classes of the 15,625 cells, trained from scratch to recognise activities of people never seen.

    luciole run har201 --workers 2              # goes on where it stopped

Protocol, and why it is so (``luciole.experiments.har201_pilot`` is the measurement behind it):

1. *Skeleton*: 1x1 stem, three stages of one cell, 8 channels doubling, averaging and a 1x1 between them, global
   average, classifier. With a convolution of size 3 in the stem or the reductions, the skeleton recognises the
   activities by itself and the cells cannot be told apart.
2. *Data*: WISDM 2019 watch (18 classes) first, for it is the harder; then UCI HAR. Three parts without a common
   subject; on UCI HAR the published test subjects. Validation and test windows are evenly spaced in each recording.
   Normalised by the training part. Rates are lowered by averaging neighbours (WISDM 20 to 10 Hz, UCI HAR 50 to
   12.5 Hz): half the cost a training, and the cells differ more, not less, in the pilot.
3. *Training*: AdamW, one-cycle schedule, batches of 32 windows drawn without repetition within an epoch; the number
   of epochs is the least at which the spread between cells is at least twice the spread between seeds.
4. *Seeds*: a network's weights come from its own generator (seed, index of the cell); the order of the batches from
   the seed alone, the same for all cells. One seed for all classes, three for the first ones of the order.
5. *Order*: the classes are trained in one random order, so that a table of the first n is an unbiased sample.

Costs: seconds are the processor time of a stack of 32 networks divided by 32, one thread; joules are an estimate,
these seconds times a stated power.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files
from luciole.datasets import splits, uci_har, wisdm
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import coarsen
from luciole.experiments.shards import run_shards
from luciole.networks import Skeleton
from luciole.networks.stack import Stack
from luciole.spaces import nb201
from luciole.training import Record, Recipe, train

STACK = 32  # networks trained as one
ORDER_SEED = 201  # of the order of the classes
SPLIT_SEED = 0  # of who is in which part
STAGES = (  # (seed, first and last place in the order): the noise first, then every class, then more seeds
    (1, 0, 128),
    (2, 0, 128),
    (0, 0, 6466),
    (1, 128, 640),
    (2, 128, 640),
)


@dataclass(frozen=True)
class Protocol:
    """How HAR-201 trains on one data set."""

    dataset: str
    load: Callable[[], Dataset] = field(repr=False)
    factor: int  # neighbours averaged: the rate is divided by this
    spaced: int  # evaluation windows of a recording, evenly spaced
    recipe: Recipe

    def plan(self, seed: int) -> dict[str, object]:
        """All that decides the numbers, for the record."""
        return {
            "dataset": self.dataset,
            "factor": self.factor,
            "spaced": self.spaced,
            "recipe": asdict(self.recipe) | {"evaluate": list(self.recipe.evaluate)},
            "seed": seed,
            "stack": STACK,
            "order_seed": ORDER_SEED,
            "split_seed": SPLIT_SEED,
        }


PROTOCOLS = {
    "wisdm": Protocol(
        "wisdm",
        wisdm.load,
        factor=3,
        spaced=12,
        recipe=Recipe(epochs=4, windows=4096, batch=32, rate=1e-2, evaluate=(2,)),
    ),
}


def evenly(dataset: Dataset, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Keep at most ``count`` windows of each recording among ``rows``, evenly spaced."""
    assert dataset.recording is not None
    kept = []
    for recording in np.unique(dataset.recording[rows]):
        inside = rows[dataset.recording[rows] == recording]
        kept.append(inside[np.linspace(0, len(inside) - 1, min(count, len(inside))).astype(int)])
    return np.sort(np.concatenate(kept))


@cache
def data(name: str) -> tuple[splits.Parts, Skeleton]:
    """Return the parts of a data set under its protocol, and the skeleton that fits it."""
    protocol = PROTOCOLS[name]
    dataset = protocol.load()
    split = splits.by_subject(dataset, seed=SPLIT_SEED)
    split = splits.Split(
        split.train,
        evenly(dataset, split.validation, protocol.spaced),
        evenly(dataset, split.test, protocol.spaced),
    )
    raw = splits.parts(dataset, split)
    coarse = splits.Parts(
        *((coarsen(X, protocol.factor), y) for X, y in (raw.train, raw.validation, raw.test)), raw.normalisation
    )
    return coarse, skeleton(dataset.channels, dataset.classes)


def skeleton(inputs: int, classes: int) -> Skeleton:
    """The skeleton of HAR-201 for data of so many channels and classes."""
    return Skeleton(inputs=inputs, classes=classes, width=8, cells=1, stages=3, dims=1, stem="conv1", reduction="pool")


def order() -> NDArray[np.int64]:
    """The 6,466 class representatives (official indices) in the order in which they are trained."""
    return np.random.default_rng(ORDER_SEED).permutation(nb201.classes())


def weights(seed: int, cell: int) -> torch.Generator:
    """The generator of the initial weights of one cell's network."""
    state = np.random.SeedSequence([seed, cell]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def retrain(name: str, cells: NDArray[np.int64], seed: int) -> Record:
    """Train these cells (official indices) side by side on a data set, as the benchmark did."""
    parts, fitting = data(name)
    stack = Stack(nb201.all_cells()[cells], fitting, [weights(seed, int(cell)) for cell in cells])
    return train(stack, parts, PROTOCOLS[name].recipe, torch.Generator().manual_seed(seed))


def shard(task: tuple[str, int, tuple[int, ...]]) -> dict[str, NDArray]:
    """Train one stack: accuracies and macro-F1 as shares, (epochs, networks); seconds of the whole stack."""
    name, seed, cells = task
    data(name)  # read before the clock starts
    started, worked = time.perf_counter(), time.process_time()
    record = retrain(name, np.array(cells), seed)
    arrays = {
        "cells": np.array(cells, dtype=np.int32),
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


def folder(name: str, seed: int, first: int) -> Path:
    """Where the shards of one data set and stage are kept."""
    return files.cache() / "har201" / f"{name}-seed{seed}-from{first}"


def tasks(name: str, seed: int, first: int, last: int) -> list[tuple[str, int, tuple[int, ...]]]:
    """The stacks of the classes at places ``first`` to ``last`` of the order."""
    chosen = order()[first:last]
    return [(name, seed, tuple(int(c) for c in chosen[at : at + STACK])) for at in range(0, len(chosen), STACK)]


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is not yet trained, data set by data set: the sample of several seeds, then every class."""
    deadline = time.monotonic() + seconds if seconds is not None else None
    for name, protocol in PROTOCOLS.items():
        for seed, first, last in STAGES:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            run_shards(
                shard,
                tasks(name, seed, first, last),
                folder(name, seed, first),
                plan=protocol.plan(seed),
                workers=workers,
                scheduler=scheduler,
                seconds=left,
            )
