"""The cell space of NAS-Bench-201: 15,625 cells, 6,466 of them different.

A cell is a directed graph on four nodes; each of its six edges carries one of five operations. Here it is a
row of six integers, the operations of the edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2, in the order of the
benchmark's own string::

    >>> row = parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|")
    >>> row
    array([3, 3, 4, 1, 3, 1], dtype=int8)
    >>> int(index(row))
    1
    >>> format(row)
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|'

The module is itself a :class:`luciole.spaces.Space`: its functions take and give arrays of shape (n, 6).

Source: Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020.
The official index is the order in which the authors drew the cells: every combination, shuffled with Python's
own generator seeded with 88.
"""

import random
import re
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import overload

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows, genes

#: The operations, in the order of the integers that stand for them.
OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NONE, SKIP, CONV1, CONV3, POOL = range(5)
#: (target, source) of each gene.
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
GENES = len(EDGES)
ARITY = (len(OPS),) * GENES
SIZE = len(OPS) ** GENES  #: How many cells there are.

_POWERS = len(OPS) ** np.arange(GENES - 1, -1, -1)  # a row read as a number in base 5, last edge fastest
_STRING = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"  # the edges in order; the number is the source
_CELL = re.compile(r"\|(\w+)~0\|\+\|(\w+)~0\|(\w+)~1\|\+\|(\w+)~0\|(\w+)~1\|(\w+)~2\|")


def _readonly(array: NDArray) -> NDArray:
    array.setflags(write=False)
    return array


@cache
def _order() -> NDArray[np.int64]:
    """Base-5 code of the cell at each official index."""
    codes = list(range(SIZE))
    random.Random(88).shuffle(codes)
    return _readonly(np.array(codes))


@cache
def _position() -> NDArray[np.int64]:
    """Official index of the cell with each base-5 code: the inverse of :func:`_order`."""
    return _readonly(np.argsort(_order()))


