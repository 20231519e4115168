"""The pieces of a design: one proposal of designs, one training, one rival; each a task that gives arrays.

Tasks read the data set and its benches from one file beside them, so that processes need nothing else, and every task
is a function of that file and of itself: it gives the same digits whenever, wherever and beside whatever it is done.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import files
from luciole.costs.counts import count
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import Normalisation
from luciole.design import candidates, linear, rivals
from luciole.design.parts import Bench
from luciole.errors import LucioleError, lacked
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.training import Learner, Report, Settings
from luciole.training import Recipe

DATA = "data.npz"
SIDES = ("train", "validation", "test")
BATCH = 64
RATE, DECAY = 1e-2, 1e-2
VARIED = Augmentation(rotation=10)  # what chapter 7 found best on the validation people of UCI HAR
AVERAGING = 0.99
PACED = 6  # steps that tell how long a network's step takes

Arrays = Mapping[str, NDArray]


@dataclass(frozen=True)
class Task:
    """What one piece is."""

    kind: str  # propose, short, linear, final, pace, rival
    bench: int = 0
    model: str = ""  # of linear.KINDS, of the rivals, or "" for a design
    genes: tuple[int, ...] = ()  # of a design
    steps: int = 0  # of training
    seed: int = 0  # of a batch of proposals: its number
    limit: int = 0
    scored: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """Itself as JSON holds it."""
        return {**asdict(self), "genes": list(self.genes)}


@dataclass(frozen=True)
class Room:
    """The data set and its benches, as all tasks see them."""

    dataset: Dataset
    benches: tuple[Bench, ...]


def keep(path: Path, dataset: Dataset, benches: tuple[Bench, ...]) -> None:
    """Write what tasks need, whole or not at all."""
    rows = {f"{name} {k}": getattr(bench, name) for k, bench in enumerate(benches) for name in SIDES}
    with files.atomic(path) as temporary:
        np.savez(
            temporary, allow_pickle=False, X=dataset.X, y=dataset.y, classes=np.array(dataset.class_names),
            channels=np.array(dataset.channel_names), benches=np.array(len(benches)), **rows,
        )  # fmt: skip


def room(path: Path) -> Room:
    """What :func:`keep` wrote, read once."""
    return _room(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _room(path: Path, written: int) -> Room:
    with np.load(path, allow_pickle=False) as held:
        classes, channels = (tuple(str(name) for name in held[which]) for which in ("classes", "channels"))
        dataset = Dataset(
            "design", held["X"], held["y"], classes, channels, subject=np.zeros(len(held["y"]), dtype=np.int64)
        )
        benches = tuple(Bench(*(held[f"{name} {k}"] for name in SIDES)) for k in range(int(held["benches"])))
    return Room(dataset, benches)


def recipe(steps: int, windows: int, batch: int) -> Recipe:
    """As near to so many steps as whole passes through so many windows allow; less than a pass where they are many.

    >>> recipe(200, windows=100, batch=32).steps(100), recipe(200, windows=10**6, batch=64).steps(10**6)
    (201, 200)
    """
    each = max(1, windows // batch)
    if each >= steps:
        return Recipe(epochs=1, batch=batch, windows=steps * batch, rate=RATE, weight_decay=DECAY)
    return Recipe(epochs=round(steps / each), batch=batch, rate=RATE, weight_decay=DECAY)


def learner(dataset: Dataset, rows: NDArray[np.int64], steps: int) -> Learner:
    """The windows ``rows`` to learn from, and how: the same for every network that is compared."""
    batch = max(2, min(BATCH, len(rows) // 4))
    return Learner.of(dataset, rows, Settings(recipe(steps, len(rows), batch), VARIED, AVERAGING))


def build(task: Task, dataset: Dataset) -> nn.Module:
    """An untrained network, of a design or by a rival's name."""
    generator = torch.Generator().manual_seed(task.seed)
    if task.genes:
        return networks.build(np.array(task.genes), dataset.channels, dataset.classes, generator)
    return BASELINES[task.model](dataset.channels, dataset.classes, dataset.length, generator)


def do(path: Path, task: Task) -> Arrays:
    """Do one task with the data at ``path``: arrays, ``seconds`` among them.

    What a short training or a rival stumbles over is told in ``failed``, unless the machine lacked something: one model
    that cannot be trained ends nothing.
    """
    told = room(path)
    if task.kind == "propose":
        shape = told.dataset.channels, told.dataset.classes, told.dataset.length
        return {"rows": candidates.propose(*shape, task.limit, task.seed, 0, task.scored)}
    work = {"short": _short, "linear": _linear, "final": _final, "pace": _pace, "rival": _rival}[task.kind]
    try:
        return work(told.dataset, told.benches[task.bench], task)
    except Exception as error:
        if task.kind == "final" or lacked(error) or not isinstance(error, LucioleError | ValueError | RuntimeError):
            raise
        return {"failed": np.array(str(error).splitlines()[0]), "accuracy": np.array(0.0), "seconds": np.array(0.0)}


