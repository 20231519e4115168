"""NSGA-II over a space's own operators: quality is trained for, costs are computed, and the front is what is kept.

Deb, Pratap, Agarwal and Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE TEC 2002;
the algorithm is pymoo's (Blank and Deb, 2020).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError, extra
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Rows, Space

Costs = Callable[[Rows], NDArray]  # rows (n, genes) -> costs (n, k) or (n,), to be minimised; free to compute


def check(costs: object) -> Costs:
    """Return ``costs`` if they can be asked; LucioleError says what a search of several objectives wants otherwise."""
    if not callable(costs):
        raise LucioleError(
            f"this search needs costs=function of rows, to be minimised beside the objective, got {costs!r}"
        )
    return costs


@searcher("sample", "crossover", "mutate")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    costs: Costs | None = None,
    population: int = 20,
    mutation: float = 0.5,
) -> None:
    """Evolve a front of quality (the objective) against ``costs``, such as parameters and multiply-accumulates.

    Children are crossed by the space and mutate with probability ``mutation``. The history holds every
    evaluation; :func:`front` finds the non-dominated ones.
    """
    costs = check(costs)
    rows = space.sample(rng, population)
    algorithm = evolution(space, rng, rows, np.column_stack([costs(rows)]).shape[1] + 1, mutation)
    while True:
        asked = algorithm.ask()
        if asked is None:  # no child that is not in the population
            run.stopped = "exhausted"
            return
        rows = asked.get("X").astype(np.int8)
        losses = np.column_stack([-run.evaluate(rows), costs(rows)])
        tell(algorithm, asked, losses)


def front(values: NDArray, costs: NDArray) -> NDArray[np.int64]:
    """Positions of the evaluations that no other one beats in value and in every cost, cheapest first.

    >>> front(np.array([90.0, 95.0, 94.0, 94.0]), np.array([1.0, 5.0, 3.0, 4.0]))
    array([0, 2, 1])
    """
    with extra("search"):
        from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    losses = np.column_stack([-values, costs])
    kept = NonDominatedSorting().do(losses, only_non_dominated_front=True)
    return np.array(sorted(kept, key=lambda position: tuple(losses[position, 1:])), dtype=np.int64)


def evolution(space: Space, rng: np.random.Generator, start: Rows, objectives: int, mutation: float) -> Any:
    """A pymoo NSGA-II from population ``start``, crossing and mutating by the space, with the numbers of ``rng``."""
    # imported on use: they take a second
    with extra("search"):
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.core.crossover import Crossover
        from pymoo.core.duplicate import DefaultDuplicateElimination
        from pymoo.core.mutation import Mutation
        from pymoo.core.problem import Problem

    class Cross(Crossover):
        def __init__(self) -> None:
            super().__init__(2, 1)

        def _do(self, problem: Any, X: NDArray, **settings: Any) -> NDArray:
            return space.crossover(rng, X[0].astype(np.int8), X[1].astype(np.int8))[None].astype(int)

    class Mutate(Mutation):
        def _do(self, problem: Any, X: NDArray, **settings: Any) -> NDArray:
            hit = rng.random(len(X)) < mutation
            rows = X.astype(np.int8)
            return np.where(hit[:, None], space.mutate(rng, rows), rows).astype(int)

    algorithm = NSGA2(
        pop_size=len(start),
        sampling=start.astype(int),
        crossover=Cross(),
        mutation=Mutate(prob=1.0),
        eliminate_duplicates=DefaultDuplicateElimination(),
    )
    genes = len(space.ARITY)
    algorithm.setup(
        Problem(n_var=genes, n_obj=objectives, xl=np.zeros(genes), xu=np.array(space.ARITY) - 1),
        termination=("n_gen", 10**9),
        seed=int(rng.integers(2**31)),
    )
    return algorithm


def tell(algorithm: Any, asked: Any, losses: NDArray) -> None:
    """Give a pymoo algorithm the losses (n, m), all minimised, of what it asked."""
    with extra("search"):
        from pymoo.core.evaluator import Evaluator
        from pymoo.problems.static import StaticProblem

    Evaluator().eval(StaticProblem(algorithm.problem, F=losses), asked)
    algorithm.tell(infills=asked)
