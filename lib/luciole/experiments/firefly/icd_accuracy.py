"""ICD beside accuracy on NAS-Bench-101, and how much it depends on images, weights, width and batch.

    luciole run firefly/icd_accuracy

1. ``cells``: ICD over all modules, ICD over ReLUs and NASWOT of 2,000 cells drawn uniformly from NAS-Bench-101, at a
   cheap setting: 8 channels after the stem instead of 16, 100 images of 8x8 instead of 32x32.
2. ``released``: the same three for the first cells of that sample at the released setting, to see what the cheap one
   loses.
3. Settings of NAS-Bench-201, one thing changed at a time, on one sample of its classes: other images, other initial
   weights, half and double width, a third of the images and three times as many.

A task is one setting and some cells; a table of fewer cells is an unbiased sample, since their order is random.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import attestation, files, results
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly.ifa_nb201 import ROUNDED, SKELETON, code
from luciole.networks import Skeleton, build
from luciole.networks import nb101 as graphs
from luciole.scores.streamed import quicken, streamed
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, nb101, nb201
from luciole.tables import nasbench101

NAMES = [one.name for one in icd_batch.SCORES]
ORDER_SEED = 7  # of the sample
SHARD = 50


@dataclass(frozen=True)
class Setting:
    """What ICD is computed with."""

    space: str
    cells: int
    stem: int = 16  # channels
    side: int = 8  # of the images
    batch: int = 100
    images: int = 0  # seed
    weights: int = 0  # seed


SETTINGS = {
    "cells": Setting("nb101", 2_000, stem=8),
    "released": Setting("nb101", 100, side=32),
    "NAS-Bench-201": Setting("nb201", 300),
    "other images": Setting("nb201", 300, images=1),
    "other weights": Setting("nb201", 300, weights=1),
    "half the width": Setting("nb201", 300, stem=8),
    "double width": Setting("nb201", 300, stem=32),
    "33 images": Setting("nb201", 300, batch=33),
    "300 images": Setting("nb201", 300, batch=300),
}
TASKS = [(name, at) for name, setting in SETTINGS.items() for at in range(0, setting.cells, SHARD)]
MODULES = (  # whose code decides the numbers
    "luciole.experiments.firefly.icd_batch",
    "luciole.networks.initial",
    "luciole.networks.nb101",
    "luciole.networks.nb201",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.scores.streamed",
    "luciole.spaces.nb101",
    "luciole.spaces.nb201",
    "luciole.tables.nasbench101",
)


def sample(setting: Setting) -> NDArray[np.int64]:
    """Which cells a setting scores, in order: rows of the table of NAS-Bench-101, or official indices of classes."""
    rng = np.random.default_rng(ORDER_SEED)
    if setting.space == "nb101":
        return rng.choice(nb101.SIZE, SETTINGS["cells"].cells, replace=False)[: setting.cells]
    return rng.permutation(nb201.classes())[: setting.cells]


@cache
def _rows() -> Rows:
    return nasbench101.load().rows


def network(setting: Setting, cell: int) -> torch.nn.Module:
    """Build the network of one cell, its initial weights decided by the setting's seed and the cell."""
    state = np.random.SeedSequence([setting.weights, cell]).generate_state(1, np.uint64)[0]
    generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))
    if setting.space == "nb101":
        return graphs.build(_rows()[cell], generator, stem=setting.stem)
    return build(nb201.all_cells()[cell], Skeleton(width=setting.stem, cells=SKELETON.cells), generator)


