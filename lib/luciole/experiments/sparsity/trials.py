"""A comparison of trainings under masks on one network: run in pieces, written as a result, and derived again.

What is compared stands in the modules that make a :class:`Trial`; how it is judged, in
:mod:`luciole.experiments.sparsity.protocol`. A training that diverges is no reason to stop, nor to leave it out: its
row says so, and its errors are those of the network that is left.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.errors import LucioleError
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.lenet import ROUNDING, frame, named
from luciole.shards import load_shards, run_shards
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import Method, accuracy, train

Parts = dict[str, tuple[Tensor, Tensor]]
Shard = Callable[[Any], dict[str, NDArray]]
WILD = 1e3  # a weight's modulus that only a training has which diverged


@dataclass(frozen=True)
class Trial:
    """One network, its data, and the trainings that are compared on it."""

    name: str  # of the result
    dataset: str
    parts: Callable[[], tuple[Parts, str]]  # examples and labels of "train", "validation", "test", and their source
    network: Callable[[int], nn.Module]  # of a seed
    method: Callable[[protocol.Training], Method]
    settings: Settings  # of a training of length 1
    trainings: tuple[protocol.Training, ...]
    modules: tuple[str, ...]  # that decide its numbers

    def train(self, one: protocol.Training) -> tuple[Run, bool]:
        """Train once; also whether it diverged."""
        torch.set_num_threads(1)
        settings = replace(self.settings, epochs=self.settings.epochs * one.length)
        run = Run(self.network(one.seed), *self.parts()[0]["train"], settings, one.seed)
        started = time.process_time()
        try:
            train(run, self.method(one))
        except LucioleError:
            run.finish()
            run.account.seconds = time.process_time() - started
            if all(bool((weight.abs() < WILD).all()) for weight in run.network.parameters()):  # not a number: neither
                raise
            return run, True
        return run, False

    def shard(self, one: protocol.Training) -> dict[str, NDArray]:
        """Train once and give a row."""
        run, diverged = self.train(one)
        parts, _ = self.parts()
        row = {
            **asdict(one),
            "test_error": 100 * (1 - accuracy(run.network, *parts["test"])),
            "validation_error": 100 * (1 - accuracy(run.network, *parts["validation"])),
            "diverged": diverged,
            "kept": run.masks.kept,
            "weights": run.masks.total,
            **asdict(run.account),
        }
        return {name: np.array([value]) for name, value in row.items()}

    def rederive(self, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
        """Train ``units`` of the trainings again; None: one, some ten seconds."""
        held = {named(one): (one, at) for at, one in enumerate(self.trainings) if at < len(result.frame)}
        drawn = [list(held)[at] for at in draw(rng, len(held), units, 1)]
        try:
            again = frame({at: self.shard(held[name][0]) for at, name in enumerate(drawn)})
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        kept = result.frame.iloc[[held[name][1] for name in drawn]]
        compared = {
            "test_error": Column(kept["test_error"], again["test_error"], 0.0, 1.0, ROUNDING),
            "diverged": Column(kept["diverged"].astype(int), again["diverged"].astype(int), 0.0, 0.0),
            "kept": Column(kept["kept"], again["kept"], 0.02, 0.0, ROUNDING),
            "total": Column(kept["total"], again["total"], 0.05, 0.0, ROUNDING),
        }
        left = {"seconds": "measured", "macs, executed, peak": "follow from the masks"}
        return Sample(drawn, len(held), compared, (__name__, *self.modules), left)

    @property
    def plan(self) -> dict:
        """All that decides the numbers."""
        modules = (__name__, *self.modules)
        return {
            "settings": asdict(self.settings),
            "code": {module: results.fingerprint(module) for module in modules},
        }

    def run(self, shard: Shard, workers: int, scheduler: str | None, seconds: float | None) -> None:
        """Run by ``shard`` the trainings that are left, and write what is finished of them, in their order."""
        plan, modules, inputs = self.plan, (__name__, *self.modules), {self.dataset: self.parts()[1]}
        in_order(self.name, shard, self.trainings, plan, modules, inputs, workers, scheduler, seconds)


def in_order(
    name: str,
    shard: Shard,
    every: Sequence[Any],
    plan: dict,
    modules: tuple[str, ...],
    inputs: dict[str, str],
    workers: int,
    scheduler: str | None,
    seconds: float | None,
) -> None:
    """Run what is left of ``every``, and write the rows of those finished, up to the first gap, as result ``name``."""
    folder = files.cache() / name
    run_shards(shard, every, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    whole = {at: shards[at] for at in range(len(shards)) if at in shards}
    if not whole:
        return
    rows: pd.DataFrame = frame(whole)
    results.write(
        name,
        rows,
        function=shard,
        holds=(len(whole), len(every)),
        parameters=plan,
        modules=modules,
        inputs=inputs,
        **estimated(float(rows["seconds"].sum())),
    )
