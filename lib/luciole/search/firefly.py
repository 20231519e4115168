"""Firefly algorithm (FA): every candidate flies towards the better ones, a little at random.

Yang, "Firefly Algorithms for Multimodal Optimization", SAGA 2009, as Mokhtari et al. (IJCNN 2022) released it
for architecture search: see :mod:`luciole.search.swarms` for the flight. Their fitness is the score truncated
to an integer; give the objective such a value to have the ties that it makes.

>>> from luciole.search import Budget, Objective
>>> from luciole.spaces import nb201
>>> objective = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
>>> history = search(nb201, objective, Budget(evaluations=60), np.random.default_rng(0), generations=20)
>>> len(history) <= 20 + 20 * 19
True
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.graph_swarm import GraphSwarm
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.search.swarms import Flight, GeneSwarm, Swarm
from luciole.spaces import Space, nb101

RELEASED = Flight()


def swarm_of(
    space: Space,
    rng: np.random.Generator,
    population: int,
    order: Sequence[int] | None,
    repair: Literal["released", "nine"],
) -> Swarm:
    """Draw a swarm over ``space``: a graph swarm for NAS-Bench-101, genes for the others."""
    if population < 2:
        raise LucioleError(f"expected a population of two fireflies or more, got {population}")
    if space.ARITY == nb101.ARITY:
        return GraphSwarm(space, rng, population, repair)
    return GeneSwarm(space, rng, population, order)


def rounds(generations: int | None) -> Iterable[int]:
    """Count so many generations, or for ever."""
    return itertools.count() if generations is None else range(generations)


def generation(
    run: Run, swarm: Swarm, fitness: NDArray[np.float64], flight: Flight, rng: np.random.Generator
) -> tuple[NDArray[np.float64], bool]:
    """Sort the swarm, let it fly once and score who moved; return the fitness and whether anyone did."""
    order = np.argsort(fitness, kind="stable")
    swarm.sort(order)
    fitness = fitness[order]
    moved = swarm.fly(fitness, flight, rng)
    if moved.any():
        fitness[moved] = run.evaluate(swarm.rows()[moved])
    return fitness, bool(moved.any())


@searcher("sample", "ARITY")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    population: int = 20,
    generations: int | None = None,
    flight: Flight = RELEASED,
    order: Sequence[int] | None = None,
    repair: Literal["released", "nine"] = "released",
) -> None:
    """Fly until the budget is spent, ``generations`` are over, or all fireflies are equally bright.

    ``order`` (spaces of genes) ranks the values of a gene, see :class:`luciole.search.swarms.GeneSwarm`;
    ``repair`` (NAS-Bench-101), see :class:`luciole.search.graph_swarm.GraphSwarm`.
    """
    swarm = swarm_of(space, rng, population, order, repair)
    fitness = run.evaluate(swarm.rows())
    for _ in rounds(generations):
        fitness, moving = generation(run, swarm, fitness, flight, rng)
        if not moving:
            run.stopped = "converged"
            break
    else:
        run.stopped = "generations"
