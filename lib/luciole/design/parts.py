"""Who is learnt from, chosen by and tested: a bench for every estimate, and what all that means in plain words.

A *bench* is one whole design with people of its own: designs learn from ``train``, are chosen on ``validation``, learn
again from both, and answer for ``test``. Nobody stands in two of the three:

* a published split stays as it is;
* many people: one bench, whose network is also the one delivered;
* few people: everybody is tested once, on a bench that never saw them (grouped folds); the network delivered comes
  from one more bench, which learns from all and tests nobody;
* nobody is named, or one person alone: recordings take the place of people;
* too few recordings: blocks of time, with a gap where windows share samples.

>>> rng = np.random.default_rng(0)
>>> X, y, who = rng.normal(size=(40, 1, 8)), np.arange(40) % 2, np.arange(40) // 10
>>> data = Dataset("toy", X, y, ("a", "b"), ("x",), subject=who)
>>> parts = part(data)
>>> parts.level, len(parts.benches), parts.benches[0].test.size
('people', 5, 0)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, VALIDATION, Dataset
from luciole.design.dealing import counts, deal
from luciole.errors import LucioleError
from luciole.sensors.study import shift

Level = Literal["people", "recordings", "blocks"]
Rows = NDArray[np.int64]

SHARES = (0.6, 0.2, 0.2)  # train, validation, test
INNER = (0.75, 0.25)  # train, validation, of those who are not tested
WORTH = (4.0, 1.0, 2.0)  # how bad a class is that a part lacks
ALONE = 6  # people, at most, who are tested one at a time: every bench takes its share of the minutes
FEW = 20  # people, at most, who are tested in folds
FOLDS = 5
LOOKED = 40  # neighbouring windows that are looked at for what they share


@dataclass(frozen=True)
class Bench:
    """Rows of the windows of one whole design."""

    train: Rows
    validation: Rows
    test: Rows

    @property
    def learnt(self) -> Rows:
        """What the final trainings learn from."""
        return np.sort(np.concatenate([self.train, self.validation]))


@dataclass(frozen=True)
class Parts:
    """All benches, the one of the delivered network first."""

    benches: tuple[Bench, ...]
    level: Level
    unit: Rows  # (n,) of which person, recording or block each window is
    published: bool
    said: tuple[str, ...]  # in plain words

    @property
    def folds(self) -> bool:
        """Whether the delivered network is not itself tested, since everybody taught it."""
        return len(self.benches) > 1

    @property
    def tested(self) -> Rows:
        """Rows of all windows that some bench tests."""
        return np.sort(np.concatenate([bench.test for bench in self.benches]))


def part(dataset: Dataset, seed: int = 0) -> Parts:
    """Make the benches of a data set; the same seed, the same benches.

    Raises LucioleError for a published split with a person on both sides or without a side, and where there are too
    few windows for three parts.
    """
    rng = np.random.default_rng(seed)
    everything = np.arange(len(dataset))
    if dataset.official is not None:
        return _published(dataset, rng)
    level = _level(dataset, everything, 2 if _people(dataset) else 3)
    if level == "blocks":
        unit, rows = _blocks(dataset, everything, SHARES)
        bench = Bench(*rows)
        return Parts((bench,), level, unit, False, tuple(_words(dataset, (bench,), level, unit)))
    unit = _units(dataset, level)
    who = np.unique(unit)
    folds = len(who) if level == "people" and len(who) <= ALONE else FOLDS
    if level == "recordings":
        folds = min(FOLDS, int(_held(unit, dataset.y, dataset.classes).min()))
    if len(who) > FEW:
        dealt = deal(counts(unit, dataset.y, dataset.classes), SHARES, WORTH, rng)
        at = dealt[np.searchsorted(who, unit)]
        benches: tuple[Bench, ...] = (Bench(*(np.flatnonzero(at == number) for number in range(3))),)
    else:
        if folds == len(who):
            fold = np.searchsorted(who, unit)
        else:
            table = counts(unit, dataset.y, dataset.classes)
            fold = deal(table, (1 / folds,) * folds, (1.0,) * folds, rng)[np.searchsorted(who, unit)]
        made = [Bench(*_divided(dataset, everything, rng), np.array([], dtype=np.int64))]
        for number in range(folds):
            made.append(Bench(*_divided(dataset, np.flatnonzero(fold != number), rng), np.flatnonzero(fold == number)))
        benches = tuple(made)
    return Parts(benches, level, unit, False, tuple(_words(dataset, benches, level, unit)))


def _people(dataset: Dataset) -> int:
    """How many people are named; one alone counts as none, since nobody is left to test on."""
    named = 0 if dataset.subject is None else len(np.unique(dataset.subject))
    return named if named > 1 else 0


def _held(unit: NDArray, y: NDArray, classes: int) -> Rows:
    """By how many units each class is shown, of the classes that are."""
    held: Rows = (counts(unit, y, classes) > 0).sum(axis=0)
    return held[held > 0]


def _level(dataset: Dataset, rows: Rows, parts: int) -> Level:
    """What can be kept apart among these windows: people, else recordings, else blocks of time."""
    if dataset.subject is not None and len(np.unique(dataset.subject[rows])) >= parts:
        return "people"
    if dataset.recording is not None:
        held = _held(dataset.recording[rows], dataset.y[rows], dataset.classes)
        if held.min() >= parts:
            return "recordings"
    return "blocks"


def _units(dataset: Dataset, level: Level) -> Rows:
    unit = dataset.subject if level == "people" else dataset.recording
    assert unit is not None
    return unit


def _divided(dataset: Dataset, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Train and validation rows among those that are not tested."""
    level = _level(dataset, rows, 2)
    if level == "blocks":
        train, validation = _blocks(dataset, rows, INNER)[1]
        return train, validation
    unit = _units(dataset, level)[rows]
    dealt = deal(counts(unit, dataset.y[rows], dataset.classes), INNER, WORTH[:2], rng)
    at = dealt[np.searchsorted(np.unique(unit), unit)]
    return rows[at == 0], rows[at == 1]


