"""What chapter 5 runs on the table at hand: luciole beside RB-IFA, fronts under limits, lookups of NAS-Bench-101."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, published, tables
from luciole.errors import LucioleError
from luciole.experiments.firefly import fronts
from luciole.experiments.firefly import luciole_nb201 as study
from luciole.networks import NB201_C10, counts
from luciole.report.better_firefly import DATASETS, LIMIT, Kept
from luciole.report.scores import word
from luciole.search import Budget, History, Objective, evolution, luciole, rank_firefly
from luciole.spaces import Rows, nb101, nb201
from luciole.tables.table import Table

CHANCE = {"c10": 0.1, "c100": 0.01, "in16": 1 / 120}
DEVICES = {"edgegpu": "edge GPU, energy", "eyeriss": "Eyeriss, energy", "fpga": "FPGA, energy"}
ENOUGH = 94.0  # the accuracy that was asked for below the limit on MACs
TIGHT = 1.0  # percent of the front's share that may be lost
TOP, FRONTS = "chosen for the top", "chosen for fronts"


def macs() -> NDArray[np.float64]:
    """Multiply-accumulates of each cell itself, (15625,)."""
    return counts.macs(nb201.all_cells(), NB201_C10, 32).astype(float)


def _runs(
    search: Any, space: Any, value: Callable[[Rows], Any], evaluations: int, runs: int, seed: int, **settings: Any
) -> list[History]:
    """Several runs of a search; a class of equal cells is paid once."""
    return [
        search(
            space,
            Objective(value, key=space.canonical),
            Budget(evaluations=evaluations),
            np.random.default_rng(seed + run),
            **settings,
        )
        for run in range(runs)
    ]


def beside_rank_based(kept: Kept, table: Table, scored: int, runs: int, seed: int) -> pd.DataFrame:
    """Luciole and RB-IFA, with MACs as its cost at three weights, on the committed scores: a row a way."""
    accuracy, cost = table.role("test").astype(float), macs()

    def look_up(values: NDArray[np.float64]) -> Callable[[Rows], NDArray[np.float64]]:
        return lambda rows: values[nb201.index(rows)]

    first, *others = [look_up(kept.columns[name]) for name in kept.chosen]
    ways: dict[str, tuple[Any, dict[str, Any]]] = {"luciole": (luciole.search, {"criteria": others})}
    for weight in (0.25, 0.5, 0.75):
        settings = {"performance": others, "cost": [look_up(cost)], "weight": weight}
        ways[f"RB-IFA, weight {weight}"] = (rank_firefly.search, settings)
    rows = {}
    for name, (search, settings) in ways.items():
        ends = [run.best for run in _runs(search, nb201, first, scored, runs, seed, **settings)]
        best = nb201.index(np.array(ends))
        rows[name] = {
            "test accuracy (%)": accuracy[best].mean(),
            "deviation over runs": accuracy[best].std(),
            "MACs (millions)": cost[best].mean() / 1e6,
        }
    return pd.DataFrame(rows).T


def light(table: Table) -> dict[str, str]:
    """How many cells of the table lie below the limit on MACs, how many of them are good enough, and the best."""
    reached = table.role("test").astype(float)[macs() <= LIMIT * 1e6]
    return {
        "light_limit": f"{LIMIT}",
        "light_cells": f"{len(reached):,}",
        "light_enough": f"{int((reached >= ENOUGH).sum())}",
        "light_highest": f"{reached.max():.2f}",
    }


@dataclass
class Fronts:
    """Fronts of the table at hand that luciole finds under limits on a cost, with two sets of scores."""

    kept: Kept
    table: Table
    scored: int
    runs: int
    seed: int

    @cached_property
    def accuracies(self) -> dict[str, NDArray[np.float64]]:
        """Test accuracies by data set: the original's three, or that of the table's role."""
        if "c100_test200" not in self.table:
            return {"c10": self.table.role("test").astype(float)}
        return {name: self.table[f"{name}_test200"].astype(float) for name in CHANCE}

    @cached_property
    def costs(self) -> dict[str, NDArray[np.float64]]:
        """Costs by name: MACs, and the energy on three devices where HW-NAS-Bench is here."""
        found = {"MACs": macs()}
        try:
            hardware = tables.nb201_hw()
        except LucioleError:
            return found
        return found | {title: hardware[f"c10_{name}_energy_mj"].astype(float) for name, title in DEVICES.items()}

    @cached_property
    def ranked(self) -> list[tuple[float, tuple[str, ...]]]:
        """Sets of scores by what they lose of the front that the rule looks at, the least first."""
        by = "c100" if "c100" in self.accuracies else "c10"
        scores = study.kept_scores(self.kept.result)
        return fronts.choose(scores, self.accuracies[by], self.costs["MACs"], chance=CHANCE[by])

    @cached_property
    def found(self) -> dict[tuple[str, str], list[Any]]:
        """Runs by cost and set of scores."""
        scores = study.kept_scores(self.kept.result)
        guides = {TOP: tuple(self.kept.chosen), FRONTS: self.ranked[0][1]}
        return {
            (cost, guide): [
                fronts.find(names, scores, values, self.scored, self.seed + run) for run in range(self.runs)
            ]
            for cost, values in self.costs.items()
            for guide, names in guides.items()
        }

    @cached_property
    def losses(self) -> dict[tuple[str, str], dict[str, NDArray[np.float64]]]:
        """Percent of the true front's share lost, by cost and set of scores, then data set, a number a run."""
        return {
            key: {
                name: np.array([fronts.lost(column, self.costs[key[0]], one.cells, CHANCE[name]) for one in runs])
                for name, column in self.accuracies.items()
            }
            for key, runs in self.found.items()
        }

    def table_of_losses(self) -> pd.DataFrame:
        """:attr:`losses` in words."""
        rows = {
            f"{cost}; scores {guide}": {
                f"{DATASETS[name]} (%)": f"{values.mean():.2f} ± {values.std():.2f}" for name, values in row.items()
            }
            for (cost, guide), row in self.losses.items()
        }
        return pd.DataFrame(rows).T

    def sets(self, shown: int = 5) -> pd.DataFrame:
        """The sets of scores that lose least."""
        rows = {" + ".join(map(word, names)): loss for loss, names in self.ranked[:shown]}
        return pd.DataFrame({"lost (%)": rows})

    def numbers(self) -> dict[str, str]:
        """Numbers of the sentences about fronts, as text by name."""
        lost = {key: row["c10"].mean() for key, row in self.losses.items()}
        energy = {cost.split(",")[0]: lost[cost, FRONTS] for cost in self.costs if cost != "MACs"}
        counted = [one.scored for runs in self.found.values() for one in runs]
        return {
            "for_fronts": ", ".join(map(word, self.ranked[0][1])),
            "hv_top": f"{lost['MACs', TOP]:.2f}",
            "hv_fronts": f"{lost['MACs', FRONTS]:.2f}",
            "hv_top_verdict": "met" if lost["MACs", TOP] <= TIGHT else "missed",
            "hv_fronts_verdict": "met" if lost["MACs", FRONTS] <= TIGHT else "missed",
            "energy_lost": "; ".join(f"{device} {loss:.2f} %" for device, loss in energy.items()) or "not computed",
            "energy_met": ", ".join(device for device, loss in energy.items() if loss <= TIGHT) or "none of them",
            "limits": f"{fronts.LIMITS}",
            "front_scored": f"{self.scored}",
            "front_classes": f"{min(counted):,} to {max(counted):,}",
            "front_runs": f"{self.runs}",
        }


