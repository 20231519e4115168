"""Columns of times to seconds: numbers in s, ms, µs or ns, dates, times of day, seconds beside milliseconds.

The unit is what the column's name says; else what the numbers say by themselves (seconds since 1970 are ten digits);
else the only one of the four under which the samples come at a rate that sensors have. Where two fit, it is asked.
"""

import re
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError

UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
SLOWEST, FASTEST = 0.8, 2000.0  # Hz that a sensor of movement may have
_NAMED = {
    "ns": r"nano\w*|ns",
    "µs": r"micro\w*|us|µs|μs",
    "ms": r"milli\w*|msec\w*|ms",
    "s": r"sec\w*|s",
}
_DIGITS = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)([01]\d|2[0-3])([0-5]\d)([0-5]\d)(\d{3})?")
_DAY_TIME = re.compile(r"\d{1,2}:\d{2}:\d{2}([.,:]\d+)?")


@dataclass(frozen=True)
class Clock:
    """One file's times in seconds, and how they were understood."""

    seconds: NDArray[np.float64]  # NaN where a cell holds no time
    unit: str
    absolute: bool  # since 1970 or a date: clocks of two files can be compared


def unit_named(name: str) -> str:
    """The unit that a column's name carries, or "".

    >>> unit_named("Time (s)"), unit_named("timestamp_ms"), unit_named("seconds_elapsed"), unit_named("time")
    ('s', 'ms', 's', '')
    """
    words = re.split(r"[^a-zµμ]+", name.lower())
    for unit, pattern in _NAMED.items():
        if any(re.fullmatch(pattern, word) for word in words):
            return unit
    return ""


def is_date(cells: NDArray[np.object_]) -> bool:
    """Whether texts are dates or times of day, by the first few."""
    some = list(islice((stem for cell in cells if (stem := str(cell).strip())), 20))
    written = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d{2}:\d{2}"
    return is_digits(cells) or (bool(some) and all(re.match(written, cell) for cell in some))


def is_digits(cells: NDArray[np.object_]) -> bool:
    """Whether texts are dates written in digits alone, year to second or millisecond, by the first few.

    >>> is_digits(np.array(["20150715122743", "20150715122744"])), is_digits(np.array(["1436963263000"]))
    (True, False)
    """
    some = [str(cell).strip() for cell in cells[:20]]
    return bool(some) and all(_DIGITS.fullmatch(cell) for cell in some)


def clock(sheet: Sheet, column: str, hz: float | None, millis: str | None = None) -> Clock:
    """Turn a sheet's column of times into seconds; ``hz``, where it is known, settles a unit in doubt.

    ``millis`` is a column of milliseconds within the second that ``column`` counts.
    """
    cells = sheet.texts(column)
    if is_date(cells):
        return _dates(sheet, column)
    wrong = sheet.wrong(column)
    if len(wrong):
        raise LucioleError(
            f"{sheet.path}, row {sheet.rows[wrong[0]]}, column {column!r}: expected a time, got {cells[wrong[0]]!r}"
        )
    values, base = _exact(sheet, column)
    if millis is not None:
        unit, scale = "s and ms", 1.0
        values = values + sheet.numbers(millis) / 1e3
    else:
        unit = _unit(sheet, column, values, base, hz)
        scale = UNITS[unit]
    return Clock(values * scale + base * scale, unit, _epoch(base + _first(values)) is not None)


def _exact(sheet: Sheet, column: str) -> tuple[NDArray[np.float64], float]:
    """Numbers less the first whole one: nanoseconds since 1970 need more digits than a float has."""
    cells = sheet.frame[column].str.strip()
    if cells.str.fullmatch(r"\d{1,18}|[1-8]\d{18}").all():
        whole = cells.astype("int64").to_numpy()
        base = int(whole[0])
        return (whole - base).astype(np.float64), float(base)
    return sheet.numbers(column).copy(), 0.0


def _first(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[0]) if len(finite) else 0.0


def _epoch(value: float) -> str | None:
    """The unit under which a number is a time between 2001 and 2096, or None."""
    return next((unit for unit, scale in UNITS.items() if 1e9 <= value * scale < 4e9), None)


def step(values: NDArray[np.float64]) -> float:
    """The mean distance of samples, silences and returns left out; equal stamps count as samples."""
    steps = np.diff(values[np.isfinite(values)])
    rising = steps[steps > 0]
    if not len(rising):
        return 0.0
    kept = steps[(steps >= 0) & (steps <= 10 * np.median(rising))]
    return float(kept.sum() / len(kept))


def _unit(sheet: Sheet, column: str, values: NDArray, base: float, hz: float | None) -> str:
    distance = step(values)
    if not distance > 0:
        raise LucioleError(
            f"{sheet.path}, column {column!r}: expected times that rise, got {_first(values) + base:g} throughout; "
            "name another with time=, or take it out and give the rate: hz=50"
        )
    rates = {unit: 1 / (distance * scale) for unit, scale in UNITS.items()}
    likely = [unit for unit, rate in rates.items() if SLOWEST <= rate <= FASTEST]
    named = unit_named(column)
    if named and (named in likely or not likely):
        return named
    if (since := _epoch(base + _first(values))) and since in likely:
        return since
    if hz is not None:
        near = [unit for unit in UNITS if 0.6 < rates[unit] / hz < 1.7]
        if near:
            return near[0]
    counts = distance == 1 and bool((values == np.round(values)).all())
    if len(likely) == 1 and not counts and not named:
        return likely[0]
    choices = " or ".join(f"hz={rates[unit]:g} ({unit})" for unit in likely) or "hz= with the true rate"
    what = f"named in {named}" if named else "of an unknown unit"
    raise LucioleError(
        f"{sheet.path}, column {column!r}: expected times, got numbers {what} {distance:g} apart: say {choices}"
    )


def _dates(sheet: Sheet, column: str) -> Clock:
    cells = sheet.frame[column].str.strip().str.replace(r"(:\d{2}:\d{2}):(\d+)", r"\1.\2", regex=True)
    cells = cells.str.replace(r"(:\d{2}),(\d+)", r"\1.\2", regex=True)
    if is_digits(sheet.texts(column)):
        cells = cells.str.replace(_DIGITS, r"\1-\2-\3T\4:\5:\6.\7", regex=True).str.rstrip(".")
    if _DAY_TIME.fullmatch(str(cells.iloc[0])):
        parts = pd.to_timedelta(cells, errors="coerce").dt.total_seconds().to_numpy(dtype=np.float64, copy=True)
        midnight = np.diff(parts, prepend=parts[:1]) < -43_200
        seconds, absolute = parts + 86_400 * np.cumsum(midnight), False
    else:
        stamps = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
        if stamps.isna().mean() > 0.5:
            dayfirst = bool(re.match(r"\d{1,2}[./-]", str(cells.iloc[0]))) and not _month_first(cells)
            stamps = pd.to_datetime(cells, format="mixed", dayfirst=dayfirst, errors="coerce", utc=True)
        seconds, absolute = (stamps - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64), True
    bad = np.flatnonzero(np.isnan(seconds) & sheet.filled(column))
    if len(bad):
        raise LucioleError(
            f"{sheet.path}, row {sheet.rows[bad[0]]}, column {column!r}: expected a date or a time of day, "
            f"got {sheet.texts(column)[bad[0]]!r}"
        )
    return Clock(seconds, "dates" if absolute else "times of day", absolute)


def _month_first(cells: pd.Series) -> bool:
    parts = cells.str.extract(r"(\d{1,2})[-/.](\d{1,2})")
    return bool((pd.to_numeric(parts[1], errors="coerce") > 12).any())
