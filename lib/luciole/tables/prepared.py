"""Prepared tables on disk: ``.npz`` files of plain columns, trusted by their SHA-256, read one column at a time.

A file is opened only if its digest is known: pinned in :mod:`luciole.tables.manifest`, or written beside it in
the format of ``sha256sum`` (``nb201.npz.sha256``). The second is how this library marks the tables that it
prepares itself; it is written last, so that a table without it was never finished. A file of your own is
vouched for the same way: ``sha256sum nb201.npz > nb201.npz.sha256``.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.tables import manifest
from luciole.tables.table import Table


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def finished(path: Path) -> bool:
    """Whether ``path`` is a table that :func:`write` completed: the file and its digest are both there."""
    return path.is_file() and _beside(path).is_file()


def _vouched(path: Path) -> str | None:
    """The digest written beside a file; None when there is none."""
    words = _beside(path).read_text(errors="replace").split() if _beside(path).is_file() else []
    return words[0] if words else None


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = npy.read_magic(file)
    reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = reader(file)
    return shape, dtype


def _column(data: bytes, member: str) -> NDArray:
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)


def read(path: Path, rows: int) -> tuple[dict[str, Callable[[], NDArray]], str]:
    """Open a prepared table: its columns, each read when called, and the file's SHA-256.

    Raises LucioleError when the file is cut short, altered or not a table of ``rows`` rows of plain numbers or
    bytes. Nothing of it is interpreted before its digest is recognised.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LucioleError(f"cannot read {path}: {error.strerror}; check the file") from error
    digest = hashlib.sha256(data).hexdigest()
    expected = {one for one in (manifest.PREPARED.get(path.name), _vouched(path)) if one}
    remedy = (
        "get it again (in the cache: delete it), or vouch for a table of your own: "
        f"sha256sum {path.name} > {path.name}.sha256"
    )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist()}
            headers = {}
            if digest in expected:
                for name, member in members.items():
                    with archive.open(member) as file:
                        headers[name] = _header(file)
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise LucioleError(
            f"expected a table in {path}, got a truncated or foreign file ({len(data)} bytes: {error}); {remedy}"
        ) from error
    if digest not in expected:
        wanted = " or ".join(sorted(one[:16] for one in expected)) or "none known for this name"
        raise LucioleError(f"expected SHA-256 {wanted} for {path}, got {digest[:16]}: altered or foreign; {remedy}")
    for name, (shape, dtype) in headers.items():
        if dtype.hasobject:
            raise LucioleError(
                f"expected plain numbers in {path}, got Python objects in {name!r}; they are never loaded"
            )
        if shape[:1] != (rows,):
            raise LucioleError(f"expected {rows} rows in {path}, got shape {shape} in {name!r}; {remedy}")
    return {name: partial(_column, data, member) for name, member in members.items()}, digest


def write(path: Path, columns: Mapping[str, NDArray]) -> None:
    """Write columns as a prepared table at ``path``, then vouch for it; killed half-way, it is never opened.

    Raises LucioleError when the disk is full, and for a column of Python objects.
    """
    for name, column in columns.items():
        if column.dtype.hasobject:
            raise LucioleError(f"expected columns of plain numbers, got Python objects in {name!r}; convert it")
    with files.atomic(path) as temporary:
        with temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **columns)
        digest = files.sha256(temporary)
        if _vouched(path) != digest:  # else another process has just written the same bytes: leave its digest
            _beside(path).unlink(missing_ok=True)
    if _vouched(path) != digest:
        with files.atomic(_beside(path)) as temporary:
            temporary.write_text(f"{digest}  {path.name}\n")


def save(table: Table, path: str | Path) -> None:
    """Save a table, such as one that took minutes to read, as a prepared file with its digest beside it.

    A table of NAS-Bench-201 saved as ``nb201.npz`` in the folder LUCIOLE_DATA is what ``tables.nb201()`` opens.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise LucioleError(f"expected a file name that ends in .npz, got {path.name!r}")
    write(path, {name: table[name] for name in table})
