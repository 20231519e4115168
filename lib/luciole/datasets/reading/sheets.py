"""A table as a file holds it: names of columns, cells as texts, and where in the file each row stands."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.errors import LucioleError

MISSING = ("", "nan", "na", "n/a", "null", "none", "-", "?", "<na>")


class NoTable(LucioleError):
    """A file in which there is no table at all: notes, as a rule."""


@dataclass
class Sheet:
    """One table, and what its file or its dialect says of all of it."""

    path: Path
    place: tuple[str, ...]  # folders below the path given, then the file's name without its ending
    frame: pd.DataFrame  # texts; "" where a cell is empty
    rows: NDArray[np.int64]  # the line of the file that each row stands in, from 1
    named: bool = True  # the file names its columns
    above: list[str] = field(default_factory=list)  # lines before the table
    header: int = 1  # line of the names of columns
    decimal: str = "."
    breaks: tuple[int, ...] = ()  # rows with which another recording begins
    hz: float | None = None
    label: str | None = None  # of all rows, where a dialect knows it
    person: str | None = None
    roles: dict[str, str] = field(default_factory=dict)  # column to role, where a dialect knows it
    notes: list[tuple[int, str]] = field(default_factory=list)  # findings, with their harm
    _numbers: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _filled: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return [str(name) for name in self.frame.columns]

    def texts(self, column: str) -> NDArray[np.object_]:
        """The cells of a column, as they stand."""
        return self.frame[column].to_numpy(dtype=object)

    def numbers(self, column: str) -> NDArray[np.float64]:
        """The cells of a column as numbers; NaN where a cell is empty or holds something else."""
        if column not in self._numbers:
            cells = self.frame[column].str.strip()
            if self.decimal == ",":
                cells = cells.str.replace(",", ".", regex=False)
            self._numbers[column] = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
        return self._numbers[column]

    def wrong(self, column: str) -> NDArray[np.int64]:
        """Rows whose cell is neither a number nor one of the usual signs of a missing one."""
        unread = np.flatnonzero(np.isnan(self.numbers(column)))
        return unread[~self.frame[column].iloc[unread].str.strip().str.lower().isin(MISSING).to_numpy(dtype=bool)]

    def filled(self, column: str) -> NDArray[np.bool_]:
        """Where a cell holds anything."""
        if column not in self._filled:
            self._filled[column] = (self.frame[column].str.strip() != "").to_numpy(dtype=bool)
        return self._filled[column]

    def take(self, rows: NDArray) -> "Sheet":
        """The same sheet with some of its rows."""
        kept = np.flatnonzero(rows) if rows.dtype == bool else rows
        breaks = tuple(int(row) for row in np.searchsorted(kept, self.breaks))
        return Sheet(
            self.path, self.place, self.frame.iloc[kept].reset_index(drop=True), self.rows[kept], self.named,
            self.above, self.header, self.decimal, breaks, self.hz, self.label, self.person, dict(self.roles),
        )  # fmt: skip
