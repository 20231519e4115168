"""The searchers on NAS-Bench-101, whose 423,624 cells are graphs rather than six independent choices.

Protocol: 500 evaluations; an evaluation reads the mean accuracy of three trainings of 108 epochs, and a cell met
again, under whatever order of its vertices, is answered from memory. The prepared table holds neither validation
accuracy nor time, so the test accuracy itself is searched: what is reported is how fast a searcher finds good cells,
not how well it would generalise, and it flatters all searchers alike. With the official file (``valid_acc108``),
validation accuracy is searched and test accuracy reported; the result says which. Runs on record are kept
(:mod:`luciole.experiments.comparison`).

    luciole run nb101/search --workers 2
"""

import hashlib
import time
import zlib
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import attestation, results, tables
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments import comparison
from luciole.experiments.comparison import Entrant, code, gather, interval, write
from luciole.search import SEARCHERS, Budget, History, Objective
from luciole.spaces import nb101
from luciole.tables.nasbench101 import NB101Table

EVALUATIONS = 500
GRID = np.array([10, 20, 50, 100, 150, 200, 300, 400, 500])
SETTINGS: dict[str, dict[str, Any]] = {  # searchers that run, with what differs from their defaults
    "random": {},
    "local search": {},
    "regularised evolution": {"population": 100, "sample": 10},  # as the benchmark's authors ran it
    "genetic algorithm": {},
    "REINFORCE": {},
    "Q-learning": {"episodes": 300},
    "LaNAS": {},
    "BANANAS": {},
}
SEEDS = 30
FEWER = {"REINFORCE": 20, "Q-learning": 20}  # slow in themselves
BLOCK = 10
MODULES = (
    *(f"luciole.search.{name}" for name in ("searcher", "evaluated", "history", "objective", "budget")),
    *("luciole.spaces.nb101", "luciole.tables.nasbench101"),
)


@cache
def _table() -> NB101Table:
    return tables.nb101()


def searched(table: NB101Table) -> str:
    """Name of the column that is searched."""
    return "valid_acc108" if "valid_acc108" in table.columns else "test_acc108"


def play(searcher: str, seed: int, table: NB101Table, evaluations: int = EVALUATIONS) -> History:
    """Run one searcher once; random cells are drawn uniformly among the different cells of the table."""
    column = 100.0 * table[searched(table)].astype(float)
    objective = Objective(
        lambda rows: column[table.index(rows)],
        seconds=lambda rows: np.zeros(len(rows)),  # the prepared table has no times
        key=lambda rows: nb101.digests(rows).view(np.int8),  # isomorphic cells are the same cell
    )
    space: Any = SimpleNamespace(**{**vars(nb101), "sample": table.sample})
    rng = np.random.default_rng([seed, zlib.crc32(searcher.encode())])
    return SEARCHERS[searcher](space, objective, Budget(evaluations=evaluations), rng, **SETTINGS[searcher])


def chosen(history: History, table: NB101Table) -> NDArray[np.int32]:
    """Row of the table chosen after each number of evaluations of ``GRID``; a run that stalled keeps its choice."""
    return table.index(history.genotypes[history.at(GRID.astype(float), "evaluations")]).astype(np.int32)


def block(task: tuple[str, int, int]) -> dict[str, NDArray]:
    """Run seeds first..last-1 of one searcher: choices (n, len(GRID)), seconds it took (n,)."""
    searcher, first, last = task
    choices, took = [], []
    for seed in range(first, last):
        start = time.perf_counter()
        history = play(searcher, seed, _table())
        took.append(time.perf_counter() - start)
        choices.append(chosen(history, _table()))
    return {"choices": np.array(choices), "took": np.array(took, dtype=np.float32)}


def summary(runs: Mapping[str, NDArray], table: NB101Table) -> pd.DataFrame:
    """One row a searcher and number of evaluations: mean test accuracy (%), its spread over runs, its interval."""
    test = 100.0 * table["test_acc108"].astype(float)
    frames = []
    for searcher in SETTINGS:
        mine = runs["searcher"] == searcher
        got = test[runs["choices"][mine]]
        low, high = interval(got)
        frames.append(
            pd.DataFrame(
                {
                    "searcher": searcher,
                    "evaluations": GRID,
                    "runs": int(mine.sum()),
                    "test": got.mean(axis=0),
                    "test_sd": got.std(axis=0, ddof=1),
                    "test_low": low,
                    "test_high": high,
                    "optimum_share": (runs["choices"][mine] == test.argmax()).mean(axis=0),
                    "took_s": runs["took"][mine].mean(dtype=float),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def inputs(table: NB101Table) -> dict[str, str]:
    """The column that is searched, by its digest."""
    return {f"NAS-Bench-101, column {searched(table)}": hashlib.sha256(table[searched(table)].tobytes()).hexdigest()}


def compared(table: NB101Table) -> list[Entrant]:
    """Every searcher that is compared, with what decides its runs."""
    rules = {"evaluations": EVALUATIONS, "searched": searched(table)}
    return [
        Entrant(name, FEWER.get(name, SEEDS), code(name, MODULES), {**rules, f"settings of {name}": settings})
        for name, settings in SETTINGS.items()
    ]


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Run drawn runs again, or sum up the committed ones again (see :mod:`luciole.attestation`)."""
    try:
        table = _table()
    except LucioleError as reason:
        raise attestation.Unavailable(str(reason)) from None
    if result.provenance.inputs != inputs(table):
        raise attestation.Unavailable("NAS-Bench-101 has another column to search here than the runs had")
    decided = comparison.deciding(run, compared(table))
    if name == "nb101/search":
        now = summary(attestation.resting_on("nb101/search_runs", rng).arrays, table)
        drawn = attestation.draw(rng, len(result.frame), units, len(result.frame))
        return comparison.rederive_summary(result, now, drawn, decided, ("searcher", "evaluations", "runs"))
    return comparison.rederive(result, block, rng, 10 if units is None else units, decided)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run what is missing, and write ``nb101/search_runs`` and ``nb101/search`` once every block is there."""
    table = _table()
    entrants = compared(table)
    runs = gather(
        "nb101/search", block, entrants, inputs=inputs(table), block=BLOCK, workers=workers, scheduler=scheduler,
        seconds=seconds,
    )  # fmt: skip
    if runs is None:
        return
    with Meter("FRA") as meter:
        play("random", 0, table)
    write(
        "nb101/search", runs, summary(runs, table), entrants, function=run,
        parameters={"seeds": SEEDS, "fewer": FEWER}, inputs=inputs(table), meter=meter,
    )  # fmt: skip
