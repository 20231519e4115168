"""The supernet over the cells of NAS-Bench-201: every operation on every edge, in one network, in 1-D or 2-D.

An edge gives the sum of its operations, each times a coefficient; what the coefficients are (a softmax, a sample, a
gate) is a method's affair. Given a one-hot choice on each edge it is the network of a cell, with shared weights:

    >>> import torch
    >>> from luciole.networks import Skeleton
    >>> skeleton = Skeleton(inputs=3, classes=5, width=4, cells=1, dims=1, stem="conv1", reduction="pool")
    >>> net = Supernet(skeleton, [torch.Generator().manual_seed(seed) for seed in (0, 1)])
    >>> x = torch.randn(7, 3, 16)
    >>> net(x, torch.full((2, 6, 5), 0.2)).shape  # two supernets side by side
    torch.Size([2, 7, 5])
    >>> net(x, **net.paths([[3, 1, 2, 0, 4, 3]], seeds=[1])).shape  # one cell with the weights of the second
    torch.Size([1, 7, 5])

Four choices make it fast. Edges that leave a node share its ReLU, its pooling, and one matrix product and one
normalisation an operation. The coefficient of a convolution is the scale of its normalisation, so that mixing costs no
pass over the features. Several supernets of the same skeleton run side by side, each with weights of its own. Features
are (K, C, space, B), the batch innermost (:mod:`luciole.networks.stack` says why). Operations that are not chosen are
not computed.

Normalisations have no scale and shift of their own and always use the statistics of the batch at hand, as
NAS-Bench-201's one-shot baselines do: a running mean over thousands of cells would be that of none of them.

Sources: Liu, Simonyan and Yang, DARTS, ICLR 2019 (relaxation); Dong and Yang, NAS-Bench-201, ICLR 2020 (the space).
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.networks.nb201 import Network
from luciole.spaces import nb201
from luciole.supernet.cell import LEAVING, WEIGHTED, Cell, Mixing, Plan, Seen, Uses, halve, normalise


class Supernet(nn.Module):
    """K supernets of one skeleton side by side; one generator each, drawn from for its initial weights alone.

    ``operations`` are those of :data:`luciole.spaces.nb201.OPS` that every edge offers, ascending. Raises LucioleError
    for operations that are none, twice there or without any weights (nothing could be trained), and for a width that
    ``partial`` does not divide.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        generators: Sequence[torch.Generator],
        operations: Sequence[int] = tuple(range(len(nb201.OPS))),
        partial: int = 1,
    ):
        super().__init__()
        self.skeleton, self.count, self.operations = skeleton, len(generators), tuple(operations)
        if sorted({*self.operations} & {*range(len(nb201.OPS))}) != list(self.operations):
            raise LucioleError(f"expected operations 0..{len(nb201.OPS) - 1}, ascending, got {self.operations}")
        if not {*self.operations} & {*WEIGHTED}:
            raise LucioleError(
                f"expected an operation with weights (2 or 3) in a supernet, got {self.operations}; nothing to train"
            )
        if not generators:
            raise LucioleError("expected one generator a supernet, got none")
        if partial < 1 or skeleton.width % partial:
            raise LucioleError(f"expected a width that {partial} divides, got {skeleton.width}; widen the skeleton")
        dims, widths = skeleton.dims, skeleton.widths
        self.stem = Mixing(generators, 1, skeleton.inputs, widths[0], 3 if skeleton.stem == "conv3" else 1, dims)
        self.body = nn.ModuleList()
        for stage, width in enumerate(widths):
            if stage:
                narrow = widths[stage - 1]
                parts = {"shortcut": Mixing(generators, 1, narrow, width, 1, dims)}
                if skeleton.reduction == "residual":
                    parts["first"] = Mixing(generators, 1, narrow, width, 3, dims)
                    parts["second"] = Mixing(generators, 1, width, width, 3, dims)
                self.body.append(nn.ModuleDict(parts))
            for _ in range(skeleton.cells):
                self.body.append(Cell(generators, width, dims, self.operations, partial))
        bound = 1 / math.sqrt(widths[-1])
        shapes = ((skeleton.classes, widths[-1]), (skeleton.classes, 1))
        self.weight, self.bias = (
            nn.Parameter(torch.stack([torch.empty(s).uniform_(-bound, bound, generator=g) for g in generators]))
            for s in shapes
        )

    def forward(
        self,
        x: Tensor,
        coefficients: Tensor,
        active: Tensor | None = None,
        passed: Tensor | None = None,
        seeds: Tensor | None = None,
        watch: list[Seen] | None = None,
    ) -> Tensor:
        """Give logits (P, B, classes) of P networks, P = K unless ``seeds`` says whose weights each of them has.

        Parameters
        ----------
        x: windows or images (B, inputs, *space) for all, or (P, B, inputs, *space), to each its own.
        coefficients: (P, 6, ops) of the operations on the edges.
        active: (P, 6, ops), which of them to compute; None: all. A coefficient that is not active counts as 0.
        passed: (P, 6), what the channels that pass by are multiplied with, where ``partial`` is above 1.
        watch: where to put the cells as they run, for :func:`gate_gradients`.
        """
        rows = len(coefficients)
        expected = (self.count if seeds is None else len(seeds), len(nb201.EDGES), len(self.operations))
        if tuple(coefficients.shape) != expected:
            raise LucioleError(f"expected coefficients of shape {expected}, got {tuple(coefficients.shape)}")
        if active is not None:
            coefficients = torch.where(active, coefficients, torch.zeros_like(coefficients))
        plan = Plan(self.operations, rows, active, coefficients.device)
        single = x.ndim == self.skeleton.dims + 2
        h = (x[None].expand(rows, *x.shape) if single else x).movedim(1, -1)  # (P, inputs, *space, B)
        h = self.stem(h.contiguous(), seeds)
        h = normalise(h, h.shape[0] * h.shape[1])
        for block in self.body:
            if isinstance(block, Cell):
                h = block(h, coefficients, passed, plan, seeds, watch)
            else:
                h = self._reduce(block, h, seeds)
        h = normalise(h, h.shape[0] * h.shape[1]).relu().flatten(2, -2).mean(dim=2)  # (P, C, B)
        weight, bias = (own if seeds is None else own[seeds] for own in (self.weight, self.bias))
        return torch.baddbmm(bias, weight, h).transpose(1, 2)

    def _reduce(self, block: Any, x: Tensor, seeds: Tensor | None) -> Tensor:
        residual = self.skeleton.reduction == "residual"
        short = block["shortcut"](halve(x, ceil=residual), seeds)
        if not residual:
            return normalise(short, short.shape[0] * short.shape[1])
        y = block["first"](x.relu(), seeds, stride=2)
        y = normalise(y, y.shape[0] * y.shape[1]).relu()
        y = block["second"](y, seeds)
        return short + normalise(y, y.shape[0] * y.shape[1])

    def paths(self, rows: object, seeds: Sequence[int] | Tensor | None = None) -> dict[str, Tensor]:
        """The arguments of :meth:`forward` for cells (P, 6): one-hot coefficients, computed alone.

        Raises LucioleError for an operation that the supernet does not offer.
        """
        cells = torch.from_numpy(nb201.check(rows).astype("int64"))
        column = torch.full((len(nb201.OPS),), -1)
        column[list(self.operations)] = torch.arange(len(self.operations))
        at = column[cells]
        if bool((at < 0).any()):
            raise LucioleError(f"expected cells of the operations {self.operations}, got {cells.tolist()[:3]} …")
        one = functional.one_hot(at, len(self.operations))
        like = self.weight
        given = {"coefficients": one.to(like), "active": one.bool().to(like.device)}
        if seeds is not None:
            given["seeds"] = torch.as_tensor(seeds, device=like.device)
        return given

    @torch.no_grad()
    def inherit(self, row: object, seed: int) -> Network:
        """The network of a cell, an ordinary module, with the weights that supernet ``seed`` has for it."""
        cell = nb201.check(row)
        network: Any = build(cell, self.skeleton, torch.Generator()).to(self.weight)
        space = [3] * self.skeleton.dims
        ones = [1] * self.skeleton.dims
        stem = space if self.skeleton.stem == "conv3" else ones
        network.stem[0].weight.copy_(self.stem.kernel(seed, 0, stem))
        for own, block in zip(self.body, network.body, strict=True):
            if isinstance(own, Cell):
                for number, (_, source) in enumerate(nb201.EDGES):
                    if (op := int(cell[number])) in WEIGHTED:
                        layer: Any = own.layers[f"{source} {op}"]
                        kernel = layer.kernel(seed, LEAVING[source].index(number), space if op == nb201.CONV3 else ones)
                        block.edges[number][1].weight.copy_(kernel)
                continue
            parts: Any = own
            if self.skeleton.reduction == "residual":
                block.first[1].weight.copy_(parts["first"].kernel(seed, 0, space))
                block.second[1].weight.copy_(parts["second"].kernel(seed, 0, space))
                block.shortcut[1].weight.copy_(parts["shortcut"].kernel(seed, 0, ones))
            else:
                block[1].weight.copy_(parts["shortcut"].kernel(seed, 0, ones))
        network.classifier.weight.copy_(self.weight[seed])
        network.classifier.bias.copy_(self.bias[seed][:, 0])
        return network


