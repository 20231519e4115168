"""The cell space of NAS-Bench-101: 423,624 different cells of at most seven vertices and nine edges.

A cell is a directed acyclic graph from vertex 0 (input) to vertex 6 (output); each of the five vertices
between carries an operation. A genotype is a row of 26 integers: 21 edge bits, pair by pair in the order of
``PAIRS`` ((0,1), (0,2), (1,2), (0,3), ... (5,6)), then the operations of vertices 1 to 5 (``OPS``). Every
row has all seven vertices: those that no path from input to output crosses are idle, and :func:`prune`
clears them, so that a cell of fewer vertices is a row with idle ones.

>>> chain = from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["conv3x3-bn-relu"])
>>> int(vertices(chain)[0]), bool(valid(chain)[0]), digests(chain)[0].tobytes().hex()
(3, True, 'b49ac8c578b4561d79ac7087988f1c61')

Source: Ying, Klein, Christiansen, Real, Murphy and Hutter, "NAS-Bench-101: Towards Reproducible Neural
Architecture Search", ICML 2019. The hash of :func:`digests` is the benchmark's own, so that its rows can be
looked up.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows

OPS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
VERTICES = 7
MAX_EDGES = 9
PAIRS = tuple((source, target) for target in range(1, VERTICES) for source in range(target))
EDGE_GENES = len(PAIRS)
GENES = EDGE_GENES + VERTICES - 2
ARITY = (2,) * EDGE_GENES + (len(OPS),) * (VERTICES - 2)
SIZE = 423_624

_SOURCES, _TARGETS = np.array(PAIRS).T


def check(rows: ArrayLike) -> Rows:
    """Return ``rows`` as an int8 array (n, 26), or raise LucioleError; one row may come as shape (26,)."""
    array = np.atleast_2d(np.asarray(rows))
    if array.ndim != 2 or array.shape[1] != GENES or not np.issubdtype(array.dtype, np.integer):
        raise LucioleError(
            f"expected NAS-Bench-101 genotypes as integers (n, {GENES}), got {array.dtype} {array.shape}"
        )
    if ((array < 0) | (array >= ARITY)).any():
        raise LucioleError(f"expected {EDGE_GENES} edge bits 0..1, then 5 operations 0..{len(OPS) - 1}, got others")
    return array.astype(np.int8, copy=False)


def matrices(rows: Rows) -> NDArray[np.bool_]:
    """Return the adjacency of each cell, bool (n, 7, 7), entry [source, target]."""
    rows = check(rows)
    adjacency = np.zeros((len(rows), VERTICES, VERTICES), dtype=bool)
    adjacency[:, _SOURCES, _TARGETS] = rows[:, :EDGE_GENES]
    return adjacency


def from_matrix(matrix: ArrayLike, ops: Sequence[str | int]) -> Rows:
    """Return the genotype (1, 26) of one cell given as the benchmark gives it.

    matrix: upper triangular 0/1 of 2 to 7 vertices; ops: names or numbers of the operations between input and
    output. The output becomes vertex 6 and the vertices that are missing are idle.
    """
    array = np.asarray(matrix)
    n = len(array)
    if array.shape != (n, n) or not 2 <= n <= VERTICES or len(ops) != n - 2 or np.tril(array).any():
        raise LucioleError(
            f"expected an upper triangular matrix of 2 to {VERTICES} vertices and two operations fewer, "
            f"got shape {array.shape} and {len(ops)} operations"
        )
    names = [OPS[op] if isinstance(op, int | np.integer) and 0 <= op < len(OPS) else op for op in ops]
    if not set(names) <= set(OPS):
        raise LucioleError(f"expected operations among {', '.join(OPS)}, got {ops}")
    place = [*range(n - 1), VERTICES - 1]
    adjacency = np.zeros((1, VERTICES, VERTICES), dtype=np.int8)
    adjacency[0][np.ix_(place, place)] = array != 0
    row = np.zeros((1, GENES), dtype=np.int8)
    row[:, :EDGE_GENES] = adjacency[:, _SOURCES, _TARGETS]
    row[0, EDGE_GENES : EDGE_GENES + n - 2] = [OPS.index(name) for name in names]
    return row


def _used(adjacency: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which vertices lie on a path from input to output, (n, 7); none where there is no such path."""
    ahead = np.zeros(adjacency.shape[:2], dtype=bool)
    ahead[:, 0] = True
    for vertex in range(1, VERTICES):
        ahead[:, vertex] = (ahead & adjacency[:, :, vertex]).any(axis=1)
    behind = np.zeros_like(ahead)
    behind[:, -1] = True
    for vertex in range(VERTICES - 2, -1, -1):
        behind[:, vertex] = (behind & adjacency[:, vertex, :]).any(axis=1)
    return ahead & behind


