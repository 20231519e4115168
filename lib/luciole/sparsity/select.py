"""The largest of many values, exactly so many and without sorting them.

A sample of the values brackets the threshold, so that one pass counts what lies above the bracket and only what lies
inside it is searched (Floyd and Rivest, "Expected time bounds for selection", CACM 1975). Where the sample misled, a
plain selection of everything gives the same answer.
"""

import math

import torch
from torch import Tensor

from luciole.errors import LucioleError

SAMPLE = 1 << 16  # values that bracket the threshold; no more than these are searched plainly
DEVIATIONS = 4.0  # of the sample's rank: half the width of the bracket


def largest(values: Tensor, count: int) -> Tensor:
    """Return a boolean mask, of the shape of ``values``, of its ``count`` largest; of equal ones the first.

    Raises LucioleError for a count that is no size of a part, and for values that are not numbers.

    >>> largest(torch.tensor([[3.0, 1.0], [2.0, 2.0]]), 2).tolist()
    [[True, False], [True, False]]
    """
    flat = values.detach().reshape(-1)
    if not 0 <= count <= len(flat):
        raise LucioleError(f"expected to choose between 0 and all of {len(flat)} values, got {count}")
    if count == 0:
        return torch.zeros_like(values, dtype=torch.bool)
    if bool(flat.max().isnan()):  # the maximum is not a number as soon as one value is none
        raise LucioleError("expected numbers to choose the largest of, got not a number; lower the learning rate")
    threshold = _threshold(flat, count)
    mask = flat > threshold
    missing = count - int(torch.count_nonzero(mask))
    if missing:
        mask[(flat == threshold).nonzero().squeeze(1)[:missing]] = True
    return mask.view(values.shape)


def _threshold(flat: Tensor, count: int) -> Tensor:
    """The ``count``-th largest value."""
    if len(flat) <= SAMPLE:
        return _plainly(flat, count)
    sample = flat[:: len(flat) // SAMPLE]
    share = count / len(flat)
    rank, width = share * len(sample), DEVIATIONS * math.sqrt(len(sample) * share * (1 - share)) + 1
    high = _plainly(sample, math.floor(rank - width)) if rank - width >= 1 else flat.new_tensor(math.inf)
    low = _plainly(sample, math.ceil(rank + width)) if rank + width <= len(sample) else flat.new_tensor(-math.inf)
    above = int(torch.count_nonzero(flat > high))
    inside = flat[(flat >= low) & (flat <= high)]
    if not above < count <= above + len(inside):
        return _plainly(flat, count)
    return _plainly(inside, count - above)


def _plainly(flat: Tensor, count: int) -> Tensor:
    return flat.kthvalue(len(flat) - count + 1).values
