"""One cell of the supernet: all its operations, those that leave a node computed together.

:mod:`luciole.supernet.network` says why it is so, and makes a network of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.spaces import nb201

WEIGHTED = (nb201.CONV1, nb201.CONV3)  # operations with weights
LEAVING = tuple(tuple(number for number, (_, start) in enumerate(nb201.EDGES) if start == node) for node in range(3))
_KERNEL = {nb201.CONV1: 1, nb201.CONV3: 3}


def near(x: Tensor, size: int, stride: int = 1) -> Tensor:
    """Put beside each position its neighbours, zeros beyond the ends: (K, C, *space, B) to (K, size**dims C, *, B)."""
    space = x.shape[2:-1]
    if size == 1:
        return x
    padded = functional.pad(x, (0, 0) + (1, 1) * len(space))
    views = []
    for offsets in product(range(size), repeat=len(space)):
        view = padded
        for dim, (offset, length) in enumerate(zip(offsets, space, strict=True), start=2):
            view = view.narrow(dim, offset, length)
            if stride > 1:
                view = view[(slice(None),) * dim + (slice(None, None, stride),)]
        views.append(view)
    return torch.cat(views, dim=1)


def normalise(x: Tensor, groups: int, scale: Tensor | None = None) -> Tensor:
    """Normalise (m, C, *space, B) by the batch's statistics, each of its m C channels, times a scale (m,)."""
    rows, channels = x.shape[:2]
    weight = None if scale is None else scale.repeat_interleave(channels)
    flat = x.reshape(1, groups, -1)
    if flat.shape[2] < 2:
        raise LucioleError("expected a batch of at least 2 windows to normalise by, got 1; give more")
    return functional.batch_norm(flat, None, None, weight, None, training=True).view(rows, *x.shape[1:])


def pool3(x: Tensor) -> Tensor:
    """Average of three neighbours in each dimension of space, the padding not counted: the benchmark's pooling."""
    for dim in range(2, x.ndim - 1):
        length = x.shape[dim]
        band = torch.ones(length, length, dtype=x.dtype, device=x.device).triu(-1).tril(1)
        band = band / band.sum(dim=1, keepdim=True)
        x = torch.matmul(band, x.flatten(dim + 1)).view(x.shape)
    return x


