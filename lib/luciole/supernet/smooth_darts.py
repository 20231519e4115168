"""SmoothDARTS: the weights learn under a disturbed architecture, so that the loss is flat around it.

The disturbance delta of alpha lies in [-eps, eps]: uniform (RS), or the worst one by projected gradient ascent on the
training loss (ADV). eps grows in a straight line over the search. The architecture's own steps are first-order DARTS'.

Source: Chen and Hsieh, Stabilizing Differentiable Architecture Search via Perturbation-based Regularization, ICML 2020,
equations 6 and 7.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from luciole.supernet.method import Method
from luciole.supernet.run import Run
from luciole.supernet.task import Batch


@dataclass(frozen=True)
class SmoothDarts(Method):
    """Random smoothing (``ascent`` 0), or adversarial with so many steps of ascent."""

    first: float = 0.03  # eps
    last: float = 0.3
    ascent: int = 0

    def weights(self, run: Run, train: Batch) -> Tensor:
        epsilon = self.first + (self.last - self.first) * run.share
        shape = run.alpha.shape[1:]
        delta = run.draw(lambda g: torch.empty(shape).uniform_(-epsilon, epsilon, generator=g)).to(run.alpha)
        for _ in range(self.ascent):
            delta.requires_grad_()
            (uphill,) = torch.autograd.grad(run.loss(train, **self._mixture(run, delta)).sum(), delta)
            # together the steps may cross the whole interval
            delta = (delta.detach() + 2 * epsilon / self.ascent * uphill.sign()).clamp(-epsilon, epsilon)
        return run.descend(run.loss(train, **self._mixture(run, delta)))

    def _mixture(self, run: Run, delta: Tensor) -> dict[str, Any]:
        return {"coefficients": torch.softmax(run.alpha.detach() + delta, dim=-1)}
