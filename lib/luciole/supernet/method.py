"""What a method of differentiable search is: how supernet and architecture are moved, and which cell that means.

A method is a value (a frozen dataclass of its settings); what changes during a search is in the
:class:`luciole.supernet.run.Run`. A new one overrides what differs from plain first-order DARTS, which is this class.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from luciole.supernet.run import Run
from luciole.supernet.task import Batch


@dataclass(frozen=True)
class Method:
    """First-order DARTS: a softmax over operations; weights on training, architecture on validation batches in turn."""

    partial: ClassVar[int] = 1  # one in so many channels goes through the operations
    betas: ClassVar[tuple[float, float]] = (0.5, 0.999)  # of Adam on the architecture
    decay: ClassVar[float] = 1e-3  # its weight decay

    def begin(self, run: Run) -> None:
        """Add to a new run what the method wants kept or moved; LucioleError for a space that it cannot search."""

    def mixture(self, run: Run) -> dict[str, Any]:
        """What the supernet mixes now, differentiable in the architecture: arguments of the supernet."""
        return {"coefficients": torch.softmax(run.alpha, dim=-1)}

    def penalty(self, run: Run) -> Tensor | float:
        """What is added to the architecture's loss, (K,)."""
        return 0.0

    def architecture(self, run: Run, train: Batch, validation: Batch) -> None:
        """Move the architecture once."""
        run.follow(run.loss(validation, **self.mixture(run)) + self.penalty(run))

    def weights(self, run: Run, train: Batch) -> Tensor:
        """Move the weights once; return the losses (K,)."""
        with torch.no_grad():
            mixture = self.mixture(run)
        return run.descend(run.loss(train, **mixture))

    def step(self, run: Run, train: Batch, validation: Batch) -> Tensor:
        """Move the architecture, then the weights; return the training losses (K,)."""
        self.architecture(run, train, validation)
        return self.weights(run, train)

    def after_epoch(self, run: Run) -> None:
        """What happens between epochs."""

    def done(self, run: Run) -> bool:
        """Whether the search ends before its budget does."""
        return False

    def cells(self, run: Run) -> Tensor:
        """The cells that the searches would name now, (K, 6): the operation of the largest weight on every edge."""
        offered = torch.tensor(run.operations)
        return offered[run.alpha.detach().argmax(dim=-1)]
