"""DARTS: differentiable architecture search, first and second order.

With w' = w - xi dL_T/dw, the second-order gradient of the architecture is
dL_V(w', a)/da - xi (d2 L_T/da dw) dL_V(w', a)/dw'. The product with the matrix of second derivatives is a difference of
two gradients at w plus and minus eps times the vector v = dL_V/dw', with eps = 0.01 / |v|. First order leaves it out
and takes w' = w.

Source: Liu, Simonyan and Yang, DARTS, ICLR 2019, equations 5 to 8; as in their code the look-ahead holds momentum and
weight decay, and xi is the weights' rate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from luciole.errors import LucioleError
from luciole.supernet.method import Method
from luciole.supernet.run import Run
from luciole.supernet.task import Batch

Losses = Callable[[], Tensor]  # at the weights and architecture as they are now: (K,)
EPSILON = 0.01  # of the difference, divided by the norm of the vector


def second_order(
    training: Losses,
    validation: Losses,
    weights: Sequence[Tensor],
    architecture: Sequence[Tensor],
    rate: float,
    momentum: Sequence[Tensor] | None = None,
    decay: float = 0.0,
) -> list[Tensor]:
    """Return DARTS' second-order gradient of the validation losses by each architecture tensor.

    All tensors have K supernets in front, none of which feels the others. ``momentum`` is what the optimiser adds to
    the gradient of the weights (its factor times its buffer), ``decay`` its weight decay. The weights are moved and put
    back where they were.

    >>> w, a = (torch.tensor([value], requires_grad=True) for value in (-2.0, 2.0))
    >>> train, validate = lambda: (w - a) ** 2, lambda: a * w - 2 * a + 1  # the toy of the article
    >>> gradient, = second_order(train, validate, [w], [a], rate=0.5)
    >>> gradient.item()  # w' = a: the derivative of a * a - 2 * a + 1
    2.0...
    """
    weights, architecture = list(weights), list(architecture)
    before = [weight.detach().clone() for weight in weights]
    steps = torch.autograd.grad(training().sum(), weights, allow_unused=True)
    with torch.no_grad():
        for at, (weight, step) in enumerate(zip(weights, steps, strict=True)):
            step = decay * weight if step is None else step + decay * weight
            weight -= rate * (step if momentum is None else step + momentum[at])
    found = torch.autograd.grad(validation().sum(), architecture + weights, allow_unused=True)
    direct, vector = found[: len(architecture)], found[len(architecture) :]
    squares = [v.reshape(len(v), -1).square().sum(dim=1) for v in vector if v is not None]
    epsilon = EPSILON / torch.stack(squares).sum(dim=0).sqrt().clamp_min(torch.finfo(before[0].dtype).tiny)  # (K,)
    sides = []
    for sign in (1.0, -1.0):
        with torch.no_grad():
            for weight, old, v in zip(weights, before, vector, strict=True):
                weight.copy_(old)
                if v is not None:
                    weight += sign * epsilon.view(-1, *[1] * (v.ndim - 1)) * v
        sides.append(torch.autograd.grad(training().sum(), architecture, allow_unused=True))
    with torch.no_grad():
        for weight, old in zip(weights, before, strict=True):
            weight.copy_(old)
    result = []
    for own, up, down, like in zip(direct, *sides, architecture, strict=True):
        gradient = torch.zeros_like(like) if own is None else own
        if up is not None and down is not None:
            gradient = gradient - rate * (up - down) / (2 * epsilon).view(-1, *[1] * (like.ndim - 1))
        result.append(gradient)
    return result


@dataclass(frozen=True)
class Darts(Method):
    """Softmax over operations; the architecture's gradient at the weights now (1), or after one step of theirs (2)."""

    order: Literal[1, 2] = 1

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise LucioleError(f"expected the order 1 or 2, got {self.order!r}")

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        if self.order == 1:
            return super().architecture(run, train, validation)
        gradients = second_order(
            lambda: run.loss(train, **self.mixture(run)),
            lambda: run.loss(validation, **self.mixture(run)) + self.penalty(run),
            list(run.net.parameters()),
            list(run.architecture.values()),
            run.rate,
            [run.settings.momentum * buffer for buffer in run.momentum()],
            run.settings.weight_decay,
        )
        return run.step_architecture(gradients)
