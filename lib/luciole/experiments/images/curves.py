"""Hand-made networks and one found cell on all training images of MNIST and Fashion-MNIST, error against energy.

    luciole run images/curves --seconds 600      # so long; the same again goes on where it stopped

Committed before any of its numbers was read:

* *Networks*: three of equal multiply-accumulates, the small convolutional network of width :data:`WIDTH` and, each of
  the width whose count is nearest to its, the ResNet-like cell and the cell that chapter 5's long run found on CIFAR-10
  with its first seed; beside them LeNet-5 as it is.
* *Data*: whole images of 28x28; of the 60,000 training images :data:`HELD` are kept for validation, which decides
  nothing here; the test is all 10,000.
* *A curve* is made of trainings of different :data:`LENGTHS`, each with a whole schedule, so that a short one is not
  judged in the middle of a long one's. The order of the trainings is by length, so that a run cut short has all
  networks and seeds of the shorter ones.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import datasets, files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs import counts
from luciole.costs.busy import WATTS, estimated
from luciole.datasets.dataset import TEST
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.experiments.images.study import ALLOWED, MIRRORED, RESNET, ROUNDING
from luciole.networks import Skeleton, build, small_cnn
from luciole.networks.initial import initialise
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201
from luciole.training import Recipe, train
from luciole.training.image_variation import Varied

NAME = "images/curves"
DATASETS = ("mnist", "fashion")
NETWORKS = ("LeNet-5", "small CNN", "ResNet-like cell", "found cell")
EQUAL = NETWORKS[1:]  # those of equal multiply-accumulates
LENGTHS = (0.25, 1.0, 4.0)  # training images over those that there are
SEEDS, HELD, WIDTH = 3, 5_000, 8
RECIPE = Recipe(epochs=1, batch=128, rate=3e-3, weight_decay=5e-2)
MODULES = (
    __name__,
    "luciole.datasets.images",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.networks.small_cnn",
    "luciole.spaces.nb201",
    "luciole.training.image_variation",
    "luciole.training.loop",
)


@dataclass(frozen=True)
class Training:
    """One training: of which network, on what, for how many passes over the training images, with which seed."""

    dataset: str
    network: str
    length: float
    seed: int

    @property
    def label(self) -> str:
        """How it is called in a sentence."""
        return f"{self.network} on {self.dataset}, length {self.length:g}, seed {self.seed}"


def trainings() -> list[Training]:
    """All that are planned, in the order in which they are done."""
    every = product(LENGTHS, range(SEEDS), DATASETS, NETWORKS)
    return [Training(dataset, network, length, seed) for length, seed, dataset, network in every]


@cache
def parts(name: str) -> Parts:
    """Training, validation and test images of a data set, the same for all seeds; LucioleError where it is not here."""
    data = datasets.load(name)
    official = np.zeros(len(data)) if data.official is None else data.official
    others = np.random.default_rng(0).permutation(np.flatnonzero(official != TEST))
    rows = {"train": others[HELD:], "validation": others[:HELD], "test": np.flatnonzero(official == TEST)}
    normal = Normalisation.fit(data.X[rows["train"]])
    found = {part: (normal(data.X[at]), data.y[at]) for part, at in rows.items()}
    return Parts(found["train"], found["validation"], found["test"], normal)


@cache
def found_cell() -> int:
    """Official index of the cell that the long run of chapter 5 found on CIFAR-10 with its first seed."""
    frame = results.read("images/training_full", part=True).frame
    return int(frame[(frame["network"] == "found on CIFAR-10") & (frame["seed"] == 0)]["cell"].iloc[0])


def network(label: str, width: int, generator: torch.Generator) -> nn.Module:
    """One of :data:`NETWORKS` for images of 28x28, of a width (LeNet-5 has none), with fresh weights.

    >>> made = network("small CNN", 4, torch.Generator().manual_seed(0))
    >>> tuple(made(torch.zeros(2, 1, 28, 28)).shape)
    (2, 10)
    """
    if label in ("ResNet-like cell", "found cell"):
        row = RESNET if label == "ResNet-like cell" else nb201.all_cells()[found_cell()]
        return build(row, Skeleton(inputs=1, width=width, cells=1), generator)
    plain = small_cnn.lenet(10, (28, 28), 1) if label == "LeNet-5" else small_cnn.small(10, 1, width)
    return initialise(plain, generator)


@cache
def width_of(label: str) -> int:
    """The width at which a network's multiply-accumulates are nearest to those of the small network, by ratio."""

    def macs(one: str, width: int) -> int:
        return counts.count(network(one, width, torch.Generator().manual_seed(0)), (1, 28, 28)).macs

    wanted = macs("small CNN", WIDTH)
    return min(range(1, 2 * WIDTH), key=lambda width: abs(np.log(macs(label, width) / wanted)))


