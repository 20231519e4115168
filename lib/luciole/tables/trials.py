"""What a NAS-Bench-201 table knows of one training, in the shape in which ``nas_201_api`` and ``nats_bench`` give it.

A table holds the last epoch, averaged over trainings: each appears as one trial of seed ``MEAN``. What the table lacks
is never invented. An accuracy or a loss is then None, as the packages have it for what was not measured, with one
warning; a cost, which somebody would add to a clock, is refused by its name.
"""

import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError, extra
from luciole.spaces import nb201
from luciole.tables.official import EPOCHS, PREFIXES, QUANTITIES, SPLITS, column
from luciole.tables.table import Table

with extra("nas201-api"):
    from nas_201_api import ArchResults, ResultsCount

MEAN = -1  # the seed under which the average over seeds appears
CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
_SAME = {"c10v_train12_seconds": "c10_cost12_s"}  # the official file's name of a column -> the prepared table's
_ANSWERS = {  # dataset -> how an answer calls each set
    "cifar10-valid": {"train": "train", "x-valid": "valid", "ori-test": "test"},
    "cifar10": {"train": "train", "ori-test": "test"},
    **{
        dataset: {"train": "train", "x-valid": "valid", "x-test": "test", "ori-test": "valtest"}
        for dataset in ("cifar100", "ImageNet16-120")
    },
}


class Answer(dict):
    """A dictionary whose missing keys say why they are missing; those in ``blank`` are None, with a warning."""

    def __init__(self, values: Mapping, what: str, blank: Collection[str] = ()) -> None:
        super().__init__(values)
        self.what = what
        self.blank = blank

    def __missing__(self, key: object) -> Any:
        if key in self.blank:
            warn(f"{key!r} of {self.what}")
            return None
        held = ", ".join(map(str, self)) or "nothing"
        raise LucioleError(f"the table does not hold {key!r} of {self.what}; it holds {held}")

    def __reduce__(self) -> tuple:
        return Answer, (dict(self), self.what, tuple(self.blank))


def warn(what: str) -> None:
    """Warn that an answer is None; Python shows it once for each line of the caller's."""
    warnings.warn(f"the table does not hold {what}; the answer is None", stacklevel=3)


class Trial(ResultsCount):
    """One training of one cell, as far as a table tells."""

    def __init__(
        self, dataset: str, what: str, config: dict, costs: dict[str, Any], epochs: int, values: dict[str, dict]
    ) -> None:
        super().__init__(what, None, None, None, costs["params"], costs["flops"], config, MEAN, epochs, None)
        self.latency = None if costs["latency"] is None else [costs["latency"]]
        self.values = values  # split -> quantity -> value
        self.eval_names = [split for split in values if split != "train"]
        self.known = SPLITS[dataset]

    def _metrics(self, split: str, iepoch: int | None) -> dict[str, Any]:
        held = self.values.get(split, {})
        return {
            "iepoch": last(iepoch, self.epochs, self.name),
            "loss": held.get("loss"),
            "accuracy": held.get("accuracy"),
            "cur_time": None,
            "all_time": held.get("all_time"),
        }

    def get_train(self, iepoch: int | None = None) -> dict[str, Any]:
        """What the training images gave: iepoch, loss, accuracy (%), seconds; None for what the table lacks."""
        return self._metrics("train", iepoch)

    def get_eval(self, name: str, iepoch: int | None = None) -> dict[str, Any]:
        """What the set ``name`` gave, likewise; LucioleError for a set that the data set does not have."""
        split = "x-valid" if name == "valid" else name
        if split not in self.known:
            held = ", ".join(self.eval_names) or "none"
            raise LucioleError(f"the table does not hold the set {name!r} of {self.name}; it holds {held}")
        if split not in self.eval_names:
            warn(f"the set {name!r} of {self.name}")
        return self._metrics(split, iepoch)

    def get_times(self) -> dict[str, Any]:
        """Seconds of an epoch and of all, for each set."""
        times = {}
        for split in ("train", *self.eval_names):
            total = self.values.get(split, {}).get("all_time")
            times[f"T-{split}@epoch"] = None if total is None else total / self.epochs
            times[f"T-{split}@total"] = total
        return times

    def get_net_param(self, clone: bool = False) -> Any:
        """Refused: a table has no weights."""
        raise LucioleError(f"the table does not hold the weights of {self.name}; train the cell to have some")


def last(iepoch: int | None, epochs: int, what: str) -> int:
    """The last epoch, counted from 0; LucioleError when another is asked for."""
    if iepoch not in (None, epochs - 1):
        raise LucioleError(f"the table holds the last epoch ({epochs - 1}) of {what}, not epoch {iepoch}")
    return epochs - 1


