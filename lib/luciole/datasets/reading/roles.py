"""Which column is what: time, label, person, recording, position, channel; and which are none of these, and why.

Names are asked first (:mod:`words`), then what the cells hold. A column that would tell the label by itself (a row
number, a second clock, a number of the label) is left out unless ``channels=`` asks for it, and named in the account.
"""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from luciole.datasets.reading import words
from luciole.datasets.reading.account import FACT, GUESS, HARM, LOSS, Account
from luciole.datasets.reading.clocks import is_date, is_digits
from luciole.datasets.reading.options import Options
from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError


@dataclass
class Roles:
    """The columns of one sheet by what they are for."""

    time: str | None = None
    millis: str | None = None
    label: str | None = None
    person: str | None = None
    recording: list[str] = field(default_factory=list)
    position: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)  # other columns called like a label
    clocks: list[str] = field(default_factory=list)  # other columns of times
    left: list[str] = field(default_factory=list)  # columns of numbers that channels= leaves out


def roles(sheet: Sheet, options: Options, account: Account) -> Roles:
    """Find the roles of a sheet's columns.

    Raises LucioleError for an option's column that is not there, and where a column may be two things.
    """
    where = "/".join(sheet.place)
    kinds = {name: _kind(sheet, name) for name in sheet.columns}
    found = Roles()
    left = list(sheet.columns)
    tracks = [name for name, role in sheet.roles.items() if role == "track"]
    if tracks and (options.label is None or match(tracks, options.label) is None):
        named = " or ".join(f"label={name!r}" for name in tracks)
        raise LucioleError(f"{sheet.path}: expected to see which of its tracks is the label, got several: say {named}")

    def take(name: str | None) -> str | None:
        if name is not None and name in left:
            left.remove(name)
        return name

    found.label = take(_told(sheet, options.label) or _by_role(sheet, "label") or _label(sheet, found))
    found.person = take(_told(sheet, options.person, ("file", "none")) or _by_role(sheet, "person") or _person(sheet))
    found.time = take(_told(sheet, options.time) or _by_role(sheet, "time"))
    for name, role in sheet.roles.items():
        if role in ("skip", "track"):
            take(name)
    if not sheet.named:
        _refuse_unnamed(sheet, found, left, options)
    asked = _asked(sheet, left, options)
    if found.time is None:
        found.time = take(_time(sheet, [name for name in left if name not in asked], kinds))
    if found.time is not None and kinds.get(found.time) == "number":
        found.millis = take(_millis(sheet, found.time, left))
    for name in list(left):
        if name in asked:
            found.channels.append(name)
        elif asked and not words.plain(name):
            continue
        elif (reason := _no_channel(sheet, name, kinds[name], found, options)) is not None:
            harm, why = reason
            if why:
                account.say(harm, why, where)
        elif not asked:
            found.channels.append(name)
    if asked:
        found.channels = asked
        found.left = [name for name in left if name not in asked and kinds[name] == "number"]
        if found.left:
            account.say(FACT, f"left out, as channels= says: {', '.join(found.left)}", where)
    if not found.channels:
        raise LucioleError(
            f"{sheet.path}, row {sheet.header}: expected at least one channel, a column of numbers, beside "
            f"{', '.join(sheet.columns)}"
        )
    if found.time is None and sheet.hz is None and options.hz is None:
        _refuse_without_rate(sheet, found)
    return found


def _refuse_unnamed(sheet: Sheet, found: Roles, left: list[str], options: Options) -> None:
    """Ask about columns without names that look like a clock or like labels; signals alone need no name."""
    if options.channels:
        return
    dates = [name for name in left if is_date(sheet.texts(name))]  # they are the time, whatever they are called
    clocks = [name for name in left if _rises(sheet, name)] if found.time is None and not dates else []
    codes = (
        [name for name in left if name not in dates and _codes(sheet, name)]
        if found.label is None and options.label is None
        else []
    )
    if clocks or codes:
        said = [f"time={clocks[0]!r}"] if clocks else []
        said += [f"label={codes[-1]!r}"] if codes else []
        raise LucioleError(
            f"{sheet.path}, row {sheet.rows[0]}: expected a header with the names of {len(sheet.columns)} columns, got "
            f"none; say {' and '.join(said)}, if that is what they hold, or channels= with those to read"
        )


def _codes(sheet: Sheet, name: str) -> bool:
    """Whether a column holds words, or few whole numbers in long runs, as labels do."""
    cells = sheet.frame[name].str.strip()
    if not 1 < cells.nunique() <= 40:
        return False
    numbers = sheet.numbers(name)
    spoken = not np.isfinite(numbers).any() or bool((numbers == np.round(numbers)).all())
    return spoken and float((cells != cells.shift()).mean()) < 0.05


