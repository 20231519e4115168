"""Operators of a search by scores: against as large a random sample, and chosen on one side to be read on another.

    luciole run choice/operators --seconds 600      # so long; the same again goes on where it stopped

Committed before any of its figures was read (what they come to is :mod:`luciole.experiments.choice.readings`):

* *Runs*: each of :data:`OPERATORS` follows each of :data:`GUIDES` on NAS-Bench-201 until :data:`SCORED` classes are
  scored, with :data:`SEEDS` seeds that no earlier choice has seen. A guide is one number a class, the rank by one score
  or the mean of log ranks by several within the whole space, the same for all; accuracies are nowhere in a run.
* *Against a sample*: the cell of highest score that a search met, less that of a uniform random
  sample of as many scored classes as the search has scored (searches that converge score fewer), by test accuracy, seed
  by seed. A search beats its sample where the interval of the mean difference is above nought on all three data sets.
* *Nested choice*: a pair of an operator and a guide is chosen by mean accuracy, over the first half
  of the seeds, of the best-scored cell among the classes of one side that a run has met; it is read with the other half
  of the seeds on another side: the other half of the classes (the fifty splits of :mod:`luciole.experiments.choice`),
  or another table (HAR-201 trains the same cells on sensors). The control is a random sample by the number of
  parameters, which nobody chose.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.errors import LucioleError
from luciole.experiments.choice import bench, procedures
from luciole.experiments.choice.bench import Ranking
from luciole.experiments.firefly.ifa_nb201 import STRENGTH, code, gather
from luciole.search import Budget, History, Objective, evolution, firefly, improved_firefly, luciole
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201

NAME = "choice/operators"
SAMPLE, CONTROL = "random sample", ("random sample", "parameters")
OPERATORS: dict[str, tuple[Callable[..., History], dict[str, Any]] | None] = {
    SAMPLE: None,
    "luciole": (luciole.search, {}),
    "luciole without attraction": (luciole.search, {"attraction": False}),
    "firefly": (firefly.search, {"order": STRENGTH}),
    "improved firefly": (improved_firefly.search, {"order": STRENGTH, "generations": 20}),
    "regularised evolution": (evolution.search, {}),
}
FIREFLIES = ("luciole", "luciole without attraction", "firefly", "improved firefly")
GUIDES = ("synflow", "set of chapter 5", "set chosen on HAR-201")
FIRST_SEED, SEEDS, SCORED = 5_000, 200, 150  # chapter 5 compares searches at 150: with more, all end alike
BLOCK = 20  # seeds of a shard
PAIRS = (*((operator, guide) for guide in GUIDES for operator in OPERATORS), CONTROL)
MODULES = (
    *(__name__, "luciole.experiments.choice.bench", "luciole.experiments.choice.procedures"),
    *(f"luciole.search.{name}" for name in ("budget", "evolution", "firefly", "history", "improved_firefly")),
    *(f"luciole.search.{name}" for name in ("luciole", "objective", "rank_firefly", "searcher", "swarms")),
    "luciole.spaces.nb201",
)
Values = NDArray[np.float64]
Places = NDArray[np.int16]  # of classes, in the order of classes()


@cache
def guide(name: str) -> Values:
    """A guide's value of every class, (6466,), the higher the better."""
    side = bench.nasbench201()
    if name == "set of chapter 5":
        ranking = Ranking((("l2_norm", "synflow", "progressivity"),))
    elif name == "set chosen on HAR-201":
        ranking = procedures.averaged(bench.common([bench.har201_side("wisdm"), side])[0])
    else:
        ranking = Ranking((("params" if name == "parameters" else name,),))
    return ranking.values(side)


@cache
def place() -> NDArray[np.int64]:
    """The class of every cell, (15625,), as its place in classes()."""
    return np.searchsorted(nb201.classes(), nb201.iso())


def ranked(met: NDArray[np.int64], values: Values) -> NDArray[np.int64]:
    """The different classes among those ``met``, the highest value first; the earlier where two are equal.

    >>> ranked(np.array([3, 1, 3, 0, 2]), np.array([5.0, 7.0, 1.0, 5.0]))
    array([1, 3, 0, 2])
    """
    _, first = np.unique(met, return_index=True)
    once = met[np.sort(first)]
    order: NDArray[np.int64] = once[np.argsort(-values[once], kind="stable")]
    return order