def prune(rows: Rows) -> Rows:
    """Clear what has no effect: edges off every input-output path, operations of idle vertices."""
    rows = check(rows)
    used = _used(matrices(rows))
    pruned = rows.copy()
    pruned[:, :EDGE_GENES] *= used[:, _SOURCES] & used[:, _TARGETS]
    pruned[:, EDGE_GENES:] *= used[:, 1:-1]
    return pruned


def vertices(rows: Rows) -> NDArray[np.int64]:
    """Number of vertices in use, input and output included, (n,); 0 where no path joins them."""
    return _used(matrices(rows)).sum(axis=1)


def valid(rows: Rows) -> NDArray[np.bool_]:
    """Whether each row is a cell: a path from input to output, at most nine edges once pruned."""
    edges = prune(rows)[:, :EDGE_GENES].sum(axis=1)
    return (edges > 0) & (edges <= MAX_EDGES)


def _retry(draw: Callable[[NDArray[np.int64]], Rows], n: int, tries: int, otherwise: Rows | None) -> Rows:
    """Fill ``n`` rows from ``draw(which)``, drawing again those it refuses (by returning no edge)."""
    rows = np.zeros((n, GENES), dtype=np.int8)
    left = np.arange(n)
    for _ in range(tries):
        if not len(left):
            return rows
        drawn = draw(left)
        good = drawn[:, :EDGE_GENES].any(axis=1)
        rows[left[good]] = drawn[good]
        left = left[~good]
    if len(left):
        if otherwise is None:
            raise LucioleError(f"expected a valid cell within {tries} draws, found none")
        rows[left] = otherwise[left]
    return rows


def sample(rng: np.random.Generator, n: int, cells: Rows | None = None) -> Rows:
    """Draw ``n`` valid cells, pruned.

    Without ``cells``: every edge with probability one half and every operation equally, drawn again until
    valid, as the benchmark's own random search does; small cells then come more often than their share.
    With ``cells`` (the table's ``rows``, say): uniformly among them.
    """
    if cells is not None:
        return cells[rng.integers(len(cells), size=n)]

    def draw(which: NDArray[np.int64]) -> Rows:
        rows = prune(rng.integers(ARITY, size=(len(which), GENES), dtype=np.int8))
        return rows * valid(rows)[:, None]

    return _retry(draw, n, 1_000, None)


def mutate(rng: np.random.Generator, rows: Rows) -> Rows:
    """Return one valid mutant of each row, pruned and different from it.

    Each possible edge flips with probability 1/7 and each operation changes with probability 1/5, as in the
    benchmark's own evolution, drawn again until the cell is valid and has changed.
    """
    parents = prune(rows)
    chance = np.r_[np.full(EDGE_GENES, 1 / VERTICES), np.full(VERTICES - 2, 1 / (VERTICES - 2))]

    def draw(which: NDArray[np.int64]) -> Rows:
        hit = rng.random((len(which), GENES)) < chance
        shift = rng.integers(1, ARITY, size=(len(which), GENES))
        child = prune(np.where(hit, (parents[which] + shift) % ARITY, parents[which]).astype(np.int8))
        good = valid(child) & (child != parents[which]).any(axis=1)
        return child * good[:, None]

    return _retry(draw, len(parents), 10_000, None)


def crossover(rng: np.random.Generator, a: Rows, b: Rows) -> Rows:
    """Return one valid child of each pair, gene by gene from either; the first parent if none is found."""
    a, b = prune(a), prune(b)

    def draw(which: NDArray[np.int64]) -> Rows:
        child = prune(np.where(rng.random((len(which), GENES)) < 0.5, a[which], b[which]))
        return child * valid(child)[:, None]

    return _retry(draw, len(a), 100, a)


def neighbours(row: Rows) -> Rows:
    """Return the different valid cells one edge or one operation away from ``row``, pruned, (n, 26)."""
    pruned = prune(row)
    flips = pruned + np.pad(np.eye(EDGE_GENES, dtype=np.int8), ((0, 0), (0, VERTICES - 2)))
    shifts = [pruned + step * np.eye(GENES, dtype=np.int8)[EDGE_GENES:] for step in range(1, len(OPS))]
    near = prune((np.concatenate([flips, *shifts]) % np.array(ARITY, dtype=np.int8)).astype(np.int8))
    near = np.unique(near[valid(near) & (near != pruned).any(axis=1)], axis=0)
    return near.astype(np.int8)


