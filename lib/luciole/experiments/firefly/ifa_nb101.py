"""Firefly searches on NAS-Bench-101 with the released operators, and the score computed live on every new cell.

    luciole run firefly/ifa_nb101 --seconds 3000

The released setting: 16 channels after the stem, 100 images of 32x32, a population of 20, 100 generations, fitness
truncated to an integer. A cell is scored once for each graph: its initial weights are seeded by its hash, so that the
memory of scores changes no digit. Scores come from :mod:`luciole.scores.streamed`, which gives the same value for less.

First 20 seeds of the one-sided noise (FA and IFA, a shard a seed), then 20 of the centred noise. The
result keeps every different cell a run met, its score, and the accuracy of the cell that the run returns; it is a
checkpoint too: runs that it holds are taken from there, as long as the code is the same.
"""

import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import attestation, files, results
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.networks import nb101 as networks
from luciole.scores.streamed import icd_streamed, quicken
from luciole.search import Budget, History, Objective, firefly, improved_firefly
from luciole.search.objective import PerRow
from luciole.search.swarms import Flight
from luciole.shards import load_shards, restore_shards, run_shards
from luciole.spaces import Rows, nb101
from luciole.tables import nasbench101

STEM, BATCH, SIDE = 16, 100, 32
SEEDS, GENERATIONS, POPULATION = 20, 100, 20
SEARCHERS = {"FA": firefly.search, "IFA": improved_firefly.search}
NOISES = ("one-sided", "centred")
TASKS = [(noise, seed) for noise in NOISES for seed in range(SEEDS)]

MODULES = (  # whose code decides the runs
    "luciole.experiments.firefly.icd_batch",
    "luciole.networks.initial",
    "luciole.networks.nb101",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.scores.streamed",
    "luciole.search.budget",
    "luciole.search.firefly",
    "luciole.search.graph_swarm",
    "luciole.search.history",
    "luciole.search.improved_firefly",
    "luciole.search.objective",
    "luciole.search.searcher",
    "luciole.search.swarms",
    "luciole.spaces.nb101",
    "luciole.tables.nasbench101",
)

RUN_AGAIN = 2  # runs whose moves are derived again, from the scores on record
EDGE = 1e-5  # share by which an ICD may round otherwise on another processor

_known: dict[bytes, float] = {}  # this process's memory of scores, by hash
_scoring = {"seconds": 0.0, "networks": 0}


class TableSpace(NamedTuple):
    """NAS-Bench-101 with cells drawn uniformly from the benchmark's list, as the released search starts."""

    table: nasbench101.NB101Table
    ARITY: tuple[int, ...] = nb101.ARITY
    GENES: int = nb101.GENES

    def sample(self, rng: np.random.Generator, n: int) -> Rows:
        """Draw ``n`` different-class cells, each as likely."""
        return self.table.sample(rng, n)


def score(rows: Rows, batch: torch.Tensor) -> NDArray[np.float64]:
    """Return the ICD of each cell at the released setting, (n,), each graph computed once in this process."""
    values = []
    for row, digest in zip(rows, nb101.digests(rows), strict=True):
        key = digest.tobytes()
        if key not in _known:
            start = time.process_time()
            generator = torch.Generator().manual_seed(int.from_bytes(key[:8]) >> 1)
            _known[key] = icd_streamed(quicken(networks.build(row, generator, stem=STEM)), batch)
            _scoring["seconds"] += time.process_time() - start
            _scoring["networks"] += 1
        values.append(_known[key])
    return np.array(values)


def play(name: str, noise: str, seed: int, table: nasbench101.NB101Table, value: PerRow) -> History:
    """Run FA or IFA once in the released setting, every query asked and paid."""
    space: Any = TableSpace(table)
    return SEARCHERS[name](
        space,
        Objective(value, count="query"),
        Budget(evaluations=POPULATION * (2 * GENERATIONS + 1)),  # never reached: generations end the run
        np.random.default_rng([seed, 0]),
        population=POPULATION,
        generations=GENERATIONS,
        flight=Flight(noise=noise),  # type: ignore[arg-type]
    )


def met_in(history: History) -> NDArray[np.int64]:
    """Positions at which the run met each of its different cells first, in order."""
    _, first = np.unique(nb101.digests(history.genotypes), axis=0, return_index=True)
    return np.sort(first)


def account(history: History) -> dict[str, NDArray]:
    """What is kept of a run: its different cells ("rows"), where it met them, their values, its evaluations."""
    met = met_in(history)
    return {
        "rows": history.genotypes[met],
        "met": met.astype(np.int32),
        "values": history.values[met].astype(np.int32),
        "evaluations": np.array(len(history)),
    }


