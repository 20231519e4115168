"""Search for a small sensor network without training any: ranks of training-free scores, weighed by cost as merit.

A design's *skill* is estimated by where its scores would stand among those of a reference sample of random designs
under the same limit: the geometric mean, over the scores, of the share of the sample that it is not behind. That is
a rank, not an accuracy. With a cost it makes a merit (:func:`luciole.efficiency.merit`): multiply-accumulates, and for
each operator of the exported network as many as its start takes the time of. Any searcher of :mod:`luciole.search` can
climb it. What it likes best is then trained for a short while, and the people of the validation part choose.

>>> from luciole.search import SEARCHERS, Budget, Objective
>>> batch = torch.randn(16, 3, 64, generator=torch.Generator().manual_seed(0))
>>> fitness = Fitness(batch, classes=4, limit=20_000, rng=np.random.default_rng(0), reference=8)
>>> objective = Objective(fitness, key=har1d.canonical)
>>> history = SEARCHERS["luciole"](
...     har1d, objective, Budget(evaluations=12), np.random.default_rng(1), allowed=fitness.allowed, population=4
... )
>>> bool(fitness.allowed(history.best[None])[0])
True
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole.efficiency import merit
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.scores.passes import Passes
from luciole.scores.registry import SCORES
from luciole.search.evaluated import firsts
from luciole.search.history import History
from luciole.spaces import Rows, har1d

GUIDES = ("synflow", "swap", "params")  # chosen on the validation people of HAR-201: chapter 6
# multiply-accumulates in the time that an operator takes to start: a round number of the size that a fit to times of
# random designs gave on one processor (luciole.experiments.efficiency.operators), so a setting and no constant of
# nature; chapter 7 shows the fit and tests the cost that this makes against measured times
OPERATOR = 20_000
TRIES = 100_000  # random designs drawn, at most, to find those under the limit


def small(rng: np.random.Generator, count: int, inputs: int, classes: int, length: int, limit: int) -> Rows:
    """Draw ``count`` different random designs of at most ``limit`` multiply-accumulates: int8 (count, genes).

    Raises LucioleError when so few fit that too many draws would be needed, or windows are too short for the space.
    """
    rows = har1d.canonical(har1d.sample(rng, TRIES))
    cost = networks.counts(rows, inputs, classes, length)[1]
    _, first = np.unique(rows[cost <= limit], axis=0, return_index=True)
    if len(first) < count:
        raise LucioleError(
            f"expected {count} designs within {limit:,} multiply-accumulates, found {len(first)}; raise it"
        )
    return rows[cost <= limit][np.sort(first)[:count]]


def score(row: Rows, batch: Tensor, classes: int, names: Sequence[str], labels: Tensor | None = None) -> list[float]:
    """Return the scores of one untrained network; minus infinity for a score that is not defined for it."""
    network = networks.build(row, batch.shape[1], classes, torch.Generator().manual_seed(0))
    seen = Passes(network, batch, labels)
    values = []
    for name in names:
        try:
            values.append(SCORES[name].of(seen))
        except LucioleError:
            values.append(-np.inf)
    return values


class Fitness:
    """The merit of designs, called with rows (n, genes); holds the reference sample and every score computed.

    batch: normalised training windows (B, channels, time). limit: most multiply-accumulates. k: of merit, what
    halving the distance to the top rank is worth in cost (less than halving errors is). Its cost of reference is that
    of a usual design of the sample.
    """

    def __init__(
        self,
        batch: Tensor,
        classes: int,
        limit: int,
        rng: np.random.Generator,
        reference: int = 64,
        names: Sequence[str] = GUIDES,
        k: float = 2.0,
    ):
        self.batch, self.classes, self.limit, self.names, self.k = batch, classes, limit, tuple(names), k
        self._scores: dict[bytes, list[float]] = {}
        _, inputs, length = batch.shape
        self.sample = small(rng, reference, inputs, classes, length, limit)
        self._among = np.sort(self.scores(self.sample), axis=0)  # (reference, scores)
        self._usual = float(np.median(self.cost(self.sample)))

    def macs(self, rows: Rows) -> NDArray[np.int64]:
        """Multiply-accumulates of each design."""
        return networks.counts(rows, self.batch.shape[1], self.classes, self.batch.shape[2])[1]

    def cost(self, rows: Rows) -> NDArray[np.int64]:
        """What a window costs each design: its multiply-accumulates, and those that starting its operators is worth."""
        return self.macs(rows) + OPERATOR * networks.operators(rows)

    def allowed(self, rows: Rows) -> NDArray[np.bool_]:
        """Which designs keep within the limit."""
        return self.macs(rows) <= self.limit

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Scores of each design, each computed once: (n, scores)."""
        for row in rows:
            if row.tobytes() not in self._scores:
                self._scores[row.tobytes()] = score(row, self.batch, self.classes, self.names)
        return np.array([self._scores[row.tobytes()] for row in rows])

    def skill(self, rows: Rows) -> NDArray[np.float64]:
        """Estimated skill of each design, above 0 and below 1: its place among the reference sample."""
        n = len(self._among)
        places = [
            np.searchsorted(known, mine, side="right")
            for known, mine in zip(self._among.T, self.scores(rows).T, strict=True)
        ]
        return np.exp(np.log((np.array(places) + 0.5) / (n + 1)).mean(axis=0))

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        """Merit of each design; negative beyond the limit, the more so the farther."""
        macs = self.macs(rows)
        within = macs <= self.limit
        values = -np.log(macs / self.limit)
        if within.any():
            values[within] = merit(self.skill(rows[within]), self.cost(rows[within]), self._usual, k=self.k)
        return values


def leaders(history: History, count: int) -> Rows:
    """The ``count`` best designs of a search, best first, none as wide, deep and growing as a better one.

    Designs of one size score much alike: trained for a short while, several of them would tell little.
    """
    order = np.argsort(-history.values, kind="stable")
    rows = har1d.canonical(history.genotypes[order])
    return rows[firsts(rows[:, har1d.SIZES])[:count]]


def tell(row: Rows) -> str:
    """A design in a line of words.

    >>> tell(np.array([3, 0, 0, 1, 0, 3, 2, 1, 0, 1, 0, 1, 1, 1, 1, 2]))
    'stem 3/2, 2 stages of 1 cell, 8 to 12 channels, depthwise 5, statistics 64'
    """
    design = har1d.decode(row)
    cells = f"{design.cells} cell{'s' * (design.cells > 1)}"
    wide = f"{design.kind} {design.kernel}" + (f" dilated {design.dilation}" if design.dilation > 1 else "")
    widths = f"{design.widths[0]} to {design.widths[-1]}" if design.stages > 1 else f"{design.widths[0]}"
    return (
        f"stem {design.stem_kernel}/{design.stem_stride}, {design.stages} stage{'s' * (design.stages > 1)} of {cells}, "
        f"{widths} channels, {wide}, statistics {design.statistics}"
    )
