"""What each metric crowns where accuracy and cost were measured, and how one cost stands in for another.

On NAS-Bench-201 (three data sets; parameters, MACs, and the latency and energy of six devices from HW-NAS-Bench) and
on the cells of NAS-Bench-101 whose training energy EC-NAS measured. The results are summaries, small enough to commit:

* ``efficiency/crowns``: a row a metric and a cost, as :func:`luciole.efficiency.league` gives it;
* ``efficiency/exponents``: which cell is crowned for each exponent k, on each cost;
* ``efficiency/costs``: agreement of MACs and parameters with each measured cost, and the front by each cost.
  ``flops_pooled`` is the count of NAS-Bench-Suite-Zero, which includes pooling and normalisation.
* ``efficiency/repeats``: merit with its interval, for the cells whose accuracy and energy were measured three times.

    LUCIOLE_DATA=folder luciole run efficiency/tables
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results, tables
from luciole.attestation import Sample, Unavailable, columns, draw
from luciole.costs.energy import DEFAULT_COUNTRY, JOULES_PER_KWH, Meter
from luciole.efficiency import (
    METRICS,
    agreement,
    crowned_by_exponent,
    exchange_range,
    hypervolume,
    interval,
    knee,
    league,
    merit,
)
from luciole.efficiency.front import pareto_front
from luciole.errors import LucioleError
from luciole.networks.nb101 import macs
from luciole.spaces import nb201

CHANCE = {"c10": 1 / 10, "c100": 1 / 100, "in16": 1 / 120}
DATASETS = (*CHANCE, "nb101")
DEVICES = (
    "edgegpu_latency_ms",
    "edgegpu_energy_mj",
    "raspi4_latency_ms",
    "edgetpu_latency_ms",
    "pixel3_latency_ms",
    "eyeriss_latency_ms",
    "eyeriss_energy_mj",
    "fpga_latency_ms",
    "fpga_energy_mj",
)
KS = (2, 3, 5, 8, 10, 16, 32, 64, 100, 1000)  # exponents: halving the wrong answers is worth k times the cost
DEFAULT_K = 10
NAMES = ("efficiency/crowns", "efficiency/exponents", "efficiency/costs")
REPEATS = "efficiency/repeats"
MODULES = (
    *(__name__, "luciole.networks.nb101", "luciole.spaces.nb201"),
    *(f"luciole.efficiency.{room}" for room in ("front", "league", "merit", "metrics")),
)
Values = NDArray[np.float64]


def whole() -> NDArray[np.bool_]:
    """Which cells of NAS-Bench-201 use all their edges: no operation is cut off by a `none` (9,445 cells)."""
    cells = nb201.all_cells()
    return (nb201.prune(cells) == cells).all(axis=1)


@dataclass(frozen=True)
class Judged:
    """A set of models with one cost: where it is from, and columns over its models."""

    dataset: str
    cost: str
    cells: str  # "all", or "whole": no edge cut off
    index: NDArray[np.int64]  # official index
    accuracy: Values  # fraction
    values: Values  # of the cost
    counts: dict[str, Values]  # parameters, and MACs where they are known
    floor: float  # accuracy of guessing

    @property
    def where(self) -> dict[str, str]:
        return {"dataset": self.dataset, "cost": self.cost, "cells": self.cells}


def nb201_sets(dataset: str) -> Iterator[Judged]:
    """Every cost of one data set of NAS-Bench-201, over all cells that have it and over the whole ones."""
    accuracies, devices, pooled = tables.nb201(), tables.nb201_hw(), tables.nb201_zcp()
    if f"{dataset}_test200" not in accuracies:
        raise LucioleError(f"expected the original table, got the {accuracies.source}; set LUCIOLE_DATA")
    accuracy = accuracies[f"{dataset}_test200"].astype(float) / 100
    counts = {name: accuracies[f"{dataset}_{column}"].astype(float) for name, column in _COUNTS.items()}
    costs = counts | {name: devices[f"{dataset}_{name}"].astype(float) for name in DEVICES}
    if dataset != "c100":  # NAS-Bench-Suite-Zero's count, on whole cells; of CIFAR-100 it has a few only
        counts["flops_pooled"] = pooled[f"{dataset}_flops"].astype(float)
    for cost, values in costs.items():
        for cells, mask in {"all": np.ones(nb201.SIZE, dtype=bool), "whole": whole()}.items():
            kept = np.flatnonzero(mask & np.isfinite(values) & (values > 0))
            chosen = {name: held[kept] for name, held in counts.items()}
            yield Judged(dataset, cost, cells, kept, accuracy[kept], values[kept], chosen, CHANCE[dataset])


_COUNTS = {"macs": "flops", "parameters": "params"}


def _ecnas() -> dict[str, NDArray]:
    """Arrays of EC-NAS's measurements; LucioleError where the prepared file is not."""
    folder = files.data_folder()
    path = folder / "nb101_energy.npz" if folder else None
    if path is None or not path.exists():
        raise LucioleError("expected nb101_energy.npz in the folder LUCIOLE_DATA; put it there or set the variable")
    with np.load(path, allow_pickle=False) as measured:
        return dict(measured)


