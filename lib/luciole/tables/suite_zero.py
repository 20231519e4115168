"""The published scores as the dictionary of NAS-Bench-Suite-Zero: ``zc_api[dataset][cell][score]["score"]``.

    zc_api = as_zc_api(tables.nb201_zcp(), tables.nb201())
    zc_api["cifar10"]["(4, 0, 3, 1, 4, 3)"]["synflow"]["score"]

Cells are named as NASLib names them (operations 0 skip, 1 none, 2 3x3, 3 1x1, 4 pool; edges by source). The suite
scored the 9,445 cells without an edge made unreachable; they are the keys. ``val_accuracy`` is the suite's: **of one
training, and the test accuracy**, since NASLib reads both from one array (``table.describe("c10_val200_s")``). The
seconds that each score took are in no relay that could be read: ``["time"]`` is refused.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables.originals import DATASETS, PROXIES
from luciole.tables.replica import cells
from luciole.tables.table import Table


class _Entry(dict):
    """What the suite has of one cell, or one score of it."""

    def __init__(self, values: Mapping[str, Any], what: str) -> None:
        super().__init__(values)
        self.what = what

    def __missing__(self, key: object) -> Any:
        raise LucioleError(f"the table does not hold {key!r} of {self.what}; it holds {', '.join(self)}")


class Scores(Mapping):
    """Cell -> score -> its value, of one data set."""

    def __init__(self, columns: Mapping[str, NDArray], accuracy: NDArray | None, dataset: str) -> None:
        self._columns, self._accuracy, self._dataset = columns, accuracy, dataset
        known = np.all([np.isfinite(values) for values in columns.values()], axis=0)
        named = list(product(range(len(nb201.OPS)), repeat=nb201.GENES))
        rows = nb201.index(cells(named)).tolist()
        self._rows = {str(cell): row for cell, row in zip(named, rows, strict=True) if known[row]}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __contains__(self, cell: object) -> bool:
        return cell in self._rows

    def __getitem__(self, cell: str) -> _Entry:
        if cell not in self._rows:
            raise LucioleError(f"expected a cell as NASLib writes it, such as '(4, 0, 3, 1, 4, 3)', got {cell!s:.60}")
        row, what = self._rows[cell], f"{cell} on {self._dataset}"
        found: dict[str, Any] = {
            name: _Entry({"score": float(values[row])}, f"{name} of {what}") for name, values in self._columns.items()
        }
        if self._accuracy is not None:
            found["val_accuracy"] = float(self._accuracy[row])
        return _Entry(found, what)


def as_zc_api(scores: Table, accuracies: Table | None = None) -> dict[str, Scores]:
    """Give the table of published scores the form of NAS-Bench-Suite-Zero's file: data set -> cell -> score.

    ``accuracies``: the main table, for ``val_accuracy``; without it, that is refused. Raises LucioleError for other
    tables.
    """
    if scores.name != "nb201_zcp" or (accuracies is not None and accuracies.name != "nb201"):
        raise LucioleError("expected the table of scores and the main one; open tables.nb201_zcp(), tables.nb201()")
    found = {}
    for prefix, dataset in DATASETS.items():
        columns = {name: scores[f"{prefix}_{name}"] for name in PROXIES if f"{prefix}_{name}" in scores}
        if len(columns) > 1:  # one alone, of all cells, is not the suite's
            name = f"{prefix}_val200_s"
            accuracy = accuracies[name] if accuracies is not None and name in accuracies else None
            found[dataset] = Scores(columns, accuracy, dataset)
    return found
