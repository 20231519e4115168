"""Networks of NAS-Bench-101: a stem, three stacks of three copies of the cell, a classifier.

    >>> import numpy as np, torch
    >>> from luciole.spaces import nb101
    >>> row = nb101.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["conv3x3-bn-relu"])[0]
    >>> network = build(row, torch.Generator().manual_seed(0), stem=16)
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    >>> sum(weight.numel() for weight in network.parameters()) == parameters(row[None], stem=16)[0]
    np.True_

With ``stem=128`` these are the networks that the benchmark trained; with 16, those that training-free scores of
this space are computed on (Mellor et al., ICML 2021; Mokhtari et al., IJCNN 2022). Modules are nested as in
Mellor et al.'s builder (vertex, unit, sequence, layer) because a score that reads the input of every module, as
the released ICD does, counts an activation once for each level that sees it.

Sources: Ying et al., "NAS-Bench-101", ICML 2019, for the topology, the projections and the division of channels;
Mellor et al. for the initial weights (He-normal over outputs, linear layer normal of deviation 0.01).
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.spaces import Rows, nb101

CONV3, CONV1, POOL = range(3)  # the operations of nb101.OPS
STACKS, MODULES = 3, 3


def cell(row: ArrayLike) -> tuple[NDArray[np.bool_], list[int]]:
    """Return the adjacency (v, v) and the v - 2 operations of a row (26,), idle vertices left out.

    Raises LucioleError when no path joins input to output.
    """
    pruned = nb101.prune(nb101.check(row))
    if len(pruned) != 1 or not pruned[0, : nb101.EDGE_GENES].any():
        raise LucioleError("expected one cell with a path from input to output, got none; see nb101.valid")
    matrix = nb101.matrices(pruned)[0]
    used = np.flatnonzero(matrix.any(axis=0) | matrix.any(axis=1))
    return matrix[np.ix_(used, used)], [int(pruned[0, nb101.EDGE_GENES + v - 1]) for v in used[1:-1]]


def channels(matrix: NDArray[np.bool_], inputs: int, outputs: int) -> list[int]:
    """Return the channels of each vertex of a pruned cell.

    The vertices that feed the output share its channels, the first ones taking the remainder; another vertex
    has as many as the widest it feeds. Raises LucioleError when a feeder would have none.
    """
    last = len(matrix) - 1
    width = [0] * (last + 1)
    width[0], width[last] = inputs, outputs
    feeders = [v for v in range(1, last) if matrix[v, last]]
    if outputs < len(feeders):
        raise LucioleError(
            f"expected {len(feeders)} channels or more, one for each vertex that feeds the output, got {outputs}; "
            "use a wider stem"
        )
    for place, v in enumerate(feeders):
        width[v] = outputs // len(feeders) + (place < outputs % len(feeders))
    for v in range(last - 1, 0, -1):
        if not matrix[v, last]:
            width[v] = max(width[target] for target in range(v + 1, last) if matrix[v, target])
    return width


class Unit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class Vertex(nn.Module):
    """The operation of an interior vertex."""

    def __init__(self, op: int, width: int):
        super().__init__()
        self.operation = (
            nn.MaxPool2d(3, stride=1, padding=1) if op == POOL else Unit(width, width, 3 if op == CONV3 else 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.operation(x)
        return out


class Cell(nn.Module):
    """One module: vertices add what they receive, the output concatenates; the input is always projected."""

    def __init__(self, matrix: NDArray[np.bool_], ops: list[int], inputs: int, outputs: int):
        super().__init__()
        self.last = len(matrix) - 1
        self.matrix = matrix
        self.width = channels(matrix, inputs, outputs)
        self.vertices = nn.ModuleList(Vertex(op, self.width[v]) for v, op in enumerate(ops, start=1))
        self.projections = nn.ModuleDict(
            {str(v): Unit(inputs, self.width[v], 1) for v in range(1, self.last + 1) if matrix[0, v]}
        )

    def forward(self, x: Tensor) -> Tensor:
        held = [x]
        for v in range(1, self.last):
            received = [held[u][:, : self.width[v]] for u in range(1, v) if self.matrix[u, v]]
            if self.matrix[0, v]:
                received.append(self.projections[str(v)](x))
            held.append(self.vertices[v - 1](sum(received)))
        feeders = [held[v] for v in range(1, self.last) if self.matrix[v, self.last]]
        out = torch.cat(feeders, dim=1) if feeders else None
        if self.matrix[0, self.last]:
            projected: Tensor = self.projections[str(self.last)](x)
            out = projected if out is None else out + projected
        assert out is not None  # a pruned cell feeds its output
        return out


class Network(nn.Module):
    """Stem, cells with a 2x2 max-pooling before each stack but the first, mean over space, classifier."""

    def __init__(self, row: ArrayLike, stem: int, inputs: int, classes: int):
        super().__init__()
        matrix, ops = cell(row)
        layers: list[nn.Module] = [Unit(inputs, stem, 3)]
        before = width = stem
        for stack in range(STACKS):
            if stack:
                layers.append(nn.MaxPool2d(2))
                width *= 2
            for _ in range(MODULES):
                layers.append(Cell(matrix, ops, before, width))
                before = width
        self.layers = nn.ModuleList(layers)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        out: Tensor = self.classifier(x.mean(dim=(2, 3)))
        return out


@torch.no_grad()
def build(
    row: ArrayLike, generator: torch.Generator, *, stem: int = 128, inputs: int = 3, classes: int = 10
) -> Network:
    """Return the network of one row (26,), its initial weights drawn from ``generator``; x is (B, inputs, H, W).

    Raises LucioleError for a row that is not a cell, or a stem with fewer channels than vertices feed the output.
    """
    with torch.device("meta"):  # PyTorch's own initial weights would be drawn for nothing
        network = Network(row, stem, inputs, classes)
    network.to_empty(device="cpu")
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
            module.weight.normal_(0, math.sqrt(2 / fan_out), generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            module.weight.normal_(0, 0.01, generator=generator)
            module.bias.zero_()
    return network


def parameters(rows: Rows, *, stem: int = 128, inputs: int = 3, classes: int = 10) -> NDArray[np.int64]:
    """Return the number of trainable parameters of each row (n, 26) in closed form, (n,)."""
    last = 2 ** (STACKS - 1) * stem
    return np.array(
        [
            sum((taps * before + 2) * after for taps, before, after, _ in _convolutions(row, stem, inputs))
            + (last + 1) * classes
            for row in nb101.check(rows)
        ],
        dtype=np.int64,
    )


def macs(rows: Rows, *, size: int = 32, stem: int = 128, inputs: int = 3, classes: int = 10) -> NDArray[np.int64]:
    """Return the multiply-accumulates of each row (n, 26) for one image of size x size in closed form, (n,).

    Convolutions and the classifier are counted, as :mod:`luciole.costs.counts` counts them.
    """
    last = 2 ** (STACKS - 1) * stem
    return np.array(
        [
            sum(
                taps * before * after * (size >> stack) ** 2
                for taps, before, after, stack in _convolutions(row, stem, inputs)
            )
            + (last + 1) * classes
            for row in nb101.check(rows)
        ],
        dtype=np.int64,
    )


def _convolutions(row: NDArray[np.int8], stem: int, inputs: int) -> Iterator[tuple[int, int, int, int]]:
    """Every convolution of a network: taps, channels before and after, and the stack that it stands in."""
    matrix, ops = cell(row)
    yield 9, inputs, stem, 0
    before = width = stem
    for stack in range(STACKS):
        width *= 2 if stack else 1
        for _ in range(MODULES):
            held = channels(matrix, before, width)
            yield from ((1, before, held[v], stack) for v in np.flatnonzero(matrix[0]))
            for v, op in enumerate(ops, start=1):
                if op != POOL:
                    yield 9 if op == CONV3 else 1, held[v], held[v], stack
            before = width
