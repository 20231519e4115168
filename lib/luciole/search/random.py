"""Random search: the baseline that every other searcher has to beat.

>>> from luciole.search import Budget, Objective
>>> from luciole.spaces import nb201
>>> objective = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
>>> len(search(nb201, objective, Budget(evaluations=20), np.random.default_rng(0)))
20
"""

import numpy as np

from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample")
def search(run: Run, space: Space, rng: np.random.Generator) -> None:
    """Draw genotypes one after the other until the budget is spent."""
    while True:
        run.evaluate(space.sample(rng, 1))
