"""HAR-201, second version, as columns and as a query: every class in several runs, groups of people crossed with seeds.

    table = tables.har201(version=2)
    table.query(cell, epochs=8, seed=0, dataset="hapt")            # mean over the groups of people, and its price
    table.query(cell, epochs=8, seed=0, dataset="hapt", group=3)   # one training

A run is a (group, seed): all classes trained with seeds of their own and tested on the people of the group. Columns,
for each data set, NaN where a class is not trained:

====================================  =====================================================================
``{set}_valid_acc_ep{epoch}``         validation accuracy (%) after so many epochs, mean over runs
``{set}_valid_f1_ep{epoch}``          validation macro-F1 (%), mean over runs
``{set}_test_acc_ep{epoch}``          test accuracy (%), mean over runs; ``{set}_test_f1_ep{epoch}``: macro-F1
``{set}_..._ep{epoch}_g{g}_s{seed}``  the same of one run
``{set}_runs``                        over how many runs the means are
``{set}_seconds``                     processor seconds of these runs together
``{set}_params``, ``{set}_macs``      trainable parameters and multiply-accumulates a window, of this very cell
====================================  =====================================================================

Means are of runs that are complete, so that no class is better for the people it met: those of seed 0 as they come,
those of a further seed (which only the best classes have) once all groups are there. :meth:`Har201.query` reads every
training there is.

How it was made: :mod:`luciole.experiments.har201.v2`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables.har201_table import MISSING, opened
from luciole.tables.table import Column, Role, Table

NAME = "har201/v2"
METRICS = ("valid_acc", "valid_f1", "test_acc", "test_f1")
_COUNTS = ("params", "macs")


@dataclass(frozen=True)
class Answer:
    """What a query gives: per cent, mean over ``runs`` trainings, and what they would have cost."""

    valid_acc: float
    valid_f1: float
    test_acc: float
    test_f1: float
    seconds: float  # of one processor core
    runs: int


class Har201(Table):
    """The table, with its runs; :attr:`arrays` are those of the result, by class."""

    def __init__(self, arrays: Mapping[str, NDArray], *, source: str, sha256: str | None = None) -> None:
        self.arrays = dict(arrays)
        self.datasets = tuple(name.removesuffix("_runs") for name in arrays if name.endswith("_runs"))
        columns: dict[str, Column] = {}
        for dataset in self.datasets:
            columns |= self._of(dataset)
        roles = {}
        if "wisdm_runs" in columns:
            last = int(arrays["wisdm_epochs"][-1])
            said = f"after {last} epochs (%), mean over runs"
            roles = {
                "valid": Role(f"wisdm_valid_acc_ep{last}", f"WISDM-watch validation accuracy {said}"),
                "test": Role(f"wisdm_test_acc_ep{last}", f"WISDM-watch test accuracy {said}"),
                "cost_seconds": Role("wisdm_seconds", "processor seconds of all these runs"),
            }
        super().__init__("har201 v2", columns, source=source, index=nb201.index, roles=roles, sha256=sha256)

    def runs(self, dataset: str) -> list[tuple[int, int]]:
        """The runs there are on a data set, in order: (group of people, seed); the last may be a part."""
        self._known(dataset)
        return [(int(group), int(seed)) for group, seed in self.arrays[f"{dataset}_runs"]]

    def epochs(self, dataset: str) -> list[int]:
        """After how many epochs networks were evaluated on a data set."""
        self._known(dataset)
        return [int(epoch) for epoch in self.arrays[f"{dataset}_epochs"]]

    def complete(self, dataset: str) -> list[int]:
        """Places, among :meth:`runs`, of those that the means are over."""
        runs = self.runs(dataset)
        whole = [at for at, (_, seed) in enumerate(runs) if self._whole(dataset, at, seed)]
        groups = {seed: {runs[at][0] for at in whole if runs[at][1] == seed} for _, seed in runs}
        return [at for at in whole if runs[at][1] == 0 or groups[runs[at][1]] == groups[0]]

    def query(
        self, cell: object, epochs: int, seed: int = 0, dataset: str = "wisdm", group: int | None = None
    ) -> Answer:
        """What training a cell for so many epochs of a run gave, and the seconds it would have taken.

        ``cell`` is an official index or a genotype of six integers; ``epochs`` those after which it was evaluated, of a
        training as long as all, whose price is that share of the whole. ``group`` says which people are tested; None
        is the mean over those groups in which the cell was trained with this seed, for the price of all of them.

        Raises LucioleError for what was not trained or not evaluated.
        """
        runs, at = self.runs(dataset), self._class(cell)
        if epochs not in self.epochs(dataset):
            held = ", ".join(map(str, self.epochs(dataset)))
            raise LucioleError(f"HAR-201 v2 was evaluated on {dataset} after {held} epochs, not after {epochs}")
        trained = self._trained(dataset)[:, at]
        asked = [one for one, (g, s) in enumerate(runs) if trained[one] and s == seed and group in (None, g)]
        if not asked:
            there = ", ".join(f"seed {s} in group {g}" for one, (g, s) in enumerate(runs) if trained[one]) or "no run"
            wanted = f"seed {seed}" + ("" if group is None else f" in group {group}")
            raise LucioleError(f"cell {cell} was not trained on {dataset} with {wanted}; HAR-201 v2 has {there}")
        place = self.epochs(dataset).index(epochs)
        shares = {
            metric: float(self.arrays[f"{dataset}_{metric}"][asked, place, at].mean() / 100) for metric in METRICS
        }
        whole = float(self.arrays[f"{dataset}_milliseconds"][asked, at].sum() / 1e3)
        return Answer(**shares, seconds=whole * epochs / self.epochs(dataset)[-1], runs=len(asked))

    def _known(self, dataset: str) -> None:
        if dataset not in self.datasets:
            raise LucioleError(f"HAR-201 v2 has no data set {dataset!r}; it has {', '.join(self.datasets)}")

    def _trained(self, dataset: str) -> NDArray[np.bool_]:
        """Which classes each run has trained: (runs, classes)."""
        trained: NDArray[np.bool_] = self.arrays[f"{dataset}_valid_acc"][:, -1] != MISSING
        return trained

    def _whole(self, dataset: str, at: int, seed: int) -> bool:
        """Whether a run has all the classes of its seed: all there are, or those of the seed's fullest run."""
        count = self._trained(dataset).sum(axis=1)
        same = [other for other, (_, s) in enumerate(self.runs(dataset)) if s == seed]
        return bool(count[at] == (len(self.arrays["classes"]) if seed == 0 else max(count[other] for other in same)))

    def _class(self, cell: object) -> int:
        """The row of a cell's class."""
        number = int(cell) if isinstance(cell, int | np.integer) else int(nb201.index(cell))
        if not 0 <= number < nb201.SIZE:
            raise LucioleError(f"expected a cell from 0 to {nb201.SIZE - 1}, got {number}")
        return int(self.arrays["position"][number])

    def _of(self, dataset: str) -> dict[str, Column]:
        columns: dict[str, Column] = {f"{dataset}_{count}": self.arrays[f"{dataset}_{count}"] for count in _COUNTS}
        whole, position = self.complete(dataset), self.arrays["position"]
        trained = self._trained(dataset)
        for metric in METRICS:
            values = self.arrays[f"{dataset}_{metric}"]
            for place, epoch in enumerate(self.epochs(dataset)):
                title = f"{dataset}_{metric}_ep{epoch}"
                if whole:
                    columns[title] = _mean(values[whole, place], trained[whole], position)
                for at, (group, seed) in enumerate(self.runs(dataset)):
                    columns[f"{title}_g{group}_s{seed}"] = _mean(values[[at], place], trained[[at]], position)
        if whole:
            columns[f"{dataset}_runs"] = trained[whole].sum(axis=0)[position]
            times = self.arrays[f"{dataset}_milliseconds"][whole].astype(np.float64) / 1e3
            columns[f"{dataset}_seconds"] = np.where(trained[whole], times, 0).sum(axis=0)[position]
        return columns