def shard(one: Training) -> dict[str, NDArray]:
    """Train once; seconds are of the processor, those of judging left out."""
    torch.set_num_threads(1)
    data = parts(one.dataset)
    weights, variation, order = (torch.Generator().manual_seed(8 * one.seed + at) for at in range(3))
    made = network(one.network, width_of(one.network), weights)
    size = counts.count(made, data.train[0].shape[1:])
    varied = Varied(made, data.train[0].shape[-1] // 8, one.dataset in MIRRORED, variation)
    whole = len(data.train[0])
    recipe = replace(RECIPE, epochs=max(1, round(one.length)), windows=min(whole, round(one.length * whole)))
    start = time.process_time()
    record = train(varied, data, recipe, order)
    share = record.seconds / (record.seconds + record.evaluation_seconds)
    return {
        "params": np.array(size.parameters),
        "macs": np.array(size.macs),
        "images": np.array(recipe.steps(whole) * recipe.batch),
        "validation": np.array(float(record.accuracy["validation"][-1][0])),
        "test": np.array(float(record.accuracy["test"][-1][0])),
        "seconds": np.array(share * (time.process_time() - start)),
    }


def frame(pieces: Mapping[int, Mapping[str, NDArray]]) -> pd.DataFrame:
    """A row a training, in the order in which they are done; joules are an estimate from the seconds."""
    every = trainings()
    rows = [
        {
            **{field: getattr(every[at], field) for field in ("dataset", "network", "length", "seed")},
            **{name: value.item() for name, value in piece.items()},
        }
        for at, piece in pieces.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(joules=table["seconds"] * WATTS)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the shortest LeNet-5s again, some seconds each (None: two), and count every network anew."""
    kept = result.frame
    short = kept[(kept["network"] == "LeNet-5") & (kept["length"] == min(LENGTHS))]
    drawn = short.iloc[draw(rng, len(short), units, 2)]
    told = [Training(*row) for row in drawn[["dataset", "network", "length", "seed"]].itertuples(index=False)]
    try:
        now = pd.DataFrame([{key: value.item() for key, value in shard(one).items()} for one in told])
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    sizes = kept.drop_duplicates("network")
    made = [network(one, width_of(one), torch.Generator().manual_seed(0)) for one in sizes["network"]]
    macs = [counts.count(one, (1, 28, 28)).macs for one in made]
    compared = {"macs": Column(sizes["macs"].to_numpy(), macs, rows=sizes["network"].tolist())}
    for part in ("validation", "test"):
        compared[part] = Column(drawn[part].to_numpy(), now[part].to_numpy(), absolute=ALLOWED, why=ROUNDING)
    left = {"seconds": "measured", "joules": "estimated from seconds"}
    return Sample([one.label for one in told], len(kept), compared, MODULES, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is left, shortest first, and write what is finished; LucioleError where a data set is not here."""
    sources = {name: datasets.load(name).source for name in DATASETS}
    every = trainings()
    plan = {"found": found_cell(), "held": HELD, "recipe": repr(RECIPE), "code": code(MODULES)}
    folder = files.cache() / NAME
    run_shards(shard, every, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    pieces = load_shards(folder)
    if not pieces:
        return
    table = frame(pieces)
    results.write(
        NAME,
        table,
        function=shard,
        parameters={"lengths": LENGTHS, "seeds": SEEDS, **{key: plan[key] for key in ("found", "held", "recipe")}},
        modules=MODULES,
        holds=(len(pieces), len(every)),
        inputs=sources,
        **estimated(float(table["seconds"].sum())),
    )
