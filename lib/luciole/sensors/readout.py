"""Small networks that read statistics of a window: which statistics, and what reads them, is a design to be searched.

A design is a row of integers: for each of seven families of statistics whether it is kept, the hidden units of a small
network, whether a linear discriminant answers beside it (their log-probabilities are added; without hidden units it is
alone), the small network's decay of weights, and whether its loss weighs rare classes as much as others. What the
statistics cost counts into a design's multiplications, so that a search may leave out what is dear.

>>> space = Space(channels=3, length=150, classes=6, limit=10_000)
>>> rows = space.sample(np.random.default_rng(0), 4)
>>> rows.shape == (4, len(SIZES)), bool((space.multiplications(rows) <= 10_000).all())
(True, True)
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from luciole.errors import LucioleError, extra
from luciole.networks.statistics import KINDS, PARTS, SPANS, Statistics
from luciole.sensors.features import BANDS, features
from luciole.spaces import Rows

FAMILIES = ("level", "quarters", "spans", "extremes", "neighbours", "bands", "pairs")
HIDDEN = (0, 16, 32, 64, 128)  # units; 0: the linear discriminant alone
DECAY = (0.01, 0.1, 1.0)
SIZES = (*[2] * len(FAMILIES), len(HIDDEN), 2, len(DECAY), 2)  # choices of each number of a design
EPOCHS, BATCH, RATE, DROPOUT = 20, 256, 3e-3, 0.5
TRIES = 1000  # draws of a design until one is within the limit
FLOOR = 1e-6  # of a deviation: a statistic that never changes stays finite

Reader = Callable[[Mapping[str, NDArray]], NDArray[np.float64]]  # families -> log-probabilities (n, classes)


def described(X: NDArray) -> dict[str, NDArray[np.float32]]:
    """The families of statistics of windows (n, channels, time), each (n, numbers), none of them twice."""
    channels, windows = X.shape[1], torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32))
    families = {}
    with torch.no_grad():
        families["level"] = Statistics(())(windows).numpy()
        for kind in KINDS:  # means, its own plain numbers, two logarithms of the level, its own logarithms
            numbers = Statistics((kind,))(windows).numpy()
            logarithms = {"quarters": 2 * PARTS, "spans": len(SPANS) - 1}.get(kind, 0) * channels
            plain = numbers.shape[1] - 3 * channels - logarithms
            own = [*range(channels, channels + plain), *range(numbers.shape[1] - logarithms, numbers.shape[1])]
            families[kind] = numbers[:, own]
    by_hand, bands = features(X), (len(BANDS) - 1) * channels  # of five numbers a channel before them, the level's
    families["bands"], families["pairs"] = np.split(by_hand[:, 5 * channels :], [bands], axis=1)
    return families


@dataclass(frozen=True)
class Space:
    """Designs for windows of so many channels, samples and classes, within a limit of multiplications a window."""

    channels: int
    length: int
    classes: int
    limit: int

    def __post_init__(self) -> None:
        cheapest = np.zeros((1, len(SIZES)), dtype=np.int8)
        cheapest[0, FAMILIES.index("extremes")] = 1
        least = int(self.multiplications(cheapest)[0])
        if least > self.limit:
            raise LucioleError(
                f"expected a limit of at least {least:,} multiplications a window, which the smallest design takes, "
                f"got {self.limit:,}; raise it"
            )

    def _told(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of each family, and the multiplications that it takes by itself."""
        C, L = self.channels, self.length
        neighbours, pairs = max(0, C - 1) + max(0, C - 2), C * (C - 1) // 2
        numbers = [3 * C, 3 * PARTS * C, (len(SPANS) - 1) * C, 2 * C, neighbours, (len(BANDS) - 1) * C, pairs]
        fourier = C * (round(2 * L * math.log2(L)) + L)  # products of a fast one, by convention, and squares
        products = [2 * L * C, 2 * L * C, (len(SPANS) - 1) * L * C, 0, L * (C + neighbours), fourier, L * (C + pairs)]
        return np.array(numbers), np.array(products)

    def multiplications(self, rows: Rows) -> NDArray[np.int64]:
        """Count those of designs (n, numbers of a design) for one window: statistics, scaling and both readers.

        Families share nothing in this count: a program that computes squares of steps once for two of them takes less.
        Logarithms, roots and divisions are not counted, as nowhere in this study.
        """
        numbers, products = self._told()
        kept = rows[:, : len(FAMILIES)]
        width, hidden = kept @ numbers, np.array(HIDDEN)[rows[:, len(FAMILIES)]]
        linear = (rows[:, len(FAMILIES) + 1] == 1) | (hidden == 0)
        read: NDArray[np.int64] = kept @ products + width * (1 + hidden + linear * self.classes) + hidden * self.classes
        return read

    def valid(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether designs keep a family of statistics and are within the limit."""
        within: NDArray[np.bool_] = rows[:, : len(FAMILIES)].any(axis=1) & (self.multiplications(rows) <= self.limit)
        return within

    def sample(self, rng: np.random.Generator, n: int) -> Rows:
        """Draw ``n`` designs within the limit, each number evenly among its choices."""
        kept = np.empty((0, len(SIZES)), dtype=np.int8)
        for _ in range(TRIES):
            drawn = rng.integers(SIZES, size=(max(64, 4 * n), len(SIZES)), dtype=np.int8)
            kept = np.concatenate([kept, drawn[self.valid(drawn)]])
            if len(kept) >= n:
                return kept[:n]
        raise LucioleError(f"of {TRIES:,} draws of designs too few are within {self.limit:,} multiplications; raise it")

    def mutate(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Change one number of each design, two at times, until it is another one within the limit."""
        changed = rows.copy()
        for number, row in enumerate(rows):
            for _ in range(TRIES):
                new = row.copy()
                for place in rng.choice(len(SIZES), size=rng.integers(1, 3), replace=False):
                    new[place] = rng.integers(SIZES[place])
                if (new != row).any() and self.valid(new[None])[0]:
                    changed[number] = new
                    break
        return changed


def text(row: NDArray) -> str:
    """A design in words.

    >>> text(np.array([1, 0, 1, 0, 0, 0, 0, 3, 1, 0, 0]))
    'level, spans: 64 hidden units + linear'
    """
    hidden, linear = HIDDEN[row[len(FAMILIES)]], row[len(FAMILIES) + 1]
    read = ([f"{hidden} hidden units"] if hidden else []) + (["linear"] if linear or not hidden else [])
    return f"{', '.join(name for name, kept in zip(FAMILIES, row, strict=False) if kept)}: {' + '.join(read)}"


def _joined(row: NDArray, families: Mapping[str, NDArray]) -> NDArray[np.float32]:
    kept = [families[name] for name, keep in zip(FAMILIES, row, strict=False) if keep]
    return np.concatenate(kept, axis=1, dtype=np.float32)


def train(row: NDArray, families: Mapping[str, NDArray], y: NDArray, classes: int, seed: int) -> Reader:
    """Train a design on the statistics of windows and their classes (n,); what is returned answers for others."""
    hidden, linear, decay, weighed = row[len(FAMILIES) :]
    learnt = _joined(row, families)
    mean, deviation = learnt.mean(axis=0), learnt.std(axis=0) + FLOOR
    learnt = (learnt - mean) / deviation
    readers = []
    if HIDDEN[hidden]:
        readers.append(_network(learnt, y, classes, HIDDEN[hidden], DECAY[decay], bool(weighed), seed))
    if linear or not HIDDEN[hidden]:
        readers.append(_discriminant(learnt, y, classes))

    def read(families: Mapping[str, NDArray]) -> NDArray[np.float64]:
        scaled = (_joined(row, families) - mean) / deviation
        answer: NDArray[np.float64] = np.sum([reader(scaled) for reader in readers], axis=0)
        return answer

    return read


def _network(
    X: NDArray, y: NDArray, classes: int, hidden: int, decay: float, weighed: bool, seed: int
) -> Callable[[NDArray], NDArray]:
    """One hidden layer, AdamW, one cycle of the rate, a fixed number of epochs."""
    inputs, wanted = torch.from_numpy(X), torch.from_numpy(np.asarray(y, dtype=np.int64))
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Linear(X.shape[1], hidden), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(hidden, classes)
        )
        steps = EPOCHS * math.ceil(len(X) / BATCH)
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
        weight = len(y) / classes / torch.bincount(wanted, minlength=classes).clamp(min=1) if weighed else None
        for _ in range(EPOCHS):
            for some in torch.randperm(len(X), generator=generator).split(BATCH):
                loss = nn.functional.cross_entropy(network(inputs[some]), wanted[some], weight=weight)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
    network.eval()

    def read(X: NDArray) -> NDArray:
        with torch.no_grad():
            answer: NDArray = torch.log_softmax(network(torch.from_numpy(X)), dim=1).numpy()
        return answer

    return read


def _discriminant(X: NDArray, y: NDArray, classes: int) -> Callable[[NDArray], NDArray]:
    """scikit-learn's linear discriminant, shrunk; a class that was never shown gets no chance."""
    with extra("sensors"):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(X, y)

    def read(X: NDArray) -> NDArray:
        answer = np.full((len(X), classes), -math.inf)
        answer[:, fitted.classes_] = fitted.predict_log_proba(X)
        return answer

    return read
