"""Score-guided evolution: a cheap score picks the first population and screens every child before it is trained.

Abdelfattah, Mehrotra, Dudziak and Lane, "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, warm up evolution and
propose its moves by a score; the tournaments are those of regularised evolution.
"""

from collections import deque

import numpy as np

from luciole.search.evaluated import firsts
from luciole.search.evolution import tournament
from luciole.search.guide import Guide, check
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space


@searcher("sample", "mutate")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    guide: Guide | None = None,
    warm_up: int = 1_000,
    mutants: int = 8,
    population: int = 10,
    sample: int = 3,
) -> None:
    """Evolve a queue of genotypes, the score deciding what is worth evaluating.

    1. Score ``warm_up`` random genotypes and fill the queue with the ``population`` best, best first. With
       ``warm_up`` = ``population`` the start is random.
    2. The best of ``sample`` drawn from the queue is the parent.
    3. Of ``mutants`` mutants of it that were not evaluated yet, evaluate the one with the highest score, append it
       and drop the oldest; go to 2. With ``mutants`` = 1 this is regularised evolution, warm-started.

    Every score is charged to the budget when it is first asked (:class:`luciole.search.guide.Guide`).
    """
    score = check(guide)
    rows = space.sample(rng, warm_up)
    if warm_up > population:
        rows = rows[firsts(rows)]
        rows = rows[np.argsort(-score(run, rows), kind="stable")[:population]]
    queue = deque(zip(rows, run.evaluate(rows), strict=True))
    seen = {row.tobytes() for row in rows}
    while True:
        children = space.mutate(rng, np.repeat(tournament(queue, sample, rng), mutants, axis=0))
        fresh = [child for child in children if child.tobytes() not in seen]
        children = np.array(fresh) if fresh else space.mutate(rng, children)
        child = children[[int(np.argmax(score(run, children)))]] if len(children) > 1 else children
        seen.add(child[0].tobytes())
        queue.append((child[0], run.evaluate(child)[0]))
        queue.popleft()
