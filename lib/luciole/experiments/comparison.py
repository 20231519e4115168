"""Many runs of many searchers, each with its own number of seeds: in shards, resumed, and added to what is on record.

A comparison grows: more seeds, one more searcher. Runs that the committed result holds already, by the same code under
the same settings on the same inputs, are kept (a run depends on nothing but its searcher and its seed), and only those
that are missing run. Where anything that decides a run's digits has changed, all of that searcher's runs run again.
"""

import ast
import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from luciole import attestation, files, results
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.search import SEARCHERS
from luciole.shards import load_shards, run_shards

Arrays = Mapping[str, NDArray]
FITTED = ("LaNAS", "Optuna GP")  # searchers that go elsewhere when the last bit of a linear fit is another
RECORDED = "openblas SkylakeX"  # kernels of the runs whose records do not name them yet


def interval(values: NDArray, draws: int = 1_000) -> tuple[NDArray, NDArray]:
    """Bootstrap 95 % interval of the mean over runs, column by column of (runs, columns); always the same draws.

    >>> low, high = interval(np.arange(50.0)[:, None])
    >>> bool(low[0] < 24.5 < high[0])
    True
    """
    rng = np.random.default_rng(0)
    weights = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), size=draws) / len(values)
    low, high = np.quantile(weights @ values, (0.025, 0.975), axis=0)
    return low, high


def code(searcher: str, modules: tuple[str, ...]) -> dict[str, str]:
    """Fingerprints of the code that decides a searcher's choices: ``modules``, its own, and what that has of others."""
    search = SEARCHERS[searcher]
    module = getattr(search, "func", search).__module__
    return {name: results.fingerprint(name) for name in sorted({*modules, *_reached(module)})}


def _reached(module: str) -> set[str]:
    """A module of a package and those of the same package that it imports, directly or not.

    >>> sorted(_reached("luciole.search.graph_swarm"))
    ['luciole.search.graph_swarm', 'luciole.search.swarms']
    """
    package, found, todo = module.rpartition(".")[0], set(), [module]
    while todo:
        one = todo.pop()
        found.add(one)
        tree = ast.parse(Path(str(sys.modules[one].__file__)).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        todo += [name for name in imported - found if name.startswith(f"{package}.")]
    return found


def on_record(
    name: str, label: str, *, code: Mapping[str, str], parameters: Mapping[str, Any], inputs: Mapping[str, str]
) -> dict[str, NDArray]:
    """Return the runs of the result ``name`` under ``label``; empty where it has none that would come out the same.

    They would when the result was written by code of these fingerprints, with these parameters, from these inputs. A
    parameter that the record does not name yet was not set apart then, and counts as the same.
    """
    try:
        result = results.read(name)
    except LucioleError:
        return {}
    had = result.provenance
    settled = {key: had.parameters.get(key, value) for key, value in parameters.items()}
    if settled != dict(parameters) or any(result.code.get(key) != value for key, value in code.items()):
        return {}
    if any(had.inputs.get(key) != value for key, value in inputs.items()):
        return {}
    mine = result.arrays["searcher"] == label
    return {key: column[mine] for key, column in result.arrays.items()} if mine.any() else {}


@dataclass(frozen=True)
class Entrant:
    """One row of a comparison: a searcher under settings, on a number of seeds."""

    label: str
    seeds: int
    code: Mapping[str, str]  # fingerprints of the modules that decide its runs
    parameters: Mapping[str, Any]  # everything else that does, as JSON


def gather(
    name: str,
    work: Callable[[tuple[str, int, int]], Arrays],
    entrants: Sequence[Entrant],
    *,
    inputs: Mapping[str, str],
    block: int,
    workers: int = 1,
    scheduler: str | None = None,
    seconds: float | None = None,
) -> dict[str, NDArray] | None:
    """Return the runs of all entrants; None while some are missing.

    ``work`` takes (label, first seed, last seed + 1), ``block`` seeds at a time, and returns one row a run. The columns
    ``searcher`` and ``seed`` stand in front. What is finished is kept in shards under the cache folder ``name``.
    """
    start = time.perf_counter()
    parts = []
    for one in entrants:
        had = on_record(f"{name}_runs", one.label, code=one.code, parameters=one.parameters, inputs=inputs)
        have = min(one.seeds, len(had["seed"])) if had else 0
        pieces: list[Arrays] = [{column: values[:have] for column, values in had.items()}] if have else []
        tasks = [(one.label, first, min(first + block, one.seeds)) for first in range(have, one.seeds, block)]
        if tasks:
            plan = {**one.parameters, "inputs": dict(inputs), "code": dict(one.code), "seeds": [have, one.seeds]}
            digest = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:12]
            folder = files.cache() / name / f"{one.label.replace(' ', '_').replace(',', '')}-{digest}"
            left = None if seconds is None else max(0.0, seconds - (time.perf_counter() - start))
            running: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": left}
            if run_shards(work, tasks, folder, plan=plan, **running) < len(tasks):
                continue
            shards = load_shards(folder)
            pieces += [shards[number] for number in range(len(tasks))]
        columns = [column for column in pieces[0] if column not in ("searcher", "seed")]
        part = {column: np.concatenate([piece[column] for piece in pieces]) for column in columns}
        front = {"searcher": np.repeat(one.label, one.seeds), "seed": np.arange(one.seeds, dtype=np.int32)}
        parts.append(front | part)
    if len(parts) < len(entrants):
        return None
    return {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}


