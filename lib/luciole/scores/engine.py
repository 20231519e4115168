"""Scoring thousands of cells: once per isomorphism class, passes shared, in parallel, resumable.

    >>> import torch
    >>> from luciole.networks import Skeleton
    >>> from luciole.spaces import nb201
    >>> batch = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> scored = score_cells(nb201.all_cells()[:3], ["naswot", "params"], batch, skeleton=Skeleton(cells=1, width=4))
    >>> scored.values["naswot"].shape, scored.failures
    ((1, 3), ())

Networks are built of the pruned representative of each class, so that edges through which nothing flows cost
nothing and change nothing; its score stands for all cells of the class. (The published classes hold 430 of 6,466
whose members differ in the number of convolutions that count, because one convolution heard twice and two heard
once read the same; there the representative's score is a stand-in.) The closed-form measures of
:mod:`luciole.scores.cells` are computed for each cell as it is.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole.errors import LucioleError, lacked
from luciole.networks import Skeleton, build
from luciole.results import fingerprint
from luciole.scores.cells import MEASURES, measures
from luciole.scores.lean import LEAN, Lean, draw
from luciole.scores.passes import Passes, check_batch
from luciole.scores.registry import SCORES
from luciole.shards import load_shards, restore_shards, run_shards
from luciole.spaces import nb201

DECIDING = (  # of every score
    *("luciole.networks.nb201", "luciole.networks.initial"),
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
)
SHARD = 64  # networks a shard: seconds to a minute of work


@dataclass(frozen=True)
class Failure:
    """One score that could not be computed on one class, and why."""

    score: str
    index: int  # official index of the class's representative
    seed: int
    reason: str


@dataclass(frozen=True)
class Scored:
    """Scores of n cells under s seeds.

    ``values`` maps a name to (s, n), or (1, n) for what no seed changes; NaN where it failed. ``milliseconds``
    maps a name to (s, classes): processor time of the score itself and of every pass it reads, as if computed
    alone (work is pinned to one thread; what else runs on the same core can make it longer). ``shared`` (s, classes)
    is what all of them took together, sharing passes, with building the network.
    """

    values: dict[str, NDArray[np.float64]]
    milliseconds: dict[str, NDArray[np.float64]]
    shared: NDArray[np.float64]
    classes: NDArray[np.int64]  # official indices of the representatives, ascending
    failures: tuple[Failure, ...]
    complete: bool  # False when the time allowed ran out first


def network_seed(seed: int, index: int) -> int:
    """Return the seed of the weights of class ``index`` under ``seed``: the same whoever computes it, and when."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _look(index: int, seed: int, batch: Tensor, labels: Tensor | None, skeleton: Skeleton, lean: bool) -> Passes:
    """Make the network of a class, of modules or lean, ready to be looked at."""
    row = nb201.prune(nb201.all_cells()[index])
    weights, drawn = torch.Generator().manual_seed(network_seed(seed, index)), network_seed(seed, index) % 2**31
    if lean:
        return Lean(row.tolist(), skeleton, draw(row.tolist(), skeleton, weights), batch, labels, seed=drawn)
    return Passes(build(row, skeleton, weights).to(batch.device), batch, labels, seed=drawn)


def score_class(
    index: int,
    seed: int,
    names: Sequence[str],
    batch: Tensor,
    labels: Tensor | None,
    skeleton: Skeleton,
    lean: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, list[str]]:
    """Score one class: values (scores,), milliseconds (scores,), milliseconds in all, reasons of failures."""
    start = time.process_time()
    seen = _look(index, seed, batch, labels, skeleton, lean)
    known_scores = LEAN if lean else SCORES
    values, milliseconds = np.full((2, len(names)), np.nan)
    reasons = [""] * len(names)
    for column, name in enumerate(names):
        known = dict(seen.seconds)
        seen.used.clear()
        begun = time.process_time()
        try:
            values[column] = known_scores[name].of(seen)
        except (LucioleError, RuntimeError, ValueError, ArithmeticError) as error:
            if lacked(error):
                raise  # of the run: on a machine that has it, the score is there
            reasons[column] = f"{type(error).__name__}: {error}".splitlines()[0]
        taken = time.process_time() - begun
        own = taken - sum(spent for key, spent in seen.seconds.items() if key not in known)
        milliseconds[column] = 1e3 * (own + sum(seen.seconds.get(key, 0.0) for key in seen.used))
    return values, milliseconds, 1e3 * (time.process_time() - start), reasons


