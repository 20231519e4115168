"""The better firefly on HAR-201, by the sensors' own scores: the settings and scores chosen on images, unchanged.

    luciole run firefly/luciole_har201          # about a minute

The scores of chapter 5 (:data:`SCORES_USED`) are computed live on every new class, on 32 training windows of WISDM and
on the benchmark's own one-dimensional networks. Cells that HAR-201 has not trained yet are kept out, so that every
choice can be looked up. Beside luciole stands random search: the best of as many random cells by the same ranks. The
result keeps the chosen cells; their accuracies are looked up in the table.
"""

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole import attestation, files, results, tables
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.experiments.har201 import protocol
from luciole.networks import build
from luciole.scores import SCORES
from luciole.scores.aggregate import log_rank
from luciole.scores.passes import Passes
from luciole.search import Budget, Objective, luciole
from luciole.search.objective import PerRow
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, nb201

DATASET = "wisdm"
SCORES_USED = ("l2_norm", "synflow", "progressivity")  # chosen in chapter 5 on NAS-Bench-201 with CIFAR-100
SEEDS, SCORED, WINDOWS = 10, 60, 32
LOWEST = -1e9  # stands for a score of minus infinity, among ranks
MODULES = (
    "luciole.datasets.splits",
    "luciole.datasets.windows",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.scores.aggregate",
    "luciole.scores.aznas",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.scores.saliency",
    "luciole.scores.synflow",
    *(f"luciole.search.{name}" for name in ("budget", "history", "luciole", "objective", "rank_firefly", "searcher")),
    "luciole.spaces.nb201",
)


def trained() -> NDArray[np.bool_]:
    """Which of the 15,625 cells HAR-201 has trained on the data set."""
    return np.isfinite(tables.har201()[f"{DATASET}_test_f1_ep4"])


class Scorer:
    """The scores of classes of cells, each computed once; ``seconds`` is the processor time that it took."""

    def __init__(self, batch: Tensor, seed: int) -> None:
        self.batch, self.seed = batch, seed
        self.skeleton = protocol.skeleton(*protocol.PROTOCOLS[DATASET].shape[:2])
        self.known: dict[bytes, NDArray[np.float64]] = {}
        self.seconds = 0.0

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        """Return the scores of each row, (n, scores), the higher the better."""
        start = time.process_time()
        classes = nb201.canonical(rows)
        for row in classes:
            if row.tobytes() not in self.known:
                weights = protocol.weights(self.seed, int(nb201.index(row)))
                seen = Passes(build(nb201.prune(row), self.skeleton, weights), self.batch)
                self.known[row.tobytes()] = np.maximum([SCORES[name].of(seen) for name in SCORES_USED], LOWEST)
        self.seconds += time.process_time() - start
        return np.array([self.known[row.tobytes()] for row in classes])


def shard(seed: int) -> dict[str, NDArray]:
    """Search once by luciole and once at random: the index of the cell of each."""
    windows = protocol.data(DATASET)[0].train[0]
    rng = np.random.default_rng([seed, 201])
    scorer = Scorer(torch.from_numpy(windows[rng.choice(len(windows), WINDOWS, replace=False)]), seed)
    there = trained()
    columns: list[PerRow] = [lambda rows, at=at: scorer(rows)[:, at] for at in range(len(SCORES_USED))]  # type: ignore[misc]
    history = luciole.search(
        nb201,
        Objective(columns[0], key=nb201.canonical),
        Budget(evaluations=SCORED),
        rng,
        criteria=columns[1:],
        allowed=lambda rows: there[nb201.index(rows)],
    )
    drawn = nb201.all_cells()[rng.choice(np.flatnonzero(there), SCORED, replace=False)]
    return {
        "luciole": nb201.index(history.best),
        "random search": nb201.index(drawn[log_rank(list(scorer(drawn).T)).argmax()]),
        "random cell": nb201.index(drawn[0]),
        "seconds": np.array(scorer.seconds),
        "networks": np.array(len(scorer.known)),
    }


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the seeds that are left and write what is finished as the result ``firefly/luciole_har201``."""
    settings = {"dataset": DATASET, "scores": list(SCORES_USED), "scored": SCORED, "windows": WINDOWS}
    plan = {**settings, "trained": int(trained().sum()), "code": code(MODULES)}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    run_shards(shard, list(range(SEEDS)), files.cache() / "firefly/luciole_har201", plan=plan, **options)
    shards = load_shards(files.cache() / "firefly/luciole_har201")
    if not shards:
        return
    done = sorted(shards)
    with Meter("FRA") as meter:
        shard(0)
    spent = float(sum(shards[seed]["seconds"] for seed in done))
    results.write(
        "firefly/luciole_har201",
        {
            "seed": np.array(done),
            **{name: np.array([shards[seed][name] for seed in done]) for name in shards[done[0]]},
        },
        function=run,
        parameters=settings | {"seeds planned": SEEDS, "cells that could be chosen": plan["trained"]},
        modules=[__name__, *MODULES],
        inputs={"windows": "WISDM, prepared file, see luciole.datasets", "table": tables.har201().source},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        holds=(len(done), SEEDS),
        energy=f"{meter.mode}; mean power of one search times the processor seconds of all scoring",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Search again from drawn seeds; a unit is a seed, by luciole and at random."""
    kept, could = result.arrays, result.provenance.parameters["cells that could be chosen"]
    if (there := int(trained().sum())) != could:
        raise attestation.Unavailable(f"{could} cells could be chosen then, HAR-201 has {there} now")
    try:
        protocol.data(DATASET)
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    drawn = attestation.draw(rng, len(kept["seed"]), units, 4)
    found = [shard(int(seed)) for seed in kept["seed"][drawn]]
    return attestation.Sample(
        [f"seed {seed}" for seed in kept["seed"][drawn]],
        len(kept["seed"]),
        {
            one: attestation.Column(kept[one][drawn], [int(now[one]) for now in found])
            for one in ("luciole", "random search", "random cell", "networks")
        },
        (__name__, *MODULES),
        {"seconds": "measured processor time"},
    )
