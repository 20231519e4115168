"""LEMONADE: evolution of a front whose cheap objectives choose, so that the expensive one is paid sparingly.

Elsken, Metzen and Hutter, "Efficient Multi-Objective Neural Architecture Search via Lamarckian Evolution", ICLR 2019.
Lamarckian: a child is told whose child it is before it is evaluated, so that an objective that trains networks can
let it begin with its parent's weights (:func:`luciole.networks.chain.morph`). A table has no weights to inherit:
there only the choice by cheap objectives remains.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from luciole.search.evaluated import firsts
from luciole.search.history import Run
from luciole.search.nsga2 import Costs, check, front
from luciole.search.searcher import searcher
from luciole.spaces import Rows, Space

Inherit = Callable[[Rows, Rows], None]  # parents (n, genes), their children (n, genes), about to be evaluated


@searcher("sample", "mutate")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    costs: Costs | None = None,
    inherit: Inherit | None = None,
    initial: Rows | None = None,
    population: int = 10,
    proposed: int = 60,
    accepted: int = 10,
) -> None:
    """Evolve the front of quality (the objective) against ``costs``; give costs that span decades as logarithms.

    1. Evaluate ``initial`` (by default ``population`` random genotypes); keep the front of quality and costs.
    2. Draw ``proposed`` parents from the front, one more likely the emptier its neighbourhood in the costs (inverse
       of a kernel density over the front), and mutate each once; computing the children's costs is free.
    3. Accept ``accepted`` of the children not evaluated before, again by the inverse of that density.
    4. Tell ``inherit`` who descends from whom, evaluate the accepted, keep the front of all; go to 2.
    """
    costs = check(costs)
    rows = space.sample(rng, population) if initial is None else np.asarray(initial, dtype=np.int8)
    values, prices = run.evaluate(rows), _table(costs(rows))
    seen = {row.tobytes() for row in rows}
    while True:
        kept = front(values, prices)
        rows, values, prices = rows[kept], values[kept], prices[kept]
        parents = rows[rng.choice(len(rows), size=proposed, p=_inverse(density(prices, prices)))]
        children = space.mutate(rng, parents)
        new = np.flatnonzero([child.tobytes() not in seen for child in children])
        if not len(new):  # all around the front is known: look elsewhere
            parents = children = space.sample(rng, accepted)
            new = np.arange(accepted)
        new = new[firsts(children[new])]
        parents, children = parents[new], children[new]
        asked = _table(costs(children))
        chance = _inverse(density(prices, asked))
        chosen = rng.choice(len(children), size=min(accepted, len(children)), replace=False, p=chance)
        parents, children = parents[chosen], children[chosen]
        if inherit is not None:
            inherit(parents, children)
        values = np.concatenate([values, run.evaluate(children)])
        rows, prices = np.concatenate([rows, children]), np.concatenate([prices, asked[chosen]])
        seen.update(child.tobytes() for child in children)


def density(sample: NDArray, points: NDArray) -> NDArray[np.float64]:
    """Gaussian kernel density of ``sample`` (n, k) at ``points`` (m, k): (m,), up to a constant factor.

    A kernel for each column, as wide as Scott's rule says for the spread of the sample there.

    >>> density(np.array([[0.0], [0.1], [0.2], [3.0]]), np.array([[0.1], [3.0]])).round(2)
    array([0.75, 0.26])
    """
    width = sample.std(axis=0) * len(sample) ** (-1 / (sample.shape[1] + 4))
    width = np.where(width > 0, width, 1.0)
    apart = (points[:, None, :] - sample[None, :, :]) / width
    found: NDArray[np.float64] = np.exp(-0.5 * (apart**2).sum(axis=2)).mean(axis=1)
    return found


def _inverse(densities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances in inverse proportion to densities; a point in the void counts as one where a thousandth is."""
    weights = 1 / np.maximum(densities, 1e-3 * densities.max())
    return weights / weights.sum()


def _table(costs: NDArray) -> NDArray[np.float64]:
    """Costs as columns, (n, k)."""
    return np.column_stack([costs]).astype(np.float64)
