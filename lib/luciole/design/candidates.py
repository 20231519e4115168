"""Designs under a limit, in the order in which they are tried: the smallest said first, then what a search prefers.

The search trains nothing and sees nobody: scores are computed on noise, so that designs can be proposed once for all
benches and no person that is reported has had a say. Batch after batch, each from a seed of its own, so that the order
does not depend on how many are asked for.

>>> smallest(channels=3, classes=4, length=64)
3300
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.networks.statistics import SHORTEST
from luciole.search import SEARCHERS, Budget, Objective
from luciole.search.evaluated import firsts
from luciole.sensors.search import Fitness, leaders
from luciole.spaces import Rows, har1d, nb201

LEAST = 50_000  # multiply-accumulates allowed where nothing is asked and the smallest design leaves room
KEPT = 9  # designs of a search that are proposed
NOISE = 32  # windows of noise that scores are computed on
REFERENCE = 24  # random designs that a search ranks others among
DRAWN = 20_000  # random designs drawn to know how many there are under the limit
_LEAST = {"stem_stride": len(har1d.STEM_STRIDES) - 1}  # the gene of each choice that costs least, where it is not 0


def smallest_design() -> Rows:
    """The genotype with the fewest multiply-accumulates: one skip, four channels, statistics read by few units."""
    cell = [0, 0, 0, 1, 0, 0]
    return har1d.check([*cell, *(_LEAST.get(name, 0) for name in har1d.NAMES)])


def smallest(channels: int, classes: int, length: int) -> int:
    """Multiply-accumulates of the smallest design for windows of ``length`` samples.

    Raises LucioleError for windows that are too short for any design.
    """
    if length < SHORTEST:
        raise LucioleError(f"expected windows of at least {SHORTEST} samples, got {length}; say a longer window=")
    return int(networks.counts(smallest_design(), channels, classes, length)[1][0])


def limit(asked: int | None, channels: int, classes: int, length: int) -> int:
    """The multiply-accumulates allowed: those asked, else enough for twice the smallest design.

    Raises LucioleError, naming the smallest design, for a limit below it.

    >>> limit(None, 3, 4, 64), limit(None, 60, 4, 128) > 200_000
    (50000, True)
    """
    least = smallest(channels, classes, length)
    if asked is None:
        return max(LEAST, math.ceil(2 * least / 1000) * 1000)
    if asked < least:
        raise LucioleError(
            f"expected a limit of at least {least:,} multiply-accumulates, the smallest design for windows of "
            f"{channels} channels and {length} samples, got {asked:,}; raise --macs, or name fewer channels"
        )
    return asked


def _samples(length: int, stride: NDArray | int) -> NDArray | int:
    """Samples that a stem leaves, whatever its kernel."""
    return (length - 1) // stride + 1


def _fitting(rows: Rows, channels: int, classes: int, length: int, limit: int) -> Rows:
    """Those designs whose poolings leave a sample, within the limit, each once."""
    stride, stages = (
        np.array(choices)[rows[:, nb201.GENES + har1d.NAMES.index(name)]]
        for name, choices in (("stem_stride", har1d.STEM_STRIDES), ("stages", har1d.STAGES))
    )
    rows = har1d.canonical(rows[_samples(length, stride) >= 2 ** (stages - 1)])
    if not len(rows):
        return rows
    rows = rows[networks.counts(rows, channels, classes, length)[1] <= limit]
    return rows[firsts(rows)] if len(rows) else rows


def propose(channels: int, classes: int, length: int, limit: int, batch: int, seed: int, scored: int) -> Rows:
    """The designs of one ``batch``, the most promising first: int8 (n, genes).

    Under a limit that few designs keep, all of those that ``DRAWN`` draws meet are in the first batch, the largest
    first, and nothing is scored: later batches are empty.
    """
    rng = np.random.default_rng((seed, batch))
    found = _fitting(har1d.sample(rng, DRAWN), channels, classes, length, limit)
    short = _samples(length, max(har1d.STEM_STRIDES)) < 2 ** (max(har1d.STAGES) - 1)  # too short for some designs
    if short or len(found) < max(scored, 2 * REFERENCE):
        if batch:
            return found[:0]
        found = np.concatenate([found, smallest_design()[None]])
        found = found[firsts(har1d.canonical(found))]
        cost = networks.counts(found, channels, classes, length)[1]
        return found[np.argsort(-cost, kind="stable")]
    noise = torch.randn(NOISE, channels, length, generator=torch.Generator().manual_seed(seed + batch))
    fitness = Fitness(noise, classes, limit, rng, reference=min(REFERENCE, scored))
    history = SEARCHERS["luciole"](
        har1d,
        Objective(fitness, key=har1d.canonical),
        Budget(evaluations=scored),
        rng,
        allowed=fitness.allowed,
        population=max(2, min(20, scored // 2)),
    )
    return leaders(history, KEPT)
