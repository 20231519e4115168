"""Parquet: a table whose columns have types; needs the package pyarrow."""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from luciole.datasets.reading.content import content
from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError


def read(path: Path, place: tuple[str, ...]) -> list[Sheet]:
    """Read one Parquet file; an index of its own that has a name, or is a time, becomes a column."""
    frame = frame_of(path)
    if frame.index.name or isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.reset_index(names=[str(frame.index.name or "time")])
    return [sheet_of(frame, path, place)]


def frame_of(path: Path) -> pd.DataFrame:
    """The table in a Parquet file; LucioleError where it is none, or pyarrow is missing."""
    try:
        return pd.read_parquet(io.BytesIO(content(path)))
    except ImportError:
        raise LucioleError(f"{path}: expected the package pyarrow to read it, got none: pip install pyarrow") from None
    except LucioleError:
        raise
    except Exception as error:  # pyarrow raises many kinds on a damaged file; all mean the same to a reader
        raise LucioleError(f"{path}: expected a Parquet file, cannot read it: {error}".splitlines()[0]) from error


def sheet_of(frame: pd.DataFrame, path: Path, place: tuple[str, ...], **more: object) -> Sheet:
    """A table with types as a sheet of texts."""
    told = {}
    for name in frame.columns:
        cells = frame[name]
        if pd.api.types.is_datetime64_any_dtype(cells):
            told[str(name)] = cells.dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
        elif pd.api.types.is_float_dtype(cells):
            told[str(name)] = pd.Series([("" if v != v else repr(float(v))) for v in cells.tolist()], index=frame.index)
        else:
            told[str(name)] = cells.astype(object).where(cells.notna(), "").astype(str)
    texts = pd.DataFrame(told).reset_index(drop=True)
    return Sheet(path, place, texts, np.arange(1, len(texts) + 1), **more)  # type: ignore[arg-type]
