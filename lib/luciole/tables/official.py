"""The official NAS-Bench-201 file (``NAS-Bench-201-v1_1-096897.pth``, one pickle of gigabytes) as columns.

The file holds every epoch of every trial. Kept here is what the last epoch gives, averaged over the trials as
``nas_201_api`` does it (the numbers are computed by that package's own classes):

* accuracies under the names of the other sources: ``c10_test200`` and ``c10_test12`` from trainings on the whole
  training set (``cifar10``), ``c10_val200`` and ``c10_val12`` from those on half of it (``cifar10-valid``),
  ``{c100,in16}_{val,test}{12,200}``; besides ``*_train*``, ``*_valtest*`` (validation and test images
  together), and ``c10v_*`` for what else ``cifar10-valid`` has;
* ``*_loss`` and ``*_seconds`` of each (seconds of all epochs), ``*_latency{12,200}_s``, and ``c10_cost12_s``,
  the seconds of training alone.

Opening it takes minutes and much memory. Do it once, and :func:`luciole.tables.save` the table.
"""

import codecs
import pickle
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError, extra
from luciole.spaces import nb201
from luciole.tables import originals, unpickle
from luciole.tables.nasbench201 import ROLES
from luciole.tables.table import Column, Table

EPOCHS = {"12": "less", "200": "full"}  # the api's name of a schedule, its number of epochs -> key in the file
PREFIXES = {"cifar10-valid": "c10v", "cifar10": "c10", "cifar100": "c100", "ImageNet16-120": "in16"}
SPLITS = {  # dataset -> what the api calls a set -> what the column calls it
    "cifar10-valid": {"train": "train", "x-valid": "val", "ori-test": "test"},
    "cifar10": {"train": "train", "ori-test": "test"},
    **{
        name: {"train": "train", "x-valid": "val", "x-test": "test", "ori-test": "valtest"}
        for name in ("cifar100", "ImageNet16-120")  # there, the original test set is split in two
    },
}
QUANTITIES = {"accuracy": "", "loss": "_loss", "all_time": "_seconds"}  # the api's name -> end of the column's


def column(dataset: str, epochs: str, split: str, quantity: str) -> str:
    """Name the column of what the api calls ``split`` of ``dataset``; KeyError for a set that the dataset lacks.

    >>> column("cifar10", "200", "ori-test", "accuracy"), column("cifar10-valid", "12", "x-valid", "all_time")
    ('c10_test200', 'c10_val12_seconds')
    """
    prefix = "c10" if (dataset, split) == ("cifar10-valid", "x-valid") else PREFIXES[dataset]
    return f"{prefix}_{SPLITS[dataset][split]}{epochs}{QUANTITIES[quantity]}"


def from_api(path: str | Path) -> Table:
    """Turn the official file into a table of 15,625 rows; cells that it does not evaluate are NaN.

    The file is read by torch's restricted unpickler: plain containers, tensors and numpy numbers. Raises
    LucioleError for a damaged file, for one that asks for more, and for one of another benchmark.
    """
    path = Path(path)
    held = _load(path)
    _check(held, path)
    columns: dict[str, NDArray] = {}

    def put(name: str, row: int, value: Any) -> None:
        if value is not None:
            if name not in columns:
                columns[name] = np.full(nb201.SIZE, np.nan, dtype=np.float32)
            columns[name][row] = value

    for row in held["evaluated_indexes"]:
        for epochs in EPOCHS:
            for name, value in _last_epoch(held["arch2infos"], row, epochs, f"cell {row} of {path}"):
                put(name, row, value)
    if "c10v_train12_seconds" in columns:
        columns["c10_cost12_s"] = columns["c10v_train12_seconds"]  # training alone, as in the other sources
    every: dict[str, Column] = {**originals.derived(), **columns}
    digest = files.sha256(path)
    return Table(
        "nb201",
        every,
        source=f"official file {path.name} (SHA-256 {digest[:16]})",
        index=nb201.index,
        roles={name: role for name, role in ROLES.items() if role.column in every},
        sha256=digest,
    )


def _load(path: Path) -> Any:
    import torch

    if not path.is_file():
        raise LucioleError(f"expected the official NAS-Bench-201 file in {path}, got no file; check the path")
    scalar = np.float64(0).__reduce__()[0]  # numpy's constructor of scalars, under its old and its new address
    allowed: list[Any] = [(scalar, f"numpy.{room}.multiarray.scalar") for room in ("core", "_core")]
    numbers = [type(np.dtype(code)) for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "?")]
    try:
        with torch.serialization.safe_globals([*allowed, np.dtype, *numbers, codecs.encode]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        what = str(error).replace("Weights only load failed.", "").split("\n\n")
        reason = next((" ".join(part.split()) for part in what if "GLOBAL" in part or "Unsupported" in part), "")
        raise LucioleError(
            f"expected plain data in {path}, got a pickle that asks for more or is damaged; not loaded. {reason[:200]}"
        ) from error
    except (*unpickle.DAMAGED, RuntimeError, OSError, zipfile.BadZipFile) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise LucioleError(
            f"expected a file saved by torch in {path}, got truncated or foreign bytes ({first[:160]}); get it again"
        ) from error


def _check(held: Any, path: Path) -> None:
    keys = ("meta_archs", "arch2infos", "evaluated_indexes")
    if not isinstance(held, dict) or any(key not in held for key in keys):
        came = ", ".join(map(str, held)) if isinstance(held, dict) else type(held).__name__
        raise LucioleError(f"expected a dictionary with {', '.join(keys)} in {path}, got {came[:200]}")
    if held["meta_archs"] != nb201.format(nb201.all_cells()):
        raise LucioleError(
            f"expected the {nb201.SIZE} cells of NAS-Bench-201 in the official order in {path}, got others; "
            "it is not the topology benchmark"
        )
    rows = held["evaluated_indexes"]
    if not isinstance(rows, Collection) or not all(isinstance(row, int) and 0 <= row < nb201.SIZE for row in rows):
        raise LucioleError(f"expected cells 0..{nb201.SIZE - 1} as evaluated_indexes of {path}, got another")


def _last_epoch(infos: Any, row: int, epochs: str, what: str) -> Iterator[tuple[str, float | None]]:
    """Give the columns of one cell and one schedule, name and value, as the api computes them."""
    with extra("nas201-api"):
        from nas_201_api import ArchResults

    try:
        results = ArchResults.create_from_state_dict(infos[row][EPOCHS[epochs]])
        for dataset in results.get_dataset_names():
            if (came := results.get_total_epoch(dataset)) != int(epochs):
                raise LucioleError(f"expected {epochs} epochs of {dataset} for {what}, got {came}")
            trials = [results.query(dataset, seed) for seed in results.get_dataset_seeds(dataset)]
            latencies = [latency for latency in (trial.get_latency() for trial in trials) if latency > 0]
            yield f"{PREFIXES[dataset]}_latency{epochs}_s", np.mean(latencies) if latencies else None
            for split in ("train", *_evaluated_on(trials, int(epochs) - 1)):
                metrics = results.get_metrics(dataset, split)
                for quantity in QUANTITIES:
                    yield column(dataset, epochs, split, quantity), metrics[quantity]
    except (AttributeError, KeyError, TypeError, AssertionError) as error:
        raise LucioleError(f"expected the trials of {what} in the official format, got {error!r}") from error


def _evaluated_on(trials: list[Any], last: int) -> list[str]:
    """Evaluation sets that every trial has at the last epoch."""
    return [name for name in trials[0].get_eval_set() if all(f"{name}@{last}" in trial.eval_acc1es for trial in trials)]
