"""The pipeline of VISAPP 2024 on UTKinect: skeletons as images, a cell found without training, networks trained.

    luciole run skeletons/search            # about a quarter of an hour of one processor core

The original (Mokhtari, Nédélec, Gilles and De Loor, VISAPP 2024) works on OAD, whose files are not to be had here, and
its settings were in no text that could be read. What is done instead, fold by fold:

1. *Windows* of 40 frames, one every ``HOP`` frames (released: every frame), labelled by their middle frame, encoded as
   STIE. Ten subjects make five folds: a pair to test, the next pair to validate, six to train.
2. *Search*: the released improved firefly on NAS-Bench-101, ``GENERATIONS`` generations of ``POPULATION``, guided by
   the ICD of untrained networks (3 stacks of 3 cells, 16 channels) on 100 training windows of the fold. No label, and
   nothing of validation or test subjects, is seen.
3. *Networks*: the cell found, as 2 stacks of 1 and as 5 of 1; two random cells, and the largest of as many random cells
   as the search made evaluations, as 2 stacks of 1; a narrow VGG16, a small CNN, LeNet. All of one recipe; of two
   learning rates the better on the first fold's validation subjects (who are tested in the second), of two lengths the
   better on those of each fold.
4. *Training-based search*: what training a network would cost is measured on cells that the search asked for; its
   product with the number of evaluations is a projection, never run.

Results: ``skeletons/search`` (a row a training) and ``skeletons/search_cells`` (the searches).
"""

import time
from collections import Counter
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import files, results
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
from luciole.shards import load_shards, run_shards
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
    "luciole.scores.passes",
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
    drawn = cells.sample(rng, len(history))
    return {
        "rows": np.array([first[key] for key in known]),
        "values": np.array(list(known.values())),
        "asked": np.array([asked[key] for key in known]),
        "found": history.best,
        "largest": drawn[networks.parameters(drawn, stem=STEM).argmax()],
        "random": drawn[:2],
        "evaluations": np.array(len(history)),
        "seconds": np.array(seconds),
        "scoring": np.array(scoring),
        "window": price(history.genotypes[rng.integers(len(history), size=PRICED)], fold),
    }


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


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search, choose the rates on the first fold, train the others, and write both results once all is done."""
    deadline = float("inf") if seconds is None else time.monotonic() + seconds
    plan = settings() | {"code": {module: results.fingerprint(module) for module in MODULES}}
    top = files.cache() / "skeletons/search"

    def finished(stage: str, work: Any, todo: list[Any]) -> dict[int, dict[str, NDArray]] | None:
        left = max(0.0, deadline - time.monotonic())
        begin = partial(run_shards, workers=workers, scheduler=scheduler, seconds=None if seconds is None else left)
        return load_shards(top / stage) if begin(work, todo, top / stage, plan=plan) == len(todo) else None

    searches = finished("searches", search, list(range(len(FOLDS))))
    if searches is None:
        return
    pilot = tasks(searches, 0, {})
    piloted = finished("first_fold", fit, pilot)
    if piloted is None:
        return
    rates = choose(pilot, piloted)
    rest = [task for task in tasks(searches, 0, rates) if task.name in BORROWED]
    rest += [task for fold in range(1, len(FOLDS)) for task in tasks(searches, fold, rates)]
    trained = finished("folds", fit, rest)
    if trained is None:
        return
    everything = [*zip(pilot, piloted.values(), strict=True), *zip(rest, trained.values(), strict=True)]
    collect(searches, everything, rates)


def collect(
    searches: dict[int, dict[str, NDArray]],
    trainings: list[tuple[Training, dict[str, NDArray]]],
    rates: dict[tuple[str, str], float],
) -> None:
    """Write both results: trainings at the rate that was not chosen stay in the table, marked."""
    rows = []
    for task, found in trainings:
        at = int(found["validation_f1"].argmax())  # the length that the validation subjects of this fold prefer
        own = BORROWED.get(task.name, task.name)
        rows.append(
            {"network": task.name, "encoding": task.encoding, "fold": task.fold, "rate": task.rate}
            | {"chosen": rates[own, task.encoding] == task.rate, "epochs": RECIPE.evaluate[at]}
            | {name: float(found[name][at]) for name in found if name.startswith(("validation", "test_"))}
            | {name: found[name].item() for name in ALONE}
        )
    spent = [found["total"] for _, found in trainings] + [found["seconds"] for found in searches.values()]
    arrays = {name: np.array([searches[fold][name] for fold in sorted(searches)])
              for name in ("found", "largest", "random", "evaluations", "seconds", "scoring", "window")}  # fmt: skip
    arrays["cells"] = np.array([len(searches[fold]["rows"]) for fold in sorted(searches)])
    for name in ("rows", "values", "asked"):
        arrays[name] = np.concatenate([searches[fold][name] for fold in sorted(searches)])
    contents: dict[str, Any] = {"skeletons/search": pd.DataFrame(rows), "skeletons/search_cells": arrays}
    for name, content in contents.items():
        results.write(
            name,
            content,
            function=run,
            parameters=settings() | {"watts": WATTS, "time": "processor seconds of one thread, on a machine in use"},
            modules=["luciole.experiments.skeletons.search", *MODULES],
            inputs={"windows": data().source},
            seconds=float(sum(spent)),
            joules=float(sum(spent)) * WATTS,
            energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
        )