def _judged(answers: NDArray, dataset: Dataset, rows: NDArray, seconds: float) -> Arrays:
    report = Report.of(answers, dataset.y[rows], np.zeros(len(rows), dtype=np.int64), dataset.classes)
    numbers = {"accuracy": report.accuracy, "macro_f1": report.macro_f1, "seconds": seconds}
    return {name: np.array(value) for name, value in numbers.items()}


def _trained(dataset: Dataset, rows: NDArray, task: Task) -> tuple[Learner, nn.Module, float]:
    taught, network = learner(dataset, rows, task.steps), build(task, dataset)
    begun = time.perf_counter()  # what is planned by is the clock's time, on a machine that has other work too
    taught.fit(network, torch.Generator().manual_seed(task.seed))
    return taught, network, time.perf_counter() - begun


def _short(dataset: Dataset, bench: Bench, task: Task) -> Arrays:
    taught, network, seconds = _trained(dataset, bench.train, task)
    answers = taught.answers(network, dataset.X[bench.validation]).argmax(axis=1)
    return _judged(answers, dataset, bench.validation, seconds)


def _fitted(dataset: Dataset, rows: NDArray, task: Task) -> tuple[Learner, nn.Module]:
    taught = learner(dataset, rows, 1)
    windows = torch.from_numpy(taught.normalisation(dataset.X[rows]))
    return taught, linear.fit(task.model, windows, torch.from_numpy(dataset.y[rows]), dataset.classes)


def _linear(dataset: Dataset, bench: Bench, task: Task) -> Arrays:
    taught, network = _fitted(dataset, bench.train, task)
    answers = taught.answers(network, dataset.X[bench.validation]).argmax(axis=1)
    return _judged(answers, dataset, bench.validation, 0.0)


def _final(dataset: Dataset, bench: Bench, task: Task) -> Arrays:
    """Train on all that is not tested, answer for the test windows, and keep the weights."""
    if task.model in linear.KINDS:
        taught, network = _fitted(dataset, bench.learnt, task)
        seconds = 0.0
    else:
        taught, network, seconds = _trained(dataset, bench.learnt, task)
    answers = np.zeros(0, dtype=np.int64)
    if len(bench.test):
        answers = taught.answers(network, dataset.X[bench.test]).argmax(axis=1)
    weights = {f"weight {name}": value.numpy() for name, value in network.state_dict().items()}
    constants = {"mean": taught.normalisation.mean, "deviation": taught.normalisation.deviation}
    return {"answers": answers, "seconds": np.array(seconds), **constants, **weights}


def _pace(dataset: Dataset, bench: Bench, task: Task) -> Arrays:
    _, network, seconds = _trained(dataset, bench.train, task)
    counted = count(network, (dataset.channels, dataset.length))
    numbers = {"step": seconds / task.steps, "macs": counted.macs, "parameters": counted.parameters, "seconds": seconds}
    return {name: np.array(value) for name, value in numbers.items()}


def _rival(dataset: Dataset, bench: Bench, task: Task) -> Arrays:
    if task.model in BASELINES:
        taught, network, seconds = _trained(dataset, bench.learnt, task)
        answers = taught.answers(network, dataset.X[bench.test]).argmax(axis=1)
        return {"answers": answers, "seconds": np.array(seconds)}
    answer = rivals.fit(task.model, dataset.X[bench.learnt], dataset.y[bench.learnt], task.seed)
    return {"answers": answer(dataset.X[bench.test]), "seconds": np.array(0.0)}


def restore(piece: Arrays, genes: tuple[int, ...], dataset: Dataset) -> tuple[networks.Network, Normalisation]:
    """The network of a final training, with its weights and the constants that it was trained under."""
    network = networks.build(np.array(genes), dataset.channels, dataset.classes, torch.Generator().manual_seed(0))
    named = {key.removeprefix("weight "): value for key, value in piece.items() if key.startswith("weight ")}
    state = {name: torch.from_numpy(value) for name, value in named.items()}
    network.load_state_dict(state)
    return network.eval(), Normalisation(piece["mean"], piece["deviation"])