class Trials(Mapping):
    """Cell index -> schedule -> ArchResults, made from the table's columns when asked for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.columns: dict[tuple[str, str], dict[tuple[str, str], NDArray]] = {}
        for dataset in PREFIXES:
            for epochs in EPOCHS:
                found = {
                    (split, quantity): table[name]
                    for split in SPLITS[dataset]
                    for quantity in QUANTITIES
                    if (name := _held(table, dataset, epochs, split, quantity)) is not None
                }
                if any(quantity == "accuracy" for _, quantity in found):
                    self.columns[dataset, epochs] = found
        accuracies = [
            values for some in self.columns.values() for (_, quantity), values in some.items() if quantity == "accuracy"
        ]
        known = np.any([np.isfinite(values) for values in accuracies], axis=0) if accuracies else np.zeros(len(table))
        self.evaluated: list[int] = np.flatnonzero(known).tolist()
        self._known = set(self.evaluated)
        self._plans = {key: _plan(*key, found) for key, found in self.columns.items()}

    def __len__(self) -> int:
        return len(self.evaluated)

    def __iter__(self) -> Iterator[int]:
        return iter(self.evaluated)

    def __contains__(self, index: object) -> bool:
        return index in self._known

    def __getitem__(self, index: int) -> Answer:
        self.check(index)
        schedules = {}
        for epochs in EPOCHS:
            results = self.results(index, epochs)
            if results.dataset_seed:
                schedules[epochs] = results
        return Answer(schedules, f"cell {index}")

    def check(self, index: int) -> None:
        """Raise LucioleError unless the table has a training of the cell."""
        if index not in self._known:
            raise LucioleError(f"the table holds no training of cell {index}, of {len(self)} that it has")

    def answer(self, index: int, dataset: str, epochs: str) -> Answer:
        """What ``get_more_info`` gives of the last epoch: accuracies (%), losses, seconds of an epoch and of all."""
        plan = self._plans.get((dataset, epochs))
        if plan is None or index not in self._known:
            self.check(index)
            if epochs not in EPOCHS:
                raise LucioleError(f"the table does not hold {epochs!r} of cell {index}; it holds {', '.join(EPOCHS)}")
            names = ", ".join(name for name, schedule in self.columns if schedule == epochs) or "nothing"
            raise LucioleError(
                f"the table does not hold {dataset!r} of cell {index} after {epochs} epochs; it holds {names}"
            )
        entries, blank = plan
        held = {}
        for key, values, divisor in entries:
            value = float(values[index])
            if value == value:  # NaN is what the table lacks
                held[key] = value / divisor
        if not held:
            raise LucioleError(f"the table does not hold {dataset!r} of cell {index} after {epochs} epochs")
        return Answer(held, f"cell {index} on {dataset} after {epochs} epochs", blank)

    def metric(self, dataset: str, epochs: str, split: str, quantity: str = "accuracy") -> NDArray:
        """One quantity of all cells, NaN where there is none; LucioleError for a set that the table lacks."""
        found = self.columns.get((dataset, epochs), {})
        if (split, quantity) not in found:
            held = ", ".join(name for name, what in found if what == quantity) or "none"
            what = f"{dataset} after {epochs} epochs"
            raise LucioleError(f"the table does not hold the set {split!r} of {what}; it holds {held}")
        return found[split, quantity]

    def results(self, index: int, epochs: str) -> ArchResults:
        """The package's own object of one cell and one schedule."""
        arch = nb201.format(nb201.all_cells()[index])
        results = ArchResults(index, arch)
        results.dataset_seed = Answer({}, f"cell {index} after {epochs} epochs")
        for dataset, values in self.held(index, epochs).items():
            what = f"cell {index} on {dataset} after {epochs} epochs"
            config = {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": CLASSES[dataset]}
            trial = Trial(dataset, what, config, self.costs(index, dataset, epochs), int(epochs), values)
            results.update(dataset, MEAN, trial)
        return results

    def held(self, index: int, epochs: str) -> dict[str, dict[str, dict[str, float]]]:
        """Data set -> split -> quantity -> value, of the data sets with an accuracy of this cell and schedule."""
        found = {}
        for (dataset, schedule), columns in self.columns.items():
            if schedule != epochs:
                continue
            values: dict[str, dict[str, float]] = {}
            for (split, quantity), numbers in columns.items():
                value = float(numbers[index])
                if value == value:  # NaN is what the table lacks
                    values.setdefault(split, {})[quantity] = value
            if any("accuracy" in quantities for quantities in values.values()):
                found[dataset] = values
        return found

    def costs(self, index: int, dataset: str, epochs: str) -> dict[str, float | None]:
        """Parameters and MACs in millions, seconds of one batch (None when the table has none)."""
        prefix = "c10" if dataset.startswith("cifar10-") else PREFIXES[dataset]
        return {
            "flops": float(self.table[f"{prefix}_flops"][index]) / 1e6,
            "params": float(self.table[f"{prefix}_params"][index]) / 1e6,
            "latency": self.latency(index, dataset, epochs),
        }

    def latency(self, index: int, dataset: str, epochs: str) -> float | None:
        """Seconds that the benchmark measured for one batch; None when the table has none for the cell."""
        name = f"{PREFIXES[dataset]}_latency{epochs}_s"
        seconds = float(self.table[name][index]) if name in self.table else np.nan
        return None if np.isnan(seconds) else seconds


def _plan(
    dataset: str, epochs: str, found: Mapping[tuple[str, str], NDArray]
) -> tuple[list[tuple[str, NDArray, int]], frozenset[str]]:
    """The entries of an answer, key, column and divisor, in the package's order; the keys that are None if absent."""
    entries = []
    for split, name in _ANSWERS[dataset].items():
        for key, quantity, divisor in (
            ("loss", "loss", 1),
            ("accuracy", "accuracy", 1),
            ("per-time", "all_time", int(epochs)),
            ("all-time", "all_time", 1),
        ):
            if (split, quantity) in found:
                entries.append((f"{name}-{key}", found[split, quantity], divisor))
    return entries, frozenset(f"{name}-{key}" for name in _ANSWERS[dataset].values() for key in ("loss", "accuracy"))


def _held(table: Table, dataset: str, epochs: str, split: str, quantity: str) -> str | None:
    """Name of the table's column for a quantity of the api; None when there is none."""
    name = column(dataset, epochs, split, quantity)
    return next((one for one in (name, _SAME.get(name, name)) if one in table), None)