@cache
def all_cells() -> Rows:
    """Return every cell in the official index order, int8 of shape (15625, 6), read-only.

    >>> all_cells()[0]
    array([4, 2, 1, 2, 1, 1], dtype=int8)
    """
    return _readonly((_order()[:, None] // _POWERS % len(OPS)).astype(np.int8))


def check(rows: object) -> Rows:
    """Return ``rows`` as an int8 array whose last axis has six operations, or raise LucioleError."""
    return genes.check(rows, ARITY, "cells")


def _parse_one(text: str) -> list[int]:
    match = _CELL.fullmatch(text.strip())
    if match is None:
        raise LucioleError(f"expected a cell such as {format(all_cells()[0])!r}, got {text!r}")
    for name in match.groups():
        if name not in OPS:
            raise LucioleError(f"expected operations among {', '.join(OPS)}, got {name!r} in {text!r}")
    return [OPS.index(name) for name in match.groups()]


def parse(text: str | Sequence[str]) -> Rows:
    """Read the benchmark's cell string, or a sequence of them: shape (6,) or (n, 6).

    Raises LucioleError, naming the string, when it is not a cell of this space.
    """
    if isinstance(text, str):
        return np.array(_parse_one(text), dtype=np.int8)
    return np.array([_parse_one(one) for one in text], dtype=np.int8).reshape(-1, GENES)


@overload
def format(rows: Rows) -> str: ...
@overload
def format(rows: Sequence[Sequence[int]]) -> list[str]: ...
def format(rows: object) -> str | list[str]:
    """Write a cell as the benchmark's string; an array of cells gives a list of strings."""
    array = check(rows)
    if array.ndim > 2:
        return [format(block) for block in array]
    strings = [_STRING.format(*[OPS[op] for op in row]) for row in array.reshape(-1, GENES).tolist()]
    return strings if array.ndim == 2 else strings[0]


def index(rows: object) -> NDArray[np.int64]:
    """Return the official index of each cell: shape (...,) for rows of shape (..., 6)."""
    return _position()[check(rows).astype(np.int64) @ _POWERS]


def _expressions(sources: Sequence[Sequence[str]]) -> list[str]:
    """Write what a node computes, for every choice of its sources' expressions and of its edges' operations.

    A sum is its terms in alphabetical order; a skip passes on its source's expression; an edge that carries
    `none`, or comes from a node of which only that is known, is `#`. The last source and its edge vary fastest.
    """
    terms = [
        [
            "#" if name == "none" or held == "#" else held if name == "skip_connect" else f"({held})@{name}"
            for name in OPS
        ]
        for source in sources
        for held in source
    ]
    return ["+".join(sorted(choice)) for choice in product(*terms)]


@cache
def iso() -> NDArray[np.int16]:
    """Return, for each cell, the lowest official index of a cell isomorphic to it: int16 (15625,), read-only.

    Two cells are isomorphic when the benchmark writes the same expression for their output: then they compute
    the same function if equal operations on equal inputs have equal weights. It is the published relation, with
    6,466 classes, and it is neither exact nor complete. One convolution used twice and two convolutions used
    once are one class, though the second has more parameters; so do convolutions that are fed nothing make a
    difference in parameters, not in function. And a `none` edge stays visible in a sum, so that some cells of
    equal function are told apart.

    >>> len(set(iso().tolist()))
    6466
    """
    first = _expressions([["0"]])
    second = [_expressions([["0"], [held]]) for held in first]  # by operation of 1<-0
    lowest: dict[str, int] = {}
    classes = np.empty(SIZE, dtype=np.int16)
    by_code = [
        output
        for held, choices in zip(first, second, strict=True)
        for other in choices
        for output in _expressions([["0"], [held], [other]])
    ]
    for position, code in enumerate(_order()):
        classes[position] = lowest.setdefault(by_code[code], position)
    return _readonly(classes)


@cache
def classes() -> NDArray[np.int64]:
    """Return the indices of the 6,466 representatives, one a class, ascending: compute on these, spread by iso()."""
    return _readonly(np.unique(iso()).astype(np.int64))


def canonical(rows: object) -> Rows:
    """Return the representative of each cell's isomorphism class, same shape as ``rows``.

    A 3x3 convolution, then a skip by node 1, is the same function as that convolution from input to output:

    >>> one, other = canonical([[3, 0, 0, 0, 1, 0], [0, 0, 0, 3, 0, 0]])
    >>> bool((one == other).all())
    True
    """
    return all_cells()[iso()[index(rows)]]


def prune(rows: object) -> Rows:
    """Return the cells with `none` on every edge that nothing flows through from the input to the output.

    The function stays the same; convolutions that are fed nothing, or that nobody hears, are gone, and with
    them their parameters. A cell without any path becomes six times `none`.

    >>> prune([2, 3, 0, 3, 0, 0]).tolist()
    [0, 0, 0, 3, 0, 0]
    """
    cells = check(rows)
    present = cells != NONE  # (..., 6)
    fed = [np.ones(cells.shape[:-1], dtype=bool)] + [np.zeros(cells.shape[:-1], dtype=bool) for _ in range(3)]
    heard = [np.zeros(cells.shape[:-1], dtype=bool) for _ in range(3)] + [np.ones(cells.shape[:-1], dtype=bool)]
    for gene, (target, source) in enumerate(EDGES):  # targets ascend: a source is settled before it is used
        fed[target] |= present[..., gene] & fed[source]
    for gene, (target, source) in reversed(list(enumerate(EDGES))):  # and here they descend
        heard[source] |= present[..., gene] & heard[target]
    alive = np.stack([fed[source] & heard[target] for target, source in EDGES], axis=-1)
    return np.where(alive, cells, np.int8(NONE))


def sample(rng: np.random.Generator, n: int) -> Rows:
    """Draw ``n`` cells uniformly, with replacement: int8 (n, 6)."""
    return genes.sample(rng, n, ARITY)


def mutate(rng: np.random.Generator, rows: object) -> Rows:
    """Change one operation of each cell to another one, both drawn uniformly."""
    return genes.mutate(rng, check(rows), ARITY)


def crossover(rng: np.random.Generator, a: object, b: object) -> Rows:
    """Return one child of each pair: every operation is either parent's with equal chance (uniform crossover)."""
    return genes.crossover(rng, check(a), check(b))


def neighbours(row: object) -> Rows:
    """Return the 24 cells that differ from ``row`` in one operation, edge by edge: int8 (24, 6).

    >>> neighbours([0, 0, 0, 0, 0, 0])[:5].tolist()
    [[1, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]]
    """
    return genes.neighbours(check(row), ARITY)


def distance(a: object, b: object) -> NDArray[np.int64]:
    """Return the number of edges whose operations differ, pair by pair (broadcast over leading axes)."""
    return (check(a) != check(b)).sum(axis=-1)


def encode(rows: object) -> NDArray[np.float32]:
    """Return the one-hot code of each cell, edge by edge: float32 (..., 30)."""
    return genes.encode(check(rows), ARITY)
