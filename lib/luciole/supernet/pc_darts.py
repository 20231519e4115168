"""PC-DARTS: one channel in four goes through the operations, the others pass by, and edges are weighed as well.

Every edge has a weight beta beside its alphas, normalised over the edges that enter a node; channels are shuffled
behind each node. Both stay as they are until the weights have learnt for a while. The released search keeps two edges a
node by softmax(alpha) softmax(beta); a cell of this space keeps all six, so beta only shapes the training.

Source: Xu et al., PC-DARTS, ICLR 2020, equations 2 to 4; 15 of 50 epochs frozen as in the authors' code.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from luciole.spaces import nb201
from luciole.supernet.method import Method
from luciole.supernet.run import Run
from luciole.supernet.task import Batch


@dataclass(frozen=True)
class PcDarts(Method):
    """Partial channels with edge normalisation."""

    frozen: float = 0.3  # share of the search at whose end the architecture begins to move
    partial: ClassVar[int] = 4

    def begin(self, run: Run) -> None:
        noise = run.draw(lambda g: torch.empty(len(nb201.EDGES)).normal_(generator=g))
        run.architecture["beta"] = nn.Parameter(run.settings.alpha_scale * noise)

    def mixture(self, run: Run) -> dict[str, Any]:
        edges = normalised(run.architecture["beta"])  # (K, 6)
        return {"coefficients": torch.softmax(run.alpha, dim=-1) * edges[..., None], "passed": edges}

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        if run.share >= self.frozen:
            super().architecture(run, train, validation)


def normalised(beta: Tensor) -> Tensor:
    """Softmax over the edges that enter each node, (K, 6).

    >>> normalised(torch.zeros(1, 6)).tolist()
    [[1.0, 0.5, 0.5, 0.333..., 0.333..., 0.333...]]
    """
    ends = [end for end, _ in nb201.EDGES]
    return torch.cat([torch.softmax(beta[:, [e == end for e in ends]], dim=1) for end in sorted({*ends})], dim=1)
