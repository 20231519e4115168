"""Training-free selection: score many untrained networks, train only what the score likes best.

Mellor, Turner, Storkey and Crowley, "Neural Architecture Search without Training", ICML 2021 (NASWOT).
"""

import numpy as np

from luciole.search.budget import Budget
from luciole.search.guide import Guide, check
from luciole.search.history import History, Run
from luciole.search.objective import Objective
from luciole.spaces import Space


def search(
    space: Space,
    objective: Objective,
    budget: Budget,
    rng: np.random.Generator,
    *,
    guide: Guide | None = None,
    draws: int = 1_000,
    keep: int = 1,
) -> History:
    """Score ``draws`` random genotypes and evaluate the ``keep`` with the highest scores, best first.

    With ``keep`` = 1 the score alone chooses, as in NASWOT; the objective is then only the report.
    """
    score = check(guide)
    run = Run(space, objective, budget, needs=("sample",))
    with run:
        rows = space.sample(rng, draws)
        order = np.argsort(-score(run, rows), kind="stable")
        _, first = np.unique(rows[order], axis=0, return_index=True)  # a cell drawn twice is evaluated once
        run.evaluate(rows[order][np.sort(first)[:keep]])
    return run.history
