"""What :mod:`luciole.experiments.skeletons.search` does a task at a time, and its settings: a search, or a training."""

import time
from collections import Counter
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.costs.counts import count
from luciole.costs.latency import measure_latency
from luciole.datasets import skeleton_images
from luciole.datasets.dataset import Dataset
from luciole.datasets.splits import Parts, Split, parts
from luciole.errors import LucioleError
from luciole.experiments.firefly.ifa_nb101 import TableSpace
from luciole.networks import initialise, nb101_sizes, small_cnn
from luciole.networks import nb101 as networks
from luciole.scores.icd import icd
from luciole.search import Budget, Objective, improved_firefly
from luciole.spaces import Rows, nb101
from luciole.tables import nasbench101
from luciole.training import Recipe, train

ENCODING, HOP = "STIE", 4
FOLDS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))  # subjects tested; those of the next fold validate
STEM, BATCH, POPULATION, GENERATIONS = 16, 100, 20, 100  # released
PRICED, STEPS = 4, 3  # cells of each search, and steps of each, that the price of a training is measured on
RECIPE = Recipe(epochs=10, batch=32, windows=448, evaluate=(5, 10))
RATES = (3e-3, 1e-2)
REPEATS = 30  # of a latency
WATTS = 4.0  # of a busy thread: CodeCarbon's assumption where no counter can be read
SKELETONS = {"found, 2.1": (2, 1), "found, 5.1": (5, 1), "random a, 2.1": (2, 1), "random b, 2.1": (2, 1),
             "largest, 2.1": (2, 1)}  # fmt: skip
WIDTH = 0.25  # of the channels of VGG16
BORROWED = {  # whose learning rate a network takes that has none of its own chosen
    "found, 5.1": "found, 2.1", "largest, 2.1": "found, 2.1", "random b, 2.1": "random a, 2.1",
}  # fmt: skip
ARMS = (  # network and encoding
    *((name, ENCODING) for name in (*SKELETONS, "VGG16, narrow", "small CNN", "LeNet")),
    *((name, "ESTIE") for name in ("small CNN", "LeNet")),
)
ALONE = ("parameters", "macs", "seconds", "milliseconds", "majority", "tested")  # one number a training
MODULES = (  # whose code decides the numbers
    "luciole.datasets.skeleton_images",
    "luciole.datasets.skeletons",
    "luciole.datasets.splits",
    "luciole.datasets.windows",
    "luciole.networks.initial",
    "luciole.networks.nb101",
    "luciole.networks.nb101_sizes",
    "luciole.networks.small_cnn",
    "luciole.scores.icd",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.search.firefly",
    "luciole.search.graph_swarm",
    "luciole.search.improved_firefly",
    "luciole.search.searcher",
    "luciole.search.swarms",
    "luciole.spaces.nb101",
    "luciole.training.loop",
)


class Training(NamedTuple):
    """One network to train in one fold."""

    name: str
    encoding: str
    fold: int
    rate: float
    row: tuple[int, ...] = ()  # its cell, if it has one


def space() -> tuple[Any, str]:
    """The space whose ``sample`` starts the search, and which it is: without the table, edges are drawn one by one."""
    try:
        return TableSpace(nasbench101.load()), "uniform among the cells of NAS-Bench-101"
    except LucioleError:
        return nb101, "every edge with probability one half (the table is not at hand)"


@lru_cache(maxsize=2)
def data(encoding: str = ENCODING) -> Dataset:
    """Encoded windows of UTKinect-Action3D; LucioleError where its prepared file is not at hand."""
    return skeleton_images.encoded(encoding, HOP)


def split(dataset: Dataset, fold: int) -> Split:
    """Rows of the three parts of a fold, no subject in two of them."""
    assert dataset.subject is not None
    test, validation = FOLDS[fold], FOLDS[(fold + 1) % len(FOLDS)]
    return Split(
        np.flatnonzero(~np.isin(dataset.subject, test + validation)),
        np.flatnonzero(np.isin(dataset.subject, validation)),
        np.flatnonzero(np.isin(dataset.subject, test)),
    )


