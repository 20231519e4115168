"""From a sheet whose columns are known to recordings: one person, one stretch of ascending time, labels a sample."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.reading.account import FACT, GUESS, HARM, LOSS, Account
from luciole.datasets.reading.clocks import Clock, clock
from luciole.datasets.reading.options import Options
from luciole.datasets.reading.roles import Roles
from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError

SELDOM = 0.1  # of all rows, at most, with a cell that stands for those below it


@dataclass(frozen=True)
class Recording:
    """One stretch of samples of one person."""

    name: str  # of its file, for messages
    place: tuple[str, ...]  # of its file
    values: NDArray[np.float64]  # (time, channels), NaN where missing
    channels: tuple[str, ...]
    labels: NDArray[np.object_]  # (time,), "" where unlabelled
    person: str | None
    seconds: NDArray[np.float64] | None  # (time,)
    hz: float | None = None  # where there are no times
    absolute: bool = False
    words: frozenset[str] = field(default_factory=frozenset)  # of its file's name that say a sensor or a place


def recordings(
    sheet: Sheet, found: Roles, options: Options, account: Account, times: Clock | None = None
) -> list[Recording]:
    """Cut a sheet into recordings where the person, a recording's number or a marked line changes, or time goes back.

    ``times`` are those of its rows, where they were read with rows of other sensors.
    Raises LucioleError naming file, row and column of the first cell that is wrong.
    """
    where = "/".join(sheet.place)
    for harm, finding in sheet.notes:
        account.say(harm, finding, where)
    if not found.channels:
        raise LucioleError(
            f"{sheet.path}: expected a channel that does not tell the label by itself; name it in channels="
        )
    values = np.stack([_channel(sheet, name, account) for name in found.channels], axis=1)
    labels = _cells(sheet, found.label) if found.label else np.full(len(values), sheet.label or "", dtype=object)
    people = _people(sheet, found.person) if found.person else np.full(len(values), sheet.person or "", dtype=object)
    if found.time and times is None:
        times = clock(sheet, found.time, options.hz, found.millis)
    if times is not None:
        _say_clock(times, sheet, found, account)
    if found.label and sheet.filled(found.label).any():
        account.say(FACT if found.label == "label" else GUESS, f"the label is column {found.label!r}", where)
    if found.person:
        account.say(FACT if found.person == "subject" else GUESS, f"the person is column {found.person!r}", where)
    begins = {0, *sheet.breaks, *_changes(people)}
    for name in found.recording:
        begins |= set(_changes(sheet.texts(name)))
    if times is not None:
        back = _back(sheet, str(found.time), times.seconds, begins)
        if back:
            account.say(FACT, "time goes back: another recording begins there", where)
        begins |= set(back)
    cuts = sorted(begin for begin in begins if begin < len(values))
    made = []
    for begin, end in zip(cuts, [*cuts[1:], len(values)], strict=True):
        rows = slice(begin, end)
        if found.label:
            labels[rows] = _held(sheet, found.label, labels[rows], begin, account)
        recording = Recording(
            sheet.path.name,
            sheet.place,
            values[rows],
            tuple(found.channels),
            labels[rows],
            str(people[begin]) or None,
            times.seconds[rows] if times is not None else None,
            sheet.hz or options.hz,
            times.absolute if times is not None else False,
        )
        made.append(_without_repeats(recording, account))
    return made


def _say_clock(times: Clock, sheet: Sheet, found: Roles, account: Account) -> None:
    shown = f"{found.time!r}" + (f" with {found.millis!r}" if found.millis else "")
    plain = times.unit == "s" and found.time == "time"
    account.say(FACT if plain else GUESS, f"time is {shown}, in {times.unit}", "/".join(sheet.place))


def _channel(sheet: Sheet, name: str, account: Account) -> NDArray[np.float64]:
    values = sheet.numbers(name)
    wrong = sheet.wrong(name)
    if len(wrong):
        raise LucioleError(
            f"{sheet.path}, row {sheet.rows[wrong[0]]}, column {name!r}: expected a number, got "
            f"{sheet.texts(name)[wrong[0]]!r}"
        )
    infinite = np.isinf(values)
    if infinite.any():
        account.say(
            LOSS, f"column {name!r} has {int(infinite.sum())} infinite values: read as missing", "/".join(sheet.place)
        )
        values = np.where(infinite, np.nan, values)
    return values


def _cells(sheet: Sheet, column: str) -> NDArray[np.object_]:
    """Labels as they stand; a number that a table program made broken is the whole one that it was."""
    return whole(sheet.texts(column))


def whole(names: NDArray[np.object_]) -> NDArray[np.object_]:
    """Names, with 1.0 as 1.

    >>> whole(np.array(["1.0", "1", "2.50", "walk"], dtype=object)).tolist()
    ['1', '1', '2.50', 'walk']
    """
    unique, at = np.unique(names.astype(str), return_inverse=True)
    stems = [name.strip() for name in unique]
    kept = []
    for name, stem in zip(unique.tolist(), stems, strict=True):
        number = "." in stem and stem.isascii() and stem.replace(".", "", 1).isdigit()
        kept.append(str(int(float(stem))) if number and float(stem).is_integer() else name)
    return np.array(kept, dtype=object)[at]


def _held(sheet: Sheet, column: str, cells: NDArray, begin: int, account: Account) -> NDArray[np.object_]:
    """Cells that stand alone, the first in the first row: written where they change, each holds until the next."""
    marks = np.flatnonzero([cell != "" for cell in cells])
    if not len(marks) or len(marks) > SELDOM * len(cells) or (np.diff(marks) == 1).sum() > SELDOM * len(marks):
        return cells
    if marks[0] != 0:
        raise LucioleError(
            f"{sheet.path}, column {column!r}: expected an activity in every row, or one in the first row that holds "
            f"until the next, got {len(marks)} in {len(cells)} rows, the first in row {sheet.rows[begin + marks[0]]}; "
            f"write what holds before it (unknown, say) into row {sheet.rows[begin]}"
        )
    account.say(
        HARM, f"column {column!r} is filled where it changes: each cell holds until the next", "/".join(sheet.place)
    )
    return cells[marks][np.searchsorted(marks, np.arange(len(cells)), side="right") - 1]


def _people(sheet: Sheet, column: str) -> NDArray[np.object_]:
    filled = sheet.filled(column)
    names = np.unique(sheet.texts(column)[filled])
    if filled[0] and len(names) == 1 and filled.mean() < SELDOM:  # written once, for the whole of the file
        return np.full(len(filled), str(whole(names)[0]).strip(), dtype=object)
    if not filled.all():
        row = int(np.flatnonzero(~filled)[0])
        raise LucioleError(
            f"{sheet.path}, row {sheet.rows[row]}, column {column!r}: expected a name, got an empty cell"
        )
    names = whole(sheet.texts(column))
    return np.array([str(name).strip() for name in names], dtype=object)


def _changes(cells: NDArray[np.object_]) -> list[int]:
    return [int(k) + 1 for k in np.flatnonzero(cells[1:] != cells[:-1])]


def _back(sheet: Sheet, column: str, seconds: NDArray[np.float64], begins: set[int]) -> list[int]:
    """Rows at which time goes back to begin anew; a single row out of place is refused."""
    unread = np.flatnonzero(~np.isfinite(seconds))
    if len(unread):
        raise LucioleError(
            f"{sheet.path}, row {sheet.rows[unread[0]]}, column {column!r}: expected a time, got "
            f"{sheet.texts(column)[unread[0]]!r}"
        )
    found = []
    for row in (int(k) + 1 for k in np.flatnonzero(np.diff(seconds) < 0)):
        if row in begins:
            continue
        if row + 1 < len(seconds) and seconds[row + 1] >= seconds[row - 1]:
            cells = sheet.texts(column)
            raise LucioleError(
                f"{sheet.path}, row {sheet.rows[row]}, column {column!r}: expected times in ascending order, got "
                f"{cells[row]} after {cells[row - 1]}; mend or delete that row"
            )
        found.append(row)
    return found


def _without_repeats(recording: Recording, account: Account) -> Recording:
    """Drop rows written twice: same time, same values as the row before, where few rows share their time."""
    if recording.seconds is None or len(recording.seconds) < 3:
        return recording
    same = np.diff(recording.seconds) == 0
    if not same.any() or same.mean() > 0.2:
        return recording
    equal = (np.diff(recording.values, axis=0) == 0).all(axis=1)
    keep = np.append(True, ~(same & equal))
    if keep.all():
        return recording
    account.say(LOSS, f"{int((~keep).sum())} rows written twice", recording.name)
    return replace(
        recording, values=recording.values[keep], labels=recording.labels[keep], seconds=recording.seconds[keep]
    )


def named(people: list[str | None], account: Account) -> list[str | None]:
    """One name a person: names that differ by capitals alone are one, and that is said."""
    return [_one_spelling(people, account, "person")[name] if name else None for name in people]


def _one_spelling(names: list[str | None], account: Account, what: str) -> dict[str, str]:
    """Each name in the spelling met most: blanks around it and capitals make no other name, but for single letters."""
    groups: dict[str, list[str]] = {}
    for name in names:
        if name:
            stem = name.strip()
            groups.setdefault(stem.casefold() if len(stem) > 1 else stem, []).append(name)
    chosen: dict[str, str] = {}
    for spellings in groups.values():
        stems = [spelling.strip() for spelling in spellings]
        best = max(sorted(set(stems)), key=stems.count)
        if len(set(spellings)) > 1:
            shown = " and ".join(repr(spelling) for spelling in sorted(set(spellings)))
            account.say(HARM, f"{what} {shown} are read as one, {best!r}")
        chosen |= dict.fromkeys(spellings, best)
    return chosen
