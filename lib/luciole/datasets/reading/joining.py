"""Several sensors, or places on the body, each in a file or in rows of its own: brought together on a common time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.reading import words
from luciole.datasets.reading.account import GUESS, HARM, Account
from luciole.datasets.reading.paths import parts
from luciole.datasets.reading.recordings import Recording
from luciole.datasets.reading.timing import timing
from luciole.datasets.windows import fill, resample
from luciole.errors import LucioleError

DIRECTIONS = ("left", "right", "upper", "lower", "front", "back", "up", "down", "inner", "outer", "l", "r")
FAR = 8.0  # rates further apart than this are joined only when it is said at which


def key(place: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A path without the words for a sensor or a place on the body, and those words.

    >>> key(("ana", "walk", "Accelerometer")), key(("ana_walk_left_wrist",))
    ((('ana', 'walk'), ('Accelerometer',)), (('ana walk',), ('left', 'wrist')))
    """
    kept, said = [], []
    for word in place:
        cut = parts(word)
        out = [part for part in cut if part.lower() in words.SENSORS or part.lower() in words.PLACES]
        said += out
        if rest := [part for part in cut if part not in out]:
            kept.append(" ".join(rest))
    return tuple(kept), tuple(said)


def groups(places: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """Files that differ only by words for a sensor or a place, as lists of positions; most are alone."""
    found: dict[tuple[str, ...], list[int]] = {}
    for number, place in enumerate(places):
        rest, said = key(place)
        found.setdefault(rest if said and rest else ("", *place), []).append(number)
    return list(found.values())


def refuse_directions(group: Sequence[tuple[str, ...]], told: bool, absolute: bool) -> None:
    """Ask whether left and right are two sensors or two activities, where nothing tells."""
    said = [key(place)[1] for place in group]
    bare = all(word.lower() in DIRECTIONS for row in said for word in row)
    if bare and not told and not absolute:
        first = "/".join(group[0])
        spot = next(k + 1 for k, part in enumerate(parts(group[0][-1])) if part.lower() in DIRECTIONS)
        raise LucioleError(
            f"{first}: expected to know whether {' and '.join(' '.join(row) for row in said)} are activities or places "
            f"on the body: say label='name {spot}' for activities, label= with another part or column for places"
        )


def prefixed(recording: Recording, word: str) -> Recording:
    """The same recording with the sensor's or the place's name before those of its channels."""
    return replace(recording, channels=tuple(f"{word} {name}" for name in recording.channels))


def join(
    recordings: Sequence[Recording], hz: float | None, account: Account, what: str = "sensors in files of their own"
) -> Recording:
    """Bring recordings of one person and one time together: channels side by side, at the times of the slowest.

    ``what`` they are is what the account says of them.

    Raises LucioleError where they have no time in common, or rates so far apart that one must be chosen.
    """
    names = ", ".join(recording.name for recording in recordings)
    first = recordings[0]
    if any(recording.seconds is None for recording in recordings):
        return _side_by_side(recordings, names, account, what)
    stamps = [recording.seconds for recording in recordings if recording.seconds is not None]
    channels = tuple(name for recording in recordings for name in recording.channels)
    if all(len(s) == len(stamps[0]) and np.allclose(s, stamps[0], atol=1e-4, rtol=0) for s in stamps[1:]):
        account.say(GUESS, f"{what}, {len(recordings)} a recording, with the same times: joined")
        values = np.concatenate([recording.values for recording in recordings], axis=1)
        return replace(first, values=values, channels=channels, labels=_labels(recordings, stamps, stamps[0]))
    times = [timing(s) for s in stamps]
    rates = [found.rate for found in times]
    if min(rates) <= 0:
        raise LucioleError(f"{names}: expected several samples from each sensor, got a single time")
    if max(rates) / min(rates) > FAR and hz is None:
        alone = len({recording.name for recording in recordings}) == 1
        told = ", ".join(
            f"{r.channels[0] if alone else r.name} {rate:.4g} Hz" for r, rate in zip(recordings, rates, strict=True)
        )
        quick = [
            name for r, rate in zip(recordings, rates, strict=True) if rate * FAR >= max(rates) for name in r.channels
        ]
        advice = f"say channels={','.join(quick)}" if alone else "move the slow ones away"
        raise LucioleError(
            f"{first.place[-1]}: expected sensors at similar rates, got {told}: say the common rate, such as "
            f"hz={max(rates):.4g}, or {advice}"
        )
    begin, end = max(s[0] for s in stamps), min(s[-1] for s in stamps)
    whole = max(s[-1] for s in stamps) - min(s[0] for s in stamps)
    if end <= begin:
        raise LucioleError(f"{names}: expected sensors with a time in common, got none: their clocks never overlap")
    share = (end - begin) / whole
    slow = int(np.argmin(rates)) if hz is None or max(rates) / min(rates) <= FAR else int(np.argmax(rates))
    grid = times[slow].seconds
    grid = grid[(grid >= begin - 1e-9) & (grid <= end + 1e-9)]
    pieces = [
        _onto(recording.values, found.seconds, found.rate, grid, rates[slow])
        for recording, found in zip(recordings, times, strict=True)
    ]
    low, high = min(rates), max(rates)
    told = (
        f"at {low:.4g} Hz" if high / low < 1.01 else f"at {low:.4g} to {high:.4g} Hz, brought to {rates[slow]:.4g} Hz"
    )
    account.say(
        HARM if share < 0.8 else GUESS,
        f"{what} ({told}) joined on the time they share, {100 * share:.0f} % of all",
        first.place[-1],
    )
    return replace(
        first, values=np.concatenate(pieces, axis=1), channels=channels, seconds=grid,
        labels=_labels(recordings, stamps, grid),
    )  # fmt: skip


def _onto(values: NDArray, seconds: NDArray, rate: float, grid: NDArray, wanted: float) -> NDArray[np.float64]:
    """Values at other times; what comes much faster than wanted is filtered first. NaN where a silence was."""
    if len(seconds) == len(grid) and np.array_equal(seconds, grid):
        return values
    if rate > 1.5 * wanted:
        even = seconds[0] + np.arange(int((seconds[-1] - seconds[0]) * rate) + 1) / rate
        filled, _ = fill(values, longest=int(0.2 * rate))
        signal = np.stack([np.interp(even, seconds, column) for column in filled.T], axis=1)
        values = resample(np.nan_to_num(signal), rate, wanted).astype(np.float64)
        even = even[0] + np.arange(len(values)) / wanted
        silent, seconds = seconds, even
    else:
        silent = seconds
    out = np.stack([np.interp(grid, seconds, column) for column in values.T], axis=1)
    after = np.clip(np.searchsorted(silent, grid), 1, len(silent) - 1)
    out[silent[after] - silent[after - 1] > 0.2 + 1 / rate] = np.nan
    return out


def _labels(recordings: Sequence[Recording], stamps: Sequence[NDArray], grid: NDArray) -> NDArray[np.object_]:
    """Labels at the times of the grid, of the first file that has any; two that disagree are refused."""
    told = []
    for recording, seconds in zip(recordings, stamps, strict=True):
        if (recording.labels != "").any():
            at = np.clip(np.searchsorted(seconds, grid + 1e-9, side="right") - 1, 0, len(seconds) - 1)
            told.append((recording, recording.labels[at]))
    if not told:
        return np.full(len(grid), "", dtype=object)
    for recording, labels in told[1:]:
        apart = (labels != told[0][1]) & (labels != "") & (told[0][1] != "")
        if apart.mean() > 0.05:
            raise LucioleError(
                f"{recording.name}: expected the labels that {told[0][0].name} has at the same time, got others in "
                f"{100 * apart.mean():.0f} % of it; leave the label in one of them"
            )
    return told[0][1]


def _side_by_side(recordings: Sequence[Recording], names: str, account: Account, what: str) -> Recording:
    lengths = [len(recording.values) for recording in recordings]
    if max(lengths) - min(lengths) > 0.02 * max(lengths):
        raise LucioleError(
            f"{names}: expected a column of times in each, or equally many rows, got {lengths}: without times nothing "
            "says which rows belong together"
        )
    shortest = min(lengths)
    account.say(HARM, "sensors in files of their own have no times: joined row by row", recordings[0].name)
    return replace(
        recordings[0],
        values=np.concatenate([recording.values[:shortest] for recording in recordings], axis=1),
        channels=tuple(name for recording in recordings for name in recording.channels),
        labels=recordings[0].labels[:shortest],
        seconds=None,
    )
