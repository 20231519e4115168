"""The data file of the explorer page: everything that is known of the 15,625 cells, in a megabyte and a half.

``write`` makes ``book/_static/explorer_data.js``, a script that defines ``LUCIOLE_EXPLORER``, so that the page works
from a folder too, where browsers refuse to fetch. It holds a description of the columns and their values: one
stream of bytes, deflated, in base64. The columns follow each other; each is

* first its ``levels``, the distinct values as float32, ascending, when their number is not 0;
* then one uint16 a row: the position of the value among the levels or, without levels, the value times
  10^``decimals``, rounded; 65535 where the value is missing.

All numbers are little-endian and split into planes (all low bytes, then the next bytes), which deflates better.
Accuracies and parameters are kept exactly, devices to the decimals shown, training-free scores to 4 significant
digits and once a class of isomorphic cells.
"""

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from luciole import files, results, tables
from luciole.errors import LucioleError
from luciole.report import titles
from luciole.spaces import nb201

MISSING = 65535
FEW = 256  # distinct values up to which levels take less room than steps
IMAGES = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120"}
DATASETS = IMAGES | titles.of("wisdm", "uci_har")  # of HAR-201 without seglearn, whose order is mostly luck


@dataclass(frozen=True)
class Quantity:
    """A kind of column: ``column`` is its name in a table behind the prefix of the data set."""

    group: str  # accuracy, size, training, device or score: a section of the page
    column: str
    label: str
    unit: str
    decimals: int  # shown, and kept unless the values are kept exactly
    scale: float = 1.0  # from the table's unit to the one shown
    exact: bool = False


class Scores(NamedTuple):
    """Training-free scores by name, each of shape (6466,) in the order of the classes, and a line on their source."""

    values: dict[str, NDArray]
    source: str


def _accuracy(column: str, label: str) -> Quantity:
    return Quantity("accuracy", column, label, "%", 2, exact=True)


def _device(column: str, label: str, unit: str, decimals: int = 3) -> Quantity:
    return Quantity("device", column, label, unit, decimals)


QUANTITIES = (
    _accuracy("test200", "test accuracy, 200 epochs"),
    _accuracy("val200", "validation accuracy, 200 epochs"),
    _accuracy("val200_s", "test accuracy, 200 epochs, one training"),
    _accuracy("val12", "validation accuracy, 12 epochs"),
    _accuracy("replica_test", "test accuracy of the replica"),
    _accuracy("replica_ptq", "replica, quantised after training"),
    _accuracy("replica_qat", "replica, quantised in training"),
    _accuracy("replica_noisy", "replica on a simulated analog chip"),
    _accuracy("replica_analog", "replica trained for that chip"),
    _accuracy("test_acc_ep4", "HAR-201, test accuracy, 4 epochs"),
    Quantity("size", "params", "parameters", "", 0, exact=True),
    Quantity("size", "flops", "multiply-accumulates (MACs)", "million", 2, scale=1e-6),
    Quantity("size", "macs", "multiply-accumulates (MACs)", "million", 3, scale=1e-6),
    Quantity("training", "cost12_s", "training for 12 epochs", "s", 2),
    Quantity("training", "cost12_estimate_s", "training for 12 epochs, estimate", "s", 2),
    _device("edgegpu_latency_ms", "edge GPU (Jetson TX2), latency", "ms"),
    _device("edgegpu_energy_mj", "edge GPU (Jetson TX2), energy", "mJ"),
    _device("raspi4_latency_ms", "Raspberry Pi 4, latency", "ms", 2),
    _device("edgetpu_latency_ms", "Edge TPU, latency", "ms"),
    _device("pixel3_latency_ms", "Pixel 3 phone, latency", "ms"),
    _device("eyeriss_latency_ms", "Eyeriss chip (simulated), latency", "ms"),
    _device("eyeriss_energy_mj", "Eyeriss chip (simulated), energy estimate", "mJ"),
    _device("fpga_latency_ms", "FPGA, latency", "ms"),
    _device("fpga_energy_mj", "FPGA, energy estimate (latency × 7 W)", "mJ"),
)
ONE_SEED = {"c10_val200_s"}  # left out: of networks that saw half of the images
NO_SCORES = Scores({}, "")


def path() -> Path:
    """Where the book looks for the data file; git ignores it there."""
    return files.root() / "book" / "_static" / "explorer_data.js"


def write(target: Path | None = None) -> Path:
    """Make the data file from the tables that are here and the committed scores; the same inputs, the same bytes.

    What no source has is left out, and the page does not show it. Raises LucioleError when a source is broken.
    """
    target = target or path()
    try:
        hardware = tables.nb201_hw()
    except tables.NoSource:
        hardware = None
    text = script(tables.nb201(), hardware, scores(), tables.har201())
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        with files.atomic(target) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return target


def scores() -> Scores:
    """The committed training-free scores, where there are any and the code that made them has not changed since.

    Measures that differ between isomorphic cells (parameters, MACs, layers) are no part of this.
    """
    if not (files.results() / "nb201/scores.json").exists():
        return NO_SCORES
    result = results.read("nb201/scores")
    if result.stale:
        return Scores({}, f"training-free scores: not shown, since {', '.join(result.stale)}; run nb201_scores again")
    from luciole.experiments.nb201.stages import spread  # torch, which nothing else here needs

    found = spread(result.frame)
    by_class = {name: each for name, each in found.items() if np.array_equal(each, each[nb201.iso()])}
    source = "training-free scores: computed by this project on smaller networks (result nb201_scores)"
    return Scores({name: each[nb201.classes()] for name, each in by_class.items()}, source)


