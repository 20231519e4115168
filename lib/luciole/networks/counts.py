"""Parameters and multiply-accumulates of NAS-Bench-201 networks in closed form, a whole array of cells at once.

Both are linear in the number of convolutions of each kind, so one matrix product counts the whole space::

    >>> from luciole.networks import NB201_C10
    >>> from luciole.spaces import nb201
    >>> parameters(nb201.all_cells(), NB201_C10).max()
    np.int64(1531546)

Convention, the benchmark's own: a multiply-accumulate (MAC) is one multiplication with its addition, of
convolutions and of the classifier, to which the benchmark adds the classifier's bias, one each; normalisation,
pooling and sums are not counted. What others call floating point operations (FPO) is twice that.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.networks.skeleton import Skeleton
from luciole.spaces import nb201


def _convolutions(rows: object) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of 1x1 and of 3x3 convolutions of each cell."""
    cells = nb201.check(rows)
    return (cells == nb201.CONV1).sum(axis=-1), (cells == nb201.CONV3).sum(axis=-1)


def parameters(rows: object, skeleton: Skeleton) -> NDArray[np.int64]:
    """Count trainable parameters: int64 of shape (...,) for cells of shape (..., 6)."""
    ones, threes = _convolutions(rows)
    taps = 3**skeleton.dims
    stem = taps if skeleton.stem == "conv3" else 1
    widths = skeleton.widths
    # a convolution (no bias) and the two vectors of its batch normalisation
    total = skeleton.inputs * widths[0] * stem + 2 * widths[0]
    for narrow, wide in itertools.pairwise(widths):
        if skeleton.reduction == "residual":
            total += taps * narrow * wide + 2 * wide + taps * wide * wide + 2 * wide + narrow * wide
        else:
            total += narrow * wide + 2 * wide
    total += 2 * widths[-1] + widths[-1] * skeleton.classes + skeleton.classes
    of_one = skeleton.cells * sum(c * c + 2 * c for c in widths)
    of_three = skeleton.cells * sum(taps * c * c + 2 * c for c in widths)
    return total + ones * of_one + threes * of_three


def macs(rows: object, skeleton: Skeleton, size: int) -> NDArray[np.int64]:
    """Count multiply-accumulates for one input: int64 of shape (...,) for cells of shape (..., 6).

    ``size`` is the side of the (square) image or the length of the series. Raises LucioleError when it is too
    small to be halved at every reduction.
    """
    if size >> (skeleton.stages - 1) < 1:
        raise LucioleError(f"expected a size of at least {1 << (skeleton.stages - 1)}, got {size}; reductions halve it")
    ones, threes = _convolutions(rows)
    taps = 3**skeleton.dims
    stem = taps if skeleton.stem == "conv3" else 1
    widths = skeleton.widths
    sizes = [size]  # the residual block's stride rounds up, pooling rounds down
    for _ in widths[1:]:
        sizes.append((sizes[-1] + 1) // 2 if skeleton.reduction == "residual" else sizes[-1] // 2)
    places = [side**skeleton.dims for side in sizes]
    total = skeleton.inputs * widths[0] * stem * places[0]
    for narrow, wide, place in zip(widths, widths[1:], places[1:], strict=False):
        if skeleton.reduction == "residual":
            total += (taps * narrow * wide + taps * wide * wide + narrow * wide) * place
        else:
            total += narrow * wide * place
    total += (widths[-1] + 1) * skeleton.classes
    per_channel_pair = skeleton.cells * sum(c * c * place for c, place in zip(widths, places, strict=True))
    return total + (ones + taps * threes) * per_channel_pair