def cut(encoding: str, fold: int) -> Parts:
    """The parts of a fold, each channel normalised by the training part."""
    return parts(data(encoding), split(data(encoding), fold))


def batch(fold: int) -> Tensor:
    """The 100 training windows of a fold that ICD is computed on, (100, 3, rows, columns)."""
    windows, _ = cut(ENCODING, fold).train
    chosen = np.random.default_rng([7, fold]).choice(len(windows), BATCH, replace=False)
    return torch.from_numpy(windows[np.sort(chosen)])


def score(row: NDArray[np.int8], digest: bytes, images: Tensor) -> float:
    """ICD of one untrained network; its initial weights are seeded by the hash of its graph."""
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8]) >> 1)
    return icd(networks.build(row, generator, stem=STEM), images)


def search(fold: int) -> dict[str, NDArray]:
    """Search once on the training windows of a fold: cells met, their scores, how often asked, and what it cost.

    Every graph is scored once and then remembered; the released code scores it each time it is asked for.
    ``seconds`` are of the processor, ``scoring`` of them spent on the scores.
    """
    images, (cells, _) = batch(fold), space()
    known: dict[bytes, float] = {}
    first: dict[bytes, NDArray[np.int8]] = {}
    asked: Counter[bytes] = Counter()
    scoring = 0.0

    def value(rows: Rows) -> NDArray[np.float64]:
        nonlocal scoring
        keys = [digest.tobytes() for digest in nb101.digests(rows)]
        asked.update(keys)
        for row, key in zip(rows, keys, strict=True):
            if key not in known:
                start = time.process_time()
                known[key], first[key] = score(row, key, images), row
                scoring += time.process_time() - start
        return np.trunc([known[key] for key in keys])  # the fitness that was released

    begun = time.process_time()
    history = improved_firefly.search(
        cells,
        Objective(value, count="query"),
        Budget(evaluations=POPULATION * (2 * GENERATIONS + 1)),  # never reached: generations end the run
        np.random.default_rng([24, fold]),
        population=POPULATION,
        generations=GENERATIONS,
    )
    seconds = time.process_time() - begun
    rng = np.random.default_rng([25, fold])
    drawn, largest = beside(cells, rng, len(history))
    return {
        "rows": np.array([first[key] for key in known]),
        "values": np.array(list(known.values())),
        "asked": np.array([asked[key] for key in known]),
        "found": history.best,
        "largest": largest,
        "random": drawn[:2],
        "evaluations": np.array(len(history)),
        "seconds": np.array(seconds),
        "scoring": np.array(scoring),
        "window": price(history.genotypes[rng.integers(len(history), size=PRICED)], fold),
    }


def beside(cells: Any, rng: np.random.Generator, count: int) -> tuple[Rows, Rows]:
    """Draw as many cells as a search evaluated: all of them, and the largest."""
    drawn = cells.sample(rng, count)
    return drawn, drawn[networks.parameters(drawn, stem=STEM).argmax()]


def price(rows: Rows, fold: int) -> NDArray[np.float64]:
    """Processor seconds that one window costs in training, for each cell in the skeleton of the search."""
    (windows, labels), spent = cut(ENCODING, fold).train, []
    for row in rows:
        network = networks.build(row, torch.Generator().manual_seed(fold), stem=STEM)
        optimiser = torch.optim.AdamW(network.parameters(), foreach=True)
        begun = 0.0
        for step in range(STEPS + 1):
            if step == 1:  # the first step takes memory, which later ones have
                begun = time.process_time()
            x, y = (
                torch.from_numpy(part[step * RECIPE.batch : (step + 1) * RECIPE.batch]) for part in (windows, labels)
            )
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(x), y).backward()
            optimiser.step()
        spent.append((time.process_time() - begun) / (STEPS * RECIPE.batch))
    return np.array(spent)


