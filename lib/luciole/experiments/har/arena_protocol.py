"""The protocol of WHAR Arena, the field's own contest of activity recognition, on UCI HAR and HAPT, to the letter.

Burzer, King, Riedel, Beigl and Röddiger, *WHAR Arena*, arXiv 2606.13194 (2026); what stands here was read in its
repositories (whar-arena at 45a39e0, whar-datasets at 06c181c):

* *Windows* of 3 s at the set's own rate, half overlapping, none across the border of a recording, which is a stretch of
  one person and activity. A window needs one sample more than 3 s behind its start: a stretch of exactly 150 samples at
  50 Hz gives none.
* *UCI HAR* is a stream again: the first half of each published window, in the published order, nine channels. *HAPT* is
  the raw recordings, six channels, twelve classes, each labelled stretch a recording.
* *Groups*: people sorted by number, person i in group i mod 10; each group is tested once, by what was trained on the
  others, of whose windows a fifth, drawn, is validation. Those overlap with training windows and are of the same
  people: they may stop a training, and choose nothing. What is chosen is chosen by :func:`inner`, which parts the
  training people, anew for each group, or on another data set.
* *Normalisation* of each channel by all training windows of the fold.
* *Macro-F1* is over all classes of the set; one that the tested people never show counts 0 (:func:`macro_f1`), where
  scikit-learn would leave it out.

A contestant is handed a :class:`Lesson`, which holds nothing of the people it is tested on; :func:`blind` finds one
that looked elsewhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from luciole.datasets import hapt, splits, uci_har
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import Normalisation, cut
from luciole.errors import LucioleError

SECONDS, OVERLAP = 3.0, 0.5
GROUPS = 10
VALIDATION = 0.2  # of the windows that are not tested
SEED = 0  # of which of them

Predictor = Callable[[NDArray[np.float32]], NDArray[np.int64]]  # normalised windows (n, channels, time) -> classes


@dataclass(frozen=True)
class Lesson:
    """What a contestant may learn from, normalised: windows of the people of nine groups."""

    X: NDArray[np.float32]  # (n, channels, time)
    y: NDArray[np.int64]
    subject: NDArray[np.int64]
    stopping: NDArray[np.bool_]  # windows that may stop a training and are not trained on
    classes: int
    hz: float


Contestant = Callable[[Lesson], Predictor]


def _halves() -> Iterator[tuple[NDArray, int, int]]:
    """UCI HAR as a stream: signal (time, 9), person and activity of each recording."""
    dataset = uci_har.load()
    assert dataset.subject is not None
    ends = np.flatnonzero((np.diff(dataset.subject) != 0) | (np.diff(dataset.y) != 0)) + 1
    for rows in np.split(np.arange(len(dataset)), ends):
        halves = dataset.X[rows, :, : dataset.length // 2]
        yield np.concatenate(list(halves), axis=1).T, int(dataset.subject[rows[0]]), int(dataset.y[rows[0]])


def _stretches() -> Iterator[tuple[NDArray, int, int]]:
    """HAPT's labelled stretches: signal (time, 6), person and activity of each."""
    for one in hapt.recordings():
        ends = np.flatnonzero(np.diff(one.labels)) + 1
        for rows in np.split(np.arange(len(one.labels)), ends):
            if one.labels[rows[0]] >= 0:
                yield one.signal[rows], one.subject, int(one.labels[rows[0]])


SETS: dict[str, Callable[[], Iterator[tuple[NDArray, int, int]]]] = {"uci_har": _halves, "hapt": _stretches}
TRANSITIONS = ("STAND_TO_SIT", "SIT_TO_STAND", "SIT_TO_LIE", "LIE_TO_SIT", "STAND_TO_LIE", "LIE_TO_STAND")
NAMED = {
    "uci_har": (uci_har.CLASSES, uci_har.CHANNELS),
    "hapt": ((*uci_har.CLASSES, *TRANSITIONS), hapt.CHANNELS),
}
HZ = 50.0  # of both


@cache
def load(name: str) -> Dataset:
    """A data set in the windows of the contest, not yet normalised; LucioleError for one that is not here."""
    if name not in SETS:
        raise LucioleError(f"expected a data set of the contest among {', '.join(SETS)}, got {name!r}")
    return windows(name, SETS[name](), *NAMED[name], HZ)


