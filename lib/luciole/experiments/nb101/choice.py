"""Which scores to add up, chosen on NAS-Bench-101: a choice that has seen no accuracy of NAS-Bench-201.

    luciole run nb101/choice

Four hundred random cells of NAS-Bench-101 are scored at the benchmark's own depth (three stacks of three cells) and
a stem of 16 channels, on 8 images of 16 x 16, like the deep stage of ``nb201/scores``. Of all sets of two or more
scores, log ranks added, the one of highest Kendall tau with NAS-Bench-101's test accuracies is the choice. Chapter 4
judges it on NAS-Bench-201.
"""

import itertools
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole import attestation, files, results
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.nb201.stages import images, need_images
from luciole.networks import nb101 as networks
from luciole.scores import SCORES
from luciole.scores.aggregate import log_rank
from luciole.scores.passes import Passes
from luciole.scores.quality import tau
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, nb101
from luciole.tables import nasbench101

CELLS, SHARD, STEM, BATCH, SIDE = 400, 25, 16, 8, 16
POOL = ("expressivity", "progressivity", "trainability", "synflow", "jacov", "naswot", "meco")  # and MACs
MODULES = (
    *(
        *("luciole.networks.nb101", "luciole.networks.initial"),
        "luciole.spaces.nb101",
        "luciole.tables.nasbench101",
        "luciole.experiments.nb201.stages",
    ),
    *(
        f"luciole.scores.{name}"
        for name in ("passes", "watched", "graph", "reparametrised", "aznas", "synflow", "jacobian", "naswot", "meco")
    ),
    *(f"luciole.scores.{name}" for name in ("aggregate", "quality")),
)


class Staged(nn.Module):
    """A network of NAS-Bench-101 whose stem and blocks are modules with names that a score can be given."""

    def __init__(self, network: networks.Network):
        super().__init__()
        self.stem, self.body = network.layers[0], nn.Sequential(*network.layers[1:])
        self.classifier = network.classifier

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.classifier(self.body(self.stem(x)).mean(dim=(2, 3)))
        return out


def sample() -> Rows:
    """The cells, in a fixed random order: int8 (400, 26)."""
    return nasbench101.load().sample(np.random.default_rng(0), CELLS)


def score(row: NDArray[np.int8], batch: Tensor) -> list[float]:
    """Scores of one cell in the order of ``POOL``, its weights drawn from its hash."""
    seed = int.from_bytes(nb101.digests(row[None])[0].tobytes()[:4]) >> 1
    network = Staged(networks.build(row, torch.Generator().manual_seed(seed), stem=STEM))
    blocks = ["stem", *(f"body.{place}" for place in range(len(network.body)))]
    seen = Passes(network, batch, seed=seed, blocks=blocks)
    return [SCORES[name].of(seen) for name in POOL]


def work(task: int) -> dict[str, NDArray]:
    """Score one shard of the cells: values (cells, scores), and the seconds of processor it took."""
    begun, (batch, _) = time.process_time(), images(BATCH, SIDE)
    rows = sample()[task * SHARD : (task + 1) * SHARD]
    values = np.array([score(row, batch) for row in rows])
    return {"values": values, "seconds": np.array(time.process_time() - begun)}


