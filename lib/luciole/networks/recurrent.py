"""Character language models from the recurrent cells of :mod:`luciole.spaces.recurrent`.

>>> from luciole.spaces import recurrent
>>> row = recurrent.sample(np.random.default_rng(0), 1)[0]
>>> network = build(row, symbols=50, width=16, generator=torch.Generator().manual_seed(0))
>>> network(torch.zeros(4, 12, dtype=torch.int64)).shape
torch.Size([4, 12, 50])

The state of a step is the last node of the cell, brought to mean 0 and deviation 1 over its units: products and sums
would let it grow without bound otherwise. Each operation is a module of its own, so that a score which hooks modules
sees every step of every one.
"""

import numpy as np  # noqa: F401  (the example uses it)
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from luciole.networks.initial import initialise
from luciole.spaces import recurrent


class Linear(nn.Module):
    """W1 a + W2 b + c."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width, bias=False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        out: Tensor = self.first(a) + self.second(b)
        return out


class Blend(nn.Module):
    """g a + (1 - g) b, with g the logistic function of the first argument: a gate."""

    def forward(self, gate: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return torch.lerp(b, a, torch.sigmoid(gate))


class Product(nn.Module):
    """Element by element."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a * b


class Sum(nn.Module):
    """Element by element."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


def _operation(op: int, width: int) -> nn.Module:
    if op == recurrent.LINEAR:
        return Linear(width)
    kinds = {
        recurrent.BLEND: Blend,
        recurrent.PRODUCT: Product,
        recurrent.SUM: Sum,
        recurrent.TANH: nn.Tanh,
        recurrent.SIGMOID: nn.Sigmoid,
        recurrent.RELU: nn.ReLU,
    }
    return kinds[op]()


class Cell(nn.Module):
    """One step: (x, h) to the next h, each (B, width)."""

    def __init__(self, row: ArrayLike, width: int):
        super().__init__()
        self.nodes = recurrent.decode(row)
        self.operations = nn.ModuleList(_operation(op, width) for _, op, _ in self.nodes)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        held = {0: x, 1: h}
        for (node, _, reads), operation in zip(self.nodes, self.operations, strict=True):
            held[node] = operation(*(held[n] for n in reads))
        out: Tensor = self.norm(held[self.nodes[-1][0]])
        return out


class Network(nn.Module):
    """Embedding, the cell over time from a state of zeros, a linear map to logits of the next symbol."""

    def __init__(self, row: ArrayLike, symbols: int, width: int):
        super().__init__()
        self.embedding = nn.Embedding(symbols, width)
        self.cell = Cell(row, width)
        self.classifier = nn.Linear(width, symbols)

    def forward(self, text: Tensor) -> Tensor:  # (B, T) integers
        x = self.embedding(text)
        h = torch.zeros_like(x[:, 0])
        states = []
        for step in range(x.shape[1]):
            h = self.cell(x[:, step], h)
            states.append(h)
        logits: Tensor = self.classifier(torch.stack(states, dim=1))
        return logits  # (B, T, symbols)


def build(row: ArrayLike, symbols: int, width: int, generator: torch.Generator) -> Network:
    """Build the network of one genotype (24,), its weights drawn from ``generator``; text (B, T) -> (B, T, symbols)."""
    with torch.device("meta"):
        network = Network(row, symbols, width)
    return initialise(network.to_empty(device="cpu"), generator)
