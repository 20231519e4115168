"""Local search: climb to the best neighbour until there is none better, then start again elsewhere.

White, Nolen and Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021, show how hard this
simple search is to beat where evaluations carry little noise.
"""

import numpy as np

from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample", "neighbours")
def search(run: Run, space: Space, rng: np.random.Generator) -> None:
    """Climb from random starts, moving to the first better neighbour in random order.

    First improvement rather than best: a step then costs a few evaluations instead of the whole neighbourhood.
    """
    while True:
        here = space.sample(rng, 1)
        value = run.evaluate(here)[0]
        climbing = True
        while climbing:
            climbing = False
            for there in rng.permutation(space.neighbours(here[0])):
                better = run.evaluate(there[None])[0]
                if better > value:
                    here, value, climbing = there[None], better, True
                    break