def windows(
    name: str,
    recordings: Iterator[tuple[NDArray, int, int]],
    classes: tuple[str, ...],
    channels: tuple[str, ...],
    hz: float,
) -> Dataset:
    """Cut recordings, each (signal (time, channels), person, activity), as the contest does."""
    size = round(SECONDS * hz)
    hop = round(size * (1 - OVERLAP))
    X, y, subject, recording = [], [], [], []
    for number, (signal, person, activity) in enumerate(recordings):
        pieces = cut(signal[:-1], size, hop)
        X.append(pieces)
        y.append(np.full(len(pieces), activity))
        subject.append(np.full(len(pieces), person))
        recording.append(np.full(len(pieces), number))
    return Dataset(
        name,
        np.concatenate(X),
        np.concatenate(y),
        classes,
        channels,
        hz=hz,
        subject=np.concatenate(subject),
        recording=np.concatenate(recording),
    )


def groups(dataset: Dataset) -> NDArray[np.int64]:
    """The group of each window's person; LucioleError for fewer people than groups."""
    who = splits.groups(dataset)
    people = np.unique(who)
    if len(people) < GROUPS:
        raise LucioleError(f"{dataset.name}: expected {GROUPS} people or more for ten groups, got {len(people)}")
    return np.searchsorted(people, who) % GROUPS


def fold(dataset: Dataset, group: int) -> tuple[Lesson, NDArray[np.float32], NDArray[np.int64]]:
    """What may be learnt from when ``group`` is tested; its windows, normalised alike, and their classes."""
    tested = groups(dataset) == group
    assert dataset.subject is not None
    assert dataset.hz is not None
    rest = np.flatnonzero(~tested)
    stopping = np.zeros(len(rest), dtype=bool)
    stopping[np.random.default_rng(SEED).permutation(len(rest))[: round(VALIDATION * len(rest))]] = True
    constants = Normalisation.fit(dataset.X[rest[~stopping]])
    lesson = Lesson(
        X=constants(dataset.X[rest]),
        y=dataset.y[rest],
        subject=dataset.subject[rest],
        stopping=stopping,
        classes=dataset.classes,
        hz=dataset.hz,
    )
    return lesson, constants(dataset.X[tested]), dataset.y[tested]


def inner(lesson: Lesson, parts: int = 3) -> Iterator[tuple[Lesson, NDArray[np.float32], NDArray[np.int64]]]:
    """Folds by people inside a lesson, to choose by: people sorted by number, person i in part i mod ``parts``."""
    part = np.searchsorted(np.unique(lesson.subject), lesson.subject) % parts
    for one in range(parts):
        kept, held = part != one, part == one
        yield (
            replace(
                lesson,
                X=lesson.X[kept],
                y=lesson.y[kept],
                subject=lesson.subject[kept],
                stopping=lesson.stopping[kept],
            ),
            lesson.X[held],
            lesson.y[held],
        )


def confusion(true: NDArray, predicted: NDArray, classes: int) -> NDArray[np.int64]:
    """Counts (true class, predicted class).

    >>> confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    return np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)


def macro_f1(counts: NDArray) -> float:
    """The contest's macro-F1 of confusion counts: over all classes, 0 for one that never occurs.

    >>> macro_f1(np.array([[3, 0, 0], [0, 2, 0], [0, 0, 0]]))
    0.6666666666666666
    """
    right = np.diag(counts)
    sizes = counts.sum(axis=0) + counts.sum(axis=1)
    return float(np.mean(2 * right / np.maximum(sizes, 1)))


def blind(contestant: Contestant, dataset: Dataset, group: int) -> bool:
    """Whether a contestant answers the same when what it must not see is taken away: the tested people's windows.

    It is trained twice, the second time while the data set holds noise and other labels in their place. One that read
    them by another way than its lesson answers otherwise. The data set's arrays are as they were afterwards.
    """
    lesson, X, _ = fold(dataset, group)
    before = contestant(lesson)(X)
    tested = groups(dataset) == group
    kept = dataset.X[tested], dataset.y[tested]
    rng = np.random.default_rng(SEED)
    try:
        dataset.X[tested] = rng.normal(size=kept[0].shape)
        dataset.y[tested] = rng.permutation(kept[1])
        return bool(np.array_equal(contestant(fold(dataset, group)[0])(X), before))
    finally:
        dataset.X[tested], dataset.y[tested] = kept
