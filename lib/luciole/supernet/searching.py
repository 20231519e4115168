"""Searching with a supernet: one call for all methods, resumable, with a record at every epoch.

    trace = search(METHODS["DARTS"], Task.of(parts), skeleton, Budget(steps=2_000), seeds=[0, 1, 2])
    trace.cells[-1]        # (3, 6): what each seed found

A search that is killed goes on from the last epoch that it finished where ``keep`` names a file; so does one whose
loss is no longer finite, with other settings or not at all, but its state is there to be looked at.
"""

import math
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.supernet.budget import Budget
from luciole.supernet.method import Method
from luciole.supernet.run import Run, Settings
from luciole.supernet.task import Task

Look = Callable[[Run, Method], Mapping[str, Any]]  # what an experiment wants to know after an epoch: arrays by name


@dataclass(frozen=True)
class Trace:
    """What K searches did: a row before the first step (0) and one after each of E epochs."""

    alpha: NDArray[np.float32]  # (E + 1, K, 6, operations)
    cells: NDArray[np.int8]  # (E + 1, K, 6) the cell that each would have named
    loss: NDArray[np.float64]  # (E + 1, K) mean training loss of the epoch; not a number before the first
    spent: NDArray[np.float64]  # (E + 1, 3) steps, seconds, joules of each search
    choosing: NDArray[np.float64]  # (E + 1,) seconds that naming the cells took, not in ``spent``
    looked: dict[str, NDArray]  # (E + 1, ...) what was asked to be looked at


def search(
    method: Method,
    task: Task,
    skeleton: Skeleton,
    budget: Budget,
    seeds: Sequence[int],
    settings: Settings | None = None,
    *,
    operations: Sequence[int] = tuple(range(len(nb201.OPS))),
    watts: float | None = None,
    keep: Path | None = None,
    look: Look | None = None,
) -> Trace:
    """Search once for each seed, side by side, until the budget is spent or the method has done.

    Parameters
    ----------
    operations: those that every edge offers.
    watts: stated power by which processor seconds become joules; a budget of joules needs it.
    keep: file of the run's state, written after each epoch; where it is there, the search goes on from it.
    look: called before the first and after each epoch, its time not counted.

    Raises LucioleError for a budget under one epoch, a space or task that the method cannot use, the file of another
    search, and for a loss that is no longer finite (the state of the epoch before is kept).
    """
    settings = settings or Settings()
    offered = tuple(operations)
    run = Run(task, skeleton, seeds, settings, budget, offered, method.partial, method.betas, method.decay)
    steps = settings.steps(len(task.train[0]))
    if budget.steps is not None and budget.steps < steps:
        raise LucioleError(f"expected a budget of at least one epoch of {steps} steps, got {budget.steps}; give more")
    if budget.joules is not None and watts is None:
        raise LucioleError("expected the watts of a busy thread for a budget of joules, got none; give watts=")
    method.begin(run)
    shapes = [list(part[0].shape) for part in (task.train, task.validation)]
    plan = repr((method, shapes, skeleton, budget, list(seeds), settings, offered, watts))
    rows: list[dict[str, Any]] = []
    if keep is not None and keep.exists():
        rows = _resume(run, keep, plan)
    if not rows:
        rows.append(_row(run, method, look, math.nan * torch.ones(run.count)))
    while run.share < 1 and not method.done(run):
        left = steps if budget.steps is None else min(steps, budget.steps - int(run.spent[0]))
        started, whole = time.process_time(), run.spent
        total = torch.zeros(run.count)
        for number, (train, validation) in enumerate(run.batches(left), start=1):
            total += method.step(run, train, validation)
            seconds = (time.process_time() - started) / run.count
            run.spent = (whole[0] + number, whole[1] + seconds, whole[2] + seconds * (watts or 0.0))
            if run.share >= 1 and number < left:
                if run.epoch == 0:
                    raise LucioleError(f"the budget {budget} ended within the first epoch of {steps} steps; give more")
                break
        method.after_epoch(run)
        seconds = (time.process_time() - started) / run.count
        run.spent = (run.spent[0], whole[1] + seconds, whole[2] + seconds * (watts or 0.0))
        run.epoch += 1
        _insist(run, total / number, keep)
        rows.append(_row(run, method, look, total / number))
        if keep is not None:
            with files.atomic(keep) as temporary:
                torch.save({"plan": plan, "run": run.state(), "rows": rows}, temporary)
    return Trace(
        **{
            name: np.array([row[name] for row in rows], dtype=kind)
            for name, kind in (("alpha", "f4"), ("cells", "i1"), ("loss", "f8"), ("spent", "f8"), ("choosing", "f8"))
        },
        looked={name: np.array([row["looked"][name] for row in rows]) for name in rows[0]["looked"]},
    )


def _row(run: Run, method: Method, look: Look | None, loss: torch.Tensor) -> dict[str, Any]:
    """What is recorded of an epoch, as lists and numbers."""
    started = time.process_time()
    cells = method.cells(run).tolist()
    choosing = (time.process_time() - started) / run.count
    looked = {} if look is None else {name: np.asarray(value).tolist() for name, value in look(run, method).items()}
    return {
        "alpha": run.alpha.detach().tolist(),
        "cells": cells,
        "loss": loss.tolist(),
        "spent": list(run.spent),
        "choosing": choosing,
        "looked": looked,
    }


def _insist(run: Run, loss: torch.Tensor, keep: Path | None) -> None:
    """Refuse an epoch after which the loss, the weights or the architecture of a search are no longer finite."""
    finite = loss.isfinite()
    for held in (run.alpha, *run.net.parameters()):
        finite &= held.detach().flatten(1).isfinite().all(dim=1)
    if not bool(finite.all()):
        seed = run.seeds[int(finite.int().argmin())]
        kept = "" if keep is None or not keep.exists() else f"; the state of epoch {run.epoch - 1} is kept in {keep}"
        raise LucioleError(f"the loss of seed {seed} is not finite in epoch {run.epoch}; lower the rate{kept}")


def _resume(run: Run, keep: Path, plan: str) -> list[dict[str, Any]]:
    try:
        kept = torch.load(keep, weights_only=True)
        begun, state, rows = kept["plan"], kept["run"], kept["rows"]
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise LucioleError(f"{keep} is not the state of a search ({error}); delete it to start anew") from error
    if begun != plan:
        raise LucioleError(f"{keep} is the state of another search; delete it to start anew")
    run.restore(state)
    return list(rows)
