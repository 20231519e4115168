"""A metric that deserves trust: skill seen through its cost, with one exponent that a person can state.

    a  accuracy, a fraction                       c  cost, in any unit
    f  floor: a model at or below it is useless   r  a reference cost, in the same unit
       (the accuracy of guessing, or more)        k  what the exponent means (below)

    s = (a - f) / (1 - f)                skill: 0 at the floor, 1 when perfect
    w = (1 - s + d) / s                  wrong answers per right one, d the resolution of the test
    J = w (c / r)^(1 / log2 k)           the same, adjusted by what they cost
    merit = 1 / (1 + J)                  0 at or below the floor

The exponent's meaning: *halving the wrong answers per right one is worth k times the cost*. Near the top that is
halving the error. With k = 10, a network that is wrong half as often may cost ten times as much and be as good; with
k = 2 its cost may only double. The model crowned is the one where the front's own rate of exchange passes k.

At the reference cost the merit *is* the skill (but for d): merit is the skill a model is worth at that cost. With odds
in place of w, it is a logistic regression's way of moving a probability: log-odds less log cost over log2 k.

What holds, by construction (each tested in tests/efficiency, and tried by :mod:`luciole.efficiency.properties`):

1. Strictly better for better accuracy at equal cost and for lower cost at equal accuracy, above the floor: J is a
   strictly decreasing function of a times a strictly increasing one of c. The resolution keeps the second from
   being multiplied by zero at a perfect score, where all costs would tie.
2. The unit cancels in c / r. Accuracy enters only as skill: data sets whose floors are their chance levels differ by
   nothing else.
3. A model at or below the floor has merit 0, any other more than 0, and merit falls to 0 on the way down to it.
4. log J = log w + log c / log2 k + constant: equal ratios of cost count equally wherever they start. A point of
   accuracy is worth the more cost the nearer to the top, from skill 1/2 up (and also the nearer to the floor, from
   1/2 down, where a point is the difference between useless and useful).
5. The exponent is k, above. It is a choice, and a result is shown with its sensitivity to it.
6. c is one positive number: an inference, a training, or search + training + n inferences
   (:func:`luciole.costs.accounts.lifetime`), n stated.
7. Between 0 and 1, and it depends on the model alone, not on what it is compared with. :func:`interval` adds the
   spread of seeds and of power readings.
8. The best model is on the Pareto front. Proof: were x dominated by y, then y is at least as accurate and at most as
   costly, one of them strictly; by (1), applied once or twice, y has a strictly greater merit, so x is not best.
   (Where no model is above the floor, none is crowned.)
9. Nothing in it asks for counts: c may be measured joules.

``error_merit`` is the same with the error e = (1 - a) / (1 - q) in place of w, q the accuracy of guessing: then
halving the *error* is worth k times the cost, everywhere, and a point counts more the higher it is, everywhere. It
is the stricter reading of (4) and (5), and it pays with (3): an error never exceeds 1 however useless the model, so
on a hard data set, where all errors are large and alike, next to nothing but cost is left (chapter 2 shows it).

What neither can do: level lines are straight in (log w, log c), so a model on a concave stretch of the front is
never crowned, whatever k. Where that matters, show the front.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError

Values = NDArray[np.float64]


def check(accuracy: ArrayLike, cost: ArrayLike, reference: float | None = None) -> tuple[Values, Values]:
    """Return accuracies and costs as arrays, or say in one line what is wrong with them.

    Raises LucioleError for accuracies outside 0..1, costs that are not positive, missing values, a reference that
    is not positive, or lengths that differ.
    """
    a, c = np.asarray(accuracy, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    if a.ndim and c.ndim and a.shape != c.shape:
        raise LucioleError(f"expected as many costs as accuracies, got shapes {c.shape} and {a.shape}")
    for name, values in (("accuracy", a), ("cost", c)):
        if not np.isfinite(values).all():
            where = np.flatnonzero(~np.isfinite(np.atleast_1d(values)))
            raise LucioleError(
                f"expected finite values, got {len(where)} missing or infinite {name} values, first at {where[0]}; "
                "leave those models out"
            )
    if a.size and a.max() > 1:
        hint = "; they look like percent: divide by 100" if a.max() <= 100 else ""
        raise LucioleError(f"expected accuracies as fractions from 0 to 1, got {a.max():g}{hint}")
    if a.size and a.min() < 0:
        raise LucioleError(f"expected accuracies as fractions from 0 to 1, got {a.min():g}")
    if c.size and c.min() <= 0:
        raise LucioleError(f"expected costs above 0, got {c.min():g}; a free model has no efficiency")
    if reference is not None and not (np.isfinite(reference) and reference > 0):
        raise LucioleError(f"expected a reference cost above 0, got {reference}")
    return a, c


def _fraction(name: str, value: float) -> float:
    if not 0 <= value < 1:
        hint = "; it looks like percent: divide by 100" if 1 <= value <= 100 else ""
        raise LucioleError(f"expected {name} as a fraction below 1, got {value:g}{hint}")
    return value


def _exponent(k: float) -> float:
    if not k > 1:
        raise LucioleError(f"expected k above 1 (halving the wrong answers is worth k times the cost), got {k}")
    return 1 / float(np.log2(k))


def skill(accuracy: ArrayLike, floor: float) -> Values:
    """Share of the way from the floor to perfect: 0 at or below the floor, 1 when perfect.

    >>> skill([0.05, 0.10, 0.55], floor=0.1)
    array([0. , 0. , 0.5])
    """
    return np.maximum((np.asarray(accuracy, dtype=np.float64) - _fraction("the floor", floor)) / (1 - floor), 0.0)


def wrong_per_right(accuracy: ArrayLike, floor: float, resolution: float = 1e-4) -> Values:
    """Wrong answers per right one, both counted above the floor; infinite at or below it.

    ``resolution`` is what the test cannot tell from no error at all, half a mistake on 5,000 examples by default.

    >>> wrong_per_right([0.1, 0.55, 0.91], floor=0.1, resolution=0.0).round(3)
    array([  inf, 1.   , 0.111])
    """
    s = skill(accuracy, floor)
    with np.errstate(divide="ignore"):
        return (1 - s + _fraction("the resolution", resolution)) / s


def merit(
    accuracy: ArrayLike,
    cost: ArrayLike,
    reference: float,
    *,
    k: float = 10.0,
    floor: float = 0.0,
    resolution: float = 1e-4,
) -> Values:
    """Merit of models between 0 and 1, higher better: the skill each is worth at the reference cost.

    ``reference`` is that cost, in the unit of ``cost``; it sets the scale, and never the order. ``k``: halving the
    wrong answers per right one is worth k times the cost. ``floor``: the accuracy at or below which a model is
    useless, at least that of guessing. Raises LucioleError for bad input (see :func:`check`), k of 1 or less, and a
    floor or resolution outside 0..1.

    >>> merit([0.94, 0.86, 0.10], [156.0, 8.0, 0.001], reference=156.0, floor=0.1).round(3)
    array([0.933, 0.93 , 0.   ])
    """
    a, c = check(accuracy, cost, reference)
    s = skill(a, floor)
    wrong = (1 - s + _fraction("the resolution", resolution)) * (c / reference) ** _exponent(k)
    return np.divide(s, s + wrong, out=np.zeros(np.broadcast(s, wrong).shape), where=s > 0)  # 1 / (1 + J)


def error_merit(
    accuracy: ArrayLike,
    cost: ArrayLike,
    reference: float,
    *,
    k: float = 10.0,
    chance: float = 0.0,
    floor: float = 0.0,
    resolution: float = 1e-4,
) -> Values:
    """The same with the error in place of the wrong answers per right one: halving the error is worth k times the cost.

    ``chance`` is the accuracy of guessing, whose error counts as 1; models at or below ``floor`` score 0.

    >>> error_merit([0.94, 0.86, 0.10], [156.0, 8.0, 0.001], reference=156.0, chance=0.1, floor=0.1).round(3)
    array([0.937, 0.94 , 0.   ])
    """
    a, c = check(accuracy, cost, reference)
    _fraction("the floor", floor)
    error = (1 - a) / (1 - _fraction("the chance level", chance)) + _fraction("the resolution", resolution)
    return np.where(a > floor, 1 / (1 + error * (c / reference) ** _exponent(k)), 0.0)


def interval(
    value: Callable[[Values, Values], Values],
    accuracies: ArrayLike,
    costs: ArrayLike,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2000,
) -> tuple[float, float, float]:
    """Value of one model with its interval, from accuracies of several seeds and several readings of its cost.

    Seeds and readings are resampled independently (bootstrap of their means); ``value`` maps mean accuracies and
    costs to values, arrays of one length. Returns the value at the means and the ends of the central interval.
    With one seed and one reading there is no spread to see, and LucioleError is raised.

    >>> rng = np.random.default_rng(0)
    >>> seen = interval(lambda a, c: merit(a, c, 1.0), [0.93, 0.94, 0.92], [1.1, 0.9], rng)
    >>> seen[1] < seen[0] < seen[2]
    True
    """
    a, c = (np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (accuracies, costs))
    if len(a) * len(c) < 2:
        raise LucioleError("expected several seeds or several readings, got one of each: no interval can be known")
    means = [x[rng.integers(len(x), size=(draws, len(x)))].mean(axis=1) for x in (a, c)]
    low, high = np.quantile(value(*means), [(1 - level) / 2, (1 + level) / 2])
    return float(value(a.mean(keepdims=True), c.mean(keepdims=True))[0]), float(low), float(high)
