"""From sheets to recordings that agree: the same channels, an activity and, where it can be, a person each."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from luciole.datasets.reading import apart, joining, legends, paths, words
from luciole.datasets.reading.account import FACT, HARM, Account
from luciole.datasets.reading.beside import Beside
from luciole.datasets.reading.clocks import clock
from luciole.datasets.reading.options import Options
from luciole.datasets.reading.recordings import Recording, recordings
from luciole.datasets.reading.roles import Roles, roles
from luciole.datasets.reading.sheets import Sheet
from luciole.errors import LucioleError


def assemble(sheets: Sequence[Sheet], beside: Beside, options: Options, account: Account) -> list[Recording]:
    """Read all sheets of a layout, join what belongs together, and say who did what.

    Raises LucioleError for sheets that differ in channels, or of which only some say the activity or the person.
    """
    found = [roles(sheet, options, account) for sheet in sheets]
    _same_label(sheets, found, options)
    _same_person(sheets, found, options)
    if not options.channels:
        _constants(sheets, found, account)
        _copies(sheets, found, account)
    groups = joining.groups([sheet.place for sheet in sheets])
    made: list[Recording] = []
    for group in groups:
        read = [_places(sheets[k], found[k], options, account) for k in group]
        made += _joined(read, [sheets[k] for k in group], options, account)
    made = beside.apply(made, account)
    made = legends.apply(beside.legends, _labels(made, options, account), account)
    made = _people(made, options, account)
    return _same_channels(made, sheets, options)


def _places(sheet: Sheet, found: Roles, options: Options, account: Account) -> list[Recording]:
    """The recordings of a sheet; several sensors, or places on the body, in it become channels side by side."""
    parts = apart.parts(sheet, found, account)
    shared = len(parts) > 1 and all(part.time == found.time for part in parts)
    times = clock(sheet, found.time, options.hz, found.millis) if found.time and shared else None
    sides = []
    for part in parts:
        rows = sheet if part.rows.all() else sheet.take(part.rows)
        own = replace(found, time=part.time, channels=part.channels)
        at = replace(times, seconds=times.seconds[part.rows]) if times is not None else None
        read = recordings(rows, own, options, account, at)
        sides.append([joining.prefixed(one, part.word) if part.word else one for one in read])
    if len(sides) == 1:
        return sides[0]
    if len({len(one) for one in sides}) > 1:
        counts = ", ".join(
            f"{len(one)} of {part.word or part.channels[0]}" for one, part in zip(sides, parts, strict=True)
        )
        raise LucioleError(
            f"{sheet.path}: expected as many recordings of each sensor, got {counts}; give a file or a column "
            "'recording' to each"
        )
    return [joining.join(side, options.hz, account, "sensors of one file") for side in zip(*sides, strict=True)]


def _joined(read: list[list[Recording]], sheets: list[Sheet], options: Options, account: Account) -> list[Recording]:
    if len(read) == 1:
        return read[0]
    said = [joining.key(sheet.place)[1] for sheet in sheets]
    absolute = all(one.absolute for recordings_ in read for one in recordings_)
    labelled = any((one.labels != "").any() for recordings_ in read for one in recordings_)
    joining.refuse_directions([sheet.place for sheet in sheets], labelled or options.label is not None, absolute)
    if (
        options.label is not None
        and (spoken := paths.at([s.place for s in sheets], options.label))
        and len(set(spoken)) > 1
    ):
        return [one for recordings_ in read for one in recordings_]
    if len({len(recordings_) for recordings_ in read}) > 1:
        counts = ", ".join(f"{len(r)} in {s.path.name}" for r, s in zip(read, sheets, strict=True))
        raise LucioleError(
            f"{sheets[0].path.parent}: expected as many recordings from each sensor, got {counts}: a clock goes back "
            "in one of them"
        )
    sides = [
        [joining.prefixed(one, " ".join(word)) for one in recordings_]
        for recordings_, word in zip(read, said, strict=True)
    ]
    return [joining.join(side, options.hz, account) for side in zip(*sides, strict=True)]


def _same_label(sheets: Sequence[Sheet], found: list[Roles], options: Options) -> None:
    with_ = [k for k, one in enumerate(found) if one.label]
    if options.label is not None or not with_ or len(with_) == len(sheets):
        return
    for group in joining.groups([sheet.place for sheet in sheets]):
        if not any(found[k].label or sheets[k].label for k in group):
            sheet, other = sheets[group[0]], sheets[with_[0]]
            raise LucioleError(
                f"{sheet.path}, row {sheet.header}: expected a column {found[with_[0]].label!r} as {other.path.name} "
                f"has, got {', '.join(sheet.columns)}"
            )


def _same_person(sheets: Sequence[Sheet], found: list[Roles], options: Options) -> None:
    with_ = [k for k, one in enumerate(found) if one.person]
    if options.person is not None or not with_ or len(with_) == len(sheets):
        return
    for group in joining.groups([sheet.place for sheet in sheets]):
        if any(found[k].person or sheets[k].person for k in group):
            continue
        sheet, other = sheets[group[0]], sheets[with_[0]]
        column = str(found[with_[0]].person)
        for spot in paths.spots([sheet.place for sheet in sheets]):
            told = [{str(cell).strip() for cell in sheets[k].texts(str(found[k].person))} for k in with_]
            if all(cells == {spot.found[k]} for cells, k in zip(told, with_, strict=True)):
                advice = f"add it, or say person='{spot.name}' ({spot.found[group[0]]} here)"
                break
        else:
            advice = "add it, or say person='none' where nobody is to be known"
        raise LucioleError(
            f"{sheet.path}, row {sheet.header}: expected a column {column!r} as {other.path.name} has, got "
            f"{', '.join(sheet.columns)}; {advice}"
        )


def _constants(sheets: Sequence[Sheet], found: list[Roles], account: Account) -> None:
    """Leave out what is the same throughout a file and another in others: an age, a number of the recording."""
    for name in list(found[0].channels):
        alone = all(
            name in one.channels and sheet.frame[name].nunique() == 1 for sheet, one in zip(sheets, found, strict=True)
        )
        held = {sheet.frame[name].iloc[0] for sheet in sheets} if alone else set()
        if len(held) > 1 and not words.CHANNEL.fullmatch(words.plain(name)):
            account.say(
                HARM,
                f"column {name!r} never changes in a file and tells files apart: left out; channels= brings it back",
            )
            for one in found:
                one.channels.remove(name)


def _copies(sheets: Sequence[Sheet], found: list[Roles], account: Account) -> None:
    """Leave out channels that are the label in other words: few values, each with one label only."""
    if not all(one.label for one in found):
        return
    labels = [sheet.texts(str(one.label)) for sheet, one in zip(sheets, found, strict=True)]
    classes = len(set().union(*(set(row) for row in labels)))
    for name in list(found[0].channels):
        if not all(name in one.channels for one in found):
            continue
        pairs: set[tuple[float, str]] = set()
        for sheet, row in zip(sheets, labels, strict=True):
            values = sheet.numbers(name)
            if len(np.unique(values[:2000])) > 2 * classes:
                break
            pairs |= set(zip(np.nan_to_num(values, nan=-1.5e300).tolist(), row.tolist(), strict=True))
        else:
            values_ = {value for value, _ in pairs}
            if 1 < len(values_) == len(pairs) <= 2 * classes and classes > 1:
                account.say(HARM, f"column {name!r} tells the label by itself: left out; channels= brings it back")
                for one in found:
                    one.channels.remove(name)


def _labels(made: list[Recording], options: Options, account: Account) -> list[Recording]:
    places = [one.place for one in made]
    told = paths.at(places, options.label) if options.label else None
    if told is None:
        said = {word for one in made for word in set(one.labels) if word != ""}
        if len(said) > 1 or (said and options.label) or not made:
            return made
        told = paths.label(places, account)
        if said and (told is None or len(set(told)) < 2):
            return made
        if told is None:
            _refuse_without_label(made)
        if said:
            account.say(HARM, f"the column of labels says {said.pop()!r} everywhere: the activity is that of the path")
    return [
        replace(one, labels=np.full(len(one.labels), word, dtype=object))
        for one, word in zip(made, told or (), strict=True)
    ]


def _refuse_without_label(made: list[Recording]) -> None:
    shown = "/".join(made[0].place)
    spot = next((s for s in paths.spots([one.place for one in made]) if len(s.distinct) > 1), None)
    advice = f", or the part of the path that is the activity: label={spot.shown()}" if spot else ""
    raise LucioleError(f"{shown}: expected a column 'label' that says the activity{advice}")


def _people(made: list[Recording], options: Options, account: Account) -> list[Recording]:
    if options.person == "none":
        return [replace(one, person=None) for one in made]
    places = [one.place for one in made]
    told: Sequence[str | None] | None
    if options.person == "file":
        told = ["/".join(place) for place in places]
    elif options.person and (spoken := paths.at(places, options.person)):
        told = spoken
    elif any(one.person for one in made):
        return made
    else:
        labels = [frozenset(str(text) for text in set(one.labels) if text) for one in made]
        single = [next(iter(one)) if len(one) == 1 else "" for one in labels]
        told = paths.person(places, labels, single if all(single) else None, account)
        if told is None:
            return made
    return [replace(one, person=word) for one, word in zip(made, told, strict=True)]


def _same_channels(made: list[Recording], sheets: Sequence[Sheet], options: Options) -> list[Recording]:
    """All recordings with the channels of the first, in its order."""
    first = made[0]
    agreed = []
    for one in made:
        if set(one.channels) != set(first.channels):
            common = [name for name in first.channels if all(name in other.channels for other in made)]
            apart = sorted(set(one.channels) ^ set(first.channels))
            holding = next((s for s in sheets if s.path.name == one.name), sheets[0])
            empty = [name for name in apart if name in holding.columns and name not in one.channels]
            advice = f"; channels={','.join(common)} reads what all have" if common else ""
            why = f" ({empty[0]!r} holds nothing here)" if empty else f" ({', '.join(apart)} not in all files)"
            raise LucioleError(
                f"{holding.path}, row {holding.header}: expected the columns {', '.join(first.channels)}, got "
                f"{', '.join(one.channels)}{why}{advice}"
            )
        order = [one.channels.index(name) for name in first.channels]
        agreed.append(replace(one, values=one.values[:, order], channels=first.channels))
    return agreed


def say_columns(sheets: Sequence[Sheet], made: Sequence[Recording], account: Account) -> None:
    """Say which columns were read as what."""
    names = made[0].channels
    more = f", … {names[-1]} ({len(names)} in all)" if len(names) > 12 else ""
    account.say(FACT, f"channels: {', '.join(names[:12])}{more}")
    people = {one.person for one in made if one.person}
    account.say(
        FACT,
        f"{len(made)} recordings in {len(sheets)} file{'s' * (len(sheets) > 1)}, {len(people) or 'no'} people named",
    )
    if made and any(one.person is None for one in made) and people:
        account.say(HARM, "some recordings have no person")
