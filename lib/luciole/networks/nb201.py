"""Networks of the NAS-Bench-201 topology, in two dimensions as the benchmark defines them, or in one for series.

    >>> import torch
    >>> from luciole.networks import NB201_C10
    >>> from luciole.spaces import nb201
    >>> row = nb201.parse(nb201.format(nb201.all_cells()[6111]))
    >>> network = build(row, NB201_C10, torch.Generator().manual_seed(0))
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])

Source: Dong and Yang, ICLR 2020, section 2 and figure 1 (stem, cells, residual reductions, last normalisation).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.networks.initial import initialise
from luciole.networks.skeleton import Skeleton
from luciole.spaces import nb201

_CONVOLUTION = {1: nn.Conv1d, 2: nn.Conv2d}
_NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}
_AVERAGE = {1: nn.AvgPool1d, 2: nn.AvgPool2d}
_GLOBAL = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d}


class Nothing(nn.Module):
    """The operation `none`: zeros of the input's shape."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


def relu_conv_norm(dims: int, narrow: int, wide: int, size: int, stride: int = 1) -> nn.Sequential:
    """Return ReLU, then a convolution without bias, then batch normalisation: the benchmark's convolution."""
    return nn.Sequential(
        nn.ReLU(),
        _CONVOLUTION[dims](narrow, wide, size, stride=stride, padding=size // 2, bias=False),
        _NORM[dims](wide),
    )


def _operation(op: int, dims: int, width: int) -> nn.Module:
    if op == nb201.NONE:
        return Nothing()
    if op == nb201.SKIP:
        return nn.Identity()
    if op == nb201.POOL:
        return _AVERAGE[dims](3, stride=1, padding=1, count_include_pad=False)
    return relu_conv_norm(dims, width, width, 1 if op == nb201.CONV1 else 3)


def join(edges: nn.ModuleList, x: Tensor) -> Tensor:
    """Run the six operations of a cell: node 0 is ``x``, every later node the sum of its edges; return node 3."""
    nodes = [x]
    operations = iter(edges)
    for target in range(1, 4):
        terms = [next(operations)(nodes[source]) for source in range(target)]
        nodes.append(sum(terms[1:], start=terms[0]))
    return nodes[-1]


class Cell(nn.Module):
    """Four nodes; node 0 is the input, every later node the sum of its edges, node 3 the output."""

    def __init__(self, row: Sequence[int], dims: int, width: int):
        super().__init__()
        self.edges = nn.ModuleList(_operation(op, dims, width) for op in row)

    def forward(self, x: Tensor) -> Tensor:
        return join(self.edges, x)


class Residual(nn.Module):
    """The benchmark's reduction: two 3x3 convolutions, the first of stride 2, beside a pooled 1x1 shortcut."""

    def __init__(self, dims: int, narrow: int, wide: int):
        super().__init__()
        self.first = relu_conv_norm(dims, narrow, wide, 3, stride=2)
        self.second = relu_conv_norm(dims, wide, wide, 3)
        self.shortcut = nn.Sequential(
            # ceil_mode keeps the shortcut as long as the strided branch where the length is odd
            _AVERAGE[dims](2, stride=2, ceil_mode=True),
            _CONVOLUTION[dims](narrow, wide, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.second(self.first(x))


def _pool_reduction(dims: int, narrow: int, wide: int) -> nn.Sequential:
    return nn.Sequential(
        _AVERAGE[dims](2, stride=2), _CONVOLUTION[dims](narrow, wide, 1, bias=False), _NORM[dims](wide)
    )


class Network(nn.Module):
    """Stem, stages of cells with reductions between them, last normalisation, global pooling, classifier."""

    def __init__(self, row: Sequence[int], skeleton: Skeleton):
        super().__init__()
        dims, widths = skeleton.dims, skeleton.widths
        size = 3 if skeleton.stem == "conv3" else 1
        self.stem = nn.Sequential(
            _CONVOLUTION[dims](skeleton.inputs, widths[0], size, padding=size // 2, bias=False),
            _NORM[dims](widths[0]),
        )
        blocks: list[nn.Module] = []
        for stage, width in enumerate(widths):
            if stage:
                reduction = Residual if skeleton.reduction == "residual" else _pool_reduction
                blocks.append(reduction(dims, widths[stage - 1], width))
            blocks += [Cell(row, dims, width) for _ in range(skeleton.cells)]
        self.body = nn.Sequential(*blocks)
        self.last = nn.Sequential(_NORM[dims](widths[-1]), nn.ReLU())
        self.pool = _GLOBAL[dims](1)
        self.classifier = nn.Linear(widths[-1], skeleton.classes)

    def forward(self, x: Tensor) -> Tensor:  # (B, inputs, length) or (B, inputs, height, width)
        features = self.pool(self.last(self.body(self.stem(x))))  # (B, C, 1) or (B, C, 1, 1)
        return self.classifier(features.flatten(1))  # (B, classes)


def build(row: object, skeleton: Skeleton, generator: torch.Generator) -> Network:
    """Build the network of a cell, its weights drawn from ``generator`` as PyTorch draws them by default.

    ``row`` holds six operations (:mod:`luciole.spaces.nb201`). The global random state is neither read nor
    changed, so the same generator state gives the same weights anywhere. Raises LucioleError for what is not
    one cell.
    """
    cell = nb201.check(row)
    if cell.ndim != 1:
        raise LucioleError(f"expected one cell of shape (6,), got an array of shape {cell.shape}")
    with torch.device("meta"):
        network = Network(cell.tolist(), skeleton)
    return initialise(network.to_empty(device="cpu"), generator)
