"""Pruning and growing a sensor network that was designed small: masks on the design of UCI HAR under 53,000 MACs.

    luciole run sparsity/sensors --seconds 600      # so long; the same again goes on where it stopped

**Network and data.** :data:`DESIGN`, which chapter 7's search found and ``har/models`` holds; nine tenths of its
weights are in one dense layer, on statistics of its feature maps. UCI HAR, people parted as everywhere in this book;
windows normalised by the training people's. Weights at the start, order and draws follow from the seed: methods are
paired.

**Methods.** Of each family the best two of ``sparsity/lenet`` that work on any network: magnitude (gradual and
one-shot), before training (SNIP, GraSP), exchange at constant size (RigL, SET); ours, whole and at half the schedule;
dense. Ours reads smaller samples at fewer events than there, because an epoch is a tenth as long. Noise and gates
stay out, being written for chains of dense layers, which this network is not, and sensitivity, which was not tried. One
recipe for all, :data:`SETTINGS`; nothing was tuned on these data.

**Judging.** As in :mod:`luciole.experiments.sparsity.protocol`, fixed before the first training ran: error on the
windows of the test people in per cent, read once; ours at half the schedule shall have at most .5 points more than the
best pruning with the full one (upper end of the interval), for at most half of its seconds.
"""

from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.datasets import splits
from luciole.errors import LucioleError
from luciole.experiments.har import protocol as har
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.lenet import ROUNDING, frame, named
from luciole.shards import load_shards, run_shards
from luciole.sparsity.joint import Joint
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import Method, accuracy, train

NAME, DATA = "sparsity/sensors", "uci_har"
DESIGN = (4, 3, 1, 1, 2, 2, 0, 2, 1, 2, 2, 1, 1, 1, 0, 2)
SETTINGS = Settings(epochs=8, batch=250, rate=0.1, decay=1e-4)
SEEDS = (0, 1, 2)
COMPARED = (protocol.GRADUAL, "magnitude, one-shot", "SNIP", "GraSP", protocol.RIGL, "SET")
MODULES = (*protocol.MODULES, "luciole.networks.har1d", "luciole.experiments.har.protocol")


def trainings() -> list[protocol.Training]:
    """All trainings, seed by seed, so that a part of them is balanced."""
    found = []
    for seed in SEEDS:
        found.append(protocol.Training(protocol.DENSE, 0.0, 1.0, seed))
        for sparsity in protocol.SPARSITIES:
            found += [protocol.Training(protocol.OURS, sparsity, length, seed) for length in (1.0, 0.5)]
            found += [protocol.Training(name, sparsity, 1.0, seed) for name in COMPARED]
    return found


def method(one: protocol.Training) -> Method:
    """What a training does: the method of LeNet's comparison, ours with smaller samples."""
    if one.method == protocol.OURS:
        return Joint(one.sparsity, events=20, sample=512, parts=4)
    return protocol.METHODS[one.method](one.sparsity)


def network(seed: int) -> nn.Module:
    """The design, its weights drawn."""
    return har.build("", DESIGN, har.data(DATA)[0], seed)


@cache
def windows() -> dict[str, tuple[Tensor, Tensor]]:
    """Normalised windows (n, channels, time) and labels of each part's people; LucioleError where they are not here."""
    dataset, split = har.data(DATA)
    held = splits.parts(dataset, split)
    return {
        part: (torch.from_numpy(X), torch.from_numpy(y))
        for part, (X, y) in (("train", held.train), ("validation", held.validation), ("test", held.test))
    }


def shard(one: protocol.Training) -> dict[str, NDArray]:
    """Train once and give a row."""
    torch.set_num_threads(1)
    parts = windows()
    settings = replace(SETTINGS, epochs=SETTINGS.epochs * one.length)
    run = Run(network(one.seed), *parts["train"], settings, one.seed)
    account = train(run, method(one))
    row = {
        **asdict(one),
        "test_error": 100 * (1 - accuracy(run.network, *parts["test"])),
        "validation_error": 100 * (1 - accuracy(run.network, *parts["validation"])),
        "kept": run.masks.kept,
        "weights": run.masks.total,
        **asdict(account),
    }
    return {name: np.array([value]) for name, value in row.items()}


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the trainings again; None: one, some ten seconds."""
    held = {named(one): (one, at) for at, one in enumerate(trainings()) if at < len(result.frame)}
    drawn = [list(held)[at] for at in draw(rng, len(held), units, 1)]
    try:
        again = frame({at: shard(held[name][0]) for at, name in enumerate(drawn)})
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    kept = result.frame.iloc[[held[name][1] for name in drawn]]
    compared = {
        "test_error": Column(kept["test_error"], again["test_error"], 0.0, 1.0, ROUNDING),
        "kept": Column(kept["kept"], again["kept"], 0.0, 0.0),
        "total": Column(kept["total"], again["total"], 0.05, 0.0, ROUNDING),
    }
    left = {"seconds": "measured", "macs, executed, peak": "follow from the masks"}
    return Sample(drawn, len(held), compared, (__name__, *MODULES), left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the trainings that are left, and write what is finished of them, in their order, as :data:`NAME`."""
    every = trainings()
    windows()
    plan = {
        "settings": asdict(SETTINGS),
        "design": list(DESIGN),
        "code": {module: results.fingerprint(module) for module in (__name__, *MODULES)},
    }
    folder = files.cache() / NAME
    run_shards(shard, every, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    whole = {at: shards[at] for at in range(len(shards)) if at in shards}  # up to the first gap
    if not whole:
        return
    rows: pd.DataFrame = frame(whole)
    spent = float(rows["seconds"].sum())
    results.write(
        NAME,
        rows,
        function=shard,
        holds=(len(whole), len(every)),
        parameters=plan,
        modules=(__name__, *MODULES),
        inputs={DATA: har.data(DATA)[0].source},
        **estimated(spent),
    )