def sample(seed: int, scored: int) -> NDArray[np.int64]:
    """So many different classes of uniformly drawn cells, in the order drawn."""
    rng = np.random.default_rng([seed, 1])
    met = np.zeros(0, np.int64)
    while len(first := np.unique(met, return_index=True)[1]) < scored:
        met = np.concatenate([met, place()[rng.integers(nb201.SIZE, size=scored)]])
    return met[np.sort(first)[:scored]]


def met(operator: str, values: Values, seed: int) -> NDArray[np.int64]:
    """The classes that one run of an operator scored by ``values`` (6466,), in their order, repeats included."""
    told = OPERATORS[operator]
    if told is None:
        return sample(seed, SCORED)
    search, settings = told
    objective = Objective(
        lambda rows: values[place()[nb201.index(rows)]], seconds=lambda rows: np.zeros(len(rows)), key=nb201.canonical
    )
    history = search(nb201, objective, Budget(evaluations=SCORED), np.random.default_rng([seed, 2]), **settings)
    found: NDArray[np.int64] = place()[nb201.index(history.genotypes)]
    return found


@cache
def mine() -> NDArray[np.bool_]:
    """Which classes are the chooser's in each of the splits, (splits, 6466)."""
    chosen = np.zeros((bench.SPLITS, len(nb201.classes())), dtype=bool)
    for split, (rows, _) in enumerate(bench.halves(chosen.shape[1])):
        chosen[split, rows] = True
    return chosen


def account(operator: str, name: str, seed: int) -> dict[str, Any]:
    """One run: how many classes it scored, its best, that of as large a sample, and its best in either half."""
    values = guide(name)
    order = ranked(met(operator, values, seed), values)
    halves = mine()[:, order]  # (splits, scored)
    first, other = (np.where(one.any(axis=1), order[one.argmax(axis=1)], -1) for one in (halves, ~halves))
    size = len(order)
    return {
        "scored": size,
        "best": order[0],
        "sampled": ranked(sample(seed, size), values)[0],
        "mine": first,
        "theirs": other,
    }


def tasks() -> list[tuple[str, str, int]]:
    """Every pair with the first seed of each of its blocks of :data:`BLOCK`."""
    return [(*pair, first) for pair in PAIRS for first in range(0, SEEDS, BLOCK)]


def shard(task: tuple[str, str, int]) -> dict[str, NDArray]:
    """A block of runs of one pair: arrays (block,) and (block, splits), and the seconds that each took."""
    operator, name, first = task
    start = time.process_time()
    runs = [account(operator, name, FIRST_SEED + seed) for seed in range(first, first + BLOCK)]
    found = {key: np.array([run[key] for run in runs], dtype=np.int16) for key in runs[0]}
    return {**found, "seconds": np.full(BLOCK, (time.process_time() - start) / BLOCK)}


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Make ``units`` runs again; None: forty, some seconds."""
    kept = result.arrays
    try:
        bench.nasbench201()
    except LucioleError as reason:
        raise Unavailable(f"the table of the guides' classes is not here: {reason}") from None
    drawn = draw(rng, len(PAIRS) * SEEDS, units, 40)
    at, seeds = np.divmod(drawn, SEEDS)
    runs = [(*PAIRS[pair], FIRST_SEED + int(seed)) for pair, seed in zip(at, seeds, strict=True)]
    now = [account(*one) for one in runs]
    compared = {
        key: Column(kept[key][at, seeds], np.array([run[key] for run in now], dtype=np.int16)) for key in now[0]
    }
    named = [f"{operator} by {guided}, seed {seed}" for operator, guided, seed in runs]
    return Sample(named, len(PAIRS) * SEEDS, compared, MODULES, {"seconds": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Make the runs that are left, and write ``choice/operators`` once all are there."""
    plan = {"pairs": PAIRS, "seeds": SEEDS, "first seed": FIRST_SEED, "scored": SCORED, "code": code(MODULES)}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    if run_shards(shard, tasks(), files.cache() / NAME, plan=plan, **options) < len(tasks()):
        return
    flat = gather(load_shards(files.cache() / NAME))
    found = {key: values.reshape(len(PAIRS), SEEDS, *values.shape[1:]) for key, values in flat.items()}
    spent = float(found["seconds"].sum())
    results.write(
        NAME,
        {**found, "operators": np.array([one for one, _ in PAIRS]), "guides": np.array([one for _, one in PAIRS])},
        function=shard,
        parameters={"seeds": SEEDS, "first seed": FIRST_SEED, "scored": SCORED},
        modules=MODULES,
        inputs={"scores": "nb201/scores, har201/scores", "accuracies of HAR-201": "har201/table"},
        **estimated(spent),
    )
