"""Deal groups of windows (people, recordings) into parts: every class in every part, as far as the groups allow.

A group goes to one part, whole. Few groups are dealt in all ways there are and the best one is taken; many are dealt
at random several times, each deal then bettered by moves and exchanges of groups until none helps.

>>> table = np.array([[5, 0], [5, 5], [0, 5], [5, 5], [5, 5]])  # windows of two classes, of five people
>>> part = deal(table, (0.6, 0.2, 0.2), (4, 1, 2), np.random.default_rng(0))
>>> [bool((table[part == number].sum(axis=0) > 0).all()) for number in range(3)]
[True, True, True]
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError

EVERY = 60_000  # ways to deal, at most, that are all tried
EXCHANGED = 60  # groups, at most, that are also exchanged two by two
RESTARTS = 12
LACKING = 10.0  # what a class that a part lacks weighs beside shares that are off
EMPTY = 1e6  # likewise a part without windows


def counts(group: NDArray, y: NDArray, classes: int) -> NDArray[np.int64]:
    """Windows of each class of each group: (groups, classes), the groups in ascending order.

    >>> counts(np.array([7, 7, 3]), np.array([0, 1, 1]), 2).tolist()
    [[0, 1], [1, 1]]
    """
    _, place = np.unique(group, return_inverse=True)
    return np.bincount(place * classes + y, minlength=(place.max() + 1) * classes).reshape(-1, classes)


def loss(dealt: NDArray, shares: Sequence[float], worth: Sequence[float]) -> NDArray[np.float64]:
    """How bad deals are, from windows a part and class (..., parts, classes): classes lacking, then shares off.

    ``worth`` says how much it matters that a part lacks no class.
    """
    total = dealt.sum(axis=-2, keepdims=True)
    present = total > 0
    lacking = ((dealt == 0) & present).sum(axis=-1) @ np.asarray(worth, dtype=float)
    empty = (dealt.sum(axis=-1) == 0).sum(axis=-1)
    off = np.abs(dealt / np.maximum(total, 1) - np.asarray(shares)[:, None]) * present
    return EMPTY * empty + LACKING * lacking + off.sum(axis=(-1, -2)) / np.maximum(present.sum(axis=(-1, -2)), 1)


def deal(
    table: NDArray[np.integer], shares: Sequence[float], worth: Sequence[float], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give each group of ``table`` (groups, classes; windows) a part, near the ``shares`` of each class: (groups,).

    Raises LucioleError for fewer groups than parts.
    """
    groups, parts = len(table), len(shares)
    if groups < parts:
        raise LucioleError(f"expected at least {parts} people or recordings for {parts} parts, got {groups}")
    if parts**groups <= EVERY:
        ways = np.array(list(itertools.product(range(parts), repeat=groups)))
        dealt = np.stack([(ways == part).astype(np.int64) @ table for part in range(parts)], axis=1)
        return np.asarray(ways[np.argmin(loss(dealt, shares, worth))])
    tried = [_bettered(_random(groups, shares, rng), table, shares, worth) for _ in range(RESTARTS)]
    return min(tried, key=lambda one: one[0])[1]


def _random(groups: int, shares: Sequence[float], rng: np.random.Generator) -> NDArray[np.int64]:
    """A deal in which each part gets about its share of the groups, one at least."""
    part = rng.choice(len(shares), size=groups, p=np.asarray(shares) / sum(shares))
    part[rng.permutation(groups)[: len(shares)]] = np.arange(len(shares))
    return part


def _bettered(
    part: NDArray[np.int64], table: NDArray, shares: Sequence[float], worth: Sequence[float]
) -> tuple[float, NDArray[np.int64]]:
    """Move one group, or exchange two, as long as that makes the deal better."""
    parts = len(shares)
    part = part.copy()
    dealt = np.stack([table[part == number].sum(axis=0) for number in range(parts)])
    now = float(loss(dealt, shares, worth))
    pairs = np.array(list(itertools.combinations(range(len(table)), 2))) if len(table) <= EXCHANGED else None
    for _ in range(10 * len(table)):
        group, to = np.divmod(np.arange(len(table) * parts), parts)
        best, change = _best(dealt, part, table, (group[:, None], to[:, None]), shares, worth)
        if pairs is not None:
            other = _best(dealt, part, table, (pairs, part[pairs[:, ::-1]]), shares, worth)
            best, change = min((best, change), other, key=lambda one: one[0])
        if best >= now - 1e-12:
            break
        moved, where = change
        for one, number in zip(moved, where, strict=True):
            dealt[part[one]] -= table[one]
            dealt[number] += table[one]
            part[one] = number
        now = best
    return now, part


def _best(
    dealt: NDArray,
    part: NDArray,
    table: NDArray,
    changes: tuple[NDArray, NDArray],
    shares: Sequence[float],
    worth: Sequence[float],
) -> tuple[float, tuple[NDArray, NDArray]]:
    """The best of changes (groups that move, where to: (changes, moved) each), and what the deal's loss is then."""
    moved, to = changes
    after = np.repeat(dealt[None], len(moved), axis=0)
    rows = np.arange(len(moved))
    for column in range(moved.shape[1]):
        one = moved[:, column]
        np.subtract.at(after, (rows, part[one]), table[one])
        np.add.at(after, (rows, to[:, column]), table[one])
    losses = loss(after, shares, worth)
    best = int(np.argmin(losses))
    return float(losses[best]), (moved[best], to[best])
