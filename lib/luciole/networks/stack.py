"""Many small networks trained as one: K cells of one skeleton, each with weights of its own, in one module.

A network of HAR-201 is so small that a step spends its time starting operations and moving memory, not computing.
Here K networks run side by side: an operation of the space is done once for all the edges, of all the networks,
that carry it and leave the same node. The functions computed are those of :func:`luciole.networks.build`, weights
included; :meth:`Stack.unstack` gives each network back, trained.

    >>> import torch
    >>> from luciole.networks import Skeleton, build
    >>> skeleton = Skeleton(inputs=3, classes=5, width=4, cells=1, dims=1, stem="conv1", reduction="pool")
    >>> rows = [[3, 1, 2, 0, 4, 3], [2, 0, 0, 0, 1, 0]]
    >>> stack = Stack(rows, skeleton, [torch.Generator().manual_seed(seed) for seed in (0, 1)])
    >>> x = torch.randn(7, 3, 16)
    >>> stack(x).shape
    torch.Size([2, 7, 5])
    >>> alone = build(rows[0], skeleton, torch.Generator().manual_seed(0))
    >>> bool(torch.allclose(stack(x)[0], alone(x), atol=1e-5))
    True

Three choices make it fast. Weights are drawn for all layers of a network at once, as :func:`luciole.networks.build`
draws them one by one, and no module of a single network is built before :meth:`Stack.unstack`. Features are
(K, C, L, B), the batch innermost: the neighbour in time of every sample is B places away, so a convolution of size 3
is three matrix products on shifted views, and copies nothing. The backward pass of a cell is written out
(:mod:`luciole.networks.stacked_cell`), because autograd would fill and add a tensor of all networks for each
operation. An edge that cannot reach the output node is left out: it changes nothing.

Where there is a compiler, :mod:`luciole.networks.fused` computes the same several times faster.
"""

import math
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.networks import fused as compiled
from luciole.networks.nb201 import Network, build
from luciole.networks.skeleton import Skeleton
from luciole.networks.stacked_cell import CellFunction, Group, Norms, Place
from luciole.spaces import nb201


class Convolutions(nn.Module):
    """The weights of one convolution, of size 1 or 3, for each of m inputs."""

    def __init__(self, weights: Sequence[Tensor], places: Sequence[Place]):
        super().__init__()
        self.places = list(places)
        self.weight = nn.Parameter(torch.stack(list(weights)).permute(3, 0, 1, 2).contiguous())  # (taps, m, D, C)

    def forward(self, x: Tensor) -> Tensor:
        """Mix channels (size 1 only: those of size 3 are inside cells)."""
        return torch.matmul(self.weight[0], x.flatten(-2)).unflatten(-1, x.shape[-2:])

    @torch.no_grad()
    def write(self, networks: Sequence[Network]) -> None:
        """Copy each layer's weights to its place."""
        for (k, name), weight in zip(self.places, self.weight.permute(1, 2, 3, 0).cpu(), strict=True):
            cast(Tensor, networks[k].get_submodule(name).weight).copy_(weight)


def _layers(row: Sequence[int], skeleton: Skeleton) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of each layer of one network that has weights, in the order in which they are drawn."""
    widths = skeleton.widths
    yield "stem.0", (widths[0], skeleton.inputs, 1)
    block = 0
    for stage, width in enumerate(widths):
        if stage:
            yield f"body.{block}.1", (width, widths[stage - 1], 1)
            block += 1
        for _ in range(skeleton.cells):
            for number, op in enumerate(row):
                if op in (nb201.CONV1, nb201.CONV3):
                    yield f"body.{block}.edges.{number}.1", (width, width, 1 if op == nb201.CONV1 else 3)
            block += 1
    yield "classifier", (skeleton.classes, widths[-1])
    yield "bias", (skeleton.classes,)


class _Weights:
    """The initial weights of K networks: one draw a network, cut into layers."""

    def __init__(self, rows: Sequence[Sequence[int]], skeleton: Skeleton, generators: Sequence[torch.Generator]):
        self.layers = []
        for row, generator in zip(rows, generators, strict=True):
            shapes = dict(_layers(row, skeleton))
            sizes = [math.prod(shape) for shape in shapes.values()]
            drawn = torch.empty(sum(sizes)).uniform_(generator=generator).split(sizes)
            self.layers.append({name: (shapes[name], piece) for name, piece in zip(shapes, drawn, strict=True)})

    def __call__(self, k: int, name: str) -> Tensor:
        """A layer's weights, uniform within 1/sqrt(fan-in)."""
        shape, drawn = self.layers[k][name]
        fan_in = math.prod(shape[1:]) if len(shape) > 1 else math.prod(self.layers[k]["classifier"][0][1:])
        low, high = (torch.tensor(sign / math.sqrt(fan_in)) for sign in (-1, 1))
        # in double precision and then rounded once: to the bit what PyTorch makes of a draw from 0 to 1
        return (drawn.double() * (high - low) + low).float().view(shape)

    def stacked(self, name: str) -> Tensor:
        """The weights of a layer that all networks have: (K, ...)."""
        return torch.stack([self(k, name) for k in range(len(self.layers))])


