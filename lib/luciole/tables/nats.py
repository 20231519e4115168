"""A table behind the interface of ``nats_bench``: what ``nats_bench.create(None, "tss")`` returns, on a table.

    >>> from luciole import tables
    >>> api = as_nats(tables.nb201())
    >>> len(api), api.is_topology, api.full_train_epochs
    (15625, True, 200)

It answers as :mod:`luciole.tables.bridge` does, with the names and arguments of ``nats_bench`` 1.8. Besides the
differences told there: ``get_unique_str`` gives the string of the class's first cell, the same for isomorphic cells,
where the package spells an expression; and nothing is read from an archive, whatever ``fast_mode`` was.
"""

from typing import Any

from luciole.spaces import nb201
from luciole.tables.bridge import TableAPI, checked, topology
from luciole.tables.table import Table
from luciole.tables.trials import Answer

_TRAINED = {
    "cifar10-valid": "trained on half of the training images of CIFAR-10, validated on the other half",
    "cifar10": "trained on all training images of CIFAR-10",
}


class TableNATS(TableAPI):
    """``NATStopology`` on a table; made by :func:`as_nats`."""

    LINE = "loss = {} & top1 = {}%"
    is_size, is_topology = False, True
    search_space_name = "topology"
    full_train_epochs = full_epochs_in_paper = 200
    fast_mode, archive_dir = False, None

    def __init__(self, table: Table, costs: str = "published", verbose: bool = False) -> None:
        super().__init__(table, costs, verbose)
        self.evaluated_indexes = set(self.arch2infos_dict.evaluated)

    def __repr__(self) -> str:
        held = f"{len(self.evaluated_indexes)}/{len(self)} architectures"
        return f"{type(self).__name__}({held}, fast_mode={self.fast_mode}, file={self.filename})"

    def get_unique_str(self, arch: Any) -> str:
        """One string for all isomorphic cells: that of the first of them."""
        return nb201.format(nb201.canonical(nb201.all_cells()[self._cell(arch)]))

    def get_more_info(
        self, index: Any, dataset: str, iepoch: int | None = None, hp: str | int = "12", is_random: bool | int = True
    ) -> Answer:
        """As ``nas_201_api``, with a ``comment`` for the two ways of training on CIFAR-10."""
        found = super().get_more_info(index, dataset, iepoch, hp, is_random)
        if dataset in _TRAINED:
            found["comment"] = f"{_TRAINED[dataset]}, {hp} epochs"
        return found

    def simulate_train_eval(  # type: ignore[override]  # nats_bench has iepoch where nas_201_api has hp
        self,
        arch: Any,
        dataset: str,
        iepoch: int | None = None,
        hp: str | int = "12",
        account_time: bool = True,
    ) -> tuple[float, float | None, float, float]:
        """Validation accuracy, latency (None when the table has none), seconds, and all seconds so far."""
        return self._simulate(arch, dataset, iepoch, hp, account_time)

    def find_best(
        self,
        dataset: str,
        metric_on_set: str,
        flop_max: float | None = None,
        param_max: float | None = None,
        hp: str | int = "12",
        enforce_all: bool | None = None,
    ) -> tuple[int, float | None]:
        """The best cell by an accuracy, within limits (millions); a table always looks at all that it has."""
        return super().find_best(dataset, metric_on_set, flop_max, param_max, hp)

    def reset_archive_dir(self, archive_dir: str) -> None:
        """Nothing: a table reads no archive."""

    def reset_fast_mode(self, fast_mode: bool) -> None:
        """Nothing: a table is always fast."""


def as_nats(table: Table, costs: str = "published", verbose: bool = False) -> TableNATS:
    """Put a NAS-Bench-201 table behind the interface of ``nats_bench.create(None, "tss")``.

    ``costs``, warnings and errors: see :func:`luciole.tables.bridge.as_api`.
    """
    return checked(TableNATS(topology(table), costs, verbose))
