"""What a search did, evaluation by evaluation with what had been spent by then, and the run that records it.

A searcher's steps are written against :class:`Run` and need not think of budgets::

    run = Run(space, objective, budget, needs=("sample",))
    with run:
        while True:
            run.evaluate(space.sample(rng, 1))
    run.history

:func:`luciole.search.searcher.searcher` writes all but the steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.budget import UNITS, Budget
from luciole.search.objective import Objective
from luciole.spaces import Rows, Space


@dataclass(frozen=True)
class History:
    """The evaluations of one search, in order: columns of equal length n.

    >>> history = History(np.array([[0], [2], [1]]), np.array([5.0, 7.0, 6.0]), np.arange(9.0).reshape(3, 3))
    >>> history.best_value, history.best, history.trace()
    (7.0, array([2]), array([5., 7., 7.]))
    """

    genotypes: Rows  # (n, genes)
    values: NDArray[np.float64]  # (n,) as the objective gave them, to be maximised
    spent: NDArray[np.float64]  # (n, 3) cumulative evaluations, seconds, joules once this row was evaluated
    stopped: str = "budget"  # "stalled": nothing new was asked for a long time; or a searcher's own word for its end

    def __len__(self) -> int:
        return len(self.values)

    @property
    def evaluations(self) -> NDArray[np.float64]:
        """Cumulative evaluations paid, (n,)."""
        return self.spent[:, 0]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Cumulative seconds, (n,), simulated or real as the objective counts them."""
        return self.spent[:, 1]

    @property
    def joules(self) -> NDArray[np.float64]:
        """Cumulative joules, (n,)."""
        return self.spent[:, 2]

    @property
    def best(self) -> Rows:
        """Genotype of the highest value, the earliest if several, shape (genes,)."""
        return self.genotypes[int(self.incumbents()[-1])]

    @property
    def best_value(self) -> float:
        """The highest value."""
        return float(self.values.max())

    def incumbents(self) -> NDArray[np.int64]:
        """Position of the best row so far at each step, (n,): a tie keeps the earlier row."""
        highest = np.maximum.accumulate(self.values)
        rises = np.r_[True, highest[1:] > highest[:-1]]
        return np.maximum.accumulate(np.where(rises, np.arange(len(highest)), 0))

    def trace(self) -> NDArray[np.float64]:
        """Best value so far at each step, (n,)."""
        return np.maximum.accumulate(self.values)

    def at(self, cost: NDArray[np.float64], unit: str = "seconds") -> NDArray[np.int64]:
        """Position of the best row once ``cost`` of ``unit`` was spent, -1 before the first evaluation."""
        step = np.searchsorted(self.spent[:, UNITS.index(unit)], cost, side="right") - 1
        return np.where(step < 0, -1, self.incumbents()[np.maximum(step, 0)])

    def to_frame(self) -> pd.DataFrame:
        """One row an evaluation: genotype (a tuple), value, evaluations, seconds, joules, best."""
        return pd.DataFrame(
            {
                "genotype": [tuple(int(gene) for gene in row) for row in self.genotypes],
                "value": self.values,
                "evaluations": self.evaluations.astype(np.int64),
                "seconds": self.seconds,
                "joules": self.joules,
                "best": self.trace(),
            }
        )


class Spent(Exception):
    """The budget is spent: caught by :class:`Run`, never seen outside a search."""


class Run:
    """One search under way: evaluates rows in order until the budget stops it, and records them.

    Raises LucioleError at once when ``space`` lacks an operator named in ``needs`` or when ``budget`` or
    ``objective`` is of another kind, and at the end when the budget did not allow a single evaluation. A
    search always ends: one that brings its budget no nearer, ``patience`` genotypes running (known, free or not
    even evaluated, see :meth:`idle`), ends as "stalled".
    """

    def __init__(
        self,
        space: Space,
        objective: Objective,
        budget: Budget,
        needs: Sequence[str] = (),
        patience: int = 2_000,
    ) -> None:
        if not isinstance(budget, Budget):
            raise LucioleError(f"expected a Budget, got {budget!r}; write Budget(seconds=12_000)")
        if not isinstance(objective, Objective):
            raise LucioleError(f"expected an Objective, got {type(objective).__name__}; wrap it: Objective(function)")
        if objective.joules is None and np.isfinite(budget.limits).tolist() == [False, False, True]:
            raise LucioleError("expected an objective that counts joules for a budget of joules alone; give it joules=")
        for name in needs:
            if not hasattr(space, name):
                label = getattr(space, "__name__", type(space).__name__)
                raise LucioleError(f"this search needs the operator {name!r}, which the space {label} does not have")
        self.objective = objective
        self.patience = patience
        self.stopped = "budget"
        self._limits = objective.spent + budget.limits
        self._start = objective.spent.copy()
        self._idle = 0  # genotypes since the budget last came nearer
        self._mark = objective.spent.copy()  # what was spent then
        self._rows: list[Rows] = []
        self._values: list[NDArray[np.float64]] = []
        self._spent: list[NDArray[np.float64]] = []

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return kind is not None and issubclass(kind, Spent)

    @property
    def left(self) -> NDArray[np.float64]:
        """What is left of evaluations, seconds and joules, infinite where nothing binds."""
        return self._limits - self.objective.spent

    def charge(self, *, seconds: float = 0.0, joules: float = 0.0) -> None:
        """Pay for guidance; ends the search when that alone passes the budget."""
        self.objective.charge(seconds=seconds, joules=joules)
        if (self.left < 0).any():
            raise Spent

    def idle(self, genotypes: int = 1) -> None:
        """Count genotypes that cost nothing of what the budget limits: refused, known, or not found at all.

        A loop that does not evaluate calls this; ``patience`` of them running end the search as "stalled".
        """
        bound = np.isfinite(self._limits)
        if (self.objective.spent[bound] > self._mark[bound]).any():
            self._mark, self._idle = self.objective.spent.copy(), 0
        self._idle += genotypes
        if self._idle >= self.patience:
            self.stopped = "stalled"
            raise Spent

    def evaluate(self, rows: Rows) -> NDArray[np.float64]:
        """Return the values of ``rows``; if the budget ends among them, record those allowed and end."""
        rows = np.atleast_2d(rows)
        limited = np.isfinite(self._limits)
        clocked = self.objective.seconds is None and limited[1]
        if clocked and len(rows) > 1:  # real time: look at the clock between rows
            return np.concatenate([self.evaluate(row[None]) for row in rows])
        keys, new = self.objective.fresh(rows)
        cost = self.objective.price(rows, new)
        if clocked and (self.left <= 0).any():
            raise Spent
        admitted = (self.objective.spent + np.cumsum(cost, axis=0) <= self._limits).all(axis=1) | ~new
        allowed = len(rows) if admitted.all() else int(np.argmin(admitted))
        if allowed:
            before = self.objective.spent.copy()
            cost = cost[:allowed]
            values = self.objective.ask(rows[:allowed], keys[:allowed], new[:allowed], cost)
            self._rows.append(rows[:allowed].copy())
            self._values.append(values)
            self._spent.append(before - self._start + np.cumsum(cost, axis=0))
        if allowed < len(rows):
            raise Spent
        if not (cost[:, limited] > 0).any():
            self.idle(len(rows))
        return values

    @property
    def history(self) -> History:
        """Everything evaluated so far."""
        if not self._rows:
            raise LucioleError("expected a budget for at least one evaluation, got one too small for the first")
        return History(
            np.concatenate(self._rows),
            np.concatenate(self._values),
            np.concatenate(self._spent),
            self.stopped,
        )
