"""The units of a network whose layers follow one another: which are on a path, and a really smaller network of those.

A unit is an output of a dense layer or of a convolution. It counts when a path of present weights leads from the inputs
through it to an answer; the others can be cut out, with all their weights, and so can inputs that nothing reads. What
is left is a dense network of the same layers, only narrower, which really takes less time and memory.

Networks: ``nn.Sequential`` of dense layers, convolutions (not grouped), batch normalisation, pooling, flattening, and
whatever acts on each value alone (activations, dropout).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from luciole.errors import LucioleError
from luciole.sparsity.masks import Masks

WEIGHTED = (nn.Linear, _ConvNd)
_POOLING = (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)
_ALONE = (
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Tanh, nn.Sigmoid),
    *(nn.Dropout, nn.Identity, nn.Flatten),
)


@dataclass(frozen=True)
class Units:
    """Of one weighted layer: places of the outputs and inputs that are kept, ascending."""

    outputs: Tensor
    inputs: Tensor


def supported(network: nn.Module) -> str:
    """Why a network is no such chain, in words; empty when it is one."""
    if not isinstance(network, nn.Sequential):
        return f"expected an nn.Sequential, got {type(network).__name__}"
    for name, module in network.named_children():
        if isinstance(module, _ConvNd) and (module.groups != 1 or module.transposed):
            return f"{name} is a grouped or transposed convolution"
        if not isinstance(module, (*WEIGHTED, _BatchNorm, *_POOLING, *_ALONE)):
            return f"{name} is a {type(module).__name__}, which is not known to keep channels apart"
    if not any(isinstance(module, WEIGHTED) for module in network):
        return "it has no dense layer and no convolution"
    return ""


def layers(network: nn.Module) -> list[str]:
    """Names of the weighted layers, in their order; LucioleError for a network that is no chain."""
    if reason := supported(network):
        raise LucioleError(f"only chains of layers can be cut: {reason}")
    return [name for name, module in network.named_children() if isinstance(module, WEIGHTED)]


def alive(network: nn.Module, masks: Masks) -> dict[str, Units]:
    """Which outputs and inputs of each weighted layer lie on a path of present weights from the inputs to an answer.

    All answers stay. Inputs of a dense layer behind flattened channels are counted value by value, and a channel that
    stays keeps all its values.
    """
    names = layers(network)
    masks.check(network)
    present = {name: _grid(masks[f"{name}.weight"], _channels(network, names, at)) for at, name in enumerate(names)}
    reached = [torch.ones(present[names[0]].shape[1], dtype=torch.bool)]
    for name in names:
        reached.append(present[name][:, reached[-1]].any(dim=1))
    needed = [torch.ones(present[names[-1]].shape[0], dtype=torch.bool)]
    for name in reversed(names):
        needed.append(present[name][needed[-1]].any(dim=0))
    needed.reverse()
    stay = [one & other for one, other in zip(reached, needed, strict=True)]
    stay[-1] = torch.ones_like(stay[-1])
    found = {}
    for at, name in enumerate(names):
        weight = masks[f"{name}.weight"]
        values = weight.shape[1] // present[name].shape[1]  # of a channel that was flattened
        inputs = stay[at].repeat_interleave(values)
        found[name] = Units(stay[at + 1].nonzero().squeeze(1), inputs.nonzero().squeeze(1))
    return found


def layer(network: nn.Module, name: str) -> nn.Linear | _ConvNd:
    """A weighted layer by its name."""
    found = network.get_submodule(name)
    assert isinstance(found, WEIGHTED)
    return found


def _channels(network: nn.Module, names: list[str], at: int) -> int:
    """How many units layer ``at`` reads: the outputs of the layer before it, or its own inputs."""
    own = layer(network, names[at]).weight.shape[1]
    before = layer(network, names[at - 1]).weight.shape[0] if at else own
    if own % before:
        raise LucioleError(f"{names[at]} reads {own} values of {before} units; expected a chain of layers")
    return before


def _grid(mask: Tensor, channels: int) -> Tensor:
    """Whether any weight leads from an input unit to an output unit, (outputs, units before)."""
    wide = mask.flatten(2).any(dim=2) if mask.ndim > 2 else mask
    return wide.view(len(wide), channels, -1).any(dim=2)


def cut(network: nn.Module, units: Mapping[str, Units]) -> nn.Sequential:
    """A copy of the chain with these units alone; where the first layer lost inputs, give it those that it kept."""
    names = layers(network)
    smaller = copy.deepcopy(network)
    before: Units | None = None
    for name, module in smaller.named_children():
        if isinstance(module, WEIGHTED):
            before = units[name]
            weight = module.weight.detach()[before.outputs][:, before.inputs].clone()
            module.weight = nn.Parameter(weight)
            if module.bias is not None:
                module.bias = nn.Parameter(module.bias.detach()[before.outputs].clone())
            outputs, inputs = weight.shape[:2]
            if isinstance(module, nn.Linear):
                module.out_features, module.in_features = outputs, inputs
            else:
                module.out_channels, module.in_channels = outputs, inputs
        elif isinstance(module, _BatchNorm) and before is not None:
            module.num_features = len(before.outputs)
            for key, value in [*module.named_parameters(), *module.named_buffers()]:
                if value.ndim:
                    part = value.detach()[before.outputs].clone()
                    setattr(module, key, nn.Parameter(part) if isinstance(value, nn.Parameter) else part)
    assert isinstance(smaller, nn.Sequential) and names
    return smaller


@torch.no_grad()
def paste(smaller: nn.Module, network: nn.Module, units: Mapping[str, Units]) -> None:
    """Write the values of a chain that was :func:`cut` back into the whole one; what was cut out stays as it is."""
    before: Units | None = None
    for name, module in network.named_children():
        part = smaller.get_submodule(name)
        if isinstance(module, WEIGHTED):
            before, narrow = units[name], layer(smaller, name)
            module.weight[before.outputs[:, None], before.inputs[None, :]] = narrow.weight
            if module.bias is not None and narrow.bias is not None:
                module.bias[before.outputs] = narrow.bias
        elif isinstance(module, _BatchNorm) and before is not None:
            ours: dict[str, Tensor] = dict([*module.named_parameters(), *module.named_buffers()])
            for key, value in [*part.named_parameters(), *part.named_buffers()]:
                if value.ndim:
                    ours[key][before.outputs] = value
                else:
                    ours[key].copy_(value)


@torch.no_grad()
def silence(network: nn.Module, units: Mapping[str, Units], masks: Masks) -> Masks:
    """Zero what lies on no path, weights, biases and normalisation, in place, and return the masks without it.

    A unit that nothing reached answered a constant until then: this is where the function of the network may move.
    """
    before: Units | None = None
    tensors = {}
    for name, module in network.named_children():
        if isinstance(module, WEIGHTED):
            before = units[name]
            kept = torch.zeros_like(masks[f"{name}.weight"])
            kept[before.outputs[:, None], before.inputs[None, :]] = True
            tensors[f"{name}.weight"] = masks[f"{name}.weight"] & kept
            module.weight.mul_(tensors[f"{name}.weight"])
        if isinstance(module, (*WEIGHTED, _BatchNorm)) and before is not None and module.bias is not None:
            stays = torch.zeros(len(module.bias), dtype=torch.bool)
            stays[before.outputs] = True
            module.bias.mul_(stays)
    return Masks(tensors)
