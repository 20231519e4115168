"""The common format of whar-datasets: sessions in Parquet, activities and people in two lists beside them.

``metadata/activity_df.csv`` (activity_id, activity_name), ``metadata/session_df.csv`` (session_id, subject_id,
activity_id), ``sessions/sessions.parquet`` (timestamp, the channels, session_id); 37 published sets can be
brought into it.
"""

from pathlib import Path

import numpy as np
import pandas as pd

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
    names = dict(zip(activities["activity_id"].astype(int), activities["activity_name"].astype(str), strict=True))
    told = sessions.set_index(sessions["session_id"].astype(int))
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
        for number, rows in samples.groupby("session_id", sort=True):
            if int(number) not in told.index:
                raise LucioleError(f"{file}: expected sessions of the list session_df.csv, got session {number}")
            session = told.loc[int(number)]
            if int(session["activity_id"]) not in names:
                raise LucioleError(f"{path}: expected activities of activity_df.csv, got {session['activity_id']}")
            stamps = rows["timestamp"]
            if pd.api.types.is_datetime64_any_dtype(stamps):
                seconds = (stamps - pd.Timestamp(0, tz=stamps.dt.tz)).dt.total_seconds().to_numpy(dtype=np.float64)
            else:
                seconds = stamps.to_numpy(dtype=np.float64)
            made.append(
                Recording(
                    f"session {number}",
                    (f"session {number}",),
                    rows[list(channels)].to_numpy(dtype=np.float64),
                    channels,
                    np.full(len(rows), names[int(session["activity_id"])], dtype=object),
                    str(session["subject_id"]).removesuffix(".0"),
                    seconds,
                    absolute=True,
                )
            )
    account.say(FACT, f"the common format of whar-datasets: {len(made)} sessions, each a recording")
    return made


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
