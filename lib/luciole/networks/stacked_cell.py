"""The cells of many networks at one depth as one function of features (m, C, L, B), its backward pass written out.

:mod:`luciole.networks.stack` says why, and makes modules of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.spaces import nb201

_MOMENTUM, _EPSILON = 0.1, 1e-5  # batch normalisation's, PyTorch's defaults


Place = tuple[int, str]  # a network, and the name of a layer in it


class Norms(nn.Module):
    """One batch normalisation for each of m inputs (m, C, L, B), its statistics over L and B."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, places: Sequence[Place]):
        super().__init__()
        self.places = list(places)
        self.weight = nn.Parameter(torch.ones(len(places) * channels))
        self.bias = nn.Parameter(torch.zeros(len(places) * channels))
        self.register_buffer("running_mean", torch.zeros_like(self.weight))
        self.register_buffer("running_var", torch.ones_like(self.weight))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(1, len(self.weight), -1)
        return functional.batch_norm(
            flat, self.running_mean, self.running_var, self.weight, self.bias, self.training, _MOMENTUM, _EPSILON
        ).view_as(x)

    @torch.no_grad()
    def write(self, networks: Sequence[nn.Module]) -> None:
        """Copy each layer's scale, shift and running statistics to its place."""
        for name in ("weight", "bias", "running_mean", "running_var"):
            for (k, layer), own in zip(self.places, getattr(self, name).cpu().chunk(len(self.places)), strict=True):
                getattr(networks[k].get_submodule(layer), name).copy_(own)


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
class Group:
    """The uses of one node by one operation: rows of the state read and added to (state: 4 K node values)."""

    op: int
    reads: Tensor  # (uses,)
    adds: Tensor  # (uses,)
    norms: Norms | None = None
    first: int = 0  # where its weight, scale and shift stand among the parameters passed


class CellFunction(torch.autograd.Function):
    """All cells of one depth, forward and backward, on one state of shape (4 K, C, L, B): node 0 of all, node 1, ..."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, groups: list[Group], state: Tensor, training: bool, *parameters: Tensor) -> Tensor:
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
