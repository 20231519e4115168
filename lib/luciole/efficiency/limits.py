"""What no metric can crown: how far the cost of the crown can move while the crown stays accurate.

A metric with an exponent crowns a dearer model the more accuracy is worth. However it is made, its crown is one of
the models that there are. If it must stay among the most accurate ones, its cost stays between the least and the
greatest cost among them, and a table bounds the ratio of the two before any metric is written down.

Two bounds: over all accurate models, whatever the metric; and over those of the Pareto front, where every metric
crowns that is strictly better for more accuracy at equal cost and for less cost at equal accuracy.
"""

import numpy as np
from numpy.typing import ArrayLike

from luciole.efficiency.front import pareto_front
from luciole.efficiency.merit import check
from luciole.errors import LucioleError


def cost_span(accuracy: ArrayLike, cost: ArrayLike, share: float) -> tuple[float, float]:
    """How many times the cheapest accurate model the dearest costs: among all accurate ones, and on the front.

    Accurate are the models of rank at most ``share`` of their number, a model's rank being one more than the number
    of strictly more accurate ones. Raises LucioleError for bad input (see :func:`luciole.efficiency.merit.check`),
    and for a share that leaves no model.

    >>> cost_span([0.9, 0.8, 0.85, 0.95, 0.5], [10.0, 2.0, 80.0, 40.0, 1.0], share=0.8)
    (40.0, 20.0)
    """
    a, c = (np.atleast_1d(x) for x in check(accuracy, cost))
    rank = 1 + len(a) - np.searchsorted(np.sort(a), a, side="right")
    accurate = rank <= share * len(a)
    if not 0 < share <= 1 or not accurate.any():
        raise LucioleError(f"expected a share of {len(a)} models that leaves one or more, up to 1, got {share:g}")
    front = pareto_front(a, c)
    some, few = c[accurate], c[front[accurate[front]]]
    return float(some.max() / some.min()), float(few.max() / few.min())
