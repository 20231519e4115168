"""Every searcher on NAS-Bench-201 under the published budget, with intervals over seeds.

Protocol (Dong and Yang, ICLR 2020): search on CIFAR-10; a query trains 12 epochs and costs the seconds that the
benchmark measured for them, repeated queries are paid again; 12,000 s in all. The cell with the highest 12-epoch
validation accuracy is chosen; its test accuracy after 200 epochs, mean over the benchmark's seeds, is read once,
afterwards. No searcher here looks at its budget, so a run of 12,000 s holds the run of 3,000 s as its beginning.

Searchers that a score guides (``GUIDED``) take it from the result ``nb201/scores``, under the first seed of weights,
and pay the seconds that ``nb201/costs`` measured for each class of cells they score, on top of the training. A
score is of the cell as written and never sees an accuracy; a combination adds log-ranks over the whole space (a search
that ranked what it has scored only would see the same order with some noise).

Two results: ``nb201/search_runs``, which cell was chosen at each time of each run (indices only), and
``nb201/search``, what those cells reached. Runs on record are kept (:mod:`luciole.experiments.comparison`).

    luciole run nb201/search --workers 2
"""

import hashlib
import json
import time
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import attestation, results, tables
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments import comparison
from luciole.experiments.comparison import Entrant, code, gather, interval, write
from luciole.experiments.nb201 import stages
from luciole.search import NEEDS, SEARCHERS, Budget, Guide, History, Objective
from luciole.spaces import nb201
from luciole.tables.table import Table

BUDGET = 12_000  # simulated seconds
BUDGETS = (3_000, 12_000)
TIMES = np.arange(0, BUDGET + 1, 100)  # simulated seconds at which the choice is noted
SEEDS = 500  # as published
FEWER = {  # seeds of searchers that are slow in themselves
    "LaNAS": 200,
    "BANANAS": 200,
    "Optuna TPE": 200,
    "Optuna GP": 20,
    "Optuna NSGA-II": 200,
    "surrogate NSGA-II": 200,
}
GUIDES = ("synflow", "naswot", "epe_nas", "meco", "az_nas", "params")  # the last one costs nothing: is a score more?
WAYS: dict[str, tuple[str, dict[str, Any]]] = {  # label: searcher, settings
    "guided evolution": ("guided evolution", {}),
    "warm-started evolution": ("guided evolution", {"mutants": 1}),  # the score picks the first population only
    "training-free selection": ("training-free selection", {}),  # the score alone chooses, one cell is trained
    "selection, then training": ("training-free selection", {"keep": 200}),  # best first, while the budget lasts
}
GUIDED = {f"{way}, {score}": (way, score) for way in WAYS for score in GUIDES}
GUIDED_SEEDS = 200
LEFT_OUT = {  # searchers of the registry that this comparison does not run, and why
    "rank-based firefly": "needs several scores: chapter 5",
}
LONG = 200 / 12  # cost of the 200-epoch schedule over that of 12 epochs: an estimate, by the number of epochs
BLOCK = 25  # seeds a shard
EXACT = ("random", "local search", "regularised evolution", "genetic algorithm")  # same digits on any machine
GOAL = 94.3  # CIFAR-10 test accuracy (%) whose time of first reach is reported
DATASETS = ("c10", "c100", "in16")
RULES = {"budget_s": BUDGET, "goal": GOAL, "count": "query"}
MODULES = (
    *(f"luciole.search.{name}" for name in ("searcher", "evaluated", "history", "objective", "budget")),
    "luciole.spaces.nb201",
)


def objective(table: Table) -> Objective:
    """The table as something to maximise: the role ``valid``, priced by the role ``cost_seconds``."""
    valid, seconds = table.roles["valid"].column, table.roles["cost_seconds"].column
    return Objective(
        lambda rows: table.at(rows, valid),
        seconds=lambda rows: table.at(rows, seconds),
        count="query",
    )


def generator(searcher: str, seed: int) -> np.random.Generator:
    """The random numbers of one run; a searcher's name is part of the seed, so that runs are independent."""
    return np.random.default_rng([seed, zlib.crc32(searcher.encode())])


