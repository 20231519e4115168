"""What stands in a file beside the recordings: annotations (start, end, label), or a list of who did what."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np

from luciole.datasets.reading import words
from luciole.datasets.reading.account import GUESS, LOSS, Account
from luciole.datasets.reading.clocks import UNITS, Clock, clock, unit_named
from luciole.datasets.reading.legends import Legend
from luciole.datasets.reading.paths import parts
from luciole.datasets.reading.recordings import Recording, whole
from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError

START = ("start", "begin", "onset", "from", "start time", "begin time", "starttime", "time start", "t start", "start s")
END = ("end", "stop", "offset", "to", "end time", "stop time", "endtime", "time end", "t end", "end s")

SPOKEN = {"labels", "label", "annotation", "annotations", "events", "tags", "activities", "markers"}


@dataclass
class Beside:
    """Annotations and lists found beside the recordings."""

    annotations: list[Sheet] = field(default_factory=list)
    lists: list[Sheet] = field(default_factory=list)
    legends: list[Legend] = field(default_factory=list)

    def apply(self, made: list[Recording], account: Account) -> list[Recording]:
        """Give recordings the labels and people that files beside them hold."""
        for sheet in self.lists:
            made = _listed(sheet, made, account)
        if self.annotations:
            made = [self._annotated(one, account) for one in made]
        return made

    def _annotated(self, one: Recording, account: Account) -> Recording:
        mine = [sheet for sheet in self.annotations if _belongs(sheet, one, len(self.annotations) == 1)]
        if not mine:
            return one
        if one.seconds is None:
            raise LucioleError(f"{one.name}: expected a column of times, to which {mine[0].path.name} refers, got none")
        labels = one.labels.copy()
        for sheet in mine:
            file = _column(sheet, words.FILE)
            starts, ends = _spans(sheet)
            texts = whole(sheet.texts(str(_column(sheet, words.LABEL))))
            rows = range(len(texts))
            spoken = [k for k in rows if file is None or _same(str(sheet.texts(file)[k]), one)]
            zero = 0.0 if starts.absolute == one.absolute else one.seconds[0]
            for k in spoken:
                labels[(one.seconds >= starts.seconds[k] + zero) & (one.seconds < ends.seconds[k] + zero)] = texts[k]
            late = sum(starts.seconds[k] + zero > one.seconds[-1] for k in spoken)
            if not (labels != "").any() or 2 * late >= len(spoken):
                raise LucioleError(
                    f"{sheet.path}: expected times within those of {one.name} ({one.seconds[0]:.10g} to "
                    f"{one.seconds[-1]:.10g} s), got {starts.seconds[0]:.10g} to {starts.seconds[-1]:.10g}; "
                    "give both in the same unit"
                )
            if zero:
                account.say(GUESS, "annotations count from the start of the recording", sheet.path.name)
        how = "by start and end" if _column(mine[0], END) else "by time, each until the next"
        account.say(GUESS, f"labels {how}, from a file beside", mine[0].path.name)
        return replace(one, labels=labels)


def sort(sheets: Sequence[Sheet]) -> tuple[list[Sheet], Beside]:
    """Part the sheets of samples from those that speak about them."""
    rest, beside = [], Beside()
    for sheet in sheets:
        label, file = _column(sheet, words.LABEL), _column(sheet, words.FILE)
        if _unheaded(sheet) and len(sheets) > 1:
            raise LucioleError(
                f"{sheet.path}, row {sheet.rows[0]}: expected a first line with the names of its {len(sheet.columns)} "
                "columns, such as file,start,end,label or time,label (in seconds, or as the recordings have them), got "
                "none"
            )
        if label and ((_column(sheet, START) and _column(sheet, END)) or _marks(sheet, label)):
            beside.annotations.append(sheet)
        elif file and (label or _column(sheet, words.PERSON)) and _names_files(sheet, file, sheets):
            beside.lists.append(sheet)
        else:
            rest.append(sheet)
    return rest, beside


def _unheaded(sheet: Sheet) -> bool:
    """Whether a file called like labels has no line of names."""
    return not sheet.named and not sheet.roles and set(parts(sheet.place[-1].lower())) <= SPOKEN


def _marks(sheet: Sheet, label: str) -> bool:
    """Whether there are times and labels, and nothing else that could be a channel."""
    time = _column(sheet, words.TIME)
    others = [name for name in sheet.columns if name not in (time, label)]
    return time is not None and not any(np.isfinite(sheet.numbers(name)).any() for name in others)


def _spans(sheet: Sheet) -> tuple[Clock, Clock]:
    """When each label begins and ends: where no end is given, when the next begins."""
    end = _column(sheet, END)
    if end is not None:
        return _times(sheet, _column(sheet, START)), _times(sheet, end)
    starts = _times(sheet, _column(sheet, words.TIME))
    return starts, replace(starts, seconds=np.append(starts.seconds[1:], np.inf))


def _column(sheet: Sheet, vocabulary: Sequence[str]) -> str | None:
    return next((name for name in sheet.columns if words.plain(name) in vocabulary), None)


def _times(sheet: Sheet, column: str | None) -> Clock:
    values = sheet.numbers(str(column))
    if np.isfinite(values).all():
        scale = next((s for low, s in ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3)) if values.max() > low), 1.0)
        scale = UNITS.get(unit_named(str(column)), scale)
        return Clock(values * scale, "s", bool(values[0] * scale > 1e9))
    return clock(sheet, str(column), None)


def _names_files(sheet: Sheet, column: str, sheets: Sequence[Sheet]) -> bool:
    stems = {"".join(parts(other.place[-1])).lower() for other in sheets if other is not sheet}
    cells = {
        "".join(parts(PurePosixPath(str(cell).strip()).name.split(".")[0])).lower() for cell in sheet.texts(column)
    }
    return bool(cells & stems)


def _same(cell: str, one: Recording) -> bool:
    path = PurePosixPath(cell.strip().replace("\\", "/"))
    stem = path.name.split(".")[0]
    return stem == one.place[-1].split(".")[0] and all(
        a == b for a, b in zip(reversed(path.parts[:-1]), reversed(one.place[:-1]), strict=False)
    )


def _belongs(sheet: Sheet, one: Recording, only: bool) -> bool:
    """Whether annotations speak of a recording: they name it, are called like it, or lie beside it alone."""
    file = _column(sheet, words.FILE)
    if file is not None:
        return any(_same(str(cell), one) for cell in sheet.texts(file))
    mine, its = parts(sheet.place[-1].lower()), parts(one.place[-1].lower())
    if mine[: len(its)] == its or mine[-len(its) :] == its:
        return sheet.place[:-1] == one.place[:-1] or len(its) > 1 or only
    return sheet.place[:-1] == one.place[:-1] and set(mine) <= SPOKEN and (only or len(one.place) > 1)


def _listed(sheet: Sheet, made: list[Recording], account: Account) -> list[Recording]:
    file, label, person = (_column(sheet, names) for names in (words.FILE, words.LABEL, words.PERSON))
    cells = [str(cell) for cell in sheet.texts(str(file))]
    told = []
    for one in made:
        rows = [k for k, cell in enumerate(cells) if _same(cell, one)]
        if len(rows) != 1:
            if not rows:
                account.say(LOSS, f"not in {sheet.path.name}: left out", one.name)
                continue
            raise LucioleError(f"{sheet.path}: expected one row for {one.name}, got {len(rows)}")
        if label is not None:
            one = replace(one, labels=np.full(len(one.labels), whole(sheet.texts(label))[rows[0]], dtype=object))
        if person is not None:
            one = replace(one, person=str(whole(sheet.texts(person))[rows[0]]).strip())
        told.append(one)
    if not told:
        raise LucioleError(f"{sheet.path}: expected the names of the files beside it, got {', '.join(cells[:3])}")
    account.say(GUESS, "who did what, from a list of files", sheet.path.name)
    return told
