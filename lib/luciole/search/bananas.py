"""Bayesian optimisation with an ensemble of predictors, in the manner of BANANAS.

White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
Search", AAAI 2021. Their ensemble is of neural networks on path encodings; here it is of randomised trees on the
space's own features, which fits in milliseconds. Acquisition (independent Thompson sampling) and candidates (mutants
of the best) are theirs.
"""

import numpy as np

from luciole.errors import extra
from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.objective import Objective
from luciole.spaces import Space


def search(
    space: Space,
    objective: Objective,
    budget: Budget,
    rng: np.random.Generator,
    *,
    start: int = 10,
    batch: int = 10,
    parents: int = 10,
    candidates: int = 200,
    trees: int = 30,
) -> History:
    """Alternate between fitting the ensemble and evaluating what it finds promising.

    1. Evaluate ``start`` random genotypes.
    2. Fit ``trees`` randomised trees to everything evaluated, on features from ``space.encode``.
    3. Make ``candidates`` mutants of the ``parents`` best; draw a value for each from the normal distribution of its
       trees' predictions; evaluate the ``batch`` highest draws among genotypes not evaluated yet; go to 2.
    """
    with extra("search"):
        from sklearn.ensemble import ExtraTreesRegressor  # imported on use: it takes a second

    run = Run(space, objective, budget, needs=("sample", "mutate", "encode"))
    with run:
        rows = space.sample(rng, start)
        values = run.evaluate(rows)
        seen = {row.tobytes() for row in rows}
        while True:
            forest = ExtraTreesRegressor(trees, min_samples_leaf=2, random_state=int(rng.integers(2**31)))
            forest.fit(space.encode(rows), values)
            best = np.argsort(-values, kind="stable")[:parents]
            pool = space.mutate(rng, rows[rng.choice(best, size=candidates)])
            pool = np.concatenate([pool, space.sample(rng, parents)])  # so that it never runs dry
            unique = {row.tobytes(): row for row in pool if row.tobytes() not in seen}
            if not unique:
                continue
            pool = np.array(list(unique.values()))
            features = np.ascontiguousarray(space.encode(pool), dtype=np.float32)
            votes = np.stack([tree.tree_.predict(features)[:, 0] for tree in forest.estimators_])
            draws = rng.normal(votes.mean(axis=0), votes.std(axis=0))
            chosen = pool[np.argsort(-draws, kind="stable")[:batch]]
            seen.update(row.tobytes() for row in chosen)
            values = np.concatenate([values, run.evaluate(chosen)])
            rows = np.concatenate([rows, chosen])
    return run.history
