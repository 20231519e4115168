"""A small space of recurrent cells, in the manner of NAS-Bench-NLP.

A cell computes the next hidden state from the input x of a step and the state h before it. Nodes 0 and 1 are x and h;
each of the :data:`NODES` further ones applies an operation of :data:`OPS` to earlier nodes; the last is the new state.
A genotype is a row of 4 integers a node: the operation, then the first, second and third node that it may read
(:data:`ARGUMENTS` says how many it does). Nodes that the last one does not depend on are idle.

>>> row = sample(np.random.default_rng(0), 1)[0]
>>> print(describe(row))
2 = linear(1, 0); 3 = tanh(0); 4 = blend(1, 3, 0); 7 = sum(2, 4)

Source: Klyuchnikov et al., "NAS-Bench-NLP: Neural Architecture Search Benchmark for Natural Language Processing", 2020,
for the operations (linear maps, blending, products, sums, activations). Its cells are larger; how large was not read.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows

OPS = ("linear", "blend", "product", "sum", "tanh", "sigmoid", "relu")
ARGUMENTS = (2, 3, 2, 2, 1, 1, 1)
LINEAR, BLEND, PRODUCT, SUM, TANH, SIGMOID, RELU = range(len(OPS))
INPUTS, NODES = 2, 6  # x and h; operations
GENES = 4 * NODES
ARITY = tuple(k for node in range(INPUTS, INPUTS + NODES) for k in (len(OPS), node, node, node))


def check(rows: ArrayLike) -> Rows:
    """Return ``rows`` as an int8 array (n, 24), or raise LucioleError; one row may come as shape (24,)."""
    array = np.atleast_2d(np.asarray(rows))
    if array.ndim != 2 or array.shape[1] != GENES or not np.issubdtype(array.dtype, np.integer):
        raise LucioleError(f"expected recurrent genotypes as integers (n, {GENES}), got {array.dtype} {array.shape}")
    if ((array < 0) | (array >= ARITY)).any():
        raise LucioleError(f"expected operations 0..{len(OPS) - 1} and earlier nodes as their inputs, got others")
    return array.astype(np.int8, copy=False)


def decode(row: ArrayLike) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return (node, operation, nodes that it reads) of every node in use, in order."""
    genes = check(row)[0].reshape(NODES, 4)
    last = INPUTS + NODES - 1
    used, found = {last}, []
    for node in range(last, INPUTS - 1, -1):
        if node in used:
            op = int(genes[node - INPUTS, 0])
            reads = tuple(int(n) for n in genes[node - INPUTS, 1 : 1 + ARGUMENTS[op]])
            used.update(reads)
            found.append((node, op, reads))
    return found[::-1]


def describe(row: ArrayLike) -> str:
    """Return the cell in words, a node in use after the other."""
    return "; ".join(f"{node} = {OPS[op]}({', '.join(map(str, reads))})" for node, op, reads in decode(row))


def valid(rows: ArrayLike) -> NDArray[np.bool_]:
    """Whether each cell can remember and learn: its state depends on x and on h, and a linear map is in use."""
    found = []
    for row in check(rows):
        nodes = decode(row)
        reads = {node for _, _, read in nodes for node in read}
        found.append({0, 1} <= reads and any(op == LINEAR for _, op, _ in nodes))
    return np.array(found)


def sample(rng: np.random.Generator, n: int) -> Rows:
    """Draw ``n`` valid cells: every gene uniformly, drawn again until valid."""
    rows = np.empty((0, GENES), dtype=np.int8)
    while len(rows) < n:
        drawn = rng.integers(ARITY, size=(2 * n, GENES), dtype=np.int8)
        rows = np.concatenate([rows, drawn[valid(drawn)]])
    return rows[:n]
