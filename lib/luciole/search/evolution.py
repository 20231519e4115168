"""Regularised evolution: tournaments choose the parent, age chooses who leaves.

Real, Aggarwal, Huang and Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019.
"""

from collections import deque

import numpy as np

from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Rows, Space

Queue = deque[tuple[Rows, float]]  # genotypes (genes,) with their values, the oldest first


def tournament(queue: Queue, sample: int, rng: np.random.Generator) -> Rows:
    """Draw ``sample`` individuals with replacement and return the best of them, (1, genes)."""
    drawn = [queue[position] for position in rng.integers(len(queue), size=sample)]
    return max(drawn, key=lambda individual: individual[1])[0][None]


@searcher("sample", "mutate")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    population: int = 10,
    sample: int = 3,
) -> None:
    """Evolve a queue of genotypes.

    1. Fill the queue with ``population`` random genotypes.
    2. Draw ``sample`` of them with replacement; the best is the parent.
    3. Append one mutant of it, and drop the oldest; go to 2.

    The defaults are those with which Dong and Yang ran it on NAS-Bench-201.
    """
    rows = space.sample(rng, population)
    queue = deque(zip(rows, run.evaluate(rows), strict=True))
    while True:
        child = space.mutate(rng, tournament(queue, sample, rng))
        queue.append((child[0], run.evaluate(child)[0]))
        queue.popleft()
