"""The whole way on any sensor data set: parts, training-free search, short trainings, comparison, streams.

What chapter 7 does on the data set it is given, and what a script of yours may do on yours::

    study = Study(load("path/to/mine.npz"), limit=50_000)
    fitness, history = study.search(scored=100)
    short = study.audition(leaders(history, 4), epochs=3)
    contest = study.contest(choose(short), names=["MLP"], epochs=10, seeds=range(3))

Every choice is made on the validation people; the test people are read in :meth:`Study.contest` alone.

>>> rng = np.random.default_rng(0)
>>> y = rng.integers(2, size=120)
>>> X = np.sin((0.3 + 0.5 * y)[:, None, None] * np.arange(32) + rng.uniform(0, 6, size=(120, 3, 1)))
>>> toy = Dataset("toy", X, y, ("slow", "fast"), ("x", "y", "z"), hz=20.0, subject=np.arange(120) % 6)
>>> study = Study(toy, limit=5_000, settings=Settings(Recipe(epochs=1, batch=16)))
>>> study.parts()["people"].tolist()
[4, 1, 1]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import datasets, files
from luciole.costs.counts import count
from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError, extra
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.networks.statistics import multiplications
from luciole.search import SEARCHERS, Budget, History, Objective
from luciole.sensors.features import features
from luciole.sensors.search import Fitness, tell
from luciole.sensors.training import Learner, Report, Settings
from luciole.spaces import Rows, har1d
from luciole.training import Recipe

with extra("sensors"):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

FOUND = "found"  # what the chosen design is called in a contest
CLASSICAL = ("logistic regression", "random forest")  # on features made by hand


def load(name_or_path: str, hz: float | None = None) -> Dataset:
    """Load a data set by name, or your own by a path, relative to where you are or to the study's folder.

    ``hz`` is the rate of CSV files without a column of times.
    """
    options = {"hz": hz} if hz else {}
    if name_or_path not in datasets.DATASETS and not Path(name_or_path).exists():
        inside = files.root() / name_or_path
        return datasets.load(inside if inside.exists() else name_or_path, **options)
    return datasets.load(name_or_path, **options)


@dataclass(frozen=True)
class Contest:
    """What :meth:`Study.contest` found: a table of models and seeds, people, and the first seed's networks."""

    table: pd.DataFrame  # model, seed, accuracy, macro_f1, macs, parameters, seconds
    people: pd.DataFrame  # model, seed, subject, accuracy
    networks: dict[str, nn.Module]
    learner: Learner  # with the constants that the networks were trained under
    confusion: NDArray[np.int64]  # of the network found, summed over seeds


