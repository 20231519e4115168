"""Features of sensor windows made by hand, for classifiers that are no networks.

For every channel: mean, smallest, largest, logarithms of the variance and of the mean square of the steps, and of
the energy in five bands of frequency (shares of the highest one); for every pair of channels their correlation.
Bandwidths are in samples, not hertz, so that the features fit any rate.

>>> features(np.random.default_rng(0).normal(size=(5, 3, 64))).shape
(5, 33)
"""

import itertools

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-6  # of a variance: a channel that does not move stays finite
BANDS = (0.0, 0.04, 0.1, 0.2, 0.4, 1.0)  # edges, as shares of half the sampling rate


def features(X: NDArray) -> NDArray[np.float32]:
    """Return the features of windows (n, channels, time): float32 (n, 10 channels + pairs of channels)."""
    X = np.asarray(X, dtype=np.float64)
    mean = X.mean(axis=2, keepdims=True)
    apart, steps = X - mean, np.diff(X, axis=2)
    variance = np.square(apart).mean(axis=2)
    power = np.square(np.abs(np.fft.rfft(apart, axis=2))) / X.shape[2]  # (n, channels, frequencies)
    edges = np.round(np.array(BANDS) * (power.shape[2] - 1)).astype(int)
    bands = [power[:, :, low : max(high, low + 1)].mean(axis=2) for low, high in itertools.pairwise(edges)]
    scaled = apart / np.sqrt(variance + FLOOR)[:, :, None]
    together = scaled @ scaled.transpose(0, 2, 1) / X.shape[2]
    first, second = np.triu_indices(X.shape[1], k=1)
    columns = [mean[:, :, 0], X.min(axis=2), X.max(axis=2), np.log(variance + FLOOR)]
    columns += [np.log(np.square(steps).mean(axis=2) + FLOOR), *(np.log(band + FLOOR) for band in bands)]
    return np.concatenate([*columns, together[:, first, second]], axis=1).astype(np.float32)