def graphs(trainings: int, runs: int, seed: int) -> tuple[pd.DataFrame | None, dict[str, str]]:
    """Luciole and evolution with accuracies of NAS-Bench-101 looked up; no table where they are not at hand."""
    bar = published.figure("mokhtari2022ifa/ifa_nb101")
    if not files.data_folder():
        lacking = (
            "Accuracies of NAS-Bench-101 were not at hand where this page was made: this search was not run for it."
        )
        return None, {"graph_told": lacking}
    table = tables.nb101()

    def test_accuracy(rows: Rows) -> NDArray[np.float64]:
        return 100 * table.at(rows, "test_acc108").astype(float)

    searches = {"luciole": luciole.search, "regularised evolution": evolution.search}
    ends = {
        name: [run.best_value for run in _runs(search, nb101, test_accuracy, trainings, runs, seed)]
        for name, search in searches.items()
    }
    told = pd.DataFrame(
        {"accuracy (%)": {name: np.mean(each) for name, each in ends.items()}}
        | ({"deviation over runs": {name: np.std(each, ddof=1) for name, each in ends.items()}} if runs > 1 else {})
    )
    mine, evolved = told["accuracy (%)"]
    judged = "met" if mine >= bar else "missed"
    return told, {
        "graph_told": f"With {trainings} trainings luciole returns {mine:.2f} %, regularised evolution "
        f"{evolved:.2f} %; the bar is {judged}.",
    }
