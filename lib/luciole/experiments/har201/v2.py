"""HAR-201, second version: every class trained several times, seeds crossed with groups of people.

Why another: in the first version two seeds order the cells of WISDM with a Kendall tau of .60 and those of UCI HAR with
.26, and all of it is of one group of test people. A mean over several trainings, each tested on other people, is what a
cell is worth.

    luciole run har201/v2          # on a graphics card minutes; on processors hundreds of hours, so begin elsewhere

Protocol:

1. *Data*: WISDM 2019's watch (18 activities, 46 people) and HAPT (12 activities and transitions, 30 people), windows
   and rates as in the first version. People are parted once into five groups, drawn with a fixed seed.
2. *Run*: a number r, which is the seed of weights and of the order of windows. Group r mod 5 is tested, the next group
   chooses (validation), three groups train. Five runs test everybody once.
3. *Training*: skeleton and recipe of the first version, for as many epochs as the pilot chose; accuracies are kept at
   several epochs. The pilot trains 512 classes of another order and goes by one rule, written down before it ran: of a
   budget of 80 epochs a class, the length of a run that makes the mean over the runs that fit most reliable.
4. *How many runs*: five for all classes, then five more for the best half by mean validation accuracy so far, and so
   on (successive halving), since it is among the best that differences are small. Test accuracies choose nothing.
5. *Reliability* (:func:`reliability`) is that of the mean over runs, by the mean correlation between runs that share
   neither seed nor tested people, and Spearman-Brown.

All classes of a run are one stack on a graphics card. On a processor they are trained in pieces; digits differ then in
the last place from the start, and in accuracy by about as much as seeds do: a float32 sum in another order is another
training.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files
from luciole.datasets import hapt, splits, wisdm
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import coarsen
from luciole.errors import LucioleError
from luciole.experiments.har201.table import evenly, skeleton
from luciole.networks import Skeleton
from luciole.networks.stack import Stack
from luciole.spaces import nb201
from luciole.training import Recipe, Record, train

GROUPS = 5
GROUP_SEED = 2  # of who is in which group
MISSING = 65535  # of a class that a run did not train
METRICS = ("valid_acc", "test_acc", "test_f1")
PILOT_CLASSES, PILOT_SEED = 512, 11  # another order than that of the first version
PILOT_RUNS = 4  # each tests other people
PILOT_EPOCHS = (4, 8, 16)
BUDGET = 80  # epochs a class, which the pilot divides into runs
LEVELS = 6  # all classes, the best half, and so on


@dataclass(frozen=True)
class Source:
    """One data set of the benchmark: as in the first version, but for who is tested."""

    load: Callable[[], Dataset] = field(repr=False)
    factor: int  # neighbours averaged
    spaced: int  # evaluation windows of a recording, evenly spaced
    shape: tuple[int, int, int]  # channels, classes, samples of a window once coarsened


SOURCES = {
    "wisdm": Source(wisdm.load, factor=3, spaced=12, shape=(3, 18, 20)),
    "hapt": Source(hapt.load, factor=6, spaced=1000, shape=(6, 12, 21)),
}
MODULES = (
    *(f"luciole.experiments.har201.{name}" for name in ("v2", "table")),
    *("luciole.datasets.splits", "luciole.datasets.windows", "luciole.networks.nb201", "luciole.networks.stack"),
    *("luciole.networks.stacked_cell", "luciole.spaces.nb201", "luciole.training.loop"),
)


def recipe(epochs: int, evaluate: tuple[int, ...] = ()) -> Recipe:
    """The training of a run: that of the first version, for so many epochs."""
    return Recipe(epochs=epochs, windows=4096, batch=32, rate=1e-2, evaluate=evaluate)


def device() -> str:
    """Where networks are trained: a graphics card where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def people(name: str) -> tuple[Dataset, list[NDArray]]:
    """A data set, coarsened, and its people in five groups; LucioleError if it is not as expected."""
    source = SOURCES[name]
    dataset = source.load()
    if dataset.subject is None or len(np.unique(dataset.subject)) < 2 * GROUPS:
        raise LucioleError(f"{name}: expected at least {2 * GROUPS} people for {GROUPS} groups; take a larger data set")
    coarse = coarsen(dataset.X, source.factor)
    shape = (coarse.shape[1], dataset.classes, coarse.shape[2])
    if shape != source.shape:
        raise LucioleError(f"HAR-201 expects {name} to have (channels, classes, samples) {source.shape}, got {shape}")
    shuffled = np.random.default_rng(GROUP_SEED).permutation(np.unique(dataset.subject))
    return dataset, [np.sort(group) for group in np.array_split(shuffled, GROUPS)]


