"""A table behind the interface of ``nas_201_api``: code written for that package runs on it unchanged.

    >>> from luciole import tables
    >>> api = as_api(tables.nb201())
    >>> cell = api[1]
    >>> cell
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|'
    >>> api.query_index_by_arch(cell)
    1

What differs from the package (:mod:`luciole.tables.nats` says what differs from ``nats_bench`` besides):

====================================  ==================================  ==========================================
asked                                 the package                         a table
====================================  ==================================  ==========================================
a numpy integer as index              is −1, no cell                      is that cell
``hp`` as a number                    two methods of seven take it        every method takes it
``query_by_arch`` without ``hp``      TypeError                           200 epochs, as before version 2
an epoch before the last              gives it; sets evaluated at the     refused: a table holds the last epoch
                                      end alone vanish from the answer
a random trial, or all of them        of one to three                     one, the average (seed −1)
an accuracy or a loss not held        KeyError, or None                   None, with a warning
seconds, latency asked for alone      KeyError, or None                   refused by name
``show()``, all cells                 KeyError: −1                        shows them
weights, ``reload``                   from an archive of 226 GB           refused
====================================  ==================================  ==========================================
"""

import random
import warnings
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError, extra
from luciole.spaces import nb201
from luciole.tables.official import EPOCHS, PREFIXES, SPLITS
from luciole.tables.table import Table
from luciole.tables.trials import CLASSES, MEAN, Answer, Trials, last

with extra("nas201-api"):
    from nas_201_api import ArchResults, NASBench201API

IMAGES = {"cifar10": 25_000, "cifar100": 50_000, "ImageNet16-120": 151_700}  # that one epoch of a search trains on
COSTS = ("published", "scaled")
_REPORTED = {  # data set -> the sets of its report: what it calls them, and the package
    "cifar10-valid": (("train", "train"), ("valid", "x-valid")),
    "cifar10": (("train", "train"), ("test ", "ori-test")),
    **dict.fromkeys(("cifar100", "ImageNet16-120"), (("train", "train"), ("valid", "x-valid"), ("test", "x-test"))),
}
_CIFAR10 = {"valid": ("cifar10-valid", "x-valid"), "test": ("cifar10", "ori-test")}  # validated in another training


