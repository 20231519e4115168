"""The common format of whar-datasets: sessions in Parquet, activities and people in two lists beside them.

``metadata/activity_df.csv`` (activity_id, activity_name), ``metadata/session_df.csv`` (session_id, subject_id,
activity_id), ``sessions/sessions.parquet`` (timestamp, the channels, session_id); 37 published sets can be
brought into it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.datasets.reading.account import FACT, Account
from luciole.datasets.reading.parquet import frame_of
from luciole.datasets.reading.recordings import Recording
from luciole.errors import LucioleError

_LISTS = {"activity_df": ("activity_id", "activity_name"), "session_df": ("session_id", "subject_id", "activity_id")}


def recognise(path: Path) -> bool:
    """A folder with both lists and the sessions."""
    return _sessions(path) is not None and all(_list(path, name) is not None for name in _LISTS)


def recordings(path: Path, account: Account) -> list[Recording]:
    """Each session as a recording.

    Raises LucioleError for a column that is missing, and for a session or an activity that no list has.
    """
    activities, sessions = (_table(path, name) for name in _LISTS)
    names = dict(zip(_numbers(activities, "activity_id"), activities["activity_name"].astype(str), strict=True))
    doing = dict(zip(_numbers(sessions, "session_id"), _numbers(sessions, "activity_id"), strict=True))
    wearing = dict(zip(_numbers(sessions, "session_id"), sessions["subject_id"].astype(str), strict=True))
    source = _sessions(path)
    assert source is not None  # recognise has seen it
    made = []
    for file in source:
        samples = frame_of(file)
        session_of_file = file.stem.split("_")[-1]
        if "session_id" not in samples and session_of_file.isdigit():
            samples["session_id"] = int(session_of_file)
        absent = [name for name in ("timestamp", "session_id") if name not in samples]
        if absent:
            raise LucioleError(f"{file}: expected a column {absent[0]!r}, got {', '.join(map(str, samples.columns))}")
        channels = tuple(str(name) for name in samples.columns if name not in ("timestamp", "session_id"))
        numbers = np.array(_numbers(samples, "session_id"))
        seconds = _seconds(samples["timestamp"])
        values = samples[list(channels)].to_numpy(dtype=np.float64)
        for number in np.unique(numbers).tolist():
            if number not in doing:
                raise LucioleError(f"{file}: expected sessions of the list session_df.csv, got session {number}")
            if doing[number] not in names:
                raise LucioleError(f"{path}: expected activities of activity_df.csv, got {doing[number]}")
            rows = np.flatnonzero(numbers == number)
            labels = np.array([names[doing[number]]] * len(rows), dtype=object)
            name, person = f"session {number}", wearing[number].removesuffix(".0")
            made.append(Recording(name, (name,), values[rows], channels, labels, person, seconds[rows], absolute=True))
    account.say(FACT, f"the common format of whar-datasets: {len(made)} sessions, each a recording")
    return made


def _numbers(table: pd.DataFrame, column: str) -> list[int]:
    return table[column].astype("int64").tolist()


def _seconds(stamps: pd.Series) -> NDArray[np.float64]:
    if pd.api.types.is_datetime64_any_dtype(stamps):
        stamps = (stamps - pd.Timestamp(0, tz=stamps.dt.tz)).dt.total_seconds()
    return np.asarray(stamps, dtype=np.float64)


def _list(path: Path, name: str) -> Path | None:
    found = [path / "metadata" / f"{name}{ending}" for ending in (".csv", ".parquet")]
    return next((file for file in found if file.is_file()), None)


def _sessions(path: Path) -> list[Path] | None:
    found = sorted((path / "sessions").glob("*.parquet")) if path.is_dir() else []
    return found or None


def _table(path: Path, name: str) -> pd.DataFrame:
    file = _list(path, name)
    assert file is not None  # recognise has seen it
    table = frame_of(file) if file.suffix == ".parquet" else pd.read_csv(file)
    absent = [column for column in _LISTS[name] if column not in table]
    if absent:
        raise LucioleError(f"{file}: expected a column {absent[0]!r}, got {', '.join(map(str, table.columns))}")
    return table
