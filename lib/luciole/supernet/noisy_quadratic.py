"""The noisy quadratic: the smallest problem on which a short horizon chooses badly, with everything in closed form.

L = 1/2 sum of h_i (theta_i - c_i)^2, the minima c_i drawn anew at each step with variance v_i. Under gradient descent
with rate a the mean squares A_i = E[theta_i^2] follow A_i <- (1 - a h_i)^2 A_i + a^2 h_i^2 v_i. The rate that is best
for the very next step is sum h^2 A / sum h^3 (A + v): a look-ahead of one step, and too small for the long run.

>>> curvatures = torch.logspace(-2, 0, 100, dtype=torch.float64)
>>> greedy = run_greedy(curvatures, start=1.0, steps=100)
>>> best = best_schedule(curvatures, start=1.0, steps=100)
>>> f"{greedy.loss:.3f} {best.loss:.3f} {greedy.rates[0]:.3f} {greedy.rates[-1]:.3f} {best.power:g}"
'0.650 0.304 0.733 0.028 2'

Source: Wu, Ren, Liao and Grosse, Understanding Short-Horizon Bias in Stochastic Meta-Optimization, ICLR 2018.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from luciole.errors import LucioleError

POWERS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # of (1 - t / T) in the schedules tried
RATES = 200  # first rates tried, evenly spaced up to 1.99


@dataclass(frozen=True)
class Descent:
    """A descent: its expected loss at the end, its rates (T,), and its schedule's power if it has one."""

    loss: float
    rates: Tensor
    power: float = float("nan")


def _checked(curvatures: Tensor, steps: int) -> None:
    if steps < 1 or not bool((curvatures > 0).all()):
        raise LucioleError(f"expected curvatures above zero and at least one step, got {steps} steps")


def run_greedy(curvatures: Tensor, start: float, steps: int, variance: float = 1.0) -> Descent:
    """Descend with the rate that is best for the next step, from A_i = ``start``."""
    _checked(curvatures, steps)
    squares, rates = torch.full_like(curvatures, start), []
    for _ in range(steps):
        rate = (curvatures**2 * squares).sum() / (curvatures**3 * (squares + variance)).sum()
        squares = (1 - rate * curvatures) ** 2 * squares + (rate * curvatures) ** 2 * variance
        rates.append(rate)
    return Descent(float(0.5 * (curvatures * squares).sum()), torch.stack(rates))


def best_schedule(curvatures: Tensor, start: float, steps: int, variance: float = 1.0) -> Descent:
    """Descend with the best of the schedules first (1 - t / T)^power, over a grid of first rates and powers."""
    _checked(curvatures, steps)
    first = torch.linspace(0, 1.99, RATES + 1, dtype=curvatures.dtype)[1:]
    best = Descent(float("inf"), first)
    left = 1 - torch.arange(steps, dtype=curvatures.dtype) / steps
    for power in POWERS:
        squares = torch.full((RATES, len(curvatures)), start, dtype=curvatures.dtype)
        for share in left**power:
            step = (first * share)[:, None] * curvatures
            squares = (1 - step) ** 2 * squares + step**2 * variance
        losses = 0.5 * (curvatures * squares).sum(dim=1)
        if float(losses.min()) < best.loss:
            at = int(losses.argmin())
            best = Descent(float(losses[at]), first[at] * left**power, power)
    return best