def gate_gradients(
    net: Supernet, loss: Tensor, watch: Sequence[Seen], wanted: Tensor, seeds: Tensor | None = None
) -> Tensor:
    """Gradients of ``loss`` (a sum over supernets) by the coefficients (P, 6, ops) ``wanted``; the others are 0.

    An operation needs not to have run: its output is made here, used for one scalar product with the gradient of the
    node that it would have gone to, and dropped, so that no more than one is in memory at a time. The graph of ``loss``
    is freed, the weights receive no gradient. Source: Cai, Zhu and Han, ProxylessNAS, ICLR 2019, section 3.2.
    """
    nodes = [node for seen in watch for node in seen.nodes]
    backs = torch.autograd.grad(loss, nodes, allow_unused=True)
    found = torch.zeros(wanted.shape, dtype=net.weight.dtype, device=net.weight.device)
    plan = Plan(net.operations, len(wanted), wanted, wanted.device)
    with torch.no_grad():
        for number, seen in enumerate(watch):
            for source in range(3):
                for op, uses in plan.wanted(source, wanted):
                    products = _products(seen, backs[4 * number : 4 * number + 4], source, op, uses, seeds)
                    found[uses.rows, uses.edges, plan.column[op]] += products
    return found


def _products(
    seen: Seen, backs: Sequence[Tensor | None], source: int, op: int, uses: Uses, seeds: Tensor | None
) -> Tensor:
    """Scalar product of an operation's output with the gradient where it would go, for each use: (uses,)."""
    inner = seen.nodes[0].shape[1] // seen.cell.partial
    out = seen.cell.branch(source, op, seen.nodes[source][:, :inner], uses, seeds)
    products = out.new_zeros(len(out))
    for edge in LEAVING[source]:
        back, own = backs[nb201.EDGES[edge][0]], uses.edges == edge
        if back is None or not bool(own.any()):
            continue
        if seen.cell.partial > 1:  # undo the shuffle of the node
            back = back.unflatten(1, (-1, seen.cell.partial)).transpose(1, 2).flatten(1, 2)[:, :inner]
        products[own] = (out[own] * back[uses.rows[own]]).flatten(1).sum(dim=1)
    return products
