"""Searching under a budget in joules that were measured: the cells of NAS-Bench-101 that EC-NAS trained by the meter.

Bakhtiarifard, Igel and Selvan ("EC-NAS-Bench", ICASSP 2024) trained all 2,532 cells of at most five vertices for four
epochs and read the joules of each training. Here a query is such a training: it shows the validation accuracy after
four epochs and costs its joules; a cell met again is answered from memory. What is reported is the benchmark's own
test accuracy after 108 epochs of the cell with the highest validation accuracy, against joules and against the number
of queries: the two orders need not agree, for cells differ tenfold in what they cost. Searchers move among the
measured cells only: two are neighbours when one edge or one operation tells them apart.

    luciole run nb101/energy
"""

import hashlib
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from luciole import attestation, files, results, tables
from luciole.costs.energy import JOULES_PER_KWH, Meter
from luciole.errors import LucioleError
from luciole.experiments import comparison
from luciole.experiments.comparison import Entrant, code, gather, interval, write
from luciole.search import SEARCHERS, Budget, History, Objective
from luciole.spaces import Rows, nb101

MOST = 10e6  # joules of a search
JOULES = np.array([0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) * 1e6  # at which the choice is noted
QUERIES = np.array([5, 10, 20, 30, 50, 75, 100])
SETTINGS: dict[str, dict[str, Any]] = {  # searchers that run, with what differs from their defaults
    "random": {},
    "local search": {},
    "regularised evolution": {},
    "genetic algorithm": {},
    "LaNAS": {},
    "BANANAS": {"batch": 20},  # fewer fits: it is slow in itself
    "LEMONADE": {},  # prefers the empty places of a front of accuracy against parameters
}
SEEDS = 100
BLOCK = 25
MODULES = (
    *(f"luciole.search.{name}" for name in ("searcher", "evaluated", "history", "objective", "budget")),
    *("luciole.spaces.nb101", "luciole.tables.nasbench101"),
)
DEVICE = "Quadro RTX 6000"


@dataclass(frozen=True)
class Measured:
    """The measured cells, as a space of their own: int8 rows (n, 26), and what is known of each."""

    cells: Rows
    valid4: NDArray[np.float64]  # validation accuracy (%) after 4 epochs, mean of its trainings
    joules: NDArray[np.float64]  # of a training of 4 epochs, mean
    test108: NDArray[np.float64]  # NAS-Bench-101's test accuracy (%) after 108 epochs
    params: NDArray[np.int64]
    near: tuple[NDArray[np.int64], ...]  # neighbours of each cell
    source: str

    GENES = nb101.GENES
    ARITY = nb101.ARITY
    encode = staticmethod(nb101.encode)
    canonical = staticmethod(nb101.canonical)
    distance = staticmethod(nb101.distance)

    def index(self, rows: Rows) -> NDArray[np.int64]:
        """Position of each row, found by the benchmark's hash; -1 for cells that were not measured."""
        places = _places(self.cells.tobytes())
        return np.array([places.get(digest.tobytes(), -1) for digest in nb101.digests(rows)], dtype=np.int64)

    def sample(self, rng: np.random.Generator, n: int) -> Rows:
        """Draw ``n`` cells uniformly."""
        return self.cells[rng.integers(len(self.cells), size=n)]

    def neighbours(self, row: Rows) -> Rows:
        """Measured cells one edge or operation away."""
        return self.cells[self.near[int(self.index(np.atleast_2d(row))[0])]]

    def mutate(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Return one neighbour of each row, drawn uniformly; any cell where it has none."""
        chosen = [
            around[rng.integers(len(around))] if len(around) else rng.integers(len(self.cells))
            for around in (self.near[place] for place in self.index(rows))
        ]
        return self.cells[chosen]

    def crossover(self, rng: np.random.Generator, a: Rows, b: Rows) -> Rows:
        """Return one child of each pair, the first parent where the child was not measured."""
        child = nb101.crossover(rng, a, b)
        place = self.index(child)
        return np.where(place[:, None] < 0, a, self.cells[place])


@cache
def _places(cells: bytes) -> dict[bytes, int]:
    rows = np.frombuffer(cells, dtype=np.int8).reshape(-1, nb101.GENES)
    return {digest.tobytes(): place for place, digest in enumerate(nb101.digests(rows))}


@cache
def measured() -> Measured:
    """Read the measured cells; LucioleError when ``nb101_energy.npz`` or NAS-Bench-101 is not there."""
    folder = files.data_folder()
    path = folder / "nb101_energy.npz" if folder else None
    if path is None or not path.exists():
        raise LucioleError("expected nb101_energy.npz in the folder LUCIOLE_DATA; put it there or set the variable")
    table = tables.nb101()
    with np.load(path, allow_pickle=False) as archive:
        cell = archive["nb101_row"]
        columns = [100.0 * archive["val_acc4"].astype(float), archive["energy4_kwh"].astype(float) * JOULES_PER_KWH]
    found, place = np.unique(cell, return_inverse=True)
    valid4, joules = (np.bincount(place, column) / np.bincount(place) for column in columns)
    rows = table.rows[found]
    positions = _places(rows.tobytes())
    most = int(nb101.vertices(rows).max())
    near = []
    for row in rows:
        around = nb101.neighbours(row)
        around = around[nb101.vertices(around) <= most]
        found_near = {positions.get(digest.tobytes(), -1) for digest in nb101.digests(around)}
        near.append(np.array(sorted(found_near - {-1}), dtype=int))
    test = 100.0 * table["test_acc108"][found].astype(float)
    return Measured(rows, valid4, joules, test, table["params"][found].astype(int), tuple(near), path.name)


def play(searcher: str, seed: int, space: Measured, budget: Budget | None = None) -> History:
    """Run one searcher once, by default for ``MOST`` joules."""
    objective = Objective(
        lambda rows: space.valid4[space.index(rows)],
        seconds=lambda rows: np.zeros(len(rows)),
        joules=lambda rows: space.joules[space.index(rows)],
    )
    settings = dict(SETTINGS[searcher])
    if searcher == "LEMONADE":
        settings["costs"] = lambda rows: np.log10(space.params[space.index(rows)])
    rng = np.random.default_rng([seed, zlib.crc32(searcher.encode())])
    return SEARCHERS[searcher](space, objective, budget or Budget(joules=MOST), rng, **settings)


def block(task: tuple[str, int, int]) -> dict[str, NDArray]:
    """Run seeds first..last-1 of one searcher: cells chosen at each of ``JOULES`` and ``QUERIES``, queries paid."""
    searcher, first, last = task
    space = measured()
    found: dict[str, list] = {"at_joules": [], "at_queries": [], "queries": [], "took": []}
    for seed in range(first, last):
        start = time.perf_counter()
        history = play(searcher, seed, space)
        for name, grid, unit in (("at_joules", JOULES, "joules"), ("at_queries", QUERIES, "evaluations")):
            found[name].append(space.index(history.genotypes[history.at(grid.astype(float), unit)]))
        found["queries"].append(history.evaluations[-1])
        found["took"].append(time.perf_counter() - start)
    kinds = {"at_joules": np.int16, "at_queries": np.int16, "queries": np.int16, "took": np.float32}
    return {name: np.array(column, dtype=kinds[name]) for name, column in found.items()}


def summary(runs: Mapping[str, NDArray], space: Measured) -> pd.DataFrame:
    """One row a searcher, unit and amount spent: mean test accuracy (%) of what was chosen, with its interval."""
    frames = []
    for searcher in SETTINGS:
        mine = runs["searcher"] == searcher
        for unit, grid in (("joules", JOULES), ("queries", QUERIES)):
            got = space.test108[runs[f"at_{unit}"][mine]]
            low, high = interval(got)
            spread = {"test": got.mean(axis=0), "test_sd": got.std(axis=0, ddof=1), "test_low": low, "test_high": high}
            frames.append(pd.DataFrame({"searcher": searcher, "unit": unit, "spent": grid, **spread}))
            frames[-1]["runs"] = int(mine.sum())
            frames[-1]["queries"] = runs["queries"][mine].mean()
    return pd.concat(frames, ignore_index=True)


def inputs(space: Measured) -> dict[str, str]:
    """The measurements, by their digest, and where the accuracies are from."""
    content = hashlib.sha256(b"".join(a.tobytes() for a in (space.cells, space.valid4, space.joules))).hexdigest()
    return {f"EC-NAS, {space.source}": content, "NAS-Bench-101": tables.nb101().source}


def compared() -> list[Entrant]:
    """Every searcher that is compared, with what decides its runs."""
    rules = {"joules": MOST, "grid": JOULES.tolist(), "queries": QUERIES.tolist()}
    return [
        Entrant(name, SEEDS, code(name, MODULES), {**rules, f"settings of {name}": settings})
        for name, settings in SETTINGS.items()
    ]


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Run drawn runs again, or sum up the committed ones again (see :mod:`luciole.attestation`)."""
    try:
        space = measured()
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    if result.provenance.inputs != inputs(space):
        raise attestation.Unavailable("the measurements or the accuracies here are others than the runs had")
    decided = comparison.deciding(run, compared())
    if name == "nb101/energy":
        now = summary(attestation.resting_on("nb101/energy_runs", rng).arrays, space)
        drawn = attestation.draw(rng, len(result.frame), units, len(result.frame))
        return comparison.rederive_summary(result, now, drawn, decided, ("searcher", "unit", "spent"))
    return comparison.rederive(result, block, rng, 100 if units is None else units, decided)


def facts(space: Measured) -> dict[str, float]:
    """What the cells are like: rank correlations, and what is lost by choosing after four epochs."""
    return {
        "cells": len(space.cells),
        "spearman_valid4_test108": float(spearmanr(space.valid4, space.test108).statistic),
        "spearman_joules_valid4": float(spearmanr(space.joules, space.valid4).statistic),
        "spearman_joules_test108": float(spearmanr(space.joules, space.test108).statistic),
        "test108_of_best_valid4": float(space.test108[space.valid4.argmax()]),
        "best_test108": float(space.test108.max()),
        "joules_of_all": float(space.joules.sum()),
    }


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run what is missing, and write ``nb101/energy_runs`` and ``nb101/energy`` once every block is there."""
    space = measured()
    entrants = compared()
    runs = gather(
        "nb101/energy", block, entrants, inputs=inputs(space), block=BLOCK, workers=workers, scheduler=scheduler,
        seconds=seconds,
    )  # fmt: skip
    if runs is None:
        return
    with Meter("FRA") as meter:
        play("random", 0, space)
    write(
        "nb101/energy", runs, summary(runs, space), entrants, function=run,
        parameters={"seeds": SEEDS, "energies": f"measured by EC-NAS on a {DEVICE}", "space": facts(space)},
        inputs=inputs(space), meter=meter,
    )  # fmt: skip
