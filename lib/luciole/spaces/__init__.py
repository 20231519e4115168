"""Search spaces: genotypes are rows of an integer array, so a population is one array.

A space is anything with the operators of :class:`Space`; a module does (``luciole.spaces.nb201`` is one).
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int8]  # (n, genes)


class Space(Protocol):
    """What a searcher may ask of a space; every operator works on a whole population at once."""

    GENES: int  # length of a genotype
    ARITY: tuple[int, ...]  # number of values that each gene may take

    def sample(self, rng: np.random.Generator, n: int) -> Rows:
        """Draw ``n`` genotypes."""

    def mutate(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Return one mutant of each row, different from it."""

    def crossover(self, rng: np.random.Generator, a: Rows, b: Rows) -> Rows:
        """Return one child of each pair of rows."""

    def neighbours(self, row: Rows) -> Rows:
        """Return every genotype one mutation away from ``row``."""

    def distance(self, a: Rows, b: Rows) -> NDArray[np.int64]:
        """Return the edit distance between rows, pair by pair."""

    def canonical(self, rows: Rows) -> Rows:
        """Return the representative of each row's class of cells that compute the same function."""

    def encode(self, rows: Rows) -> NDArray[np.float32]:
        """Return real features of each row, for models that predict quality."""
