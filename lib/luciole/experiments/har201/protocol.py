"""HAR-201's protocol: skeleton, data, training, seeds and order, the same for the table and all that is held beside it.

Why it is so (:mod:`luciole.experiments.har201.pilot` measures the choices, on cells of another order):

1. *Skeleton*: 1x1 stem, three stages of one cell, 8 channels doubling, averaging and a 1x1 between them, global
   average, classifier. No convolution of size 3 outside the cell, so that what the cell does shows.
2. *Data*: WISDM 2019 watch (18 classes) first, for it is the hardest; then UCI HAR, and the exercises that seglearn
   carries (7 classes, a watch), which anybody can train again with nothing fetched. Three parts without a common
   subject; on UCI HAR the published test subjects. Evaluation windows are evenly spaced in each recording. Normalised
   by the training part. Rates are lowered by averaging neighbours (WISDM 20 to 6.7 Hz, the others 50 to 8.3 Hz): it
   saves more than half of the cost, and a lower rate did not hide the cells.
3. *Training*: AdamW, one-cycle schedule, four epochs of 4,096 windows drawn anew, batches of 32: the shortest that was
   tried at which cells differed clearly more than seeds did; what remains is measured on the table itself
   (:func:`luciole.report.har201.noise`).
4. *Seeds*: a network's weights come from its own generator (seed, index of the cell); the order of the batches from
   the seed alone, the same for all cells. One seed for all classes, three for the first ones of the order.
5. *Order*: the classes are trained in one random order, so that a table of the first n is an unbiased sample.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import results
from luciole.datasets import packages, splits, uci_har, wisdm
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import coarsen
from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.training import Recipe

STACK = 32  # networks trained as one
ORDER_SEED = 201  # of the order of the classes
SPLIT_SEED = 0  # of who is in which part
MODULES = (  # whose code decides the numbers; a run goes on only under the code that it was begun with
    __name__,
    "luciole.datasets.splits",
    "luciole.datasets.windows",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.networks.stack",
    "luciole.spaces.nb201",
    "luciole.training.loop",
)


@dataclass(frozen=True)
class Protocol:
    """How HAR-201 trains on one data set."""

    dataset: str
    load: Callable[[], Dataset] = field(repr=False)
    hz: float  # of the recordings
    shape: tuple[int, int, int]  # channels, classes, samples of a window once coarsened
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
            "code": {module: results.fingerprint(module) for module in MODULES},
        }


RECIPE = Recipe(epochs=4, windows=4096, batch=32, rate=1e-2, evaluate=(2,))
PROTOCOLS = {
    "wisdm": Protocol("wisdm", wisdm.load, hz=20.0, shape=(3, 18, 20), factor=3, spaced=12, recipe=RECIPE),
    "uci_har": Protocol("uci_har", uci_har.load, hz=50.0, shape=(9, 6, 21), factor=6, spaced=1000, recipe=RECIPE),
    "seglearn": Protocol(
        "seglearn", packages.seglearn, hz=50.0, shape=(6, 7, 21), factor=6, spaced=1000, recipe=RECIPE
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


def prepare(protocol: Protocol) -> tuple[splits.Parts, Skeleton]:
    """Return the parts of a data set under a protocol, and the skeleton that fits it."""
    dataset = protocol.load()
    split = splits.by_subject(dataset, seed=SPLIT_SEED)
    split = splits.Split(
        split.train,
        evenly(dataset, split.validation, protocol.spaced),
        evenly(dataset, split.test, protocol.spaced),
    )
    raw = splits.parts(dataset, split)

    def coarse(part: tuple[NDArray[np.float32], NDArray[np.int64]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return coarsen(part[0], protocol.factor), part[1]

    parts = splits.Parts(coarse(raw.train), coarse(raw.validation), coarse(raw.test), raw.normalisation)
    return parts, skeleton(dataset.channels, dataset.classes)


@cache
def data(name: str) -> tuple[splits.Parts, Skeleton]:
    """Return the parts and the skeleton of a data set of the benchmark, read once; LucioleError if not as expected."""
    parts, fitting = prepare(PROTOCOLS[name])
    shape = (fitting.inputs, fitting.classes, parts.train[0].shape[-1])
    if shape != PROTOCOLS[name].shape:
        expected = PROTOCOLS[name].shape
        raise LucioleError(f"HAR-201 expects {name} to have (channels, classes, samples) {expected}, got {shape}")
    return parts, fitting


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
