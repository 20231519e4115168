"""Empatica E4: no times; row 1 is the start in seconds since 1970, row 2 the rate, each the same in all columns."""

import numpy as np

from luciole.datasets.reading.account import FACT
from luciole.datasets.reading.sheets import Sheet

NAME = "Empatica"


def recognise(sheet: Sheet) -> bool:
    """Two first rows that are no samples: a time between 2001 and 2096, then a rate below 2,000 Hz."""
    table = _numbers(sheet)
    if len(sheet.frame) < 3 or not table.size:
        return False
    start, rate = table[0], table[1]
    return bool(
        1e9 <= start[0] < 4e9
        and (start == start[0]).all()
        and 0.1 <= rate[0] <= 2000
        and (rate == rate[0]).all()
        and np.nanmax(np.abs(table[2:])) < 1e8
    )


def translate(sheet: Sheet) -> Sheet:
    """Take both rows out; times follow from them."""
    table = _numbers(sheet)
    names = [name for name in sheet.columns if np.isfinite(sheet.numbers(name)[:2]).all()]
    start, rate = float(table[0, 0]), float(table[1, 0])
    rest = sheet.take(np.arange(2, len(sheet.frame)))
    rest.frame = rest.frame.assign(**{"start and rate": [repr(start + k / rate) for k in range(len(rest.frame))]})
    rest.roles = {**sheet.roles, "start and rate": "time"}
    if not sheet.named and len(names) == 3:
        rest.frame = rest.frame.rename(columns=dict(zip(names, "xyz", strict=True)))
        rest.named = True
    rest.notes = [*sheet.notes, (FACT, f"rows 1 and 2 are no samples: the start, and {rate:g} Hz")]
    return rest


def _numbers(sheet: Sheet) -> np.ndarray:
    """The columns whose first two cells are numbers."""
    columns = [sheet.numbers(name) for name in sheet.columns]
    kept = [column for column in columns if len(column) > 2 and np.isfinite(column[:2]).all()]
    return np.stack(kept, axis=1) if kept else np.empty((0, 0))