def _kind(sheet: Sheet, name: str) -> str:
    filled = sheet.filled(name)
    if not filled.any():
        return "empty"
    if is_digits(sheet.texts(name)):
        return "date"
    good = np.isfinite(sheet.numbers(name)) | np.isinf(sheet.numbers(name))
    if 2 * good.sum() > (filled.sum() - _signs(sheet, name)):
        return "number"
    return "date" if is_date(sheet.texts(name)) else "text"


def _signs(sheet: Sheet, name: str) -> int:
    """Cells that hold a word for a missing number."""
    unread = np.isnan(sheet.numbers(name)) & sheet.filled(name)
    return int(unread.sum()) - len(sheet.wrong(name))


def _by_role(sheet: Sheet, role: str) -> str | None:
    return next((name for name, is_ in sheet.roles.items() if is_ == role and name in sheet.columns), None)


def match(names: list[str], wanted: str) -> str | None:
    """The column that an option names, whatever its capitals and whether or not its unit is given."""
    for same in (str, str.lower, words.plain):
        for name in names:
            if same(name.strip()) == same(wanted.strip()):
                return name
    return None


def _told(sheet: Sheet, wanted: str | None, others: tuple[str, ...] = ()) -> str | None:
    if wanted is None or wanted.strip().lower() in others:
        return None
    name = match(sheet.columns, wanted)
    if name is None and not wanted.lower().startswith(("folder", "name")):
        near = get_close_matches(wanted, sheet.columns, n=1) or sheet.columns
        raise LucioleError(
            f"{sheet.path}, row {sheet.header}: expected a column {wanted!r} as the option says, got "
            f"{', '.join(sheet.columns)}; do you mean {near[0]!r}?"
        )
    return name


def _asked(sheet: Sheet, left: list[str], options: Options) -> list[str]:
    asked = []
    for wanted in options.channels:
        name = match(left, wanted)
        if name is None:
            raise LucioleError(
                f"{sheet.path}, row {sheet.header}: expected a column {wanted!r} as channels= says, got "
                f"{', '.join(left)}"
            )
        asked.append(name)
    return asked


def _among(sheet: Sheet, vocabulary: tuple[str, ...]) -> list[str]:
    """Columns whose name is in a list, in the list's order."""
    by_word: dict[str, str] = {}
    for name in sheet.columns:
        by_word.setdefault(words.plain(name), name)
    return [by_word[word] for word in vocabulary if word in by_word]


def _label(sheet: Sheet, found: Roles) -> str | None:
    named = [name for name in _among(sheet, words.LABEL) if sheet.filled(name).any()]
    if len(named) > 1:
        texts = [name for name in named if _kind(sheet, name) == "text"]
        first = named[0] if words.plain(named[0]) == "label" or not texts else texts[0]
        found.named = [name for name in named if name != first]
        for other in found.named:
            pairs = set(zip(sheet.texts(first), sheet.texts(other), strict=True))
            if words.plain(first) != "label" and len(pairs) > len(set(sheet.texts(first))):
                raise LucioleError(
                    f"{sheet.path}, row {sheet.header}: expected one column of labels, got {', '.join(named)}: say "
                    f"label={first!r} or label={other!r}"
                )
        return first
    return named[0] if named else next(iter(_among(sheet, words.LABEL)), None)


def _person(sheet: Sheet) -> str | None:
    named = _among(sheet, words.PERSON)
    return named[0] if named else None


def _time(sheet: Sheet, left: list[str], kinds: dict[str, str]) -> str | None:
    """The finest of the columns called like a time; of equally fine ones the one named first in the list."""
    numbers = [name for name in left if kinds[name] == "number" and (words.time_name(name) or _timed(sheet, name))]
    named = [name for name in left if kinds[name] == "date" or name in numbers]
    named.sort(key=lambda name: words.plain(name) not in ("time", "timestamp"))
    if not named:
        return None
    return max(named, key=lambda name: sheet.frame[name].nunique())


def _millis(sheet: Sheet, time: str, left: list[str]) -> str | None:
    """A column of milliseconds beside one of whole seconds that many samples share."""
    seconds = sheet.numbers(time)
    if not (seconds == np.round(seconds)).all() or len(np.unique(seconds)) > 0.5 * len(seconds):
        return None
    for name in left:
        values = sheet.numbers(name)
        last = words.plain(name).split(" ")[-1]
        if (
            last in words.MILLIS
            and (values >= 0).all()
            and (values < 1000).all()
            and (values == np.round(values)).all()
        ):
            return name
    return None


