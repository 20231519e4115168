"""HAR-201, second version: every class trained several times, seeds crossed with groups of people.

    luciole run har201/v2 --seconds 5400        # so long this evening; the same again goes on where it stopped

Who is tested, how a run is made and what the pilot decided by stands in
:mod:`luciole.experiments.har201.v2_protocol`. Here is the order of the work (:func:`blocks`), so that every part of it
is of use: all classes in group 0 of one data set, then of the other, then in group 1, and so on. Once everybody was
tested, the best half of the classes of each data set by mean validation accuracy so far is trained in all groups with
another seed, then the best quarter, and so on (successive halving), since it is among the best that differences are
small: seven runs and a half a class before the quarter, as many as :data:`~.v2_protocol.SHARE` pays for. Test
accuracies choose nothing. After :data:`LIMIT` core-seconds no more is begun: what is done by then is the result.

What the committed result holds is taken from there, and not trained again. Seconds are the processor time of a stack of
32 networks divided by 32, evaluation included, one thread.
"""

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol, v2_pilot, v2_protocol
from luciole.experiments.har201 import table as v1
from luciole.networks import counts
from luciole.shards import load_shards, restore_shards, run_shards
from luciole.spaces import nb201
from luciole.training import Recipe

NAME = "har201/v2"
MODULES = (__name__, *v2_protocol.MODULES, "luciole.experiments.har201.v2_pilot", "luciole.networks.counts")
RECIPE = "4x32"  # what the pilot's rule chose; a test holds it against the committed pilot
STACK = 32  # networks trained as one
LEVELS = 5  # all classes, the best half, and so on to the best sixteenth
LIMIT = 14 * 3600.0  # core-seconds
TRAININGS = 8  # derived again at a time


@dataclass(frozen=True)
class Block:
    """All trainings of one data set, group of people and seed; the seed is also the level of the halving."""

    name: str
    group: int
    seed: int

    @property
    def folder(self) -> Path:
        """Where its shards are kept."""
        return files.cache() / NAME / f"{self.name}-group{self.group}-seed{self.seed}"

    @property
    def planned(self) -> int:
        """How many classes it trains."""
        return len(nb201.classes()) // 2**self.seed

    @property
    def run(self) -> int:
        """Its place among the runs of its data set."""
        return self.seed * v2_protocol.GROUPS + self.group


