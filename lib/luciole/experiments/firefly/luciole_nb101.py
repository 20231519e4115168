"""The better firefly on NAS-Bench-101, unchanged: its settings and its scores were chosen on NAS-Bench-201.

    luciole run firefly/luciole_nb101

The scores of chapter 5 (:data:`SCORES_USED`) are computed live on every new class, at a cheap setting: 8 channels after
the stem, 16 CIFAR-10 images of 8x8. Nothing about the search or the scores was chosen on this space. Each seed runs, on
the same memory of scores and :data:`SCORED` classes each,

* luciole, and random search on the same ranks;
* a last stage: the :data:`TRAINED` best of luciole's run are "trained" (looked up), and the best one is returned. The
  table at hand has no validation accuracy, so this stage chooses by test accuracy: an upper bound, and said so.

Reported is the table's accuracy: the mean of three trainings of 108 epochs.
"""

import time
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole import attestation, files, results
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.networks import nb101 as networks
from luciole.scores import SCORES
from luciole.scores.aggregate import log_rank
from luciole.scores.passes import Passes
from luciole.search import Budget, Objective, luciole
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, nb101
from luciole.tables import nasbench101

SCORES_USED = ("l2_norm", "synflow", "progressivity")  # chosen in chapter 5 on NAS-Bench-201 with CIFAR-100
SEEDS, SCORED = 6, 150
TRAINED = (1, 5, 20)  # how many of the best are trained in the end; 1 is no last stage
STEM, IMAGES, SIDE = 8, 16, 8
LOWEST = -1e9  # stands for a score of minus infinity, among ranks
MODULES = (
    "luciole.experiments.firefly.icd_batch",
    "luciole.networks.initial",
    "luciole.networks.nb101",
    "luciole.scores.aggregate",
    "luciole.scores.aznas",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.scores.saliency",
    "luciole.scores.synflow",
    *(f"luciole.search.{name}" for name in ("budget", "history", "luciole", "objective", "rank_firefly", "searcher")),
    "luciole.spaces.nb101",
    "luciole.tables.nasbench101",
)


@cache
def _table() -> nasbench101.NB101Table:
    return nasbench101.load()


@cache
def _batch() -> torch.Tensor:
    return icd_batch.images(IMAGES, SIDE)[0]


class Graph(Passes):
    """The passes of a network of NAS-Bench-101: its blocks are the stem, the cells and the poolings between them."""

    @property
    def blocks(self) -> list[Tensor]:
        """Feature maps (B, C, H, W) after the stem and after each cell or pooling, in order."""
        outputs = {layer.name: layer.output for layer in self.layers}
        return [outputs[f"layers.{at}"] for at in range(len(self.network.layers))]  # type: ignore[arg-type]


class Scorer:
    """The scores of classes of cells, each computed once; ``seconds`` is the processor time that it took."""

    def __init__(self) -> None:
        self.known: dict[bytes, NDArray[np.float64]] = {}
        self.seconds = 0.0

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        """Return the scores of each row, (n, scores), the higher the better."""
        start = time.process_time()
        keys = [digest.tobytes() for digest in nb101.digests(rows)]
        for row, key in zip(rows, keys, strict=True):
            if key not in self.known:
                generator = torch.Generator().manual_seed(int.from_bytes(key[:8]) >> 1)
                seen = Graph(networks.build(row, generator, stem=STEM), _batch())
                self.known[key] = np.maximum([SCORES[name].of(seen) for name in SCORES_USED], LOWEST)
        self.seconds += time.process_time() - start
        return np.array([self.known[key] for key in keys])


def play(seed: int, scorer: Scorer, scored: int = SCORED) -> tuple[Rows, NDArray[np.float64]]:
    """Run luciole once: the classes that it scored, and their fitness in the end."""
    columns = [lambda rows, at=at: scorer(rows)[:, at] for at in range(len(SCORES_USED))]
    objective = Objective(columns[0], key=nb101.canonical)
    rng = np.random.default_rng([seed, 101])
    history = luciole.search(nb101, objective, Budget(evaluations=scored), rng, criteria=columns[1:])
    return history.genotypes, history.values


def best_trained(rows: Rows, fitness: NDArray[np.float64]) -> list[float]:
    """Accuracy (a fraction) of the best of the first so many by fitness, for each number in TRAINED."""
    order = np.argsort(-fitness, kind="stable")
    return [float(_table().at(rows[order[:k]], "test_acc108").max()) for k in TRAINED]


def shard(seed: int) -> dict[str, NDArray]:
    """Run luciole and random search once, with the same scores and number of scored classes."""
    scorer = Scorer()
    rows, fitness = play(seed, scorer)
    drawn = _table().sample(np.random.default_rng([seed, 102]), SCORED)
    return {
        "rows": rows,
        "fitness": fitness,
        "luciole": np.array(best_trained(rows, fitness)),
        "random search": np.array(best_trained(drawn, log_rank(list(scorer(drawn).T)))),
        "seconds": np.array(scorer.seconds),
        "networks": np.array(len(scorer.known)),
    }


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the seeds that are left and write what is finished as the result ``firefly/luciole_nb101``."""
    what = icd_batch.images(IMAGES, SIDE)[1]
    settings = {"scores": list(SCORES_USED), "scored": SCORED, "stem": STEM, "trained": list(TRAINED)}
    plan = {"images": what, **settings, "code": code(MODULES)}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    run_shards(shard, list(range(SEEDS)), files.cache() / "firefly/luciole_nb101", plan=plan, **options)
    shards = load_shards(files.cache() / "firefly/luciole_nb101")
    if not shards:
        return
    done = sorted(shards)
    with Meter("FRA") as meter:
        Scorer()(_table().sample(np.random.default_rng(0), 5))
    spent = float(sum(shards[seed]["seconds"] for seed in done))
    results.write(
        "firefly/luciole_nb101",
        {
            "seed": np.array(done),
            **{name: np.array([shards[seed][name] for seed in done]) for name in shards[done[0]]},
        },
        function=run,
        parameters=settings | {"seeds planned": SEEDS},
        modules=[__name__, *MODULES],
        inputs={"images": what, "table": _table().source},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        holds=(len(done), SEEDS),
        energy=f"{meter.mode}; mean power of scoring five cells times the processor seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Search again from drawn seeds; a unit is a seed, by luciole and at random. One takes half a minute."""
    here, kept = icd_batch.images(IMAGES, SIDE)[1], result.arrays
    if here != result.provenance.inputs["images"]:
        raise attestation.Unavailable(f"the scores were on {result.provenance.inputs['images']}, here are {here}")
    try:
        source = _table().source
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    if source != result.provenance.inputs["table"]:
        raise attestation.Unavailable(f"accuracies were those of the {result.provenance.inputs['table']}, not {source}")
    drawn = attestation.draw(rng, len(kept["seed"]), units, 1)
    found = [shard(int(seed)) for seed in kept["seed"][drawn]]
    near: dict[str, dict[str, Any]] = {
        "fitness": {"relative": 1e-9, "why": "logarithms of ranks round otherwise on other processors"}
    }
    columns = {
        one: attestation.Column(
            values[drawn],
            np.stack([values[0], *(now[one] for now in found)])[1:],
            **near.get(one, {}),
        )
        for one, values in kept.items()
        if one not in ("seed", "seconds")
    }
    named = [f"seed {seed}" for seed in kept["seed"][drawn]]
    left = {"seconds": "measured processor time"}
    return attestation.Sample(named, len(kept["seed"]), columns, (__name__, *MODULES), left)