def script(
    main: tables.Table,
    hardware: tables.Table | None = None,
    scores: Scores = NO_SCORES,
    sensors: tables.Table | None = None,
) -> str:
    """The text of the data file.

    ``main``, ``hardware`` and ``sensors`` (HAR-201) have 15,625 rows in the official order. Raises LucioleError
    for columns of another length and for values that the code cannot hold.
    """
    position = np.searchsorted(nb201.classes(), nb201.iso())
    columns: list[dict[str, object]] = []
    stream = bytearray()

    def add(name: str, values: NDArray, quantity: Quantity, dataset: str, rows: int) -> None:
        if values.shape != (rows,):
            raise LucioleError(f"expected {rows} values of {name}, one a row, got shape {values.shape}")
        packed, levels = pack(name, values * quantity.scale, quantity.decimals, quantity.exact)
        stream.extend(packed)
        shown = {key: getattr(quantity, key) for key in ("group", "column", "label", "unit", "decimals")}
        columns.append({"dataset": dataset, **shown, "levels": levels, "rows": rows})

    codes = nb201.all_cells().astype(int) @ 5 ** np.arange(nb201.GENES - 1, -1, -1)
    add("code", codes, Quantity("cell", "code", "operations as digits in base 5", "", 0), "", nb201.SIZE)
    add("class", position, Quantity("cell", "class", "class of isomorphic cells", "", 0), "", nb201.SIZE)
    held = [table for table in (main, hardware, sensors) if table is not None]
    for name, quantity, dataset in _held(held):
        table = next(table for table in held if name in table)
        add(name, table[name].astype(np.float64), quantity, dataset, nb201.SIZE)
    for name, values in scores.values.items():
        kept = significant(np.asarray(values, dtype=np.float64), 4)
        add(name, kept, Quantity("score", name, name, "", 4, exact=True), "c10", len(nb201.classes()))
    sources = [f"NAS-Bench-201: {main.source}"]
    if hardware is not None:
        sources.append(f"devices, HW-NAS-Bench: {hardware.source}")
    if sensors is not None:
        sources.append(f"HAR-201, the same cells in one dimension: {sensors.source}")
    if scores.source:
        sources.append(scores.source)
    content = {
        "sources": sources,
        "datasets": DATASETS,
        "operations": nb201.OPS,
        "edges": nb201.EDGES,
        "columns": columns,
        "data": base64.b64encode(zlib.compress(bytes(stream), 9)).decode(),
    }
    listed = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"// Made by `make book` (luciole.book.explorer); do not edit.\nwindow.LUCIOLE_EXPLORER = {listed};\n"


def _held(held: list[tables.Table]) -> Iterator[tuple[str, Quantity, str]]:
    names = {name for table in held for name in table} - ONE_SEED
    for quantity in QUANTITIES:
        for dataset in DATASETS:
            if (name := f"{dataset}_{quantity.column}") in names:
                yield name, quantity, dataset


def significant(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Round to significant digits; what is not finite stays as it is.

    >>> significant(np.array([831.6247, -0.00123456, 0.0, -np.inf]), 4)
    array([ 8.316e+02, -1.235e-03,  0.000e+00,       -inf])
    """
    return np.array([float(f"{value:.{digits - 1}e}") for value in values])


def pack(name: str, values: NDArray, decimals: int, exact: bool) -> tuple[bytes, int]:
    """Encode one column: its bytes, and the number of its levels (0: steps of 10^-decimals).

    >>> pack("demo", np.array([0.5, np.nan, 0.25]), 2, exact=False)[1]
    2
    """
    kept = values.astype(np.float64) if exact else np.round(values, decimals)
    there = ~np.isnan(kept)
    numbers = np.full(len(kept), MISSING, dtype="<u2")
    try:
        with np.errstate(over="raise"):
            levels, places = np.unique(kept[there].astype("<f4"), return_inverse=True)
    except FloatingPointError:
        raise LucioleError(
            f"expected {name} within the range of float32, got up to {np.abs(kept[there]).max()}"
        ) from None
    if exact or len(levels) <= FEW:
        if len(levels) >= MISSING:
            raise LucioleError(f"expected fewer than {MISSING} distinct values of {name}, got {len(levels)}")
        numbers[there] = places
        return planes(levels) + planes(numbers), len(levels)
    steps = np.round(kept[there] * 10.0**decimals)
    if steps.min() < 0 or steps.max() >= MISSING:
        raise LucioleError(
            f"expected {name} between 0 and {(MISSING - 1) / 10**decimals}, got {kept[there].min()}.."
            f"{kept[there].max()}; give it fewer decimals in luciole.book.explorer"
        )
    numbers[there] = steps
    return planes(numbers), 0


def planes(numbers: NDArray) -> bytes:
    """The bytes of an array, all first bytes, then all second ones, and so on.

    >>> planes(np.array([258, 3], dtype="<u2"))
    b'\\x02\\x03\\x01\\x00'
    """
    return numbers.view(np.uint8).reshape(len(numbers), numbers.itemsize).T.tobytes()
