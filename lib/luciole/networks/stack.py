"""Many small networks trained as one: K cells of one skeleton, each with weights of its own, in one module.

A network of HAR-201 is so small that a step spends its time starting operations, not computing. Here the networks
run side by side: every operation of the space is done once for all the edges, of all the networks, that carry it
and leave the same node (a batched matrix product over the pairs of network and edge). The functions computed are those
of :func:`luciole.networks.build`; :meth:`Stack.unstack` gives each network back, trained.

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

Layout: features are (K, C, B, L), so that a 1x1 convolution of all networks is one product
(K, C, C) @ (K, C, B L), and one of size 3 the same on three shifted copies. An edge that cannot reach the output
node is left out: it changes nothing.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks.nb201 import Cell, Network, build
from luciole.networks.skeleton import Skeleton
from luciole.spaces import nb201


class Convolutions(nn.Module):
    """One convolution of size 1 or 3 for each of m inputs: (m, C, B, L) to (m, D, B, L)."""

    def __init__(self, layers: Sequence[nn.Module]):
        super().__init__()
        self.layers = list(layers)  # a plain list: the layers' own weights are not parameters of the stack
        weight = torch.stack([cast(Tensor, layer.weight).detach() for layer in layers])  # (m, D, C, taps)
        self.taps = weight.shape[-1]
        self.weight = nn.Parameter(weight.transpose(2, 3).flatten(2).contiguous())  # (m, D, taps C)

    def forward(self, x: Tensor) -> Tensor:
        m, _, batch, length = x.shape
        if self.taps == 3:
            padded = functional.pad(x, (1, 1))
            x = torch.cat([padded[..., tap : tap + length] for tap in range(3)], dim=1)  # (m, 3 C, B, L)
        return torch.bmm(self.weight, x.reshape(m, -1, batch * length)).view(m, -1, batch, length)

    @torch.no_grad()
    def write_back(self) -> None:
        for layer, weight in zip(self.layers, self.weight.cpu(), strict=True):
            own = cast(Tensor, layer.weight)
            own.copy_(weight.view(own.shape[0], self.taps, -1).transpose(1, 2))


class Norms(nn.Module):
    """One batch normalisation for each of m inputs (m, C, B, L), its statistics over B and L."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, layers: Sequence[nn.Module]):
        super().__init__()
        self.layers = list(layers)
        self.weight = nn.Parameter(torch.cat([cast(Tensor, layer.weight).detach() for layer in layers]))
        self.bias = nn.Parameter(torch.cat([cast(Tensor, layer.bias).detach() for layer in layers]))
        self.register_buffer("running_mean", torch.zeros_like(self.weight))
        self.register_buffer("running_var", torch.ones_like(self.weight))

    def forward(self, x: Tensor) -> Tensor:
        m, channels, batch, length = x.shape
        flat = x.reshape(1, m * channels, batch * length)
        flat = functional.batch_norm(
            flat, self.running_mean, self.running_var, self.weight, self.bias, training=self.training
        )
        return flat.view(m, channels, batch, length)

    @torch.no_grad()
    def write_back(self) -> None:
        for name in ("weight", "bias", "running_mean", "running_var"):
            for layer, own in zip(self.layers, getattr(self, name).cpu().chunk(len(self.layers)), strict=True):
                getattr(layer, name).copy_(own)


