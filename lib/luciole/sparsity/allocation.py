"""How many weights each layer gets when a whole network may keep so many: evenly, or by Erdős and Rényi.

A random graph between n inputs and m outputs stays connected with a density that falls as (n + m) / (n m): wide layers
may be sparser. ERK counts the sides of a kernel as well.
"""

import math
from collections.abc import Mapping, Sequence

from luciole.errors import LucioleError


def uniform(shapes: Mapping[str, Sequence[int]], kept: int) -> dict[str, int]:
    """The same density for every layer.

    >>> uniform({"a": (10, 10), "b": (5, 4)}, kept=12)
    {'a': 10, 'b': 2}
    """
    return _counts(shapes, dict.fromkeys(shapes, 1.0), kept)


def erdos_renyi_kernel(shapes: Mapping[str, Sequence[int]], kept: int) -> dict[str, int]:
    """Density proportional to (sum of a weight's sides) / (their product), at most 1: ERK, for dense layers ER.

    ``shapes``: (outputs, inputs, *kernel) of each layer's weight. The counts sum to ``kept``, one at least each.
    Source: Evci et al., "Rigging the lottery", ICML 2020; Mocanu et al., Nature Communications 2018.

    >>> erdos_renyi_kernel({"wide": (100, 100), "last": (2, 10)}, kept=520)
    {'wide': 500, 'last': 20}
    """
    return _counts(shapes, {name: sum(shape) / math.prod(shape) for name, shape in shapes.items()}, kept)


def _counts(shapes: Mapping[str, Sequence[int]], raw: Mapping[str, float], kept: int) -> dict[str, int]:
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    if not len(sizes) <= kept <= sum(sizes.values()):
        raise LucioleError(f"expected to keep between {len(sizes)} and {sum(sizes.values())} weights, got {kept}")
    dense: set[str] = set()
    while True:  # a layer whose density would pass 1 is full, and the others share what is left
        free = kept - sum(sizes[name] for name in dense)
        weight = sum(raw[name] * sizes[name] for name in sizes if name not in dense)
        scale = free / weight if weight else 0.0
        over = {name for name in sizes if name not in dense and scale * raw[name] > 1}
        if not over:
            break
        dense |= over
    exact = {name: float(sizes[name]) if name in dense else scale * raw[name] * sizes[name] for name in sizes}
    counts = {name: max(1, math.floor(value)) for name, value in exact.items()}
    while (short := kept - sum(counts.values())) != 0:  # rounding: whole weights to those that lost most, or from them
        room = [name for name in sizes if (counts[name] < sizes[name] if short > 0 else counts[name] > 1)]
        sign = 1 if short > 0 else -1
        counts[max(room, key=lambda name: sign * (exact[name] - counts[name]))] += sign
    return counts
