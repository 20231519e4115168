"""The merit's exchange rate, chosen on one side and read on another.

    luciole run choice/rates

The merit's one constant k says how many times the cost one halving of the errors is worth. A higher rate crowns a
dearer and more accurate cell, so accuracy alone would always choose the highest. Committed before any of its figures
was read: a chooser looks at the crowns of all :data:`RATES` on its own side and names one rate; on another side the
crown of that rate is read: is it among the best tenth by accuracy, on each data set, and how many times the cheapest
cell of that tenth does it cost? Sides are halves of the classes of NAS-Bench-201 (the fifty splits of
:mod:`luciole.experiments.choice`), and tables: NAS-Bench-201, both data sets of HAR-201, and the cells of NAS-Bench-101
whose energy EC-NAS measured; costs are multiply-accumulates everywhere.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results, tables
from luciole.attestation import Column, Sample, Unavailable, columns, draw
from luciole.costs.busy import estimated
from luciole.efficiency import crowned_by_exponent
from luciole.errors import LucioleError
from luciole.experiments.choice import bench
from luciole.experiments.efficiency.tables import CHANCE, ecnas_sets
from luciole.experiments.supernet.protocol import TRUTHS
from luciole.networks import counts
from luciole.networks.skeleton import NB201_C10
from luciole.spaces import nb201

NAME = "choice/rates"
RATES = tuple(float(rate) for rate in np.geomspace(2, 60, 35).round(2))
SHARE = 0.1  # a crown is to be among so large a share of the cells, by accuracy
BY = "c100"  # the data set by which a rate is chosen where a side has several
MODULES = (
    *(__name__, "luciole.experiments.choice.bench", "luciole.networks.counts", "luciole.spaces.nb201"),
    *(f"luciole.efficiency.{room}" for room in ("league", "merit")),
)
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Priced:
    """Cells with their accuracies (fractions) and one cost: what a chooser may see, or what its choice is read on."""

    accuracy: Mapping[str, Values]  # data set -> (n,)
    cost: Values  # (n,)
    floor: Mapping[str, float]  # accuracy of guessing

    def part(self, rows: NDArray[np.int64]) -> "Priced":
        """The side of some of the cells; copies, so that nothing of the others can be reached through it."""
        return Priced({name: one[rows].copy() for name, one in self.accuracy.items()}, self.cost[rows], self.floor)

    def crowns(self, dataset: str, rates: tuple[float, ...] = RATES) -> tuple[Values, Values]:
        """For each rate: the share of cells as accurate as the crown or more, and its cost over the cheapest's.

        The cheapest is that of the best :data:`SHARE`.
        """
        accuracy = self.accuracy[dataset]
        best = np.array(crowned_by_exponent(accuracy, self.cost, rates, floor=self.floor[dataset]))
        rank = len(accuracy) - np.searchsorted(np.sort(accuracy), accuracy, side="right") + 1
        cheapest = self.cost[rank <= SHARE * len(accuracy)].min()
        return rank[best] / len(accuracy), self.cost[best] / cheapest


def accurate(side: Priced) -> NDArray[np.bool_]:
    """Which rates crown one of the most accurate tenth of a side, by the data set that choices go by."""
    return side.crowns(BY if BY in side.accuracy else next(iter(side.accuracy)))[0] <= SHARE


def least(side: Priced) -> float:
    """The least rate from which on all crowns are accurate; the highest where none is."""
    wrong = np.flatnonzero(~accurate(side))
    return RATES[min(wrong[-1] + 1, len(RATES) - 1)] if len(wrong) else RATES[0]


def middle(side: Priced) -> float:
    """The rate halfway, by ratio, between the least and the highest."""
    return float(np.sqrt(least(side) * RATES[-1]))


PROCEDURES: dict[str, Callable[[Priced], float]] = {
    "least rate": least,
    "middle rate": middle,
    "ten, chosen by nobody": lambda side: 10.0,
    "two, chosen by nobody": lambda side: 2.0,
    "sixty, chosen by nobody": lambda side: 60.0,
}


@cache
def side(table: str) -> Priced:
    """The side of a table by its name; LucioleError where it is not here."""
    classes = nb201.classes()
    if table == "NAS-Bench-201":
        if "c10_test200" not in tables.nb201():
            raise LucioleError(f"rates are chosen on the original NAS-Bench-201, here is {tables.nb201().source}")
        whole = {name: values / 100 for name, values in bench.nasbench201().accuracy.items()}
        return Priced(whole, counts.macs(nb201.all_cells()[classes], NB201_C10, 32).astype(float), CHANCE)
    if table == "NAS-Bench-101":
        judged = next(one for one in ecnas_sets() if one.cost == "macs")
        return Priced({table: judged.accuracy}, judged.values, {table: judged.floor})
    dataset = table.split(", ")[1]
    truth = TRUTHS[f"har201/{dataset}"]
    accuracy, macs = truth.accuracy()[classes] / 100, tables.har201()[f"{dataset}_macs"][classes].astype(float)
    kept = np.flatnonzero(np.isfinite(accuracy))
    return Priced({table: accuracy[kept]}, macs[kept], {table: 1 / truth.skeleton.classes})


TABLES = ("NAS-Bench-201", "NAS-Bench-101", *(f"HAR-201, {name.split('/')[1]}" for name in TRUTHS))


def read(rate: float, other: Priced) -> Iterator[dict[str, object]]:
    """A row a data set: the rank (share) and the cost of the crown of a rate, and whether it is accurate."""
    for dataset in other.accuracy:
        rank, cost = (float(one[0]) for one in other.crowns(dataset, (rate,)))
        yield {"dataset": dataset, "rank": rank, "cost": cost, "accurate": rank <= SHARE}


def split(number: int) -> pd.DataFrame:
    """All procedures on one pair of halves: rows of figures."""
    whole = side(TABLES[0])
    mine, theirs = list(bench.halves(len(whole.cost), number + 1))[number]
    return _rows({"how": "halves", "split": number}, TABLES[0], whole.part(mine), TABLES[0], whole.part(theirs))


def across(chosen: str, read_on: str) -> pd.DataFrame:
    """All procedures, chosen on one table and read on another (the same one: in the whole)."""
    how = "whole" if chosen == read_on else "across"
    return _rows({"how": how, "split": 0}, chosen, side(chosen), read_on, side(read_on))


def _rows(told: Mapping[str, object], chosen: str, one: Priced, read_on: str, other: Priced) -> pd.DataFrame:
    named = {**told, "chosen on": chosen, "read on": read_on}
    rows = []
    for procedure, chooser in PROCEDURES.items():
        rate = chooser(one)
        rows += [{**named, "procedure": procedure, "rate": rate, **figures} for figures in read(rate, other)]
    return pd.DataFrame(rows)


def pairs() -> list[tuple[str, str]]:
    """Where a rate is chosen and where it is read, halves apart: every table for every table."""
    return [(one, other) for one in TABLES for other in TABLES]


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Choose again in ``units`` of the halves and pairs of tables; None: six."""
    everything: list[int | tuple[str, str]] = [*range(bench.SPLITS), *pairs()]
    drawn = [everything[at] for at in draw(rng, len(everything), units, 6)]
    kept, compared = result.frame, dict[str, Column]()
    for one in drawn:
        try:
            again = split(one) if isinstance(one, int) else across(*one)
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        same = kept["how"] == again["how"].iloc[0]
        for column in ("split", "chosen on", "read on"):
            same &= kept[column] == again[column].iloc[0]
        told = columns(kept[same], again[["rate", "rank", "cost"]], relative=1e-9)
        compared |= {f"{one}: {figure}": column for figure, column in told.items()}
    return Sample([str(one) for one in drawn], len(everything), compared, MODULES, {"accurate": "follows"})


def compute() -> pd.DataFrame:
    """All procedures everywhere: rows of figures."""
    frames = [across(*pair) for pair in pairs()] + [split(number) for number in range(bench.SPLITS)]
    return pd.concat(frames, ignore_index=True)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Choose and read everywhere, a minute, and write ``choice/rates``."""
    start = time.process_time()
    frame = compute()
    took = time.process_time() - start
    results.write(
        NAME,
        frame,
        modules=MODULES,
        function=compute,
        parameters={"rates": RATES, "share": SHARE, "by": BY, "splits": bench.SPLITS, "seed": bench.SEED},
        inputs=dict.fromkeys(TABLES, "see luciole.tables"),
        **estimated(took),
    )
