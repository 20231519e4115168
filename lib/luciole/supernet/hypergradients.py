"""Gradients of a validation loss by what shapes a training: exact, truncated and approximate, behind one problem.

A training goes s_t = Phi(s_(t-1), h), its state s the weights w (with their momentum), h the hyper-parameters; wanted
is the gradient of L_V(w_T, h) by h. With A_t and B_t the derivatives of Phi by state and by h:

* ``reverse``: backwards from the end, a <- a A_t, g <- g + a B_t; exact, memory grows with the steps. With ``last``
  only so many steps are gone back: truncated.
* ``forward``: Z <- A_t Z + B_t beside the training; exact, memory does not grow, time does with the number of h.
* ``darts``: the gradient at the weights now (order 1), or after one more step, the product with second derivatives by a
  difference (order 2).
* ``neumann``, ``conjugate_gradient``: implicit differentiation where the training has converged,
  dL_V/dh - dL_V/dw H^-1 (d2 L_T/dw dh), with H^-1 a sum of powers, or solved for.

    >>> ridge = Bilevel(
    ...     training=lambda w, h, step: 0.5 * ((w - 1) ** 2).sum() + 0.5 * h[0] * (w**2).sum(),
    ...     validation=lambda w, h: 0.5 * ((w - 0.25) ** 2).sum(),
    ...     start=torch.zeros(1, dtype=torch.float64),
    ...     rate=0.5,
    ... )
    >>> h = torch.tensor([1.0], dtype=torch.float64)  # w* = 1 / (1 + h), so the derivative is -(w* - 1/4) w* / (1 + h)
    >>> [round(f(ridge, h, 50).item(), 6) for f in (reverse, forward)]
    [-0.0625, -0.0625]

Sources: Franceschi, Donini, Frasconi and Pontil, ICML 2017 (reverse, forward); Liu et al., DARTS, ICLR 2019; Lorraine,
Vicol and Duvenaud, AISTATS 2020 (Neumann); self-tuning networks are in :mod:`luciole.supernet.self_tuning`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.func import grad, jvp, vjp, vmap

from luciole.errors import LucioleError
from luciole.supernet.darts import second_order

Training = Callable[[Tensor, Tensor, int], Tensor]  # weights (d,), hyper-parameters (m,), number of the step -> ()
Validation = Callable[[Tensor, Tensor], Tensor]  # weights (d,), hyper-parameters (m,) -> ()


@dataclass(frozen=True)
class Bilevel:
    """Gradient descent on a training loss, with momentum or without, and a validation loss at its end."""

    training: Training
    validation: Validation
    start: Tensor  # (d,) weights before the first step
    rate: float | Callable[[Tensor], Tensor]  # of a step; or a function of the hyper-parameters
    momentum: float = 0.0  # v <- momentum v + gradient, w <- w - rate v

    def begin(self) -> Tensor:
        """The state before the first step: the weights, and before them zeros for the momentum where there is any."""
        return torch.cat([torch.zeros_like(self.start), self.start]) if self.momentum else self.start.clone()

    def weights(self, state: Tensor) -> Tensor:
        """The weights in a state."""
        return state[-len(self.start) :]

    def step(self, state: Tensor, hyper: Tensor, number: int) -> Tensor:
        """The state after step ``number``, differentiable in state and hyper-parameters."""
        weights = self.weights(state)
        velocity = grad(self.training)(weights, hyper, number)
        rate = self.rate(hyper) if callable(self.rate) else self.rate
        if not self.momentum:
            return weights - rate * velocity
        velocity = self.momentum * state[: len(weights)] + velocity
        return torch.cat([velocity, weights - rate * velocity])

    def states(self, hyper: Tensor, steps: int) -> Iterator[Tensor]:
        """The state before the first step and after each; LucioleError for fewer than one step, or when it diverges."""
        if steps < 1:
            raise LucioleError(f"expected at least one step of training, got {steps}")
        state = self.begin()
        yield state
        for number in range(steps):
            state = self.step(state, hyper, number).detach()
            if not bool(state.isfinite().all()):
                raise LucioleError(f"the weights are not finite after step {number + 1}; lower the rate")
            yield state

    def train(self, hyper: Tensor, steps: int) -> Tensor:
        """The weights after so many steps, (d,)."""
        for state in self.states(hyper, steps):
            last = state
        return self.weights(last)

    def direct(self, weights: Tensor, hyper: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of the validation loss by the weights and by the hyper-parameters."""
        by_weights, by_hyper = grad(self.validation, argnums=(0, 1))(weights, hyper)
        return by_weights, by_hyper

    def curved(self, weights: Tensor, hyper: Tensor, vector: Tensor) -> Tensor:
        """The training loss's second derivative by the weights, times a vector (d,)."""
        return jvp(lambda w: grad(self.training)(w, hyper, 0), (weights,), (vector,))[1]

    def mixed(self, weights: Tensor, hyper: Tensor, vector: Tensor) -> Tensor:
        """A vector (d,) times the training loss's second derivative by weights and hyper-parameters: (m,)."""
        return vjp(lambda h: grad(self.training)(weights, h, 0), hyper)[1](vector)[0]