class TableAPI(NASBench201API):
    """``NASBench201API`` on a table; made by :func:`as_api`."""

    LINE = "loss = {}, top1 = {}%"  # how a report gives the metrics of one set

    def __init__(self, table: Table, costs: str = "published", verbose: bool = False) -> None:
        # The base's constructor only reads a file into these attributes.
        if costs not in COSTS:
            raise LucioleError(f"expected costs among {', '.join(COSTS)}, got {costs!r}")
        self.table = table
        self.clock = costs
        self.filename = table.source
        self.verbose = verbose
        self.reset_time()
        self.meta_archs = nb201.format(nb201.all_cells())
        self.archstr2index = {arch: index for index, arch in enumerate(self.meta_archs)}
        self.arch2infos_dict = Trials(table)
        self.evaluated_indexes: Collection[int] = self.arch2infos_dict.evaluated
        self._avaliable_hps = set(EPOCHS)

    def __iter__(self) -> Iterator[str]:
        return iter(self.meta_archs)

    def __getitem__(self, index: int) -> str:
        return self.meta_archs[index]

    def arch(self, index: int) -> str:
        """The string of a cell."""
        return self.meta_archs[self._cell(index)]

    def random(self) -> int:
        """The index of a cell drawn uniformly by Python's generator, which the package's users seed."""
        return random.randint(0, len(self.meta_archs) - 1)

    def query_index_by_arch(self, arch: Any) -> int:
        """Index of a string, of an object with ``tostr``, or of an index; −1 for what is no cell.

        Raises LucioleError for an index out of range.
        """
        if isinstance(arch, int | np.integer):
            if not 0 <= arch < len(self.meta_archs):
                raise LucioleError(f"expected a cell 0..{len(self.meta_archs) - 1}, got {arch}")
            return int(arch)
        text = arch.tostr() if hasattr(arch, "tostr") else arch
        return self.archstr2index.get(text, -1) if isinstance(text, str) else -1

    def _cell(self, arch: Any) -> int:
        index = self.query_index_by_arch(arch)
        if index < 0:
            raise LucioleError(f"expected a cell of NAS-Bench-201, got {arch!s:.100}; see luciole.spaces.nb201.parse")
        return index

    def get_more_info(
        self, index: Any, dataset: str, iepoch: int | None = None, hp: str | int = "12", is_random: bool | int = True
    ) -> Answer:
        """Losses, accuracies (%) and seconds of a cell trained on ``dataset`` for ``hp`` epochs.

        Raises LucioleError for a cell, data set, schedule, epoch or trial that the table lacks.
        """
        cell, hp = self._cell(index), str(hp)
        found = self.arch2infos_dict.answer(cell, dataset, hp)
        if iepoch is not None:
            last(iepoch, int(hp), found.what)
        if not isinstance(is_random, bool | np.bool_) and is_random != MEAN:
            raise LucioleError(f"expected the average (seed {MEAN}) of {found.what}, got seed {is_random}")
        return found

    def query_meta_info_by_index(self, arch_index: Any, hp: str | int = "12") -> ArchResults:
        """The package's own object of one cell and one schedule."""
        cell, hp = self._cell(arch_index), str(hp)
        if cell not in self.arch2infos_dict:
            held = len(self.arch2infos_dict)
            raise LucioleError(f"arch_index [{cell}] does not stand among the {held} cells that the table has")
        results = self.arch2infos_dict.results(cell, hp)
        if not results.dataset_seed:
            return self.arch2infos_dict[cell][hp]  # which says what there is
        return results

    def query_by_index(self, arch_index: Any, dataname: str | None = None, hp: str | int = "12") -> Any:
        """That object, or its trials on one data set: seed -> trial."""
        results = self.query_meta_info_by_index(arch_index, hp)
        return results if dataname is None else results.query(dataname)

    def query_info_str_by_arch(self, arch: Any, hp: str | int = "12") -> str | None:
        """A report in the package's form; ``None`` in it is what the table does not hold."""
        index = self._cell(arch)
        if index not in self.arch2infos_dict:
            return None
        return "\n".join(self._report(index, str(hp), f"arch-index={index}"))

    def query_by_arch(self, arch: Any, hp: str | int = "200") -> str | None:
        """That report; 200 epochs unless told otherwise, as it was when clients began to call it without ``hp``."""
        return self.query_info_str_by_arch(arch, hp)

    def find_best(
        self,
        dataset: str,
        metric_on_set: str,
        FLOP_max: float | None = None,
        Param_max: float | None = None,
        hp: str | int = "12",
    ) -> tuple[int, float | None]:
        """The best cell by an accuracy (%), and it, within limits (millions); −1 and None when there is none."""
        other = {"valid": (dataset, "x-valid"), "test": (dataset, "x-test")}
        wanted = _CIFAR10 if dataset == "cifar10" else other
        dataset, split = wanted.get(metric_on_set, (dataset, metric_on_set))
        accuracy = self.arch2infos_dict.metric(dataset, str(hp), split)
        prefix = "c10" if dataset == "cifar10-valid" else PREFIXES[dataset]
        fits = np.isfinite(accuracy)
        for limit, name in ((FLOP_max, "flops"), (Param_max, "params")):
            if limit is not None:
                fits &= self.table[f"{prefix}_{name}"] / 1e6 <= limit
        if not fits.any():
            return -1, None
        best = int(np.argmax(np.where(fits, accuracy, -np.inf)))
        return best, float(accuracy[best])

    def get_cost_info(self, index: Any, dataset: str, hp: str | int = "12") -> Answer:
        """Parameters and MACs (millions), seconds of a batch and of each set; ``latency`` is None if not measured."""
        cell = self._cell(index)
        info = self.query_meta_info_by_index(cell, hp).get_compute_costs(dataset)
        held = {name: value for name, value in info.items() if value is not None or name == "latency"}
        return Answer(held, f"the cost of cell {cell} on {dataset}")

    def get_latency(self, index: Any, dataset: str, hp: str | int = "12") -> float:
        """Seconds of one batch of 256; LucioleError when the table has none."""
        cell = self._cell(index)
        seconds = self.arch2infos_dict.latency(cell, dataset, str(hp)) if dataset in PREFIXES else None
        if seconds is None:
            raise LucioleError(f"the table does not hold 'latency' of cell {cell} on {dataset}; nb201_hw has devices'")
        return seconds

    def get_net_config(self, index: Any, dataset: str) -> dict[str, Any]:
        """The network's description, as the authors' code builds it."""
        if dataset not in CLASSES:
            raise LucioleError(f"expected a data set among {', '.join(CLASSES)}, got {dataset!r}")
        arch = self.meta_archs[self._cell(index)]
        return {"name": "infer.tiny", "C": 16, "N": 5, "arch_str": arch, "num_classes": CLASSES[dataset]}

    def get_net_param(self, index: Any, dataset: str, seed: int | None, hp: str | int = "12") -> Any:
        """Refused: a table has no weights."""
        raise LucioleError(
            f"the table does not hold the weights of cell {self._cell(index)} on {dataset} after {hp} epochs; "
            "train the cell to have some"
        )

    def clear_params(self, index: Any, hp: str | int | None = None) -> None:
        """Nothing: there are no weights to clear."""

    def reload(self, archive_root: str | None = None, index: int | None = None) -> None:
        """Refused: a table has no archive."""
        raise LucioleError("a table has no archive of trials to reload; open the official file with nas_201_api")

    def statistics(self, dataset: str, hp: str | int) -> dict[int, int]:
        """How many cells have how many trials: one, the average, or none."""
        if dataset not in CLASSES:
            raise LucioleError(f"expected a data set among {', '.join(CLASSES)}, got {dataset!r}")
        held = self.arch2infos_dict.columns.get((dataset, str(hp)), {})
        found = [np.isfinite(values) for (_, quantity), values in held.items() if quantity == "accuracy"]
        trained = int(np.any(found, axis=0).sum()) if found else 0
        return {n: cells for n, cells in ((0, len(self) - trained), (1, trained)) if cells}

    def simulate_train_eval(
        self, arch: Any, dataset: str, hp: str | int = "12", account_time: bool = True
    ) -> tuple[float, float | None, float, float]:
        """Validation accuracy, latency (None when the table has none), seconds, and all seconds so far.

        The package's seconds are those of training and of one validation. Where the table has no validation seconds,
        training alone is counted, 2.8 to 4.1 % less on CIFAR-10. Where it has neither, LucioleError, unless the bridge
        was made with ``costs="scaled"`` (:func:`as_api`).
        """
        return self._simulate(arch, dataset, None, hp, account_time)

    def _simulate(
        self, arch: Any, dataset: str, iepoch: int | None, hp: str | int, account_time: bool
    ) -> tuple[float, float | None, float, float]:
        if dataset not in IMAGES:
            raise LucioleError(f"expected cifar10, cifar100 or ImageNet16-120, got {dataset!r}")
        cell = self._cell(arch)
        info = self.get_more_info(cell, "cifar10-valid" if dataset == "cifar10" else dataset, iepoch, hp, False)
        if "valid-accuracy" not in info:
            raise LucioleError(f"the table does not hold 'valid-accuracy' of {info.what}")
        seconds = self._seconds(cell, dataset, str(hp), info)
        if account_time:
            self._used_time += seconds
        latency = self.arch2infos_dict.latency(cell, dataset, "12")
        return info["valid-accuracy"], latency, seconds, self._used_time

    def _seconds(self, cell: int, dataset: str, epochs: str, info: Answer) -> float:
        if "train-all-time" in info:
            return info["train-all-time"] + info.get("valid-per-time", 0.0)
        if self.clock == "scaled" and "c10_cost12_s" in self.table:
            epoch_of_25_000 = float(self.table["c10_cost12_s"][cell]) / 12
            return epoch_of_25_000 * int(epochs) * IMAGES[dataset] / IMAGES["cifar10"]
        held = ", ".join(info) or "nothing"
        raise LucioleError(
            f"the table does not hold 'train-all-time' of {info.what}: never published; it holds {held}. "
            'costs="scaled" counts by images'
        )

    def show(self, index: int = -1) -> None:
        """Print the report of a cell, or of all."""
        if index < 0:
            print(self)
            for cell in self.evaluated_indexes:
                print(f"\n{'-' * 10} {cell:06d} {'-' * 10}\narch : {self.meta_archs[cell]}")
                self.show(cell)
        elif self._cell(index) not in self.arch2infos_dict:
            print(f"The {index}-th architecture has not been evaluated or not saved.")
        else:
            for epochs in self.arch2infos_dict[self._cell(index)]:
                print(f"{'>' * 40} {int(epochs):03d} epochs {'>' * 40}")
                print("\n".join(self._report(self._cell(index), epochs)))
            print(f"{'<' * 40}------------{'<' * 40}")

    def _report(self, index: int, epochs: str, note: str | None = None) -> list[str]:
        trials = self.arch2infos_dict
        found = trials.held(index, epochs)
        if not found:
            raise LucioleError(
                f"the table does not hold {epochs!r} of cell {index}; it holds {', '.join(trials[index])}"
            )
        lines = [self.meta_archs[index], f"datasets : {list(found)}, extra-info : {note}"]
        for dataset, values in found.items():
            cost = trials.costs(index, dataset, epochs)
            latency = "None" if cost["latency"] is None else f"{cost['latency'] * 1000:.2f}"
            lines.append(
                f"{dataset:14s} FLOP={cost['flops']:6.2f} M, Params={cost['params']:.3f} MB, latency={latency} ms."
            )
            sets = (self._metrics(name, values.get(split, {})) for name, split in _REPORTED[dataset])
            lines.append(f"{dataset:14s} " + ", ".join(sets))
        return lines

    def _metrics(self, name: str, held: dict[str, float]) -> str:
        loss = f"{held['loss']:.3f}" if "loss" in held else None
        accuracy = f"{held['accuracy']:.2f}" if "accuracy" in held else None
        return f"{name} : [{self.LINE.format(loss, accuracy)}]"


