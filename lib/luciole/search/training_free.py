"""Training-free selection: score many untrained networks, train only what the score likes best.

Mellor, Turner, Storkey and Crowley, "Neural Architecture Search without Training", ICML 2021 (NASWOT).
"""

import numpy as np

from luciole.search.evaluated import firsts
from luciole.search.guide import Guide, check
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    guide: Guide | None = None,
    draws: int = 1_000,
    keep: int = 1,
) -> None:
    """Score ``draws`` random genotypes and evaluate the ``keep`` with the highest scores, best first.

    With ``keep`` = 1 the score alone chooses, as in NASWOT; the objective is then only the report.
    """
    score = check(guide)
    rows = space.sample(rng, draws)
    ranked = rows[np.argsort(-score(run, rows), kind="stable")]
    run.evaluate(ranked[firsts(ranked)[:keep]])  # a cell drawn twice is evaluated once
