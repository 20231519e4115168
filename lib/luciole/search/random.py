"""Random search: the baseline that every other searcher has to beat."""

import numpy as np

from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.objective import Objective
from luciole.spaces import Space


def search(space: Space, objective: Objective, budget: Budget, rng: np.random.Generator) -> History:
    """Draw genotypes one after the other until the budget is spent.

    >>> from luciole.spaces import nb201
    >>> objective = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
    >>> len(search(nb201, objective, Budget(evaluations=20), np.random.default_rng(0)))
    20
    """
    run = Run(space, objective, budget, needs=("sample",))
    with run:
        while True:
            run.evaluate(space.sample(rng, 1))
    return run.history
