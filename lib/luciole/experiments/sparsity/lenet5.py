"""Pruning and growing LeNet-5 on MNIST: four methods and ours, small.

    luciole run sparsity/lenet5 --seconds 600      # so long; the same again goes on where it stopped

**Network and data.** LeNet-5 as pruning's literature has it (20 and 50 maps of 5 by 5, 500 units), with ReLU behind
each layer. The first :data:`IMAGES` training images train, validation and test images are those of ``sparsity/lenet``.

**Methods.** One of each family, the best there that trains once: magnitude, gradual (while training) and one-shot
(after it), SNIP (before it), RigL (exchange); ours, whole and at half the schedule; dense. Gradual pruning at half its
schedule too, so that it is judged by its own front. Recipe as there, at half the rate and smaller batches. Ours reads
smaller samples at fewer events, for a share of the training as there. Nothing was tuned on this network.

**What was cut**, by the price: steps of a dense training were timed before, and what 39 of these take was to be at most
25 minutes of a core, then, the machine being shared, five. Hence an eleventh of the images and two epochs, three seeds,
and no lottery ticket (seven trainings): errors are those of short trainings, and say who gets far in few steps.

**Judging.** As in :mod:`luciole.experiments.sparsity.protocol`, fixed before the first training ran: ours at half the
schedule shall have at most .5 points more error on the test images than the best pruning with the full one (upper end
of the paired interval), for at most half of its seconds.
"""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import results
from luciole.attestation import Sample
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.trials import Parts, Trial
from luciole.networks.initial import initialise
from luciole.sparsity.joint import Joint
from luciole.sparsity.run import Settings
from luciole.sparsity.training import Method

NAME, DATA = "sparsity/lenet5", "mnist"
IMAGES = 5_000
SETTINGS = Settings(epochs=2, batch=50, rate=0.1, decay=1e-4)
SEEDS = (0, 1, 2)
COMPARED = (protocol.GRADUAL, "magnitude, one-shot", "SNIP", protocol.RIGL)
MODULES = (*protocol.MODULES, __name__)


def trainings() -> tuple[protocol.Training, ...]:
    """All trainings, seed by seed, so that a part of them is balanced."""
    found = []
    for seed in SEEDS:
        found.append(protocol.Training(protocol.DENSE, 0.0, 1.0, seed))
        for sparsity in protocol.SPARSITIES:
            found += [protocol.Training(name, sparsity, 1.0, seed) for name in (protocol.OURS, *COMPARED)]
            found += [protocol.Training(name, sparsity, 0.5, seed) for name in (protocol.OURS, protocol.GRADUAL)]
    return tuple(found)


def method(one: protocol.Training) -> Method:
    """What a training does: the method of LeNet-300-100's comparison, ours with smaller samples."""
    if one.method == protocol.OURS:
        return Joint(one.sparsity, events=10, sample=100, parts=4)
    return protocol.METHODS[one.method](one.sparsity)


def network(seed: int) -> nn.Module:
    """LeNet-5, its weights drawn."""
    first = (nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2))
    second = (nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    whole = nn.Sequential(*first, *second, nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10))
    return initialise(whole, torch.Generator().manual_seed(seed))


@cache
def images() -> tuple[Parts, str]:
    """Images (n, 1, 28, 28) and labels of each part, and where they came from; LucioleError where MNIST is not here."""
    parts, source = protocol.images()
    shaped = {part: (x.view(-1, 1, 28, 28), y) for part, (x, y) in parts.items()}
    x, y = shaped["train"]
    return shaped | {"train": (x[:IMAGES], y[:IMAGES])}, source


TRIAL = Trial(NAME, DATA, images, network, method, SETTINGS, trainings(), MODULES)


def shard(one: protocol.Training) -> dict[str, NDArray]:
    """Train once and give a row."""
    return TRIAL.shard(one)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train some of the trainings again, as :meth:`luciole.experiments.sparsity.trials.Trial.rederive` does."""
    return TRIAL.rederive(result, rng, units)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the trainings that are left, and write what is finished of them, in their order, as :data:`NAME`."""
    TRIAL.run(shard, workers, scheduler, seconds)