def choose(scores: Mapping[str, NDArray[np.float64]], accuracy: NDArray[np.float64]) -> dict[str, NDArray]:
    """Rank the sets of two or more scores by the tau of their log-rank sum, the best first: "names", "tau"."""
    found = []
    for size in range(2, len(scores) + 1):
        for names in itertools.combinations(scores, size):
            found.append((tau(log_rank([scores[name] for name in names]), accuracy), " + ".join(names)))
    found.sort(key=lambda one: -one[0])
    return {"names": np.array([names for _, names in found]), "tau": np.array([value for value, _ in found])}


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Score, choose, and write the result ``nb101/choice`` once all cells are scored."""
    tasks = list(range(CELLS // SHARD))
    code = {name: results.fingerprint(name) for name in (__name__, *MODULES)}
    plan = {"cells": CELLS, "stem": STEM, "batch": BATCH, "side": SIDE, "code": code}
    place = files.cache() / "nb101/choice"
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    if run_shards(work, tasks, place, plan=plan, **options) < len(tasks):
        return
    shards = load_shards(place)
    values = np.concatenate([shards[task]["values"] for task in tasks])
    rows, table = sample(), nasbench101.load()
    scores = {name: values[:, column] for column, name in enumerate(POOL)}
    scores["macs"] = networks.macs(rows, size=SIDE, stem=STEM).astype(float)
    accuracy = table.at(rows, "test_acc108").astype(float)
    spent = float(sum(shard["seconds"] for shard in shards.values()))
    with Meter("FRA") as meter:
        score(rows[0], images(BATCH, SIDE)[0])
    results.write(
        "nb101/choice",
        {
            **{f"score_{name}": column for name, column in scores.items()},
            **judged(scores, accuracy),
        },
        function=run,
        parameters={"cells": CELLS, "stem": STEM, "batch": BATCH, "side": SIDE, "pool": list(scores)},
        modules=[__name__, *MODULES],
        inputs={"accuracies": table.source, "images": "CIFAR-10, cifar10_subset.npz X_train (prepared file)"},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        energy=f"{meter.mode}; mean power of one network times the seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Score drawn cells again, and choose again from the scores on record; a unit is a cell."""
    need_images()
    try:
        table = nasbench101.load()
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    if table.source != result.provenance.inputs["accuracies"]:
        raise attestation.Unavailable(f"it was chosen by {result.provenance.inputs['accuracies']}, not {table.source}")
    kept, rows = result.arrays, sample()
    drawn = attestation.draw(rng, len(rows), units, 40)
    scores = {one: kept[f"score_{one}"] for one in (*POOL, "macs")}
    batch = images(BATCH, SIDE)[0]
    values = np.array([score(row, batch) for row in rows[drawn]]).reshape(-1, len(POOL))
    columns = {
        f"score_{one}": attestation.Column(scores[one][drawn], values[:, place], **_near(one))
        for place, one in enumerate(POOL)
    }
    macs = networks.macs(rows[drawn], size=SIDE, stem=STEM).astype(float)
    found = judged(scores, table.at(rows, "test_acc108").astype(float))
    sets = found["sets_names"].tolist()
    added: dict[str, Any] = {"relative": 1e-9, "why": "logarithms round otherwise on other processors"}
    columns |= {
        "score_macs": attestation.Column(scores["macs"][drawn], macs),
        "alone": attestation.Column(kept["alone"], found["alone"], **added, rows=list(scores)),
        "sets_names": attestation.Column(kept["sets_names"], found["sets_names"], rows=sets),
        "sets_tau": attestation.Column(kept["sets_tau"], found["sets_tau"], **added, rows=sets),
    }
    return attestation.Sample([f"cell {at}" for at in drawn], len(rows), columns, (__name__, *MODULES))


def _near(score: str) -> dict[str, Any]:
    """How far a score may be off on another processor: three to five times the largest seen on 100 cells."""
    share = {"trainability": 2e-2, "jacov": 5e-3}.get(score, 1e-4)
    return {"relative": share, "absolute": 1e-6, "why": "sums run in another order, which grows from layer to layer"}


def judged(scores: Mapping[str, NDArray[np.float64]], accuracy: NDArray[np.float64]) -> dict[str, NDArray]:
    """What the scores are worth: tau of each "alone", and of all sets, the best first ("sets_names", "sets_tau")."""
    alone = np.array([tau(column, accuracy) for column in scores.values()])
    return {"alone": alone, **{f"sets_{name}": column for name, column in choose(scores, accuracy).items()}}


def chosen(result: results.Result) -> list[str]:
    """Names of the scores of the best set of the committed result."""
    return str(result.arrays["sets_names"][0]).split(" + ")
