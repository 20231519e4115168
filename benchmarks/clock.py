"""Processor seconds of calls, taken in turns, the best of some rounds: what drifts on a machine falls on all alike."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Name = TypeVar("Name")


def fastest(
    calls: Mapping[Name, Callable[[], Any]], rounds: int, *, times: int = 1, warm: bool = False
) -> dict[Name, float]:
    """Processor seconds of one call of each, name by name: the least mean of ``times`` calls in any of ``rounds``.

    ``warm`` makes a call before each of these means and leaves it out.
    """
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            if warm:
                call()
            start = time.process_time()
            for _ in range(times):
                call()
            best[name] = min(best[name], (time.process_time() - start) / times)
    return best
