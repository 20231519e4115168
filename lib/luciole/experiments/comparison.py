"""Many runs of many searchers, each with its own number of seeds: in shards, resumed, and added to what is on record.

A comparison grows: more seeds, one more searcher. Runs that the committed result holds already, by the same code under
the same settings on the same inputs, are kept (a run depends on nothing but its searcher and its seed), and only those
that are missing run. Where anything that decides a run's digits has changed, all of that searcher's runs run again.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole import results
from luciole.errors import LucioleError
from luciole.search import SEARCHERS
from luciole.shards import load_shards, run_shards

Arrays = Mapping[str, NDArray]


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
    """Fingerprints of ``modules`` and of the one that holds a searcher: the code that decides its choices."""
    search = SEARCHERS[searcher]
    module = getattr(search, "func", search).__module__
    return {name: results.fingerprint(name) for name in (*modules, module)}


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
    if settled != dict(parameters) or any(had.code.get(key) != value for key, value in code.items()):
        return {}
    if any(had.inputs.get(key) != value for key, value in inputs.items()):
        return {}
    mine = result.arrays["searcher"] == label
    return {key: column[mine] for key, column in result.arrays.items()} if mine.any() else {}


def collect(
    work: Callable[[tuple[str, int, int]], Arrays],
    label: str,
    seeds: int,
    folder: Path,
    *,
    plan: Mapping[str, Any],
    kept: Mapping[str, NDArray],
    block: int,
    **running: Any,
) -> dict[str, NDArray] | None:
    """Return the runs of seeds 0..seeds-1 of one searcher, those of ``kept`` first; None while some are missing.

    ``work`` takes (label, first seed, last seed + 1), ``block`` seeds at a time, and returns one row a run;
    ``running`` goes to :func:`luciole.shards.run_shards`. The columns ``searcher`` and ``seed`` are put in front.
    """
    have = min(seeds, len(kept["seed"])) if kept else 0
    tasks = [(label, first, min(first + block, seeds)) for first in range(have, seeds, block)]
    pieces: list[Arrays] = [{name: column[:have] for name, column in kept.items()}] if have else []
    if tasks:
        settled = {**plan, "seeds": [have, seeds]}
        digest = hashlib.sha256(json.dumps(settled, sort_keys=True).encode()).hexdigest()[:12]
        place = folder / f"{label.replace(' ', '_').replace(',', '')}-{digest}"
        if run_shards(work, tasks, place, plan=settled, **running) < len(tasks):
            return None
        shards = load_shards(place)
        pieces += [shards[number] for number in range(len(tasks))]
    names = [name for name in pieces[0] if name not in ("searcher", "seed")]
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in names}
    return {"searcher": np.repeat(label, seeds), "seed": np.arange(seeds, dtype=np.int32), **columns}
