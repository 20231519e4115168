"""Ways to choose scores by accuracies: every one that was tried, each with the same contract, a side -> a ranking.

All sets of one to three scores are candidates (log ranks added, as AZ-NAS does). Choosing looks at the accuracy of one
data set of the side, named :data:`BY` where it is there (CIFAR-100, by which chapter 5 chose), else at its only one.
"""

import itertools
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

from luciole.experiments.choice.bench import Chooser, Ranking, Side

BY = "c100"
LARGEST = 3  # scores of a set
FEW = 10  # networks at the top
AVERAGED = 30  # sets whose log ranks are averaged
DRAWN = 400  # networks by which sets are ordered by tau
ONE_PASS = ("expressivity", "progressivity", "trainability", "macs", "synflow", "jacov", "naswot")


@cache
def sets(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """All sets of one to three names.

    >>> sets(("a", "b"))
    (('a',), ('b',), ('a', 'b'))
    """
    return tuple(one for size in range(1, LARGEST + 1) for one in itertools.combinations(names, size))


def wanted(side: Side) -> NDArray[np.float64]:
    """The accuracy that a choice goes by."""
    return side.accuracy[BY] if BY in side.accuracy else next(iter(side.accuracy.values()))


def _worth(side: Side, judge: Callable[[NDArray[np.float64]], float]) -> NDArray[np.float64]:
    """What each set is worth on a side, by a function of its values (n,)."""
    names = tuple(sorted(side.scores))
    logs = {name: np.log(rankdata(side.scores[name]) / len(side.scores[name])) for name in names}
    return np.array([judge(np.sum([logs[name] for name in one], axis=0)) for one in sets(names)])


def _top(side: Side, count: int) -> NDArray[np.float64]:
    """Mean accuracy of the ``count`` networks that each set likes best, ties by the side's order."""
    accuracy = wanted(side)

    def judge(values: NDArray[np.float64]) -> float:
        best = np.argpartition(-values, count - 1)[:count]
        return float(accuracy[best].mean())

    return _worth(side, judge)


def _candidates(side: Side) -> tuple[tuple[str, ...], ...]:
    return sets(tuple(sorted(side.scores)))


def by_first(side: Side) -> Ranking:
    """The set whose highest network is best."""
    return Ranking((_candidates(side)[int(_top(side, 1).argmax())],))


def by_ten(side: Side) -> Ranking:
    """The set whose ten highest are best in the mean."""
    return Ranking((_candidates(side)[int(_top(side, FEW).argmax())],))


def by_tau(side: Side) -> Ranking:
    """The set of highest Kendall tau, over at most :data:`DRAWN` networks of the side."""
    rows = np.random.default_rng(0).permutation(len(wanted(side)))[:DRAWN]
    few = side.part(rows)
    accuracy = wanted(few)
    worth = _worth(few, lambda values: float(np.nan_to_num(kendalltau(values, accuracy).statistic)))
    return Ranking((_candidates(side)[int(worth.argmax())],))


def averaged(side: Side) -> Ranking:
    """The thirty sets whose five to ten highest are best in the mean, their log ranks averaged."""
    worth = np.mean([_top(side, count) for count in range(5, FEW + 1)], axis=0)
    best = np.argsort(-worth, kind="stable")[:AVERAGED]
    return Ranking(tuple(_candidates(side)[at] for at in best))


def all_of_them(side: Side) -> Ranking:
    """Every score there is, chosen by nobody."""
    return Ranking((tuple(sorted(side.scores)),))


def one_pass(side: Side) -> Ranking:
    """The set of chapter 4 by its rule: what is there of it."""
    return Ranking((tuple(name for name in ONE_PASS if name in side.scores),))


def parameters(side: Side) -> Ranking:
    """The number of parameters (or of multiply-accumulates where it is not among the scores): no score at all."""
    return Ranking((("params" if "params" in side.scores else "macs",),))


PROCEDURES: dict[str, Chooser] = {
    "averaged thirty": averaged,
    "best ten": by_ten,
    "best first": by_first,
    "highest tau": by_tau,
    "one pass": one_pass,
    "all scores": all_of_them,
    "parameters": parameters,
}
