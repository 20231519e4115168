"""From recordings to a data set: one rate, windows that never leave their recording, and what was lost on the way."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.reading.account import FACT, GUESS, HARM, LOSS, Account, Recordings
from luciole.datasets.reading.options import Options
from luciole.datasets.reading.recordings import Recording, _one_spelling, named
from luciole.datasets.reading.timing import GAP_SECONDS, NEAR, Timing, nice, regular, timing
from luciole.datasets.windows import cut, majority
from luciole.errors import LucioleError

FAR = 8.0  # rates further apart are no two settings of one sensor
_AT_REST = ((8.3, 11.3, "m/s²"), (0.85, 1.15, "g"), (850, 1150, "mg"))  # how long gravity is in each unit


def windows(recordings: Sequence[Recording], options: Options, account: Account, name: str, source: str) -> Recordings:
    """Cut recordings into windows of ``options.window`` seconds.

    Raises LucioleError where nothing is left, with the reason and the option that helps.
    """
    spelled = _one_spelling([str(t) for r in recordings for t in np.unique(r.labels.astype(str))], account, "label")
    classes = _ordered(set(spelled.values()))
    if not classes:
        raise LucioleError(f"{name}: expected activities, got none: every row is without a label")
    number = {text: classes.index(one) for text, one in spelled.items()} | {"": -1}
    times = [timing(r.seconds) if r.seconds is not None else None for r in recordings]
    rates = _rates(recordings, times, account)
    target = _target(recordings, rates, options, account)
    size = round(options.window * target)
    if size < 2:
        raise LucioleError(f"expected windows of two samples or more, got {options.window:g} s at {target:g} Hz")
    hop = max(1, round(size * (1 - options.overlap)))
    people = named([recording.person for recording in recordings], account)
    pieces: dict[str, list[NDArray]] = {"X": [], "y": [], "recording": [], "who": []}
    short: list[tuple[int, Recording]] = []  # longest piece in samples
    lost_holes = lost_unlabelled = 0
    for count, (recording, found) in enumerate(zip(recordings, times, strict=True)):
        labels = np.array([number[str(text)] for text in recording.labels], dtype=np.int64)
        longest = 0
        for piece in _pieces(found, len(labels)):
            seconds = found.seconds[piece] if found is not None else None
            rate = rates[count] or target
            signal, y, holes = regular(recording.values[piece], labels[piece], seconds, rate, target)
            longest = max(longest, len(signal))
            cut_, of = cut(signal, size, hop), majority(y, size, hop)
            broken = cut(holes[:, None], size, hop)[:, 0].any(axis=1)
            kept = (of >= 0) & ~broken
            lost_holes += int(broken.sum())
            lost_unlabelled += int((~broken & (of < 0)).sum())
            pieces["X"].append(cut_[kept])
            pieces["y"].append(of[kept])
            pieces["recording"].append(np.full(kept.sum(), count))
            pieces["who"].append(np.full(kept.sum(), people[count] or "", dtype=object))
        if longest < size:
            short.append((longest, recording))
    X, y = np.concatenate(pieces["X"]), np.concatenate(pieces["y"])
    if not len(X):
        _refuse_nothing(recordings, short, size, target, options, name, lost_holes)
    _say_lost(recordings, short, target, options, account, lost_holes, lost_unlabelled)
    classes, y = _classes(classes, y, recordings, spelled, options, account)
    who = np.concatenate(pieces["who"])
    names = _ordered(set(who))
    known = all(people)
    missing = int(sum(np.isnan(recording.values).sum() for recording in recordings))
    if missing:
        account.say(LOSS, f"{missing} missing values: gaps of at most {GAP_SECONDS:g} s are filled")
    _say_signals(X, recordings[0].channels, account)
    if not known:
        account.say(
            HARM,
            "nobody is named: parts of the data are made of whole recordings, and the same person may stand on both "
            "sides; person= names the column or the part of the path",
        )
    elif len(names) < 3:
        account.say(HARM, f"{len(names)} person{'s' * (len(names) > 1)}: three at least are needed to judge on others")
    if len(classes) < 2:
        account.say(HARM, f"only one class, {classes[0]!r}: two are needed to tell anything apart")
    account.say(
        FACT, f"windows of {options.window:g} s ({size} samples), one every {hop} samples, none across recordings"
    )
    return Recordings(
        name=name,
        X=X,
        y=y,
        class_names=tuple(classes),
        channel_names=recordings[0].channels,
        hz=target,
        subject=np.array([names.index(one) for one in who], dtype=np.int64) if known else None,
        recording=np.concatenate(pieces["recording"]),
        source=source,
        licence="your own",
        missing=missing,
        account=account,
        people=tuple(names) if known else (),
    )


def _ordered(names: set[str]) -> list[str]:
    """Numbers in the order of numbers, 2 before 10; else as texts."""
    kept = {name for name in names if name}
    if all(name.lstrip("-").isdigit() for name in kept):
        return sorted(kept, key=int)
    return sorted(kept)


def _pieces(found: Timing | None, length: int) -> list[slice]:
    if found is None:
        return [slice(0, length)]
    ends = found.edges
    return [slice(begin, end) for begin, end in zip((0, *ends[:-1]), ends, strict=True)]


def _rates(recordings: Sequence[Recording], times: Sequence[Timing | None], account: Account) -> list[float]:
    """The rate of each recording, 0 where it is too short to tell; jitter, packets and silences are said."""
    rates = []
    for recording, found in zip(recordings, times, strict=True):
        if found is None:
            rates.append(float(recording.hz or 0))
            continue
        rates.append(found.rate if len(found.seconds) > 4 else 0.0)
        if 2 * found.shared > len(found.seconds) * 0.2:
            account.say(
                GUESS, "several samples share a time stamp: spread evenly to the next stamp", "/".join(recording.place)
            )
        elif found.shared:
            account.say(GUESS, f"{found.shared} samples repeat the stamp before: spread", "/".join(recording.place))
        if found.lost:
            account.say(
                LOSS, f"{found.lost} steps in time with samples missing: interpolated", "/".join(recording.place)
            )
        if len(found.edges) > 1:
            silences = f"{len(found.edges) - 1} silences of more than {GAP_SECONDS:g} s: no window spans one"
            account.say(LOSS, silences, "/".join(recording.place))
    counted = [rate for rate, found in zip(rates, times, strict=True) if rate and found is not None]
    if counted:
        jitter = float(np.median([found.jitter for found in times if found is not None and found.rate]))
        steps = f"steps within ± {1e3 * jitter:.2g} ms" if jitter > 1e-5 else "steps all alike"
        low, high = min(counted), max(counted)
        spread = f"{low:.4g} Hz" if high / low < 1.002 else f"{low:.4g} to {high:.4g} Hz"
        account.say(FACT, f"rate {spread}, samples counted over their span, {steps}")
    return rates


def _target(recordings: Sequence[Recording], rates: list[float], options: Options, account: Account) -> float:
    """The rate of all windows: the one asked for, else the lowest, since no sample is made up to reach it."""
    known = sorted(rate for rate in rates if rate)
    if options.resample_to:
        return options.resample_to
    timed = any(recording.seconds is not None for recording in recordings)
    if not known:
        if options.hz:
            return options.hz
        raise LucioleError(
            f"{recordings[0].name}: expected recordings of five samples or more, from which a rate can be counted"
        )
    near = [rate for rate in known if rate / known[0] < 1 + 2 * NEAR]
    common = nice(float(np.median(near)))
    if options.hz is not None:
        if any(abs(rate / options.hz - 1) > NEAR for rate in known):
            told = " and ".join(
                f"{nice(rate):g}" for rate in (known[0], known[-1])[: 1 + (known[-1] > known[0] * 1.02)]
            )
            account.say(GUESS if timed else HARM, f"brought from {told} Hz to hz={options.hz:g}, as asked")
        return options.hz
    if len(near) < len(known):
        groups = f"{common:g} and up to {nice(known[-1]):g} Hz"
        if known[-1] / known[0] > FAR:
            slow = recordings[int(np.argmin([rate or np.inf for rate in rates]))].name
            raise LucioleError(
                f"{slow}: expected recordings at one rate, got {groups}; say the rate to bring all to, such as "
                f"hz={nice(known[-1]):g}"
            )
        account.say(
            GUESS, f"rates of {groups}: all brought to the lowest, {common:g} Hz, filtered; hz= chooses another"
        )
    return common


def _refuse_nothing(
    recordings: Sequence[Recording],
    short: list[tuple[int, Recording]],
    size: int,
    target: float,
    options: Options,
    name: str,
    holes: int,
) -> None:
    """Say why there is no window at all, and what would give some."""
    wanted = f"{name}: expected at least one labelled window of {options.window:g} s ({size} samples), got none: "
    if len(short) == len(recordings):
        longest = max(length for length, _ in short)
        fits = math.floor(longest / target * 1000) / 1000
        raise LucioleError(
            f"{wanted}the longest of {len(recordings)} recordings has {longest / target:.3g} s; say window={fits:g}"
        )
    if holes:
        gone = np.mean([np.isnan(recording.values).mean(axis=0) for recording in recordings], axis=0)
        worst = int(np.argmax(gone))
        others = [channel for k, channel in enumerate(recordings[0].channels) if k != worst]
        raise LucioleError(
            f"{wanted}column {recordings[0].channels[worst]!r} is empty in {100 * gone[worst]:.0f} % of all rows; say "
            f"channels={','.join(others)}"
        )
    raise LucioleError(f"{wanted}no label covers half of a window; say a smaller window= than {options.window:g}")


def _say_lost(
    recordings: Sequence[Recording],
    short: list[tuple[int, Recording]],
    target: float,
    options: Options,
    account: Account,
    holes: int,
    unlabelled: int,
) -> None:
    if short:
        longest = max(length for length, _ in short) / target
        account.say(
            LOSS,
            f"{len(short)} of {len(recordings)} recordings are shorter than a window of {options.window:g} s (the "
            f"longest of them {longest:.3g} s) and left out",
        )
    if holes:
        account.say(LOSS, f"{holes} windows with a gap of more than {GAP_SECONDS:g} s")
    if unlabelled:
        account.say(LOSS, f"{unlabelled} windows of which no label covers half")


def _classes(
    classes: list[str],
    y: NDArray,
    recordings: Sequence[Recording],
    spelled: dict[str, str],
    options: Options,
    account: Account,
) -> tuple[list[str], NDArray[np.int64]]:
    """Leave out, and name, the classes that no window shows."""
    present = np.unique(y)
    for k, name in enumerate(classes):
        if k not in present:
            count = sum(
                any(spelled.get(str(text)) == name for text in np.unique(r.labels.astype(str))) for r in recordings
            )
            account.say(HARM, f"class {name!r} is left out: no window of {options.window:g} s shows it, its {count} "
                        "recordings are too short or broken; a smaller window= may keep it")  # fmt: skip
    return [classes[k] for k in present], np.searchsorted(present, y)


def _say_signals(X: NDArray, channels: Sequence[str], account: Account) -> None:
    """Dead channels, channels that are copies, and the unit that an accelerometer's numbers look like."""
    flat = [name for k, name in enumerate(channels) if np.ptp(X[:, k]) == 0]
    if flat:
        account.say(HARM, f"channels that never change: {', '.join(flat)}")
    for k in range(len(channels)):
        for other in range(k):
            if channels[k] not in flat and np.array_equal(X[:, k], X[:, other]):
                account.say(HARM, f"channels {channels[other]} and {channels[k]} are the same")
    axes = [k for k, name in enumerate(channels) if "acc" in name.lower() and "abs" not in name.lower()][:3]
    axes = axes or [k for k, name in enumerate(channels) if name.lower() in ("x", "y", "z", "ax", "ay", "az")][:3]
    if len(axes) == 3:
        norm = float(np.median(np.linalg.norm(X[:, axes].mean(axis=2), axis=1)))
        guess = next((f"{unit}, gravity in it" for low, high, unit in _AT_REST if low < norm < high), "")
        guess = guess or f"of an unknown unit or with gravity taken out (mean length {norm:.3g})"
        account.say(GUESS, f"{', '.join(channels[k] for k in axes)}: an acceleration, by its numbers {guess}")
