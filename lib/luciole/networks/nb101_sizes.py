"""Cells of NAS-Bench-101 in skeletons of another number of stacks and modules.

    >>> import numpy as np, torch
    >>> from luciole.networks import initialise
    >>> from luciole.spaces import nb101
    >>> row = nb101.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["conv3x3-bn-relu"])[0]
    >>> network = Network(row, stacks=2, modules=1, stem=16, inputs=3, classes=10)
    >>> initialise(network, torch.Generator().manual_seed(0))(torch.zeros(2, 3, 20, 40)).shape
    torch.Size([2, 10])

The benchmark's own skeleton is 3 stacks of 3 modules (:mod:`luciole.networks.nb101`). Mokhtari et al. (VISAPP 2024)
print networks called IFA_2.1 and IFA_5.1 without saying, in the text that could be read, what the two numbers are; that
they are stacks and modules a stack agrees with their operations, and is our reading.
"""

from numpy.typing import ArrayLike
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.networks.nb101 import Cell, Unit, cell


class Network(nn.Module):
    """Stem, ``stacks`` of ``modules`` cells with a pooling by two before each stack but the first, and a classifier.

    The channels double with each stack. Images have at least 2 ** (stacks - 1) rows and columns. Raises LucioleError
    for a row that is not a cell, or fewer than one stack or module.
    """

    def __init__(self, row: ArrayLike, *, stacks: int, modules: int, stem: int, inputs: int, classes: int):
        super().__init__()
        if stacks < 1 or modules < 1:
            raise LucioleError(f"expected at least one stack and one module, got {stacks} and {modules}")
        matrix, operations = cell(row)
        layers: list[nn.Module] = [Unit(inputs, stem, 3)]
        before = width = stem
        for stack in range(stacks):
            if stack:
                layers.append(nn.MaxPool2d(2))
                width *= 2
            for _ in range(modules):
                layers.append(Cell(matrix, operations, before, width))
                before = width
        self.layers = nn.Sequential(*layers)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, inputs, rows, columns)."""
        out: Tensor = self.classifier(self.layers(x).mean(dim=(2, 3)))
        return out
