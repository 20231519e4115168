"""When how much changes: sparsity that rises, and shares that are exchanged and decay."""

import math


def cubic(share: float, first: float, last: float) -> float:
    """Sparsity of gradual pruning at ``share`` (0..1) of its time: s_f + (s_i - s_f)(1 - share)^3.

    Source: Zhu and Gupta, "To prune, or not to prune", 2017.

    >>> cubic(0.0, 0.0, 0.9), round(cubic(0.5, 0.0, 0.9), 4), cubic(1.0, 0.0, 0.9)
    (0.0, 0.7875, 0.9)
    """
    return last + (first - last) * (1 - min(max(share, 0.0), 1.0)) ** 3


def exchanged(share: float, first: float) -> float:
    """Share of the present weights that are exchanged at ``share`` (0..1) of their time: (first / 2)(1 + cos pi share).

    Source: Evci et al., "Rigging the lottery", ICML 2020.

    >>> exchanged(0.0, 0.3), round(exchanged(0.5, 0.3), 4), exchanged(1.0, 0.3)
    (0.3, 0.15, 0.0)
    """
    return first / 2 * (1 + math.cos(math.pi * min(max(share, 0.0), 1.0)))


def geometric(size: float, last: float, share: float) -> float:
    """Size on its way down to ``last`` after ``share`` (0..1) of what remains of the way, losing a constant share of
    itself all along; a size that is small enough stays.

    >>> geometric(800.0, 100.0, 1 / 3), geometric(50.0, 100.0, 0.5)
    (400.0, 50.0)
    """
    return size if size <= last else size * (last / size) ** share
