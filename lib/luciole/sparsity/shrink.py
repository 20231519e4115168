"""From a network with absent weights to a really smaller dense one of the same function.

    from torch import nn
    smaller = shrink(network, masks)
    smaller(x)                      # what network(x) was, with narrower layers

Units on no path are cut out. One that nothing reaches answers a constant, which is added to the bias of the layer that
reads it; where it cannot be (a padded convolution reads it), the unit stays. Single weights that are absent inside of
what is left stay as zeros: they save nothing on a processor that multiplies dense blocks.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.masks import Masks


class Reading(nn.Module):
    """Hand on some inputs only: the first thing in a network that stopped reading the others."""

    def __init__(self, inputs: Tensor, flat: bool) -> None:
        super().__init__()
        self.inputs: Tensor
        self.register_buffer("inputs", inputs)
        self.flat = flat

    def forward(self, x: Tensor) -> Tensor:  # (B, inputs, ...) -> (B, those that are read, ...)
        return (x.flatten(1) if self.flat else x)[:, self.inputs]


@torch.no_grad()
def shrink(network: nn.Module, masks: Masks) -> nn.Sequential:
    """Return a smaller network that answers as ``network`` with ``masks`` does, in evaluation mode, to rounding.

    ``network``: a chain (:mod:`luciole.sparsity.chain`); it is not changed. Raises LucioleError for another network.

    >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> masks = Masks({"0.weight": torch.eye(3, 4).bool(), "2.weight": torch.eye(2, 3).bool()})
    >>> smaller = shrink(network, masks)
    >>> [tuple(weight.shape) for weight in smaller.parameters() if weight.ndim == 2]
    [(2, 2), (2, 2)]
    """
    units = chain.alive(network, masks)
    names = chain.layers(network)
    if empty := [name for name in names if not len(units[name].outputs) or not len(units[name].inputs)]:
        raise LucioleError(
            f"no path leads through {', '.join(empty)}: the network answers a constant, nothing to shrink"
        )
    whole = chain.cut(network, {name: _all(network, name) for name in names})  # a copy that may be changed
    masks.apply(whole)
    for name, following in pairwise(names):
        _fold(whole, name, following, units)
    smaller = chain.cut(whole, units).eval()
    first = chain.layer(whole, names[0])
    if len(units[names[0]].inputs) == first.weight.shape[1]:
        return smaller
    return nn.Sequential(Reading(units[names[0]].inputs, isinstance(first, nn.Linear)), *smaller).eval()


def _all(network: nn.Module, name: str) -> chain.Units:
    outputs, inputs = chain.layer(network, name).weight.shape[:2]
    return chain.Units(torch.arange(outputs), torch.arange(inputs))


def _fold(whole: nn.Sequential, name: str, following: str, units: dict[str, chain.Units]) -> None:
    """Add what the cut units of layer ``name`` answer, a constant where it is read, to the bias of ``following``."""
    layer, reader = chain.layer(whole, name), chain.layer(whole, following)
    outputs = layer.weight.shape[0]
    cut = torch.ones(outputs, dtype=torch.bool)
    cut[units[name].outputs] = False
    silent = cut & ~layer.weight.flatten(1).any(dim=1)
    if not bool(silent.any()):
        return
    answer = _constant(whole, name, following, outputs)
    values = reader.weight.shape[1] // outputs
    read = reader.weight.flatten(2).sum(dim=2) if reader.weight.ndim > 2 else reader.weight
    given = torch.where(silent, answer, 0).repeat_interleave(values)
    padded = isinstance(reader, _ConvNd) and any(reader.padding) and bool((given[None] * read).any())
    if padded:
        raise LucioleError(
            f"{following} pads with zeros what {name} answers constantly; train on until its unit is read no more"
        )
    if reader.bias is None:
        reader.bias = nn.Parameter(reader.weight.new_zeros(reader.weight.shape[0]))
    reader.bias += read @ given
    fed = silent.repeat_interleave(values)
    reader.weight[:, fed] = 0


def _constant(whole: nn.Sequential, name: str, following: str, outputs: int) -> Tensor:
    """What each unit of a layer answers when nothing reaches it, behind normalisation and activation, (outputs,)."""
    names = [child for child, _ in whole.named_children()]
    layer = chain.layer(whole, name)
    value = layer.bias if layer.bias is not None else layer.weight.new_zeros(outputs)
    dims = layer.weight.ndim - 2
    value = value.view(1, outputs, *([1] * dims))
    for child in names[names.index(name) + 1 : names.index(following)]:
        module = whole.get_submodule(child)
        if isinstance(module, nn.Flatten) or "Pool" in type(module).__name__:
            continue  # a constant stays the same constant
        value = module.eval()(value)
    return value.reshape(outputs)