def distance(a: Rows, b: Rows) -> NDArray[np.int64]:
    """Number of genes in which the pruned rows differ, pair by pair: at least the graph edit distance."""
    return (prune(a) != prune(b)).sum(axis=1)


@cache
def _relabellings() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every order of the inner vertices, (120, 7), and the weight of each matrix entry in a code, (49,)."""
    orders = np.array([(0, *inner, VERTICES - 1) for inner in permutations(range(1, VERTICES - 1))])
    weights = np.zeros((VERTICES, VERTICES), dtype=np.int64)
    weights[_SOURCES, _TARGETS] = 1 << np.arange(EDGE_GENES)
    return orders, weights.reshape(-1)


def canonical(rows: Rows) -> Rows:
    """Return the representative of each row's class of isomorphic cells, the same row for the whole class.

    Of all orders of the inner vertices that keep every edge pointing forward, the one whose genes, read as a
    number, are the smallest. Exact, where the benchmark's hash could in principle collide.
    """
    rows = prune(rows)
    orders, weights = _relabellings()
    adjacency = matrices(rows)
    forward = np.triu(np.ones((VERTICES, VERTICES), dtype=bool), 1)
    ops = np.pad(rows[:, EDGE_GENES:], ((0, 0), (1, 1))).astype(np.int64)
    best = np.full(len(rows), np.iinfo(np.int64).max)
    op_weights = (1 << EDGE_GENES) * np.r_[0, len(OPS) ** np.arange(VERTICES - 2), 0]
    for order in orders:
        moved = adjacency[:, order][:, :, order]
        code = moved.reshape(len(rows), -1) @ weights + ops[:, order] @ op_weights
        legal = ~(moved & ~forward).any(axis=(1, 2))
        best = np.where(legal & (code < best), code, best)
    genes = np.empty_like(rows)
    genes[:, :EDGE_GENES] = best[:, None] >> np.arange(EDGE_GENES) & 1
    genes[:, EDGE_GENES:] = (best >> EDGE_GENES)[:, None] // len(OPS) ** np.arange(VERTICES - 2) % len(OPS)
    return genes


def encode(rows: Rows) -> NDArray[np.float32]:
    """Return features of each cell, float32 (n, 36): edges, and one-hot operations of the vertices in use."""
    rows = prune(rows)
    used = _used(matrices(rows))[:, 1:-1, None]
    hot = (rows[:, EDGE_GENES:, None] == np.arange(len(OPS))) & used
    return np.concatenate([rows[:, :EDGE_GENES], hot.reshape(len(rows), -1)], axis=1).astype(np.float32)


@lru_cache(maxsize=1 << 18)
def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=1 << 16)
def _digest(pruned: bytes) -> str:
    """The benchmark's hash of one pruned row: vertex colours refined by their neighbours', then sorted."""
    row = np.frombuffer(pruned, dtype=np.int8)
    edges = [pair for pair, bit in zip(PAIRS, row[:EDGE_GENES].tolist(), strict=True) if bit]
    kept = sorted({vertex for pair in edges for vertex in pair})
    parents: dict[int, list[int]] = {vertex: [] for vertex in kept}
    children: dict[int, list[int]] = {vertex: [] for vertex in kept}
    for source, target in edges:
        parents[target].append(source)
        children[source].append(target)
    label = {0: -1, VERTICES - 1: -2} | {vertex: int(row[EDGE_GENES + vertex - 1]) for vertex in kept[1:-1]}
    colour = {v: _md5(str((len(children[v]), len(parents[v]), label[v]))) for v in kept}
    for _ in kept:
        colour = {
            v: _md5(
                "".join(sorted(colour[w] for w in parents[v]))
                + "|"
                + "".join(sorted(colour[w] for w in children[v]))
                + "|"
                + colour[v]
            )
            for v in kept
        }
    return _md5(str(sorted(colour.values())))


def digests(rows: Rows) -> NDArray[np.uint8]:
    """Return the benchmark's MD5 graph hash of each cell, uint8 (n, 16); rows that prune alike are hashed
    once.

    Raises LucioleError for a row without a path from input to output.
    """
    pruned = prune(rows)
    if not pruned[:, :EDGE_GENES].any(axis=1).all():
        raise LucioleError("expected cells with a path from input to output, got one without; see valid(rows)")
    unique, inverse = np.unique(pruned, axis=0, return_inverse=True)
    found = np.frombuffer(bytes.fromhex("".join(_digest(row.tobytes()) for row in unique)), dtype=np.uint8).reshape(
        -1, 16
    )
    return found[inverse.reshape(-1)]