def _no_channel(sheet: Sheet, name: str, kind: str, found: Roles, options: Options) -> tuple[int, str] | None:
    """Why a column is no channel; None for one that is. Recordings and positions are noted in ``found``."""
    word = words.plain(name)
    nameless = not word or word.startswith("unnamed")
    shown = repr(name) if word else "a nameless column"
    if kind == "empty":
        return (LOSS if words.CHANNEL.fullmatch(word) else FACT), f"column {shown} holds nothing"
    if name in found.named or word in words.LABEL:
        return HARM, f"column {shown} tells the label by itself: left out"
    if word in words.RECORDING and not _counts(sheet, name):
        found.recording.append(name)
        return FACT, f"column {shown} begins a recording where it changes"
    if word in words.POSITION and (kind == "text" or sheet.frame[name].nunique() <= 12):
        found.position.append(name)
        return FACT, ""
    if word in words.PERSON:
        return GUESS, f"column {shown} is left out: the person is {found.person!r}"
    if kind == "date" or words.time_name(name) or _timed(sheet, name):
        found.clocks.append(name)
        return HARM, ""
    if kind == "text":
        same = sheet.frame[name].nunique() == 1
        return (FACT if same else LOSS), f"column {shown} holds texts{' that never change' * same}: left out"
    if nameless or word in words.COUNTER:
        if _counts(sheet, name):
            return HARM, f"{shown} is a row number, which gives the label away: left out"
        if nameless and sheet.named:
            raise LucioleError(
                f"{sheet.path}, row {sheet.header}: expected a name for every column, got none for column "
                f"{sheet.columns.index(name) + 1}, which is no row number; name it, or say channels= with those to read"
            )
    if word == "id" or word.endswith(" id"):
        if found.person is None and options.person is None:
            raise LucioleError(
                f"{sheet.path}, row {sheet.header}: expected to see whose number column {name!r} is: say "
                f"person={name!r} if it is the person's, else person='none'"
            )
        return HARM, f"column {shown}, a number, is left out; channels= brings it back"
    if not words.CHANNEL.fullmatch(word) and _stands(sheet, name):
        return (
            HARM,
            f"column {shown} hardly ever changes and tells recordings apart: left out; channels= brings it back",
        )
    rises = not words.CHANNEL.fullmatch(word) and (_rises(sheet, name) or _counts(sheet, name))
    if rises and (sheet.named or found.time):
        return HARM, f"column {shown} only ever rises and would give the label away: left out; channels= brings it back"
    return None


def _timed(sheet: Sheet, name: str) -> bool:
    """Whether a column is in a unit of time by its name, and rises."""
    return bool(re.search(r"[\[(]([mµun]?s|[mun]?secs?|seconds)[\])]", name.lower())) and _rises(sheet, name)


def _stands(sheet: Sheet, name: str) -> bool:
    """Whether a column is a property of people or recordings: other values, each for long."""
    cells = sheet.frame[name]
    return len(cells) >= 50 and cells.nunique() > 1 and float((cells != cells.shift()).mean()) < 0.01


def _counts(sheet: Sheet, name: str) -> bool:
    """Whether a column counts: whole numbers, most steps alike and above 0."""
    values = sheet.numbers(name)
    if len(values) < 3 or not np.isfinite(values).all() or (values != np.round(values)).any():
        return False
    steps = np.diff(values)
    return bool(np.median(steps) > 0 and np.mean(steps == np.median(steps)) > 0.9)


def _rises(sheet: Sheet, name: str) -> bool:
    """Whether a column never falls, but where a recording may begin, and does rise: a clock, a count, a sum."""
    values = sheet.numbers(name)
    values = values[np.isfinite(values)]
    if len(values) < 50 or len(np.unique(values)) < 20:
        return False
    return bool((np.diff(values) < 0).mean() < 0.005)


def _refuse_without_rate(sheet: Sheet, found: Roles) -> None:
    rising = [name for name in found.channels if _rises(sheet, name) and not words.CHANNEL.fullmatch(words.plain(name))]
    rising = rising or [name for name in sheet.columns if _rises(sheet, name) and name not in found.channels]
    advice = f"; is it time={rising[0]!r}?" if rising else ""
    raise LucioleError(
        f"{sheet.path}, row {sheet.header}: expected a column 'time' in seconds, or the rate: load(..., hz=50){advice}"
    )
