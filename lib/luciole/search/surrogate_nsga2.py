"""NSGA-II whose candidates are preselected by a surrogate, in the manner of Wang et al.

Wang, Wang, He, Chen, Zhang, Tan and Zhang search networks for activity recognition by weighted F1, FLOPs and
parameters, training only what a surrogate ranks first among many candidates (Electronics 12(1), 2023: abstract and
outline read; the surrogate's kind and sizes are not stated there and are our choice).
"""

import numpy as np

from luciole.errors import extra
from luciole.search.evaluated import Evaluated, forest
from luciole.search.history import Run
from luciole.search.nsga2 import Costs, check
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample", "crossover", "mutate", "encode")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    costs: Costs | None = None,
    population: int = 20,
    candidates: int = 400,
    batch: int = 10,
    trees: int = 30,
) -> None:
    """Alternate between a surrogate that screens and training that decides.

    1. Evaluate ``population`` random genotypes.
    2. Fit randomised trees to everything evaluated; cross and mutate the current best ``population`` (by front and
       crowding) into ``candidates`` children not evaluated yet.
    3. Rank the children by front and crowding of predicted quality and computed costs; evaluate the first
       ``batch``; go to 2.
    """
    # imported on use: they take a second
    with extra("search"):
        from pymoo.core.population import Population
        from pymoo.core.problem import Problem
        from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

    costs = check(costs)

    def best(losses: np.ndarray, n: int) -> np.ndarray:
        asked = Population.new(F=losses, index=np.arange(len(losses)))
        problem = Problem(n_var=1, n_obj=losses.shape[1])
        kept = RankAndCrowding().do(problem, asked, n_survive=n, random_state=np.random.default_rng(0))
        return kept.get("index").astype(int)

    known = Evaluated(run, space.sample(rng, population))
    while True:
        surrogate = forest(space, known, trees, rng)
        losses = np.column_stack([-known.values, costs(known.rows)])
        parents = known.rows[best(losses, min(population, len(losses)))]
        first, second = (parents[rng.integers(len(parents), size=candidates)] for _ in range(2))
        children = space.mutate(rng, space.crossover(rng, first, second))
        children = known.new(np.concatenate([children, space.sample(rng, batch)]))  # a few drawn: it seldom runs dry
        if not len(children):
            run.idle(candidates + batch)
            continue
        losses = np.column_stack([-surrogate.predict(space.encode(children)), costs(children)])
        known.evaluate(children[best(losses, min(batch, len(children)))])
