"""What a choice of scores is made on, and read on: sides of benchmarks, each with scores and accuracies of its own.

A chooser is handed a :class:`Side` and gives a :class:`Ranking`, which knows names of scores and no accuracy. It is
read on another side, whose scores it ranks anew. :func:`blind` finds a chooser that looked where it must not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from luciole import results, tables
from luciole.errors import LucioleError
from luciole.experiments.nb101.choice import sample
from luciole.experiments.nb201.stages import spread
from luciole.experiments.supernet.protocol import TRUTHS
from luciole.spaces import nb201
from luciole.tables import nasbench101 as nasbench101_table

SPLITS, SEED = 50, 20261128  # halves of the classes, and where their permutations start: fixed before any was read
NAMES = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}


@dataclass(frozen=True)
class Side:
    """Networks with their scores and their accuracies: what a chooser may see, or what its choice is read on."""

    scores: Mapping[str, NDArray[np.float64]]  # name -> (n,), none missing, infinite ones first or last
    accuracy: Mapping[str, NDArray[np.float64]]  # data set -> (n,), per cent

    def part(self, rows: NDArray[np.int64]) -> "Side":
        """The side of some of the networks; copies, so that nothing of the others can be reached through it."""
        return Side(
            {name: values[rows].copy() for name, values in self.scores.items()},
            {name: values[rows].copy() for name, values in self.accuracy.items()},
        )


@dataclass(frozen=True)
class Ranking:
    """Sets of scores, their log-rank sums averaged: one set, or many."""

    sets: tuple[tuple[str, ...], ...]

    def values(self, side: Side) -> NDArray[np.float64]:
        """The ranking's value of every network of a side, (n,); ranks are those within the side.

        >>> side = Side({"a": np.array([1.0, 2.0]), "b": np.array([4.0, 3.0])}, {})
        >>> Ranking((("a",), ("a", "b"))).values(side).round(2)
        array([-0.52, -0.17])
        """
        ranks = {name: np.log(rankdata(values) / len(values)) for name, values in side.scores.items()}
        missing = {name for one in self.sets for name in one} - ranks.keys()
        if missing:
            raise LucioleError(f"expected scores among {', '.join(ranks)}, got {', '.join(sorted(missing))}")
        each = [np.mean([ranks[name] for name in one], axis=0) for one in self.sets]
        total: NDArray[np.float64] = np.mean(each, axis=0)
        return total


Chooser = Callable[[Side], Ranking]


@cache
def nasbench201() -> Side:
    """One network a class of NAS-Bench-201: shallow scores of seed 0, closed forms; mean test accuracy of its cells."""
    found = spread(results.read("nb201/scores").frame)
    classes, of = nb201.classes(), nb201.iso()
    table = tables.nb201()
    at = np.searchsorted(classes, of)
    size = np.bincount(at, minlength=len(classes))
    accuracy = {
        name: np.bincount(at, weights=table[f"{name}_test200"].astype(float), minlength=len(classes)) / size
        for name in NAMES
    }
    whole = {name: values[classes] for name, values in found.items()}
    return Side({name: values for name, values in whole.items() if not np.isnan(values).any()}, accuracy)


@cache
def har201_side(dataset: str) -> Side:
    """The 640 classes of HAR-201 that were scored, and their test accuracy on one data set, mean of its seeds."""
    frame = results.read("har201/scores").frame
    mine = frame[frame["dataset"] == dataset].drop(columns="dataset").set_index("index")
    mean = TRUTHS[f"har201/{dataset}"].accuracy()[mine.index]
    kept = np.isfinite(mean)
    whole = {str(name): values.to_numpy(float)[kept] for name, values in mine.items()}
    return Side({name: values for name, values in whole.items() if not np.isnan(values).any()}, {dataset: mean[kept]})


@cache
def nasbench101() -> Side:
    """Four hundred cells of NAS-Bench-101 with the eight scores of ``nb101/choice`` and their mean test accuracy."""
    held = results.read("nb101/choice").arrays
    scores = {name.removeprefix("score_"): held[name].astype(float) for name in held if name.startswith("score_")}
    accuracy = 100 * nasbench101_table.load().at(sample(), "test_acc108").astype(float)
    return Side(scores, {"NAS-Bench-101": accuracy})


def halves(count: int, splits: int = SPLITS) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Permutations of ``count`` networks cut in two, a chooser's half and a reader's."""
    for split in range(splits):
        drawn = np.random.default_rng([SEED, split]).permutation(count)
        yield drawn[: count // 2], drawn[count // 2 :]


def common(sides: Sequence[Side]) -> tuple[Side, ...]:
    """The same sides with the scores that all of them have."""
    names = sorted(set.intersection(*(set(side.scores) for side in sides)))
    return tuple(Side({name: side.scores[name] for name in names}, side.accuracy) for side in sides)


def blind(chooser: Chooser, whole: Side, mine: NDArray[np.int64]) -> bool:
    """Whether a chooser gives the same when all that it must not see is shuffled; afterwards all is as it was."""
    before = chooser(whole.part(mine))
    theirs = np.setdiff1d(np.arange(len(next(iter(whole.accuracy.values())))), mine)
    kept = {name: values[theirs].copy() for name, values in whole.accuracy.items()}
    rng = np.random.default_rng(SEED)
    try:
        for values in whole.accuracy.values():
            values[theirs] = rng.permutation(values[theirs])
        return chooser(whole.part(mine)) == before
    finally:
        for name, values in whole.accuracy.items():
            values[theirs] = kept[name]