def network(task: Training, classes: int, size: tuple[int, int]) -> nn.Module:
    """The network of a training, its weights drawn by the fold's number."""
    built: nn.Module
    if task.name in SKELETONS:
        stacks, modules = SKELETONS[task.name]
        row = np.array(task.row, dtype=np.int8)
        built = nb101_sizes.Network(row, stacks=stacks, modules=modules, stem=STEM, inputs=3, classes=classes)
    elif task.name.startswith("VGG16"):
        built = small_cnn.vgg16(WIDTH, classes)
    else:
        built = small_cnn.lenet(classes, size) if task.name == "LeNet" else small_cnn.small(classes)
    return initialise(built, torch.Generator().manual_seed(task.fold))


def fit(task: Training, recipe: Recipe = RECIPE) -> dict[str, NDArray]:
    """Train and test one network: accuracy and macro-F1 (shares) of validation and test, (epochs,) each; costs.

    ``seconds`` are of the processor and of the training alone, ``milliseconds`` the latency of one window.
    """
    cutting, dataset = cut(task.encoding, task.fold), data(task.encoding)
    size = (dataset.X.shape[2], dataset.X.shape[3])
    built = network(task, dataset.classes, size)
    counts = count(built, (3, *size))
    latency = measure_latency(built, torch.from_numpy(cutting.test[0][:1]), repeats=REPEATS, clock="cpu")
    begun = time.process_time()
    chosen = Recipe(**{**vars(recipe), "rate": task.rate})
    record = train(built, cutting, chosen, torch.Generator().manual_seed(task.fold))
    spent = time.process_time() - begun
    share = record.seconds / (record.seconds + record.evaluation_seconds)
    common = np.bincount(cutting.train[1]).argmax()
    found: dict[str, Any] = {
        "seconds": spent * share,
        "total": spent,
        "parameters": counts.parameters,
        "macs": counts.macs,
        "milliseconds": 1e3 * latency.median,
        "majority": (cutting.test[1] == common).mean(),
        "tested": len(cutting.test[1]),
    }
    for part in ("validation", "test"):
        found[f"{part}_accuracy"] = np.concatenate(record.accuracy[part])
        found[f"{part}_f1"] = np.concatenate(record.macro_f1[part])
    return {name: np.asarray(value) for name, value in found.items()}


def tasks(searches: dict[int, dict[str, NDArray]], fold: int, rates: dict[tuple[str, str], float]) -> list[Training]:
    """The trainings of a fold: at the rates chosen, or at every rate, those that borrow theirs left out."""
    planned = []
    for name, encoding in ARMS:
        kept = searches[fold]
        row = {"found": kept["found"], "random a": kept["random"][0], "random b": kept["random"][1],
               "largest": kept["largest"]}.get(name.split(",")[0], np.array([]))  # fmt: skip
        own = BORROWED.get(name, name)
        for rate in (rates[own, encoding],) if rates else RATES if own == name else RATES[:0]:
            planned.append(Training(name, encoding, fold, rate, tuple(row.tolist())))
    return planned


def choose(planned: list[Training], shards: dict[int, dict[str, NDArray]]) -> dict[tuple[str, str], float]:
    """The learning rate of each network: the better macro-F1 at the end, on the first fold's validation subjects."""
    best: dict[tuple[str, str], tuple[float, float]] = {}
    for number, task in enumerate(planned):
        key = (task.name, task.encoding)
        best[key] = max(best.get(key, (-1.0, 0.0)), (float(shards[number]["validation_f1"][-1]), task.rate))
    return {key: rate for key, (_, rate) in best.items()}


def settings() -> dict[str, Any]:
    """Everything that decides the numbers, as JSON holds it."""
    return {
        "encoding": ENCODING, "frames": skeleton_images.FRAMES, "hop": HOP, "folds": [list(pair) for pair in FOLDS],
        "start": space()[1], "stem": STEM, "batch": BATCH, "population": POPULATION, "generations": GENERATIONS,
        "recipe": vars(RECIPE) | {"evaluate": list(RECIPE.evaluate)}, "rates": list(RATES), "width": WIDTH,
    }  # fmt: skip
