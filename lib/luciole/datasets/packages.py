"""Recorded signals that installed packages carry: nothing to download.

* ``seglearn``: Burns et al., "Shoulder physiotherapy exercise recognition: machine learning the inertial signals from
  a smartwatch", Physiological Measurement 2018: a watch at 50 Hz, 7 exercises, 10 subjects, 140 recordings. Its file
  is a pickle, read here by an unpickler that builds number arrays and nothing else.
* ``basicmotions``: BasicMotions of the UEA archive (100 samples of 6 channels at 10 Hz, 4 activities, no subjects),
  read from the ``.ts`` files of aeon or sktime where one of them is installed.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.datasets.windows import cut
from luciole.errors import LucioleError
from luciole.tables.unpickle import DAMAGED, Unpickler


class _Type:
    """Stand-in for numpy.dtype while unpickling: plain numbers, or a list of objects ("O8")."""

    def __init__(self, code: str, *_: Any) -> None:
        if code not in ("O8", "f4", "f8", "i4", "i8", "u1", "b1"):
            raise ValueError(f"a numpy type {code!r}")
        self.dtype = None if code == "O8" else np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        if self.dtype is not None and state[1] in "<>":
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stand-in for numpy.ndarray while unpickling: numbers from their bytes, or a list as it is."""

    value: Any = None

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, fortran, raw = state
        if kind.dtype is None:
            self.value = raw
            return
        flat = np.frombuffer(raw, dtype=kind.dtype)
        self.value = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _array(*_: Any) -> _Array:
    """Stand in for numpy's array constructor."""
    return _Array()


def _bytes(text: str, encoding: str) -> bytes:
    """Stand in for _codecs.encode, which old pickles of bytes call."""
    return text.encode("latin1")


class _ArrayUnpickler(Unpickler):
    """Admits arrays of numbers besides plain containers."""

    def find_class(self, module: str, name: str) -> Any:
        stands = {
            "numpy.core.multiarray._reconstruct": _array,
            "numpy._core.multiarray._reconstruct": _array,
            "numpy.ndarray": _Array,
            "numpy.dtype": _Type,
            "_codecs.encode": _bytes,
        }
        return stands.get(f"{module}.{name}") or super().find_class(module, name)


def read_pickled_npy(path: Path) -> Any:
    """Read an ``.npy`` that holds one pickled object of lists, texts and number arrays, running no code of it.

    Raises LucioleError when it is damaged or asks for anything else.
    """
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            held = _ArrayUnpickler(file).load()
        (content,) = held.value  # an array of no dimensions that holds one object
        return {key: _plain(value) for key, value in content.items()}
    except (*DAMAGED, OSError) as error:
        raise LucioleError(f"expected arrays in {path}, cannot read it ({error}); install the package again") from error


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.value
    return [_plain(one) for one in value] if isinstance(value, list) else value


def seglearn(seconds: float = 2.56, overlap: float = 0.5) -> Dataset:
    """Load seglearn's smart-watch exercises as windows of ``seconds`` that overlap by the share ``overlap``.

    Raises LucioleError when the package is not installed, or its file is not what it should be.

    >>> data = seglearn()
    >>> data.channels, data.classes, len(np.unique(data.subject)), data.hz
    (6, 7, 10, 50.0)
    """
    path = _package_file("seglearn", "data/watch_dataset.npy")
    if path is None:
        raise LucioleError("the exercises of a smart watch come with seglearn; install it: pip install seglearn")
    data = read_pickled_npy(path)
    size = round(seconds * 50)
    hop = max(1, round(size * (1 - overlap)))
    pieces = [cut(signal, size, hop) for signal in data["X"]]
    counts = [len(piece) for piece in pieces]
    return Dataset(
        name="seglearn",
        X=np.concatenate(pieces),
        y=np.repeat(np.asarray(data["y"]), counts),
        class_names=tuple(data["y_labels"]),
        channel_names=tuple(data["X_labels"]),
        hz=50.0,
        subject=np.repeat(np.asarray(data["subject"]), counts),
        recording=np.repeat(np.arange(len(pieces)), counts),
        source="installed package seglearn",
        licence="BSD-3 (package); cite Burns et al., Physiological Measurement 2018",
    )


def basicmotions() -> Dataset:
    """Load BasicMotions from aeon or sktime, its published halves in ``official``; each case is a recording.

    Raises LucioleError when neither package is installed.
    """
    for package in ("aeon", "sktime"):
        path = _package_file(package, "datasets/data/BasicMotions/BasicMotions_TRAIN.ts")
        if path is None:
            continue
        halves = [read_ts(path), read_ts(path.with_name("BasicMotions_TEST.ts"))]
        names = sorted({label for _, labels in halves for label in labels})
        X = np.concatenate([signals for signals, _ in halves])
        return Dataset(
            name="basicmotions",
            X=X,
            y=np.array([names.index(label) for _, labels in halves for label in labels]),
            class_names=tuple(names),
            channel_names=tuple(f"channel {number}" for number in range(X.shape[1])),
            hz=10.0,
            recording=np.arange(len(X)),
            official=np.repeat([TRAIN, TEST], [len(labels) for _, labels in halves]),
            source=f"installed package {package}",
            licence="UEA multivariate time series archive; package BSD-3",
        )
    raise LucioleError("BasicMotions comes with aeon or sktime; install one of them: pip install aeon")


def read_ts(path: Path) -> tuple[NDArray[np.float32], list[str]]:
    """Read a ``.ts`` file of series of equal length: (cases, channels, time) and one label a case.

    After ``@data`` each line is a case: channels separated by colons, values by commas, the label last. Raises
    LucioleError naming the line that is not so.
    """
    cases, labels, begun, shape = [], [], False, None
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        text = line.strip()
        if not begun or not text:
            begun = begun or text.lower() == "@data"
            continue
        *channels, label = text.split(":")
        try:
            case = np.array([[float(value) for value in channel.split(",")] for channel in channels], dtype=np.float32)
        except ValueError as error:
            raise LucioleError(
                f"{path}, line {number}: expected series of equal length and a label ({error})"
            ) from error
        shape = shape or case.shape
        if case.shape != shape:
            raise LucioleError(f"{path}, line {number}: expected series of shape {shape}, got {case.shape}")
        cases.append(case)
        labels.append(label)
    if not cases:
        raise LucioleError(f"{path}: expected lines after @data, got none")
    return np.stack(cases), labels


def _package_file(package: str, inside: str) -> Path | None:
    """Path of a file inside an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / inside).exists():
            return Path(folder) / inside
    return None