def ecnas_sets() -> Iterator[Judged]:
    """The cells of NAS-Bench-101 that EC-NAS measured: final accuracy, and what they cost.

    Costs are the joules of a training of four epochs (repeats of a cell are averaged) and the two counts; the
    accuracy is NAS-Bench-101's after 108 epochs.
    """
    measured = _ecnas()
    joules = measured["energy4_kwh"].astype(float) * JOULES_PER_KWH
    cells, place = np.unique(measured["nb101_row"], return_inverse=True)
    table = tables.nb101()
    accuracy, parameters = table["test_acc108"][cells].astype(float), table["params"][cells].astype(float)
    counts = {"macs": macs(table.rows[cells]).astype(float), "parameters": parameters}
    for cost, values in {"training_j": np.bincount(place, joules) / np.bincount(place), **counts}.items():
        yield Judged("nb101", cost, "measured", cells.astype(np.int64), accuracy, values, counts, 0.1)


def repeats() -> pd.DataFrame:
    """Merit with its interval where both are measured three times: EC-NAS's smallest cells, by accuracy and energy.

    A row a cell of NAS-Bench-101, in falling order of merit: ``accuracy`` and ``joules`` (means of four-epoch
    trainings), ``merit`` against the joules of the most accurate cell, ``low`` and ``high`` (95 %, seeds and energy
    readings resampled).
    """
    measured = _ecnas()
    few = measured["space"] == b"4V"
    order = np.argsort(measured["nb101_row"][few], kind="stable")
    cells, times = np.unique(measured["nb101_row"][few], return_counts=True)
    assert (times == 3).all()
    accuracy = measured["test_acc4"][few][order].astype(float).reshape(-1, 3)
    joules = (measured["energy4_kwh"][few][order].astype(float) * JOULES_PER_KWH).reshape(-1, 3)
    reference = float(joules.mean(axis=1)[accuracy.mean(axis=1).argmax()])
    judge = partial(merit, reference=reference, k=DEFAULT_K, floor=0.1)
    rng = np.random.default_rng(0)
    seen = [interval(judge, a, c, rng) for a, c in zip(accuracy, joules, strict=True)]
    frame = pd.DataFrame(seen, columns=["merit", "low", "high"])
    frame = frame.assign(dataset="nb101", index=cells, accuracy=accuracy.mean(axis=1), joules=joules.mean(axis=1))
    return frame.sort_values("merit", ascending=False, ignore_index=True)


def compute(datasets: Sequence[str] = DATASETS) -> dict[str, pd.DataFrame]:
    """The results as tables, from the original tables; LucioleError where these are not to be had."""
    sets = [judged for dataset in datasets for judged in judged_sets(dataset)]
    found = {name: _table(name, sets) for name in NAMES}
    return found | ({REPEATS: repeats()} if "nb101" in datasets else {})


def judged_sets(dataset: str) -> Iterator[Judged]:
    """Every cost of a data set of NAS-Bench-201, or of NAS-Bench-101."""
    yield from nb201_sets(dataset) if dataset in CHANCE else ecnas_sets()


def _table(name: str, sets: Sequence[Judged]) -> pd.DataFrame:
    """The rows of one of NAMES that these sets of models give."""
    if name == NAMES[2]:
        return pd.DataFrame([_costs(judged) for judged in sets])
    rows = {NAMES[0]: _crowns, NAMES[1]: _exponents}[name]
    return pd.concat([rows(judged) for judged in sets if _counts(name, judged)], ignore_index=True)


