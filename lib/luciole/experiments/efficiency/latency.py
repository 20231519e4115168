"""Latency predicted from a table of operator latencies, against networks timed whole, and against MACs.

Random cells of NAS-Bench-201 in the CIFAR-10 skeleton are timed on one thread by the processor clock (other programs
may run meanwhile). The operator table is measured in the same run. Half of the cells calibrate one factor (measured
over predicted, the median) and, for MACs, a line; the other half is held out, and the errors are theirs.

    luciole run efficiency/latency
"""

import time

import numpy as np
import pandas as pd
import psutil
import torch
from numpy.typing import NDArray
from scipy.stats import kendalltau

from luciole import results
from luciole.attestation import Column, Sample, columns, draw
from luciole.costs.energy import DEFAULT_COUNTRY, Meter
from luciole.costs.latency import measure_latency
from luciole.costs.memory import peak_memory
from luciole.costs.predictor import measure_table
from luciole.errors import LucioleError
from luciole.networks import NB201_C10, build, counts
from luciole.spaces import nb201

SIZE = 32
BATCHES = (1, 8)
CELLS = 60  # half to calibrate, half held out
REPEATS = 20
SEED = 0
MODULES = (
    *(__name__, "luciole.costs.predictor", "luciole.costs.latency", "luciole.costs.memory"),
    *("luciole.networks.counts", "luciole.networks.nb201", "luciole.spaces.nb201"),
)


def timed(cells: int, batch: int, repeats: int, seed: int) -> pd.DataFrame:
    """Time random cells and predict them: one row a cell, seconds and bytes for one batch.

    Columns: index, batch, half ("calibration" or "held out"), macs, parameters, memory, measured, low, high
    (95 % interval of the median), predicted.
    """
    generator = torch.Generator().manual_seed(seed)
    frame = counted(cells, batch, seed)
    rows = nb201.all_cells()[frame["index"]]
    table = measure_table(NB201_C10, SIZE, batch=batch, repeats=3 * repeats, clock="cpu", generator=generator)
    x = torch.rand(batch, 3, SIZE, SIZE, generator=generator)
    networks = [build(row, NB201_C10, generator) for row in rows]
    frame["memory"] = [peak_memory(network, x) for network in networks]
    seen = [measure_latency(network, x, repeats=repeats, clock="cpu") for network in networks]
    frame["measured"], frame["low"], frame["high"] = zip(*((t.median, t.low, t.high) for t in seen), strict=True)
    frame["predicted"] = table.predict(rows)
    return frame


def counted(cells: int, batch: int, seed: int) -> pd.DataFrame:
    """The cells drawn for a batch size, in which half they are, and their counts: what no clock decides."""
    rows = nb201.sample(np.random.default_rng([seed, batch]), cells)
    frame = pd.DataFrame({"index": nb201.index(rows), "batch": batch})
    frame["half"] = np.where(np.arange(cells) % 2, "held out", "calibration")
    frame["macs"] = counts.macs(rows, NB201_C10, SIZE)
    frame["parameters"] = counts.parameters(rows, NB201_C10)
    return frame


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Draw and count all cells again, and the memory of ``units`` of them (None: twelve); times are measurements."""
    frame = result.frame
    now = pd.concat([counted(CELLS, batch, SEED) for batch in BATCHES], ignore_index=True)
    drawn = draw(rng, len(now), units, 12)
    sizes = []
    for index, batch in now[["index", "batch"]].to_numpy()[drawn].tolist():
        network = build(nb201.all_cells()[index], NB201_C10, torch.Generator().manual_seed(SEED))
        sizes.append(peak_memory(network, torch.zeros(batch, 3, SIZE, SIZE)))
    compared = columns(frame, now) | {"memory": Column(frame["memory"].to_numpy()[drawn], sizes)}
    left = {"measured, low, high, predicted": "measured"}
    named = [f"cell {row.index}, batch {row.batch}" for row in now.iloc[drawn].itertuples()]
    return Sample(named, len(frame), compared, MODULES, left)


def errors(frame: pd.DataFrame) -> pd.DataFrame:
    """Errors on the held-out half of one batch: mean absolute relative error and Kendall's tau of three predictors."""
    fit, held = (frame[frame["half"] == half] for half in ("calibration", "held out"))
    if len(fit) < 2 or len(held) < 2:
        raise LucioleError(f"expected at least four timed cells, got {len(frame)}")
    factor = float((fit["measured"] / fit["predicted"]).median())
    line = np.polyfit(fit["macs"].to_numpy(float), fit["measured"], 1)
    guesses: dict[str, NDArray] = {
        "operator table": held["predicted"].to_numpy(),
        "operator table, one factor": factor * held["predicted"].to_numpy(),
        "line on MACs": np.polyval(line, held["macs"].to_numpy(float)),
    }
    truth = held["measured"].to_numpy()
    return pd.DataFrame(
        {
            "error": {name: float(np.abs(guess / truth - 1).mean()) for name, guess in guesses.items()},
            "tau": {name: float(kendalltau(guess, truth).statistic) for name, guess in guesses.items()},
        }
    )


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Time the cells and write ``efficiency/latency``.

    Always in this one process, whatever ``workers``: networks timed side by side would disturb each other.
    Raises LucioleError for a cluster, whose machine nobody could name.
    """
    if scheduler is not None:
        raise LucioleError("expected no scheduler: latency belongs to one named machine; run it there")
    start, load = time.perf_counter(), psutil.getloadavg()[0]  # of other programs: it disturbs caches, not the clock
    with Meter(DEFAULT_COUNTRY) as meter:
        frame = pd.concat([timed(CELLS, batch, REPEATS, SEED) for batch in BATCHES], ignore_index=True)
    results.write(
        "efficiency/latency",
        frame,
        function=run,
        parameters={
            "seed": SEED,
            "cells": CELLS,
            "repeats": REPEATS,
            "batches": BATCHES,
            "threads": 1,
            "clock": "cpu",
            "load of other programs": round(load, 1),
        },
        modules=MODULES,
        inputs={"cells": "drawn at random from the space"},
        seconds=time.perf_counter() - start,
        joules=meter.joules,
        energy=meter.mode,
    )
