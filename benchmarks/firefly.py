"""How fast the improved firefly search runs on a scored space, beside the same search written element by element.

    python benchmarks/firefly.py [SEEDS]

Processor seconds for 200 seeds of 2,000 evaluations on NAS-Bench-201 (from the scores of the committed result
``nb201_ifa``; no table of accuracies is needed), and of the plain double loop of the released algorithm, whose
flights are timed on the same positions.
"""

import math
import sys
import time

import numpy as np
from record import Row, record

from luciole import results
from luciole.experiments import nb201_ifa
from luciole.search.swarms import Flight, GeneSwarm
from luciole.spaces import nb201

VARIANT = "IFA, one-sided, strength, icd"
SEEDS, GENERATIONS = 200, 100


def plain(position: list[list[float]], fitness: list[float], flight: Flight, rng: np.random.Generator) -> None:
    """One generation of flights, one element at a time, in place."""
    for x in range(len(position) - 1):
        for y in range(x + 1, len(position)):
            if fitness[y] > fitness[x]:
                squared = sum((a - b) ** 2 for a, b in zip(position[x], position[y], strict=True))
                pull = flight.beta * math.exp(-flight.gamma * squared)
                for gene, goal in enumerate(position[y]):
                    here = position[x][gene]
                    step = here + (goal - here) * pull + flight.alpha * rng.random()
                    position[x][gene] = min(1.0, max(0.0, step))


def generations() -> tuple[float, float]:
    """Processor seconds of a hundred generations of twenty fireflies: ours, and element by element."""
    rng = np.random.default_rng(0)
    fitness = np.arange(20.0)
    swarm = GeneSwarm(nb201, rng, 20)
    start = time.process_time()
    for _ in range(GENERATIONS):
        swarm.fly(fitness, Flight(), rng)
    ours = time.process_time() - start
    position = swarm.position.tolist()
    start = time.process_time()
    for _ in range(GENERATIONS):
        plain(position, fitness.tolist(), Flight(), rng)
    return ours, time.process_time() - start


def main(seeds: int) -> None:
    """Measure and record."""
    scores = results.read("nb201_ifa").arrays
    start = time.process_time()
    evaluations = sum(len(nb201_ifa.play(VARIANT, seed, scores)) for seed in range(seeds))
    whole = (time.process_time() - start) * SEEDS / seeds
    ours, theirs = generations()
    record(
        [
            Row(
                "firefly.seeds",
                f"{SEEDS} seeds of IFA on scored NAS-Bench-201, {evaluations // seeds} evaluations each (one core)",
                whole,
                "CPU s",
                "under 20 s on 2 cores",
                whole < 40,
            ),
            Row(
                "firefly.flight",
                f"{GENERATIONS} generations of 20 fireflies of 6 genes",
                1000 * ours,
                "CPU ms",
                "faster than the plain double loop",
                ours < theirs,
                1000 * theirs,
                "the double loop in Python, one element at a time",
            ),
        ]
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
