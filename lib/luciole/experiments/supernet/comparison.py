"""Every method of differentiable search where the truth is known: cells, taus and what tells of the limits.

    luciole run supernet/comparison --seconds 1200      # so long; the same again goes on where it stopped

What is compared and how it is judged stands in :mod:`luciole.experiments.supernet.protocol`. A shard is one kind of
search, its seeds side by side. Costs: processor seconds of the searches alone (what is looked at for this study is not
counted, what a method does to name its last cell is), and an estimate of joules from them.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import kendalltau
from torch.nn import functional

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.har201.table import WATTS
from luciole.experiments.supernet import protocol
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201
from luciole.supernet import METHODS, Budget, Method, Run, accuracy, search
from luciole.supernet.curvature import dominant
from luciole.supernet.network import Seen, gate_gradients

NAME = "supernet/comparison"
AGAIN = 1  # searches derived again at a time, one kind with its seeds
ROUNDING = "another processor rounds sums otherwise, which training amplifies"


class Looking:
    """What is recorded beside the architecture, every :data:`protocol.EVERY` epochs and at the end; NaN in between."""

    def __init__(self, truth: protocol.Truth, offered: int = len(nb201.OPS)) -> None:
        x, y = truth.task().validation
        at = torch.from_numpy(np.random.default_rng(0).permutation(len(x))[: protocol.WINDOWS])
        self.x, self.y = x[at], y[at]
        self.cells = protocol.sample()
        self.every = truth.accuracy()
        self.offered = offered

    def __call__(self, run: Run, method: Method) -> Mapping[str, Any]:
        count = run.count
        ended = run.share >= 1 or method.done(run)
        if run.epoch % protocol.EVERY and not ended:
            return {
                **dict.fromkeys(("tau", "mixture", "loss", "named", "eigenvalue"), np.full(count, np.nan)),
                "shared": np.full((count, len(self.cells)), np.nan),
                **dict.fromkeys(("gradients", "without"), np.full((count, 6, self.offered), np.nan)),
            }
        states = [generator.get_state() for generator in run.generators]
        with torch.no_grad():
            mixture = method.mixture(run)
        for generator, state in zip(run.generators, states, strict=True):  # to look must not change the search
            generator.set_state(state)
        batch = self.x.expand(count, *self.x.shape), self.y.expand(count, -1)
        shared = self._shared(run) if run.epoch else np.full((count, len(self.cells)), np.nan)
        with torch.no_grad():
            logits = run.net(self.x, **mixture)
        each = functional.cross_entropy(logits.flatten(0, 1), self.y.repeat(count), reduction="none").view(count, -1)
        return {
            "tau": self._taus(shared),
            "shared": shared,
            "mixture": (logits.argmax(dim=-1) == self.y).double().mean(dim=1),
            "loss": each.mean(dim=1),
            "named": accuracy.of_cells(run.net, method.cells(run).numpy(), list(range(count)), self.x, self.y),
            "gradients": self._gradients(run, batch, mixture),
            "without": self._without(run, mixture),
            "eigenvalue": dominant(lambda alpha: run.loss(batch, coefficients=torch.softmax(alpha, dim=-1)), run.alpha),
        }

    def _taus(self, shared: NDArray[np.float64]) -> NDArray[np.float64]:
        """Kendall's tau of accuracies (K, cells) with the truth, over the cells that the table has trained: (K,)."""
        truth = self.every[self.cells]
        known = np.isfinite(truth)
        return np.array([kendalltau(own[known], truth[known]).statistic for own in shared])

    def _shared(self, run: Run) -> NDArray[np.float64]:
        """Accuracy of the followed cells with each supernet's weights, (K, cells)."""
        rows = nb201.all_cells()[self.cells]
        found = [accuracy.of_cells(run.net, rows, [at] * len(rows), self.x, self.y) for at in range(run.count)]
        return torch.stack(found).numpy()

    def _gradients(self, run: Run, batch: tuple[torch.Tensor, torch.Tensor], mixture: Mapping[str, Any]) -> Any:
        """Absolute gradient of the validation loss by the gate of each operation, (K, 6, ops)."""
        watch: list[Seen] = []
        loss = run.loss(batch, **mixture, watch=watch).sum()
        every = torch.ones_like(run.alpha, dtype=torch.bool)
        return gate_gradients(run.net, loss, watch, every).abs()

    def _without(self, run: Run, mixture: Mapping[str, Any]) -> Any:
        """Accuracy of the mixture with one operation of one edge taken out, (K, 6, ops)."""
        found = torch.zeros(run.count, 6, self.offered, dtype=torch.float64)
        for edge in range(6):
            for op in range(self.offered):
                coefficients = mixture["coefficients"].clone()
                coefficients[:, edge, op] = 0
                given = {**mixture, "coefficients": coefficients}
                found[:, edge, op] = accuracy.of_mixture(run.net, given, self.x, self.y)
        return found


