"""UCI HAR as published: *Inertial Signals*, a text file of windows a channel, in parts ``train`` and ``test``."""

from pathlib import Path

import numpy as np

from luciole.datasets.reading import arrays
from luciole.datasets.reading.account import FACT, GUESS, Account, Recordings
from luciole.datasets.reading.options import Options
from luciole.errors import LucioleError

HZ = 50.0


def recognise(path: Path) -> bool:
    """A folder whose parts have a folder of inertial signals."""
    return _root(path) is not None


def read(path: Path, options: Options) -> Recordings:
    """Read the windows of both parts, the parts as the official split.

    Raises LucioleError naming the file that is missing or does not fit.
    """
    root = _root(path)
    assert root is not None  # recognise has seen it
    account, data = Account(), {}
    for part in ("train", "test"):
        signals = sorted((root / part / "Inertial Signals").glob(f"*_{part}.txt"))
        if not signals:
            raise LucioleError(f"{root / part / 'Inertial Signals'}: expected files *_{part}.txt, got none")
        data[f"X_{part}"] = np.stack([_table(file) for file in signals], axis=1)
        data[f"y_{part}"] = _table(root / part / f"y_{part}.txt")[:, 0].astype(np.int64)
        data[f"subject_{part}"] = _table(root / part / f"subject_{part}.txt")[:, 0].astype(np.int64)
        data["channel_names"] = np.array([file.stem.removesuffix(f"_{part}") for file in signals])
    listed = root / "activity_labels.txt"
    if listed.is_file():
        names = dict(line.split(maxsplit=1) for line in listed.read_text(encoding="utf-8").splitlines() if line.strip())
        for part in ("train", "test"):
            data[f"y_{part}"] = np.array([names.get(str(k), str(k)).strip() for k in data[f"y_{part}"]])
    account.say(FACT, "UCI HAR as published: its inertial signals, and its parts as the official split")
    if options.hz is None:
        data["hz"] = np.array(HZ)
        account.say(GUESS, "50 Hz, as its description says")
    return arrays.windows(path, data, options, account)


def _root(path: Path) -> Path | None:
    if not path.is_dir():
        return None
    inside = [path, *(folder for folder in sorted(path.iterdir()) if folder.is_dir())]
    return next((f for f in inside if all((f / p / "Inertial Signals").is_dir() for p in ("train", "test"))), None)


def _table(path: Path) -> np.ndarray:
    try:
        return np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise LucioleError(f"{path}: expected rows of numbers ({error})") from error
