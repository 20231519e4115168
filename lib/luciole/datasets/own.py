"""Your own recordings: an ``.npz`` of windows, or a folder of CSV files, any number of channels, any rate.

``.npz`` (what ``numpy.savez("mine.npz", X=X, y=y, subject=subject, hz=50.0)`` writes):

=================  =======================  ==================================================================
array              shape                    meaning
=================  =======================  ==================================================================
``X``              (n, channels, time)      windows
``y``              (n,)                     class of each: whole numbers or texts
``subject``        (n,), optional           who; whole numbers or texts. Without it, ``recording`` is needed to split
``recording``      (n,), optional           windows that share samples or minutes have the same number
``hz``             one number, optional     samples a second
``channel_names``  (channels,), optional    texts
``class_names``    (classes,), optional     texts; without it, the values of ``y``
=================  =======================  ==================================================================

CSV folder: every file ``*.csv`` is one recording, one row a sample, with a header. The column ``label`` names the
activity (empty: unlabelled), ``subject`` the person (optional: without it a file is its own group), ``time`` the
seconds (optional: without it give ``hz``); all other columns are channels, the same in all files. Irregular times are
brought to a regular rate. Gaps of at most 0.2 s are interpolated; a window with a longer one is dropped; both are
counted in ``Dataset.missing``.
"""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import cut, fill, majority, regular, resample
from luciole.errors import LucioleError

GAP_SECONDS = 0.2  # the longest gap that is interpolated
NOT_CHANNELS = ("label", "subject", "time")


def from_npz(path: Path) -> Dataset:
    """Read windows from an ``.npz`` as the table above describes.

    Raises LucioleError naming the file, the array, and the first bad place in it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise LucioleError(
            f"{path}: expected an .npz of plain arrays (no Python objects), cannot read it: {error}"
        ) from error
    for name in ("X", "y"):
        if name not in data:
            raise LucioleError(f"{path}: expected an array {name!r}, got {', '.join(data) or 'none'}")
    X = data["X"]
    if X.ndim != 3 or not np.issubdtype(X.dtype, np.number):
        raise LucioleError(f"{path}: expected X as numbers of shape (n, channels, time), got {X.dtype} {X.shape}")
    for name in ("y", "subject", "recording"):
        if name in data and data[name].shape != (len(X),):
            raise LucioleError(
                f"{path}: expected {name} of shape ({len(X)},) as X has {len(X)} windows, got {data[name].shape}"
            )
    if "hz" in data and (
        data["hz"].size != 1 or not np.issubdtype(data["hz"].dtype, np.number) or data["hz"].item() <= 0
    ):
        raise LucioleError(f"{path}: expected hz as one number above 0, got {data['hz']}")
    y, names = _classes(data["y"], f"{path}: y")
    if "class_names" in data and np.issubdtype(data["y"].dtype, np.integer):
        y, names = data["y"].astype(np.int64), tuple(str(name) for name in data["class_names"])
    bad = ~np.isfinite(X).all(axis=(1, 2))
    if bad.all():
        raise LucioleError(f"{path}: expected windows of finite numbers, got none; the first bad one is X[0]")
    missing = int((~np.isfinite(X)).sum())
    channels = tuple(str(name) for name in data.get("channel_names", [f"channel {i}" for i in range(X.shape[1])]))
    return Dataset(
        name=path.stem,
        X=X[~bad],
        y=y[~bad],
        class_names=names,
        channel_names=channels,
        hz=float(data["hz"].item()) if "hz" in data else None,
        subject=_numbers(data["subject"])[~bad] if "subject" in data else None,
        recording=_numbers(data["recording"])[~bad] if "recording" in data else None,
        source=f"own file {path.name}",
        licence="your own",
        missing=missing,
    )


def _classes(labels: NDArray, what: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number the classes from 0 in the order of their names."""
    if not (np.issubdtype(labels.dtype, np.integer) or labels.dtype.kind in "US"):
        raise LucioleError(f"{what}: expected classes as whole numbers or texts, got {labels.dtype}")
    names, y = np.unique(labels, return_inverse=True)
    return y.astype(np.int64), tuple(name.decode() if isinstance(name, bytes) else str(name) for name in names)


