"""Rank-based improved firefly (RB-IFA): several training-free objectives as one weighted sum of their ranks.

Nguyen, Mokhtari and Nédélec, "Neural Architecture Search: Tradeoff Between Performance and Efficiency", ICAART
2025. Only its abstract could be read: ranks of several objectives, not a Pareto front, become one weighted sum,
which an improved firefly search then follows. The sum itself is the one that a third party attributes to it,

    R = w mean(ranks by performance) + (1 - w) mean(ranks by cost),   rank 1 the best, lower R the better.

Everything else is chosen here: ranks are taken among all different cells met so far, and taken anew whenever one
is added, because sums of ranks within different sets cannot be compared; equal values share their mean rank; the
best of a phase and of a generation are compared by their ranks at that moment; the swarm is that of
:mod:`luciole.search.improved_firefly`, with its released defaults.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from luciole.errors import LucioleError
from luciole.search.budget import Budget
from luciole.search.firefly import RELEASED, rounds, swarm_of
from luciole.search.history import History, Run
from luciole.search.improved_firefly import parents
from luciole.search.objective import Objective, per_row
from luciole.search.swarms import Flight
from luciole.spaces import Rows, Space

Criterion = Callable[[Rows], ArrayLike]  # rows (n, genes) -> one number each


class Archive:
    """All different genotypes met, their value by each criterion, and their place among each other.

    ``rising`` criteria are better when higher, ``falling`` ones when lower. With ``log`` the fitness is the weighted
    sum of log((N + 1 - rank) / N), N cells met: a low place by one criterion costs more than a high one by another
    gains (the aggregation of AZ-NAS, Lee and Ham, CVPR 2024).

    >>> archive = Archive([lambda rows: rows[:, 0]], [lambda rows: rows[:, 1]], weight=0.75)
    >>> rows = np.array([[2, 9], [1, 1], [0, 5]], dtype=np.int8)
    >>> archive.add(rows)
    >>> archive.fitness(rows)
    array([-1.5 , -1.75, -2.75])
    """

    def __init__(
        self, rising: Sequence[Criterion], falling: Sequence[Criterion] = (), weight: float = 1.0, log: bool = False
    ) -> None:
        if not 0 <= weight <= 1 or not rising:
            raise LucioleError(
                f"expected a criterion to raise and a weight from 0 to 1, got {len(rising)} and {weight}"
            )
        share = [weight / len(rising)] * len(rising) + [(1 - weight) / max(1, len(falling))] * len(falling)
        self._shares = np.array(share)
        self._criteria = [*rising, *falling]
        self._signs = np.array([-1.0] * len(rising) + [1.0] * len(falling))
        self._log = log
        self._place: dict[bytes, int] = {}
        self._values = np.zeros((0, len(share)))
        self._summed: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, row: Rows) -> bool:
        return row.tobytes() in self._place

    def add(self, rows: Rows) -> None:
        """Value the genotypes that are new by every criterion."""
        new = {row.tobytes(): row for row in rows if row.tobytes() not in self._place}
        if new:
            fresh = np.array(list(new.values()))
            columns = [per_row(criterion, fresh, "criterion") for criterion in self._criteria]
            self._values = np.vstack([self._values, np.stack(columns, axis=1) * self._signs])
            self._place.update({key: len(self._place) + k for k, key in enumerate(new)})
            self._summed = None

    def fitness(self, rows: Rows) -> NDArray[np.float64]:
        """Return minus the weighted sum of ranks of genotypes met before, among all met so far, (n,)."""
        if self._summed is None:
            ranks = rankdata(self._values, axis=0)
            n = len(ranks)
            self._summed = (np.log((n + 1 - ranks) / n) if self._log else -ranks) @ self._shares
        return self._summed[[self._place[row.tobytes()] for row in rows]]


def search(
    space: Space,
    objective: Objective,
    budget: Budget,
    rng: np.random.Generator,
    *,
    performance: Sequence[Criterion] = (),
    cost: Sequence[Criterion] = (),
    weight: float = 0.5,
    population: int = 20,
    generations: int | None = None,
    flight: Flight = RELEASED,
    chances: int = 5,
    mutation: float = 1.0,
    order: Sequence[int] | None = None,
    repair: Literal["released", "nine"] = "released",
) -> History:
    """Fly by ranks of the objective and of further ``performance`` criteria against ranks of ``cost``.

    The objective keeps the account; the other criteria are taken as paid with it. ``weight`` is that of performance;
    without ``cost`` it is 1. The values of the history are minus R among everything the run evaluated.

    >>> from luciole.spaces import nb201
    >>> convolutions = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
    >>> history = search(nb201, convolutions, Budget(evaluations=200), np.random.default_rng(0),
    ...                  cost=[lambda rows: (rows != nb201.NONE).sum(axis=1)])
    >>> int(history.evaluations[-1]), bool((history.values < 0).all())
    (200, True)
    """
    values: dict[bytes, float] = {}
    archive = Archive(
        [lambda rows: [values[row.tobytes()] for row in rows], *performance], cost, weight if cost else 1.0
    )
    run = Run(space, objective, budget, needs=("sample", "ARITY"))

    def meet(rows: Rows) -> None:
        values.update(zip((row.tobytes() for row in rows), run.evaluate(rows).tolist(), strict=True))
        archive.add(rows)

    with run:
        swarm = swarm_of(space, rng, population, order, repair)
        meet(swarm.rows())
        fitness = archive.fitness(swarm.rows())
        best, counter = swarm.rows()[fitness.argmax()], chances
        for _ in rounds(generations):
            swarm.sort(np.argsort(fitness, kind="stable"))
            moved = swarm.fly(np.sort(fitness), flight, rng)
            if moved.any():
                meet(swarm.rows()[moved])
            else:
                run.idle()
            fitness = archive.fitness(swarm.rows())
            if fitness.max() > archive.fitness(best[None])[0]:
                best, counter = swarm.rows()[fitness.argmax()], chances
            else:
                counter -= 1
            if counter == 0:
                first, second = parents(fitness, "random", rng)
                swarm.breed(first, second, rng.random(population) < mutation, rng)
                meet(swarm.rows())
                fitness = archive.fitness(swarm.rows())
                best, counter = swarm.rows()[fitness.argmax()], chances
        run.stopped = "generations"
    history = run.history
    values.update(zip((row.tobytes() for row in history.genotypes), history.values.tolist(), strict=True))
    archive.add(history.genotypes)
    return replace(history, values=archive.fitness(history.genotypes))
