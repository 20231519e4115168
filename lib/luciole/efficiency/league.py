"""What each metric crowns in a set of models, how it orders the set, and how the crown moves with the exponent.

>>> import numpy as np
>>> accuracy, cost = np.array([0.5, 0.9, 0.95]), np.array([2.0, 100.0, 200.0])
>>> league(accuracy, cost, reference=100.0).loc[["bcr", "merit"], ["index", "accuracy", "rank"]]
        index  accuracy  rank
metric
bcr         0      0.50     3
merit       2      0.95     1
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau, spearmanr

from luciole.efficiency.front import pareto_front
from luciole.efficiency.merit import check, merit, wrong_per_right
from luciole.efficiency.metrics import METRICS, Metric
from luciole.errors import LucioleError


def crown(metric: Metric, accuracy: ArrayLike, cost: ArrayLike, **context: Any) -> int:
    """Index of the model that ``metric`` finds best, the cheapest where several are.

    Raises LucioleError for an empty set, and where the context gives a ``floor`` that no model is above.
    """
    a, c = (np.atleast_1d(x) for x in check(accuracy, cost))
    if not len(a):
        raise LucioleError("expected at least one model to crown, got none")
    if "floor" in metric.settings and a.max() <= (floor := context.get("floor", 0.0)):
        raise LucioleError(f"no model is above the floor of {floor:g} (the best reaches {a.max():g}): none is crowned")
    values = metric.goodness(a, c, **context)
    best = np.flatnonzero(values == values.max())
    return int(best[np.argmin(c[best])])


def league(
    accuracy: ArrayLike, cost: ArrayLike, metrics: dict[str, Metric] | None = None, **context: Any
) -> pd.DataFrame:
    """One row a metric: the model it crowns and how its order agrees with the order of accuracy.

    Columns: ``index`` of the crowned model, its ``accuracy`` and ``cost``, its ``rank`` by accuracy (1 the best, equal
    models at the best rank of them), whether it is ``on_front``, and Kendall's ``tau`` (b) between metric and accuracy
    over the whole set. A metric that refuses the set has index -1 and no figures.
    ``context`` holds what the metrics may need: ``reference``, ``chance``, ``floor``, ``k``, ``parameters``, ``macs``.
    """
    a, c = check(accuracy, cost)
    front = set(pareto_front(a, c).tolist())
    rows: list[dict[str, Any]] = []
    for name, metric in (metrics or METRICS).items():
        try:
            best = crown(metric, a, c, **context)
        except LucioleError:
            rows.append({"metric": name, "index": -1, "rank": 0, "on_front": False})
            continue
        values = metric.goodness(a, c, **context)
        rows.append(
            {
                "metric": name,
                "index": best,
                "accuracy": float(a[best]),
                "cost": float(c[best]),
                "rank": int((a > a[best]).sum()) + 1,
                "on_front": best in front,
                "tau": float(kendalltau(values, a).statistic),
            }
        )
    return pd.DataFrame(rows).set_index("metric")


def crowned_by_exponent(
    accuracy: ArrayLike, cost: ArrayLike, ks: Sequence[float], *, floor: float = 0.0
) -> NDArray[np.int64]:
    """Index of the model that merit crowns for each exponent k (halving the wrong answers is worth k times the cost).

    The reference cost changes nothing here, so it is not asked for.

    >>> crowned_by_exponent([0.5, 0.9, 0.95], [1.0, 50.0, 100.0], [2.0, 1000.0])
    array([0, 2])
    """
    front = pareto_front(accuracy, cost)  # the crowned model is on it, so the rest need not be weighed
    a, c = np.asarray(accuracy, float)[front], np.asarray(cost, float)[front]
    return np.array([front[np.argmax(merit(a, c, float(c[0]), k=k, floor=floor))] for k in ks])


def exchange_range(accuracy: ArrayLike, cost: ArrayLike, index: int, *, floor: float = 0.0) -> tuple[float, float]:
    """The exponents k, from .. to, for which merit crowns model ``index``; (nan, nan) where none does.

    An exponent is a choice, and this is its sensitivity: a crown that holds from k = 3 to 200 does not hang on it.

    >>> low, high = exchange_range([0.5, 0.8, 0.95], [1.0, 5.0, 100.0], 1)
    >>> round(low, 2), round(high, 2)
    (2.24, 3.8)
    """
    front = pareto_front(accuracy, cost)
    here = np.flatnonzero(front == index)
    a, c = np.asarray(accuracy, float)[front], np.asarray(cost, float)[front]
    if not len(here) or a[here[0]] <= floor:
        return float("nan"), float("nan")
    useful = a > floor
    wrong, price = np.log2(wrong_per_right(a[useful], floor)), np.log2(c[useful])
    wrong, price = wrong - wrong[useful[: here[0]].sum()], price - price[useful[: here[0]].sum()]
    # Best where wrong + t price >= 0 for every rival, with t = 1 / log2 k: one bound on t from each.
    least = (-wrong[price > 0] / price[price > 0]).max(initial=0.0)
    most = (wrong[price < 0] / -price[price < 0]).min(initial=np.inf)
    if least > most:
        return float("nan"), float("nan")
    with np.errstate(divide="ignore", over="ignore"):
        return float(np.exp2(1 / np.float64(most))), float(np.exp2(1 / np.float64(least)))


def agreement(proxy: ArrayLike, measured: ArrayLike) -> dict[str, float]:
    """How well one cost stands in for another: Kendall's tau (b) and Spearman's rho over models that have both.

    >>> agreement([1, 2, 3, 4], [10.0, np.nan, 20.0, 30.0])
    {'models': 3, 'tau': 1.0, 'rho': 1.0}
    """
    x, y = np.asarray(proxy, float), np.asarray(measured, float)
    if x.shape != y.shape:
        raise LucioleError(f"expected two costs of the same models, got shapes {x.shape} and {y.shape}")
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 2:
        raise LucioleError("expected at least two models that have both costs")
    tau, rho = kendalltau(x[both], y[both]).statistic, spearmanr(x[both], y[both]).statistic
    return {"models": int(both.sum()), "tau": float(tau), "rho": float(rho)}
