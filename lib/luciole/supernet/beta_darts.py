"""beta-DARTS: first-order DARTS whose architecture is kept from spreading, in place of weight decay.

To the validation loss comes lambda times the mean over edges of log sum exp(alpha), whose gradient by an alpha is its
softmax weight divided by the number of edges; lambda rises from 0 in proportion to the share of the search.

Source: Ye et al., beta-DARTS, CVPR 2022, equation 12; the slope of 50 is that of the authors' code for NAS-Bench-201.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from luciole.supernet.method import Method
from luciole.supernet.run import Run


@dataclass(frozen=True)
class BetaDarts(Method):
    """DARTS with the smoothed maximum of every edge's alpha as a penalty."""

    slope: float = 50.0  # of lambda over the whole search
    decay: ClassVar[float] = 0.0

    def penalty(self, run: Run) -> Tensor:
        return self.slope * run.share * torch.logsumexp(run.alpha, dim=-1).mean(dim=-1)
