"""What is compared, and how it is judged; fixed before the first comparison ran.

**Network and data.** LeNet-300-100 on MNIST: the first 55,000 training images train, the last 5,000 are the validation
images on which settings were chosen (learning rate, events and first share of ours; seeds 0 and 1), the 10,000 test
images are read once, at the end of each training. Weights at the start, order of images and every draw follow from the
seed, so that methods are paired seed by seed. One recipe for all, :data:`SETTINGS`; a shortened training is the same
recipe with the rate's whole course in fewer epochs.

**Methods.** :data:`METHODS`; each ends at the sparsity asked for, exactly but for connections on no path, which go too.
Methods that come with a threshold of their own have it replaced by that count, in the order of their own criterion, and
train on with the rest: sparse variational dropout and gates at half of the training, the sensitivity family at three
quarters.
Parts of ours are left out one by one. A lottery ticket trains :data:`ROUNDS` times.

**Costs.** Processor seconds of training on one thread (evaluation left out), joules at 4 W a busy thread: an estimate;
multiplications with present weights (forward and backward, what is looked at in events counted in full), and those of
the dense blocks that were really multiplied; the most weights trained at once, and the different ones ever trained.

**Judging.** Error on the test images in per cent; differences in points, paired by seed, with the 95 % interval of
Student's t. The best reproduced pruning method at a sparsity is the one of least mean test error among those of
:data:`PRUNING` with the full schedule, at least two seeds each. Targets, at 95 and at 98 % sparsity: ours at half the
schedule has at most .1 points more error than it (upper end of the interval), for at most half of its processor
seconds. The front of gradual pruning is its full, half and quarter schedule.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from luciole import datasets
from luciole.networks.initial import initialise
from luciole.sparsity.at_start import AtStart
from luciole.sparsity.exchange import Exchange
from luciole.sparsity.gates import HardConcrete, Plastic
from luciole.sparsity.joint import Joint
from luciole.sparsity.magnitude import Gradual, OneShot
from luciole.sparsity.run import Settings
from luciole.sparsity.shrinking import Lobster, Sensitivity, Serene
from luciole.sparsity.training import Method
from luciole.sparsity.variational import Variational

WATTS = 4.0  # of a busy thread: CodeCarbon's assumption where no counter can be read
SETTINGS = Settings(epochs=6, batch=250, rate=0.2, decay=1e-4)
TRAINED, HELD = 55_000, 5_000  # images
SPARSITIES = (0.95, 0.98)
DENSE, TICKET, OURS, RIGL, GRADUAL = "dense", "lottery ticket", "joint (ours)", "RigL", "magnitude, gradual"
ROUNDS = (0.45, 0.7, 0.84, 0.91, 0.95, 0.98)  # sparsities of a ticket's rounds

METHODS: dict[str, Callable[[float], Method]] = {
    DENSE: lambda sparsity: Method(),
    GRADUAL: Gradual,
    OURS: Joint,
    RIGL: Exchange,
    "magnitude, one-shot": OneShot,
    "SNIP": lambda sparsity: AtStart("snip", sparsity),
    "GraSP": lambda sparsity: AtStart("grasp", sparsity),
    "SynFlow": lambda sparsity: AtStart("synflow", sparsity),
    "static random (ERK)": lambda sparsity: Exchange(sparsity, growth="none"),
    "SET": lambda sparsity: Exchange(sparsity, growth="random"),
    "sparse variational dropout": Variational,
    "L0, hard-concrete gates": HardConcrete,
    "neural plasticity": Plastic,
    "sensitivity": Sensitivity,
    "LOBSTER": Lobster,
    "SeReNe": Serene,
    "ours, layer's mean curvature": lambda sparsity: Joint(sparsity, curvature=False),
    "ours, whole training as horizon": lambda sparsity: Joint(sparsity, horizon=False),
    "ours, no overshoot": lambda sparsity: Joint(sparsity, overshoot=False),
}
PRUNING = (
    *(GRADUAL, "magnitude, one-shot", TICKET, "SNIP", "GraSP", "SynFlow", "sparse variational dropout"),
    *("L0, hard-concrete gates", "neural plasticity", "sensitivity", "LOBSTER", "SeReNe"),
)
PARTS = ("ours, layer's mean curvature", "ours, whole training as horizon", "ours, no overshoot")
MODULES = tuple(
    f"luciole.{name}"
    for name in (
        "networks.initial", "sparsity.allocation", "sparsity.at_start", "sparsity.chain", "sparsity.exchange",
        "sparsity.gates", "sparsity.importance", "sparsity.joint", "sparsity.lottery", "sparsity.magnitude",
        "sparsity.masks", "sparsity.run", "sparsity.schedules", "sparsity.select", "sparsity.shrinking",
        "sparsity.training", "sparsity.variational", "experiments.sparsity.protocol",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Training:
    """One training (a ticket: all its rounds)."""

    method: str
    sparsity: float
    length: float  # share of the epochs of SETTINGS
    seed: int


def trainings() -> list[Training]:
    """All trainings, those that the judging needs first, so that a part of them is balanced."""
    found = []
    for seed in range(3):
        found.append(Training(DENSE, 0.0, 1.0, seed))
        for sparsity in SPARSITIES:
            found += [Training(GRADUAL, sparsity, length, seed) for length in (1.0, 0.5, 0.25)]
            found += [Training(OURS, sparsity, length, seed) for length in (1.0, 0.5, 0.25)]
            found.append(Training(RIGL, sparsity, 1.0, seed))
        if seed == 1:
            found += [one for at in (0, 1) for one in _others(at)]
    found += [Training(TICKET, ROUNDS[-1], 1.0, seed) for seed in (0, 1)]
    for seed in range(3, 10):
        for sparsity in SPARSITIES:
            found += [Training(GRADUAL, sparsity, 1.0, seed), Training(OURS, sparsity, 0.5, seed)]
    return found + _others(2) + [Training(TICKET, ROUNDS[-1], 1.0, 2)]


def _others(seed: int) -> list[Training]:
    main = (DENSE, GRADUAL, OURS, RIGL)
    return [Training(name, sparsity, 1.0, seed) for name in METHODS if name not in main for sparsity in SPARSITIES]


def network(seed: int) -> nn.Sequential:
    """LeNet-300-100, its weights drawn."""
    generator = torch.Generator().manual_seed(seed)
    layers = [nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)]
    return initialise(nn.Sequential(*layers), generator)


def images() -> tuple[dict[str, tuple[Tensor, Tensor]], str]:
    """Images (n, 784) and labels of each part, and where they came from; LucioleError where MNIST is not here."""
    data = datasets.load("mnist")
    x, y = torch.from_numpy(data.X).flatten(1), torch.from_numpy(data.y).long()
    edges = {"train": (0, TRAINED), "validation": (TRAINED, TRAINED + HELD), "test": (TRAINED + HELD, len(x))}
    return {part: (x[first:last], y[first:last]) for part, (first, last) in edges.items()}, data.source
