"""Every training-free score on every class of NAS-Bench-201, on two cores in under an hour.

    luciole run nb201/scores --workers 2

The protocol stands in :mod:`luciole.experiments.nb201.stages`. Each stage is resumable. The committed result is a
checkpoint too: a stage whose protocol and code are the same is taken over from it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import attestation, files, results, tables
from luciole.errors import LucioleError
from luciole.experiments.nb201 import costs as nb201_costs
from luciole.experiments.nb201 import quality as nb201_quality
from luciole.experiments.nb201 import settings as nb201_settings
from luciole.experiments.nb201.stages import (
    INPUTS,
    MODULES,
    ROUNDED,
    SIZE,
    SKELETON,
    STAGES,
    column,
    need_images,
    sample,
    stage,
    tolerance,
)
from luciole.scores.engine import deciding, restore
from luciole.spaces import nb201

CLASSES = 16  # that a sample draws: some twenty seconds


def plan(name: str) -> dict[str, Any]:
    """Return everything that decides a stage's values, as JSON holds it: protocol, inputs, code."""
    one = STAGES[name]
    batch = INPUTS[one.group](one.batch, one.side)[0].double()
    code = {**deciding(one.scores, one.lean), nb201.__name__: results.fingerprint(nb201.__name__)}
    said = {**asdict(one), "skeleton": repr(one.skeleton), "inputs": [float(batch.sum()), float(batch.square().sum())]}
    return json.loads(json.dumps({**said, "code": code}))


def take_over(name: str, folder: Path) -> int:
    """Write the shards of a stage that the committed result holds; return how many there were.

    None where the result was made under another protocol or by other code. Milliseconds are those of the cost sample.
    """
    if not (files.results() / "nb201/scores.json").exists():
        return 0
    kept, prices = results.read("nb201/scores", part=True), results.read("nb201/costs").frame
    one = STAGES[name]
    columns = [[column(name, score, seed) for score in one.scores] for seed in one.seeds]
    said, mine = kept.provenance.parameters["stages"].get(name, {}), plan(name)
    if {**said, "code": None} != {**mine, "code": None}:
        return 0
    if any(kept.code.get(module) != fingerprint for module, fingerprint in mine["code"].items()):
        return 0  # neither the first run nor an attestation was of this code
    if any(name not in kept.frame for names in columns for name in names):
        return 0
    rows = kept.frame.set_index("index").loc[sample(name)]
    price = prices.set_index(["inputs", "score"])["milliseconds"]
    batch, labels = INPUTS[one.group](one.batch, one.side)
    return restore(
        sample(name),
        one.scores,
        batch,
        labels=labels,
        skeleton=one.skeleton,
        seeds=one.seeds,
        lean=one.lean,
        folder=folder,
        values=np.stack([rows[names].to_numpy(dtype=float) for names in columns]),
        milliseconds=np.array([price[one.group, score] for score in one.scores]),
        shared=float(price[one.group, f"all of {name}"]),
    )


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compute what is missing; write the scores, their costs, and (where accuracies are known) their quality.

    Results: ``nb201/scores``, a row a class; ``nb201/costs``, a row a score; ``nb201/quality``;
    ``nb201/settings``, the same scores under cheaper and dearer settings.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    columns: dict[str, NDArray] = {"index": nb201.classes().astype(np.int32)}
    spent, failures, unfinished = 0.0, 0, []
    done = planned = 0
    for name, one in STAGES.items():
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        folder = files.cache() / "nb201/scores" / name
        take_over(name, folder)
        scored = stage(name, workers=workers, scheduler=scheduler, folder=folder, seconds=left)
        if not scored.complete:
            unfinished.append(name)
        done, planned = done + int((~np.isnan(scored.shared)).sum()), planned + scored.shared.size
        spent, failures = spent + float(np.nansum(scored.shared)) / 1e3, failures + len(scored.failures)
        place = np.searchsorted(columns["index"], scored.classes)
        for score in one.scores:
            for seed, values in zip(one.seeds, scored.values[score], strict=True):
                full = np.full(len(columns["index"]), np.nan, dtype=np.float32)
                full[place] = values
                if not np.isnan(full).all():
                    columns[column(name, score, seed)] = full
    if len(columns) == 1:
        raise LucioleError("no class is scored yet; run again with more seconds")
    frame, meter = nb201_costs.costs()
    data = pd.DataFrame(columns)
    said = {"skeleton": repr(SKELETON), "size": SIZE, "stages": {name: plan(name) for name in STAGES}}
    inputs = {"images": "CIFAR-10, cifar10_subset.npz X_train (prepared file)", "noise": "standard normal, seed 0"}
    keep: Mapping[str, Any] = {
        "function": run,
        "parameters": {**said, "failed": failures, "unfinished": unfinished},
        "modules": MODULES,
        "seconds": spent,
        "joules": spent * meter.joules / meter.seconds,
        "energy": f"{meter.mode}; mean power of the cost sample times the seconds",
    }
    results.write("nb201/scores", data, inputs=inputs, holds=(done, planned), **keep)
    results.write("nb201/costs", frame, inputs=inputs, **keep)
    if "c10_test200" in tables.nb201():
        inputs["accuracies"] = tables.nb201().source
        judged = nb201_quality.quality(data, tables.nb201())
        results.write("nb201/quality", judged, inputs=inputs, holds=(done, planned), **keep)
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    traded = nb201_settings.settings(workers, scheduler, left)
    if len(traded):
        measured = len(traded[["cells", "side", "batch"]].drop_duplicates()), len(nb201_settings.SETTINGS)
        results.write("nb201/settings", traded, inputs=inputs, holds=measured, **keep)
    if unfinished:
        print(f"nb201_scores: unfinished: {', '.join(unfinished)}; run again to go on")


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Derive a sample of one of the four results again (see :mod:`luciole.attestation`)."""
    others = {one.__name__: one.rederive for one in (nb201_costs, nb201_quality, nb201_settings)}
    return others.get(f"luciole.experiments.{name.replace('/', '.')}", again)(result, rng, units)


def again(result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Score drawn classes again, each by all stages that cover it; a unit is a class.

    Where a stage covers few classes and none of them was drawn, two of its own are compared beside.
    """
    need_images()
    frame = result.frame.set_index("index")
    drawn = frame.index.to_numpy()[attestation.draw(rng, len(frame), units, CLASSES)]
    columns: dict[str, attestation.Column] = {}
    for name, one in STAGES.items():
        mine = np.intersect1d(drawn, sample(name))
        if drawn.size and not mine.size:
            mine = np.sort(rng.choice(sample(name), 2, replace=False))
        if not mine.size:
            continue
        scored = stage(name, mine)
        named = [f"class {index}" for index in mine]
        for place, seed in enumerate(one.seeds):
            for score in one.scores:
                title = column(name, score, seed)
                kept, now = frame[title], scored.values[score][place].astype(np.float32)
                near = tolerance(score, ROUNDED * float(kept[np.isfinite(kept)].std()))
                columns[title] = attestation.Column(kept[mine], now, **near, rows=named)
    return attestation.Sample([f"class {index}" for index in drawn], len(frame), columns, MODULES)