def deciding(names: Sequence[str], lean: bool = False) -> dict[str, str]:
    """Return the fingerprints of the modules whose code decides the values of these scores."""
    modules = {*DECIDING, *((LEAN if lean else SCORES)[name].function.__module__ for name in names)}
    return {module: fingerprint(module) for module in sorted(modules | ({Lean.__module__} if lean else set()))}


def _tasks(classes: NDArray[np.int64], seeds: Sequence[int]) -> list[tuple[int, list[int]]]:
    """What each shard holds: a seed, and up to SHARD classes."""
    chunks = [classes[start : start + SHARD].tolist() for start in range(0, len(classes), SHARD)]
    return [(seed, chunk) for seed in seeds for chunk in chunks]


def restore(
    classes: NDArray[np.int64],
    names: Sequence[str],
    batch: Tensor,
    *,
    skeleton: Skeleton,
    labels: Tensor | None = None,
    seeds: Sequence[int] = (0,),
    lean: bool = False,
    folder: Path,
    values: NDArray[np.float64],
    milliseconds: NDArray[np.float64],
    shared: float,
) -> int:
    """Write the shards that are whole in ``values`` (seeds, classes, scores), for :func:`score_cells` to go on from.

    The first seven arguments are those of the run in ``folder``, of which ``classes`` are the representatives;
    ``milliseconds`` (scores,) and ``shared`` say what a network cost. The caller answers for the values being those
    that the run would compute (see :func:`deciding`); a shard that is there already is kept. Returns how many were
    written.
    """
    work, tasks, plan = _sharded(classes, names, batch, labels, skeleton, seeds, lean)
    known: dict[int, dict[str, NDArray]] = {}
    for number, (seed, chunk) in enumerate(tasks):
        part = values[list(seeds).index(seed), np.searchsorted(classes, chunk)]
        if not np.isnan(part).any():
            known[number] = {
                "values": part,
                "milliseconds": np.tile(milliseconds, (len(chunk), 1)),
                "shared": np.full(len(chunk), shared),
                "reasons": np.full(part.shape, "", dtype="U200"),
            }
    return restore_shards(work, tasks, folder, known, plan=plan)


def _work(
    task: tuple[int, list[int]],
    names: Sequence[str],
    batch: Tensor,
    labels: Tensor | None,
    skeleton: Skeleton,
    lean: bool,
) -> dict[str, NDArray]:
    """Score a list of classes under one seed; what fails is kept as text beside the numbers."""
    seed, indices = task
    found = [score_class(index, seed, names, batch, labels, skeleton, lean) for index in indices]
    return {
        "values": np.stack([one[0] for one in found]),  # (classes, scores)
        "milliseconds": np.stack([one[1] for one in found]),
        "shared": np.array([one[2] for one in found]),
        "reasons": np.array([one[3] for one in found], dtype="U200"),
    }


def _sharded(
    classes: NDArray[np.int64],
    names: Sequence[str],
    batch: Tensor,
    labels: Tensor | None,
    skeleton: Skeleton,
    seeds: Sequence[int],
    lean: bool,
) -> tuple[Callable[[tuple[int, list[int]]], dict[str, NDArray]], list[tuple[int, list[int]]], dict[str, Any]]:
    """The work, the tasks and the plan of scoring these classes."""
    plan = {
        "scores": list(names),
        "seeds": list(map(int, seeds)),
        "classes": [len(classes), int(classes.sum())],
        "skeleton": repr(skeleton),
        "batch": [*batch.shape, float(batch.double().sum()), float(batch.double().square().sum())],
        "labels": None if labels is None else labels.tolist(),
        "code": deciding(names, lean),  # shards made by other code must not be taken for this code's
    }
    work = partial(_work, names=names, batch=batch, labels=labels, skeleton=skeleton, lean=lean)
    return work, _tasks(classes, seeds), plan


