"""DARTS-PT: operations are chosen by what the supernet loses without them, not by alpha.

After a share of the search has trained a supernet as first-order DARTS does, edges are decided one after the other, in
random order and evenly over what is left: each operation of the edge is taken out in turn, the one whose absence costs
the most validation accuracy is kept alone, and the weights are trained on until the next decision. With ``fixed`` the
supernet is trained with equal weights of all operations and alpha is never moved.

Source: Wang et al., Rethinking Architecture Selection in Differentiable NAS, ICLR 2021, algorithm 1.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from luciole.spaces import nb201
from luciole.supernet import accuracy
from luciole.supernet.method import Method
from luciole.supernet.one_shot import shown
from luciole.supernet.run import Run
from luciole.supernet.task import Batch

OPEN = -1  # stands for an edge that is not decided


@dataclass(frozen=True)
class Perturbation(Method):
    """First-order DARTS, then one edge after the other by perturbation."""

    fixed: bool = False
    searched: float = 0.6  # share of the search before the first decision
    windows: int = 512  # validation windows that show what is lost, at most

    def begin(self, run: Run) -> None:
        edges = len(nb201.EDGES)
        run.memory["decided"] = torch.full((run.count, edges), OPEN)
        run.memory["order"] = run.draw(lambda g: torch.randperm(edges, generator=g))

    def mixture(self, run: Run) -> dict[str, Any]:
        alpha = torch.zeros_like(run.alpha) if self.fixed else run.alpha
        decided = run.memory["decided"][..., None]  # (K, 6, 1)
        kept = torch.arange(len(run.operations)) == decided
        coefficients = torch.softmax(alpha, dim=-1)
        return {"coefficients": torch.where(decided == OPEN, coefficients, kept.to(coefficients))}

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        if not self.fixed and run.share < self.searched:
            super().architecture(run, train, validation)

    def after_epoch(self, run: Run) -> None:
        edges = len(nb201.EDGES)
        due = int(edges * (run.share - self.searched) / (1 - self.searched) + 1e-9) if self.searched < 1 else 0
        due = edges if run.share >= 1 else max(0, due)
        while (decided := int((run.memory["decided"][0] != OPEN).sum())) < due:
            edge = run.memory["order"][:, decided]  # (K,), each search its own
            each = torch.arange(run.count)
            run.memory["decided"][each, edge] = self.without(run, edge).argmin(dim=1)

    def without(self, run: Run, edge: Tensor) -> Tensor:
        """Validation accuracy of each supernet with one operation of an edge (K,) taken out: (K, ops)."""
        x, y = shown(run, self.windows)
        with torch.no_grad():
            whole = self.mixture(run)["coefficients"]
        found = []
        for at in range(len(run.operations)):
            less = whole.clone()
            less[torch.arange(run.count), edge, at] = 0
            found.append(accuracy.of_mixture(run.net, {"coefficients": less}, x, y))
        return torch.stack(found, dim=1)

    def cells(self, run: Run) -> Tensor:
        """The operations decided; on open edges those of the largest weight."""
        decided = run.memory["decided"]
        offered = torch.tensor(run.operations)
        return torch.where(decided == OPEN, super().cells(run), offered[decided.clamp_min(0)])