@cache
def scores() -> dict[str, NDArray[np.float64]]:
    """Each guide's score of all cells, (15625,): what could not be scored is below everything that could."""
    names = [f"images.{score}.0" for score in (*GUIDES, *stages.COMBINATIONS["az_nas"])]
    frame = results.read("nb201/scores").frame
    found = stages.spread(frame[["index", *(name for name in frame.columns if name in names)]])
    found |= stages.combine(found)
    columns = {name: np.where(np.isfinite(found[name]), found[name], np.nan) for name in GUIDES}
    return {name: np.nan_to_num(column, nan=np.nanmin(column) - 1) for name, column in columns.items()}


@cache
def price(score: str) -> float:
    """Seconds that scoring a cell takes, as measured; counting parameters takes none."""
    costs = results.read("nb201/costs").frame
    mine = costs[(costs["inputs"] == "images") & (costs["score"] == score)]
    return float(mine["milliseconds"].iloc[0]) / 1e3 if len(mine) else 0.0


def play(searcher: str, seed: int, table: Table, budget: Budget | None = None) -> History:
    """Run one searcher, or one of ``GUIDED``, once on the table, by the protocol above.

    Those with multiply-accumulates to minimise beside accuracy get them; Hyperband and BOHB screen by 12 epochs and
    choose by 200, the only two fidelities that the table has.
    """
    budget, rng = budget or Budget(seconds=BUDGET), generator(searcher, seed)
    goal = objective(table)
    if searcher in GUIDED:
        way, score = GUIDED[searcher]
        name, settings = WAYS[way]
        column = scores()[score]
        guide = Guide(lambda rows: column[nb201.index(rows)], seconds=price(score), key=nb201.canonical)
        return SEARCHERS[name](nb201, goal, budget, rng, guide=guide, **settings)
    search = SEARCHERS[searcher]
    if NEEDS.get(searcher) == "costs":
        return search(nb201, goal, budget, rng, costs=lambda rows: np.log10(table.at(rows, "c10_flops")))
    if NEEDS.get(searcher) == "cheaper":
        dear = Objective(
            lambda rows: table.at(rows, "c10_val200"),
            seconds=lambda rows: LONG * table.at(rows, "c10_cost12_s"),
            count="query",
        )
        return search(nb201, dear, budget, rng, cheaper=[goal], eta=LONG)
    return search(nb201, goal, budget, rng)


def chosen(history: History) -> NDArray[np.int16]:
    """Index of the cell chosen at each of ``TIMES``, -1 before the first query has ended."""
    position = history.at(TIMES.astype(float))
    indices = nb201.index(history.genotypes)
    return np.where(position < 0, -1, indices[np.maximum(position, 0)]).astype(np.int16)


@cache
def _table() -> Table:
    return tables.nb201()


def block(task: tuple[str, int, int]) -> dict[str, NDArray]:
    """Run seeds first..last-1 of one searcher: choices (n, times), queries paid, time to GOAL, seconds it took."""
    searcher, first, last = task
    table = _table()
    test = table.role("test")
    choices, queries, reached, took = [], [], [], []
    for seed in range(first, last):
        start = time.perf_counter()
        history = play(searcher, seed, table)
        took.append(time.perf_counter() - start)
        choices.append(chosen(history))
        queries.append(len(history))
        good = test[nb201.index(history.genotypes[history.incumbents()])] >= GOAL
        reached.append(history.seconds[int(np.argmax(good))] if good.any() else np.inf)
    return {
        "choices": np.array(choices),
        "queries": np.array(queries, dtype=np.int32),
        "reached": np.array(reached, dtype=np.float32),
        "took": np.array(took, dtype=np.float32),
    }