def shard(kind: protocol.Search) -> dict[str, NDArray]:
    """Search once for each seed, side by side, and record; arrays as of a trace, and what was looked at."""
    truth = protocol.TRUTHS[kind.truth]
    task, looking = truth.task(), Looking(truth)  # read before the clock starts
    settings = replace(protocol.SETTINGS, rate=kind.rate, weight_decay=kind.decay)
    started = time.process_time()
    trace = search(
        METHODS[kind.method],
        task,
        truth.skeleton,
        Budget(steps=protocol.EPOCHS * settings.steps(len(task.train[0]))),
        list(range(kind.seeds)),
        settings,
        watts=WATTS,
        look=looking,
    )
    return {
        "alpha": trace.alpha,
        "cells": trace.cells,
        "training_loss": trace.loss.astype(np.float32),
        "spent": trace.spent,
        "choosing": trace.choosing,
        "whole": np.array(time.process_time() - started),
        **{name: values.astype(np.float32) for name, values in trace.looked.items()},
    }


def named(kind: protocol.Search) -> str:
    """How a kind of search is called in the result.

    >>> named(protocol.Search("har201/wisdm", "GDAS", 3))
    'har201/wisdm, GDAS, rate 0.025, decay 0.0003'
    """
    return f"{kind.truth}, {kind.method}, rate {kind.rate:g}, decay {kind.decay:g}"


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Search again with ``units`` kinds of search; None: one, some minutes."""
    held = result.arrays
    kinds = [kind for kind in protocol.searches() if f"{named(kind)}: cells" in held]
    drawn = [kinds[at] for at in draw(rng, len(kinds), units, AGAIN)]
    compared: dict[str, Column] = {}
    for kind in drawn:
        try:
            now = shard(kind)
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        compared[f"{named(kind)}: cells"] = Column(held[f"{named(kind)}: cells"], now["cells"])
        compared[f"{named(kind)}: alpha"] = Column(held[f"{named(kind)}: alpha"], now["alpha"], 0.0, 0.05, ROUNDING)
    left = {"spent, choosing, whole": "measured", "what was looked at": "follows from the architectures and weights"}
    return Sample([named(kind) for kind in drawn], len(kinds), compared, (__name__, *protocol.MODULES), left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the searches that are left, and write what is finished as the result ``supernet/comparison``."""
    kinds = protocol.searches()
    plan = {
        "epochs": protocol.EPOCHS,
        "settings": asdict(protocol.SETTINGS),
        "every": protocol.EVERY,
        "windows": protocol.WINDOWS,
        "code": {module: results.fingerprint(module) for module in (__name__, *protocol.MODULES)},
    }
    folder = files.cache() / NAME
    run_shards(shard, kinds, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    if not shards:
        return
    spent = float(sum(piece["whole"] for piece in shards.values()))
    results.write(
        NAME,
        {f"{named(kinds[at])}: {name}": values for at, piece in shards.items() for name, values in piece.items()},
        function=shard,
        parameters=plan,
        modules=(__name__, *protocol.MODULES),
        inputs={name: truth.source() for name, truth in protocol.TRUTHS.items() if name in {k.truth for k in kinds}},
        holds=(len(shards), len(kinds)),
        seconds=spent,
        joules=spent * WATTS,
        energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
    )
