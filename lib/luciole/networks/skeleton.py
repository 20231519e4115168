"""The skeleton: everything about a network that its cell does not decide, as a value."""

from dataclasses import dataclass
from typing import Literal

from luciole.errors import LucioleError


@dataclass(frozen=True)
class Skeleton:
    """A stem, ``stages`` stacks of ``cells`` copies of the cell with a reduction between them, and a classifier.

    Each reduction halves the side (or the length) and doubles the width.

    >>> Skeleton(width=8, cells=1, dims=1).widths
    (8, 16, 32)
    """

    inputs: int = 3  # channels of the input
    classes: int = 10
    width: int = 16  # channels after the stem
    cells: int = 5  # copies of the cell in each stage
    stages: int = 3
    dims: Literal[1, 2] = 2  # images, or series
    stem: Literal["conv3", "conv1"] = "conv3"  # convolution of size 3 or 1, then batch normalisation
    reduction: Literal["residual", "pool"] = "residual"  # the benchmark's residual block, or pooling and a 1x1

    def __post_init__(self) -> None:
        for name in ("inputs", "classes", "width", "cells", "stages"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise LucioleError(f"expected a skeleton's {name} to be a positive integer, got {value!r}")
        for name, known in (
            ("dims", (1, 2)),
            ("stem", ("conv3", "conv1")),
            ("reduction", ("residual", "pool")),
        ):
            if getattr(self, name) not in known:
                raise LucioleError(f"expected a skeleton's {name} among {known}, got {getattr(self, name)!r}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage."""
        return tuple(self.width << stage for stage in range(self.stages))


NB201_C10 = Skeleton()
NB201_C100 = Skeleton(classes=100)
NB201_IN16 = Skeleton(classes=120)  # images of 16x16; the other two are 32x32
