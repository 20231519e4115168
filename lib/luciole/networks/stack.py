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

Two choices make it fast. Features are (K, C, L, B), the batch innermost: the neighbour in time of every sample is
B places away, so a convolution of size 3 is three matrix products on shifted views, and copies nothing. And the
backward pass of a cell is written out (:class:`_CellFunction`), because autograd would fill and add a tensor of all
networks for each operation. An edge that cannot reach the output node is left out: it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks.nb201 import Cell, Network, build
from luciole.networks.skeleton import Skeleton
from luciole.spaces import nb201

_MOMENTUM, _EPSILON = 0.1, 1e-5  # batch normalisation's, PyTorch's defaults


def _convolve(weight: Tensor, x: Tensor) -> Tensor:
    """Convolve (m, C, L, B) with weights (taps, m, D, C), zeros beyond the ends: (m, D, L, B)."""
    m, _, length, batch = x.shape
    flat = x.flatten(2)
    y = torch.bmm(weight[len(weight) // 2], flat)
    if len(weight) == 3:
        y[:, :, batch:].baddbmm_(weight[0], flat[:, :, :-batch])
        y[:, :, :-batch].baddbmm_(weight[2], flat[:, :, batch:])
    return y.view(m, -1, length, batch)


def _convolve_backward(weight: Tensor, x: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of :func:`_convolve` by its input and by its weights."""
    batch = x.shape[-1]
    flat, back = x.flatten(2), grad.flatten(2)
    turned = weight.transpose(2, 3)
    by_x = torch.bmm(turned[len(weight) // 2], back)
    if len(weight) == 1:
        return by_x.view_as(x), torch.bmm(back, flat.transpose(1, 2))[None]
    by_x[:, :, :-batch].baddbmm_(turned[0], back[:, :, batch:])
    by_x[:, :, batch:].baddbmm_(turned[2], back[:, :, :-batch])
    by_weight = torch.stack(
        [
            torch.bmm(back[:, :, batch:], flat[:, :, :-batch].transpose(1, 2)),
            torch.bmm(back, flat.transpose(1, 2)),
            torch.bmm(back[:, :, :-batch], flat[:, :, batch:].transpose(1, 2)),
        ]
    )
    return by_x.view_as(x), by_weight


class Convolutions(nn.Module):
    """The weights of one convolution, of size 1 or 3, for each of m inputs."""

    def __init__(self, layers: Sequence[nn.Module]):
        super().__init__()
        self.layers = list(layers)  # a plain list: the layers' own weights are not parameters of the stack
        weight = torch.stack([cast(Tensor, layer.weight).detach() for layer in layers])  # (m, D, C, taps)
        self.weight = nn.Parameter(weight.permute(3, 0, 1, 2).contiguous())  # (taps, m, D, C)

    def forward(self, x: Tensor) -> Tensor:
        """Mix channels (size 1 only: those of size 3 are inside cells)."""
        return torch.matmul(self.weight[0], x.flatten(-2)).unflatten(-1, x.shape[-2:])

    @torch.no_grad()
    def write_back(self) -> None:
        for layer, weight in zip(self.layers, self.weight.permute(1, 2, 3, 0).cpu(), strict=True):
            cast(Tensor, layer.weight).copy_(weight)


class Norms(nn.Module):
    """One batch normalisation for each of m inputs (m, C, L, B), its statistics over L and B."""

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
        flat = x.reshape(1, len(self.weight), -1)
        return functional.batch_norm(
            flat, self.running_mean, self.running_var, self.weight, self.bias, self.training, _MOMENTUM, _EPSILON
        ).view_as(x)

    @torch.no_grad()
    def write_back(self) -> None:
        for name in ("weight", "bias", "running_mean", "running_var"):
            for layer, own in zip(self.layers, getattr(self, name).cpu().chunk(len(self.layers)), strict=True):
                getattr(layer, name).copy_(own)


def _normalise(x: Tensor, scale: Tensor, shift: Tensor, norms: Norms, training: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation of (m, C, L, B): the result, and the mean and 1/deviation used, (m C,) each.

    In training the variance is the mean of squares less the square of the mean, two fast passes where PyTorch's
    own kernel on a processor makes one slow one.
    """
    flat = x.view(len(scale), -1)
    if training:
        count = flat.shape[1]
        mean = flat.mean(dim=1)
        square = torch.linalg.vector_norm(flat, dim=1).square() / count
        variance = (square - mean.square()).clamp_min(0)  # rounding may go below 0 where all values are equal
        norms.running_mean.lerp_(mean, _MOMENTUM)
        norms.running_var.lerp_(variance * (count / max(count - 1, 1)), _MOMENTUM)
    else:
        mean, variance = norms.running_mean, norms.running_var
    invstd = torch.rsqrt(variance + _EPSILON)
    slope = scale * invstd
    return torch.addcmul((shift - mean * slope)[:, None], flat, slope[:, None]).view_as(x), mean, invstd


def _averaging(length: int, like: Tensor) -> Tensor:
    """The matrix (L, L) of the pooling of size 3 that does not count the padding."""
    near = torch.ones(length, length, dtype=like.dtype, device=like.device).triu(-1).tril(1)
    return near / near.sum(dim=1, keepdim=True)


@dataclass
class _Group:
    """The uses of one node by one operation: rows of the state read and added to (state: 4 K node values)."""

    op: int
    reads: Tensor  # (uses,)
    adds: Tensor  # (uses,)
    norms: Norms | None = None
    first: int = 0  # where its weight, scale and shift stand among the parameters passed


class _CellFunction(torch.autograd.Function):
    """All cells of one depth, forward and backward, on one state of shape (4 K, C, L, B): node 0 of all, node 1, ..."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, groups: list[_Group], state: Tensor, training: bool, *parameters: Tensor
    ) -> Tensor:
        networks = len(x)
        state[:networks] = x
        state[networks:].zero_()
        averaging = _averaging(x.shape[2], x)
        kept: list[tuple[Tensor, ...]] = []
        for group in groups:
            used = state.index_select(0, group.reads)
            if group.op == nb201.POOL:
                used = torch.matmul(averaging, used)
            elif group.norms is not None:
                used.clamp_min_(0)
                weight, scale, shift = parameters[group.first : group.first + 3]
                mixed = _convolve(weight, used)
                normal, mean, invstd = _normalise(mixed, scale, shift, group.norms, training)
                kept.append((used, mixed, mean, invstd))
                used = normal
            state.index_add_(0, group.adds, used)
        ctx.groups, ctx.state, ctx.training, ctx.averaging = groups, state, training, averaging
        ctx.save_for_backward(*parameters, *(tensor for layer in kept for tensor in layer))
        ctx.count = len(parameters)
        return state[3 * networks :].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        networks = len(grad)
        saved = ctx.saved_tensors
        parameters, kept = saved[: ctx.count], saved[ctx.count :]
        state = ctx.state
        state[: 3 * networks].zero_()
        state[3 * networks :] = grad
        by_parameter: list[Tensor | None] = [None] * ctx.count
        layer = len(kept)
        for group in reversed(ctx.groups):
            back = state.index_select(0, group.adds)
            if group.op == nb201.POOL:
                back = torch.matmul(ctx.averaging.T, back)
            elif group.norms is not None:
                layer -= 4
                used, mixed, mean, invstd = kept[layer : layer + 4]
                weight, scale, _ = parameters[group.first : group.first + 3]
                flat, by_scale, by_shift = torch.ops.aten.native_batch_norm_backward(
                    back.view(1, len(scale), -1), mixed.view(1, len(scale), -1), scale, group.norms.running_mean,
                    group.norms.running_var, mean, invstd, ctx.training, _EPSILON, [True, True, True],
                )  # fmt: skip
                back, by_weight = _convolve_backward(weight, used, flat.view_as(mixed))
                back = torch.ops.aten.threshold_backward(back, used, 0)
                by_parameter[group.first : group.first + 3] = [by_weight, by_scale, by_shift]
            state.index_add_(0, group.reads, back)
        return (state[:networks].clone(), None, None, None, *by_parameter)


class Cells(nn.Module):
    """The cells of K networks at one depth: (K, C, L, B) to the same shape."""

    def __init__(self, cells: Sequence[Cell], rows: Tensor):
        super().__init__()
        count = len(cells)
        # Kept from step to step, for to ask the system for so much fresh memory takes longer than to compute in it.
        self.state: Tensor | None = None
        alive = _alive(rows)  # (K, 6)
        self.layers = nn.ModuleList()
        self.places: list[tuple[int, Tensor, Tensor, int]] = []  # operation, reads, adds, its layer or -1
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
                    branches = [cast(nn.Sequential, cells[k].edges[number]) for number, k in uses]
                    at = len(self.layers)
                    self.layers.append(_pair([cast(nn.Sequential, branch[1:]) for branch in branches]))
                reads = torch.tensor([source * count + k for _, k in uses])
                adds = torch.tensor([nb201.EDGES[number][0] * count + k for number, k in uses])
                self.places.append((op, reads, adds, at))

    def forward(self, x: Tensor) -> Tensor:
        groups: list[_Group] = []
        parameters: list[Tensor] = []
        for op, reads, adds, at in self.places:
            group = _Group(op, reads.to(x.device), adds.to(x.device), first=len(parameters))
            if at >= 0:
                convolutions, group.norms = cast(
                    tuple[Convolutions, Norms], tuple(cast(nn.Sequential, self.layers[at]))
                )
                parameters += [convolutions.weight, group.norms.weight, group.norms.bias]
            groups.append(group)
        shape = (4 * len(x), *x.shape[1:])
        if self.state is None or self.state.shape != shape or self.state.device != x.device:
            self.state = x.new_empty(shape)
        return cast(Tensor, _CellFunction.apply(x, groups, self.state, self.training, *parameters))


def _pair(branches: Sequence[nn.Sequential]) -> nn.Sequential:
    """Stack m pairs of a convolution and its normalisation."""
    return nn.Sequential(Convolutions([branch[0] for branch in branches]), Norms([branch[1] for branch in branches]))


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

    One generator a network, drawn from as :func:`luciole.networks.build` draws. Raises LucioleError for another
    kind of skeleton, or when cells and generators do not pair up.
    """

    def __init__(self, rows: object, skeleton: Skeleton, generators: Sequence[torch.Generator]):
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
        self.singles = [build(row, skeleton, one) for row, one in zip(cells, generators, strict=True)]
        self.stem = _pair([single.stem for single in self.singles])
        self.body = nn.ModuleList()
        operations = torch.from_numpy(cells.astype("int64"))
        for layers in zip(*(single.body for single in self.singles), strict=True):
            if isinstance(layers[0], Cell):
                self.body.append(Cells(cast(Sequence[Cell], layers), operations))
            else:
                self.body.append(_pair([cast(nn.Sequential, cast(nn.Sequential, layer)[1:]) for layer in layers]))
        self.last = Norms([single.last[0] for single in self.singles])
        heads = [single.classifier for single in self.singles]
        self.weight = nn.Parameter(torch.stack([head.weight.detach() for head in heads]))  # (K, D, C)
        self.bias = nn.Parameter(torch.stack([head.bias.detach()[:, None] for head in heads]))  # (K, D, 1)

    def forward(self, x: Tensor) -> Tensor:
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
        for module in self.modules():
            if isinstance(module, Convolutions | Norms):
                module.write_back()
        with torch.no_grad():
            for single, weight, bias in zip(self.singles, self.weight.cpu(), self.bias.cpu(), strict=True):
                single.classifier.weight.copy_(weight)
                single.classifier.bias.copy_(bias[:, 0])
        return [single.train(self.training) for single in self.singles]
