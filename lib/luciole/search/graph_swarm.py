"""The released firefly of NAS-Bench-101: an adjacency matrix, and one real gene for each interior vertex.

Its flight and its crossover are those of the authors' code (see :mod:`luciole.search.swarms` for the source),
with what that code does rather than what it seems to intend:

* only entries that both fireflies have move, and the number of vertices never changes in flight;
* distance counts what the flying cell has and the other lacks, not the reverse, so it is not symmetric;
* a move that cuts input from output is rejected, but its genes stay moved and the firefly keeps its fitness;
* a cell with more than nine edges is thinned by a loop that overshoots (``repair="released"``).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.swarms import Flight, Floats
from luciole.spaces import Rows, Space, nb101

V, INTERIOR = nb101.VERTICES, nb101.VERTICES - 2

_SOURCE, _TARGET = np.array(nb101.PAIRS).T
_UPPER = np.triu(np.ones((V, V), dtype=bool), 1)
_VALUES = np.array(  # operations from gene 0 to gene 1, as released
    [nb101.OPS.index(name) for name in ("maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")]
)
_BINS = np.array([0.33, 0.66])  # where one operation ends and the next begins, as released


def unpack(rows: Rows) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int64]]:
    """Return matrices (n, 7, 7), operations (n, 5) and vertex counts (n,) of rows, without their idle vertices.

    The cell stands in the upper left corner of its matrix, its output at vertex count - 1.
    """
    full = nb101.matrices(rows).astype(np.int8)
    reach = connected(full)
    used = reach[:, 0, :] & reach[:, :, V - 1]
    used[:, [0, V - 1]] = True
    size = used.sum(axis=1)
    keep = np.argsort(~used, axis=1, kind="stable")  # used vertices first, in their order
    full *= used[:, :, None] & used[:, None, :]
    matrix = np.take_along_axis(np.take_along_axis(full, keep[:, :, None], 1), keep[:, None, :], 2)
    ops = np.zeros((len(rows), V), dtype=np.int8)
    ops[:, 1:-1] = rows[:, nb101.EDGE_GENES :]
    return matrix, np.take_along_axis(ops, keep, 1)[:, 1:-1] * (np.arange(INTERIOR) < (size - 2)[:, None]), size


def pack(matrix: NDArray[np.int8], ops: NDArray[np.int8], size: NDArray[np.int64]) -> Rows:
    """Return the rows of cells given as :func:`unpack` gives them; the output becomes vertex 6."""
    full = matrix.copy()
    several = np.arange(len(full))
    output = full[several, :, size - 1].copy()
    full[several, :, size - 1] = 0
    full[:, :, V - 1] = output
    return np.hstack([full[:, _SOURCE, _TARGET], ops * (np.arange(INTERIOR) < (size - 2)[:, None])]).astype(np.int8)


def connected(matrix: NDArray) -> NDArray[np.bool_]:
    """Return whether a path leads from vertex i to vertex j, itself included: (n, 7, 7)."""
    step = matrix.astype(bool) | np.eye(V, dtype=bool)
    for _ in range(3):  # paths of up to 2, 4, 8 edges
        step = step @ step
    return step


def longest_walk(matrix: NDArray, size: int) -> list[tuple[int, int]]:
    """Return the edges of the longest walk back from the output, [] if none arrives.

    As released: a walk ends at the first vertex that the input feeds directly, and of walks of equal length
    the first found counts, the search going depth first through the later vertices.
    """
    best: list[int] = []
    stack = [[size - 1, int(v)] for v in np.flatnonzero(matrix[:size, size - 1])[::-1]]
    while stack:
        walk = stack.pop()
        sources = np.flatnonzero(matrix[:size, walk[-1]])
        if walk[-1] != 0 and len(sources) and sources[0] == 0:
            walk = [*walk, 0]
        if walk[-1] == 0:
            best = max(best, walk, key=len)
        else:
            stack.extend([*walk, int(v)] for v in sources)
    return list(zip(best[1:], best[:-1], strict=True))


def thin(matrix: NDArray, size: int, early: bool) -> None:
    """Delete edges of a cell with more than nine, in row-major order and in place, sparing its longest walk."""
    spared = set(longest_walk(matrix, size))
    surplus = int(matrix.sum()) - nb101.MAX_EDGES
    for i in range(size):
        for j in range(i + 1, size):
            if matrix[i, j] and (i, j) not in spared:
                matrix[i, j] = 0
                surplus -= 1
                if surplus == 0 and early:
                    return
                if surplus == 0:
                    break  # out of this row only: the next rows lose every edge that is not spared


def repair(matrix: NDArray, size: NDArray[np.int64], early: bool) -> NDArray[np.bool_]:
    """Thin the cells with too many edges, in place; True for cells whose input reaches their output."""
    valid = connected(matrix)[np.arange(len(matrix)), 0, size - 1]
    for cell in np.flatnonzero(valid & (matrix.sum(axis=(1, 2)) > nb101.MAX_EDGES)):
        thin(matrix[cell], int(size[cell]), early)
    return valid


def _shifted(matrix: NDArray, down: int, right: int) -> NDArray:
    moved = np.zeros_like(matrix)
    moved[down:, right:] = matrix[: V - down, : V - right]
    return moved


class GraphSwarm:
    """Fireflies of NAS-Bench-101; rows have 21 adjacency bits and 5 operations.

    ``repair`` thins a cell that has more than nine edges, sparing one longest walk from input to output:
    "released" as the released loop does, which goes on in later rows once nine edges are reached; "nine" stops
    at nine edges, as that loop intends.
    """

    def __init__(
        self, space: Space, rng: np.random.Generator, n: int, repair: Literal["released", "nine"] = "released"
    ) -> None:
        if repair not in ("released", "nine"):
            raise LucioleError(f"expected repair 'released' or 'nine', got {repair!r}")
        self._early = repair == "nine"
        matrix, ops, self.size = unpack(space.sample(rng, n))
        self.matrix = matrix.astype(np.float64)
        self.genes = np.argsort(_VALUES)[ops] / len(_VALUES)  # (n, 5)

    def _interior(self) -> NDArray[np.bool_]:
        """Genes that stand for an interior vertex, (n, 5)."""
        return np.arange(INTERIOR) < (self.size - 2)[:, None]

    def rows(self) -> Rows:
        """Return the genotype of each firefly."""
        ops = _VALUES[np.searchsorted(_BINS, self.genes, side="right")]
        return pack(self.matrix.astype(np.int8), ops.astype(np.int8), self.size)

    def sort(self, order: NDArray[np.int64]) -> None:
        """Put the fireflies in this order."""
        self.matrix, self.genes, self.size = self.matrix[order], self.genes[order], self.size[order]

    def fly(self, fitness: Floats, flight: Flight, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Move each firefly towards every brighter one in turn; True where a move was accepted."""
        brighter = fitness[:, None] < fitness
        held = np.arange(V) < self.size[:, None]
        owned = held[:, :, None] & held[:, None, :] & _UPPER  # (n, 7, 7)
        interior = self._interior()
        changed = np.zeros(len(self.size), dtype=bool)
        for y in range(1, len(self.size)):
            x = np.flatnonzero(brighter[:y, y])
            edges, step = self.matrix[y] - self.matrix[x], self.genes[y] - self.genes[x]
            step = np.where(interior[y], step, -self.genes[x])
            squared = (edges**2 * owned[x]).sum(axis=(1, 2)) + (step**2 * interior[x]).sum(axis=1)
            pull = flight.pull(squared)
            genes = np.clip(self.genes[x] + step * pull[:, None] + flight.draw(rng, step.shape), 0.0, 1.0)
            self.genes[x] = np.where(interior[x] & interior[y], genes, self.genes[x])
            flown = self.matrix[x] + edges * pull[:, None, None] + flight.draw(rng, edges.shape)
            flown = np.where(owned[x] & owned[y], np.clip(np.round(flown), 0.0, 1.0), self.matrix[x])
            accepted = repair(flown, self.size[x], self._early)
            self.matrix[x[accepted]] = flown[accepted]
            changed[x[accepted]] = True
        return changed

    def breed(
        self,
        first: NDArray[np.int64],
        second: NDArray[np.int64],
        mutated: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> None:
        """Replace the swarm by children: the first half of one parent's rows, the last rows of the other's.

        A parent with fewer vertices is aligned at the output. A child whose input does not reach its output
        has its first parent's matrix. Genes are cut the same way; a place that the released cut cannot fill
        (parents of less than five vertices, a few cells in a thousand) becomes max-pooling.
        """
        children = []
        for a, b in zip(first, second, strict=True):
            size, cut = max(self.size[a], self.size[b]), self.size[a] // 2
            short = size - self.size[b]
            upper = _shifted(self.matrix[a], 0, size - self.size[a])[:cut]
            matrix = np.vstack([upper, _shifted(self.matrix[b], short, short)[cut:]])
            if not repair(matrix[None], np.array([size]), self._early)[0]:
                matrix, size = self.matrix[a].copy(), self.size[a]
            head = self.genes[a, : min(cut, self.size[a] - 2)]
            tail = self.genes[b, : self.size[b] - 2][max(0, self.size[b] - size + cut) :]
            genes = np.concatenate([head, tail, np.zeros(INTERIOR)])[: size - 2]
            children.append((matrix, np.pad(genes, (0, INTERIOR - len(genes))), size))
        self.matrix, self.genes = (np.array([child[part] for child in children]) for part in (0, 1))
        self.size = np.array([child[2] for child in children])
        gene = (rng.random(len(children)) * (self.size - 2)).astype(np.int64)
        fresh = rng.random(len(children))
        mutated = mutated & (self.size > 2)
        self.genes[mutated, gene[mutated]] = fresh[mutated]
