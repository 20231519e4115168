"""The landscape that a search walks on: who neighbours whom, where climbing ends, how fast quality forgets.

For spaces small enough to enumerate, of independent genes (NAS-Bench-201). Everything is an array over all cells in
the order of their index.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from luciole.spaces import Rows


def neighbours(cells: Rows, arity: tuple[int, ...], index: Callable[[Rows], NDArray[np.int64]]) -> NDArray[np.int64]:
    """Index of every cell one gene away from each cell: (n, sum(arity) - genes).

    >>> from luciole.spaces import nb201
    >>> neighbours(nb201.all_cells(), nb201.ARITY, nb201.index).shape
    (15625, 24)
    """
    columns = []
    for gene, values in enumerate(arity):
        for step in range(1, values):
            moved = cells.copy()
            moved[:, gene] = (moved[:, gene] + step) % values
            columns.append(index(moved))
    return np.stack(columns, axis=1)


def local_optima(values: NDArray, near: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which cells no neighbour exceeds (n,)."""
    return values >= values[near].max(axis=1)


def summits(values: NDArray, near: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the local optimum that steepest ascent reaches from each cell (n,)."""
    best = near[np.arange(len(values)), values[near].argmax(axis=1)]
    goes_to = np.where(values[best] > values, best, np.arange(len(values)))
    while True:  # each pass doubles the number of steps taken
        further = goes_to[goes_to]
        if (further == goes_to).all():
            return goes_to
        goes_to = further


def by_distance(values: NDArray, cells: Rows, centre: int) -> list[NDArray]:
    """Values of the cells at each edit distance from cell ``centre``: a list, from distance 0 on."""
    distance = (cells != cells[centre]).sum(axis=1)
    return [values[distance == steps] for steps in range(int(distance.max()) + 1)]
