"""Where a prepared data set is looked for: the reader's folder first, then the cache."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError


def prepared(name: str) -> tuple[Path, str] | None:
    """Return the path of a prepared ``.npz`` and one line saying where it is, or None where there is none."""
    folder = files.data_folder()
    if folder is not None and (folder / name).exists():
        return folder / name, f"prepared file {name} in LUCIOLE_DATA"
    if (files.cache() / name).exists():
        return files.cache() / name, f"prepared file {name} in the cache"
    return None


def arrays(path: Path, *names: str) -> dict[str, NDArray]:
    """Read named arrays of an ``.npz``, no pickles; LucioleError names the file and the array that is not there."""
    try:
        with np.load(path, allow_pickle=False) as file:
            absent = [name for name in names if name not in file]
            if absent:
                raise LucioleError(f"{path}: expected an array {absent[0]!r}, got {', '.join(file.files)}")
            return {name: file[name] for name in names}
    except LucioleError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds on a damaged file; all mean the same to a reader
        raise LucioleError(f"{path}: expected an .npz of plain arrays, cannot read it: {error}") from error