def _mean(values: NDArray, trained: NDArray, position: NDArray) -> Callable[[], NDArray[np.float32]]:
    """Each cell's mean of its class over the runs that trained it, from hundredths of a percent: NaN for none."""

    def column() -> NDArray[np.float32]:
        runs = trained.sum(axis=0)
        total = np.where(trained, values, 0).sum(axis=0, dtype=np.float64)
        mean = np.where(runs > 0, total / np.maximum(runs, 1) / 100, np.nan)
        return mean.astype(np.float32)[position]

    return column


def har201_v2() -> Har201:
    """Open HAR-201's second version; ``table.source`` says how much of it is trained.

    Raises LucioleError when the result is not there or is not what its provenance describes.
    """
    arrays, provenance = opened(NAME)
    held = Har201(arrays, source="")
    said = []
    for dataset in held.datasets:
        runs, trainings = len(held.complete(dataset)), int((arrays[f"{dataset}_valid_acc"][:, -1] != MISSING).sum())
        said.append(f"{dataset} {trainings:,} trainings, {runs} runs complete")
    return Har201(arrays, source="trained by this project: " + "; ".join(said), sha256=provenance["sha256"])


def everybody_tested(provenance: Mapping[str, Any]) -> bool:
    """Whether all classes were trained in all groups of people, by the record of the result."""
    said = provenance["parameters"]
    first = [one["trainings"] for one in said["plans"].values() if one["plan"]["seed"] == 0]
    return len(first) == said["groups"] * len(provenance["inputs"]) and min(first) == len(nb201.classes())
