"""A table behind the interface of ``nas_201_api``: code written for that package runs on it unchanged.

    >>> from luciole import tables
    >>> api = as_api(tables.nb201())
    >>> cell = api[1]
    >>> cell
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|'
    >>> api.query_index_by_arch(cell)
    1

The class is the package's own, with its trials replaced by the rows of the table. What differs:

* a table holds the last epoch, averaged over seeds: each training appears as one trial of seed -1, and asking
  for a random seed gives the average;
* ``cifar100`` and ``ImageNet16-120`` validation accuracy after 200 epochs is that of one seed
  (``*_val200_s``) where the table has no average;
* what the table does not hold (weights, other epochs, and with the prepared file losses, times and latency)
  is a LucioleError that says so, or is absent from the dictionary that the package would have filled.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from luciole.errors import LucioleError, extra
from luciole.spaces import nb201
from luciole.tables.official import EPOCHS, PREFIXES, QUANTITIES, SPLITS, column
from luciole.tables.table import Table

with extra("nas201-api"):
    from nas_201_api import ArchResults, NASBench201API, ResultsCount

MEAN = -1  # the seed under which the average over seeds appears
_CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}


class Answer(dict):
    """A dictionary whose missing keys say why they are missing."""

    def __init__(self, values: Mapping, what: str) -> None:
        super().__init__(values)
        self.what = what

    def __missing__(self, key: object) -> Any:
        held = ", ".join(map(str, self)) or "nothing"
        raise LucioleError(f"the table does not hold {key!r} of {self.what}; it holds {held}")

    def __reduce__(self) -> tuple:
        return Answer, (dict(self), self.what)


class _Trial(ResultsCount):
    """One training of one cell, as far as a table tells."""

    def __init__(self, what: str, config: dict, costs: dict[str, Any], epochs: int, values: dict[str, dict]) -> None:
        super().__init__(what, None, None, None, costs["params"], costs["flops"], config, MEAN, epochs, None)
        self.latency = None if costs["latency"] is None else [costs["latency"]]
        self.values = values  # split -> quantity -> value
        self.eval_names = [split for split in values if split != "train"]

    def _last(self, iepoch: int | None) -> int:
        if iepoch not in (None, self.epochs - 1):
            raise LucioleError(f"the table holds the last epoch ({self.epochs - 1}) of {self.name}, not epoch {iepoch}")
        return self.epochs - 1

    def _metrics(self, split: str, iepoch: int | None) -> dict[str, Any]:
        held = self.values.get(split, {})
        return {
            "iepoch": self._last(iepoch),
            "loss": held.get("loss"),
            "accuracy": held.get("accuracy"),
            "cur_time": None,
            "all_time": held.get("all_time"),
        }

    def get_train(self, iepoch: int | None = None) -> dict[str, Any]:
        return self._metrics("train", iepoch)

    def get_eval(self, name: str, iepoch: int | None = None) -> dict[str, Any]:
        split = "x-valid" if name == "valid" else name
        if split not in self.eval_names:
            held = ", ".join(self.eval_names) or "none"
            raise LucioleError(f"the table does not hold the set {name!r} of {self.name}; it holds {held}")
        return self._metrics(split, iepoch)

    def get_times(self) -> dict[str, Any]:
        times = {}
        for split in ("train", *self.eval_names):
            total = self.values.get(split, {}).get("all_time")
            times[f"T-{split}@epoch"] = None if total is None else total / self.epochs
            times[f"T-{split}@total"] = total
        return times

    def get_net_param(self, clone: bool = False) -> Any:
        raise LucioleError(f"the table does not hold the weights of {self.name}; train the cell to have some")


class _Trials(Mapping):
    """Cell index -> schedule -> ArchResults, made from the table's columns when asked for."""

    def __init__(self, table: Table) -> None:
        self.columns: dict[tuple[str, str], list[tuple[str, str, Any]]] = {}
        for dataset in PREFIXES:
            for epochs in EPOCHS:
                found = [
                    (split, quantity, table[name])
                    for split in SPLITS[dataset]
                    for quantity in QUANTITIES
                    if (name := _held(table, dataset, epochs, split, quantity)) is not None
                ]
                if any(quantity == "accuracy" for _, quantity, _ in found):
                    self.columns[dataset, epochs] = found
        self.table = table
        accuracies = [
            values for some in self.columns.values() for _, quantity, values in some if quantity == "accuracy"
        ]
        known = np.any([np.isfinite(values) for values in accuracies], axis=0) if accuracies else np.zeros(len(table))
        self.evaluated = np.flatnonzero(known).tolist()
        self._known = set(self.evaluated)

    def __len__(self) -> int:
        return len(self.evaluated)

    def __iter__(self) -> Iterator[int]:
        return iter(self.evaluated)

    def __contains__(self, index: object) -> bool:
        return index in self._known

    def __getitem__(self, index: int) -> Answer:
        if index not in self._known:
            raise LucioleError(f"the table holds no training of cell {index}, of {len(self)} that it has")
        schedules = {}
        for epochs in EPOCHS:
            results = self._results(index, epochs)
            if results.dataset_seed:
                schedules[epochs] = results
        return Answer(schedules, f"cell {index}")

    def _results(self, index: int, epochs: str) -> ArchResults:
        arch = nb201.format(nb201.all_cells()[index])
        results = ArchResults(index, arch)
        results.dataset_seed = Answer({}, f"cell {index} after {epochs} epochs")
        for (dataset, schedule), found in self.columns.items():
            if schedule != epochs:
                continue
            values: dict[str, dict[str, float]] = {}
            for split, quantity, held in found:
                if not np.isnan(held[index]):
                    values.setdefault(split, {})[quantity] = float(held[index])
            if any("accuracy" in held for held in values.values()):
                what = f"cell {index} on {dataset} after {epochs} epochs"
                config = {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": _CLASSES[dataset]}
                costs = self._costs(index, dataset, epochs)
                trial = _Trial(what, config, costs, int(epochs), values)
                results.update(dataset, MEAN, trial)
        return results

    def _costs(self, index: int, dataset: str, epochs: str) -> dict[str, float | None]:
        prefix = "c10" if dataset.startswith("cifar10-") else PREFIXES[dataset]
        return {
            "params": float(self.table[f"{prefix}_params"][index]) / 1e6,
            "flops": float(self.table[f"{prefix}_flops"][index]) / 1e6,
            "latency": _latency(self.table, index, dataset, epochs),
        }


def _latency(table: Table, index: int, dataset: str, epochs: str) -> float | None:
    """Seconds that the benchmark measured for one batch; None when the table has none for the cell."""
    name = f"{PREFIXES[dataset]}_latency{epochs}_s"
    seconds = float(table[name][index]) if name in table else np.nan
    return None if np.isnan(seconds) else seconds


def _held(table: Table, dataset: str, epochs: str, split: str, quantity: str) -> str | None:
    """Name of the table's column for a quantity of the api; None when there is none."""
    name = column(dataset, epochs, split, quantity)
    if name in table:
        return name
    one_seed = f"{name}_s"
    return one_seed if split == "x-valid" and quantity == "accuracy" and one_seed in table else None


class TableAPI(NASBench201API):
    """``NASBench201API`` on a table; made by :func:`as_api`."""

    def __init__(self, table: Table, verbose: bool = False) -> None:
        # The base's constructor only reads a file into these attributes.
        self.table = table
        self.filename = table.source
        self.verbose = verbose
        self.reset_time()
        self.meta_archs = nb201.format(nb201.all_cells())
        self.archstr2index = {arch: index for index, arch in enumerate(self.meta_archs)}
        self.arch2infos_dict = _Trials(table)
        self.evaluated_indexes = self.arch2infos_dict.evaluated
        self._avaliable_hps = set(EPOCHS)

    def query_index_by_arch(self, arch: Any) -> int:
        return super().query_index_by_arch(int(arch) if isinstance(arch, np.integer) else arch)

    def get_more_info(
        self, index: Any, dataset: str, iepoch: int | None = None, hp: str = "12", is_random: bool | int = True
    ) -> Answer:
        info = super().get_more_info(index, dataset, iepoch, hp, is_random)
        held = {name: value for name, value in info.items() if value is not None}
        return Answer(held, f"cell {self.query_index_by_arch(index)} on {dataset} after {hp} epochs")

    def get_cost_info(self, index: int, dataset: str, hp: str = "12") -> Answer:
        info = super().get_cost_info(index, dataset, hp)
        held = {name: value for name, value in info.items() if value is not None}
        return Answer(held, f"the cost of cell {index} on {dataset}")

    def simulate_train_eval(
        self, arch: Any, dataset: str, hp: str = "12", account_time: bool = True
    ) -> tuple[float, float | None, float, float]:
        """Validation accuracy, latency (None when the table has none), seconds, and all seconds so far."""
        if dataset not in ("cifar10", "cifar100", "ImageNet16-120"):
            raise LucioleError(f"expected cifar10, cifar100 or ImageNet16-120, got {dataset!r}")
        index = self.query_index_by_arch(arch)
        trained = "cifar10-valid" if dataset == "cifar10" else dataset
        info = self.get_more_info(index, trained, hp=hp, is_random=False)
        if (dataset, str(hp)) == ("cifar10", "12") and "c10_cost12_s" in self.table:
            seconds = float(self.table["c10_cost12_s"][index])
        else:
            seconds = info["train-all-time"] + info["valid-per-time"]
        if account_time:
            self._used_time += seconds
        latency = _latency(self.table, index, dataset, "12")  # whatever hp is: so does the package
        return info["valid-accuracy"], latency, seconds, self._used_time

    def query_info_str_by_arch(self, arch: Any, hp: str = "12") -> str | None:
        self._need_losses()
        return super().query_info_str_by_arch(arch, hp)

    def show(self, index: int = -1) -> None:
        self._need_losses()
        super().show(index)

    def reload(self, archive_root: str | None = None, index: int | None = None) -> None:
        raise LucioleError("a table has no archive of trials to reload; open the official file with nas_201_api")

    def _need_losses(self) -> None:
        for dataset, epochs in self.arch2infos_dict.columns:
            if (name := column(dataset, epochs, "train", "loss")) not in self.table:
                raise LucioleError(
                    f"the table does not hold {name}, which this report shows; use get_more_info, "
                    "or a table made by from_api"
                )


def as_api(table: Table) -> TableAPI:
    """Put a NAS-Bench-201 table behind the interface of ``nas_201_api.NASBench201API``.

    Raises LucioleError for a table of another benchmark.
    """
    if table.name != "nb201":
        raise LucioleError(f"expected a table of NAS-Bench-201, got {table.name}; open tables.nb201()")
    return TableAPI(table)
