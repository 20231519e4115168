"""Operators on genotypes whose genes are independent choices: each gene is an integer below its arity.

Spaces made of such genes (:mod:`luciole.spaces.nb201`, :mod:`luciole.spaces.har1d`) share these.
"""

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows

Arity = tuple[int, ...]  # number of values of each gene


def check(rows: object, arity: Arity, what: str) -> Rows:
    """Return ``rows`` as int8 with one gene a place of the last axis, or raise LucioleError naming the gene."""
    array = np.asarray(rows)
    if array.ndim == 0 or array.shape[-1] != len(arity) or not np.issubdtype(array.dtype, np.integer):
        raise LucioleError(
            f"expected {what} as integers of shape (..., {len(arity)}), got {array.dtype} of shape {array.shape}"
        )
    wrong = (array < 0) | (array >= np.array(arity))
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        raise LucioleError(f"expected gene {place[-1]} of {what} in 0..{arity[place[-1]] - 1}, got {array[place]}")
    return array.astype(np.int8, copy=False)


def sample(rng: np.random.Generator, n: int, arity: Arity) -> Rows:
    """Draw ``n`` genotypes uniformly, with replacement: int8 (n, genes)."""
    return rng.integers(arity, size=(n, len(arity)), dtype=np.int8)


def mutate(rng: np.random.Generator, rows: Rows, arity: Arity) -> Rows:
    """Change one gene of each row, drawn uniformly, to another of its values, drawn uniformly."""
    mutants = rows.copy()
    flat = mutants.reshape(-1, len(arity))
    gene = rng.integers(len(arity), size=len(flat))
    values = np.array(arity)[gene]
    step = rng.integers(1, values)
    each = np.arange(len(flat))
    flat[each, gene] = (flat[each, gene] + step) % values
    return mutants


def crossover(rng: np.random.Generator, a: Rows, b: Rows) -> Rows:
    """Return one child of each pair of rows: every gene is either parent's with equal chance (uniform crossover)."""
    return np.where(rng.random(np.broadcast_shapes(a.shape, b.shape)) < 0.5, a, b)


def neighbours(row: Rows, arity: Arity) -> Rows:
    """Return every genotype that differs from ``row`` in one gene, gene by gene: int8 (sum(arity) - genes, genes)."""
    if row.ndim != 1:
        raise LucioleError(f"expected one genotype of shape ({len(arity)},), got an array of shape {row.shape}")
    gene = np.repeat(np.arange(len(arity)), arity)
    value = np.concatenate([np.arange(values) for values in arity])
    around = np.tile(row, (len(gene), 1))
    around[np.arange(len(gene)), gene] = value
    return around[value != row[gene]]


def encode(rows: Rows, arity: Arity) -> NDArray[np.float32]:
    """Return the one-hot code of each row, gene by gene: float32 (..., sum(arity))."""
    codes = [np.eye(values, dtype=np.float32)[rows[..., gene]] for gene, values in enumerate(arity)]
    return np.concatenate(codes, axis=-1)
