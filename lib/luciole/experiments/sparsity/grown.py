"""Ways of growing units, and growing then pruning, beside one dynamics: small, on scikit-learn's digits.

    luciole run sparsity/grown          # two minutes; the same again goes on where it stopped

1,200 images train, the others test; one hidden layer, :data:`SETTINGS`, :data:`SEEDS` seeds, paired. Fixed before any
number was read:

*Ways of growing.* From :data:`FEWEST` to :data:`MOST` hidden units, :data:`ADDED` at a time, evenly over the first half
of the steps, each by every way of :data:`WAYS`; beside them the small and the large network trained from the start. A
way is worth something where its error is below that of new units drawn at random (outgoing weights 0), 95 % interval of
the paired difference. The optimiser forgets at each growth.

*At the same size.* :data:`WIDE` hidden units at :data:`SPARSITY`: dense and pruned gradually, RigL, neural plasticity,
ours; a dense network of as many weights, grown by GradMax; a pipeline that grows by GradMax to half the units in the
first half of the steps and prunes gradually in the second. Each is trained twice: for as many steps as the others, and
for as many multiplications with present weights as ours took (its steps scaled, at most four times), which is the
comparison at equal joules as far as multiplications are energy.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from luciole import datasets, results
from luciole.attestation import Column, Sample, draw
from luciole.experiments.sparsity.lenet import ROUNDING, frame
from luciole.experiments.sparsity.trials import in_order
from luciole.networks.initial import initialise
from luciole.sparsity import firefly_descent, gradmax, net2net, splitting
from luciole.sparsity.exchange import Exchange
from luciole.sparsity.gates import Plastic
from luciole.sparsity.joint import Joint
from luciole.sparsity.magnitude import Gradual
from luciole.sparsity.masks import prunable
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import Method, accuracy, train
from luciole.sparsity.units import insert

NAME = "sparsity/grown"
TRAINED = 1200
SETTINGS = Settings(epochs=20, batch=50, rate=0.1, decay=1e-4)
SEEDS = range(5)
FEWEST, MOST, ADDED = 4, 32, 4
WIDE, SPARSITY, LONGEST = 100, 0.95, 4.0
SMALL, LARGE, RANDOM = "small from the start", "large from the start", "units drawn at random"
OURS, PIPELINE, ALONE = "joint (ours)", "grown, then pruned", "grown only"
GROWING, SAME, EQUAL = "growing", "as many steps", "as many multiplications"
MODULES = tuple(
    f"luciole.{name}"
    for name in (
        "networks.initial", "sparsity.allocation", "sparsity.chain", "sparsity.exchange", "sparsity.firefly_descent",
        "sparsity.gates", "sparsity.gradmax", "sparsity.importance", "sparsity.joint", "sparsity.magnitude",
        "sparsity.masks", "sparsity.net2net", "sparsity.run", "sparsity.schedules", "sparsity.select",
        "sparsity.splitting", "sparsity.training", "sparsity.units", "experiments.sparsity.grown",
    )
)  # fmt: skip

Grow = Callable[[nn.Sequential, int, Tensor, Tensor, torch.Generator], nn.Sequential]


def _random(network: nn.Sequential, count: int, x: Tensor, y: Tensor, generator: torch.Generator) -> nn.Sequential:
    drawn = initialise(nn.Linear(x.shape[1], count), generator)
    return insert(network, "0", drawn.weight.detach(), drawn.bias.detach(), torch.zeros(10, count))


def _split(network: nn.Sequential, count: int, x: Tensor, y: Tensor, generator: torch.Generator) -> nn.Sequential:
    found = splitting.splits(network, "0", x, y)
    return splitting.split(network, "0", found, found.values.argsort()[:count], 1e-2)


WAYS: dict[str, Grow] = {
    RANDOM: _random,
    "Net2Net": lambda net, count, x, y, g: net2net.wider(net, "0", len(net[0].weight) + count, g, noise=0.1),  # type: ignore[arg-type]
    "splitting": _split,
    "firefly descent": lambda net, count, x, y, g: firefly_descent.grow(net, "0", count, x, y, g),
    "GradMax": lambda net, count, x, y, g: gradmax.grow(net, "0", count, x, y),
}
MASKED: dict[str, Callable[[float], Method]] = {
    OURS: lambda sparsity: Joint(sparsity, events=20, sample=480, parts=16),
    "magnitude, gradual": Gradual,
    "RigL": Exchange,
    "neural plasticity": Plastic,
}


@dataclass(frozen=True)
class Training:
    """One training: what is compared (:data:`GROWING`, :data:`SAME`, :data:`EQUAL`), by which way, from which seed."""

    compared: str
    way: str
    seed: int


@dataclass
class Outcome:
    """A trained network, and what it took: weights and multiplications as in :class:`luciole.sparsity.run.Account`."""

    network: nn.Module
    kept: int
    macs: float
    peak: int
    total: int


def trainings() -> tuple[Training, ...]:
    """All trainings, seed by seed."""
    ways = [
        *((GROWING, way) for way in (SMALL, LARGE, *WAYS)),
        *((SAME, way) for way in (*MASKED, ALONE, PIPELINE)),
        *((EQUAL, way) for way in (*MASKED, ALONE, PIPELINE) if way != OURS),
    ]
    return tuple(Training(compared, way, seed) for seed in SEEDS for compared, way in ways)


def _digits() -> tuple[Tensor, Tensor]:
    data = datasets.load("digits")
    return torch.from_numpy(data.X).flatten(1), torch.from_numpy(data.y).long()


def network(units: int, seed: int) -> nn.Sequential:
    """A network of one hidden layer, its weights drawn."""
    layers = nn.Sequential(nn.Linear(64, units), nn.ReLU(), nn.Linear(units, 10))
    return initialise(layers, torch.Generator().manual_seed(seed))


def grow(way: str, fewest: int, most: int, added: int, settings: Settings, seed: int, stop: float = 1.0) -> Outcome:
    """Train a small network, grow it in the first half of ``stop`` of the steps, and stop there."""
    x, y = (part[:TRAINED] for part in _digits())
    generator = torch.Generator().manual_seed(seed)
    net, macs = network(fewest, seed), 0.0
    steps = round(settings.epochs * (len(x) // settings.batch))
    last = round(steps * stop)
    events = (most - fewest) // added
    at = {round(last * number / (2 * events)) for number in range(1, events + 1)}
    optimiser = _optimiser(net, settings)
    for step in range(last):
        if step % (len(x) // settings.batch) == 0:
            order = torch.randperm(len(x), generator=generator)
        first = step % (len(x) // settings.batch) * settings.batch
        rows = order[first : first + settings.batch]
        for group in optimiser.param_groups:
            group["lr"] = settings.rate_at(step, steps)
        optimiser.zero_grad()
        functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimiser.step()
        macs += 3.0 * _weights(net) * settings.batch
        if step + 1 in at:
            macs += 3.0 * _weights(net) * len(x)  # what a way looks at, once; firefly descent trains on it more often
            net = WAYS[way](net, added, x, y, generator)
            optimiser = _optimiser(net, settings)
    return Outcome(net, _weights(net), macs, _weights(net), _weights(net))


def _weights(net: nn.Module) -> int:
    return sum(weight.numel() for weight in prunable(net).values())


def _optimiser(net: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        net.parameters(), settings.rate, settings.momentum, weight_decay=settings.decay, nesterov=True
    )


def masked(net: nn.Module, method: Method, settings: Settings, seed: int) -> Outcome:
    """Train under masks."""
    x, y = (part[:TRAINED] for part in _digits())
    run = Run(copy.deepcopy(net), x, y, settings, seed)
    train(run, method)
    return Outcome(run.network, run.masks.kept, run.account.macs, run.account.peak, run.account.total)


def same_size(way: str, seed: int, length: float = 1.0) -> Outcome:
    """Train to the size that all are compared at, for ``length`` times the steps."""
    settings = replace(SETTINGS, epochs=SETTINGS.epochs * length)
    if way in MASKED:
        return masked(network(WIDE, seed), MASKED[way](SPARSITY), settings, seed)
    fits = round((1 - SPARSITY) * WIDE)
    if way == ALONE:
        return grow("GradMax", 1, fits, 1, settings, seed)
    big = grow("GradMax", fits, WIDE // 2, fits, settings, seed, stop=0.5)
    sparsity = 1 - (1 - SPARSITY) * WIDE / (WIDE // 2)
    later = replace(settings, epochs=settings.epochs / 2, rate=settings.rate / 2, warmup=0.0)  # where the cosine is
    end = masked(big.network, Gradual(sparsity), later, seed)
    return Outcome(end.network, end.kept, big.macs + end.macs, end.peak, end.total)


def shard(one: Training) -> dict[str, NDArray]:
    """Train once and give a row."""
    torch.set_num_threads(1)
    length = 1.0
    if one.compared == EQUAL:
        length = min(LONGEST, same_size(OURS, one.seed).macs / same_size(one.way, one.seed).macs)
    started = time.process_time()
    if one.compared == GROWING:
        if one.way in WAYS:
            end = grow(one.way, FEWEST, MOST, ADDED, SETTINGS, one.seed)
        else:
            end = masked(network(FEWEST if one.way == SMALL else MOST, one.seed), Method(), SETTINGS, one.seed)
    else:
        end = same_size(one.way, one.seed, length)
    seconds = time.process_time() - started
    x, y = (part[TRAINED:] for part in _digits())
    row = {
        "compared": one.compared,
        "way": one.way,
        "seed": one.seed,
        "length": length,
        "test_error": 100 * (1 - accuracy(end.network, x, y)),
        "kept": end.kept,
        "peak": end.peak,
        "total": end.total,
        "macs": end.macs,
        "seconds": seconds,
    }
    return {name: np.array([value]) for name, value in row.items()}


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the networks again; None: three, some seconds."""
    every = trainings()
    drawn = draw(rng, len(result.frame), units, 3)
    kept, again = result.frame.iloc[list(drawn)], frame({at: shard(every[at]) for at in drawn})
    compared = {
        "test_error": Column(kept["test_error"], again["test_error"], 0.0, 1.5, ROUNDING),
        "kept": Column(kept["kept"], again["kept"], 0.02, 0.0, ROUNDING),
    }
    left = {"seconds": "measured", "length, peak, total, macs": "follow from the masks"}
    called = [f"{every[at].compared}: {every[at].way}, seed {every[at].seed}" for at in drawn]
    return Sample(called, len(result.frame), compared, MODULES, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the trainings that are left, and write what is finished of them, in their order, as :data:`NAME`."""
    every, source = trainings(), datasets.load("digits").source
    plan = {"code": {module: results.fingerprint(module) for module in MODULES}}
    in_order(NAME, shard, every, plan, MODULES, {"digits": source}, workers, scheduler, seconds)
