"""Luciole: a firefly search that remembers and moves on the cells themselves.

Fireflies live on the cells themselves, not in a real space, so that the same search runs on every space. A
generation:

1. **Ranks.** The fitness of a cell is a sum over several training-free scores of the logarithm of the share of cells
   met so far that it is not behind: high only for cells near the top by every score (:class:`Archive`).
2. **Elite.** The swarm is the ``population`` brightest different cells met so far.
3. **Attraction.** Each firefly chooses a brighter one, a near one more likely (exp(-gamma distance)), and crosses
   with it; the brightest has nobody to follow.
4. **Noise that shrinks.** The child is mutated Poisson(noise (1 - spent share of the budget)) times, once more if
   it had nobody to follow.
5. **Novelty.** A child of a class already met, or outside ``allowed``, is mutated until it is new: no score is
   computed twice, and no budget is lost.
6. **Restart.** After ``chances`` generations that let nobody new into the elite, a generation is drawn at random.

Each part has a setting that takes it away, for ablation.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.objective import Objective
from luciole.search.rank_firefly import Archive, Criterion
from luciole.spaces import Rows, Space

TRIES = 50  # mutations of a child before it is given up for this generation


def search(
    space: Space,
    objective: Objective,
    budget: Budget,
    rng: np.random.Generator,
    *,
    criteria: Sequence[Criterion] = (),
    log: bool = True,
    population: int = 20,
    attraction: bool = True,
    gamma: float = 0.5,
    noise: float = 2.0,
    shrink: bool = True,
    novelty: bool = True,
    elitism: bool = True,
    chances: int | None = 3,
    allowed: Callable[[Rows], NDArray[np.bool_]] | None = None,
) -> History:
    """Search for the cell that the objective and the further ``criteria`` rank highest together.

    The objective keeps the account, the criteria are taken as paid with it; without criteria the objective alone
    decides, and the values of the history are its own. With them they are the fitness among everything the run met:
    ``history.best`` is the choice either way. ``allowed`` keeps cells out before they are scored (a limit on cost).

    ``log=False`` sums ranks, ``attraction=False`` only mutates, ``shrink=False`` keeps the noise,
    ``novelty=False`` allows repeats, ``elitism=False`` lets each child replace its parent, ``chances=None`` never
    restarts.

    >>> from luciole.spaces import nb201
    >>> convolutions = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
    >>> search(nb201, convolutions, Budget(evaluations=150), np.random.default_rng(0)).best.tolist()
    [3, 3, 3, 3, 3, 3]
    """
    if population < 2:
        raise LucioleError(f"expected a population of two fireflies or more, got {population}")
    run = Run(space, objective, budget, needs=("sample", "mutate", "crossover", "distance", "canonical"))
    values: dict[bytes, float] = {}
    archive = Archive([lambda rows: [values[row.tobytes()] for row in rows], *criteria], log=log)
    total = run.left.copy()

    def meet(rows: Rows) -> Rows:
        values.update(zip((row.tobytes() for row in rows), run.evaluate(rows).tolist(), strict=True))
        archive.add(rows)
        return rows

    def admit(rows: Rows) -> NDArray[np.bool_]:
        """True for rows that may be scored: allowed and, with novelty, of a new class, each class once."""
        fine = np.ones(len(rows), dtype=bool) if allowed is None else allowed(rows)
        if novelty:
            classes = space.canonical(rows)
            _, first = np.unique(classes, axis=0, return_index=True)
            once = np.zeros(len(rows), dtype=bool)
            once[first] = True
            fine = fine & once & np.array([row.tobytes() not in seen for row in classes])
        return fine

    def settle(children: Rows) -> Rows:
        """Mutate the children that may not be scored until they may; drop those that never do."""
        children = children.copy()
        for _ in range(TRIES):
            bad = ~admit(children)
            if not bad.any():
                break
            children[bad] = space.mutate(rng, children[bad])
        children = children[admit(children)]
        seen.update(row.tobytes() for row in space.canonical(children))
        return children

    def brightest_first(rows: Rows) -> Rows:
        return rows[np.argsort(-archive.fitness(rows), kind="stable")]

    seen: set[bytes] = set()
    idle = 0
    with run:
        start = settle(space.sample(rng, population))
        if not len(start):
            raise LucioleError(f"expected `allowed` to let a cell in within {TRIES} mutations, got none; allow more")
        swarm = brightest_first(meet(start))
        while True:
            if chances is not None and idle >= chances:
                children, idle = space.sample(rng, population), 0
            else:
                strength = noise * (1 - _share(run.left, total)) if shrink else noise
                children = fly(space, swarm, rng, gamma if attraction else None, strength)
            children = settle(children)
            if not len(children):  # a neighbourhood where everything was met
                children = settle(space.sample(rng, population))
            if not len(children):
                run.stopped = "exhausted"
                break
            meet(children)
            before = swarm
            swarm = brightest_first(np.unique(np.concatenate([swarm, children]), axis=0) if elitism else children)
            swarm = swarm[:population]
            entered = len(np.unique(np.concatenate([before, swarm]), axis=0)) > len(before)
            idle = 0 if entered else idle + 1
    history = run.history
    if not criteria:
        return history
    values.update(zip((row.tobytes() for row in history.genotypes), history.values.tolist(), strict=True))
    archive.add(history.genotypes)
    return replace(history, values=archive.fitness(history.genotypes))


def _share(left: NDArray[np.float64], total: NDArray[np.float64]) -> float:
    """Share of the budget that is spent, by the limit that binds most."""
    bound = np.isfinite(total)
    return float((1 - left[bound] / total[bound]).max())


def fly(space: Space, swarm: Rows, rng: np.random.Generator, gamma: float | None, noise: float) -> Rows:
    """Return one child of each firefly of a swarm sorted from the brightest; ``gamma`` None for no attraction.

    >>> from luciole.spaces import nb201
    >>> fly(nb201, nb201.sample(np.random.default_rng(0), 5), np.random.default_rng(1), 0.5, 0.0).shape
    (5, 6)
    """
    n = len(swarm)
    children = swarm.copy()
    mutations = rng.poisson(noise, size=n)
    follows = np.arange(n) > 0 if gamma is not None else np.zeros(n, dtype=bool)
    mutations += ~follows
    if gamma is not None and n > 1:
        first, second = np.divmod(np.arange(n * n), n)
        distance = space.distance(swarm[first], swarm[second]).reshape(n, n)
        pull = np.exp(-gamma * distance) * np.tri(n, k=-1)  # only brighter ones, which stand before
        rows = pull[1:].cumsum(axis=1)
        goal = (rows < rng.random((n - 1, 1)) * rows[:, -1:]).sum(axis=1)
        children[1:] = space.crossover(rng, swarm[1:], swarm[goal])
    for step in range(int(mutations.max(initial=0))):
        children[mutations > step] = space.mutate(rng, children[mutations > step])
    return children
