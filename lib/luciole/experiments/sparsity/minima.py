"""Pruned and grown networks looked at: the scores of chapter 4, entropy of units and sharpness, beside test errors.

    luciole run sparsity/minima --seconds 600      # so long; the same again goes on where it stopped

LeNet-300-100 and MNIST as in :mod:`luciole.experiments.sparsity.protocol`, in short trainings. Fixed before any number
was read:

*Scores.* Every method there that trains once, at both sparsities, a quarter of the schedule, one seed. On the trained
network, absent weights at zero, each of :data:`SCORED` on :data:`BATCH` training images. Judged by Kendall's tau with
test accuracy, at each sparsity alone, so that size tells nothing; a score says something where the permutation test
gives p < .05 after Holm's correction over all that are read.

*Minima.* Claims of Tartaglione et al. (ICANN 2020), each with what would confirm it, on gradual pruning less one-shot,
half the schedule, :data:`SEEDS` seeds, paired, both sparsities: less error; more PSP entropy (mean over hidden units on
a path, test images); a sharper minimum (training images). Confirmed where the 95 % interval of Student's t lies wholly
on that side, refuted where wholly on the other. Their networks trained for much longer.
"""

from dataclasses import asdict, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.lenet import ROUNDING, frame, named
from luciole.experiments.sparsity.trials import in_order
from luciole.scores import SCORES
from luciole.scores.engine import deciding
from luciole.sparsity import chain
from luciole.sparsity.minima import psp_entropy, sharpness
from luciole.sparsity.run import Run
from luciole.sparsity.training import accuracy, train

NAME = "sparsity/minima"
SCORED = ("snip", "grasp", "synflow", "logsynflow", "naswot", "grad_norm", "l2_norm", "jacov", "zico")
BATCH, LOOKED = 64, 1_000  # images of the scores, and of the sharpness
QUARTER, HALF = 0.25, 0.5  # of the schedule
SEEDS = (0, 1, 2)
CLAIMED = (protocol.GRADUAL, "magnitude, one-shot")
MODULES = (*protocol.MODULES, "luciole.sparsity.minima", *deciding(SCORED), __name__)


def trainings() -> tuple[protocol.Training, ...]:
    """All trainings: those of the claims first, then one of each method."""
    claims = [
        protocol.Training(name, sparsity, HALF, seed)
        for seed in SEEDS
        for sparsity in protocol.SPARSITIES
        for name in CLAIMED
    ]
    once = [name for name in protocol.METHODS if name not in (protocol.DENSE, *protocol.PARTS)]
    return (*claims, *(protocol.Training(name, one, QUARTER, 0) for one in protocol.SPARSITIES for name in once))


@cache
def _images() -> tuple[dict[str, tuple[Tensor, Tensor]], str]:
    return protocol.images()


def shard(one: protocol.Training) -> dict[str, NDArray]:
    """Train once and look."""
    torch.set_num_threads(1)
    parts, _ = _images()
    settings = replace(protocol.SETTINGS, epochs=protocol.SETTINGS.epochs * one.length)
    run = Run(protocol.network(one.seed), *parts["train"], settings, one.seed)
    train(run, protocol.METHODS[one.method](one.sparsity))
    alive = chain.alive(run.network, run.masks)
    entropies = psp_entropy(run.network, *parts["test"])
    row = {
        **asdict(one),
        "test_error": 100 * (1 - accuracy(run.network, *parts["test"])),
        "entropy": float(torch.cat([bits[alive[name].outputs] for name, bits in entropies.items()]).mean()),
        "sharpness": sharpness(run.network, *run.sample("look", LOOKED), run.masks),
        "kept": run.masks.kept,
        "seconds": run.account.seconds,
        **{name: _score(run, name) for name in SCORED if one.length == QUARTER},
    }
    return {name: np.array([value]) for name, value in row.items()}


def _score(run: Run, name: str) -> float:
    """A score of the trained network, NaN where it is not defined."""
    try:
        return SCORES[name](run.network, *run.sample("score", BATCH))
    except LucioleError:
        return float("nan")


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the networks again; None: one, some five seconds."""
    every = trainings()
    drawn = draw(rng, len(result.frame), units, 1)
    try:
        again = frame({at: shard(every[at]) for at in drawn})
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    kept = result.frame.iloc[list(drawn)]
    compared = {
        "test_error": Column(kept["test_error"], again["test_error"], 0.0, 0.7, ROUNDING),
        "entropy": Column(kept["entropy"], again["entropy"], 0.1, 0.0, ROUNDING),
        "kept": Column(kept["kept"], again["kept"], 0.02, 0.0, ROUNDING),
    }
    left = {"seconds": "measured", "sharpness, scores": "follow from the weights, which rounding moves"}
    return Sample([named(every[at]) for at in drawn], len(result.frame), compared, MODULES, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the trainings that are left, and write what is finished of them, in their order, as :data:`NAME`."""
    every, (_, source) = trainings(), _images()
    plan = {
        "settings": asdict(protocol.SETTINGS),
        "code": {module: results.fingerprint(module) for module in MODULES},
    }
    in_order(NAME, shard, every, plan, MODULES, {"mnist": source}, workers, scheduler, seconds)
