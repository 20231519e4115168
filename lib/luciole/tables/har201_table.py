"""HAR-201 as columns: the NAS-Bench-201 cells in one dimension, trained on sensor data by this project.

The table is a result of this project (``data/results/har201/table.npz``; the wheel carries it): no other source is
needed. A cell has the figures of its isomorphism class; a class that has not been trained yet is NaN. Columns, for each
data set:

=============================  ============================================================================
``{set}_valid_acc_ep{epoch}``  validation accuracy (%) after so many epochs; ``_s1``, ``_s2``: other seeds
``{set}_valid_f1_ep{epoch}``   validation macro-F1 (%)
``{set}_test_acc_ep{epoch}``   test accuracy (%), on people never seen
``{set}_test_f1_ep{epoch}``    test macro-F1 (%)
``{set}_params``               trainable parameters of this very cell (isomorphic cells may differ)
``{set}_macs``                 multiply-accumulates for one window
``{set}_seconds``              processor seconds of the training, its share of a stack; also ``_s1``, ``_s2``
``{set}_joules_estimate``      an estimate: these seconds times a stated power
``wisdm_latency_ms``           milliseconds for one window, one thread, measured on the machine of the result
                               ``har201/latency``
=============================  ============================================================================

How it was trained: :mod:`luciole.experiments.har201.table`.
"""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables.table import Column, Role, Table

MISSING = 65535
NAME = "har201/table"


def har201() -> Table:
    """Open HAR-201; ``table.source`` says how many classes are trained on each data set.

    Raises LucioleError when the result is not there or is not what its provenance describes.

    >>> table = har201()
    >>> len(table["wisdm_params"])
    15625
    """
    arrays, provenance = _open(NAME)
    watts = float(provenance["parameters"]["watts"])
    position = arrays.pop("position")
    arrays.pop("classes")
    columns: dict[str, Column] = {}
    trained = {}
    for name, values in arrays.items():
        columns[name] = values if len(values) == nb201.SIZE else _spread(values, position)
        if name.endswith("_seconds"):
            dataset = name.removesuffix("_seconds")
            columns[f"{dataset}_joules_estimate"] = _spread(values * np.float32(watts), position)
            trained[dataset] = int(np.isfinite(values).sum())
    count = f"{len(np.unique(position)):,}"
    source = "trained by this project: " + ", ".join(f"{name} {n:,} of {count} classes" for name, n in trained.items())
    if (_folder() / "har201/latency.npz").exists():
        rounds = _open("har201/latency")[0]["milliseconds"]
        columns["wisdm_latency_ms"] = _spread(rounds.mean(axis=0), position)
    digest = provenance["sha256"]
    return Table("har201", columns, source=source, index=nb201.index, roles=_roles(columns), sha256=digest)


def _folder() -> Path:
    """The results that hold the table: those of the study, else those that the installed package carries."""
    return files.data_file(f"results/{NAME}.npz").parents[1]


def _open(name: str) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Return the arrays of a result and its provenance, once they are found to belong together."""
    path, record = _folder() / f"{name}.npz", _folder() / f"{name}.json"
    if not path.exists() or not record.exists():
        raise LucioleError(f"HAR-201 is not in {path.parent}; restore {path.name}, or make it: luciole run {name}")
    try:
        provenance = json.loads(record.read_text(encoding="utf-8"))
        if files.sha256(path) != provenance["sha256"]:
            raise LucioleError(f"{path} is not the table that {record.name} describes; restore both, or run {name}")
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive), provenance
    except (OSError, KeyError, TypeError, json.JSONDecodeError, zipfile.BadZipFile) as error:
        raise LucioleError(f"cannot read {path} ({error}); restore it, or make it: luciole run {name}") from error


def _spread(values: NDArray, position: NDArray) -> Callable[[], NDArray[np.float32]]:
    """Give each cell its class's value, NaN where there is none; shares are stored as hundredths of a percent."""

    def column() -> NDArray[np.float32]:
        if values.dtype != np.uint16:
            return values[position]
        percent = values.astype(np.float32) / 100
        percent[values == MISSING] = np.nan
        return percent[position]

    return column


def last_epoch(columns: dict[str, Column] | Table, dataset: str) -> int:
    """The last epoch at which ``dataset`` was evaluated; LucioleError when the table does not have it."""
    found = [int(m[1]) for name in columns if (m := re.fullmatch(rf"{dataset}_test_acc_ep(\d+)", name))]
    if not found:
        raise LucioleError(f"HAR-201 has no data set {dataset!r}")
    return max(found)


def _roles(columns: dict[str, Column]) -> dict[str, Role]:
    """What a search reads: WISDM's validation accuracy, its price, and the test accuracy to report."""
    if "wisdm_seconds" not in columns:
        return {}
    last = last_epoch(columns, "wisdm")
    return {
        "valid": Role(f"wisdm_valid_acc_ep{last}", f"WISDM-watch validation accuracy after {last} epochs (%), seed 0"),
        "test": Role(f"wisdm_test_acc_ep{last}", f"WISDM-watch test accuracy after {last} epochs (%), seed 0"),
        "cost_seconds": Role("wisdm_seconds", "processor seconds of the training, its share of a stack"),
    }
