"""What the runs of ``choice/operators`` come to: gains over as large a sample, and nested choice of what to run.

    luciole run choice/readings

The protocol stands in :mod:`luciole.experiments.choice.operators`, which was committed before any of its figures was
read. Accuracies are those of the original NAS-Bench-201; where it is not here, the committed readings stay.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results, tables
from luciole.attestation import Sample, Unavailable, columns
from luciole.costs.busy import estimated
from luciole.errors import LucioleError
from luciole.experiments.choice import bench, procedures
from luciole.experiments.choice.operators import CONTROL, NAME, PAIRS, SAMPLE, SEEDS, Values, mine
from luciole.experiments.supernet.protocol import TRUTHS
from luciole.spaces import nb201

GAINS, CHOICES = "choice/gains", "choice/operator_choices"
MODULES = (
    __name__,
    *(f"luciole.experiments.choice.{name}" for name in ("bench", "operators", "procedures")),
    "luciole.spaces.nb201",
)
PROCEDURES = {  # name -> the pairs among which it chooses
    "operator and guide": PAIRS,
    "operator, by SynFlow": tuple(pair for pair in PAIRS if pair[1] == "synflow"),
    "guide, of a random sample": tuple(pair for pair in PAIRS if pair[0] == SAMPLE),
    "parameters, of a random sample": (CONTROL,),
}


def summary(difference: Values) -> tuple[float, float, float]:
    """Mean of paired differences and the ends of its interval (95 %, normal).

    >>> [round(end, 2) for end in summary(np.array([0.0, 1.0, 2.0, 1.0]))]
    [1.0, 0.2, 1.8]
    """
    mean, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
    return mean, mean - 1.96 * error, mean + 1.96 * error


def against(runs: Mapping[str, NDArray], accuracy: Mapping[str, Values]) -> pd.DataFrame:
    """A row a search, a guide and a data set: accuracy (%) over as large a random sample, points with interval."""
    rows = []
    for at, (operator, name) in enumerate(PAIRS):
        if operator == SAMPLE:
            continue
        for dataset, values in accuracy.items():
            own, sampled = values[runs["best"][at]], values[runs["sampled"][at]]
            gain, low, high = summary(own - sampled)
            rows.append(
                {
                    "operator": operator,
                    "guide": name,
                    "dataset": dataset,
                    "accuracy": float(own.mean()),
                    "sample": float(sampled.mean()),
                    "gain": gain,
                    "low": low,
                    "high": high,
                    "scored": float(runs["scored"][at].mean()),
                }
            )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Half:
    """What a chooser may see, or what its choice is read on: accuracies of classes, and the cells of some runs."""

    accuracy: Mapping[str, Values]  # data set -> (6466,), not a number where a class was not trained
    cells: NDArray[np.int16]  # (pairs, seeds), -1 where a run met none

    def mean(self, pair: tuple[str, str], dataset: str) -> float:
        """Mean accuracy of the cells that a pair's runs end with."""
        chosen = self.cells[PAIRS.index(pair)]
        return float(np.nanmean(np.where(chosen < 0, np.nan, self.accuracy[dataset][chosen])))


def choose(candidates: tuple[tuple[str, str], ...], side: Half) -> tuple[str, str]:
    """The pair that is best on a side, by the data set that choices go by."""
    by = procedures.BY if procedures.BY in side.accuracy else next(iter(side.accuracy))
    return max(candidates, key=lambda pair: side.mean(pair, by))


def sides(runs: Mapping[str, NDArray]) -> Iterator[tuple[dict[str, Any], Half, Half]]:
    """Where a choice is made and where it is read: all splits, and from table to table."""
    early, late = slice(None, SEEDS // 2), slice(SEEDS // 2, None)
    images = bench.nasbench201().accuracy
    for split, own in enumerate(mine()):
        seen, unseen = ({name: np.where(part, one, np.nan) for name, one in images.items()} for part in (own, ~own))
        told = {"how": "halves", "split": split, "chosen on": "NAS-Bench-201", "read on": "NAS-Bench-201"}
        yield told, Half(seen, runs["mine"][:, early, split]), Half(unseen, runs["theirs"][:, late, split])
    tables = {"NAS-Bench-201": images}
    for dataset, truth in ((name.split("/")[1], truth) for name, truth in TRUTHS.items()):
        tables[f"HAR-201, {dataset}"] = {dataset: truth.accuracy()[nb201.classes()]}
    best = runs["best"]
    for one, other in [("NAS-Bench-201", name) for name in tables] + [(name, "NAS-Bench-201") for name in tables][1:]:
        told = {"how": "whole" if one == other else "across", "split": 0, "chosen on": one, "read on": other}
        yield told, Half(tables[one], best[:, early]), Half(tables[other], best[:, late])


def choices(runs: Mapping[str, NDArray]) -> pd.DataFrame:
    """A row a side, a procedure and a data set: the pair chosen, its accuracy there (%), its regret, and its gain.

    ``regret`` is to the best class of the side that is read, ``gain`` over the control; both in points.
    """
    rows = []
    for told, seen, read in sides(runs):
        for procedure, candidates in PROCEDURES.items():
            pair = choose(candidates, seen)
            for dataset, values in read.accuracy.items():
                accuracy = read.mean(pair, dataset)
                figures = {"accuracy": accuracy, "regret": float(np.nanmax(values)) - accuracy}
                figures["gain"] = accuracy - read.mean(CONTROL, dataset)
                named = {"procedure": procedure, "operator": pair[0], "guide": pair[1], "dataset": dataset}
                rows.append({**told, **named, **figures})
    return pd.DataFrame(rows)


def compute() -> dict[str, pd.DataFrame]:
    """Both readings, by the name of their result; Unavailable where the accuracies are not those of the original."""
    try:
        accuracy = bench.nasbench201().accuracy
    except LucioleError as reason:
        raise Unavailable(f"the accuracies of NAS-Bench-201 are not here: {reason}") from None
    runs = results.read(NAME).arrays
    return {GAINS: against(runs, accuracy), CHOICES: choices(runs)}


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Read all runs again, a second."""
    kept, now = result.frame, compute()[name]
    words = [column for column in now if now[column].dtype.kind not in "fc"]
    compared = columns(kept, now[words]) | columns(kept, now.drop(columns=words), absolute=1e-9, why="sums of floats")
    told = kept[["operator", "guide", "dataset"]].agg(", ".join, axis=1)
    return Sample(told.tolist(), len(kept), compared, MODULES)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Read the runs and write ``choice/gains`` and ``choice/operator_choices``."""
    start = time.process_time()
    found = compute()
    took = time.process_time() - start
    for name, frame in found.items():
        results.write(
            name,
            frame,
            modules=MODULES,
            function=compute,
            parameters={"runs": NAME},
            inputs={"NAS-Bench-201": tables.nb201().source, "runs": NAME},
            **estimated(took / len(found)),
        )
