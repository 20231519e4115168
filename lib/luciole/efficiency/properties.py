"""What a metric of efficiency should guarantee, each as a definition that a program can try to refute.

``satisfied(metric, rng)`` tries to refute every property of ``PROPERTIES`` with random models, and returns what it
found: an empty string where no counterexample turned up, else the counterexample in words. Costs are large numbers
in some unit, so that a metric that only works above one unit is not refuted by that alone; the properties about
units (2a, 2b, 9) leave that range.

    >>> import numpy as np
    >>> from luciole.efficiency import METRICS
    >>> found = satisfied(METRICS["bcr"], np.random.default_rng(0))
    >>> found["monotone"], found["floor"]
    ('', 'crowns a model at the floor (accuracy 0.20) for being nearly free')

Passing is evidence, not proof; for the metric proposed here the proofs are in :mod:`luciole.efficiency.merit`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole.costs.accounts import lifetime
from luciole.efficiency.front import pareto_front
from luciole.efficiency.metrics import METRICS, Metric
from luciole.errors import LucioleError

CHANCE, FLOOR, REFERENCE = 0.1, 0.2, 1e5
TRIALS, MODELS = 200, 6
Values = NDArray[np.float64]


def _judge(metric: Metric, accuracy: Values, cost: Values, **changes: Any) -> Values:
    """Values of one set of models, higher better, under the same settings for all metrics."""
    context = {"reference": REFERENCE, "chance": CHANCE, "floor": FLOOR, **changes}
    return metric.goodness(accuracy, cost, **context)


def _models(rng: np.random.Generator, n: int = MODELS) -> tuple[Values, Values]:
    """Models above the floor, costs over eight orders of magnitude."""
    return rng.uniform(FLOOR + 0.01, 0.99, n), 10 ** rng.uniform(1, 9, n)


def _order(values: Values) -> NDArray[np.int8]:
    """Signs of all pairwise differences, near ties as equal."""
    gaps = values[:, None] - values[None, :]
    scale = np.abs(values).max(initial=1e-300)
    return np.where(np.abs(gaps) <= 1e-12 * scale, 0, np.sign(gaps)).astype(np.int8)


def _monotone(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        a, c = _models(rng)
        better_a, better_c = a.copy(), c.copy()
        better_a[1], better_c[1] = min(a[0] + rng.uniform(0.001, 0.01), 1.0), c[0]
        values = _judge(metric, better_a, better_c)
        if not values[1] > values[0]:
            return f"{better_a[1]:.3f} is not better than {a[0]:.3f} at a cost of {c[0]:.3g}"
        better_a[1], better_c[1] = a[0], c[0] * rng.uniform(0.9, 0.99)
        values = _judge(metric, better_a, better_c)
        if not values[1] > values[0]:
            return f"a cost of {better_c[1]:.3g} is not better than {c[0]:.3g} at accuracy {a[0]:.3f}"
    perfect = _judge(metric, np.array([1.0, 1.0]), np.array([10.0, 20.0]))
    return "" if perfect[0] > perfect[1] else "perfect models tie whatever they cost"


def _unit_value(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        a, c = _models(rng)
        unit = 10 ** rng.uniform(-6, 6)
        if not np.allclose(_judge(metric, a, c), _judge(metric, a, c * unit, reference=REFERENCE * unit), rtol=1e-9):
            return f"values change when the unit of cost changes by {unit:.2g}"
    return ""


def _unit_order(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        a, c = _models(rng)
        unit = 10 ** rng.uniform(-6, 6)
        if (_order(_judge(metric, a, c)) != _order(_judge(metric, a, c * unit, reference=REFERENCE * unit))).any():
            return f"the order changes when the unit of cost changes by {unit:.2g}"
    return ""


def _chance(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        skill, c = rng.uniform(0.05, 0.99, MODELS), 10 ** rng.uniform(1, 9, MODELS)
        seen = [_judge(metric, q + (1 - q) * skill, c, chance=q, floor=q) for q in (0.0, 0.01, rng.uniform(0.1, 0.5))]
        if not (np.allclose(seen[0], seen[1], rtol=1e-6) and np.allclose(seen[0], seen[2], rtol=1e-6)):
            return "models of equal skill score differently on data sets of different chance levels"
    return ""


def _floor(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        a, c = _models(rng)
        a, c = np.sort(a), np.sort(c) * 1e6  # the dearer the better, where a sum of ranks cannot tell models apart
        a[0], c[0] = FLOOR, 2.0
        if _judge(metric, a, c).argmax() == 0:
            return f"crowns a model at the floor (accuracy {FLOOR:.2f}) for being nearly free"
    return ""


def _relative_cost(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        a, c = _models(rng)
        factor = 10 ** rng.uniform(0, 3)
        if (_order(_judge(metric, a, c)) != _order(_judge(metric, a, c * factor))).any():
            return f"the order changes when every model costs {factor:.2g} times as much"
    return ""


def _exchange(metric: Metric, accuracy: Values, better: Values, cost: Values) -> Values:
    """By what factor the cost may grow for each ``accuracy`` to become ``better`` and the value to stay: bisection."""
    stays = _judge(metric, accuracy, cost)
    low, high = np.zeros_like(cost), np.full_like(cost, 40.0)  # decimal logarithms
    for _ in range(60):
        middle = (low + high) / 2
        dear = _judge(metric, better, cost * 10**middle) < stays
        low, high = np.where(dear, low, middle), np.where(dear, middle, high)
    return 10 ** ((low + high) / 2)


def _near_the_top(metric: Metric, rng: np.random.Generator) -> str:
    if found := _own_value(metric, rng):
        return found
    accuracy = FLOOR + (1 - FLOOR) * np.linspace(0.5, 0.95, 14)
    rates = _exchange(metric, accuracy, accuracy + 0.01, np.full(14, 1e6))
    if not (np.diff(rates) > 0).all():
        return f"a point at 0.96 is worth {rates[-1]:.3f} times the cost, at 0.60 {rates[0]:.3f} times"
    return ""


def _halving(metric: Metric, rng: np.random.Generator, what: str, before: Values, after: Values) -> str:
    """Whether going from accuracy ``before`` to ``after`` is worth one and the same factor of cost everywhere."""
    if found := _own_value(metric, rng):
        return found
    low, cost = np.meshgrid(before, np.geomspace(1e2, 1e6, 5))
    high, _ = np.meshgrid(after, np.geomspace(1e2, 1e6, 5))
    rates = _exchange(metric, low.ravel(), high.ravel(), cost.ravel())
    if not np.allclose(np.log(rates), np.log(rates).mean(), rtol=0.02):
        return f"halving {what} is worth {rates.min():.3g} to {rates.max():.3g} times the cost, depending where"
    return ""


def _halving_error(metric: Metric, rng: np.random.Generator) -> str:
    error = np.linspace(0.05, 0.7, 6)
    return _halving(metric, rng, "the error", 1 - error, 1 - error / 2)


def _halving_wrong_per_right(metric: Metric, rng: np.random.Generator) -> str:
    odds = np.geomspace(0.05, 4, 6)  # wrong answers per right one, above the floor
    seen = [FLOOR + (1 - FLOOR) / (1 + w) for w in (odds, odds / 2)]
    return _halving(metric, rng, "the wrong answers per right one", *seen)


def _lifetime(metric: Metric, rng: np.random.Generator) -> str:
    if metric.costs != ("cost",):
        return f"takes {' and '.join(metric.costs)}, not one cost that can be a sum"
    for _ in range(TRIALS):
        search, training, inference = 10 ** rng.uniform(1, 6, 3)
        n = np.array([1.0, 1e3, 1e6]) * (search + training) / inference
        costs = np.array([lifetime(search, training, inference, times) for times in n])
        if not (np.diff(_judge(metric, np.full(3, 0.8), costs)) < 0).all():
            return "more inferences do not make the same model worse"
    return ""


def _bounded(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        values = _judge(metric, *_models(rng)) * (1 if metric.best == "max" else -1)
        if values.min() < 0 or values.max() > 1:
            worst = values[np.abs(values).argmax()]
            return f"reaches {worst:.3g}"
    return ""


def _own_value(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS // 10):
        a, c = _models(rng)
        if not np.allclose(_judge(metric, a, c)[:2], _judge(metric, a[:2], c[:2]), rtol=1e-9):
            return "a model's value depends on the models it is compared with"
    return ""


def _front(metric: Metric, rng: np.random.Generator) -> str:
    for _ in range(TRIALS):
        a, c = _models(rng, 30)
        a, c = a.round(2), 10 ** np.log10(c).round(1)  # ties are where a loose metric slips
        values = _judge(metric, a, c)
        crowned = np.flatnonzero(values == values.max())
        if not np.isin(crowned, pareto_front(a, c)).all():
            return "crowns a model that another one dominates"
    return ""


def _joules(metric: Metric, rng: np.random.Generator) -> str:
    if metric.costs != ("cost",):
        return f"is defined by counts of {' and '.join(metric.costs)}"
    a, c = _models(rng)
    joules = np.sort(c) / c.max()  # a fraction of a joule is a cost like any other
    values = _judge(metric, np.full_like(a, 0.8), joules)
    return "" if (np.diff(values) < 0).all() else "the order breaks for costs below one unit"


@dataclass(frozen=True)
class Property:
    """A definition, and what tries to refute it."""

    number: str  # as in the list of the page
    statement: str
    refute: Callable[[Metric, np.random.Generator], str]


PROPERTIES: dict[str, Property] = {
    name: Property(number, statement, refute)
    for name, number, statement, refute in (
        ("monotone", "1", "strictly better when more accurate at equal cost, or cheaper when as accurate", _monotone),
        ("unit", "2a", "values unchanged when the costs and the reference change unit", _unit_value),
        ("unit_order", "2b", "order unchanged when the costs and the reference change unit", _unit_order),
        ("chance", "2c", "equal skill (a - q) / (1 - q) and cost, equal value, whatever the chance q", _chance),
        ("floor", "3", "no model at the floor is best while one is above it, however cheap", _floor),
        ("relative_cost", "4a", "order unchanged when every cost is multiplied by one factor", _relative_cost),
        ("near_the_top", "4b", "from skill 1/2 up, a point is worth a larger factor of cost the higher", _near_the_top),
        ("halving_error", "5a", "halving the error is worth one factor of cost, everywhere the same", _halving_error),
        ("halving_odds", "5b", "the same for wrong answers per right one (5a or 5b)", _halving_wrong_per_right),
        ("lifetime", "6", "cost may be search + training + n inferences; more inferences are worse", _lifetime),
        ("bounded", "7a", "values between 0 and 1", _bounded),
        ("own_value", "7b", "the value depends on the model alone", _own_value),
        ("front", "8", "whatever is best is on the Pareto front", _front),
        ("joules", "9", "any positive cost is allowed, so it may be measured", _joules),
    )
}


def satisfied(metric: Metric, rng: np.random.Generator) -> dict[str, str]:
    """Counterexample to each property, or an empty string where none was found.

    A metric that refuses the models (LucioleError) fails the property, with its message as the counterexample.
    """
    found = {}
    for name, prop in PROPERTIES.items():
        try:
            found[name] = prop.refute(metric, rng)
        except LucioleError as error:
            found[name] = f"refuses: {error}"
    return found


def table(seed: int = 0, metrics: dict[str, Metric] | None = None) -> pd.DataFrame:
    """Metrics by properties: counterexamples, empty where a property holds as far as was tried.

    >>> held = table().loc["merit"] == ""
    >>> list(held.index[~held])
    ['halving_error']
    """
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: satisfied(metric, rng) for name, metric in (metrics or METRICS).items()}).T
