"""How fast the improved firefly search runs on a scored space, beside the same search written element by element.

    python benchmarks/firefly.py [SEEDS]

Processor seconds for 200 seeds of 2,000 evaluations on NAS-Bench-201 (from the scores of the committed result
``firefly/ifa_nb201``; no table of accuracies is needed), and of the plain double loop of the released algorithm, whose
flights are timed on the same positions. Then milliseconds of one ICD on NAS-Bench-101 in the released setting, on
cells that the committed runs met, beside the same value computed with all activations kept.
"""

import math
import sys
import time

import numpy as np
import torch
from record import Row, record

from luciole import published, results
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly import ifa_nb101 as nb101_ifa
from luciole.experiments.firefly import ifa_nb201 as nb201_ifa
from luciole.networks import nb101
from luciole.scores.icd import icd
from luciole.scores.streamed import icd_streamed, quicken
from luciole.search.swarms import Flight, GeneSwarm
from luciole.spaces import nb201

VARIANT = "IFA, one-sided, strength, icd"
SEEDS, GENERATIONS = 200, 100
GRAPHS = 12  # networks of NAS-Bench-101 that are timed


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


def milliseconds() -> tuple[float, float]:
    """Processor milliseconds of one ICD in the released setting, network built: streamed, and with all kept."""
    rows = results.read("firefly/ifa_nb101").arrays["rows"]
    batch, _ = icd_batch.images(nb101_ifa.BATCH, nb101_ifa.SIDE)
    spent = np.zeros(2)
    for at, row in enumerate([rows[0], *rows[np.linspace(0, len(rows) - 1, GRAPHS).astype(int)]]):
        for way in range(2):
            start = time.process_time()
            network = nb101.build(row, torch.Generator().manual_seed(at), stem=nb101_ifa.STEM)
            _ = icd_streamed(quicken(network), batch) if way == 0 else icd(network, batch)
            spent[way] += (time.process_time() - start) * (at > 0)  # the first warms up
    streamed, kept = 1000 * spent / GRAPHS
    return float(streamed), float(kept)


def main(seeds: int) -> None:
    """Measure and record."""
    scores = results.read("firefly/ifa_nb201").arrays
    start = time.process_time()
    evaluations = sum(len(nb201_ifa.play(VARIANT, seed, scores)) for seed in range(seeds))
    whole = (time.process_time() - start) * SEEDS / seeds
    ours, theirs = generations()
    torch.set_num_threads(1)
    streamed, kept = milliseconds()
    bar = 1000 * published.figure("mokhtari2024oad/search_seconds") / 2000 / 10
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
            Row(
                "firefly.icd",
                "one ICD on NAS-Bench-101 in the released setting: 16 channels, 100 images of 32x32, network built",
                streamed,
                "CPU ms",
                f"under {bar:.0f} ms, a tenth of the paper's search by its evaluations",
                streamed <= bar,
                kept,
                "the same value with all activations kept",
            ),
        ]
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
