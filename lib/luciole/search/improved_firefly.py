"""Improved firefly algorithm (IFA): fireflies, and one genetic generation whenever they stop improving.

Mokhtari, Nédélec, Gilles and De Loor, "Improving Neural Architecture Search by Mixing a FireFly algorithm with
a Training Free Evaluation", IJCNN 2022, as in the code its authors released:

1. Draw a population and let it fly, generation by generation (:mod:`luciole.search.firefly`).
2. A generation whose best is not strictly better than the best of this phase costs one of ``chances``;
   a better one gives them all back.
3. With no chance left, children replace the whole population (no elitism) and a new phase begins: its best
   is forgotten by the search, not by the result, which is the best of all phases.

>>> from luciole.search import Budget, Objective
>>> from luciole.spaces import nb201
>>> objective = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
>>> search(nb201, objective, Budget(evaluations=500), np.random.default_rng(0)).best_value >= 5
True
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.firefly import RELEASED, generation, rounds, swarm_of
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.search.swarms import Flight
from luciole.spaces import Space

Selection = Literal["random", "fitness", "rank"]


def parents(
    fitness: NDArray[np.float64], selection: Selection, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw as many pairs of parents as there are fireflies, with replacement.

    "random": all alike; "fitness": in proportion to fitness above the lowest; "rank": in proportion to rank.

    >>> first, second = parents(np.array([0.0, 0.0, 5.0]), "fitness", np.random.default_rng(0))
    >>> first, second
    (array([2, 2, 2]), array([2, 2, 2]))
    """
    n = len(fitness)
    weight: NDArray[np.floating]
    if selection == "random":
        weight = np.ones(n)
    elif selection == "fitness":
        weight = fitness - fitness.min()
    elif selection == "rank":
        weight = 1.0 + np.argsort(np.argsort(fitness))
    else:
        raise LucioleError(f"expected selection 'random', 'fitness' or 'rank', got {selection!r}")
    share = weight / weight.sum() if weight.sum() > 0 else np.full(n, 1 / n)
    first, second = rng.choice(n, size=(2, n), p=share)
    return first, second


@searcher("sample", "ARITY")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    population: int = 20,
    generations: int | None = None,
    flight: Flight = RELEASED,
    chances: int = 5,
    mutation: float = 1.0,
    selection: Selection = "random",
    crossover: bool = True,
    order: Sequence[int] | None = None,
    repair: Literal["released", "nine"] = "released",
) -> None:
    """Fly and breed until the budget is spent or ``generations`` are over; the defaults are the released ones.

    chances: generations without improvement before a restart. mutation: probability that a child has one gene
    redrawn. crossover: False gives children one parent only. ``order`` and ``repair``: see
    :func:`luciole.search.firefly.search`.
    """
    if chances < 1:
        raise LucioleError(f"expected one chance or more, got {chances}")
    swarm = swarm_of(space, rng, population, order, repair)
    fitness = run.evaluate(swarm.rows())
    best, counter = fitness.max(), chances
    for _ in rounds(generations):
        fitness, moved = generation(run, swarm, fitness, flight, rng)
        if not moved:
            run.idle()
        if fitness.max() > best:
            best, counter = fitness.max(), chances
        else:
            counter -= 1
        if counter == 0:
            first, second = parents(fitness, selection, rng)
            swarm.breed(first, second if crossover else first, rng.random(population) < mutation, rng)
            fitness = run.evaluate(swarm.rows())
            best, counter = -np.inf, chances
    run.stopped = "generations"