class Cells(nn.Module):
    """The cells of K networks at one depth: (K, C, B, L) to the same shape."""

    def __init__(self, cells: Sequence[Cell], rows: Tensor):
        super().__init__()
        self.networks = len(cells)
        alive = _alive(rows)  # (K, 6)
        self.uses: list[list[tuple[int, int, list[tuple[int, int]]]]] = []
        self.operations = nn.ModuleDict()
        for source in range(3):
            edges = [number for number, (_, start) in enumerate(nb201.EDGES) if start == source]
            order: list[int] = []  # networks, once a use of this node
            groups: list[tuple[int, int, list[tuple[int, int]]]] = []  # operation, its uses, its uses by target
            for op in (nb201.SKIP, nb201.POOL, nb201.CONV1, nb201.CONV3):
                by_target: list[tuple[int, int]] = []
                layers: list[nn.Module] = []
                for number in edges:
                    found = ((rows[:, number] == op) & alive[:, number]).nonzero()[:, 0].tolist()
                    if found:
                        by_target.append((nb201.EDGES[number][0], len(found)))
                    order += found
                    layers += [cells[k].edges[number] for k in found]
                if layers:
                    groups.append((op, len(layers), by_target))
                if layers and op in (nb201.CONV1, nb201.CONV3):
                    branches = [cast(nn.Sequential, layer) for layer in layers]
                    self.operations[f"{source}_{op}"] = nn.Sequential(
                        Convolutions([branch[1] for branch in branches]), Norms([branch[2] for branch in branches])
                    )
            self.uses.append(groups)
            self.register_buffer(f"order{source}", torch.tensor(order, dtype=torch.long), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x, *(torch.zeros_like(x) for _ in range(3))]
        for source, groups in enumerate(self.uses):
            if not groups:
                continue
            order = cast(Tensor, getattr(self, f"order{source}"))
            used = nodes[source].index_select(0, order)  # (uses, C, B, L)
            pieces = used.split([uses for _, uses, _ in groups])
            networks = order.split([count for _, _, by_target in groups for _, count in by_target])
            at = 0
            for (op, _, by_target), piece in zip(groups, pieces, strict=True):
                if op == nb201.POOL:
                    piece = functional.avg_pool1d(
                        piece.flatten(0, 1), 3, stride=1, padding=1, count_include_pad=False
                    ).view_as(piece)
                elif op != nb201.SKIP:
                    piece = self.operations[f"{source}_{op}"](piece.relu())
                for (target, _), part in zip(by_target, piece.split([n for _, n in by_target]), strict=True):
                    nodes[target].index_add_(0, networks[at], part)
                    at += 1
        return nodes[3]


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
    """K networks of one 1-D skeleton with pooled reductions; gives logits (K, B, classes) for x (B, inputs, L)."""

    def __init__(self, rows: object, skeleton: Skeleton, generators: Sequence[torch.Generator]):
        super().__init__()
        cells = nb201.check(rows)
        if skeleton.dims != 1 or skeleton.reduction != "pool":
            raise LucioleError(f"expected a skeleton with dims=1 and reduction='pool' to stack, got {skeleton}")
        if cells.ndim != 2 or not len(cells) or len(cells) != len(generators):
            raise LucioleError(
                f"expected cells of shape (K, 6) and K generators, got {cells.shape} and {len(generators)}"
            )
        self.singles = [build(row, skeleton, one) for row, one in zip(cells, generators, strict=True)]
        self.stem = self._stack([single.stem for single in self.singles])
        blocks: list[nn.Module] = []
        operations = torch.from_numpy(cells.astype("int64"))
        for layers in zip(*(single.body for single in self.singles), strict=True):
            if isinstance(layers[0], Cell):
                blocks.append(Cells(cast(Sequence[Cell], layers), operations))
            else:
                blocks.append(self._stack([cast(nn.Sequential, layer)[1:] for layer in layers]))
        self.body = nn.ModuleList(blocks)
        self.last = Norms([single.last[0] for single in self.singles])
        self.weight = nn.Parameter(torch.stack([one.classifier.weight.detach().T for one in self.singles]))  # (K, C, D)
        self.bias = nn.Parameter(torch.stack([one.classifier.bias.detach()[None] for one in self.singles]))  # (K, 1, D)

    @staticmethod
    def _stack(branches: Sequence[nn.Sequential]) -> nn.Sequential:
        return nn.Sequential(
            Convolutions([branch[0] for branch in branches]), Norms([branch[1] for branch in branches])
        )

    def forward(self, x: Tensor) -> Tensor:
        h = x.transpose(0, 1).unsqueeze(0).expand(len(self.singles), -1, -1, -1)  # (K, inputs, B, L)
        h = self.stem(h)
        for block in self.body:
            if isinstance(block, nn.Sequential):
                h = functional.avg_pool1d(h.flatten(0, 1), 2).unflatten(0, h.shape[:2])  # halve the length
            h = block(h)
        h = self.last(h).relu().mean(dim=-1)  # (K, C, B)
        return torch.baddbmm(self.bias, h.transpose(1, 2), self.weight)

    def unstack(self) -> list[Network]:
        """Return the K networks as they are now, each an ordinary module on the CPU."""
        for module in self.modules():
            if isinstance(module, Convolutions | Norms):
                module.write_back()
        with torch.no_grad():
            for single, weight, bias in zip(self.singles, self.weight.cpu(), self.bias.cpu(), strict=True):
                single.classifier.weight.copy_(weight.T)
                single.classifier.bias.copy_(bias[0])
        return [single.train(self.training) for single in self.singles]
