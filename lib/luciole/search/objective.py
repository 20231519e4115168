"""What a search maximises, with the account of what asking cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError
from luciole.spaces import Rows

PerRow = Callable[[Rows], ArrayLike]  # rows (n, genes) -> one number a row (n,)


def per_row(function: PerRow, rows: Rows, what: str) -> NDArray[np.float64]:
    """Call ``function`` on rows and insist on one finite number a row; LucioleError names the row."""
    numbers = np.asarray(function(rows), dtype=np.float64)
    if numbers.shape != (len(rows),):
        raise LucioleError(f"expected the {what} to give {len(rows)} numbers, got shape {numbers.shape}; one a row")
    if not np.isfinite(numbers).all():
        first = int(np.argmin(np.isfinite(numbers)))
        raise LucioleError(
            f"expected the {what} to be finite, got {numbers[first]} for genotype {rows[first].tolist()}; "
            "give such genotypes a finite low value, or keep them out of the space"
        )
    return numbers


@dataclass
class Objective:
    """A function to maximise over rows, and its account: evaluations, seconds, joules.

    value: rows (n, genes) -> values (n,), to be maximised.
    seconds, joules: rows -> cost of each (simulated, from a table). Without ``seconds`` the clock is read
    (real time, shared evenly among the rows of a call); without ``joules`` none are counted.
    count: "unique" pays for a genotype once and answers it from memory afterwards; "query" pays, and asks,
    every time, as the released baselines of NAS-Bench-201 do.
    key: rows -> rows that are equal for genotypes to be held the same (a space's ``canonical``); by default
    genotypes are the same when their genes are.

    Raises LucioleError when ``value`` gives NaN, infinity or another number of values than rows.

    >>> from luciole.search import Objective
    >>> objective = Objective(lambda rows: rows.sum(axis=1), seconds=lambda rows: np.full(len(rows), 2.5))
    >>> objective(np.array([[1, 2], [0, 0], [1, 2]], dtype=np.int8))
    array([3., 0., 3.])
    >>> objective.evaluations, objective.seconds_spent
    (2, 5.0)
    """

    value: PerRow
    seconds: PerRow | None = None
    joules: PerRow | None = None
    count: Literal["unique", "query"] = "unique"
    key: Callable[[Rows], Rows] | None = None
    spent: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3), init=False)  # in the order of UNITS
    known: dict[bytes, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.count not in ("unique", "query"):
            raise LucioleError(f"expected count to be 'unique' or 'query', got {self.count!r}")

    @property
    def evaluations(self) -> int:
        """Evaluations paid so far."""
        return int(self.spent[0])

    @property
    def seconds_spent(self) -> float:
        """Seconds paid so far, simulated or real."""
        return float(self.spent[1])

    @property
    def joules_spent(self) -> float:
        """Joules paid so far."""
        return float(self.spent[2])

    def charge(self, *, seconds: float = 0.0, joules: float = 0.0) -> None:
        """Add a cost that is not an evaluation: the scoring that guides a search, a predictor's training."""
        if not (seconds >= 0 and joules >= 0):
            raise LucioleError(f"expected a charge of zero or more, got {seconds} s and {joules} J")
        self.spent += (0, seconds, joules)

    def fresh(self, rows: Rows) -> tuple[list[bytes], NDArray[np.bool_]]:
        """Return the key of each row, and whether asking the rows in this order would pay for it."""
        keys = [row.tobytes() for row in (rows if self.key is None else self.key(rows))]
        if self.count == "query":
            return keys, np.ones(len(keys), dtype=bool)
        seen: set[bytes] = set()
        new = np.zeros(len(keys), dtype=bool)
        for position, key in enumerate(keys):
            if key not in self.known and key not in seen:
                new[position] = True
                seen.add(key)
        return keys, new

    def price(self, rows: Rows, new: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Cost known in advance of each row, (n, 3) in the order of UNITS; zero for rows already paid."""
        cost = np.zeros((len(rows), 3))
        cost[:, 0] = new
        if new.any():
            for column, function, what in ((1, self.seconds, "seconds"), (2, self.joules, "joules")):
                if function is not None:
                    cost[new, column] = per_row(function, rows[new], what)
        return cost

    def ask(self, rows: Rows, keys: list[bytes], new: NDArray[np.bool_], cost: NDArray[np.float64]) -> NDArray:
        """Evaluate rows whose keys and prices :meth:`fresh` and :meth:`price` found, and pay for them.

        The real time of the call, where it is what counts, is written into ``cost`` and paid too.
        """
        values = np.empty(len(rows))
        if new.any():
            start = time.perf_counter()
            values[new] = per_row(self.value, rows[new], "objective")
            if self.seconds is None:
                cost[new, 1] = (time.perf_counter() - start) / new.sum()
        if self.count == "unique":
            for position in np.flatnonzero(new):
                self.known[keys[position]] = float(values[position])
            for position in np.flatnonzero(~new):
                values[position] = self.known[keys[position]]
        self.spent += cost.sum(axis=0)
        return values

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        """Return the value of each row and pay for it."""
        rows = np.asarray(rows)
        keys, new = self.fresh(rows)
        return self.ask(rows, keys, new, self.price(rows, new))
