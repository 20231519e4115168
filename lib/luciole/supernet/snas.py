"""SNAS: weights and architecture learn together from the training loss of cells drawn from a relaxed distribution.

Z = softmax((log softmax(alpha) + Gumbel noise) / lambda) mixes all operations; lambda falls, so that draws get ever
nearer to one operation. One level: no validation loss is looked at. The article's resource term is left out.

Source: Xie, Zheng, Liu and Lin, SNAS, ICLR 2019, equations 4 to 7.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from luciole.supernet.method import Method
from luciole.supernet.run import Run
from luciole.supernet.task import Batch


@dataclass(frozen=True)
class Snas(Method):
    """Concrete samples, the temperature falling geometrically, one level."""

    first: float = 1.0  # temperature
    last: float = 0.03

    def mixture(self, run: Run) -> dict[str, Any]:
        temperature = self.first * (self.last / self.first) ** run.share
        noisy = torch.log_softmax(run.alpha, dim=-1) + run.gumbel()
        return {"coefficients": torch.softmax(noisy / temperature, dim=-1)}

    def step(self, run: Run, train: Batch, validation: Batch) -> Tensor:
        loss = run.loss(train, **self.mixture(run))
        by_architecture = torch.autograd.grad(loss.sum(), list(run.architecture.values()), retain_graph=True)
        run.descend(loss)
        run.step_architecture(by_architecture)
        return loss.detach()