def score_cells(
    rows: object,
    names: Sequence[str],
    batch: Tensor,
    *,
    skeleton: Skeleton,
    labels: Tensor | None = None,
    seeds: Sequence[int] = (0,),
    lean: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    folder: Path | None = None,
    seconds: float | None = None,
) -> Scored:
    """Score cells (n, 6) by every score in ``names`` on one batch, under each seed.

    ``lean`` runs the networks without modules (:mod:`luciole.scores.lean`): cheaper where they are deep, for the scores
    in ``LEAN``. A seed decides the initial weights (and what a score draws), class by class, so the result does not
    depend on ``workers`` or on the Dask cluster at ``scheduler``. With a ``folder`` the run is resumable: called again
    with the same arguments it goes on. A batch on a GPU is scored there (by one worker; milliseconds are the
    processor's still). After ``seconds`` no new shard is begun, and what is missing is NaN. A score that fails on one
    network is recorded in ``failures`` and does not stop the rest.

    Raises LucioleError for an unknown score, labels a score needs and does not get, and a bad batch; and when the
    machine lacks memory, room on the disk or the like, which says nothing about a network.
    """
    cells = nb201.check(rows)
    if cells.ndim != 2 or not len(cells):
        raise LucioleError(f"expected cells of shape (n, {nb201.GENES}), got {cells.shape}")
    known = {*(LEAN if lean else SCORES), *MEASURES}
    if unknown := [name for name in names if name not in known]:
        lack = "no lean score" if lean and unknown[0] in SCORES else "no score"
        raise LucioleError(f"{lack} named {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    if not names or len(set(names)) != len(names) or not seeds:
        raise LucioleError("expected one or more different scores and one or more seeds")
    check_batch(torch.nn.Identity(), batch, labels)
    shape = (skeleton.inputs,) + (batch.shape[-1],) * skeleton.dims
    if tuple(batch.shape[1:]) != shape:
        raise LucioleError(f"expected a batch of shape (B, {', '.join(map(str, shape))}), got {tuple(batch.shape)}")
    built = [name for name in names if name not in MEASURES]
    for name in built:
        if SCORES[name].labels and labels is None:
            raise LucioleError(f"{name} needs labels, got none; give labels=, integers of shape ({len(batch)},)")

    values: dict[str, NDArray[np.float64]] = {}
    if len(built) < len(names):
        exact = measures(cells, skeleton, batch.shape[-1])
        values = {name: exact[name][None] for name in names if name in MEASURES}
    classes, member = np.unique(nb201.iso()[nb201.index(cells)].astype(np.int64), return_inverse=True)
    shape3 = (len(seeds), len(classes), len(built))
    found, times = np.full(shape3, np.nan), np.full(shape3, np.nan)
    shared, failures, complete = np.full(shape3[:2], np.nan), [], True
    if built:
        work, tasks, plan = _sharded(classes, built, batch, labels, skeleton, seeds, lean)
        with tempfile.TemporaryDirectory() as temporary:
            place = folder or Path(temporary) / "scores"
            done = run_shards(work, tasks, place, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
            complete = done == len(tasks)
            for number, shard in load_shards(place).items():
                seed, chunk = tasks[number]
                which, part = list(seeds).index(seed), np.searchsorted(classes, chunk)
                found[which, part], times[which, part] = shard["values"], shard["milliseconds"]
                shared[which, part] = shard["shared"]
                for line, column in zip(*np.nonzero(shard["reasons"] != ""), strict=True):
                    failures.append(Failure(built[column], chunk[line], seed, str(shard["reasons"][line, column])))
    for column, name in enumerate(built):
        values[name] = found[:, member, column]
    return Scored(
        values={name: values[name] for name in names},
        milliseconds={name: times[:, :, column] for column, name in enumerate(built)},
        shared=shared,
        classes=classes,
        failures=tuple(failures),
        complete=complete,
    )