def summary(runs: Mapping[str, NDArray], table: Table) -> pd.DataFrame:
    """One row a searcher and time: the mean of what was chosen, its spread over runs, and the mean's 95 % interval.

    Runs that have chosen nothing yet count with the mean of the space: a cell drawn blindly.
    """
    test = {name: table[f"{name}_test200"] for name in DATASETS}
    frames = []
    for searcher in np.unique(runs["searcher"]):
        mine = runs["searcher"] == searcher
        choices = runs["choices"][mine]
        frame = pd.DataFrame({"searcher": str(searcher), "seconds": TIMES, "runs": int(mine.sum())})
        for name, column in test.items():
            got = np.where(choices < 0, column.mean(dtype=float), column[np.maximum(choices, 0)].astype(float))
            frame[name] = got.mean(axis=0)
            frame[f"{name}_sd"] = got.std(axis=0, ddof=1)
            low, high = interval(got)
            frame[f"{name}_low"], frame[f"{name}_high"] = low, high
        frame["queries"] = runs["queries"][mine].mean()
        frame["took_s"] = runs["took"][mine].mean(dtype=float)
        frame["goal_share"] = np.isfinite(runs["reached"][mine]).mean()
        frame["goal_median_s"] = np.median(runs["reached"][mine])  # infinite when less than half of the runs reach it
        frames.append(frame)
    summary = pd.concat(frames, ignore_index=True)
    return summary.astype(dict.fromkeys(summary.select_dtypes("float64"), np.float32))


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Run drawn runs again, or sum up the committed ones again (see :mod:`luciole.attestation`).

    Scores and their prices were recorded again since the guided runs: those that had others are not drawn, and named.
    """
    table = _table()
    if result.provenance.inputs["NAS-Bench-201"] != (table.sha256 or table.source):
        raise attestation.Unavailable(f"the runs were on the original NAS-Bench-201, here is {table.source}")
    entrants_now, record = compared(), result.provenance.parameters
    changed = {key for one in entrants_now for key, value in one.parameters.items() if record.get(key) != value}
    if other := {key for key in changed if not key.startswith("guide ")}:
        raise attestation.Unavailable(f"the runs had another {', '.join(sorted(other))}: luciole run nb201/search")
    moved = "its scores or their price were recorded again since: luciole run nb201/search"
    apart = {one.label: moved for one in entrants_now if changed & {*one.parameters}}
    decided = comparison.deciding(run, entrants_now)
    if name == "nb201/search":
        now = summary(attestation.resting_on("nb201/search_runs", rng).arrays, table)
        drawn = attestation.draw(rng, len(result.frame), units, len(result.frame))
        return comparison.rederive_summary(result, now, drawn, decided, ("searcher", "seconds", "runs"))
    return comparison.rederive(result, block, rng, 300 if units is None else units, decided, apart)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run what is missing, and write both results once every block is there.

    Raises LucioleError when the table is not the original: the replica has no 12-epoch accuracies.
    """
    table = _table()
    if "c10_val12" not in table:
        raise LucioleError(f"this experiment needs the original NAS-Bench-201, got {table.source}; set LUCIOLE_DATA")
    inputs = {"NAS-Bench-201": table.sha256 or table.source}
    all_of_them = compared()
    runs = gather(
        "nb201/search", block, all_of_them, inputs=inputs, block=BLOCK, workers=workers, scheduler=scheduler,
        seconds=seconds,
    )  # fmt: skip
    if runs is None:
        return
    with Meter("FRA") as meter:
        play("local search", 0, table)
    write(
        "nb201/search", runs, summary(runs, table), all_of_them, function=run,
        parameters={"seeds": SEEDS, "fewer": FEWER, "guided_seeds": GUIDED_SEEDS},
        inputs=inputs, meter=meter,
    )  # fmt: skip


def entrants() -> dict[str, int]:
    """Every searcher that is compared, and on how many seeds."""
    plain = {name: FEWER.get(name, SEEDS) for name in SEARCHERS if name not in LEFT_OUT and NEEDS.get(name) != "guide"}
    return plain | dict.fromkeys(GUIDED, GUIDED_SEEDS)


def compared() -> list[Entrant]:
    """Those searchers, with what decides their runs."""
    return [Entrant(label, seeds, deciding(label), {**RULES, **guides(label)}) for label, seeds in entrants().items()]


def deciding(label: str) -> dict[str, str]:
    """Fingerprints of the modules whose code decides an entrant's choices."""
    return code(WAYS[GUIDED[label][0]][0] if label in GUIDED else label, MODULES)


def guides(label: str) -> dict[str, str]:
    """Of a guided entrant: a digest of the scores and the price that guide it, and the settings of its way."""
    if label not in GUIDED:
        return {}
    way, score = GUIDED[label]
    digest = hashlib.sha256(scores()[score].tobytes() + str(price(score)).encode()).hexdigest()[:16]
    return {f"guide {score}": digest, f"settings of {way}": json.dumps(WAYS[way])}
