"""Reading pickles from outside without running them.

A pickle is a program; the usual loader lets it call anything. This one admits plain containers, strings,
numbers and numpy scalars, and, where the caller names them, classes of another package, which become empty
records: no code of that package is imported, no constructor runs.

    >>> import pickle, os
    >>> loads(pickle.dumps({"accuracy": [93.5, np.float64(94.25)]}), "example")
    {'accuracy': [93.5, np.float64(94.25)]}
    >>> class Harmful:
    ...     def __reduce__(self):
    ...         return os.system, ("echo harm",)
    >>> loads(pickle.dumps(Harmful()), "example")
    Traceback (most recent call last):
        ...
    luciole.errors.LucioleError: expected plain data in example, got a pickle that asks for posix.system; not loaded
"""

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np

from luciole.errors import LucioleError

# What a damaged pickle can raise on its way, besides UnpicklingError (see the pickle module's documentation).
DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    MemoryError,
    RecursionError,
    struct.error,
)


class _Refused(pickle.UnpicklingError):
    """The pickle asked for something that is not admitted."""


class _Number:
    """Stands for numpy.dtype while unpickling: takes a plain number's type code and nothing else."""

    __slots__ = ("dtype",)

    def __init__(self, code: str, align: bool = False, copy: bool = True) -> None:
        if not isinstance(code, str) or code not in (
            "f2",
            "f4",
            "f8",
            "b1",
            "i1",
            "i2",
            "i4",
            "i8",
            "u1",
            "u2",
            "u4",
            "u8",
        ):
            raise _Refused(f"numpy.dtype({str(code)[:20]!r})")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        version, order, *rest = state
        if version != 3 or order not in ("<", ">", "=", "|") or rest[:3] != [None, None, None]:
            raise _Refused(f"numpy.dtype with state {str(state)[:60]}")
        self.dtype = self.dtype.newbyteorder(order)


def _scalar(number: _Number, raw: bytes) -> np.generic:
    """Stand for numpy's scalar constructor while unpickling."""
    if not isinstance(number, _Number) or not isinstance(raw, bytes) or len(raw) != number.dtype.itemsize:
        raise _Refused("numpy scalar of something that is not a number")
    return np.frombuffer(raw, dtype=number.dtype).astype(number.dtype.newbyteorder("="))[0]


class Record:
    """A class of another package, reduced to what it held."""


_PLAIN: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Number,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("collections", "OrderedDict"): OrderedDict,
}


class Unpickler(pickle.Unpickler):
    """An unpickler that admits plain data, and turns the classes named in ``records`` into :class:`Record`."""

    def __init__(self, file: IO[bytes], *, records: Collection[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(file, **options)
        self._records = frozenset(records)

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for an admitted name; refuse every other."""
        if (module, name) in self._records:
            return Record
        try:
            return _PLAIN[module, name]
        except KeyError:
            raise _Refused(f"{module}.{name}") from None


def read(file: IO[bytes], what: str, records: Collection[tuple[str, str]] = ()) -> Any:
    """Read one pickle from an open file; ``what`` names it in errors, ``records`` are classes to admit as records.

    Raises LucioleError for a damaged pickle and for one that asks for anything but plain data.
    """
    try:
        return Unpickler(file, records=records).load()
    except _Refused as error:
        raise LucioleError(f"expected plain data in {what}, got a pickle that asks for {error}; not loaded") from error
    except DAMAGED as error:
        raise LucioleError(
            f"expected a pickle in {what}, got truncated or foreign bytes ({type(error).__name__}); get it again"
        ) from error


def loads(data: bytes, what: str, records: Collection[tuple[str, str]] = ()) -> Any:
    """Read a pickle held in memory; see :func:`read`."""
    return read(io.BytesIO(data), what, records)


def load(path: Path, records: Collection[tuple[str, str]] = ()) -> Any:
    """Read the pickle at ``path``; see :func:`read`."""
    with Path(path).open("rb") as file:
        return read(file, str(path), records)