def deciding(function: Callable[..., Any], entrants: Sequence[Entrant]) -> list[str]:
    """Modules whose code decides the numbers of a comparison: of its runs, of their summary, and this one."""
    return sorted({__name__, function.__module__, *(module for one in entrants for module in one.code)})


def kernels() -> str:
    """Kernels that linear algebra runs with here, on which the last bit of a fit depends: 'openblas SkylakeX'."""
    found = (one for one in threadpool_info() if one["user_api"] == "blas")
    return ", ".join(sorted({f"{one['internal_api']} {one.get('architecture', '')}".strip() for one in found}))


def rederive(
    result: results.Result,
    work: Callable[[tuple[str, int, int]], Arrays],
    rng: np.random.Generator,
    units: int,
    modules: Sequence[str],
    apart: Mapping[str, str] | None = None,
) -> attestation.Sample:
    """Run ``units`` drawn runs again by ``work``, which :func:`gather` was given; a unit is a run.

    Runs of the searchers ``apart`` are not drawn, each for the reason given; those of the searchers in ``FITTED`` only
    where linear algebra has the kernels of the record.
    """
    runs, left = result.arrays, {"took": "measured seconds", **(apart or {})}
    places = np.flatnonzero(~np.isin(runs["searcher"], list(apart or {})))
    if (had := result.provenance.parameters.get("BLAS", RECORDED)) != kernels():
        places = places[~np.isin(runs["searcher"][places], FITTED)]
        left |= dict.fromkeys(FITTED, f"its fits were by {had}, here they are by {kernels()}: other last bits")
    drawn = places[attestation.draw(rng, len(places), units, units)]
    tasks = [(str(runs["searcher"][at]), int(runs["seed"][at]), int(runs["seed"][at]) + 1) for at in drawn]
    parts = [work(task) for task in tasks]
    return attestation.Sample(
        [f"run {seed} of {label}" for label, seed, _ in tasks],
        len(runs["seed"]),
        {
            column: attestation.Column(values[drawn], np.concatenate([values[:0], *(part[column] for part in parts)]))
            for column, values in runs.items()
            if column not in ("searcher", "seed", "took")
        },
        modules,
        left,
    )


def rederive_summary(
    result: results.Result,
    now: pd.DataFrame,
    drawn: NDArray[np.int64],
    modules: Sequence[str],
    keys: Sequence[str],
) -> attestation.Sample:
    """Compare the rows at these places with those of ``now``, summed up from the committed runs; a unit is a row."""
    kept = result.frame
    if len(now) != len(kept):
        raise LucioleError(f"expected a summary of {len(now)} rows from the committed runs, got {len(kept)}")
    kept, now = kept.iloc[drawn], now.iloc[drawn]
    names = [name for name in now if name in keys]
    added = {"relative": 1e-6, "why": "means over runs may be added up in another order"}
    return attestation.Sample(
        [" ".join(map(str, row)) for row in now[names].to_numpy()],
        len(result.frame),
        attestation.columns(kept[names], now[names])
        | attestation.columns(kept.drop(columns=names), now.drop(columns=names), **added),
        modules,
    )


def write(
    name: str,
    runs: Arrays,
    frame: pd.DataFrame,
    entrants: Sequence[Entrant],
    *,
    function: Callable[..., Any],
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str],
    meter: Meter,
) -> None:
    """Write ``runs`` as the result ``name_runs`` and their summary ``frame`` as ``name``, with one provenance.

    ``meter`` has measured one run: its mean power times the seconds of all runs is the estimate of their joules.
    """
    spent = float(runs["took"].sum())
    settled = {key: value for one in entrants for key, value in one.parameters.items()}
    for result, data in ((f"{name}_runs", runs), (name, frame)):
        results.write(
            result,
            data,
            function=function,
            parameters={**settled, **parameters, "BLAS": kernels()},
            modules=deciding(function, entrants),
            inputs=inputs,
            seconds=spent,
            joules=spent * meter.joules / meter.seconds,
            energy=f"{meter.mode}; mean power of one run times the seconds",
        )