def reverse(problem: Bilevel, hyper: Tensor, steps: int, last: int | None = None) -> Tensor:
    """Return the hypergradient (m,) after so many steps, going back over all of them or over the ``last`` ones.

    Raises LucioleError as :meth:`Bilevel.states` does, and when asked to go back over no step.
    """
    if last is not None and last < 1:
        raise LucioleError(f"expected to go back over one step or more, got {last}")
    kept: list[Tensor] = []
    for state in problem.states(hyper, steps):
        kept.append(state)
        if last is not None and len(kept) > last + 1:
            kept.pop(0)
    end = kept.pop()
    back, found = problem.direct(problem.weights(end), hyper)
    back = torch.cat([end.new_zeros(len(end) - len(back)), back])
    for number in reversed(range(steps - len(kept), steps)):
        pull = vjp(lambda s, h, number=number: problem.step(s, h, number), kept.pop(), hyper)[1]
        back, by_hyper = pull(back)
        found = found + by_hyper
    return found.detach()


def forward(problem: Bilevel, hyper: Tensor, steps: int) -> Tensor:
    """Return the hypergradient (m,) after so many steps by derivatives carried along with the training."""
    along = torch.eye(len(hyper), dtype=hyper.dtype, device=hyper.device)  # (m, m)
    carried = torch.zeros(len(hyper), len(problem.begin()), dtype=hyper.dtype, device=hyper.device)  # (m, states)
    for number, state in enumerate(problem.states(hyper, steps)):
        if number == steps:
            break

        def push(z: Tensor, way: Tensor, state: Tensor = state, number: int = number) -> Tensor:
            return jvp(lambda s, h: problem.step(s, h, number), (state, hyper), (z, way))[1]

        carried = vmap(push)(carried, along)
    by_weights, by_hyper = problem.direct(problem.weights(state), hyper)
    return by_hyper + carried[:, -len(by_weights) :] @ by_weights


def darts(
    problem: Bilevel, hyper: Tensor, weights: Tensor, order: Literal[1, 2], rate: float, number: int = 0
) -> Tensor:
    """Return DARTS' gradient (m,) at these weights: as they are (order 1), or one step of ``rate`` ahead (2)."""
    if order == 1:
        return problem.direct(weights, hyper)[1]
    w, h = (one.detach().clone()[None].requires_grad_() for one in (weights, hyper))
    found = second_order(
        lambda: problem.training(w[0], h[0], number)[None], lambda: problem.validation(w[0], h[0])[None], [w], [h], rate
    )
    return found[0][0].detach()


def neumann(problem: Bilevel, hyper: Tensor, weights: Tensor, terms: int, rate: float) -> Tensor:
    """Return the implicit hypergradient (m,), the inverse second derivative a sum of ``terms`` + 1 powers.

    H^-1 is about rate times the sum over j = 0..terms of (1 - rate H)^j, which converges for a rate below two over the
    largest eigenvalue of H. With no term it is the gradient after one step, that of T1-T2 and of second-order DARTS.
    """
    if terms < 0:
        raise LucioleError(f"expected a number of terms of 0 or more, got {terms}")
    vector, by_hyper = problem.direct(weights, hyper)
    total = vector
    for _ in range(terms):
        vector = vector - rate * problem.curved(weights, hyper, vector)
        total = total + vector
    return (by_hyper - problem.mixed(weights, hyper, rate * total)).detach()


def conjugate_gradient(
    problem: Bilevel, hyper: Tensor, weights: Tensor, iterations: int, tolerance: float = 1e-10
) -> Tensor:
    """Return the implicit hypergradient (m,), H x = dL_V/dw solved for by conjugate gradients.

    H has to be positive definite; a direction along which it is not ends the iterations. ``tolerance``: share of the
    first residual's norm at which it is solved.
    """
    vector, by_hyper = problem.direct(weights, hyper)
    x, residual = torch.zeros_like(vector), vector
    way, square = residual, residual @ residual
    enough = tolerance**2 * square
    for _ in range(iterations):
        if bool(square <= enough):
            break
        curved = problem.curved(weights, hyper, way)
        bend = way @ curved
        if bool(bend <= 0):
            break
        x, residual = x + square / bend * way, residual - square / bend * curved
        before, square = square, residual @ residual
        way = residual + square / before * way
    return (by_hyper - problem.mixed(weights, hyper, x)).detach()