def halve(x: Tensor, ceil: bool) -> Tensor:
    """Average of two neighbours in each dimension of space; a last odd one alone (``ceil``) or dropped."""
    for dim in range(2, x.ndim - 1):
        length = x.shape[dim]
        even, odd = (x.narrow(dim, 0, length // 2 * 2).unflatten(dim, (-1, 2)).select(dim + 1, at) for at in (0, 1))
        halved = (even + odd) * 0.5
        x = torch.cat([halved, x.narrow(dim, length - 1, 1)], dim=dim) if ceil and length % 2 else halved
    return x


class Mixing(nn.Module):
    """A convolution of each of K supernets, ``heads`` of them on the same input: weights (K, heads D, size**dims C)."""

    def __init__(self, generators: Sequence[torch.Generator], heads: int, narrow: int, wide: int, size: int, dims: int):
        super().__init__()
        self.size, self.heads = size, heads
        taps = size**dims
        bound = 1 / math.sqrt(narrow * taps)  # PyTorch's own default
        drawn = [torch.empty(heads * wide, taps * narrow).uniform_(-bound, bound, generator=g) for g in generators]
        self.weight = nn.Parameter(torch.stack(drawn))

    def forward(self, x: Tensor, seeds: Tensor | None, stride: int = 1) -> Tensor:
        weight = self.weight if seeds is None else self.weight[seeds]
        return multiply(weight, near(x, self.size, stride))

    def kernel(self, seed: int, head: int, space: Sequence[int]) -> Tensor:
        """The weights of one supernet and head as PyTorch keeps them: (D, C, *kernel)."""
        own = self.weight[seed].chunk(self.heads)[head]
        return own.unflatten(1, (self.size ** len(space), -1)).transpose(1, 2).unflatten(2, space)


def multiply(weight: Tensor, columns: Tensor) -> Tensor:
    """Mix the channels of (K, C, *space, B) by weights (K, D, C): (K, D, *space, B)."""
    return torch.bmm(weight, columns.flatten(2)).view(len(columns), weight.shape[1], *columns.shape[2:])


@dataclass
class Uses:
    """Where one operation is used on the edges that leave one node: the rows of the stack, and the edges among them."""

    rows: Tensor  # (uses,)
    edges: Tensor  # (uses,) of all six
    dense: bool  # every edge, of every row, in order


class Cell(nn.Module):
    """All operations of a cell's six edges, of K supernets: (P, C, *space, B) to the same shape.

    ``partial``: one in so many channels goes through the operations, the others pass by (PC-DARTS).
    """

    def __init__(
        self,
        generators: Sequence[torch.Generator],
        channels: int,
        dims: int,
        operations: Sequence[int],
        partial: int,
    ):
        super().__init__()
        self.partial, inner = partial, channels // partial
        self.layers = nn.ModuleDict(
            {
                f"{source} {op}": Mixing(generators, len(LEAVING[source]), inner, inner, _KERNEL[op], dims)
                for source in range(3)
                for op in operations
                if op in WEIGHTED
            }
        )

    def branch(
        self, source: int, op: int, x: Tensor, uses: Uses, seeds: Tensor | None, scale: Tensor | None = None
    ) -> Tensor:
        """What an operation makes of node ``source`` for each use, times ``scale`` (uses,): (uses, C, *space, B)."""
        if op not in WEIGHTED:
            out = (pool3(x) if op == nb201.POOL else x)[uses.rows]
            return out if scale is None else out * scale.view(-1, *[1] * (x.ndim - 1))
        layer = self.layers[f"{source} {op}"]
        assert isinstance(layer, Mixing)
        columns = near(x.relu(), layer.size)
        if uses.dense:
            weight = layer.weight if seeds is None else layer.weight[seeds]
            mixed = multiply(weight, columns).unflatten(1, (layer.heads, -1)).flatten(0, 1)
        else:
            own = uses.rows if seeds is None else seeds[uses.rows]
            head = _heads(source, uses.edges)
            weight = layer.weight.unflatten(1, (layer.heads, -1))[own, head]
            mixed = multiply(weight, columns[uses.rows])
        return normalise(mixed, mixed.shape[0] * mixed.shape[1], scale)

    def forward(
        self,
        x: Tensor,
        coefficients: Tensor,
        passed: Tensor | None,
        plan: "Plan",
        seeds: Tensor | None,
        watch: list["Seen"] | None,
    ) -> Tensor:
        inner = x.shape[1] // self.partial
        terms: list[list[Tensor]] = [[], [], [], []]
        nodes = [x]
        for source in range(3):
            node = nodes[source]
            used = node[:, :inner]
            edges = list(LEAVING[source])
            mixed = self._free(used, coefficients, plan, source)
            for edge, term in zip(edges, mixed, strict=True):
                if term is not None:
                    terms[nb201.EDGES[edge][0]].append(term)
            for op, uses in plan.weighted[source]:
                scale = coefficients[uses.rows, uses.edges, plan.column[op]]
                out = self.branch(source, op, used, uses, seeds, scale)
                if uses.dense:
                    for edge, term in zip(edges, out.unflatten(0, (len(x), -1)).unbind(1), strict=True):
                        terms[nb201.EDGES[edge][0]].append(term)
                else:
                    for edge in edges:
                        own = uses.edges == edge
                        if bool(own.any()):
                            empty = torch.zeros_like(used)
                            terms[nb201.EDGES[edge][0]].append(empty.index_add(0, uses.rows[own], out[own]))
            target = source + 1
            if terms[target]:
                value = sum(terms[target][1:], start=terms[target][0])
            else:  # nothing arrives, but who watches asks what it would change
                value = torch.zeros_like(used).requires_grad_(watch is not None)
            if self.partial > 1:
                share = torch.ones_like(coefficients[..., 0]) if passed is None else passed
                by = [
                    nodes[start][:, inner:] * share[:, edge].view(-1, *[1] * (x.ndim - 1))
                    for edge, (end, start) in enumerate(nb201.EDGES)
                    if end == target
                ]
                value = torch.cat([value, sum(by[1:], start=by[0])], dim=1)
                value = value.unflatten(1, (self.partial, -1)).transpose(1, 2).flatten(1, 2)  # shuffled
            nodes.append(value)
        if watch is not None:
            watch.append(Seen(self, nodes))
        return nodes[3]

    def _free(self, x: Tensor, coefficients: Tensor, plan: "Plan", source: int) -> list[Tensor | None]:
        """The operations without weights of the edges that leave a node, mixed: one (P, C, *space, B) an edge."""
        edges = list(LEAVING[source])
        ops = plan.free[source]
        if not ops:
            return [None] * len(edges)
        images = torch.stack([pool3(x) if op == nb201.POOL else x for op in ops], dim=1)  # (P, ops, C, *space, B)
        own = coefficients[:, edges][:, :, [plan.column[op] for op in ops]]  # (P, edges, ops)
        return list(torch.bmm(own, images.flatten(2)).view(len(x), len(edges), *x.shape[1:]).unbind(1))


def _heads(source: int, edges: Tensor) -> Tensor:
    """Place of each edge among those that leave ``source``."""
    return (edges[:, None] == torch.tensor(LEAVING[source], device=edges.device)).int().argmax(dim=1)


@dataclass
class Seen:
    """A cell as it ran, with its nodes."""

    cell: Cell
    nodes: list[Tensor]


class Plan:
    """Which operations are to be computed, from each node: all, or those that ``active`` (P, 6, ops) names."""

    def __init__(self, operations: Sequence[int], rows: int, active: Tensor | None, device: torch.device):
        self.column = {op: at for at, op in enumerate(operations)}
        self.weighted: list[list[tuple[int, Uses]]] = []
        self.free: list[list[int]] = []
        for edges in LEAVING:
            weighted, free = [], []
            for op in operations:
                if op == nb201.NONE:
                    continue
                if active is None:
                    on = torch.ones(rows, len(edges), dtype=torch.bool, device=device)
                else:
                    on = active[:, list(edges), self.column[op]]
                if not bool(on.any()):
                    continue
                if op not in WEIGHTED:
                    free.append(op)
                    continue
                own, at = on.nonzero(as_tuple=True)
                uses = Uses(own, torch.tensor(edges, device=device)[at], bool(on.all()))
                weighted.append((op, uses))
            self.weighted.append(weighted)
            self.free.append(free)

    def wanted(self, source: int, active: Tensor) -> list[tuple[int, Uses]]:
        """Every use of every operation from a node, those without weights too."""
        free = []
        for op in self.free[source]:
            own, at = active[:, list(LEAVING[source]), self.column[op]].nonzero(as_tuple=True)
            free.append((op, Uses(own, torch.tensor(LEAVING[source], device=own.device)[at], False)))
        return self.weighted[source] + free
