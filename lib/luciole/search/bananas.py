"""Bayesian optimisation with an ensemble of predictors, in the manner of BANANAS.

White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
Search", AAAI 2021. Their ensemble is of neural networks on path encodings; here it is of randomised trees on the
space's own features, which fits in milliseconds. Acquisition (independent Thompson sampling) and candidates (mutants
of the best) are theirs.
"""

import numpy as np

from luciole.search.evaluated import Evaluated, forest
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample", "mutate", "encode")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    start: int = 10,
    batch: int = 10,
    parents: int = 10,
    candidates: int = 200,
    trees: int = 30,
) -> None:
    """Alternate between fitting the ensemble and evaluating what it finds promising.

    1. Evaluate ``start`` random genotypes.
    2. Fit ``trees`` randomised trees to everything evaluated, on features from ``space.encode``.
    3. Make ``candidates`` mutants of the ``parents`` best; draw a value for each from the normal distribution of its
       trees' predictions; evaluate the ``batch`` highest draws among genotypes not evaluated yet; go to 2.
    """
    known = Evaluated(run, space.sample(rng, start))
    while True:
        ensemble = forest(space, known, trees, rng)
        best = np.argsort(-known.values, kind="stable")[:parents]
        mutants = space.mutate(rng, known.rows[rng.choice(best, size=candidates)])
        pool = known.new(np.concatenate([mutants, space.sample(rng, parents)]))  # a few drawn: it seldom runs dry
        if not len(pool):
            run.idle(candidates + parents)
            continue
        features = np.ascontiguousarray(space.encode(pool), dtype=np.float32)
        votes = np.stack([tree.tree_.predict(features)[:, 0] for tree in ensemble.estimators_])
        draws = rng.normal(votes.mean(axis=0), votes.std(axis=0))
        known.evaluate(pool[np.argsort(-draws, kind="stable")[:batch]])
