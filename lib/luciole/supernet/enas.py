"""ENAS, on this space: a policy draws cells, shared weights are trained on what it draws, and it learns from rewards.

The controller is a softmax for each edge (the form in which Dong and Yang compare controllers on NAS-Bench-201), the
reward the accuracy of the drawn cell with the shared weights on a validation batch, its baseline a moving average.

Source: Pham, Guan, Zoph, Le and Dean, Efficient Neural Architecture Search via Parameter Sharing, ICML 2018, section 2.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from luciole.supernet import accuracy
from luciole.supernet.method import Method
from luciole.supernet.one_shot import shown
from luciole.supernet.run import Run
from luciole.supernet.task import Batch


def drawn_path(run: Run) -> dict[str, Tensor]:
    """A path drawn for each supernet by the softmax of its alpha: arguments of its ``forward``."""
    one = functional.one_hot((run.alpha.detach() + run.gumbel()).argmax(dim=-1), len(run.operations))
    return {"coefficients": one.to(run.alpha), "active": one.bool()}


def policy_gradient(alpha: Tensor, drawn: Tensor, advantage: Tensor) -> Tensor:
    """Gradient by alpha (K, 6, ops) of minus the advantage (K,) times the log-probability of what was drawn.

    >>> one = torch.tensor([[[1.0, 0.0]]])  # the first of two equally likely operations
    >>> policy_gradient(torch.zeros(1, 1, 2), one, torch.tensor([1.0])).tolist()
    [[[-0.5, 0.5]]]
    """
    return -advantage.view(-1, 1, 1) * (drawn - torch.softmax(alpha, dim=-1))


@torch.no_grad()
def reward(run: Run, path: dict[str, Tensor], batch: Batch) -> Tensor:
    """Accuracy of each drawn cell on its batch, (K,)."""
    right = run.net(batch[0], **path).argmax(dim=-1) == batch[1]
    return right.to(run.alpha).mean(dim=1)


@dataclass(frozen=True)
class Enas(Method):
    """REINFORCE with shared weights."""

    baseline: float = 0.95  # how much of the moving average stays
    entropy: float = 1e-4  # weight of the policy's entropy, which is rewarded
    candidates: int = 10  # draws among which the cell named is the best by a validation part
    windows: int = 512  # of it, at most
    decay: ClassVar[float] = 0.0

    def begin(self, run: Run) -> None:
        run.memory["baseline"] = torch.full((run.count,), torch.nan)

    def mixture(self, run: Run) -> dict[str, Any]:
        return drawn_path(run)

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        path = drawn_path(run)
        earned = reward(run, path, validation)
        before = torch.where(run.memory["baseline"].isnan(), earned, run.memory["baseline"])
        run.memory["baseline"] = self.baseline * before + (1 - self.baseline) * earned
        gradient = policy_gradient(run.alpha.detach(), path["coefficients"], earned - before)
        entropy = -(torch.softmax(run.alpha, dim=-1) * torch.log_softmax(run.alpha, dim=-1)).sum()
        (spread,) = torch.autograd.grad(entropy, run.alpha)
        run.step_architecture([gradient - self.entropy * spread])

    def cells(self, run: Run) -> Tensor:
        x, y = shown(run, self.windows)
        offered = torch.tensor(run.operations)
        probabilities = torch.softmax(run.alpha.detach(), dim=-1)
        best = []
        for at, seed in enumerate(run.seeds):  # a generator of its own: to look must not change what follows
            generator = torch.Generator().manual_seed(1_000 * seed + run.epoch)
            drawn = torch.multinomial(probabilities[at], self.candidates, replacement=True, generator=generator)
            rows = offered[drawn.T]  # (candidates, 6)
            best.append(rows[accuracy.of_cells(run.net, rows.numpy(), [at] * len(rows), x, y).argmax()])
        return torch.stack(best)
