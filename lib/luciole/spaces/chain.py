"""Chains of convolutions in two stages, which grow and shrink by one step at a time: the space of network morphisms.

A genotype is a row of 18 integers, three for each of six slots, three slots a stage: how wide the convolution in the
slot is (0: the slot is empty), its kernel, and whether a 1x1 projection of the stage's input is added to what it
gives. The first slot of a stage is never empty and has nothing to add::

    >>> print(words(np.array([2, 1, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 3, 0, 1, 0, 0, 0])))
    8x3 | 12x3 12x1+skip

The module is itself a :class:`luciole.spaces.Space`. Every mutation is one operator of LEMONADE (Elsken, Metzen and
Hutter, ICLR 2019) in our reading of it: put a convolution in or take one out, widen or narrow one by a step, enlarge
or shrink its kernel, add or drop a skip. :mod:`luciole.networks.chain` builds the networks, and carries weights over.
"""

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows, genes

WIDTHS = (0, 4, 8, 12, 16, 24, 32)  # channels of a convolution, by its first gene
KERNELS = (1, 3)  # by its second
STAGES, SLOTS = 2, 3  # slots of a stage; the side of the image is halved between stages
PLACES = STAGES * SLOTS
ARITY = (len(WIDTHS), len(KERNELS), 2) * PLACES
GENES = len(ARITY)


def check(rows: object) -> Rows:
    """Return ``rows`` as int8 (..., 18), or raise LucioleError saying which slot breaks which rule."""
    array = genes.check(rows, ARITY, "chains")
    slots = array.reshape(*array.shape[:-1], PLACES, 3)
    first = slots[..., ::SLOTS, :]
    if (first[..., 0] == 0).any() or first[..., 2].any():
        raise LucioleError("expected the first slot of each stage to hold a convolution without a skip; see sample")
    if ((slots[..., 0] == 0)[..., None] & (slots[..., 1:] > 0)).any():
        raise LucioleError("expected the genes of an empty slot to be zero; see sample")
    return array


def words(row: object) -> str:
    """Return a genotype in words: width x kernel of each convolution, stages apart."""
    slots = check(row).reshape(STAGES, SLOTS, 3)
    return " | ".join(
        " ".join(f"{WIDTHS[w]}x{KERNELS[k]}{'+skip' * int(skip)}" for w, k, skip in stage if w) for stage in slots
    )


def sample(rng: np.random.Generator, n: int) -> Rows:
    """Draw ``n`` genotypes, each slot that may be empty being so with chance one half: int8 (n, 18)."""
    slots = genes.sample(rng, n, ARITY).reshape(n, PLACES, 3)
    slots[..., 0] = rng.integers(1, len(WIDTHS), size=(n, PLACES))
    empty = rng.random((n, PLACES)) < 0.5
    empty[:, ::SLOTS] = False
    slots[empty] = 0
    slots[:, ::SLOTS, 2] = 0
    return slots.reshape(n, GENES)


def neighbours(row: object) -> Rows:
    """Return every genotype that one operator makes of ``row``: int8 (n, 18).

    A convolution that is put in is as wide as the one before it.
    """
    array = check(row)
    if array.ndim != 1:
        raise LucioleError(f"expected one genotype of shape ({GENES},), got an array of shape {array.shape}")
    found = []

    def step(slot: int, *now: int) -> None:
        other = array.reshape(PLACES, 3).copy()
        other[slot] = now
        found.append(other.reshape(GENES))

    for slot, (width, kernel, skip) in enumerate(array.reshape(PLACES, 3).tolist()):
        if not width:
            for size in range(len(KERNELS)):
                step(slot, int(array[3 * before(array, slot)]), size, 0)
            continue
        for wider in (width - 1, width + 1):
            if 1 <= wider < len(WIDTHS):
                step(slot, wider, kernel, skip)
        step(slot, width, 1 - kernel, skip)
        if slot % SLOTS:
            step(slot, width, kernel, 1 - skip)
            step(slot, 0, 0, 0)
    return np.array(found, dtype=np.int8)


def before(row: Rows, slot: int) -> int:
    """Return the slot of the convolution before ``slot`` in the same stage; LucioleError for a stage's first."""
    for place in range(slot - 1, slot // SLOTS * SLOTS - 1, -1):
        if row[3 * place]:
            return place
    raise LucioleError(f"expected a slot with a convolution before it in its stage, got slot {slot}")


def mutate(rng: np.random.Generator, rows: object) -> Rows:
    """Apply one operator to each row, drawn uniformly among those that apply."""
    around = [neighbours(row) for row in check(rows)]
    return np.array([one[rng.integers(len(one))] for one in around], dtype=np.int8).reshape(-1, GENES)


def crossover(rng: np.random.Generator, a: object, b: object) -> Rows:
    """Return one child of each pair of rows: every slot is either parent's."""
    first, second = check(a).reshape(-1, PLACES, 3), check(b).reshape(-1, PLACES, 3)
    return np.where(rng.random((len(first), PLACES, 1)) < 0.5, first, second).reshape(-1, GENES)


def distance(a: object, b: object) -> NDArray[np.int64]:
    """Return the number of genes in which rows differ, pair by pair."""
    return (check(a) != check(b)).sum(axis=-1)


def canonical(rows: object) -> Rows:
    """Return each row with the empty slots of a stage moved to its end: the same network."""
    array = check(rows)
    slots = array.reshape(*array.shape[:-1], STAGES, SLOTS, 3)
    order = np.argsort(slots[..., 0] == 0, axis=-1, kind="stable")
    return np.take_along_axis(slots, order[..., None], axis=-2).reshape(array.shape)


def encode(rows: object) -> NDArray[np.float32]:
    """Return the one-hot code of each row: float32 (..., 66)."""
    return genes.encode(check(rows), ARITY)