def _blocks(dataset: Dataset, rows: Rows, shares: Sequence[float]) -> tuple[Rows, list[Rows]]:
    """Cut the windows of each class, in their order, into a block for each part, with a gap where samples are shared.

    Returns the number of each window's block too; windows of the gaps have one and are in no part.
    """
    whole = np.zeros(len(dataset), dtype=np.int64) if dataset.recording is None else dataset.recording
    step = hop(dataset)
    gap = -(-dataset.length // step) if step < dataset.length else 1
    kept: list[list[Rows]] = [[] for _ in shares]
    unit = np.zeros(len(dataset), dtype=np.int64)
    for label in np.unique(dataset.y[rows]):
        mine = rows[dataset.y[rows] == label]
        mine = mine[np.argsort(whole[mine], kind="stable")]
        cuts = np.round(np.cumsum((0.0, *shares)) * len(mine)).astype(int)
        if len(mine) < len(shares):
            cuts[1:] = len(mine)  # too few to be in every part: all teach
        for number in range(len(shares)):
            block = mine[cuts[number] : cuts[number + 1]]
            unit[block] = label * len(shares) + number
            before = mine[cuts[number] - 1] if 0 < cuts[number] < len(mine) else None
            if before is not None and len(block) and whole[before] == whole[block[0]]:
                # what the block before still shows is dropped, as far as that leaves a window
                block = block[min(gap, len(block) - 1) :]
            kept[number].append(block)
    made = [np.sort(np.concatenate(blocks)) for blocks in kept]
    if not all(len(one) for one in made):
        raise LucioleError(
            f"{dataset.name}: expected at least {len(shares)} windows of some class, got fewer; record more"
        )
    return unit, made


def _published(dataset: Dataset, rng: np.random.Generator) -> Parts:
    official = dataset.official
    assert official is not None
    test, chosen = np.flatnonzero(official == TEST), np.flatnonzero(official == VALIDATION)
    rest = np.flatnonzero((official != TEST) & (official != VALIDATION))
    if not len(test) or not len(rest):
        raise LucioleError(
            f"{dataset.name}: expected training and test windows in its published split, got one side only"
        )
    if dataset.subject is not None:
        both = np.intersect1d(dataset.subject[test], dataset.subject[official != TEST])
        if len(both):
            raise LucioleError(f"{dataset.name}: subject {both[0]} is on both sides of its published split")
    train, validation = (rest, chosen) if len(chosen) else _divided(dataset, rest, rng)
    level: Level = "people" if _people(dataset) else "recordings" if dataset.recording is not None else "blocks"
    unit = np.zeros(len(dataset), dtype=np.int64) if level == "blocks" else _units(dataset, level)
    bench = (Bench(train, validation, test),)
    return Parts(bench, level, unit, True, tuple(_words(dataset, bench, level, unit, published=True)))


def _words(
    dataset: Dataset, benches: tuple[Bench, ...], level: Level, unit: Rows, published: bool = False
) -> list[str]:
    """What the parts are, what they lack, and what that means for the estimate."""
    what = {"people": "people", "recordings": "recordings", "blocks": "blocks of time"}[level]
    names = dataset.class_names
    told = ["the published test part stays as it is"] if published else []
    sizes = [len(np.unique(unit[rows])) for rows in (benches[0].train, benches[0].validation, benches[0].test)]
    if len(benches) > 1:
        alone = all(len(np.unique(unit[bench.test])) == 1 for bench in benches[1:])
        how = "alone" if alone else f"in {len(benches) - 1} groups"
        told.append(
            f"{len(np.unique(unit))} {what} are few: each is tested once, {how}, by networks that never saw them; the "
            "network delivered learns from all and is judged by that estimate"
        )
    elif level == "blocks":
        shown = [len(rows) for rows in (benches[0].train, benches[0].validation, benches[0].test)]
        told.append(f"{shown[0]} windows teach, {shown[1]} choose, {shown[2]} test")
    else:
        told.append(f"{sizes[0]} {what} teach, {sizes[1]} choose, {sizes[2]} test; none is in two parts")
    if level != "people":
        told.append(
            "take care: fewer than two people are named, so the estimate is for the same people on other "
            + ("recordings" if level == "recordings" else "minutes, next to those learnt from")
            + ", and too good for new people"
        )
    held = (counts(unit, dataset.y, dataset.classes) > 0).sum(axis=0)
    if level == "people":
        for label in np.flatnonzero(held == 1):
            who = int(unit[dataset.y == label][0])
            told.append(
                f"class {names[label]!r} was done by {called(dataset, who)} alone: "
                + (
                    "in that test nobody teaches it, and its windows count as wrong"
                    if len(benches) > 1
                    else "how well it is recognised on others is not known"
                )
            )
    if len(benches) == 1:
        bench = benches[0]
        sides = {"taught": bench.train, "shown where designs are chosen": bench.validation, "tested": bench.test}
        for side, rows in sides.items():
            lacks = [names[label] for label in np.unique(dataset.y) if not (dataset.y[rows] == label).any()]
            if lacks:
                told.append(f"not {side}, for too few {what} do them: {', '.join(lacks)}")
    return told


def hop(dataset: Dataset) -> int:
    """Samples from one window to the next, found by where windows repeat each other; a window's length if nowhere.

    >>> X = np.arange(40.0)[None, None, :8] + 2 * np.arange(3)[:, None, None]
    >>> hop(Dataset("toy", X, np.zeros(3), ("a",), ("x",)))
    2
    """
    pairs = np.linspace(0, len(dataset) - 2, min(LOOKED, len(dataset) - 1)).astype(int)
    moving = [first for first in pairs if np.ptp(dataset.X[first], axis=-1).any()]  # what stands still repeats itself
    return min((shift(dataset.X[first : first + 2]) for first in moving), default=dataset.length)


def called(dataset: Dataset, who: int) -> str:
    """The name of a person, where the reading knows it.

    >>> called(Dataset("toy", np.zeros((1, 1, 4)), np.zeros(1), ("a",), ("x",)), 3)
    'person 3'
    """
    people: tuple[str, ...] = getattr(dataset, "people", ())
    return people[who] if who < len(people) else f"person {who}"
