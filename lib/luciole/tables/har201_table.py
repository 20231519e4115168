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

All of it is of one group of test people, and most of it of one seed: cells that are close cannot be told apart by it.
The second version (:mod:`luciole.tables.har201_v2`) has several groups and seeds.
"""

import json
import logging
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables.table import Column, Role, Table

log = logging.getLogger("luciole")

MISSING = 65535
NAME = "har201/table"


def har201(version: int = 1) -> Table:
    """Open HAR-201; ``table.source`` says how many classes are trained on each data set.

    version: 1, this one; 2, a :class:`luciole.tables.har201_v2.Har201`, which has runs and answers queries.

    Raises LucioleError for another version, and when the result is not there or is not what its provenance describes.

    >>> table = har201()
    >>> len(table["wisdm_params"])
    15625
    """
    from luciole.tables import har201_v2  # which opens its result as this one does

    if version not in (1, 2):
        raise LucioleError(f"expected version 1 or 2 of HAR-201, got {version!r}")
    if version == 2:
        return har201_v2.har201_v2()
    arrays, provenance = opened(NAME)
    _tell_of_the_second(_folder() / f"{har201_v2.NAME}.json")
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
        rounds = opened("har201/latency")[0]["milliseconds"]
        columns["wisdm_latency_ms"] = _spread(rounds.mean(axis=0), position)
    digest = provenance["sha256"]
    return Table("har201", columns, source=source, index=nb201.index, roles=_roles(columns), sha256=digest)


def _folder() -> Path:
    """The results that hold the table: those of the study, else those that the installed package carries."""
    return files.data_file(f"results/{NAME}.npz").parents[1]


@cache
def _tell_of_the_second(record: Path) -> None:
    """Say once that there is a second version, where all of it is there."""
    from luciole.tables import har201_v2

    if record.exists() and har201_v2.everybody_tested(opened(har201_v2.NAME)[1]):
        log.warning(
            "HAR-201 v1 is of one group of test people and mostly one seed; v2 is a mean over groups and seeds: "
            "tables.har201(version=2)"
        )


def opened(name: str) -> tuple[dict[str, NDArray], dict[str, Any]]:
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