@dataclass(frozen=True)
class Study:
    """A data set with its parts, a limit of multiply-accumulates, and how networks are trained.

    Raises LucioleError for fewer than three people, or a validation or test part without windows.
    """

    dataset: Dataset
    limit: int
    settings: Settings = field(default_factory=lambda: Settings(Recipe(epochs=10)))
    seed: int = 0

    @property
    def split(self) -> splits.Split:
        """Rows of the three parts, which share no person."""
        return splits.by_subject(self.dataset, seed=self.seed)

    def parts(self) -> pd.DataFrame:
        """Windows, people and classes of each part."""
        groups, split = splits.groups(self.dataset), self.split
        rows = {name: getattr(split, name) for name in ("train", "validation", "test")}
        return pd.DataFrame(
            {
                name: {
                    "windows": len(part),
                    "people": len(np.unique(groups[part])),
                    "classes": len(np.unique(self.dataset.y[part])),
                }
                for name, part in rows.items()
            }
        ).T

    def _settings(self, epochs: int, rows: NDArray) -> Settings:
        recipe = self.settings.recipe
        batch = max(2, min(recipe.batch, len(rows) // 4))
        return replace(self.settings, recipe=replace(recipe, epochs=epochs, batch=batch, windows=None))

    def search(
        self, scored: int, reference: int = 32, k: float = 2.0, searcher: str = "luciole"
    ) -> tuple[Fitness, History]:
        """Score ``scored`` designs without training any, and return the fitness and what the search did."""
        rng = np.random.default_rng(self.seed)
        batch, _ = Learner.of(self.dataset, self.split.train, self._settings(1, self.split.train)).sample(32, rng)
        fitness = Fitness(batch, self.dataset.classes, self.limit, rng, reference=reference, k=k)
        allowed: dict[str, Any] = {"allowed": fitness.allowed} if searcher == "luciole" else {}
        objective = Objective(fitness, key=har1d.canonical)
        history = SEARCHERS[searcher](har1d, objective, Budget(evaluations=scored), rng, **allowed)
        return fitness, history

    def audition(self, rows: Rows, epochs: int) -> pd.DataFrame:
        """Train designs for a short while; accuracy and macro-F1 on the validation people, the best first."""
        learner = Learner.of(self.dataset, self.split.train, self._settings(epochs, self.split.train))
        told = []
        for row in rows:
            network = self.build(FOUND, row, 0)
            seconds = learner.fit(network, torch.Generator().manual_seed(self.seed))
            report = learner.judge(network, self.dataset, self.split.validation)
            told.append(
                {
                    "design": tell(row),
                    "macs": self.macs(network),
                    "accuracy": report.accuracy,
                    "macro_f1": report.macro_f1,
                    "seconds": seconds,
                    "genotype": tuple(row.tolist()),
                }
            )
        return pd.DataFrame(told).sort_values("accuracy", ascending=False, kind="stable")

    def build(self, name: str, row: Sequence[int] | Rows, seed: int) -> nn.Module:
        """A hand-made network by its name, or the one of a genotype."""
        generator = torch.Generator().manual_seed(seed)
        data = self.dataset
        if name in BASELINES:
            return BASELINES[name](data.channels, data.classes, data.length, generator)
        return networks.build(np.asarray(row), data.channels, data.classes, generator)

    def macs(self, network: nn.Module) -> int:
        """Multiply-accumulates of one window, those of the statistics included."""
        data = self.dataset
        unseen = isinstance(network, networks.Network) and network.statistics is not None
        extra = multiplications(data.channels, data.length) if unseen else 0
        return count(network, (data.channels, data.length)).macs + extra

    def contest(self, row: Sequence[int], names: Iterable[str], epochs: int, seeds: Iterable[int]) -> Contest:
        """Train the design and the models ``names`` on train and validation together, and read the test people once.

        ``names`` are of :data:`luciole.networks.har_baselines.BASELINES` or :data:`CLASSICAL`.
        """
        split = self.split
        rows = np.sort(np.concatenate([split.train, split.validation]))
        learner = Learner.of(self.dataset, rows, self._settings(epochs, rows))
        told, people = [], []
        kept: dict[str, nn.Module] = {}
        confusion = np.zeros((self.dataset.classes, self.dataset.classes), dtype=np.int64)
        known = (FOUND, *BASELINES, *CLASSICAL)
        for seed in seeds:
            for name in (FOUND, *names):
                if name not in known:
                    raise LucioleError(f"no model {name!r} to compare with; there are: {', '.join(known[1:])}")
                if name in CLASSICAL:
                    report, macs, parameters, seconds = self._classical(name, rows, seed), np.nan, np.nan, np.nan
                else:
                    network = self.build(name, row, seed)
                    seconds = learner.fit(network, torch.Generator().manual_seed(seed))
                    report = learner.judge(network, self.dataset, split.test)
                    macs, parameters = self.macs(network), sum(weight.numel() for weight in network.parameters())
                    kept.setdefault(name, network.eval())
                if name == FOUND:
                    confusion += report.confusion
                measured = {"accuracy": report.accuracy, "macro_f1": report.macro_f1, "seconds": seconds}
                told.append({"model": name, "seed": seed, "macs": macs, "parameters": parameters, **measured})
                people += [
                    {"model": name, "seed": seed, "subject": who, "accuracy": accuracy}
                    for who, accuracy in report.subjects.items()
                ]
        return Contest(pd.DataFrame(told), pd.DataFrame(people), kept, learner, confusion)

    def _classical(self, name: str, rows: NDArray, seed: int) -> Report:
        test, data = self.split.test, self.dataset
        model = (
            RandomForestClassifier(100, random_state=seed)
            if name == "random forest"
            else make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
        )
        answers = model.fit(features(data.X[rows]), data.y[rows]).predict(features(data.X[test]))
        return Report.of(answers, data.y[test], splits.groups(data)[test], data.classes)


def choose(short: pd.DataFrame) -> tuple[int, ...]:
    """The genotype that the validation people's accuracy prefers in :meth:`Study.audition`'s table."""
    best: tuple[int, ...] = short["genotype"].iloc[0]
    return best


def shift(X: NDArray) -> int:
    """Samples from one window to the next, found by where the second repeats the first; its length if nowhere.

    >>> shift(np.arange(40.0)[None, None, :8] + 2 * np.arange(3)[:, None, None])
    2
    """
    length = X.shape[2]
    for step in range(1, length if len(X) > 1 else 1):
        if np.array_equal(X[0, :, step:], X[1, :, : length - step]):
            return step
    return length


def streams(dataset: Dataset, rows: NDArray[np.int64]) -> list[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Put the windows of each person end to end, what they repeat left out: [(signal (time, C), labels (time,))].

    Recordings follow one another without a pause, so the joints are artificial: this is a stand-in for a
    continuous recording where there is none.
    """
    made = []
    groups = splits.groups(dataset)
    for who in np.unique(groups[rows]):
        mine = rows[groups[rows] == who]
        of = groups[mine] if dataset.recording is None else dataset.recording[mine]
        signal, labels = [], []
        for recording in dict.fromkeys(of.tolist()):
            inside = mine[of == recording]
            X, step = dataset.X[inside], shift(dataset.X[inside])
            pieces = [X[0], *(window[:, -step:] for window in X[1:])]
            signal += [piece.T for piece in pieces]
            labels += [np.full(piece.shape[1], label) for piece, label in zip(pieces, dataset.y[inside], strict=True)]
        made.append((np.concatenate(signal), np.concatenate(labels)))
    return made
