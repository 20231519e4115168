"""NSGA-II whose candidates are preselected by a surrogate, in the manner of Wang et al.

Wang, Wang, He, Chen, Zhang, Tan and Zhang search networks for activity recognition by weighted F1, FLOPs and
parameters, training only what a surrogate ranks first among many candidates (Electronics 12(1), 2023: abstract and
outline read; the surrogate's kind and sizes are not stated there and are our choice).
"""

import numpy as np

from luciole.errors import LucioleError, extra
from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.nsga2 import Costs
from luciole.search.objective import Objective
from luciole.spaces import Space


def search(
    space: Space,
    objective: Objective,
    budget: Budget,
    rng: np.random.Generator,
    *,
    costs: Costs | None = None,
    population: int = 20,
    candidates: int = 400,
    batch: int = 10,
    trees: int = 30,
) -> History:
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
        from sklearn.ensemble import ExtraTreesRegressor

    if costs is None:
        raise LucioleError("this search needs costs=function of rows, to be minimised beside the objective, got none")
    run = Run(space, objective, budget, needs=("sample", "crossover", "mutate", "encode"))

    def best(losses: np.ndarray, n: int) -> np.ndarray:
        asked = Population.new(F=losses, index=np.arange(len(losses)))
        problem = Problem(n_var=1, n_obj=losses.shape[1])
        kept = RankAndCrowding().do(problem, asked, n_survive=n, random_state=np.random.default_rng(0))
        return kept.get("index").astype(int)

    with run:
        rows = space.sample(rng, population)
        values = run.evaluate(rows)
        while True:
            forest = ExtraTreesRegressor(trees, min_samples_leaf=2, random_state=int(rng.integers(2**31)))
            forest.fit(space.encode(rows), values)
            parents = rows[best(np.column_stack([-values, costs(rows)]), min(population, len(rows)))]
            first, second = (parents[rng.integers(len(parents), size=candidates)] for _ in range(2))
            children = space.mutate(rng, space.crossover(rng, first, second))
            children = np.concatenate([children, space.sample(rng, batch)])  # so that there is always something new
            seen = {row.tobytes() for row in rows}
            children = np.array(list({row.tobytes(): row for row in children if row.tobytes() not in seen}.values()))
            if not len(children):
                continue
            losses = np.column_stack([-forest.predict(space.encode(children)), costs(children)])
            chosen = children[best(losses, min(batch, len(children)))]
            values = np.concatenate([values, run.evaluate(chosen)])
            rows = np.concatenate([rows, chosen])
    return run.history
