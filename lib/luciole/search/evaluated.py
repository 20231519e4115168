"""What a search that learns from its evaluations keeps of them, and the trees that learn."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from luciole.errors import extra
from luciole.search.history import Run
from luciole.spaces import Rows, Space

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor


def firsts(rows: Rows) -> NDArray[np.int64]:
    """Positions of the first of each different genotype, in their order.

    >>> firsts(np.array([[3], [1], [3], [2], [1]]))
    array([0, 1, 3])
    """
    return np.sort(np.unique(rows, axis=0, return_index=True)[1])


class Evaluated:
    """Everything that a run evaluated: genotypes (n, genes), values (n,), and which others are new.

    >>> from luciole.search import Budget, Objective
    >>> from luciole.spaces import nb201
    >>> run = Run(nb201, Objective(nb201.index), Budget(evaluations=9))
    >>> known = Evaluated(run, nb201.all_cells()[:3])
    >>> known.evaluate(nb201.all_cells()[4:5])
    >>> known.values, known.unseen(nb201.all_cells()[2:6])
    (array([0., 1., 2., 4.]), array([False,  True, False,  True]))
    """

    def __init__(self, run: Run, start: Rows) -> None:
        self._run = run
        self._seen: set[bytes] = set()
        self.rows, self.values = start[:0], np.zeros(0)
        self.evaluate(start)

    def evaluate(self, rows: Rows) -> None:
        """Evaluate and remember ``rows``."""
        self.values = np.concatenate([self.values, self._run.evaluate(rows)])
        self.rows = np.concatenate([self.rows, rows])
        self._seen.update(row.tobytes() for row in rows)

    def unseen(self, rows: Rows) -> NDArray[np.bool_]:
        """True for rows never evaluated, (n,)."""
        return np.array([row.tobytes() not in self._seen for row in rows], dtype=bool)

    def new(self, rows: Rows) -> Rows:
        """Those of ``rows`` never evaluated, each once, in their order."""
        fresh = rows[self.unseen(rows)]
        return fresh[firsts(fresh)]


def forest(space: Space, known: Evaluated, trees: int, rng: np.random.Generator) -> "ExtraTreesRegressor":
    """Fit so many randomised trees to everything evaluated, on features from ``space.encode``."""
    with extra("search"):
        from sklearn.ensemble import ExtraTreesRegressor  # imported on use: it takes a second

    fitted = ExtraTreesRegressor(trees, min_samples_leaf=2, random_state=int(rng.integers(2**31)))
    return fitted.fit(space.encode(known.rows), known.values)
