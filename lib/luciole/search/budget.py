"""How much a search may spend: evaluations, seconds (simulated or real), joules, or several of them.

The convention of the published NAS-Bench-201 baselines is kept: an evaluation whose known cost would pass
the budget is not made, and the search ends there (Dong and Yang's released regularised evolution returns
before it appends such a child). Real time cannot be known before it is spent: there the evaluation that
crosses the line is counted, and is the last.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError

UNITS = ("evaluations", "seconds", "joules")


@dataclass(frozen=True)
class Budget:
    """Limits of one search; those left as None do not bind, and at least one must be given.

    Raises LucioleError for a limit that is zero, negative or not a number.

    >>> Budget(seconds=12_000)
    Budget(evaluations=None, seconds=12000, joules=None)
    """

    evaluations: int | None = None  # trained (or scored) genotypes
    seconds: float | None = None  # as the objective counts them
    joules: float | None = None  # as the objective counts them

    def __post_init__(self) -> None:
        given = {unit: getattr(self, unit) for unit in UNITS if getattr(self, unit) is not None}
        if not given:
            raise LucioleError(f"expected a budget in {', '.join(UNITS)}, got none; write Budget(seconds=12_000)")
        for unit, limit in given.items():
            if not isinstance(limit, int | float | np.integer | np.floating) or not limit > 0 or math.isinf(limit):
                raise LucioleError(f"expected a budget of {unit} above zero, got {limit!r}; give a finite number")

    @property
    def limits(self) -> NDArray[np.float64]:
        """The three limits in the order of ``UNITS``, infinite where none was given."""
        return np.array([math.inf if getattr(self, unit) is None else getattr(self, unit) for unit in UNITS])

    @property
    def unit(self) -> str:
        """The unit of the first limit given: the natural axis of a figure."""
        return next(unit for unit in UNITS if getattr(self, unit) is not None)
