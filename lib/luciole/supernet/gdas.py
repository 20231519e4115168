"""GDAS: one operation an edge is drawn and run; the gradient passes through a softmax at a falling temperature.

With Gumbel noise g, h = softmax((log softmax(alpha) + g) / tau); forwards the one-hot vector of its largest entry,
backwards h (straight through). Only what is drawn is run, so only its entry of h receives a gradient; the released code
adds the zeros of the others as numbers, which gives them the sum of the output's gradient: that is left out here.

Source: Dong and Yang, Searching for a Robust Neural Architecture in Four GPU Hours, CVPR 2019, equations 4 to 7.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from luciole.supernet.method import Method
from luciole.supernet.run import Run


def straight_through(alpha: Tensor, noise: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Draw an operation an edge: coefficients, one-hot with the gradient of the soft ones, and which were drawn.

    >>> alpha = torch.zeros(1, 6, 5, requires_grad=True)
    >>> coefficients, drawn = straight_through(alpha, torch.randn(1, 6, 5), temperature=1.0)
    >>> bool(((coefficients - drawn.float()).abs() < 1e-6).all()), drawn.sum(dim=-1).tolist()
    (True, [[1, 1, 1, 1, 1, 1]])
    """
    soft = torch.softmax((torch.log_softmax(alpha, dim=-1) + noise) / temperature, dim=-1)
    one = functional.one_hot(soft.argmax(dim=-1), alpha.shape[-1])
    return one - soft.detach() + soft, one.bool()


@dataclass(frozen=True)
class Gdas(Method):
    """Straight-through samples, the temperature falling in a straight line."""

    first: float = 10.0  # temperature
    last: float = 0.1

    def mixture(self, run: Run) -> dict[str, Any]:
        temperature = self.first + (self.last - self.first) * run.share
        coefficients, drawn = straight_through(run.alpha, run.gumbel(), temperature)
        return {"coefficients": coefficients, "active": drawn}
