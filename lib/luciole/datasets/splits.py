"""Who is trained on and who is tested: parts that share no subject, and no recording.

Overlapping windows of one recording are nearly copies of each other, and one person walks like himself; a split
by window therefore measures memory, not recognition (Hammerla and Plötz, UbiComp 2015). Three parts are needed
as soon as anything is chosen: train, validation (choose here) and test (touched once).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, TRAIN, VALIDATION, Dataset
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts of a data set."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """The three parts, normalised by the training part's constants: what a training loop takes."""

    train: tuple[NDArray[np.float32], NDArray[np.int64]]
    validation: tuple[NDArray[np.float32], NDArray[np.int64]]
    test: tuple[NDArray[np.float32], NDArray[np.int64]]
    normalisation: Normalisation


def groups(dataset: Dataset) -> NDArray[np.int64]:
    """Return the number, a window, that must stay on one side: its subject, or its recording where nobody is named.

    Raises LucioleError when neither is known: a split by window would leak, so none is made.
    """
    if dataset.subject is not None:
        return dataset.subject
    if dataset.recording is not None:
        return dataset.recording
    raise LucioleError(
        f"{dataset.name}: expected `subject` or `recording` for each window, to split by; got neither; "
        "add one (a split by window would put near-copies on both sides)"
    )


def by_subject(
    dataset: Dataset, seed: int = 0, validation: float = 0.2, test: float = 0.2, official: bool = True
) -> Split:
    """Split into subject-disjoint train, validation and test parts.

    Parameters
    ----------
    seed: which subjects go where; the same seed, the same split.
    validation, test: share of the subjects, at least one subject each.
    official: take the published test subjects where the data set has them; the validation subjects are then drawn
        among the published training subjects.

    Raises LucioleError when there are fewer than three subjects (recordings), when a subject is on two sides of the
    published split, or when that has nothing to train on or to test on.

    >>> from luciole.datasets.dataset import Dataset
    >>> data = Dataset("toy", np.zeros((10, 1, 4)), np.zeros(10), ("a",), ("x",), subject=np.repeat(range(5), 2))
    >>> split = by_subject(data)
    >>> sorted(len(np.unique(data.subject[part])) for part in (split.train, split.validation, split.test))
    [1, 1, 3]
    """
    group = groups(dataset)
    rng = np.random.default_rng(seed)
    everyone = np.unique(group)
    if official and dataset.official is not None:
        tested = np.unique(group[dataset.official == TEST])
        chosen = np.unique(group[dataset.official == VALIDATION])
        for side in (TEST, VALIDATION):
            here = dataset.official == side
            both = np.intersect1d(group[here], group[~here])
            if len(both):
                raise LucioleError(f"{dataset.name}: subject {both[0]} is on both sides of its official split")
        if not {TRAIN, TEST} <= {*dataset.official.tolist()}:
            raise LucioleError(
                f"{dataset.name}: expected training and test windows in its official split; pass official=False"
            )
    else:
        tested = _draw(rng, everyone, test, 2, dataset.name)
        chosen = everyone[:0]
    if not len(chosen):
        left = np.setdiff1d(everyone, tested)
        chosen = _draw(rng, left, validation * len(everyone) / len(left), 1, dataset.name)
    part = np.full(len(group), TRAIN)
    part[np.isin(group, chosen)] = VALIDATION
    part[np.isin(group, tested)] = TEST
    return Split(*(np.flatnonzero(part == value) for value in (TRAIN, VALIDATION, TEST)))


def _draw(rng: np.random.Generator, among: NDArray, share: float, leave: int, name: str) -> NDArray:
    """Draw a share of the subjects, at least one, and leave at least ``leave`` for the other parts."""
    if len(among) <= leave:
        raise LucioleError(f"{name}: expected at least 3 subjects (or recordings) for three disjoint parts; got fewer")
    count = min(max(1, round(share * len(among))), len(among) - leave)
    return np.sort(rng.permutation(among)[:count])


def leave_one_subject_out(dataset: Dataset, seed: int = 0, validation: float = 0.2) -> Iterator[tuple[int, Split]]:
    """Give (subject, split) once a subject: it is the test part, others drawn with ``seed`` the validation part."""
    group = groups(dataset)
    for subject in np.unique(group):
        others = np.setdiff1d(np.unique(group), [subject])
        chosen = _draw(np.random.default_rng((seed, int(subject))), others, validation, 1, dataset.name)
        inside = np.isin(group, chosen)
        tested = group == subject
        yield (
            int(subject),
            Split(np.flatnonzero(~inside & ~tested), np.flatnonzero(inside), np.flatnonzero(tested)),
        )


def parts(dataset: Dataset, split: Split) -> Parts:
    """Cut a data set into its parts, each normalised with the constants of the training part alone."""
    normalisation = Normalisation.fit(dataset.X[split.train])

    def part(rows: NDArray) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return normalisation(dataset.X[rows]), dataset.y[rows]

    return Parts(part(split.train), part(split.validation), part(split.test), normalisation)
