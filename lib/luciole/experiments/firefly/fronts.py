"""A front found without training: which scores to follow under limits on a cost, and the cells that luciole finds so.

The scores that are best at the top of a space need not be so among its small cells. Here a set of scores is chosen for
the whole front: of all sets of one to three, the one whose highest classes under :data:`LIMITS` limits on a cost
dominate the largest share of a box (CIFAR-100 accuracy against multiply-accumulates, say). Reported are other
accuracies and other costs. Everything is fast enough to run in a chapter.

Isomorphic cells have one score and may differ in cost: a class stands for its cheapest cell throughout. A class that
was scored under one limit is known under all.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from luciole.efficiency import front
from luciole.errors import LucioleError
from luciole.scores.aggregate import log_rank
from luciole.search import Budget, Objective, luciole
from luciole.spaces import Rows, nb201

Floats = NDArray[np.float64]
LIMITS = 40  # with 20, some costs put too few of them where the front bends


def limits(costs: Floats, n: int = LIMITS) -> Floats:
    """Return ``n`` limits from just above the lowest cost to the highest, evenly on a logarithmic axis.

    >>> limits(np.array([1.0, 10.0, 100.0]), 3).round(1)
    array([  1.,  10., 100.])
    """
    return np.geomspace(1.0001 * costs.min(), costs.max(), n)


def share(accuracy: Floats, costs: Floats, cells: NDArray[np.int64] | None = None, chance: float = 0.1) -> float:
    """Share of the box from ``chance`` to 1 and over all ``costs`` that these cells (or all) dominate.

    ``accuracy`` in percent, both (15625,).
    """
    taken = slice(None) if cells is None else cells
    box = (float(costs.min()), float(costs.max()))
    return front.hypervolume(accuracy[taken] / 100, costs[taken], costs=box, floor=chance)


def lost(accuracy: Floats, costs: Floats, cells: NDArray[np.int64], chance: float = 0.1) -> float:
    """Percent of the true front's share that ``cells`` do not dominate."""
    return 100 * (1 - share(accuracy, costs, cells, chance) / share(accuracy, costs, None, chance))


def cheapest_cells(costs: Floats) -> NDArray[np.int64]:
    """Index of the cheapest cell of each class, the first of equals: (6466,); ``costs`` by cell (15625,)."""
    order = np.argsort(costs, kind="stable")
    classes, first = np.unique(nb201.iso()[order], return_index=True)
    assert (classes == nb201.classes()).all()
    return order[first]


def choose(
    scores: Mapping[str, Floats], accuracy: Floats, costs: Floats, chance: float, most: int = 3
) -> list[tuple[float, tuple[str, ...]]]:
    """Rank the sets of one to ``most`` scores by what their highest classes under the limits lose, the least first.

    ``scores`` by class (6466,); ``accuracy`` and ``costs`` by cell (15625,). A class costs what its cheapest cell does;
    the highest class is that with the highest sum of logarithms of ranks.
    """
    cheapest = costs[cheapest_cells(costs)]
    order = np.argsort(cheapest, kind="stable")
    below = np.searchsorted(cheapest[order], limits(costs), side="right")
    logs = {name: log_rank([values])[order] for name, values in scores.items()}
    mine = accuracy[nb201.classes()] / 100
    box = (float(costs.min()), float(costs.max()))
    whole = share(accuracy, costs, None, chance)
    found = []
    for size in range(1, most + 1):
        for names in combinations(scores, size):
            summed = np.sum([logs[name] for name in names], axis=0)
            best = order[[int(summed[:count].argmax()) for count in below]]
            volume = front.hypervolume(mine[best], cheapest[best], costs=box, floor=chance)
            found.append((100 * (1 - volume / whole), names))
    return sorted(found)


def _read(column: Floats, rows: Rows) -> Floats:
    return column[nb201.index(rows)]


def _allowed(costs: Floats, limit: float, rows: Rows) -> NDArray[np.bool_]:
    return costs[nb201.index(rows)] <= limit


def _below(costs: Floats, limit: float, rng: np.random.Generator, n: int) -> Rows:
    return nb201.all_cells()[rng.choice(np.flatnonzero(costs <= limit), n)]


class Front(NamedTuple):
    """What :func:`find` found."""

    cells: NDArray[np.int64]  # official index of the cell under each limit, (limits,)
    scored: int  # different classes scored, over all limits


def find(
    names: Sequence[str], scores: Mapping[str, Floats], costs: Floats, scored: int, seed: int, n: int = LIMITS
) -> Front:
    """Let luciole search under each of ``n`` limits on a cost, and return the cell that is best under each.

    ``scores`` by class, ``costs`` by cell; a run scores at most ``scored`` classes. Swarms are drawn among the classes
    below the limit, whose costs are known before any score. At the end the classes scored under any limit are ranked
    together, and each limit gets the highest that it allows. Raises LucioleError for a score that is not there.
    """
    if missing := [name for name in names if name not in scores]:
        raise LucioleError(f"expected scores among {', '.join(scores)}, got {missing[0]!r}")
    cheapest, position = cheapest_cells(costs), np.searchsorted(nb201.classes(), nb201.iso())
    price = costs[cheapest]  # of a class
    readers = [partial(_read, scores[name][position]) for name in names]
    kept: dict[str, Any] = {name: getattr(nb201, name) for name in ("mutate", "crossover", "distance", "canonical")}
    bounds, met = limits(costs, n), []
    for limit in bounds:
        space: Any = SimpleNamespace(sample=partial(_below, price[position], limit), **kept)
        history = luciole.search(
            space,
            Objective(readers[0], key=nb201.canonical),
            Budget(evaluations=scored),
            np.random.default_rng(seed),
            criteria=readers[1:],
            allowed=partial(_allowed, price[position], limit),
        )
        met.append(position[nb201.index(history.genotypes)])
    seen = np.unique(np.concatenate(met))
    ranks = log_rank([scores[name][seen] for name in names])
    best = [seen[np.where(price[seen] <= limit, ranks, -np.inf).argmax()] for limit in bounds]
    return Front(cheapest[best], len(seen))
