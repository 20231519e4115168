"""What a supernet learns: windows for its weights, others for its architecture."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole.datasets.splits import Parts
from luciole.errors import LucioleError

Batch = tuple[Tensor, Tensor]  # windows (K, B, inputs, *space) and labels (K, B)


@dataclass(frozen=True)
class Task:
    """Windows that the weights learn (``train``) and windows that the architecture is judged on (``validation``).

    Raises LucioleError for parts of unequal lengths or of other shapes, and for a validation part of a single class:
    every architecture is then perfect once the classifier answers nothing else.

    >>> x, y = torch.zeros(8, 3, 16), torch.arange(8) % 2
    >>> Task((x, y), (x, y)).classes
    2
    """

    train: tuple[Tensor, Tensor]  # (n, inputs, *space), (n,)
    validation: tuple[Tensor, Tensor]

    def __post_init__(self) -> None:
        for name in ("train", "validation"):
            x, y = getattr(self, name)
            if len(x) != len(y) or not len(x):
                raise LucioleError(f"expected as many windows as labels in the {name} part, got {len(x)} and {len(y)}")
        if self.train[0].shape[1:] != self.validation[0].shape[1:]:
            shapes = [tuple(part[0].shape[1:]) for part in (self.train, self.validation)]
            raise LucioleError(f"expected windows of one shape, got {shapes[0]} to train and {shapes[1]} to validate")
        if len(self.validation[1].unique()) < 2:
            raise LucioleError(
                f"expected a validation part of two classes or more, got one ({int(self.validation[1][0])}); "
                "split by people or recordings that show several"
            )

    @property
    def classes(self) -> int:
        """One more than the highest label."""
        return 1 + max(int(part[1].max()) for part in (self.train, self.validation))

    @classmethod
    def of(cls, parts: Parts) -> "Task":
        """The task of a data set: its training part for the weights, its validation part for the architecture."""

        def tensors(part: tuple[NDArray[np.float32], NDArray[np.int64]]) -> tuple[Tensor, Tensor]:
            return torch.from_numpy(part[0]), torch.from_numpy(part[1])

        return cls(tensors(parts.train), tensors(parts.validation))
