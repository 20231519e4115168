"""A genetic algorithm in the manner of CNN-GA: tournaments, crossover, mutation, and selection that keeps the best.

Sun, Xue, Zhang and Yen, "Automatically Designing CNN Architectures Using the Genetic Algorithm for Image
Classification", IEEE Transactions on Cybernetics 2020. Their chromosomes have variable length; here crossover and
mutation are the space's own.
"""

import numpy as np

from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample", "crossover", "mutate")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    population: int = 20,
    crossover: float = 0.9,
    mutation: float = 0.2,
) -> None:
    """Evolve generation by generation.

    1. Parents are chosen by binary tournament; a pair gives a crossed child with probability ``crossover``, else
       its first parent is copied; a child mutates with probability ``mutation``.
    2. Parents and children meet in binary tournaments for the ``population`` places of the next generation; if the
       best of all lost, it takes the place of the worst.
    """

    def tournament(values: np.ndarray, n: int) -> np.ndarray:
        pairs = rng.integers(len(values), size=(n, 2))
        return np.where(values[pairs[:, 0]] >= values[pairs[:, 1]], pairs[:, 0], pairs[:, 1])

    rows = space.sample(rng, population)
    values = run.evaluate(rows)
    while True:
        first, second = rows[tournament(values, population)], rows[tournament(values, population)]
        crossed = rng.random(population) < crossover
        children = np.where(crossed[:, None], space.crossover(rng, first, second), first)
        mutated = rng.random(population) < mutation
        children = np.where(mutated[:, None], space.mutate(rng, children), children)
        both, fitness = np.concatenate([rows, children]), np.concatenate([values, run.evaluate(children)])
        kept = tournament(fitness, population)
        best = int(np.argmax(fitness))
        if fitness[best] > fitness[kept].max():
            kept[int(np.argmin(fitness[kept]))] = best
        rows, values = both[kept], fitness[kept]
