"""Metrics that weigh the quality of a network against its cost, as their authors define them.

Every function takes accuracies as *fractions* and positive costs, arrays of one length (or single numbers), and
works on a million models at once::

    >>> accuracy, macs = [0.9522, 0.9377], [2.52e9, 9.95e7]
    >>> METRICS["bcr"](accuracy, macs).round(10)
    array([3.780e-08, 9.424e-07])

``METRICS`` holds them all, each with its direction and what it needs. :mod:`luciole.efficiency.properties` computes
what each of them guarantees; :func:`luciole.efficiency.merit.merit` is the one proposed here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from luciole.efficiency.merit import check, error_merit, merit
from luciole.errors import LucioleError

Values = NDArray[np.float64]


def bcr(accuracy: ArrayLike, cost: ArrayLike) -> Values:
    """Benefit-cost ratio: accuracy in percent over cost. Higher is better.

    Source: Mokhtari et al., VISAPP 2024. Its definition is not in the text that could be read; this form
    reproduces its Table 5.

    >>> f"{bcr(0.9377, 7.62e10):.3g}"
    '1.23e-09'
    """
    accuracy, cost = check(accuracy, cost)
    return 100 * accuracy / cost


def netscore(
    accuracy: ArrayLike, parameters: ArrayLike, macs: ArrayLike, exponents: tuple[float, float, float] = (2, 0.5, 0.5)
) -> Values:
    """NetScore, in decibels: 20 log10(a^2 / (p^0.5 m^0.5)), a in percent, p in millions, m in giga-MACs.

    Higher is better. Source: Wong, NetScore, 2018; the formula as two public implementations have it.

    >>> round(float(netscore(0.9, 1e6, 1e9)), 2)
    78.17
    """
    accuracy, parameters = check(accuracy, parameters)
    accuracy, macs = check(accuracy, macs)
    a, p, m = exponents
    with np.errstate(divide="ignore"):  # an accuracy of 0 scores minus infinity, as the formula says
        return 20 * (a * np.log10(100 * accuracy) - p * np.log10(parameters / 1e6) - m * np.log10(macs / 1e9))


def mnasnet(accuracy: ArrayLike, cost: ArrayLike, reference: float, exponent: float = -0.07) -> Values:
    """Reward of MnasNet: accuracy (cost / target)^w, the target being ``reference``. Higher is better.

    Source: Tan et al., MnasNet, CVPR 2019. The form, w = -0.07 and what it stands for (5 % more accuracy a doubling
    of latency) are as usually quoted; they were not read in the paper.

    >>> round(float(mnasnet(0.8, 2.0, reference=1.0)), 3)
    0.762
    """
    accuracy, cost = check(accuracy, cost, reference)
    return accuracy * (cost / reference) ** exponent


def accuracy_per_log_cost(accuracy: ArrayLike, cost: ArrayLike) -> Values:
    """Accuracy over the decimal logarithm of cost. Higher is better.

    Raises LucioleError for a cost of 1 or less, where the logarithm changes sign: a flaw of the metric.

    >>> float(accuracy_per_log_cost(0.9, 1000.0))
    0.3
    """
    accuracy, cost = check(accuracy, cost)
    if (cost <= 1).any():
        raise LucioleError(f"accuracy / log cost has no meaning for a cost of {cost.min():g}; choose a smaller unit")
    return accuracy / np.log10(cost)


def error_cost(accuracy: ArrayLike, cost: ArrayLike, exponent: float = 0.25) -> Values:
    """Error times a power of cost. *Lower* is better.

    >>> float(error_cost(0.5, 16.0)) == float(error_cost(0.75, 256.0))
    True
    """
    accuracy, cost = check(accuracy, cost)
    return (1 - accuracy) * cost**exponent


def rank_sum(accuracy: ArrayLike, cost: ArrayLike, weight: float = 0.5) -> Values:
    """Rank-weighted sum: weight x rank by accuracy + (1 - weight) x rank by cost, rank 1 the best. *Lower* is better.

    Ranks are taken within the models given, ties at their mean rank. ``accuracy`` and ``cost`` may hold several
    objectives each, of shape (objectives, models), whose ranks are averaged. The idea is RB-IFA's (Nguyen et al.,
    ICAART 2025); the paper's equation was not readable, and this is how a third party implements it.

    >>> rank_sum([0.9, 0.8, 0.7], [3.0, 1.0, 2.0], weight=0.5)
    array([2. , 1.5, 2.5])
    """
    if not 0 <= weight <= 1:
        raise LucioleError(f"expected a weight from 0 (cost only) to 1 (accuracy only), got {weight}")
    accuracies, costs = np.atleast_2d(np.asarray(accuracy, float)), np.atleast_2d(np.asarray(cost, float))
    check(accuracies[0], costs[0])
    by_accuracy = rankdata(-accuracies, axis=1).mean(axis=0)
    by_cost = rankdata(costs, axis=1).mean(axis=0)
    return weight * by_accuracy + (1 - weight) * by_cost


@dataclass(frozen=True)
class Metric:
    """A metric, which way is better, and what it needs; call it as ``metric(accuracy, cost, **context)``.

    ``costs`` names the costs it takes: ``("cost",)`` when any one cost will do, joules included. Where it wants
    ``parameters`` or ``macs``, they are taken from the context, else ``cost`` stands in. From the same context it
    takes those of its ``settings`` that are there, and ignores the rest, so one call serves all metrics.
    """

    function: Callable[..., Values]
    best: Literal["max", "min"]
    formula: str
    source: str
    costs: tuple[str, ...] = ("cost",)
    settings: tuple[str, ...] = ()

    def __call__(self, accuracy: ArrayLike, cost: ArrayLike, **context: Any) -> Values:
        costs = (context.get(name, cost) for name in self.costs)
        return self.function(accuracy, *costs, **{name: context[name] for name in self.settings if name in context})

    def goodness(self, accuracy: ArrayLike, cost: ArrayLike, **context: Any) -> Values:
        """Values turned so that higher is better."""
        values = self(accuracy, cost, **context)
        return values if self.best == "max" else -values


METRICS: dict[str, Metric] = {
    "bcr": Metric(bcr, "max", "100 a / c", "Mokhtari et al., VISAPP 2024"),
    "information_density": Metric(bcr, "max", "100 a / p", "as compared in Wong, 2018", ("parameters",)),
    "netscore": Metric(netscore, "max", "20 log10(a² / √(p m))", "Wong, 2018", ("parameters", "macs")),
    "mnasnet": Metric(mnasnet, "max", "a (c / r)^-0.07", "Tan et al., CVPR 2019, as quoted", settings=("reference",)),
    "accuracy_per_log_cost": Metric(accuracy_per_log_cost, "max", "a / log10 c", "in use"),
    "rank_sum": Metric(rank_sum, "min", "w rank(a) + (1 - w) rank(c)", "Nguyen et al., ICAART 2025"),
    "error_cost": Metric(error_cost, "min", "(1 - a) c^0.25", "in use", settings=("exponent",)),
    "error_merit": Metric(
        error_merit, "max", "1 / (1 + e (c / r)^(1 / log2 k))", "this study",
        settings=("reference", "k", "chance", "floor"),
    ),
    "merit": Metric(
        merit, "max", "1 / (1 + w (c / r)^(1 / log2 k))", "this study", settings=("reference", "k", "floor")
    ),
}  # fmt: skip