class Cells(nn.Module):
    """The cells of K networks at one depth, their block's number ``block``: (K, C, L, B) to the same shape."""

    def __init__(self, rows: Tensor, block: int, channels: int, weights: _Weights):
        super().__init__()
        count = len(rows)
        # Kept from step to step, for to ask the system for so much fresh memory takes longer than to compute in it.
        self.state: Tensor | None = None
        alive = _alive(rows)  # (K, 6)
        self.layers = nn.ModuleList()
        self.uses: list[tuple[int, int]] = []  # operation, its layer or -1; beside it the buffers reads and adds
        for source in range(3):
            for op in (nb201.SKIP, nb201.POOL, nb201.CONV1, nb201.CONV3):
                uses = [
                    (number, k)
                    for number, (_, start) in enumerate(nb201.EDGES)
                    if start == source
                    for k in ((rows[:, number] == op) & alive[:, number]).nonzero()[:, 0].tolist()
                ]
                if not uses:
                    continue
                at = -1
                if op in (nb201.CONV1, nb201.CONV3):
                    at = len(self.layers)
                    branches = [(k, f"body.{block}.edges.{number}") for number, k in uses]
                    self.layers.append(_pair(weights, branches, channels, 1))
                for name, rows_of in (
                    ("reads", [source * count + k for _, k in uses]),
                    ("adds", [nb201.EDGES[number][0] * count + k for number, k in uses]),
                ):
                    self.register_buffer(f"{name}{len(self.uses)}", torch.tensor(rows_of), persistent=False)
                self.uses.append((op, at))

    def forward(self, x: Tensor) -> Tensor:
        groups: list[Group] = []
        parameters: list[Tensor] = []
        for number, (op, at) in enumerate(self.uses):
            reads, adds = self.get_buffer(f"reads{number}"), self.get_buffer(f"adds{number}")
            group = Group(op, reads, adds, first=len(parameters))
            if at >= 0:
                convolutions, group.norms = cast(
                    tuple[Convolutions, Norms], tuple(cast(nn.Sequential, self.layers[at]))
                )
                parameters += [convolutions.weight, group.norms.weight, group.norms.bias]
            groups.append(group)
        shape = (4 * len(x), *x.shape[1:])
        if self.state is None or self.state.shape != shape or self.state.device != x.device:
            self.state = x.new_empty(shape)
        return cast(Tensor, CellFunction.apply(x, groups, self.state, self.training, *parameters))


def _pair(weights: _Weights, branches: Sequence[Place], channels: int, first: int) -> nn.Sequential:
    """Stack m pairs of a convolution, which stands ``first`` in its branch, and the normalisation behind it."""
    places = [(k, f"{branch}.{first}") for k, branch in branches]
    behind = [(k, f"{branch}.{first + 1}") for k, branch in branches]
    return nn.Sequential(Convolutions([weights(k, name) for k, name in places], places), Norms(channels, behind))


def _alive(rows: Tensor) -> Tensor:
    """Which edges lead to the output node by edges that carry something: (K, 6)."""
    reaches = {3: torch.ones(len(rows), dtype=torch.bool)}
    for node in (2, 1):
        reaches[node] = torch.zeros(len(rows), dtype=torch.bool)
        for number, (target, source) in enumerate(nb201.EDGES):
            if source == node:
                reaches[node] |= (rows[:, number] != nb201.NONE) & reaches[target]
    return torch.stack([reaches[target] for target, _ in nb201.EDGES], dim=1)


