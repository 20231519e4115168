"""Counts and shapes of NAS-Bench-201 cells in closed form, a whole array of cells at once.

They need no network and are computed for every cell, never for a class of isomorphic ones, whose members can
differ in idle convolutions. Counts follow the benchmark and take every edge; depth and paths look only at what
lies between input and output::

    >>> float(depth([3, 0, 2, 0, 0, 3])), float(paths([3, 0, 2, 0, 0, 3]))
    (3.0, 1.0)
"""

import numpy as np
from numpy.typing import NDArray

from luciole.networks import Skeleton, counts
from luciole.spaces import nb201

Floats = NDArray[np.float64]


def _is_convolution(cells: NDArray) -> NDArray[np.bool_]:
    return (cells == nb201.CONV1) | (cells == nb201.CONV3)


def _copies(rows: object, skeleton: Skeleton) -> Floats:
    """Convolutions of all copies of the cell in the network."""
    return _is_convolution(nb201.check(rows)).sum(axis=-1) * float(skeleton.cells * skeleton.stages)


def layers(rows: object, skeleton: Skeleton) -> Floats:
    """Number of convolutions and linear layers of the network."""
    reduction = 3 if skeleton.reduction == "residual" else 1
    return 2 + reduction * (skeleton.stages - 1) + _copies(rows, skeleton)


def tensors(rows: object, skeleton: Skeleton) -> Floats:
    """Number of parameter tensors of the network: three for each convolution with its normalisation."""
    reduction = 7 if skeleton.reduction == "residual" else 3  # the residual shortcut has no normalisation
    return 7 + reduction * (skeleton.stages - 1) + 3 * _copies(rows, skeleton)


def depth(rows: object) -> Floats:
    """Most convolutions on a path from the cell's input to its output; -1 without a path."""
    cells = nb201.prune(rows)
    longest = [np.zeros(cells.shape[:-1])] + [np.full(cells.shape[:-1], -1.0) for _ in range(3)]
    for edge, (target, source) in enumerate(nb201.EDGES):
        here = longest[source] + _is_convolution(cells[..., edge])
        carries = (cells[..., edge] != nb201.NONE) & (longest[source] >= 0)
        longest[target] = np.where(carries, np.maximum(longest[target], here), longest[target])
    return longest[3]


def paths(rows: object) -> Floats:
    """Number of paths from the cell's input to its output, a measure of width: 0 to 4."""
    cells = nb201.prune(rows)
    found = [np.ones(cells.shape[:-1])] + [np.zeros(cells.shape[:-1]) for _ in range(3)]
    for edge, (target, source) in enumerate(nb201.EDGES):
        found[target] = found[target] + found[source] * (cells[..., edge] != nb201.NONE)
    return found[3]


def measures(rows: object, skeleton: Skeleton, size: int) -> dict[str, Floats]:
    """Return all closed-form scores of cells (..., 6) by name; ``size`` is the input's side or length."""
    return {
        "params": counts.parameters(rows, skeleton).astype(float),
        "macs": counts.macs(rows, skeleton, size).astype(float),
        "layers": layers(rows, skeleton),
        "tensors": tensors(rows, skeleton),
        "depth": depth(rows),
        "paths": paths(rows),
    }


MEASURES = ("params", "macs", "layers", "tensors", "depth", "paths")
