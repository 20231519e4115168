"""Every searcher on HAR-201, short enough to run live in a chapter.

A search asks for the validation accuracy of a cell and pays the seconds that its training took; a cell asked for twice
is paid once. It returns the cell of the highest validation accuracy among those it asked for, judged by its test
accuracy. All get the same budget, seconds worth so many median trainings, so that Hyperband's half trainings and the
cost of a cell count. Searchers that want more get what the table has: multiply-accumulates to be kept low, or to
guide (a count costs nothing), and the accuracy after the half of the epochs, at half the price, to screen with.
"""

import warnings
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.report.har201 import complete, final
from luciole.search import NEEDS, SEARCHERS, Budget, Guide, History, Objective
from luciole.spaces import Rows, nb201
from luciole.tables.table import Table

EARLY = 2  # the epoch at which the table's trainings were first evaluated, of four


class Contest:
    """One data set of HAR-201 as something to search; gaps of the table are predicted (:func:`complete`)."""

    def __init__(self, table: Table, dataset: str) -> None:
        self.valid = complete(final(table, dataset, "valid_acc"))
        self.early = complete(table[f"{dataset}_valid_acc_ep{EARLY}"]).values
        self.test = complete(final(table, dataset)).values
        seconds = table[f"{dataset}_seconds"].astype(np.float64)
        self.seconds = np.where(np.isfinite(seconds), seconds, np.nanmedian(seconds))
        self.macs = table[f"{dataset}_macs"].astype(np.float64)

    def objective(self, values: NDArray, share: float = 1.0) -> Objective:
        """Values to be maximised, at a share of the price of a training, isomorphic cells paid once."""
        return Objective(
            lambda rows: values[nb201.index(rows)],
            seconds=lambda rows: share * self.seconds[nb201.index(rows)],
            key=nb201.canonical,
        )

    def play(self, searcher: str, queries: int, seed: int) -> History:
        """Run a searcher once with a budget worth so many median trainings."""

        def macs(rows: Rows) -> NDArray[np.float64]:
            return self.macs[nb201.index(rows)]

        extra: dict[str, Callable[[], dict[str, Any]]] = {
            "cheaper": lambda: {"cheaper": [self.objective(self.early, 0.5)], "eta": 2},
            "costs": lambda: {"costs": lambda rows: np.log10(macs(rows))},
            "guide": lambda: {"guide": Guide(macs)},
        }
        settings = extra[NEEDS[searcher]]() if searcher in NEEDS else {}
        budget = Budget(seconds=queries * float(np.median(self.seconds)))
        rng = np.random.default_rng([seed, zlib.crc32(searcher.encode())])
        with warnings.catch_warnings():  # Optuna imports a progress bar for notebooks, and is told it cannot be drawn
            warnings.filterwarnings("ignore", message="IProgress not found")
            return SEARCHERS[searcher](nb201, self.objective(self.valid.values), budget, rng, **settings)

    def found(self, history: History) -> int:
        """The cell (official index) of the highest validation accuracy among those that a search asked for."""
        asked = nb201.index(history.genotypes)
        return int(asked[self.valid.values[asked].argmax()])

    def standing(self, searchers: Sequence[str], queries: int, runs: int) -> pd.DataFrame:
        """Run each searcher with seeds 0..runs-1: a row a searcher, in falling order of mean test accuracy.

        Columns: ``test`` (mean, %), ``error`` (its standard error), ``regret`` (points below the best cell's test
        accuracy), ``asked`` (mean number of trainings asked for).
        """
        best, rows = float(self.test.max()), []
        for searcher in searchers:
            histories = [self.play(searcher, queries, seed) for seed in range(runs)]
            found = self.test[[self.found(history) for history in histories]]
            asked = float(np.mean([len(history) for history in histories]))
            error = float(found.std(ddof=1) / np.sqrt(runs)) if runs > 1 else np.nan
            rows.append((searcher, found.mean(), error, best - found.mean(), asked))
        frame = pd.DataFrame(rows, columns=["searcher", "test", "error", "regret", "asked"]).set_index("searcher")
        return frame.sort_values("test", ascending=False)
