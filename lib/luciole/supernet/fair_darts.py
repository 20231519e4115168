"""FairDARTS: a sigmoid for each operation in place of a softmax over them, so that they do not compete.

To the validation loss comes -w times the mean of (sigmoid(alpha) - 0.5)^2, which drives each weight to 0 or 1. The
article drops operations under a threshold and keeps at most two edges a node; a cell of this space has one operation on
each of its six edges ("none" among them), so the one of the largest sigmoid is taken.

Source: Chu et al., Fair DARTS, ECCV 2020, equations 3 and 6; w = 10 as in the authors' code.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from luciole.supernet.method import Method
from luciole.supernet.run import Run


@dataclass(frozen=True)
class FairDarts(Method):
    """Independent sigmoids, pushed to 0 or 1."""

    weight: float = 10.0  # of the zero-one loss

    def mixture(self, run: Run) -> dict[str, Any]:
        return {"coefficients": torch.sigmoid(run.alpha)}

    def penalty(self, run: Run) -> Tensor:
        return -self.weight * (torch.sigmoid(run.alpha) - 0.5).square().mean(dim=(1, 2))
