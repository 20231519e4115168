"""``.ts`` files of aeon and sktime: windows already cut, dimensions between colons, the class last."""

from pathlib import Path

import numpy as np

from luciole.datasets.reading import arrays
from luciole.datasets.reading.account import FACT, Account, Recordings
from luciole.datasets.reading.content import text
from luciole.datasets.reading.options import Options
from luciole.errors import LucioleError


def recognise(path: Path) -> bool:
    """A ``.ts`` file, or a folder that holds some."""
    return path.suffix.lower() == ".ts" or (path.is_dir() and any(path.glob("*.ts")))


def read(path: Path, options: Options) -> Recordings:
    """Read one file, or a folder's ``NAME_TRAIN.ts`` and ``NAME_TEST.ts`` as an official split.

    Raises LucioleError for series of unequal length, with time stamps, or without classes.
    """
    files = sorted(path.glob("*.ts")) if path.is_dir() else [path]
    data: dict[str, np.ndarray] = {}
    if len(files) == 1:
        data["X"], data["y"] = _series(files[0])
    else:
        for file in files:
            part = file.stem.split("_")[-1].lower()
            if part not in arrays.PARTS or f"X_{part}" in data:
                raise LucioleError(f"{path}: expected one file, or NAME_TRAIN.ts and NAME_TEST.ts, got {file.name}")
            data[f"X_{part}"], data[f"y_{part}"] = _series(file)
    if len({array.shape[1:] for name, array in data.items() if name.startswith("X")}) > 1:
        raise LucioleError(
            f"{path}: expected parts of one shape, got {[a.shape for a in data.values() if a.ndim == 3]}"
        )
    account = Account()
    account.say(FACT, "windows from .ts files, as aeon and sktime write them")
    count = next(array.shape[1] for name, array in data.items() if name.startswith("X"))
    data["channel_names"] = np.array([f"channel {k}" for k in range(count)])
    return arrays.windows(path, data, options, account)


def _series(path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines, head, rows, classes = text(path)[0].splitlines(), {}, [], []
    begun = False
    for number, line in enumerate((line.strip() for line in lines), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("@") and not begun:
            word, *rest = line[1:].split()
            head[word.lower()] = " ".join(rest).lower()
            begun = word.lower() == "data"
            continue
        if not begun:
            raise LucioleError(f"{path}, row {number}: expected @data before the first series, got {line[:40]!r}")
        *dimensions, name = line.split(":")
        if head.get("timestamps") == "true" or not dimensions or head.get("classlabel", "true").startswith("false"):
            raise LucioleError(f"{path}, row {number}: expected series without time stamps and with a class")
        try:
            rows.append([[np.nan if v.strip() == "?" else float(v) for v in one.split(",")] for one in dimensions])
        except ValueError as error:
            raise LucioleError(f"{path}, row {number}: expected numbers between commas ({error})") from error
        classes.append(name.strip())
    shapes = {tuple(map(len, row)) for row in rows}
    if not rows or len(shapes) > 1 or len(set(next(iter(shapes)))) > 1:
        raise LucioleError(f"{path}: expected series of one length and number of channels, got {len(shapes)} kinds")
    return np.array(rows, dtype=np.float64), np.array(classes)
