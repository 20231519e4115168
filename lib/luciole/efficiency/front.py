"""Which models no other one beats (the Pareto front), how much they cover, and where the front bends.

>>> accuracy, cost = [0.90, 0.80, 0.85, 0.95], [10.0, 1.0, 20.0, 40.0]
>>> pareto_front(accuracy, cost)
array([1, 0, 3])
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.efficiency.merit import check
from luciole.errors import LucioleError, extra


def pareto_front(accuracy: ArrayLike, cost: ArrayLike) -> NDArray[np.int64]:
    """Indices of the models that no other dominates, by increasing cost.

    One dominates another when it is at least as accurate and at most as costly, and not equal in both; equal models
    stay together. A million models take a fraction of a second: one sort, by cost, leaves few candidates.
    """
    a, c = (np.atleast_1d(x) for x in check(accuracy, cost))
    if a.shape != c.shape:
        raise LucioleError(f"expected as many costs as accuracies, got shapes {c.shape} and {a.shape}")
    if not len(a):
        return np.empty(0, dtype=np.int64)
    order = np.argsort(c)
    best = np.maximum.accumulate(a[order])
    order = order[np.concatenate([[True], a[order][1:] >= best[:-1]])]  # none cheaper is more accurate
    order = order[np.lexsort((-a[order], c[order]))]  # equal costs: the most accurate first
    a, c = a[order], c[order]
    best = np.maximum.accumulate(a)
    new = np.concatenate([[True], best[1:] > best[:-1]])
    # An equal of the latest front member follows it directly: same cost, same accuracy.
    first = np.maximum.accumulate(np.where(new, np.arange(len(a)), 0))
    return order[(a == a[first]) & (c == c[first])]


def _scaled(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    if not high > low:
        raise LucioleError(f"expected a range of costs and accuracies, got {low:g} to {high:g}")
    return (values - low) / (high - low)


def hypervolume(
    accuracy: ArrayLike, cost: ArrayLike, *, costs: tuple[float, float], floor: float, log: bool = True
) -> float:
    """Share of a box that a set of models dominates, from 0 to 1: the measure for *sets*.

    The box runs from ``costs[0]`` to ``costs[1]`` (on a logarithmic axis unless ``log`` is False, as EC-NAS scales
    its energy axis from least to most) and from accuracy ``floor`` to 1. State it: the figure means nothing without.
    Models outside the box count as on its edge when better, not at all when worse. Uses pymoo.

    >>> round(hypervolume([0.9, 0.5], [10.0, 1.0], costs=(1.0, 100.0), floor=0.0), 3)
    0.7
    """
    with extra("search"):
        from pymoo.indicators.hv import HV

    front = pareto_front(accuracy, cost)
    a, c = np.asarray(accuracy, float)[front], np.asarray(cost, float)[front]
    if not (costs[0] > 0 or not log):
        raise LucioleError(f"expected costs of the box above 0 on a logarithmic axis, got {costs}")
    scale = np.log if log else np.asarray
    dear = _scaled(scale(c), float(scale(costs[0])), float(scale(costs[1])))
    wrong = _scaled(1 - a, 0.0, 1 - floor)
    inside = (dear < 1) & (wrong < 1)
    if not inside.any():
        return 0.0
    points = np.clip(np.column_stack([dear, wrong])[inside], 0, None)
    return float(HV(ref_point=np.ones(2))(points))


def knee(accuracy: ArrayLike, cost: ArrayLike) -> int:
    """Index of the front's model farthest from the line between its ends, cost on a logarithmic axis.

    A common way to crown one model of a front; which one it is depends on where the set happens to end.
    Raises LucioleError for a front of fewer than three models, which has no bend.

    >>> knee([0.5, 0.9, 0.95], [1.0, 2.0, 100.0])
    1
    """
    front = pareto_front(accuracy, cost)
    a, c = np.asarray(accuracy, float)[front], np.log(np.asarray(cost, float)[front])
    if len(front) < 3:
        raise LucioleError(f"expected a front of at least three models to find its knee, got {len(front)}")
    above = _scaled(a, a[0], a[-1]) - _scaled(c, c[0], c[-1])
    return int(front[np.argmax(above)])
