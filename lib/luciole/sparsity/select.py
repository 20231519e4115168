"""The largest of many values, exactly so many and without sorting them.

A sample of the values brackets the threshold; one walk over all of them, in pieces that stay in the processor's cache,
takes what lies above the bracket and notes what lies inside it, and only that is searched (Floyd and Rivest, "Expected
time bounds for selection", CACM 1975). Where the sample misled, everything is searched and gives the same answer.

By NumPy, whose comparisons and partition are vectorised; ``torch.kthvalue`` and ``torch.topk`` take several times as
long (``benchmarks/sparsity.py``).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole.errors import LucioleError

SAMPLE = 1 << 16  # values that bracket the threshold; no more than these are searched plainly
DEVIATIONS = 4.0  # of the sample's rank: half the width of the bracket
PIECE = 1 << 16  # values of a piece: with its masks well inside a core's cache


def largest(values: Tensor, count: int) -> Tensor:
    """Return a boolean mask, of the shape of ``values``, of its ``count`` largest; of equal ones the first.

    Raises LucioleError for a count that is no size of a part, and for values that are not numbers.

    >>> largest(torch.tensor([[3.0, 1.0], [2.0, 2.0]]), 2).tolist()
    [[True, False], [True, False]]
    """
    return largest_of([values], count)[0]


def largest_of(parts: Sequence[Tensor], count: int) -> list[Tensor]:
    """Return a boolean mask for each of ``parts``: the ``count`` largest of all; of equal ones the first.

    The parts are not joined, which would copy them. Raises what :func:`largest` does.

    >>> [mask.tolist() for mask in largest_of([torch.tensor([1.0, 5.0]), torch.tensor([4.0])], 2)]
    [[False, True], [True]]
    """
    flats = [_flat(part) for part in parts]
    total = sum(flat.size for flat in flats)
    if not 0 <= count <= total:
        raise LucioleError(f"expected to choose between 0 and all of {total} values, got {count}")
    low, high = _bracket(flats, total, count)
    masks, places = _walk(flats, low, high)
    missing = count - sum(int(np.count_nonzero(mask)) for mask in masks)
    if not 0 <= missing <= sum(len(inside) for inside in places):  # the sample misled
        masks, places = _walk(flats, -math.inf, math.inf)
        missing = count
    if missing:
        values = np.concatenate([flat[inside] for flat, inside in zip(flats, places, strict=True)])
        threshold = np.partition(values, len(values) - missing)[len(values) - missing]
        taken = values > threshold
        taken[np.flatnonzero(values == threshold)[: missing - np.count_nonzero(taken)]] = True
        ends = np.cumsum([len(inside) for inside in places])
        for mask, inside, mine in zip(masks, places, np.split(taken, ends[:-1]), strict=True):
            mask[inside] = mine
    return [torch.from_numpy(mask).view(part.shape).to(part.device) for mask, part in zip(masks, parts, strict=True)]


def _flat(values: Tensor) -> NDArray:
    """The values as NumPy has them, half precision (which it compares slowly, or not at all) widened."""
    values = values.detach().reshape(-1).cpu()
    return (values.float() if values.dtype in (torch.float16, torch.bfloat16) else values).numpy()


def _bracket(flats: Sequence[NDArray], total: int, count: int) -> tuple[float, float]:
    """Values that the ``count``-th largest of all lies between, most probably."""
    if total <= SAMPLE:
        return -math.inf, math.inf
    sample = np.sort(np.concatenate([flat[:: total // SAMPLE] for flat in flats]))[::-1]
    share = count / total
    rank, width = share * len(sample), DEVIATIONS * math.sqrt(len(sample) * share * (1 - share)) + 1
    high = sample[math.floor(rank - width) - 1] if rank - width >= 1 else math.inf
    low = sample[math.ceil(rank + width) - 1] if rank + width <= len(sample) else -math.inf
    return low, high


def _walk(flats: Sequence[NDArray], low: float, high: float) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.int64]]]:
    """Masks of what is above ``high``, and the places of what is between, both bounds included."""
    masks, places = [], []
    for flat in flats:
        mask, inside = np.empty(flat.size, np.bool_), []
        for first in range(0, flat.size, PIECE):
            piece, above = flat[first : first + PIECE], mask[first : first + PIECE]
            if np.isnan(piece.max()):  # the maximum is not a number as soon as one value is none
                raise LucioleError(
                    "expected numbers to choose the largest of, got not a number; lower the learning rate"
                )
            np.greater(piece, high, out=above)
            inside.append(np.flatnonzero((piece >= low) != above) + first)
        masks.append(mask)
        places.append(np.concatenate(inside) if inside else np.zeros(0, np.int64))
    return masks, places
