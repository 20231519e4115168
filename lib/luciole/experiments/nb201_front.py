"""A front found without training: which scores to follow under limits on a cost, and the cells that luciole finds so.

The scores that are best at the top of a space need not be so among its small cells. Here a set of scores is chosen for
the whole front: of all sets of one to three, the one whose highest classes under :data:`LIMITS` limits on a cost
dominate the largest share of a box (CIFAR-100 accuracy against multiply-accumulates, say). Reported are other
accuracies and other costs. Everything is fast enough to run in a chapter.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.efficiency import front
from luciole.errors import LucioleError
from luciole.scores.aggregate import log_rank
from luciole.search import Budget, Objective, luciole
from luciole.spaces import Rows, nb201

Floats = NDArray[np.float64]
LIMITS = 20


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


def choose(
    scores: Mapping[str, Floats], accuracy: Floats, costs: Floats, chance: float, most: int = 3
) -> list[tuple[float, tuple[str, ...]]]:
    """Rank the sets of one to ``most`` scores by what their highest classes under the limits lose, the least first.

    ``scores`` by class (6466,); ``accuracy`` and ``costs`` by cell (15625,). A class costs what its cheapest cell does;
    the highest class is that with the highest sum of logarithms of ranks.
    """
    position = np.searchsorted(nb201.classes(), nb201.iso())
    cheapest = np.full(len(nb201.classes()), np.inf)
    np.minimum.at(cheapest, position, costs)
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


def find(
    names: Sequence[str], scores: Mapping[str, Floats], costs: Floats, scored: int, seed: int, n: int = LIMITS
) -> NDArray[np.int64]:
    """Return the cell that luciole finds under each of ``n`` limits, at most ``scored`` classes a run: indices (n,).

    ``scores`` by class, ``costs`` by cell. Swarms are drawn among the cells below the limit, whose costs are known
    before any score. Raises LucioleError for a score that is not there.
    """
    if missing := [name for name in names if name not in scores]:
        raise LucioleError(f"expected scores among {', '.join(scores)}, got {missing[0]!r}")
    columns = [scores[name][np.searchsorted(nb201.classes(), nb201.iso())] for name in names]
    readers = [partial(_read, column) for column in columns]
    kept: dict[str, Any] = {name: getattr(nb201, name) for name in ("mutate", "crossover", "distance", "canonical")}
    found = []
    for limit in limits(costs, n):
        space: Any = SimpleNamespace(sample=partial(_below, costs, limit), **kept)
        history = luciole.search(
            space,
            Objective(readers[0], key=nb201.canonical),
            Budget(evaluations=scored),
            np.random.default_rng(seed),
            criteria=readers[1:],
            allowed=partial(_allowed, costs, limit),
        )
        found.append(int(nb201.index(history.best)))
    return np.array(found)
