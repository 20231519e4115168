"""Rankings beside each other: one against another on the same networks, a combination without each of its members.

>>> accuracy = np.arange(50.0)
>>> low, high = gap(accuracy, -accuracy, accuracy, np.random.default_rng(0))
>>> round(low, 9), round(high, 9)
(2.0, 2.0)
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError
from luciole.scores.aggregate import log_rank
from luciole.scores.quality import tau

Columns = Mapping[str, NDArray[np.float64]]


def gap(
    one: ArrayLike, other: ArrayLike, accuracy: ArrayLike, rng: np.random.Generator, resamples: int = 200
) -> tuple[float, float]:
    """Return the 95 % interval of tau of ``one`` less tau of ``other``, by bootstrap over networks, paired.

    Every resample judges both scores on the same networks, so what the draw does to both cancels.
    """
    first, second, truth = (np.asarray(values, dtype=float) for values in (one, other, accuracy))
    if not len(first) == len(second) == len(truth):
        raise LucioleError(f"expected as many scores as accuracies, got {len(first)}, {len(second)} and {len(truth)}")
    draws = [rng.integers(len(truth), size=len(truth)) for _ in range(resamples)]
    differences = [tau(first[rows], truth[rows]) - tau(second[rows], truth[rows]) for rows in draws]
    low, high = np.quantile(differences, [0.025, 0.975])
    return float(low), float(high)


def variations(
    scores: Columns,
    members: Sequence[str],
    join: Callable[[Sequence[ArrayLike]], NDArray[np.float64]] = log_rank,
) -> dict[str, NDArray[np.float64]]:
    """Return a combination ("whole"), it without each member, and it with each other score, by name.

    >>> scores = {name: np.random.default_rng(k).normal(size=9) for k, name in enumerate("abc")}
    >>> list(variations(scores, ["a", "b"]))
    ['whole', 'without a', 'without b', 'with c']
    """
    if missing := [name for name in members if name not in scores]:
        raise LucioleError(f"expected scores for every member, got none of {', '.join(missing)}")
    if len(members) < 2:
        raise LucioleError(f"expected a combination of two or more scores, got {len(members)}")
    sets = {"whole": list(members)}
    sets |= {f"without {name}": [one for one in members if one != name] for name in members}
    sets |= {f"with {name}": [*members, name] for name in scores if name not in members}
    return {name: join([scores[one] for one in chosen]) for name, chosen in sets.items()}
