"""A space of small one-dimensional networks for sensor series, made to be deployed: convolutions only.

A genotype is a row of 16 integers: a NAS-Bench-201 cell (six operations, its 3x3 convolution being here a
convolution of a kernel, dilation and kind of its own genes), then the skeleton around it::

    >>> design = decode(np.array([3, 0, 0, 1, 0, 3, 2, 1, 0, 1, 0, 1, 1, 1, 1, 2]))
    >>> design.width, design.stages, design.kernel, design.kind, design.stem_stride, design.statistics
    (8, 2, 5, 'depthwise', 2, 64)

The module is itself a :class:`luciole.spaces.Space`. The choices are those the literature on networks for
human-activity recognition varies most (depth, width, kernel, dilation, separable convolutions, early stride);
recurrent layers are left out because microcontroller runtimes seldom have them. The classifier also
sees statistics of the window (:mod:`luciole.networks.statistics`); the last gene says how many units read them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows, genes, nb201

WIDTHS = (4, 6, 8, 12, 16, 24, 32, 48)  # channels after the stem
STAGES = (1, 2, 3, 4)
CELLS = (1, 2, 3)  # cells in each stage
KERNELS = (3, 5, 7, 9)  # of the cell's wide convolution
DILATIONS = (1, 2, 4)  # likewise
KINDS: tuple[Literal["full"], Literal["depthwise"]] = ("full", "depthwise")  # likewise
STEM_KERNELS = (1, 3, 5, 9)
STEM_STRIDES = (1, 2, 4)
GROWTHS = (1.0, 1.5, 2.0)  # how much wider each stage is than the one before
STATISTICS = (16, 32, 64)  # units that read the statistics of the window

CHOICES = (WIDTHS, STAGES, CELLS, KERNELS, DILATIONS, KINDS, STEM_KERNELS, STEM_STRIDES, GROWTHS, STATISTICS)
NAMES = (
    "width", "stages", "cells", "kernel", "dilation", "kind", "stem_kernel", "stem_stride", "growth", "statistics"
)  # fmt: skip
ARITY = nb201.ARITY + tuple(len(choice) for choice in CHOICES)
GENES = len(ARITY)
SIZE = int(np.prod(ARITY, dtype=np.int64))

_CELL = nb201.GENES
_AT = {name: _CELL + place for place, name in enumerate(NAMES)}  # gene of each skeleton choice
SIZES = [_AT[name] for name in ("width", "stages", "cells", "growth")]  # genes that decide how large a design is


@dataclass(frozen=True)
class Design:
    """A genotype in words."""

    cell: tuple[int, ...]  # six operations of nb201.OPS; nor_conv_3x3 stands for the wide convolution
    width: int
    stages: int
    cells: int
    kernel: int
    dilation: int
    kind: Literal["full", "depthwise"]
    stem_kernel: int
    stem_stride: int
    growth: float
    statistics: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage, rounded to whole channels."""
        return tuple(round(self.width * self.growth**stage) for stage in range(self.stages))


def check(rows: object) -> Rows:
    """Return ``rows`` as int8 of shape (..., 16), or raise LucioleError naming the gene that is out of range."""
    return genes.check(rows, ARITY, "sensor networks")


def decode(row: object) -> Design:
    """Return one genotype in words."""
    array = check(row)
    if array.ndim != 1:
        raise LucioleError(f"expected one genotype of shape ({GENES},), got an array of shape {array.shape}")
    chosen = {name: choice[array[_AT[name]]] for name, choice in zip(NAMES, CHOICES, strict=True)}
    return Design(cell=tuple(array[:_CELL].tolist()), **chosen)


def sample(rng: np.random.Generator, n: int) -> Rows:
    """Draw ``n`` genotypes uniformly among those whose cell has a path from input to output: int8 (n, 16)."""
    connected = nb201.all_cells()[nb201.prune(nb201.all_cells()).any(axis=1)]
    rows = genes.sample(rng, n, ARITY)
    rows[:, :_CELL] = connected[rng.integers(len(connected), size=n)]
    return rows


def mutate(rng: np.random.Generator, rows: object) -> Rows:
    """Change one gene of each row to another of its values."""
    return genes.mutate(rng, check(rows), ARITY)


def crossover(rng: np.random.Generator, a: object, b: object) -> Rows:
    """Return one child of each pair of rows: every gene is either parent's."""
    return genes.crossover(rng, check(a), check(b))


def neighbours(row: object) -> Rows:
    """Return every genotype that differs from ``row`` in one gene: int8 (51, 16)."""
    return genes.neighbours(check(row), ARITY)


def distance(a: object, b: object) -> NDArray[np.int64]:
    """Return the number of genes in which rows differ, pair by pair."""
    return (check(a) != check(b)).sum(axis=-1)


def encode(rows: object) -> NDArray[np.float32]:
    """Return the one-hot code of each row: float32 (..., 67)."""
    return genes.encode(check(rows), ARITY)


def canonical(rows: object) -> Rows:
    """Return one representative of genotypes that build the same network but for the names of its nodes.

    The cell is pruned; where nodes 1 and 2 are not joined their order is settled; genes that then decide
    nothing are zero: kernel, dilation and kind without a wide convolution, the growth of a single stage. (The
    classes of nb201 are no use here: they take one convolution used twice for two.)
    """
    array = check(rows).copy()
    cell = nb201.prune(array[..., :_CELL])
    by_first, by_second = cell[..., [0, 4]], cell[..., [1, 5]]  # the ways through node 1 and through node 2
    swap = (cell[..., 2] == nb201.NONE) & (by_first @ [5, 1] > by_second @ [5, 1])
    cell = np.where(swap[..., None], cell[..., [1, 0, 2, 3, 5, 4]], cell)
    array[..., :_CELL] = cell
    without_wide = ~(cell == nb201.CONV3).any(axis=-1)
    for name in ("kernel", "dilation", "kind"):
        array[without_wide, _AT[name]] = 0
    array[array[..., _AT["stages"]] == 0, _AT["growth"]] = 0
    return array
