"""From a continuous signal to windows: resampling, cutting with overlap, labels, missing values, normalisation.

Everything here works on one recording at a time, so that no window ever spans two of them.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import resample_poly

from luciole.errors import LucioleError


def cut(signal: NDArray, size: int, hop: int) -> NDArray:
    """Cut a signal of shape (time, channels) into windows of shape (n, channels, size), one every ``hop`` samples.

    The rest at the end that does not fill a window is dropped. Windows are copies.

    >>> cut(np.arange(5)[:, None], size=2, hop=2)[:, 0].tolist()
    [[0, 1], [2, 3]]
    """
    if size < 1 or hop < 1:
        raise LucioleError(f"expected a window and a hop of at least 1 sample, got {size} and {hop}")
    if len(signal) < size:
        return np.empty((0, signal.shape[1], size), dtype=signal.dtype)
    return sliding_window_view(signal, size, axis=0)[::hop].copy()


def majority(labels: NDArray, size: int, hop: int, share: float = 0.5) -> NDArray[np.int64]:
    """Return the label that most samples of each window carry, -1 where it covers less than ``share`` of it.

    ``labels`` (time,) are integers, negative where unlabelled; the windows are those of :func:`cut`.

    >>> majority(np.array([0, 0, 0, 1, 1, -1]), size=3, hop=3).tolist()
    [0, 1]
    """
    pieces = cut(np.asarray(labels)[:, None], size, hop)[:, 0]  # (n, size)
    values = np.unique(labels[labels >= 0])
    if not len(values) or not len(pieces):
        return np.full(len(pieces), -1, dtype=np.int64)
    counts = (pieces[:, :, None] == values).sum(axis=1)  # (n, values)
    best = counts.argmax(axis=1)
    enough = counts[np.arange(len(pieces)), best] >= share * size
    return np.where(enough, values[best], -1).astype(np.int64)


def resample(signal: NDArray, hz: float, to: float) -> NDArray[np.float32]:
    """Bring a signal of shape (time, channels) from ``hz`` to ``to`` samples a second, without aliasing.

    A polyphase filter at the nearest ratio of whole numbers (scipy.signal.resample_poly).

    >>> resample(np.ones((100, 3)), hz=50, to=20).shape
    (40, 3)
    """
    if not (hz > 0 and to > 0):
        raise LucioleError(f"expected rates above 0 Hz, got {hz} and {to}")
    ratio = Fraction(to / hz).limit_denominator(1000)
    if ratio == 1:
        return np.asarray(signal, dtype=np.float32)
    padded = resample_poly(signal, ratio.numerator, ratio.denominator, axis=0, padtype="line")
    return padded.astype(np.float32)


def regular(signal: NDArray, seconds: NDArray, hz: float) -> NDArray[np.float32]:
    """Put samples taken at irregular times (``seconds``, ascending) on a regular grid, by linear interpolation.

    >>> regular(np.array([[0.0], [1.0], [4.0]]), np.array([0.0, 1.0, 4.0]), hz=1)[:, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    steps = np.diff(seconds)
    if len(steps) and steps.min() < 0:
        row = int(np.argmin(steps)) + 1
        raise LucioleError(
            f"expected times in ascending order, got {seconds[row]} after {seconds[row - 1]} at row {row}"
        )
    grid = seconds[0] + np.arange(int((seconds[-1] - seconds[0]) * hz + 1e-6) + 1) / hz
    return np.stack([np.interp(grid, seconds, column) for column in signal.T], axis=1).astype(np.float32)


def fill(signal: NDArray, longest: int) -> tuple[NDArray[np.float32], int]:
    """Interpolate gaps (NaN) of at most ``longest`` samples in each column; longer gaps stay NaN.

    Returns the signal (time, channels) and the number of values that were missing.

    >>> filled, missing = fill(np.array([[0.0], [np.nan], [2.0], [np.nan], [np.nan], [5.0]]), longest=1)
    >>> filled[:, 0].tolist(), missing
    ([0.0, 1.0, 2.0, nan, nan, 5.0], 3)
    """
    filled = np.array(signal, dtype=np.float32)
    gone = np.isnan(filled)
    times = np.arange(len(filled))
    for channel in np.flatnonzero(gone.any(axis=0)):
        lost = gone[:, channel]
        edges = np.flatnonzero(np.diff(np.concatenate(([0], lost.astype(np.int8), [0]))))
        starts, stops = edges[::2], edges[1::2]
        # a gap that touches either end has one neighbour only: nothing to interpolate between
        short = (stops - starts <= longest) & (starts > 0) & (stops < len(filled))
        for start, stop in zip(starts[short], stops[short], strict=True):
            filled[start:stop, channel] = np.interp(times[start:stop], times[~lost], filled[~lost, channel])
    return filled, int(gone.sum())


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel, as the training part has them; the same constants everywhere.

    >>> rng = np.random.default_rng(0)
    >>> train = rng.normal(5.0, 2.0, size=(100, 3, 16))
    >>> bool(abs(Normalisation.fit(train)(train).std() - 1) < 1e-6)
    True
    """

    mean: NDArray[np.float32]  # (channels,)
    deviation: NDArray[np.float32]  # (channels,), at least a millionth of the largest: a dead channel stays finite

    @classmethod
    def fit(cls, X: NDArray) -> "Normalisation":
        """Measure the constants on windows of shape (n, channels, ...): pass the training part, nothing else."""
        axes = (0, *range(2, X.ndim))
        mean = X.mean(axis=axes, dtype=np.float64)
        deviation = X.std(axis=axes, dtype=np.float64)
        floor = max(float(deviation.max()) * 1e-6, 1e-12)
        return cls(mean.astype(np.float32), np.maximum(deviation, floor).astype(np.float32))

    def __call__(self, X: NDArray) -> NDArray[np.float32]:
        """Return the windows with these constants taken out, float32."""
        shape = (1, -1) + (1,) * (X.ndim - 2)
        return ((X - self.mean.reshape(shape)) / self.deviation.reshape(shape)).astype(np.float32)


def coarsen(X: NDArray, factor: int) -> NDArray[np.float32]:
    """Average every ``factor`` samples in a row: (n, channels, time) to (n, channels, time // factor).

    A rate divided by a whole number with no filter to fit, so that a window never looks beyond its own ends.

    >>> coarsen(np.array([[[0.0, 2.0, 4.0, 6.0, 9.0]]]), 2).tolist()
    [[[1.0, 5.0]]]
    """
    if not 1 <= factor <= X.shape[-1]:
        raise LucioleError(f"expected a factor of 1 to {X.shape[-1]}, the samples of a window; got {factor}")
    whole = X.shape[-1] // factor * factor
    return X[..., :whole].reshape(*X.shape[:-1], -1, factor).mean(axis=-1, dtype=np.float32)
