"""MiniRocket: shares of a window where fixed convolutions are above a threshold, for a linear classifier.

Dempster, Schmidt and Webb, *MiniRocket*, KDD 2021, and the variant for several channels in its authors' repository,
written from the paper. All 84 kernels of nine taps that are -1 but for three 2s; dilations 2^e with e in equal steps up
to the longest that fits a window; of several channels each pair of kernel and dilation reads some, drawn, and adds them
up. A feature is the share of positive values of one convolution less a threshold; thresholds are quantiles of the
convolutions of windows drawn from those learnt from. Every other pair keeps to where all taps are inside the window.

The paper has about ten thousand features; fewer cost less and lose little there.

>>> X = np.random.default_rng(0).normal(size=(20, 2, 40)).astype(np.float32)
>>> rocket = MiniRocket.fit(X, features=200, seed=0)
>>> rocket(X).shape, bool((rocket(X) >= 0).all() and (rocket(X) <= 1).all())
((20, 168), True)
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from luciole.errors import LucioleError

TAPS = 9
TWOS = np.array([*itertools.combinations(range(TAPS), 3)])  # (84, 3): where each kernel has its 2s
DILATIONS = 32  # of a kernel, at most
GOLDEN = (math.sqrt(5) + 1) / 2  # quantiles: shares of its multiples, which spread evenly
BLOCK = 256  # windows at once


def dilations(length: int, each: int) -> list[tuple[int, int]]:
    """Dilations for windows of ``length`` samples, and how many of ``each`` kernel's thresholds are at each.

    >>> dilations(40, 4)
    [(1, 2), (2, 1), (4, 1)]
    """
    distinct = min(each, DILATIONS)
    furthest = math.log2((length - 1) / (TAPS - 1))
    values, counts = np.unique((2 ** np.linspace(0, furthest, distinct)).astype(int), return_counts=True)
    shares = (counts * (each / distinct)).astype(int)
    for extra in range(each - int(shares.sum())):
        shares[extra % len(shares)] += 1
    return [(int(value), int(share)) for value, share in zip(values, shares, strict=True)]


@dataclass(frozen=True)
class MiniRocket:
    """Kernels' channels and thresholds, by dilation; called with windows it returns their features."""

    channels: int
    parts: tuple[tuple[int, torch.Tensor, torch.Tensor], ...]  # dilation, weights (84, 9 C), thresholds (84, each)

    @classmethod
    def fit(cls, X: NDArray[np.float32], features: int = 9996, seed: int = 0) -> "MiniRocket":
        """Draw channels, and read thresholds off windows (n, channels, time) that are learnt from.

        ``features`` are rounded down to a multiple of the 84 kernels. Raises LucioleError for fewer, and for windows
        shorter than a kernel.
        """
        channels, length = X.shape[1:]
        if features < len(TWOS) or length < TAPS:
            raise LucioleError(
                f"expected {len(TWOS)} features or more and windows of {TAPS} samples or more, got {features} and "
                f"{length}"
            )
        rng = np.random.default_rng(seed)
        parts, told = [], 0
        for dilation, each in dilations(length, features // len(TWOS)):
            weights = torch.from_numpy(_weights(rng, channels))
            quantiles = np.arange(told + 1, told + 1 + len(TWOS) * each).reshape(len(TWOS), each) * GOLDEN % 1
            told += quantiles.size
            thresholds = np.empty(quantiles.shape, dtype=np.float32)
            drawn = X[rng.integers(len(X), size=len(TWOS))]
            values = _convolved(torch.from_numpy(drawn), weights, dilation)
            for kernel in range(len(TWOS)):
                thresholds[kernel] = np.quantile(values[kernel, kernel].numpy(), quantiles[kernel])
            parts.append((dilation, weights, torch.from_numpy(thresholds)))
        return cls(channels, tuple(parts))

    @torch.no_grad()
    def __call__(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features of windows (n, channels, time): (n, features), shares from 0 to 1."""
        if X.ndim != 3 or X.shape[1] != self.channels:
            raise LucioleError(f"expected windows of shape (n, {self.channels}, time), got {X.shape}")
        blocks = torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32)).split(BLOCK)
        return np.concatenate([self._of(block) for block in blocks])

    def _of(self, X: torch.Tensor) -> NDArray[np.float32]:
        columns = []
        for number, (dilation, weights, thresholds) in enumerate(self.parts):
            values = _convolved(X, weights, dilation)  # (n, 84, time)
            for inside in (False, True):
                kernels = [one for one in range(len(TWOS)) if bool((number + one) % 2) is inside]
                seen = values[:, kernels, _seen(number, kernels[0], dilation, X.shape[2])]
                above = [(seen > least[None, :, None]).float().mean(dim=2) for least in thresholds[kernels].T]
                columns += above
        return torch.cat(columns, dim=1).numpy()


def _weights(rng: np.random.Generator, channels: int) -> NDArray[np.float32]:
    """Weights (84, 9 C) of all kernels, each on channels drawn for it: how many is even in its logarithm."""
    plain = np.full((len(TWOS), TAPS), -1, dtype=np.float32)
    np.put_along_axis(plain, TWOS, 2, axis=1)
    counts = (2 ** rng.uniform(0, math.log2(min(channels, TAPS) + 1), size=len(TWOS))).astype(int)
    read = np.zeros((len(TWOS), channels), dtype=np.float32)
    for kernel, count in enumerate(counts):
        read[kernel, rng.choice(channels, size=count, replace=False)] = 1
    return (plain[:, :, None] * read[:, None, :]).reshape(len(TWOS), -1)


def _convolved(X: torch.Tensor, weights: torch.Tensor, dilation: int) -> torch.Tensor:
    """Convolutions (n, 84, time) of windows (n, channels, time), zeros around them."""
    length, reach = X.shape[2], dilation * (TAPS // 2)
    padded = torch.nn.functional.pad(X, (reach, reach))
    taps = torch.cat([padded[:, :, tap * dilation :][:, :, :length] for tap in range(TAPS)], dim=1)
    return weights @ taps


def _seen(number: int, kernel: int, dilation: int, length: int) -> slice:
    """Where a convolution is looked at: of every other pair of dilation and kernel only where no tap leaves."""
    reach = dilation * (TAPS // 2)
    return slice(reach, length - reach) if (number + kernel) % 2 else slice(0, length)
