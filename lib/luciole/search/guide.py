"""A cheap score that guides an expensive search, with its own price.

Scores come from anywhere: a training-free score computed on the spot, a column of measured scores. What is scored is
paid for, once per class of equal cells, and charged to the search that asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.history import Run
from luciole.search.objective import PerRow, per_row
from luciole.spaces import Rows


@dataclass
class Guide:
    """A score to be maximised, its price a cell, and what has been scored already.

    score: rows (n, genes) -> scores (n,), finite. seconds, joules: of scoring one cell, charged when it is first
    asked. key: rows -> rows equal for cells that score alike (a space's ``canonical``).

    A guide remembers, so each run of a search should get its own.
    """

    score: PerRow
    seconds: float = 0.0
    joules: float = 0.0
    key: Callable[[Rows], Rows] | None = None
    known: dict[bytes, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not (callable(self.score) and self.seconds >= 0 and self.joules >= 0):
            raise LucioleError("expected a score over rows, and a price of zero or more seconds and joules a cell")

    def __call__(self, run: Run, rows: Rows) -> NDArray[np.float64]:
        """Return the score of each row, charging ``run`` for those not scored before."""
        keys = [row.tobytes() for row in (rows if self.key is None else self.key(rows))]
        new = {key: position for position, key in enumerate(keys) if key not in self.known}
        if new:
            run.charge(seconds=self.seconds * len(new), joules=self.joules * len(new))
            fresh = per_row(self.score, rows[list(new.values())], "score")
            self.known.update(zip(new, fresh.tolist(), strict=True))
        return np.array([self.known[key] for key in keys])


def check(guide: object) -> Guide:
    """Return ``guide`` if it is one; LucioleError says what a guided search wants otherwise."""
    if not isinstance(guide, Guide):
        raise LucioleError(f"this search needs guide=Guide(score, seconds=price of one score), got {guide!r}")
    return guide
