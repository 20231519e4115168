"""The rival that trains nothing: which of the followed classes the scores of chapter 5 name, with what they cost.

    luciole run supernet/training_free          # two minutes a data set; the same again goes on where it stopped

The other side of :data:`luciole.experiments.supernet.protocol.SENTENCE`. For each seed 32 training windows and all
initial weights are drawn anew, the classes are scored on the supernet's own data and skeleton, and the cell whose log
ranks sum highest is named. The scores were chosen on images, before HAR-201 was looked at.
"""

import itertools

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.firefly.luciole_har201 import SCORES_USED
from luciole.experiments.har201.table import WATTS
from luciole.experiments.supernet import protocol
from luciole.scores import score_cells
from luciole.scores.aggregate import log_rank
from luciole.scores.engine import deciding
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201

NAME = "supernet/training_free"
WINDOWS = 32
AGAIN = 1  # searches derived again at a time, half a minute each
LOWEST = -1e9  # stands for a score that is not defined, among ranks


def modules() -> tuple[str, ...]:
    """Names of the modules whose code decides what is named."""
    decided = (__name__, "luciole.scores.aggregate", "luciole.scores.engine", "luciole.spaces.nb201")
    return *decided, *deciding(list(SCORES_USED))


def tasks() -> list[tuple[str, int]]:
    """The truths and seeds, one data set finished before the next begins."""
    return list(itertools.product(protocol.TRUTHS, range(protocol.MANY)))


def shard(task: tuple[str, int]) -> dict[str, NDArray]:
    """Score the classes on one data set under one seed: the cell named (official index), and milliseconds."""
    name, seed = task
    truth = protocol.TRUTHS[name]
    windows, labels = truth.task().train
    picked = torch.from_numpy(np.random.default_rng(seed).choice(len(windows), WINDOWS, replace=False))
    cells = protocol.sample()
    scored = score_cells(
        nb201.all_cells()[cells],
        list(SCORES_USED),
        windows[picked],
        labels=labels[picked],
        skeleton=truth.skeleton,
        seeds=[seed],
    )
    columns = [np.nan_to_num(scored.values[one][0], nan=LOWEST, neginf=LOWEST) for one in SCORES_USED]
    return {
        "cell": np.array(cells[log_rank(columns).argmax()]),
        "milliseconds": np.array(np.nansum(scored.shared)),
        "classes": np.array(len(cells)),
    }


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Name ``units`` cells again; None: one, half a minute. Milliseconds are measurements."""
    kept = result.frame
    drawn = kept.iloc[draw(rng, len(kept), units, AGAIN)]
    try:
        now = np.array([shard((row["truth"], int(row["seed"])))["cell"] for _, row in drawn.iterrows()])
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    named = [f"{row['truth']}, seed {row['seed']}" for _, row in drawn.iterrows()]
    return Sample(named, len(kept), {"cell": Column(drawn["cell"].to_numpy(), now)}, modules(), {"ms": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Name the cells that are left, and write what is finished: a row a data set and seed."""
    planned = tasks()
    plan = {
        "scores": list(SCORES_USED),
        "windows": WINDOWS,
        "code": {module: results.fingerprint(module) for module in modules()},
    }
    folder = files.cache() / NAME
    run_shards(shard, planned, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    if not shards:
        return
    frame = pd.DataFrame(
        [
            {
                "truth": planned[at][0],
                "seed": planned[at][1],
                "cell": int(piece["cell"]),
                "ms a class": float(piece["milliseconds"]) / int(piece["classes"]),
                "seconds": float(piece["milliseconds"]) / 1e3,
            }
            for at, piece in sorted(shards.items())
        ]
    )
    spent = float(frame["seconds"].sum())
    results.write(
        NAME,
        frame,
        function=run,
        parameters=plan,
        modules=modules(),
        inputs={name: f"{name}: training windows, see luciole.datasets" for name in sorted({*frame["truth"]})},
        holds=(len(shards), len(planned)),
        seconds=spent,
        joules=spent * WATTS,
        energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
    )