@cache
def parts(name: str, group: int) -> splits.Parts:
    """The parts of the runs that test ``group``: its people, those of the next group to choose by, the others."""
    dataset, groups = people(name)
    source = SOURCES[name]
    assert dataset.subject is not None
    tested = np.isin(dataset.subject, groups[group])
    chosen = np.isin(dataset.subject, groups[(group + 1) % GROUPS])
    split = splits.Split(
        np.flatnonzero(~tested & ~chosen),
        evenly(dataset, np.flatnonzero(chosen), source.spaced),
        evenly(dataset, np.flatnonzero(tested), source.spaced),
    )
    raw = splits.parts(dataset, split)
    learnt, validation, test = ((coarsen(X, source.factor), y) for X, y in (raw.train, raw.validation, raw.test))
    return splits.Parts(learnt, validation, test, raw.normalisation)


def fitting(name: str) -> Skeleton:
    """The skeleton of HAR-201 for a data set."""
    channels, classes, _ = SOURCES[name].shape
    return skeleton(channels, classes)


def weights(run: int, cell: int) -> torch.Generator:
    """The generator of the initial weights of one cell's network in a run."""
    state = np.random.SeedSequence([2, run, cell]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def play(name: str, run: int, cells: NDArray[np.int64], how: Recipe, on: str) -> Record:
    """Train these cells (official indices) side by side in one run."""
    stack = Stack(nb201.all_cells()[cells], fitting(name), [weights(run, int(cell)) for cell in cells])
    return train(stack, parts(name, run % GROUPS), how, torch.Generator().manual_seed(1000 + run), device=on)


def columns(record: Record) -> dict[str, NDArray[np.float32]]:
    """What is kept of a run: (epochs, cells) of each metric, as shares."""
    kept = {"valid_acc": record.accuracy["validation"], "test_acc": record.accuracy["test"]}
    kept["test_f1"] = record.macro_f1["test"]
    return {name: np.array(values, dtype=np.float32) for name, values in kept.items()}


def reliability(runs: NDArray, numbers: NDArray, count: float | None = None) -> tuple[float, float]:
    """How far the mean over runs (runs, cells) would agree with another such mean, and how far one run with another.

    ``numbers`` are those of the runs; the mean correlation is over pairs that test other people. ``count`` is of how
    many runs the mean is; None: those given. Spearman-Brown.

    Raises LucioleError when all runs test the same people.

    >>> truth, rng = np.arange(100.0), np.random.default_rng(0)
    >>> runs = truth + rng.normal(0, 30, (2, 100))
    >>> mean, one = reliability(runs, np.array([0, 1]))
    >>> bool(one < mean < 1)
    True
    """
    found = np.corrcoef(runs)
    pairs = [found[a, b] for a, b in itertools.combinations(range(len(runs)), 2) if (numbers[a] - numbers[b]) % GROUPS]
    if not pairs:
        raise LucioleError("expected two runs that test other people, got none; train more runs")
    one, k = float(np.mean(pairs)), float(len(runs) if count is None else count)
    return k * one / (1 + (k - 1) * one), one


def pilot_cells() -> NDArray[np.int64]:
    """The classes of the pilot, by official index."""
    return np.random.default_rng(PILOT_SEED).permutation(nb201.classes())[:PILOT_CLASSES].astype(np.int64)


def chosen(pilot: dict[str, NDArray]) -> int:
    """The number of epochs that the pilot's rule chooses, from :func:`pilot`'s arrays."""
    worth = {}
    for epochs in PILOT_EPOCHS:
        found = [pilot[f"{name}_{epochs}_test_acc"][:, -1] for name in SOURCES]
        each = [reliability(runs, np.arange(len(runs)), BUDGET / epochs)[0] for runs in found]
        worth[epochs] = float(np.mean(each))
    return max(worth, key=worth.__getitem__)


def pilot_tasks() -> list[tuple[str, int, int]]:
    """The trainings of the pilot: data set, epochs, run; the longest first."""
    return list(itertools.product(SOURCES, sorted(PILOT_EPOCHS, reverse=True), range(PILOT_RUNS)))


def pilot_run(task: tuple[str, int, int]) -> dict[str, NDArray]:
    """One training of the pilot, on a graphics card where there is one: (evaluations, classes) of each metric."""
    name, epochs, run = task
    started = time.perf_counter()
    kept = columns(play(name, run, pilot_cells(), recipe(epochs, (epochs // 4, epochs // 2)), device()))
    return kept | {"seconds": np.array(time.perf_counter() - started)}


def pilot(pieces: Sequence[Mapping[str, NDArray]]) -> dict[str, NDArray]:
    """Gather what :func:`pilot_run` gave for each task: (runs, evaluations, classes) for each set and length."""
    arrays: dict[str, NDArray] = {"cells": pilot_cells()}
    for name, epochs in itertools.product(SOURCES, PILOT_EPOCHS):
        mine = [one for task, one in zip(pilot_tasks(), pieces, strict=True) if task[:2] == (name, epochs)]
        arrays |= {f"{name}_{epochs}_{metric}": np.stack([one[metric] for one in mine]) for metric in mine[0]}
    return arrays


def level(name: str, number: int, folder: Path) -> NDArray[np.int64]:
    """The classes that get a ``number``-th five runs: all, or the best of those of the level before, by validation.

    The mean is over all runs so far, at the last epoch.
    """
    if number == 0:
        return nb201.classes().astype(np.int64)
    before = level(name, number - 1, folder)
    total = np.zeros(nb201.SIZE)
    for run in range(number * GROUPS):
        with np.load(shard(name, run, folder), allow_pickle=False) as kept:
            total[kept["cells"]] += kept["valid_acc"][-1]
    ranked = before[np.argsort(-total[before], kind="stable")]
    return np.sort(ranked[: len(before) // 2])


def shard(name: str, run: int, folder: Path) -> Path:
    """Where a run is kept."""
    return folder / f"{name}-{run:02d}.npz"


def compute(folder: Path, epochs: int, seconds: float) -> None:
    """Do what is left of the runs, level by level, for about so many seconds; each run is a file in ``folder``."""
    how = recipe(epochs, (epochs // 4, epochs // 2))
    began = time.perf_counter()
    took: dict[tuple[str, int], float] = {}
    for number, group, name in itertools.product(range(LEVELS), range(GROUPS), SOURCES):
        run = number * GROUPS + group
        if shard(name, run, folder).exists():
            continue
        expected = took.get((name, number)) or took.get((name, number - 1), 0.0)
        if time.perf_counter() - began + expected > seconds:
            return
        cells = level(name, number, folder)
        started = time.perf_counter()
        record = play(name, run, cells, how, device())
        took[name, number] = time.perf_counter() - started
        kept = {"cells": cells, "epochs": np.array(record.epochs), "seconds": np.array(took[name, number])}
        with files.atomic(shard(name, run, folder)) as temporary:
            np.savez_compressed(temporary, allow_pickle=False, **kept, **columns(record))
        print(f"{name} run {run}: {len(cells)} classes in {took[name, number]:.1f} s", flush=True)
