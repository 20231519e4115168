"""From the times of one recording to a regular signal: packets spread, silences cut, the rate counted, a grid.

The rate is samples counted over the time they span, silences and lost samples left out; a median step would make 100 Hz
of 104 Hz whose times are rounded to milliseconds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.windows import fill, resample

GAP_SECONDS = 0.2  # the longest gap that is interpolated
NEAR = 0.01  # rates that differ by less are one
ON_GRID = 0.05  # a rate this near to the wanted one is interpolated onto it; others are resampled with a filter


@dataclass(frozen=True)
class Timing:
    """What the times of one recording say."""

    seconds: NDArray[np.float64]  # packets spread
    rate: float  # samples a second, counted; 0 where there are too few
    jitter: float  # seconds, the standard deviation of steps about 1 / rate
    shared: int  # samples that shared their stamp with another
    lost: int  # steps so long that samples are missing in them
    edges: tuple[int, ...]  # samples after which a silence follows, as ends of pieces; the last is the length


def spread(stamps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give samples that share a time stamp times of their own: evenly from their stamp to the next.

    Packets of unequal sizes, as stamps that were rounded leave them, say no more than how many samples came in a
    stretch without a silence: evenly over all of it.

    >>> spread(np.array([0.0, 0.0, 0.1, 0.1])).round(3).tolist()
    [0.0, 0.05, 0.1, 0.15]
    """
    starts = np.flatnonzero(np.diff(stamps, prepend=-np.inf))
    sizes = np.diff(np.append(starts, len(stamps)))
    if (sizes == 1).all() or len(starts) < 2:
        return stamps
    spans = np.diff(stamps[starts])
    usual = float(spans.sum() / sizes[:-1].sum()) if sizes.mean() > 1.2 else float(np.median(spans / sizes[:-1]))
    within = np.arange(len(stamps)) - np.repeat(starts, sizes)
    if sizes.mean() <= 1.2 or (sizes[:-1] == np.median(sizes)).all():
        steps = np.minimum(np.append(spans / sizes[:-1], usual), 3 * usual)
        return stamps + within * np.repeat(steps, sizes)
    even = np.empty(len(stamps))
    silent = np.flatnonzero(spans > GAP_SECONDS + 2 * np.median(spans)) + 1
    for first, last in zip(np.append(0, silent), np.append(silent, len(starts)), strict=True):
        begin, end = starts[first], starts[last] if last < len(starts) else len(stamps)
        counted = starts[last - 1] - begin
        step = (stamps[starts[last - 1]] - stamps[begin]) / counted if counted else usual
        even[begin:end] = stamps[begin] + step * np.arange(end - begin)
    return even


def timing(stamps: NDArray[np.float64]) -> Timing:
    """Read the times of one recording, ascending: its rate, jitter, shared stamps, lost samples and silences.

    >>> found = timing(np.round(np.arange(1000) / 104, 3))
    >>> round(found.rate, 1), found.shared, found.edges
    (104.0, 0, (1000,))
    """
    shared = int((np.diff(stamps) == 0).sum())
    seconds = spread(stamps)
    steps = np.diff(seconds)
    if not len(steps) or not (steps > 0).any():
        return Timing(seconds, 0.0, 0.0, shared, 0, (len(seconds),))
    usual = float(np.median(steps[steps > 0]))
    regular = np.median(np.abs(steps - usual)) < 0.15 * usual
    long = steps > max((1.5 if regular else 5.0) * usual, usual + 1e-9)
    kept = steps[~long]
    rate = len(kept) / float(kept.sum())
    silent = steps > GAP_SECONDS + usual
    edges = (*(int(k) + 1 for k in np.flatnonzero(silent)), len(seconds))
    return Timing(seconds, rate, float(np.std(kept)), shared, int((long & ~silent).sum()), edges)


def regular(
    values: NDArray[np.float64],
    labels: NDArray[np.int64],
    seconds: NDArray[np.float64] | None,
    rate: float,
    target: float,
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """One piece of a recording, without a silence in it, at ``target`` samples a second.

    Samples already at regular steps stay as they are; others are interpolated onto a grid, and what comes at another
    rate is resampled with a filter. Returns signal (time, channels), labels, and where a gap was too long to be filled.
    """
    signal, _ = fill(values, longest=int(GAP_SECONDS * rate))
    if seconds is not None and not _even(seconds, rate):
        rate = target if abs(rate / target - 1) < ON_GRID else rate
        grid = seconds[0] + np.arange(int((seconds[-1] - seconds[0]) * rate + 1e-6) + 1) / rate
        before = np.clip(np.searchsorted(seconds, grid + 1e-9, side="right") - 1, 0, len(seconds) - 1)
        signal = np.stack([np.interp(grid, seconds, column) for column in signal.T], axis=1).astype(np.float32)
        labels = labels[before]
    holes: NDArray[np.bool_] = np.asarray(np.isnan(signal).any(axis=1))
    if abs(rate / target - 1) < NEAR:
        return signal, labels, holes
    whole = resample(np.nan_to_num(signal), rate, target)
    steps = np.minimum((np.arange(len(whole)) * rate / target).astype(int), len(labels) - 1)
    length = min(len(whole), round(len(signal) * target / rate))
    return whole[:length], labels[steps][:length], holes[steps][:length]


def _even(seconds: NDArray[np.float64], rate: float) -> bool:
    """Whether each time lies within half a step of where a regular one would, and no sample is lost."""
    if len(seconds) < 3:
        return True
    own = (len(seconds) - 1) / max(seconds[-1] - seconds[0], 1e-12)
    away = np.abs(seconds - seconds[0] - np.arange(len(seconds)) / own)
    steps = np.diff(seconds)
    return bool(abs(own / rate - 1) < NEAR and away.max() * own <= 0.55 and np.std(steps) * own < 0.25)


def nice(rate: float) -> float:
    """A counted rate as the whole number that it is within a five-hundredth of, else to three digits.

    >>> nice(49.97), nice(31.25), nice(104.02)
    (50.0, 31.25, 104.0)
    """
    whole = round(rate)
    return float(whole) if whole and abs(rate / whole - 1) < 0.002 else float(round(rate, 3))
