"""How much a search with a supernet may spend: steps, seconds, joules, or several of them.

Schedules (a rate, a temperature) follow the share of the budget that is spent, in whatever unit it is stated.
"""

import math
from dataclasses import dataclass

from luciole.errors import LucioleError

UNITS = ("steps", "seconds", "joules")


@dataclass(frozen=True)
class Budget:
    """Limits of one search, of each supernet; those left as None do not bind, and at least one must be given.

    Raises LucioleError for a limit that is zero, negative or not a finite number.

    >>> Budget(steps=400, seconds=60).share((100, 30, 0))
    0.5
    """

    steps: int | None = None  # updates of the weights
    seconds: float | None = None  # of the processor; of supernets side by side, each its share
    joules: float | None = None  # an estimate: these seconds times a stated power

    def __post_init__(self) -> None:
        given = {unit: getattr(self, unit) for unit in UNITS if getattr(self, unit) is not None}
        if not given:
            raise LucioleError(f"expected a budget in {', '.join(UNITS)}, got none; write Budget(steps=2_000)")
        for unit, limit in given.items():
            if not isinstance(limit, int | float) or not 0 < limit < math.inf:
                raise LucioleError(f"expected a budget of {unit} above zero, got {limit!r}; give a finite number")

    def share(self, spent: tuple[float, float, float]) -> float:
        """Share of the budget that ``spent`` (steps, seconds, joules) is, by the limit that is nearest; 1: all."""
        limits = (getattr(self, unit) for unit in UNITS)
        return max(used / limit for used, limit in zip(spent, limits, strict=True) if limit is not None)
