"""What is compared with a better firefly on NAS-Bench-201: luciole, luciole without each part, rivals, IFA's variants.

A :class:`Plan` is one of them: a searcher, how many classes it may score, its settings and what guides it. All follow
ranks that training-free scores give, so a run takes no training; :func:`train_best` is the last stage that may follow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.experiments.firefly.ifa_nb201 import STRENGTH, spread
from luciole.networks import counts
from luciole.networks.skeleton import NB201_C10
from luciole.scores.aggregate import log_rank
from luciole.search import Budget, History, Objective, evolution, firefly, improved_firefly, local, luciole, random
from luciole.search.swarms import Flight
from luciole.spaces import Rows, nb201

FEW = 150  # scored classes at which parts and rivals are compared: with many more, all end at the same cell
MAC_LIMIT = 90e6
MODULES = (  # whose code decides the choices, given the scores
    __name__,
    "luciole.networks.counts",
    "luciole.networks.skeleton",
    "luciole.scores.aggregate",
    "luciole.search.budget",
    "luciole.search.evolution",
    "luciole.search.firefly",
    "luciole.search.history",
    "luciole.search.improved_firefly",
    "luciole.search.local",
    "luciole.search.luciole",
    "luciole.search.objective",
    "luciole.search.random",
    "luciole.search.rank_firefly",
    "luciole.search.searcher",
    "luciole.search.swarms",
    "luciole.spaces.nb201",
)


@dataclass(frozen=True)
class Plan:
    """One way to search: a searcher, its budget of scored classes, its settings, and what guides it.

    ``guide`` is "ranks" for the chosen scores' ranks among the cells that the run met (luciole only), "whole" for their
    ranks within the whole space as one number (which favours who uses it: no run can know them), "integer" for that
    number truncated, or a score.
    """

    search: Callable[..., History]
    scored: int
    guide: str = "ranks"
    settings: dict[str, Any] = field(default_factory=dict)


PARTS: dict[str, dict[str, Any]] = {
    "luciole": {},
    "without attraction": {"attraction": False},
    "without shrinking noise": {"shrink": False},
    "without novelty": {"novelty": False},
    "without elite": {"elitism": False},
    "without restart": {"chances": None},
    "ranks added, not their logarithms": {"log": False},
}
CENTRED = Flight(noise="centred")
RIVALS: dict[str, tuple[Callable[..., History], dict[str, Any]]] = {
    "random search": (random.search, {}),
    "local search": (local.search, {}),
    "regularised evolution": (evolution.search, {}),
}


IFA_PARTS: dict[str, tuple[Callable[..., History], dict[str, Any]]] = {  # the released IFA, one change each
    "IFA, released": (improved_firefly.search, {}),
    "IFA without attraction": (improved_firefly.search, {"flight": Flight(beta=0.0)}),
    "IFA without distance": (improved_firefly.search, {"flight": Flight(gamma=0.0)}),
    "IFA without noise": (improved_firefly.search, {"flight": Flight(alpha=0.0)}),
    "IFA, centred noise": (improved_firefly.search, {"flight": CENTRED}),
    "IFA without restart (FA)": (firefly.search, {}),
    "IFA without mutation": (improved_firefly.search, {"mutation": 0.0}),
    "IFA without crossover": (improved_firefly.search, {"crossover": False}),
    "IFA, 10 fireflies": (improved_firefly.search, {"population": 10}),
    "IFA, 40 fireflies": (improved_firefly.search, {"population": 40}),
}


def _macs(rows: Rows) -> NDArray[np.float64]:
    return counts.macs(rows, NB201_C10, 32).astype(float)


def light(rows: Rows) -> NDArray[np.bool_]:
    """Whether a cell's CIFAR-10 network keeps the limit on multiply-accumulates."""
    return _macs(rows) <= MAC_LIMIT


def _plans() -> dict[str, Plan]:
    plans = {f"luciole, {scored}": Plan(luciole.search, scored) for scored in (300, 1_000, 2_000)}
    for scored in (60, FEW):
        for name, settings in PARTS.items():
            plans[f"{name}, {scored}"] = Plan(luciole.search, scored, settings=settings)
    for score in ("synflow", "progressivity", "l2_norm", "icd", "naswot", "params"):
        plans[f"luciole on {score} alone, {FEW}"] = Plan(luciole.search, FEW, score)
    for name, (search, settings) in RIVALS.items():
        plans[f"{name}, {FEW}"] = Plan(search, FEW, "whole", settings)
    for name, (search, settings) in IFA_PARTS.items():
        plans[f"{name}, {FEW}"] = Plan(search, FEW, "whole", {"order": STRENGTH, **settings})
    plans[f"IFA, integer fitness, {FEW}"] = Plan(improved_firefly.search, FEW, "integer", {"order": STRENGTH})
    plans[f"luciole on whole ranks, {FEW}"] = Plan(luciole.search, FEW, "whole")
    for scored in (300, 1_000):
        plans[f"luciole up to 90 MMACs, {scored}"] = Plan(luciole.search, scored, settings={"allowed": light})
    return plans


PLANS = _plans()


def play(name: str, seed: int, scores: Mapping[str, NDArray], chosen: Sequence[str]) -> History:
    """Run one plan once; classes are paid once, at the evaluation that first meets them."""
    plan = PLANS[name]
    settings = dict(plan.settings)
    if plan.guide == "ranks":
        goal, *settings["criteria"] = (_look_up(spread(scores[key])) for key in chosen)
    elif plan.guide in ("whole", "integer"):
        whole = spread(log_rank([scores[key] for key in chosen]))
        goal = _look_up(np.trunc(whole) if plan.guide == "integer" else whole)
    else:
        goal = _look_up(spread(scores[plan.guide]))
    objective = Objective(goal, seconds=_free, key=nb201.canonical)
    return plan.search(nb201, objective, Budget(evaluations=plan.scored), np.random.default_rng([seed, 2]), **settings)


def _look_up(column: NDArray[np.float64]) -> Callable[[Rows], NDArray[np.float64]]:
    return lambda rows: column[nb201.index(rows)]


def _free(rows: Rows) -> NDArray[np.float64]:
    return np.zeros(len(rows))


def train_best(history: History, valid: NDArray, cost: NDArray, left: float) -> tuple[int, int]:
    """Train the cells of a search from its best down while ``left`` simulated seconds last.

    Returns the official index of the trained cell with the highest ``valid``, and how many were trained.
    """
    ranked = nb201.index(history.genotypes[np.argsort(-history.values, kind="stable")])
    _, first = np.unique(nb201.iso()[ranked], return_index=True)
    ranked = ranked[np.sort(first)]
    trained = ranked[np.cumsum(cost[ranked]) <= left]
    return int(trained[valid[trained].argmax()]), len(trained)