Api = TypeVar("Api", bound=TableAPI)


def as_api(table: Table, costs: str = "published", verbose: bool = False) -> TableAPI:
    """Put a NAS-Bench-201 table behind the interface of ``nas_201_api.NASBench201API``.

    ``costs``: the seconds that ``simulate_train_eval`` counts. ``"published"`` are those that the table holds; others
    are refused. ``"scaled"`` estimates the others from the 12 epochs of CIFAR-10, in proportion to epochs and images
    (25,000, 50,000 and 151,700), which is how the authors of NATS-Bench set their budgets (20,000, 40,000 and
    120,000 s). Warns when the table lacks accuracies of a data set, as the replica does; raises LucioleError for a
    table of another benchmark.
    """
    return checked(TableAPI(topology(table), costs, verbose))


def topology(table: Table) -> Table:
    """Return the table; LucioleError unless it is one of NAS-Bench-201."""
    if table.name != "nb201":
        raise LucioleError(f"expected a table of NAS-Bench-201, got {table.name}; open tables.nb201()")
    return table


def checked(api: Api) -> Api:
    """Say what a bridge lacks when it is made, rather than at a client's hundredth query."""
    lacking = {dataset: epochs for dataset in SPLITS if (epochs := _lacking(api.arch2infos_dict, dataset))}
    if lacking:
        what = "; ".join(f"{dataset} after {' and '.join(epochs)} epochs" for dataset, epochs in lacking.items())
        warnings.warn(f"this table has no accuracies of {what}. Its source: {api.table.source}", stacklevel=3)
    return api


def _lacking(trials: Trials, dataset: str) -> list[str]:
    def known(values: NDArray) -> bool:
        return bool(np.isfinite(values).any())

    def held(epochs: str) -> bool:
        found = trials.columns.get((dataset, epochs), {}).items()
        return any(quantity == "accuracy" and known(values) for (_, quantity), values in found)

    return [epochs for epochs in EPOCHS if not held(epochs)]
