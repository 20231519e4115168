"""Search strategies: one a file, all with the same contract.

``search(space, objective, budget, rng, **settings) -> History``

* the **space** offers the operators that the searcher needs (:class:`luciole.spaces.Space`);
* the **objective** maps rows to values to be maximised, and keeps the account (:class:`Objective`);
* the **budget** is stated in evaluations, seconds or joules (:class:`Budget`);
* the **history** holds every evaluation in order, and what had been spent by then (:class:`History`).

>>> import numpy as np
>>> from luciole.search import SEARCHERS, Budget, Objective
>>> from luciole.spaces import nb201
>>> convolutions = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
>>> search = SEARCHERS["regularised evolution"]
>>> history = search(nb201, convolutions, Budget(evaluations=60), np.random.default_rng(1))
>>> history.best_value >= 4
True

Some searchers want one setting more (``NEEDS``): a cheap score that guides, costs to be minimised beside the objective,
or cheaper objectives to screen with.
"""

from collections.abc import Callable
from functools import partial

from luciole.search import (
    bananas,
    evolution,
    firefly,
    genetic,
    guided_evolution,
    hyperband,
    improved_firefly,
    lemonade,
    local,
    luciole,
    nsga2,
    optuna_samplers,
    qlearning,
    random,
    rank_firefly,
    reinforce,
    surrogate_nsga2,
    training_free,
    tree_search,
)
from luciole.search.budget import Budget
from luciole.search.guide import Guide
from luciole.search.history import History, Run
from luciole.search.objective import Objective

SEARCHERS: dict[str, Callable[..., History]] = {
    "random": random.search,
    "local search": local.search,
    "regularised evolution": evolution.search,
    "genetic algorithm": genetic.search,
    "REINFORCE": reinforce.search,
    "Q-learning": qlearning.search,
    "LaNAS": tree_search.search,
    "BANANAS": bananas.search,
    "Optuna TPE": partial(optuna_samplers.search, sampler="TPE"),
    "Optuna GP": partial(optuna_samplers.search, sampler="GP"),
    "Optuna NSGA-II": partial(optuna_samplers.search, sampler="NSGA-II"),
    "Hyperband": hyperband.search,
    "BOHB": partial(hyperband.search, propose="model"),
    "NSGA-II": nsga2.search,
    "surrogate NSGA-II": surrogate_nsga2.search,
    "LEMONADE": lemonade.search,
    "firefly": firefly.search,
    "improved firefly": improved_firefly.search,
    "rank-based firefly": rank_firefly.search,
    "luciole": luciole.search,
    "training-free selection": training_free.search,
    "guided evolution": guided_evolution.search,
}

NEEDS = {  # searchers that want one setting more: which
    "Hyperband": "cheaper",
    "BOHB": "cheaper",
    "NSGA-II": "costs",
    "surrogate NSGA-II": "costs",
    "LEMONADE": "costs",
    "training-free selection": "guide",
    "guided evolution": "guide",
}

__all__ = ["NEEDS", "SEARCHERS", "Budget", "Guide", "History", "Objective", "Run"]