def recipe() -> Recipe:
    """How a network is trained."""
    epochs, batch = v2_pilot.RECIPES[RECIPE]
    return v2_protocol.recipe(epochs, batch, (epochs // 4, epochs // 2))


def blocks() -> list[Block]:
    """All blocks in the order in which they are trained."""
    every = itertools.product(range(LEVELS), range(v2_protocol.GROUPS), v2_protocol.SOURCES)
    return [Block(name, group, seed) for seed, group, name in every]


def plan(block: Block) -> dict[str, object]:
    """All that decides the numbers of a block, but for which classes are its own."""
    how = recipe()
    return {
        "dataset": block.name,
        "group": block.group,
        "seed": block.seed,
        "recipe": asdict(how) | {"evaluate": list(how.evaluate)},
        "stack": STACK,
        "code": {module: results.fingerprint(module) for module in MODULES},
    }


def shard(task: tuple[str, int, int, tuple[int, ...]]) -> dict[str, NDArray]:
    """Train one stack: hundredths of a percent (evaluations, networks) of each metric; seconds of the whole stack."""
    name, group, seed, cells = task
    v2_protocol.parts(name, group)  # read before the clock starts
    worked = time.process_time()
    record = v2_protocol.play(name, group, seed, np.array(cells), recipe())
    return v2_pilot.columns(record) | {
        "cells": np.array(cells, dtype=np.int16),
        "cpu_seconds": np.array(time.process_time() - worked),
        "trained_with": np.array(v1.trained_with(results.versions(), results.machine())),
    }


def tasks(block: Block) -> list[tuple[str, int, int, tuple[int, ...]]]:
    """The stacks of a block; LucioleError while it rests on validation accuracies that are not there yet."""
    chosen = level(block.name, block.seed)
    stacks = (chosen[at : at + STACK] for at in range(0, len(chosen), STACK))
    return [(block.name, block.group, block.seed, tuple(int(cell) for cell in stack)) for stack in stacks]


def level(name: str, seed: int) -> NDArray[np.int64]:
    """The classes that are trained with a seed: all, or the best of those before by mean validation accuracy so far."""
    if not seed:
        return protocol.order()
    before = level(name, seed - 1)
    total = np.zeros(nb201.SIZE)
    for block in blocks():
        if block.name != name or block.seed >= seed:
            continue
        pieces = load_shards(block.folder).values()
        if sum(len(piece["cells"]) for piece in pieces) < block.planned:
            raise LucioleError(f"the best classes of {name} are known once all of {block.folder.name} is trained")
        for piece in pieces:
            total[piece["cells"]] += piece["valid_acc"][-1]
    count = len(nb201.classes()) // 2**seed
    best = np.sort(np.argsort(-total[before], kind="stable")[:count])
    return before[best]  # still in the order of the table


def restore() -> int:
    """Write the shards of the stacks that the committed result holds whole; return how many there were.

    Raises LucioleError when it was made under another protocol, or is stale: numbers of two kinds are not mixed.
    """
    if not (files.results() / f"{NAME}.json").exists():
        return 0
    kept = results.read(NAME, part=True)
    written = 0
    for block in blocks():
        at = np.flatnonzero((kept.arrays[f"{block.name}_runs"] == (block.group, block.seed)).all(axis=1))
        if not len(at):
            break  # of blocks in this order, none behind it either
        stated = json.loads(json.dumps(plan(block))) | {"code": None}
        made = kept.provenance.parameters["plans"][block.folder.name]
        if kept.stale or made["plan"] | {"code": None} != stated:
            raise LucioleError(
                f"the result {NAME} was made under another protocol or by other code; attest it, go on with that code, "
                f"or delete data/results/{NAME}.* to start anew"
            )
        stacks, known = tasks(block), {}
        for number, (*_, cells) in enumerate(stacks):
            rows = np.searchsorted(kept.arrays["classes"], cells)
            held = {metric: kept.arrays[f"{block.name}_{metric}"][at[0]][:, rows] for metric in v2_pilot.METRICS}
            if (held["valid_acc"] == v1.MISSING).any():
                continue
            milliseconds = kept.arrays[f"{block.name}_milliseconds"][at[0], rows]
            known[number] = held | {
                "cells": np.array(cells, dtype=np.int16),
                "cpu_seconds": np.array(milliseconds.sum(dtype=np.float64) / 1e3),
                "trained_with": np.array(made["trained with"]),
            }
        written += restore_shards(shard, stacks, block.folder, known, plan=plan(block))
    return written


def spent() -> float:
    """Core-seconds of all shards there are."""
    return sum(float(piece["cpu_seconds"]) for block in blocks() for piece in load_shards(block.folder).values())


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is not yet trained, block by block, and write ``har201/v2`` with what there is.

    A data set that is not here ends it, with a line saying so: without one of the two the plan would be another.
    """
    deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
    restore()
    try:
        for name in v2_protocol.SOURCES:
            v2_protocol.people(name)
    except LucioleError as reason:
        v1.log.warning("HAR-201's second version is not trained any further: %s", reason)
        return
    for block in blocks():
        left = min(deadline - time.monotonic(), (LIMIT - spent()) / workers)
        if left <= 0:
            v1.log.warning("%s: the time is up, or its %.0f core-hours are spent", NAME, LIMIT / 3600)
            break
        stacks = tasks(block)
        done = run_shards(
            shard, stacks, block.folder, plan=plan(block), workers=workers, scheduler=scheduler, seconds=left
        )
        if done < len(stacks):
            break
    collect()


def _columns(pieces: Mapping[Block, list[dict[str, NDArray]]], name: str) -> Iterator[tuple[str, NDArray]]:
    """The arrays of a data set: a row a run, then evaluations, then classes."""
    mine = {block: held for block, held in pieces.items() if block.name == name}
    how, classes = recipe(), nb201.classes()
    epochs = [*how.evaluate, how.epochs]
    yield f"{name}_epochs", np.array(epochs, dtype=np.int16)
    yield f"{name}_runs", np.array([(block.group, block.seed) for block in mine], dtype=np.int8).reshape(-1, 2)
    for metric in v2_pilot.METRICS:
        values = np.full((len(mine), len(epochs), len(classes)), v1.MISSING, dtype=np.uint16)
        for at, held in enumerate(mine.values()):
            for piece in held:
                values[at][:, np.searchsorted(classes, piece["cells"])] = piece[metric]
        yield f"{name}_{metric}", values
    times = np.full((len(mine), len(classes)), v1.MISSING, dtype=np.uint16)
    for at, held in enumerate(mine.values()):
        for piece in held:
            each = 1e3 * float(piece["cpu_seconds"]) / len(piece["cells"])
            times[at, np.searchsorted(classes, piece["cells"])] = min(round(each), v1.MISSING - 1)
    yield f"{name}_milliseconds", times
    yield from _untrained(name)


def _untrained(name: str) -> Iterator[tuple[str, NDArray]]:
    """What needs no training: counts of every cell on a data set."""
    cells, fitting = nb201.all_cells(), v2_protocol.skeleton(name)
    yield f"{name}_params", counts.parameters(cells, fitting).astype(np.int32)
    yield f"{name}_macs", counts.macs(cells, fitting, v2_protocol.SOURCES[name].shape[2]).astype(np.int32)


def collect() -> Path | None:
    """Put all finished shards into the result ``har201/v2`` and return its path; LucioleError when there is none.

    Shares are hundredths of a percent (uint16, 65535 where not trained), times milliseconds of processor time.
    """
    pieces = {block: list(load_shards(block.folder).values()) for block in blocks()}
    pieces = {block: held for block, held in pieces.items() if held}
    if not pieces:
        raise LucioleError("no shard of HAR-201's second version is finished; run it first: luciole run har201/v2")
    classes = nb201.classes()
    arrays = {
        "classes": classes.astype(np.int16),
        "position": np.searchsorted(classes, nb201.iso()).astype(np.int16),
    }
    for name in v2_protocol.SOURCES:
        arrays |= dict(_columns(pieces, name))
    everything = [piece for held in pieces.values() for piece in held]
    seconds = sum(float(piece["cpu_seconds"]) for piece in everything)
    trained = sum(len(piece["cells"]) for piece in everything)
    plans = {
        block.folder.name: {
            "plan": plan(block),
            "trainings": sum(len(piece["cells"]) for piece in held),
            "trained with": "; ".join(sorted({str(piece["trained_with"]) for piece in held})),
        }
        for block, held in pieces.items()
    }
    return results.write(
        NAME,
        arrays,
        function=shard,
        parameters={"recipe": RECIPE, "groups": v2_protocol.GROUPS, "limit": LIMIT, "watts": v1.WATTS, "plans": plans},
        modules=MODULES,
        holds=(trained, sum(block.planned for block in blocks())),
        inputs=dict.fromkeys(v2_protocol.SOURCES, "prepared file, see luciole.datasets"),
        seconds=seconds,
        joules=seconds * v1.WATTS,
        energy=f"estimate: processor seconds times {v1.WATTS:g} W a busy thread, no counter could be read",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` of the trainings again, those of a run side by side; None: eight.

    What is not trained (classes, parameters, multiply-accumulates) is derived again for all cells.
    """
    held = result.arrays
    known = []
    for block in blocks():
        at = np.flatnonzero((held[f"{block.name}_runs"] == (block.group, block.seed)).all(axis=1))
        for place in at:
            trained = held[f"{block.name}_valid_acc"][place, -1] != v1.MISSING
            known += [(block, int(place), int(cell)) for cell in held["classes"][trained]]
    drawn = [known[at] for at in draw(rng, len(known), units, TRAININGS)]
    try:
        for block, *_ in drawn:
            v2_protocol.people(block.name)
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    compared: dict[str, Column] = {}
    for (block, place), group in itertools.groupby(drawn, key=lambda one: one[:2]):
        cells = [cell for *_, cell in group]
        again = shard((block.name, block.group, block.seed, tuple(cells)))
        rows = np.searchsorted(held["classes"], cells)
        for metric in v2_pilot.METRICS:
            kept = held[f"{block.name}_{metric}"][place][:, rows].astype(float)
            absolute = np.where(np.arange(len(kept)) == len(kept) - 1, v1.ALLOWED, v1.EARLY)
            for number, (one, other) in enumerate(zip(kept, again[metric].astype(float), strict=True)):
                title = f"{block.folder.name} {metric} epoch {held[f'{block.name}_epochs'][number]}"
                compared[title] = Column(one, other, absolute=float(absolute[number]), why=v1.ROUNDING)
    for one in v2_protocol.SOURCES:
        compared |= {title: Column(held[title], values) for title, values in _untrained(one)}
    named = [f"{block.folder.name}, cell {cell}" for block, _, cell in drawn]
    return Sample(named, len(known), compared, MODULES, {"milliseconds": "measured"})
