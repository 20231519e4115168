"""Scores at the setting that their published correlations are of, on a uniform sample of NAS-Bench-201.

    luciole run nb201/published --seconds 600

The setting of the authors' codes: five cells a stage, width 16, 32 x 32, batches of 64 (ZiCo two of them), real images
(CIFAR-10) for gradients of a loss and standard normal inputs for what needs none, weights as PyTorch or the score draws
them. A class takes some ten seconds, so the space would take half a day of a core; each stage takes the first so many
cells by official index, which stand in random order. What such a sample says of the space, and how surely, is
:mod:`luciole.experiments.nb201.correlations`, whose rule was written before any of these scores was computed.

Results: ``nb201/published``, a row a class and a column a score; ``nb201/published_quality``, a row a published figure.
"""

import time
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from luciole import attestation, files, results, tables
from luciole.errors import LucioleError
from luciole.experiments.nb201 import correlations, stages
from luciole.experiments.nb201.stages import DEPTH, ROUNDED, Stage
from luciole.scores import Scored, score_cells
from luciole.spaces import nb201

LOSS = (
    *("naswot", "jacov", "epe_nas", "grad_norm", "snip", "plain"),
    *("fisher", "fisher_published", "l2_norm", "synflow"),
)
SETTING: dict[str, Any] = {"skeleton": DEPTH, "side": 32}
STAGES = {  # the dearer, the fewer
    "loss": Stage("images", LOSS, 64, cells=64, **SETTING),
    "single": Stage("images", ("gradsign", "gradsign_mean"), 64, cells=48, **SETTING),
    "vkdnw": Stage("noise", ("vkdnw", "vkdnw_released"), 64, cells=32, **SETTING),
    "features": Stage("noise", ("expressivity", "progressivity", "trainability"), 64, cells=48, **SETTING),
    "zen": Stage("noise", ("zen",), 64, cells=32, **SETTING),
    "zico": Stage("images", ("zico",), 128, cells=32, **SETTING),
    "grasp": Stage("images", ("grasp",), 64, cells=16, **SETTING),
}
MODULES = (*stages.MODULES, __name__, correlations.__name__)
PART = 4  # classes computed before the clock is looked at: some seconds each
UNITS = 8  # a stage of a class each, of some seconds


def sample(name: str) -> NDArray[np.int64]:
    """Official indices of the classes of a stage's cells, ascending."""
    return np.unique(nb201.iso()[: STAGES[name].cells]).astype(np.int64)


def stage(name: str, classes: NDArray[np.int64], **running: Any) -> Scored:
    """Score ``classes`` as a stage does; ``running`` goes to the engine."""
    one = STAGES[name]
    batch, labels = stages.INPUTS[one.group](one.batch, one.side)
    return score_cells(nb201.all_cells()[classes], one.scores, batch, labels=labels, skeleton=one.skeleton, **running)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compute what is missing of every stage and write both results; the second needs the benchmark's accuracies."""
    deadline = None if seconds is None else time.monotonic() + seconds
    parts: dict[str, list[Scored]] = {name: [] for name in STAGES}
    for start in range(0, max(one.cells for one in STAGES.values()), PART):  # in rounds, so that a part holds of all
        for name in STAGES:
            if len(classes := sample(name)[start : start + PART]):
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                folder = files.cache() / "nb201/published" / name / str(start)
                parts[name].append(
                    stage(name, classes, workers=workers, scheduler=scheduler, folder=folder, seconds=left)
                )
    columns: dict[str, pd.Series] = {}
    spent, done, planned = 0.0, 0, 0
    for name, scored in parts.items():
        if failures := [failure for part in scored for failure in part.failures]:
            raise LucioleError(f"{failures[0].score} failed on class {failures[0].index}: {failures[0].reason}")
        shared = np.concatenate([part.shared[0] for part in scored])
        done, planned = done + int((~np.isnan(shared)).sum()), planned + len(shared)
        spent += float(np.nansum(shared)) / 1e3
        for score in STAGES[name].scores:
            columns[score] = pd.Series(np.concatenate([part.values[score][0] for part in scored]), sample(name))
    if not done:
        raise LucioleError("no class is scored yet; run again with more seconds")
    data = pd.DataFrame(columns).rename_axis("index").reset_index()
    inputs = {"images": "CIFAR-10, cifar10_subset.npz X_train (prepared file)", "noise": "standard normal, seed 0"}
    keep: dict[str, Any] = {
        "function": run,
        "parameters": {
            name: {"inputs": one.group, "scores": one.scores, "batch": one.batch, "cells": one.cells}
            for name, one in STAGES.items()
        }
        | {"skeleton": repr(DEPTH), "side": SETTING["side"]},
        "modules": MODULES,
        "seconds": spent,
        "holds": (done, planned),
    }
    results.write("nb201/published", data, inputs=inputs, **keep)
    table = tables.nb201()
    if "c10_test200" in table:
        judged = correlations.correlations(data, table, tables.nb201_zcp())
        results.write("nb201/published_quality", judged, inputs=inputs | {"accuracies": table.source}, **keep)
    if done < planned:
        print(f"nb201/published: {done} of {planned} networks are scored; run again to go on")


def rederive(name: str, result: results.Result, rng: Generator, units: int | None) -> attestation.Sample:
    """Score drawn classes again, each by one stage; or judge all again from the committed scores."""
    if name == "nb201/published_quality":
        return correlations.rederive(result, MODULES)
    stages.need_images()
    frame = result.frame.set_index("index")
    known = {one: frame.index[frame[scores.scores[0]].notna()] for one, scores in STAGES.items()}
    pairs = [(one, int(index)) for one, indices in known.items() for index in indices]
    drawn = [pairs[place] for place in attestation.draw(rng, len(pairs), units, UNITS)]
    columns: dict[str, attestation.Column] = {}
    for stage_name, index in drawn:
        again = stage(stage_name, np.array([index]))
        for score in STAGES[stage_name].scores:
            spread = frame[score].replace([np.inf, -np.inf], np.nan).std()
            kept, now = [frame.loc[index, score]], again.values[score][0]
            near = stages.tolerance(score, ROUNDED * float(spread))
            columns[f"{score} of class {index}"] = attestation.Column(kept, now, **near)
    said = [f"{stage_name} of class {index}" for stage_name, index in drawn]
    return attestation.Sample(said, len(pairs), columns, MODULES)
