"""How much a search costs beside the training it simulates: ``python benchmarks/search.py``.

Processor seconds (this process, one thread) of the whole comparison of ``luciole run nb201/search``, extrapolated from
a few runs of every searcher in it; and of one evaluation by our random search, against Optuna's own random sampler
asked and told on the same table in the same process.
"""

import time
import warnings

import numpy as np
import optuna
from record import Row, record

from luciole import tables
from luciole.experiments.nb201 import search as bench
from luciole.search import Budget
from luciole.spaces import nb201

RUNS = 2  # of each searcher
EVALUATIONS = 300


def comparison() -> float:
    """Minutes on two cores that the whole comparison takes."""
    table, total = tables.nb201(), 0.0
    for searcher, seeds in bench.entrants().items():
        bench.play(searcher, 0, table, Budget(seconds=6_000))  # first use imports libraries
        start = time.process_time()
        for seed in range(RUNS):
            bench.chosen(bench.play(searcher, seed, table))
        total += (time.process_time() - start) / RUNS * seeds
    return total / 2 / 60


def ours() -> float:
    """Microseconds of one evaluation in our random search."""
    table = tables.nb201()
    start = time.process_time()
    bench.play("random", 0, table, Budget(evaluations=EVALUATIONS))
    return 1e6 * (time.process_time() - start) / EVALUATIONS


def theirs() -> float:
    """Microseconds of one evaluation through Optuna's ask and tell with its random sampler."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    valid = tables.nb201().role("valid")
    start = time.process_time()
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(EVALUATIONS):
        trial = study.ask()
        row = np.array([trial.suggest_categorical(f"g{gene}", range(k)) for gene, k in enumerate(nb201.ARITY)])
        study.tell(trial, float(valid[nb201.index(row)]))
    return 1e6 * (time.process_time() - start) / EVALUATIONS


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    minutes = comparison()
    one, other = min(ours() for _ in range(5)), min(theirs() for _ in range(5))
    what = f"all searchers of nb201_search, extrapolated from {RUNS} runs each; processor time of one core, halved"
    record(
        [
            Row("search.comparison", what, minutes, "min", "whole comparison within 10 min on 2 cores", minutes < 10),
            Row(
                "search.evaluation", f"one evaluation of random search, {EVALUATIONS} of them, table look-up included",
                one, "us", "less than the peer", one < other, other, "optuna RandomSampler",
            ),
        ]
    )  # fmt: skip
