"""Several sensors in one table: rows that a column names, columns with a clock each, or rows of each in turn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.reading.account import GUESS, HARM, Account
from luciole.datasets.reading.roles import Roles
from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError

ALIKE = 0.02  # of two columns' cells, at most, filled in one alone: one sensor's
CHANCE = 0.75  # rows that two columns fill together, over those by chance: below it they avoid each other
WHOLE = 0.8  # of all rows, at least, that sensors in turn fill together


@dataclass(frozen=True)
class Part:
    """One sensor of a table."""

    word: str  # before the names of its channels; "" where these are its own
    rows: NDArray[np.bool_]
    channels: list[str]
    time: str | None


def parts(sheet: Sheet, found: Roles, account: Account) -> list[Part]:
    """Return the sensors of a table, one where it holds no more, and say by what they were told apart.

    Raises LucioleError where a column names a sensor whose rows fill nothing.
    """
    for way in (_named, _clocked, _in_turn):
        made, why = way(sheet, found)
        if len(made) > 1:
            account.say(GUESS, why, "/".join(sheet.place))
            break
    used = {part.time for part in made}
    for name in found.clocks:
        if name not in used:
            account.say(
                HARM, f"column {name!r} is a clock and would tell one recording from another: left out",
                "/".join(sheet.place),
            )  # fmt: skip
    return made


def _named(sheet: Sheet, found: Roles) -> tuple[list[Part], str]:
    """Sensors, places or axes that a column names, row by row; each with the channels that it fills."""
    columns = [name for name in found.position if sheet.frame[name].nunique() > 1]
    if not columns:
        return [], ""
    keys = sheet.frame[columns[0]].str.strip()
    for name in columns[1:]:
        keys = keys + " " + sheet.frame[name].str.strip()
    made = []
    for word in sorted(keys.unique()):
        rows = (keys == word).to_numpy()
        channels = [name for name in found.channels if sheet.filled(name)[rows].any()]
        if not channels:
            raise LucioleError(f"{sheet.path}: expected numbers in the rows of {columns[0]} {word!r}, got none")
        made.append(Part(word, rows, channels, found.time))
    return made, f"column {', '.join(columns)} parts rows of {len(made)} sensors or places: joined"


def _clocked(sheet: Sheet, found: Roles) -> tuple[list[Part], str]:
    """Sensors side by side, a column of times before the channels of each, at rates of their own."""
    blocks: dict[str, list[str]] = {}
    last = ""
    for name in sheet.columns:
        if name == found.time or name in found.clocks:
            last = name
        elif name in found.channels:
            blocks.setdefault(last, []).append(name)
    if len(blocks) < 2 or "" in blocks:
        return [], ""
    stamps = {name: sheet.numbers(name)[np.isfinite(sheet.numbers(name))] for name in blocks}
    ends = {(len(values), values[-1] if len(values) else None) for values in stamps.values()}
    rising = all(len(values) > 2 and (np.diff(values) > 0).all() for values in stamps.values())
    if len(ends) == 1 or not rising:  # the same clock again, or the time of a row in other words
        return [], ""
    made = [Part("", np.isfinite(sheet.numbers(name)), channels, name) for name, channels in blocks.items()]
    return made, f"a clock for each of {len(made)} sensors ({', '.join(blocks)}): parted by sensor"


def _in_turn(sheet: Sheet, found: Roles) -> tuple[list[Part], str]:
    """Sensors whose rows come in turn, each filling columns of its own; what lies in rows of others is left out."""
    sensors: list[tuple[list[str], NDArray[np.bool_]]] = []
    for name in found.channels:
        filled = np.isfinite(sheet.numbers(name))
        for k, (names, rows) in enumerate(sensors):
            if _together(filled, rows):
                sensors[k] = ([*names, name], rows | filled)
                break
        else:
            sensors.append(([name], filled))
    covered = np.logical_or.reduce([rows for _, rows in sensors])
    if len(sensors) == 1 or covered.mean() < WHOLE:
        rows = np.ones_like(covered)
        for name in found.left:  # rows of a sensor that channels= leaves out
            rows &= covered | ~np.isfinite(sheet.numbers(name))
        return [Part("", rows, found.channels, found.time)], ""
    shown = " · ".join(", ".join(names[:3]) for names, _ in sensors)
    return (
        [Part("", rows, names, found.time) for names, rows in sensors],
        f"rows of {len(sensors)} sensors in turn, each filling its own columns ({shown}): parted by sensor",
    )


def _together(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether two columns are filled in the same rows, or in rows that do not avoid each other."""
    if (one != other).sum() <= ALIKE * max(one.sum(), other.sum()):
        return True
    return bool((one & other).mean() > CHANCE * one.mean() * other.mean())