def score(setting: Setting, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """ICD, ICD over ReLUs and NASWOT of these cells, (n, 3)."""
    batch, _ = icd_batch.images(setting.batch, setting.side, setting.images)
    return np.array([streamed(quicken(network(setting, int(cell))), batch) for cell in cells])


def shard(task: tuple[str, int]) -> dict[str, NDArray]:
    """Score some cells at one setting."""
    name, at = task
    setting = SETTINGS[name]
    cells = sample(setting)[at : at + SHARD]
    start = time.process_time()
    return {"values": score(setting, cells), "seconds": np.array(time.process_time() - start)}


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Score what is left and write what is finished as the result ``firefly/icd_accuracy``."""
    what = icd_batch.images(SETTINGS["cells"].batch, SETTINGS["cells"].side)[1]
    plan = {"images": what, "settings": repr(SETTINGS), "order": ORDER_SEED, "code": code(MODULES)}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    run_shards(shard, TASKS, files.cache() / "firefly/icd_accuracy", plan=plan, **options)
    collect(what)


def collect(what: str) -> None:
    """Write the result: for each setting its cells, their three scores (n, 3), and seconds a cell."""
    shards = load_shards(files.cache() / "firefly/icd_accuracy")
    if not shards:
        return
    arrays: dict[str, NDArray] = {"scores": np.array(NAMES), "settings": np.array(list(SETTINGS))}
    spent = np.zeros(len(SETTINGS))
    for at, (name, setting) in enumerate(SETTINGS.items()):
        mine = [(task, shards[task]) for task in sorted(shards) if TASKS[task][0] == name]
        values = [piece["values"] for _, piece in mine]
        places = [np.arange(TASKS[task][1], TASKS[task][1] + len(piece["values"])) for task, piece in mine]
        spent[at] = sum(float(piece["seconds"]) for _, piece in mine)
        arrays[f"cells, {name}"] = sample(setting)[np.concatenate([np.empty(0, np.int64), *places])]
        arrays[f"values, {name}"] = np.concatenate([np.empty((0, len(NAMES))), *values])
    arrays["seconds"] = spent
    with Meter("FRA") as meter:
        score(SETTINGS["NAS-Bench-201"], sample(SETTINGS["NAS-Bench-201"])[:5])
    results.write(
        "firefly/icd_accuracy",
        arrays,
        function=run,
        parameters={"settings": {name: repr(setting) for name, setting in SETTINGS.items()}, "order": ORDER_SEED},
        modules=[__name__, *MODULES],
        inputs={"images": what, "table": nasbench101.load().source},
        seconds=float(spent.sum()),
        joules=float(spent.sum()) * meter.joules / meter.seconds,
        holds=(len(shards), len(TASKS)),
        energy=f"{meter.mode}; mean power of five networks times the processor seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Score drawn cells again, each at one setting: that is a unit."""
    here = icd_batch.images(SETTINGS["cells"].batch, SETTINGS["cells"].side)[1]
    if here != result.provenance.inputs["images"]:
        raise attestation.Unavailable(f"the scores were on {result.provenance.inputs['images']}, here are {here}")
    if (source := _source()) != result.provenance.inputs["table"]:
        raise attestation.Unavailable(f"the cells are those of the {result.provenance.inputs['table']}, not {source}")
    kept = result.arrays
    pairs = [(setting, at) for setting in SETTINGS for at in range(len(kept[f"cells, {setting}"]))]
    drawn = [pairs[at] for at in attestation.draw(rng, len(pairs), units, 100)]
    cells = [sample(SETTINGS[setting])[at] for setting, at in drawn]
    named = [f"cell {cell} at {setting}" for cell, (setting, _) in zip(cells, drawn, strict=True)]
    now = [score(SETTINGS[setting], np.array([cell])) for cell, (setting, _) in zip(cells, drawn, strict=True)]
    then = [kept[f"values, {setting}"][[at]] for setting, at in drawn]
    none = np.empty((0, len(NAMES)))
    return attestation.Sample(
        named,
        len(pairs),
        {
            "cells": attestation.Column([kept[f"cells, {setting}"][at] for setting, at in drawn], cells),
            "values": attestation.Column(np.concatenate([none, *then]), np.concatenate([none, *now]), **ROUNDED),
        },
        (__name__, *MODULES),
        {"seconds": "measured processor time"},
    )


def _source() -> str:
    try:
        return nasbench101.load().source
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
