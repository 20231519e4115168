"""The hardware table behind the interface of HW-NAS-Bench: ``query_by_index(index, dataset)`` and its kin.

    hw = as_hw_nas_bench(tables.nb201_hw())
    hw.query_by_index(0, "cifar10")["raspi4_latency"]

Milliseconds and millijoules. What differs: −1 of the Edge TPU, for a network that it could not run, makes the package's
``average_hw_metric``, a product over the devices, a negative number; here that is NaN, and the −1 stays. The second
space of the benchmark, FBNet's, is not in the table.
"""

from typing import Any

import numpy as np

from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables.originals import DATASETS, HARDWARE
from luciole.tables.table import Table

PREFIXES = {name: prefix for prefix, name in DATASETS.items()}
CLASSES = {"cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
UNABLE = -1.0  # the benchmark's mark for a network that the device could not run
METRICS = (
    *("edgegpu_latency", "edgegpu_energy", "raspi4_latency", "edgetpu_latency", "pixel3_latency"),
    *("eyeriss_latency", "eyeriss_energy", "eyeriss_arithmetic_intensity", "fpga_latency", "fpga_energy"),
)
_FACTORS = tuple(name for name in METRICS if name != "eyeriss_arithmetic_intensity")


def _columns(table: Table, prefix: str) -> dict[str, list[float]]:
    """Metric -> figures of all cells; the product of the devices' is not known where one of them is not."""
    columns = {name: table[f"{prefix}_{HARDWARE[name]}"].astype(np.float64) for name in METRICS}
    product = np.prod([columns[name] for name in _FACTORS], axis=0)
    figures = {name: np.nan_to_num(values, nan=UNABLE).tolist() for name, values in columns.items()}
    return figures | {"average_hw_metric": product.tolist()}


class TableHW:
    """``HWNASBenchAPI`` on a table; made by :func:`as_hw_nas_bench`."""

    search_space = "nasbench201"

    def __init__(self, table: Table) -> None:
        self.table = table
        self._metrics = {dataset: _columns(table, prefix) for dataset, prefix in PREFIXES.items()}
        self._entries = {dataset: tuple(found.items()) for dataset, found in self._metrics.items()}
        self._cells = nb201.format(nb201.all_cells())

    @property
    def HW_metrics(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Space -> data set -> metric -> figures of all cells."""
        return {self.search_space: self._metrics}

    def _check(self, arch_index: Any, dataname: str) -> int:
        if dataname not in PREFIXES:
            raise LucioleError(f"expected a data set among {', '.join(PREFIXES)}, got {dataname!r}")
        if not isinstance(arch_index, int | np.integer) or not 0 <= arch_index < nb201.SIZE:
            raise LucioleError(f"expected a cell 0..{nb201.SIZE - 1} of NAS-Bench-201, got {arch_index!r}")
        return int(arch_index)

    def query_by_index(self, arch_index: Any, dataname: str) -> dict[str, float]:
        """Latencies (ms), energies (mJ), arithmetic intensity, and the product of the first two kinds."""
        index = self._check(arch_index, dataname)
        return {name: values[index] for name, values in self._entries[dataname]}

    def get_net_config(self, arch_index: Any, dataname: str) -> dict[str, Any]:
        """The network's description, as the authors' code builds it."""
        index = self._check(arch_index, dataname)
        return {"name": "infer.tiny", "C": 16, "N": 5, "arch_str": self._cells[index], "num_classes": CLASSES[dataname]}

    def get_op_lookup_tables(self) -> Any:
        """Refused: these are of FBNet's space."""
        raise LucioleError("the table does not hold FBNet's space, whose operations these would be")


def as_hw_nas_bench(table: Table) -> TableHW:
    """Put the hardware table behind the interface of HW-NAS-Bench; LucioleError for another table."""
    if table.name != "nb201_hw":
        raise LucioleError(f"expected the hardware table, got {table.name}; open tables.nb201_hw()")
    return TableHW(table)
