"""DARTS-: a skip connection beside every mixed edge, fading away, so that the edge's own need not carry the gradient.

Source: Chu et al., DARTS-: Robustly Stepping out of Performance Collapse Without Indicators, ICLR 2021, equation 7; the
auxiliary weight falls in a straight line from 1 to 0 over the search, and is no part of the cell that is derived.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from luciole.spaces import nb201
from luciole.supernet.method import Method
from luciole.supernet.run import Run


@dataclass(frozen=True)
class DartsMinus(Method):
    """DARTS with an auxiliary skip connection. The space has to offer the skip connection."""

    auxiliary: float = 1.0  # its weight at the start

    def begin(self, run: Run) -> None:
        run.column(nb201.SKIP, "DARTS-")

    def mixture(self, run: Run) -> dict[str, Any]:
        at = torch.tensor(run.column(nb201.SKIP, "DARTS-"))
        beside = functional.one_hot(at, len(run.operations)) * (self.auxiliary * (1 - run.share))
        return {"coefficients": torch.softmax(run.alpha, dim=-1) + beside}
