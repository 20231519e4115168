"""Hyperband and BOHB: many short trainings, a few long ones.

Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband", JMLR 2018; Falkner, Klein and Hutter, "BOHB: Robust
and Efficient Hyperparameter Optimization at Scale", ICML 2018, which draws its candidates from a model instead of
blindly.

The fidelities are objectives of growing price. Only the dearest is recorded and chosen by; the cheaper ones are
charged to the same budget. Each fidelity is trained from the beginning (the tables hold schedules of different
length, each with its own learning-rate decay), so nothing is carried over from one to the next.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.history import Run
from luciole.search.objective import Objective
from luciole.search.searcher import searcher
from luciole.spaces import Rows, Space


@searcher("sample", "ARITY")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    cheaper: Sequence[Objective] = (),
    eta: float = 4.0,
    propose: Literal["random", "model"] = "random",
    random_share: float = 1 / 3,
) -> None:
    """Run brackets of successive halving for ever, one after the other.

    A bracket that starts at fidelity ``s`` (0 the cheapest of the ``cheaper`` objectives, given from the cheapest on)
    draws eta^(levels - s) genotypes, evaluates them there, and passes the best 1/eta on to the next fidelity, to the
    last one, which is ``objective``. Brackets start at each fidelity in turn. ``propose="model"`` draws genotypes
    as BOHB does (:func:`suggest`), a ``random_share`` of them blindly.
    """
    if not cheaper or any(one.seconds is None for one in (*cheaper, run.objective)):
        raise LucioleError("this search needs cheaper=[Objective(...), ...], cheapest first, all with known seconds")
    seen: list[tuple[list[Rows], list[NDArray]]] = [([], []) for _ in range(len(cheaper) + 1)]

    def evaluate(level: int, rows: Rows) -> NDArray[np.float64]:
        if level == len(cheaper):
            values = run.evaluate(rows)
        else:
            one = cheaper[level]
            before = one.spent.copy()
            cost = one.price(rows, np.ones(len(rows), dtype=bool))
            run.charge(seconds=float(cost[:, 1].sum()), joules=float(cost[:, 2].sum()))
            values = one(rows)
            one.spent[:] = before  # the account is kept by the search's own objective
        seen[level][0].append(rows)
        seen[level][1].append(values)
        return values

    def draw(n: int) -> Rows:
        rows = space.sample(rng, n)
        known = [level for level in seen if sum(map(len, level[1])) >= 2 * (len(space.ARITY) + 1)]
        if propose == "model" and known:
            past, values = np.concatenate(known[-1][0]), np.concatenate(known[-1][1])
            modelled = rng.random(n) >= random_share
            rows[modelled] = suggest(space, past, values, rng, int(modelled.sum()))
        return rows

    while True:
        for first in range(len(cheaper) + 1):
            rows = draw(math.ceil(eta ** (len(cheaper) - first)))
            for level in range(first, len(cheaper) + 1):
                values = evaluate(level, rows)
                rows = rows[np.argsort(-values, kind="stable")[: max(1, int(len(rows) / eta))]]


def suggest(
    space: Space,
    rows: Rows,
    values: NDArray,
    rng: np.random.Generator,
    n: int,
    draws: int = 64,
    good_share: float = 0.15,
) -> Rows:
    """Draw ``n`` genotypes where good ones are dense and others are not.

    Two kernel densities over the genes, one of the best ``good_share`` of ``rows`` and one of the rest; of ``draws``
    candidates from the first, the one with the highest ratio of the two is taken. The kernel of a categorical gene
    keeps its value with probability 1 - h and moves to each other value with equal chance (Aitchison and
    Aitken, 1976); h follows from the number of rows as in Scott's rule.
    """
    order = np.argsort(-values, kind="stable")
    split = max(len(space.ARITY), int(good_share * len(rows)))
    good, rest = rows[order[:split]], rows[order[split:]]
    arity = np.asarray(space.ARITY)
    valid = getattr(space, "valid", None)

    def width(sample: Rows) -> float:
        return float(np.clip(len(sample) ** (-1 / (len(arity) + 4)), 0.05, 0.8))

    def log_density(points: Rows, sample: Rows) -> NDArray[np.float64]:
        h = width(sample)
        same = points[:, None, :] == sample[None, :, :]
        kernel = np.where(same, 1 - h, h / (arity - 1))
        return np.log(kernel.prod(axis=2).mean(axis=1))

    found = np.empty((n, len(arity)), dtype=np.int8)
    for place in range(n):
        centre = good[rng.integers(len(good), size=draws)]
        moved = rng.random(centre.shape) < width(good)
        points = np.where(moved, (centre + rng.integers(1, arity, size=centre.shape)) % arity, centre).astype(np.int8)
        if valid is not None:
            points = np.concatenate([points[valid(points)], centre[:1]])
        found[place] = points[int(np.argmax(log_density(points, good) - log_density(points, rest)))]
    return found