def _counts(name: str, judged: Judged) -> bool:
    """Whether a set has rows in one of NAMES: exponents are told of all cells only."""
    return name != NAMES[1] or judged.cells != "whole"


def _crowns(judged: Judged) -> pd.DataFrame:
    """The league of a set; metrics of counts are judged once, beside the MACs."""
    counts = judged.counts if judged.cost == "macs" else {}
    able = {name: metric for name, metric in METRICS.items() if set(metric.costs) <= {"cost"} | set(counts)}
    context: dict[str, Any] = {"reference": float(judged.values[judged.accuracy.argmax()]), "k": DEFAULT_K}
    context |= {"floor": judged.floor, "chance": judged.floor, **counts}
    found = league(judged.accuracy, judged.values, able, **context).reset_index()
    found["value"] = found.pop("cost")
    found["index"] = np.where(found["index"] < 0, -1, judged.index[found["index"]])
    return found.assign(models=len(judged.index), dearest=float(judged.values.max()), **judged.where)


def _exponents(judged: Judged) -> pd.DataFrame:
    a, c = judged.accuracy, judged.values
    best = crowned_by_exponent(a, c, KS, floor=judged.floor)
    ranges = np.array([exchange_range(a, c, i, floor=judged.floor) for i in best])
    frame = {"k": KS, "index": judged.index[best], "accuracy": a[best], "share": c[best] / c.max()}
    frame |= {"rank": [int((a > a[i]).sum()) + 1 for i in best], "k_from": ranges[:, 0], "k_to": ranges[:, 1]}
    return pd.DataFrame(frame).assign(**judged.where)


def _costs(judged: Judged) -> dict[str, Any]:
    """How the counts stand in for the cost, and what the front by it looks like."""
    a, c = judged.accuracy, judged.values
    box = (float(c.min()), float(c.max()))
    row: dict[str, Any] = {**judged.where, "models": len(c)}
    for name, count in judged.counts.items():
        found = agreement(count, c)
        if found["models"] == len(c) or judged.cells == "whole":
            row |= {f"{name}_tau": found["tau"], f"{name}_rho": found["rho"]}
    row |= {"front": len(pareto_front(a, c)), "knee": a[knee(a, c)], "box_low": box[0], "box_high": box[1]}
    row["volume"] = hypervolume(a, c, costs=box, floor=judged.floor)
    row["volume_linear"] = hypervolume(a, c, costs=box, floor=judged.floor, log=False)
    return row


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Derive the rows that ``units`` sets of models (a data set, a cost, its cells) give again; None: all, in seconds.

    The few rows of the repeats are all derived.
    """
    frame = result.frame
    try:
        if name == REPEATS:
            kept, now = frame, repeats()
        else:
            sets = [judged for dataset in DATASETS for judged in judged_sets(dataset) if _counts(name, judged)]
            drawn = [sets[at] for at in draw(rng, len(sets), units, len(sets))]
            told = [tuple(judged.where.values()) for judged in drawn]
            rows = frame[["dataset", "cost", "cells"]].itertuples(index=False, name=None)
            kept, now = frame[[row in told for row in rows]], _table(name, drawn)
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    words = [column for column in now if now[column].dtype.kind not in "fc"]
    compared = columns(kept, now[words])
    compared |= columns(kept, now.drop(columns=words), relative=1e-9, why="sums are rounded in another order")
    unit = [column for column in ("dataset", "cost", "cells", "metric", "k") if column in kept]
    named = [", ".join(map(str, row)) for row in kept[[*unit, "index"] if name == REPEATS else unit].to_numpy()]
    return Sample(named, len(frame), compared, MODULES)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compute and write the results; it takes seconds, so it neither shards nor resumes."""
    start = time.perf_counter()
    with Meter(DEFAULT_COUNTRY) as meter:
        found = compute()
    took = time.perf_counter() - start  # once: the results are of one computation
    for name, frame in found.items():
        results.write(
            name,
            frame,
            function=run,
            parameters={"ks": KS, "k": DEFAULT_K, "chance": CHANCE},
            modules=MODULES,
            inputs={
                "nb201": tables.nb201().source,
                "nb201_hw": tables.nb201_hw().source,
                "nb201_zcp": tables.nb201_zcp().source,
                "nb101": tables.nb101().source,
                "nb101_energy": "prepared file nb101_energy.npz",
            },
            seconds=took,
            joules=meter.joules,
            energy=meter.mode,
        )
