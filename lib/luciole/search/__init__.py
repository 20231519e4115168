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
"""

from luciole.search import (
    evolution,
    firefly,
    genetic,
    improved_firefly,
    local,
    qlearning,
    random,
    rank_firefly,
    reinforce,
)
from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.objective import Objective

SEARCHERS = {
    "random": random.search,
    "local search": local.search,
    "regularised evolution": evolution.search,
    "genetic algorithm": genetic.search,
    "REINFORCE": reinforce.search,
    "Q-learning": qlearning.search,
    "firefly": firefly.search,
    "improved firefly": improved_firefly.search,
    "rank-based firefly": rank_firefly.search,
}

__all__ = ["SEARCHERS", "Budget", "History", "Objective", "Run"]
