"""The front of accuracy against cost as SVG: drawn in the page's own colours, so that it reads in light and in dark.

>>> svg = front([0.7, 0.8, 0.75], [1000, 9000, 20000], chosen=1, limit=50_000)
>>> svg.count("<circle"), svg.startswith("<svg"), "<title>" in svg
(3, True, True)
"""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from luciole.efficiency import pareto_front

WIDTH, HEIGHT = 380, 250  # as wide as a phone: letters keep their size there
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40


def short(number: float) -> str:
    """A count in few letters.

    >>> short(950), short(51_038), short(1_200_000)
    ('950', '51 k', '1.2 M')
    """
    if number >= 1e6:
        return f"{number / 1e6:.3g} M"
    return f"{number / 1e3:.3g} k" if number >= 1e3 else f"{number:.3g}"


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers of a logarithmic axis, 1, 2 and 5 of each power."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [one * 10**power for power in powers for one in (1, 2, 5) if low <= one * 10**power <= high]


def front(accuracy: Sequence[float], macs: Sequence[int], chosen: int, limit: int) -> str:
    """Every design tried as a point, those that none beats joined by a line, the one ``chosen`` as a ring."""
    cost, share = np.asarray(macs, dtype=float), 100 * np.asarray(accuracy, dtype=float)
    low, high = cost.min() / 1.2, max(cost.max(), limit) * 1.1
    floor, top = math.floor(share.min() / 5 - 0.2) * 5, min(100, math.ceil(share.max() / 5 + 0.2) * 5)

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(value / low) / math.log(high / low)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (top - value) / max(top - floor, 1)

    drawn = []
    for tick in np.linspace(floor, top, 5):
        drawn.append(f'<path class="grid" d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.0f}</text>')
    ticks = _ticks(low, high)
    for tick in ticks if len(ticks) <= 6 else ticks[:: math.ceil(len(ticks) / 5)]:
        drawn.append(f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{short(tick)}</text>')
    drawn.append(f'<path class="limit" d="M{x(limit):.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
    best = pareto_front(accuracy, cost)
    line = "L".join(f"{x(cost[one]):.1f} {y(share[one]):.1f}" for one in best)
    drawn.append(f'<path class="front" d="M{line}"/>')
    for place, (at, value) in enumerate(zip(cost, share, strict=True)):
        kind = ' class="chosen" r="7"' if place == chosen else ' r="3"'
        drawn.append(f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}"{kind}/>')
    below, beside = f'x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}"', f"translate(11 {HEIGHT / 2 - 12}) rotate(-90)"
    drawn.append(f'<text {below} text-anchor="middle">multiply-accumulates a window</text>')
    drawn.append(f'<text transform="{beside}" text-anchor="middle">accuracy (%)</text>')
    title = (
        f"Accuracy where designs are chosen against multiply-accumulates: {len(cost)} trainings, of which the one "
        f"delivered has {share[chosen]:.1f} % at {cost[chosen]:,.0f}; the broken line is the limit of {limit:,}."
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>{"".join(drawn)}</svg>'