class Stack(nn.Module):
    """K networks of one 1-D skeleton with pooled reductions; logits (K, B, classes) for x (B, inputs, L).

    One generator a network, drawn from as :func:`luciole.networks.build` draws. ``fused`` says whether compiled code
    runs one network after another (:mod:`luciole.networks.fused`) or PyTorch all of them side by side: the same numbers
    up to rounding. By default it is compiled code where there is a compiler, and for windows on the processor. Raises
    LucioleError for another kind of skeleton, when cells and generators do not pair up, or for ``fused=True`` without
    a compiler.
    """

    def __init__(
        self, rows: object, skeleton: Skeleton, generators: Sequence[torch.Generator], fused: bool | None = None
    ):
        super().__init__()
        cells = nb201.check(rows)
        if skeleton.dims != 1 or skeleton.reduction != "pool" or skeleton.stem != "conv1":
            raise LucioleError(
                f"expected a skeleton with dims=1, stem='conv1' and reduction='pool' to stack, got {skeleton}"
            )
        if cells.ndim != 2 or not len(cells) or len(cells) != len(generators):
            raise LucioleError(
                f"expected cells of shape (K, 6) and K generators, got {cells.shape} and {len(generators)}"
            )
        self.rows, self.skeleton = cells, skeleton
        everyone = range(len(cells))
        weights = _Weights(cells.tolist(), skeleton, generators)
        operations = torch.from_numpy(cells.astype("int64"))
        self.stem = _pair(weights, [(k, "stem") for k in everyone], skeleton.widths[0], 0)
        self.body = nn.ModuleList()
        for stage, width in enumerate(skeleton.widths):
            if stage:
                branches = [(k, f"body.{len(self.body)}") for k in everyone]
                self.body.append(_pair(weights, branches, width, 1))
            for _ in range(skeleton.cells):
                self.body.append(Cells(operations, len(self.body), width, weights))
        self.last = Norms(skeleton.widths[-1], [(k, "last.0") for k in everyone])
        self.weight = nn.Parameter(weights.stacked("classifier"))  # (K, D, C)
        self.bias = nn.Parameter(weights.stacked("bias")[:, :, None])  # (K, D, 1)
        alive = torch.where(_alive(operations), operations, nb201.NONE)
        code = None if fused is False else compiled.code()
        if fused and code is None:
            raise LucioleError("expected a C++ compiler and Ninja for fused=True, got none that works; use fused=None")
        self.passes = None if code is None else compiled.Passes(self, alive.numpy())

    @property
    def fused(self) -> bool:
        """Whether compiled code runs the networks, for windows on the processor."""
        return self.passes is not None

    def forward(self, x: Tensor) -> Tensor:
        if self.passes is not None and compiled.fits(self, x):
            return compiled.logits(self, self.passes, x)
        h = self.stem(x.permute(1, 2, 0).contiguous())  # (K, C, L, B); the same x for all networks
        for block in self.body:
            if isinstance(block, nn.Sequential):
                even = h.shape[2] // 2 * 2
                h = (h[:, :, 0:even:2] + h[:, :, 1:even:2]) * 0.5  # average of two, a last odd one dropped
            h = block(h)
        h = self.last(h).relu().mean(dim=2)  # (K, C, B)
        return torch.baddbmm(self.bias, self.weight, h).transpose(1, 2)

    def unstack(self) -> list[Network]:
        """Return the K networks as they are now, each an ordinary module on the CPU."""
        any_weights = torch.Generator()  # they are all written over
        networks = [build(row, self.skeleton, any_weights) for row in self.rows]
        for module in self.modules():
            if isinstance(module, Convolutions | Norms):
                module.write(networks)
        with torch.no_grad():
            for network, weight, bias in zip(networks, self.weight.cpu(), self.bias.cpu(), strict=True):
                network.classifier.weight.copy_(weight)
                network.classifier.bias.copy_(bias[:, 0])
        return [network.train(self.training) for network in networks]