def run_seed(task: tuple[str, int]) -> dict[str, NDArray]:
    """Run FA and IFA with one noise and one seed: the different cells they met, in order, and their scores."""
    noise, seed = task
    batch, _ = icd_batch.images(BATCH, SIDE)
    table = nasbench101.load()
    before = dict(_scoring)
    found: dict[str, NDArray] = {}
    for name in SEARCHERS:
        history = play(name, noise, seed, table, lambda rows: np.trunc(score(rows, batch)))
        found |= {f"{name}_{key}": values for key, values in account(history).items()}
    found["seconds"] = np.array(_scoring["seconds"] - before["seconds"])
    found["networks"] = np.array(_scoring["networks"] - before["networks"])
    return found


def blind(rows: Rows, seed: int) -> NDArray[np.float64]:
    """Return a random number for each cell, fixed by ``seed`` and the graph: a score that knows nothing."""
    keys = nb101.digests(rows)[:, :8].copy().view(">u8").reshape(-1).tolist()
    return np.array([np.random.default_rng([seed, key]).random() for key in keys])


def controls(table: nasbench101.NB101Table, seeds: int) -> dict[str, NDArray]:
    """Accuracy (a fraction, mean of three trainings) that searches without ICD return, (seeds,) each.

    FA and IFA as released on a random score and on the number of parameters, and the cell with the most parameters
    among 60 and among 2,000 random draws.
    """
    found = [control(table, seed) for seed in range(seeds)]
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def control(table: nasbench101.NB101Table, seed: int) -> dict[str, float]:
    """What one seed gives for :func:`controls`."""
    found: dict[str, float] = {}
    for name in SEARCHERS:
        for noise in NOISES:
            history = play(name, noise, seed, table, partial(blind, seed=seed))
            found[f"{name}, {noise}, random score"] = float(table.at(history.best[None], "test_acc108")[0])
        history = play(name, "one-sided", seed, table, lambda rows: table.at(rows, "params").astype(float))
        found[f"{name}, one-sided, parameters"] = float(table.at(history.best[None], "test_acc108")[0])
    for draws in (60, 2_000):
        rows = np.random.default_rng([seed, draws]).integers(len(table), size=draws)
        largest = rows[table["params"][rows].argmax()]
        found[f"most parameters of {draws} draws"] = float(table["test_acc108"][largest])
    return found


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the seeds that are left and write what is finished as the result ``firefly/ifa_nb101``."""
    _, what = icd_batch.images(BATCH, SIDE)
    folder = files.cache() / "firefly/ifa_nb101"
    plan = {"images": what, "batch": BATCH, "stem": STEM, "generations": GENERATIONS, "code": code(MODULES)}
    restore(folder, plan)
    run_shards(run_seed, TASKS, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    collect(what)


def chosen(table: nasbench101.NB101Table, rows: Rows, values: NDArray) -> float:
    """Accuracy (a fraction) of the cell that a run returns: the first of its highest score."""
    return float(table.at(rows[[values.argmax()]], "test_acc108")[0])


def restore(folder: Path, plan: dict[str, Any]) -> int:
    """Write the shards of the runs that the committed result holds, if this very plan made it; return how many."""
    if not (files.results() / "firefly/ifa_nb101.json").exists():
        return 0
    kept = results.read("firefly/ifa_nb101", part=True)
    if kept.stale or not {*plan["code"]} <= {*kept.code} or kept.provenance.inputs["images"] != plan["images"]:
        return 0
    arrays = kept.arrays
    ends = np.cumsum(arrays["cells"])
    held: dict[int, dict[str, NDArray]] = {}
    for at, (name, noise, seed) in enumerate(
        zip(arrays["searcher"].tolist(), arrays["noise"].tolist(), arrays["seed"].tolist(), strict=True)
    ):
        shard = held.setdefault(TASKS.index((noise, seed)), {})
        part = slice(ends[at] - arrays["cells"][at], ends[at])
        for key in ("rows", "met", "values"):
            shard[f"{name}_{key}"] = arrays[key][part]
        shard[f"{name}_evaluations"] = arrays["evaluations"][at]
    for at, task in enumerate(sorted(held)):
        held[task]["seconds"] = arrays["scoring_seconds"][at]
        held[task]["networks"] = arrays["scoring_networks"][at]
    return restore_shards(run_seed, TASKS, folder, held, plan=plan)


def collect(what: str) -> None:
    """Gather the finished shards into ``firefly/ifa_nb101``: runs in rows, their cells one after the other."""
    shards = load_shards(files.cache() / "firefly/ifa_nb101")
    if not shards:
        return
    table = nasbench101.load()
    with Meter("FRA") as meter:
        control = controls(table, SEEDS)
    spent = float(sum(shard["seconds"] for shard in shards.values())) + meter.seconds
    runs = [(name, *TASKS[task], shards[task]) for task in sorted(shards) for name in SEARCHERS]
    results.write(
        "firefly/ifa_nb101",
        {
            "searcher": np.array([name for name, *_ in runs]),
            "noise": np.array([noise for _, noise, _, _ in runs]),
            "seed": np.array([seed for _, _, seed, _ in runs]),
            "evaluations": np.array([int(found[f"{name}_evaluations"]) for name, _, _, found in runs]),
            "cells": np.array([len(found[f"{name}_rows"]) for name, _, _, found in runs]),
            "rows": np.concatenate([found[f"{name}_rows"] for name, _, _, found in runs]),
            "met": np.concatenate([found[f"{name}_met"] for name, _, _, found in runs]),
            "values": np.concatenate([found[f"{name}_values"] for name, _, _, found in runs]),
            "accuracy": np.array(
                [chosen(table, found[f"{name}_rows"], found[f"{name}_values"]) for name, _, _, found in runs]
            ),
            "control": np.array(list(control)),
            "control_accuracy": np.array(list(control.values())),
            "scoring_seconds": np.array([float(shards[task]["seconds"]) for task in sorted(shards)]),
            "scoring_networks": np.array([int(shards[task]["networks"]) for task in sorted(shards)]),
        },
        function=run,
        parameters={
            "stem": STEM,
            "batch": BATCH,
            "side": SIDE,
            "generations": GENERATIONS,
            "population": POPULATION,
            "pairs of runs planned": len(TASKS),
            "pairs of runs finished": len(shards),
            "time": "scoring of all finished runs, and the runs without ICD",
        },
        modules=[__name__, *MODULES],
        inputs={"images": what, "table": table.source},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        holds=(len(shards), len(TASKS)),
        energy=f"{meter.mode}; mean power of the runs without ICD times the seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Score drawn networks again, whose score a search met; that is a unit.

    Beside them two runs are run again on the scores on record, and the runs without ICD from one seed; what all runs
    chose is looked up again.
    """
    kept, had = result.arrays, result.provenance.inputs
    batch, what = icd_batch.images(BATCH, SIDE)
    try:
        table = nasbench101.load()
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    for one, here in (("images", what), ("table", table.source)):
        if here != had[one]:
            raise attestation.Unavailable(f"{one}: the runs had {had[one]}, here is {here}")
    runs = list(zip(*(kept[one].tolist() for one in ("searcher", "noise", "seed")), strict=True))
    named = [f"run {seed} of {searcher}, {noise}" for searcher, noise, seed in runs]
    parts = [slice(end - cells, end) for cells, end in zip(kept["cells"], np.cumsum(kept["cells"]), strict=True)]
    accuracy = [chosen(table, kept["rows"][part], kept["values"][part]) for part in parts]
    columns = {"accuracy": attestation.Column(kept["accuracy"], accuracy, rows=named)}
    for at in attestation.draw(rng, len(runs), None, RUN_AGAIN):
        scores = _recorded(kept["rows"][parts[at]], kept["values"][parts[at]], named[at])
        searcher, noise, seed = runs[at]
        now = account(play(searcher, noise, seed, table, scores))
        for one in ("rows", "met", "values"):
            columns[f"{one} of {named[at]}"] = attestation.Column(kept[one][parts[at]], now[one])
        columns[f"evaluations of {named[at]}"] = attestation.Column(kept["evaluations"][at], now["evaluations"])
    seed = int(rng.integers(kept["control_accuracy"].shape[1]))
    blindly = control(table, seed)
    then = kept["control_accuracy"][:, seed]
    columns["control"] = attestation.Column(kept["control"], list(blindly))
    columns[f"control_accuracy of seed {seed}"] = attestation.Column(then, list(blindly.values()), rows=list(blindly))
    drawn = attestation.draw(rng, len(kept["rows"]), units, 40)
    then, icd = kept["values"][drawn], score(kept["rows"][drawn], batch)
    edge = (np.trunc(icd * (1 - EDGE)) <= then) & (then <= np.trunc(icd * (1 + EDGE)))
    columns["values"] = attestation.Column(then, np.where(edge, then, np.trunc(icd)))
    left = {
        "scoring_seconds": "measured processor time",
        "scoring_networks": "how many had not been scored before by the process that happened to do the run",
        "values": f"an ICD within {EDGE:g} of the edge of two integers may fall to either side",
    }
    return attestation.Sample([f"network {at}" for at in drawn], len(kept["rows"]), columns, (__name__, *MODULES), left)


def _recorded(rows: Rows, values: NDArray, name: str) -> PerRow:
    """The scores that a run met, as it asks for them; LucioleError when it asks for a cell that it had not met."""
    known = {digest.tobytes(): value for digest, value in zip(nb101.digests(rows), values, strict=True)}

    def look_up(asked: Rows) -> NDArray[np.float64]:
        try:
            return np.array([known[digest.tobytes()] for digest in nb101.digests(asked)], dtype=float)
        except KeyError:
            raise LucioleError(
                f"{name} meets a cell now that is not on record; luciole run firefly/ifa_nb101"
            ) from None

    return look_up
