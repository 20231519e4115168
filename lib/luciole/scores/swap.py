"""SWAP: how many different patterns the ReLU units draw over the batch."""

import math

import numpy as np

from luciole.errors import LucioleError
from luciole.scores.passes import Passes
from luciole.scores.score import score


@score(source="Peng et al., ICLR 2024 (arXiv 2403.04161), definition 3.2")
def swap(seen: Passes) -> float:
    """SWAP score: number of distinct sample-wise patterns, one pattern a ReLU unit, a bit a sample.

    Bounded by 2^B, so that the batch must not be tiny.
    """
    packed = np.concatenate([np.packbits(code.cpu().numpy(), axis=0) for code in seen.codes], axis=1)  # (B/8, units)
    width = -(-packed.shape[0] // 8) * 8  # whole 64-bit words, so that patterns compare as integers
    padded = np.zeros((packed.shape[1], width), dtype=np.uint8)
    padded[:, : packed.shape[0]] = packed.T
    words = padded.view(np.uint64)
    return float(len(np.unique(words[:, 0]) if words.shape[1] == 1 else np.unique(words, axis=0)))


def regularised(score: np.ndarray, parameters: np.ndarray, centre: float, spread: float) -> np.ndarray:
    """Return the regularised SWAP score, Psi exp(-(P - centre)^2 / spread), array by array.

    ``parameters`` P, ``centre`` and the square root of ``spread`` share a unit. Source: Peng et al., definition
    3.4; ``centre`` and ``spread`` set the size of network that is looked for, and are the user's to choose.

    >>> regularised(np.array([10.0]), np.array([2.0]), centre=1.0, spread=1.0).round(3)
    array([3.679])
    """
    if not spread > 0 or not math.isfinite(centre):
        raise LucioleError(f"expected a finite centre and a positive spread, got {centre} and {spread}")
    return np.asarray(score) * np.exp(-np.square(np.asarray(parameters) - centre) / spread)