def _numbers(names: NDArray) -> NDArray[np.int64]:
    """Whole numbers as they are; texts numbered in their order."""
    if np.issubdtype(names.dtype, np.integer):
        return names.astype(np.int64)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def from_csv_folder(
    folder: Path,
    hz: float | None = None,
    seconds: float = 2.56,
    overlap: float = 0.5,
    resample_to: float | None = None,
) -> Dataset:
    """Read a folder of CSV recordings as the text above describes, and cut them into windows.

    Parameters
    ----------
    hz: rate of the files that have no ``time`` column; with one, the rate to bring it to (its median, by default).
    seconds, overlap: of the windows; a window takes the label of its majority, and none without one.
    resample_to: rate to bring everything to, filtered against aliasing.

    Raises LucioleError naming file, row (the header is row 1) and column of the first thing that is wrong.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise LucioleError(f"{folder}: expected CSV files, got none")
    if not 0 <= overlap < 1 or seconds <= 0:
        raise LucioleError(
            f"expected windows of more than 0 s and an overlap from 0 below 1, got {seconds} and {overlap}"
        )
    tables = [_read_csv(path) for path in paths]
    channels = [str(name) for name in tables[0] if name not in NOT_CHANNELS]
    rate = hz or _common_rate(paths, tables)
    target = resample_to or rate
    size = round(seconds * target)
    hop = max(1, round(size * (1 - overlap)))
    texts = sorted({str(label) for table in tables for label in table["label"].dropna()})
    pieces: dict[str, list[NDArray]] = {"X": [], "y": [], "recording": []}
    who: list[str] = []
    missing = count = 0
    for path, table in zip(paths, tables, strict=True):
        found = [str(name) for name in table if name not in NOT_CHANNELS]
        if found != channels:
            raise LucioleError(f"{path}, row 1: expected the columns {', '.join(channels)}, got {', '.join(found)}")
        person = table["subject"].astype(str) if "subject" in table else pd.Series("", index=table.index)
        for _, run in table.groupby((person != person.shift()).cumsum()):
            signal, labels, lost = _regular(path, run, channels, texts, rate)
            missing += lost
            steps = np.minimum(
                (np.arange(round(len(signal) * target / rate)) * rate / target).astype(int), len(labels) - 1
            )
            whole = resample(np.nan_to_num(signal), rate, target)
            holes = np.isnan(signal.max(axis=1))[steps]
            length = min(len(whole), len(steps))
            windows, classes = cut(whole[:length], size, hop), majority(labels[steps][:length], size, hop)
            kept = (classes >= 0) & ~cut(holes[:length, None], size, hop)[:, 0].any(axis=1)
            pieces["X"].append(windows[kept])
            pieces["y"].append(classes[kept])
            pieces["recording"].append(np.full(kept.sum(), count))
            who += [str(person[run.index[0]])] * int(kept.sum())
            count += 1
    X = np.concatenate(pieces["X"])
    if not len(X):
        raise LucioleError(
            f"{folder}: expected at least one labelled window of {seconds:g} s ({size} samples), got none"
        )
    return Dataset(
        name=folder.name,
        X=X,
        y=np.concatenate(pieces["y"]),
        class_names=tuple(texts),
        channel_names=tuple(channels),
        hz=target,
        subject=_numbers(np.array(who)) if all("subject" in table for table in tables) else None,
        recording=np.concatenate(pieces["recording"]),
        source=f"own folder {folder.name} ({len(paths)} CSV files)",
        licence="your own",
        missing=missing,
    )


def _read_csv(path: Path) -> pd.DataFrame:
    """Read one recording; every column but label and subject must be numbers (an empty cell is missing)."""
    try:
        raw = pd.read_csv(path, dtype=str, skipinitialspace=True)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise LucioleError(f"{path}: expected a CSV file with a header ({str(error).strip()})") from error
    raw.columns = [str(name).strip() for name in raw.columns]
    if "label" not in raw:
        raise LucioleError(f"{path}, row 1: expected a column 'label', got {', '.join(raw.columns)}")
    if not set(raw.columns) - set(NOT_CHANNELS):
        raise LucioleError(f"{path}, row 1: expected at least one channel beside {', '.join(raw.columns)}")
    table: dict[str, pd.Series] = {}
    for name in map(str, raw.columns):
        if name in ("label", "subject"):
            table[name] = raw[name]
            continue
        numbers = pd.to_numeric(raw[name], errors="coerce")
        wrong = numbers.isna() & raw[name].notna()
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise LucioleError(
                f"{path}, row {row + 2}, column {name!r}: expected a number, got {raw[name].iloc[row]!r}"
            )
        table[name] = numbers.astype(np.float64)
    if "subject" in table and table["subject"].isna().any():
        row = int(np.flatnonzero(table["subject"].isna())[0])
        raise LucioleError(f"{path}, row {row + 2}, column 'subject': expected a name, got an empty cell")
    return pd.DataFrame(table)


def _common_rate(paths: list[Path], tables: list[pd.DataFrame]) -> float:
    """The median rate of the time columns, the same for all files."""
    steps = []
    for path, table in zip(paths, tables, strict=True):
        if "time" not in table:
            raise LucioleError(f"{path}, row 1: expected a column 'time' in seconds, or the rate: load(..., hz=50)")
        steps.append(np.diff(table["time"].to_numpy()))
    middle = float(np.nanmedian(np.concatenate(steps)))
    if not middle > 0:
        raise LucioleError(f"{paths[0]}, column 'time': expected seconds that rise, got a median step of {middle}")
    return round(1 / middle, 3)


def _regular(
    path: Path, run: pd.DataFrame, channels: list[str], texts: list[str], rate: float
) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    """One person's rows of one file at a regular rate: signal, class of each sample, count of missing values."""
    values = run[channels].to_numpy(dtype=np.float32)
    missing = int(np.isnan(values).sum())
    position = {text: number for number, text in enumerate(texts)}
    labels = np.array([position[str(label)] if pd.notna(label) else -1 for label in run["label"]], dtype=np.int64)
    values, _ = fill(values, longest=int(GAP_SECONDS * rate))
    if "time" not in run:
        return values, labels, missing
    times = run["time"].to_numpy()
    bad = np.flatnonzero(~np.isfinite(times) | (np.diff(times, prepend=times[0]) < 0))
    if len(bad):
        row = int(run.index[bad[0]]) + 2
        raise LucioleError(
            f"{path}, row {row}, column 'time': expected seconds in ascending order, got {times[bad[0]]}"
        )
    signal = regular(values, times, rate)
    grid = times[0] + np.arange(len(signal)) / rate
    before = np.clip(np.searchsorted(times, grid + 1e-9, side="right") - 1, 0, len(times) - 1)
    after = np.minimum(before + 1, len(times) - 1)
    signal[times[after] - times[before] > GAP_SECONDS + 1 / rate] = np.nan  # a long silence is not a straight line
    return signal, labels[before], missing
