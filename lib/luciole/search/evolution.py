"""Regularised evolution: tournaments choose the parent, age chooses who leaves.

Real, Aggarwal, Huang and Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019.
"""

from collections import deque

import numpy as np

from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.objective import Objective
from luciole.spaces import Space


def search(
    space: Space,
    objective: Objective,
    budget: Budget,
    rng: np.random.Generator,
    *,
    population: int = 10,
    sample: int = 3,
) -> History:
    """Evolve a queue of genotypes.

    1. Fill the queue with ``population`` random genotypes.
    2. Draw ``sample`` of them with replacement; the best is the parent.
    3. Append one mutant of it, and drop the oldest; go to 2.

    The defaults are those with which Dong and Yang ran it on NAS-Bench-201.
    """
    run = Run(space, objective, budget, needs=("sample", "mutate"))
    with run:
        rows = space.sample(rng, population)
        queue = deque(zip(rows, run.evaluate(rows), strict=True))
        while True:
            drawn = [queue[position] for position in rng.integers(population, size=sample)]
            parent = max(drawn, key=lambda individual: individual[1])[0]
            child = space.mutate(rng, parent[None])
            queue.append((child[0], run.evaluate(child)[0]))
            queue.popleft()
    return run.history
