"""Searchers of NAS-Bench-201 ranked seed by seed: mean ranks, Friedman's test, the difference that Nemenyi's needs.

    luciole run choice/ranks

A block is a seed. The cell that a searcher ends with after 12,000 simulated seconds (``nb201/search_runs``) is read on
three data sets, and the searcher's place in the block is the mean of its three ranks: one run is one observation,
however many test sets read it. All seeds that every searcher has are blocks. Fourteen searchers, one or two of each
family, were named before any rank was taken. (A first version counted each data set as a block, sixty for twenty
seeds, which made the difference too small; blocks and the number of seeds were set anew after its ranks had been read.)
"""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from luciole import results, tables
from luciole.attestation import Sample, Unavailable, columns
from luciole.experiments.har201.table import WATTS

NAME = "choice/ranks"
MODULES = (__name__,)
DATASETS = ("c10", "c100", "in16")
SEEDS = 200  # the first of each searcher; some have no more
SHOWN = (
    *("random", "regularised evolution", "genetic algorithm", "local search", "REINFORCE", "BOHB", "BANANAS"),
    *("Optuna TPE", "LaNAS", "firefly", "improved firefly", "luciole"),
    *("guided evolution, synflow", "guided evolution, params"),
)


def placed(readings: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean rank of each searcher in each block over readings of the same runs, the highest the best.

    >>> placed([pd.DataFrame({"a": [3.0], "b": [2.0]}), pd.DataFrame({"a": [1.0], "b": [1.0]})])
          a     b
    0  1.75  1.25
    """
    mean: pd.DataFrame = sum((one.rank(axis=1) for one in readings[1:]), readings[0].rank(axis=1)) / len(readings)
    return mean


def ranked(scores: pd.DataFrame) -> pd.DataFrame:
    """A row a searcher (columns of ``scores``, blocks its rows), the best first: mean rank; the same two tests in each.

    >>> ranked(pd.DataFrame({"a": [3.0, 3.0, 2.9], "b": [2.0, 2.0, 2.0], "c": [1.0, 1.0, 1.0]}))["rank"].tolist()
    [1.0, 2.0, 3.0]
    """
    count, blocks = scores.shape[1], len(scores)
    mean = scores.rank(axis=1, ascending=False).mean()
    critical = (
        stats.studentized_range.ppf(0.95, count, np.inf) / np.sqrt(2) * np.sqrt(count * (count + 1) / (6 * blocks))
    )
    p = stats.friedmanchisquare(*scores.T.to_numpy()).pvalue
    told = pd.DataFrame({"searcher": mean.index, "rank": mean.to_numpy(), "critical": critical, "friedman p": p})
    return told.sort_values("rank", kind="stable", ignore_index=True)


def compute() -> pd.DataFrame:
    """Rank them; Unavailable where the accuracies are not those of the original table."""
    table = tables.nb201()
    if "c10_test200" not in table:
        raise Unavailable(f"the runs were on the original NAS-Bench-201, here is {table.source}")
    held = results.read("nb201/search_runs").arrays
    readings: list[dict[str, np.ndarray]] = [{} for _ in DATASETS]
    for searcher in SHOWN:
        rows = np.flatnonzero((held["searcher"] == searcher) & (held["seed"] < SEEDS))
        ended = held["choices"][rows[np.argsort(held["seed"][rows])], -1]
        for reading, name in zip(readings, DATASETS, strict=True):
            reading[searcher] = table[f"{name}_test200"][ended].astype(float)
    return ranked(placed([pd.DataFrame(reading) for reading in readings]))


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Rank all of them again."""
    kept = result.frame
    return Sample(kept["searcher"].tolist(), len(kept), columns(kept, compute(), relative=1e-9), MODULES)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Rank them, in a second, and write ``choice/ranks``."""
    began = time.process_time()
    frame = compute()
    spent = time.process_time() - began
    results.write(
        NAME,
        frame,
        function=compute,
        parameters={"seeds": SEEDS, "data sets": list(DATASETS)},
        modules=MODULES,
        inputs={"NAS-Bench-201": tables.nb201().sha256 or tables.nb201().source, "runs": "nb201/search_runs"},
        seconds=spent,
        joules=spent * WATTS,
        energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
    )
