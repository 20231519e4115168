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

**Added after the nineteenth training, ours, had diverged, and before any error was read.** Why it did: a weight of a
convolution multiplies at each sample, one of the dense layer once; per MAC, (1) leaves the feature maps a weight or
two, their normalisation divides by a deviation of nearly nothing, and the gradient of what joins there throws it to
10^7. A diverged training stays in the comparison, as such. :data:`VARIANTS` of ours are shown beside it and are no
part of the target: with the gradient's norm held to 1, and so with every connection priced the same.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import results
from luciole.attestation import Sample
from luciole.datasets import splits
from luciole.experiments.har import protocol as har
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.trials import Parts, Trial
from luciole.sparsity.joint import Joint
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import Method

NAME, DATA = "sparsity/sensors", "uci_har"
DESIGN = (4, 3, 1, 1, 2, 2, 0, 2, 1, 2, 2, 1, 1, 1, 0, 2)
SETTINGS = Settings(epochs=8, batch=250, rate=0.1, decay=1e-4)
SEEDS = (0, 1, 2)
COMPARED = (protocol.GRADUAL, "magnitude, one-shot", "SNIP", "GraSP", protocol.RIGL, "SET")
CLIPPED, ALIKE = "ours, gradient's norm held to 1", "ours, and every connection priced the same"
VARIANTS = ((CLIPPED, 1.0), (CLIPPED, 0.5), (ALIKE, 0.5))  # and their lengths
MODULES = (*protocol.MODULES, "luciole.networks.har1d", "luciole.experiments.har.protocol", __name__)


@dataclass(frozen=True)
class Clipped(Joint):
    """Ours with the norm of the gradient held to 1, and perhaps with one price for every connection."""

    per_mac: bool = True

    def graded(self, run: Run) -> None:
        run.mask_gradients()  # the norm is of what moves
        nn.utils.clip_grad_norm_(run.trained.parameters(), 1.0)

    def worth(self, run: Run) -> dict[str, Tensor]:
        found = super().worth(run)
        return found if self.per_mac else {name: value * run.per_weight[name] for name, value in found.items()}


def trainings() -> tuple[protocol.Training, ...]:
    """All trainings, seed by seed, so that a part of them is balanced; the variants last."""
    found = []
    for seed in SEEDS:
        found.append(protocol.Training(protocol.DENSE, 0.0, 1.0, seed))
        for sparsity in protocol.SPARSITIES:
            found += [protocol.Training(protocol.OURS, sparsity, length, seed) for length in (1.0, 0.5)]
            found += [protocol.Training(name, sparsity, 1.0, seed) for name in COMPARED]
    for seed in SEEDS:
        for sparsity in protocol.SPARSITIES:
            found += [protocol.Training(name, sparsity, length, seed) for name, length in VARIANTS]
    return tuple(found)


def method(one: protocol.Training) -> Method:
    """What a training does: the method of LeNet's comparison, ours with smaller samples."""
    ours = Joint(one.sparsity, events=20, sample=512, parts=4)
    if one.method == protocol.OURS:
        return ours
    if one.method in (CLIPPED, ALIKE):
        return Clipped(one.sparsity, events=20, sample=512, parts=4, per_mac=one.method == CLIPPED)
    return protocol.METHODS[one.method](one.sparsity)


def network(seed: int) -> nn.Module:
    """The design, its weights drawn."""
    return har.build("", DESIGN, har.data(DATA)[0], seed)


@cache
def windows() -> tuple[Parts, str]:
    """Normalised windows (n, channels, time) and labels of each part's people; LucioleError where they are not here."""
    dataset, split = har.data(DATA)
    held = splits.parts(dataset, split)
    parts = (("train", held.train), ("validation", held.validation), ("test", held.test))
    return {part: (torch.from_numpy(X), torch.from_numpy(y)) for part, (X, y) in parts}, dataset.source


TRIAL = Trial(NAME, DATA, windows, network, method, SETTINGS, trainings(), MODULES)


def shard(one: protocol.Training) -> dict[str, NDArray]:
    """Train once and give a row."""
    return TRIAL.shard(one)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train some of the trainings again, as :meth:`luciole.experiments.sparsity.trials.Trial.rederive` does."""
    return TRIAL.rederive(result, rng, units)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the trainings that are left, and write what is finished of them, in their order, as :data:`NAME`."""
    TRIAL.run(shard, workers, scheduler, seconds)
