"""HAR-201, second version: who is tested, how a run is made, and the one rule that chooses how runs are spent.

Why another version: in the first, two seeds order the cells of WISDM with a Kendall tau of .60 and those of UCI HAR
with .26, and all of it is of one group of test people. A mean over several runs, each tested on other people, is what a
cell is worth.

1. *Data*: WISDM 2019's watch (18 activities, 46 people) and HAPT (12 activities and transitions, 30 people); windows,
   rates and the skeleton are those of the first version (:mod:`luciole.experiments.har201.protocol`), so that what was
   counted, timed and scored there holds here. Twice as many evaluation windows on WISDM: their choice is luck too.
2. *Groups*: people are parted once into five groups, drawn with a fixed seed. A run of group g tests group g; the next
   group chooses (validation); the other three train. Five runs test everybody once.
3. *Seeds*: groups are crossed with seeds. The weights of a network come from a generator of its own (group, seed,
   cell), the order of the windows from (group, seed), the same for all cells: runs of two groups share no luck, and
   differences between cells hold nothing of the order's.
4. *The pilot's rule* (:func:`bought`, :mod:`luciole.experiments.har201.v2_pilot`), written down before any number of
   it was read: of several recipes, the one whose mean over the runs that :data:`SHARE` core-seconds a class and data
   set pay for is most reliable, on the mean over the two data sets. Reliable about what: the order of the cells after
   the longest recipe that was tried. A shorter recipe may repeat itself well and be about something else (who learns
   fast), so its reliability is taken times the squared correlation of what it measures with what the longest one
   measures, luck taken out of both. Both from variance components over seeds and groups of people
   (:mod:`luciole.tables.reliability`), never from halves that share people.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from luciole.datasets import hapt, splits, wisdm
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import coarsen
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol
from luciole.networks import Skeleton
from luciole.networks.stack import Stack
from luciole.spaces import nb201
from luciole.tables.reliability import Components, components, normal_scores
from luciole.training import Recipe, Record, train

GROUPS = 5
GROUP_SEED = 2  # of who is in which group
SHARE = 3.0  # core-seconds a class and data set that sweeps of all classes may cost: eleven core-hours in all
MODULES = (  # whose code decides the numbers
    __name__,
    "luciole.datasets.splits",
    "luciole.datasets.windows",
    "luciole.experiments.har201.protocol",
    "luciole.networks.fused",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.networks.stack",
    "luciole.spaces.nb201",
    "luciole.training.loop",
)


@dataclass(frozen=True)
class Source:
    """One data set of the second version."""

    load: Callable[[], Dataset] = field(repr=False)
    factor: int  # neighbours averaged
    spaced: int  # evaluation windows of a recording, evenly spaced
    shape: tuple[int, int, int]  # channels, classes, samples of a window once coarsened


SOURCES = {
    "wisdm": Source(wisdm.load, factor=3, spaced=24, shape=(3, 18, 20)),
    "hapt": Source(hapt.load, factor=6, spaced=1000, shape=(6, 12, 21)),
}


def recipe(epochs: int, batch: int, evaluate: tuple[int, ...] = ()) -> Recipe:
    """A training like that of the first version, for so many epochs of 4,096 windows in batches of such a size."""
    return Recipe(epochs=epochs, windows=4096, batch=batch, rate=1e-2, evaluate=evaluate)


@cache
def people(name: str) -> tuple[Dataset, list[NDArray]]:
    """A data set and its people in five groups; LucioleError if it is not as expected."""
    source = SOURCES[name]
    dataset = source.load()
    if dataset.subject is None or len(np.unique(dataset.subject)) < 2 * GROUPS:
        raise LucioleError(f"{name}: expected at least {2 * GROUPS} people for {GROUPS} groups; take a larger data set")
    shape = (dataset.channels, dataset.classes, dataset.X.shape[2] // source.factor)
    if shape != source.shape:
        raise LucioleError(f"HAR-201 expects {name} to have (channels, classes, samples) {source.shape}, got {shape}")
    shuffled = np.random.default_rng(GROUP_SEED).permutation(np.unique(dataset.subject))
    return dataset, [np.sort(group) for group in np.array_split(shuffled, GROUPS)]


@lru_cache(maxsize=2)
def parts(name: str, group: int) -> splits.Parts:
    """The parts of the runs that test ``group``: its people, those of the next group to choose by, the others."""
    dataset, groups = people(name)
    source = SOURCES[name]
    assert dataset.subject is not None
    tested = np.isin(dataset.subject, groups[group])
    chosen = np.isin(dataset.subject, groups[(group + 1) % GROUPS])
    split = splits.Split(
        np.flatnonzero(~tested & ~chosen),
        protocol.evenly(dataset, np.flatnonzero(chosen), source.spaced),
        protocol.evenly(dataset, np.flatnonzero(tested), source.spaced),
    )
    raw = splits.parts(dataset, split)
    learnt, validation, test = ((coarsen(X, source.factor), y) for X, y in (raw.train, raw.validation, raw.test))
    return splits.Parts(learnt, validation, test, raw.normalisation)


def skeleton(name: str) -> Skeleton:
    """The skeleton of HAR-201 for a data set."""
    channels, classes, _ = SOURCES[name].shape
    return protocol.skeleton(channels, classes)


def generator(group: int, seed: int, cell: int) -> torch.Generator:
    """The generator of the weights of a cell; that of the order of the windows has the number behind the last cell."""
    state = np.random.SeedSequence([2, group, seed, cell]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def play(name: str, group: int, seed: int, cells: NDArray[np.int64], how: Recipe) -> Record:
    """Train these cells (official indices) side by side, on the processor, in one run."""
    generators = [generator(group, seed, int(cell)) for cell in cells]
    stack = Stack(nb201.all_cells()[cells], skeleton(name), generators)
    return train(stack, parts(name, group), how, generator(group, seed, nb201.SIZE))


def bought(found: Components, seconds: float, share: float = SHARE) -> float:
    """Reliability of the mean over the runs that ``share`` core-seconds pay for, each of ``seconds``.

    Runs go to one group of people after another, then to another seed of each.

    >>> round(bought(Components(cells=2.0, groups=1.0, rest=1.0), seconds=1.0, share=1.0), 3)
    0.5
    """
    runs = share / seconds
    groups = float(np.clip(runs, 1, GROUPS))
    return found.reliability(groups, runs / groups)


def validity(runs: NDArray, longest: NDArray, groups: NDArray) -> float:
    """Correlation of what two recipes measure, luck taken out: of their cells' components, 0 to 1.

    runs, longest: (runs, cells) of either, the runs in the same ``groups``. Only runs of other people are compared.
    """
    own = components(runs, groups).cells * components(longest, groups).cells
    if not own:
        return 0.0
    return float(np.clip(shared(runs, longest, groups) / np.sqrt(own), 0.0, 1.0))


def shared(runs: NDArray, longest: NDArray, groups: NDArray) -> float:
    """Mean covariance, in normal scores, of a run of one recipe and one of another that tests other people."""
    scores = normal_scores(runs), normal_scores(longest)
    apart = groups[:, None] != groups[None, :]
    centred = [one - one.mean(axis=1, keepdims=True) for one in scores]
    return float((centred[0] @ centred[1].T)[apart].mean() / (runs.shape[1] - 1))
