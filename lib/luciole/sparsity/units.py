"""Put new units into a layer of a chain: what every way of growing does in the end.

    bigger = insert(network, "0", incoming, bias, outgoing)

Networks are chains (:mod:`luciole.sparsity.chain`) of dense layers with nothing but activations between the layer that
grows and the one that reads it.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError
from luciole.sparsity import chain


def reader(network: nn.Module, name: str) -> str:
    """Name of the dense layer that reads layer ``name``; LucioleError where there is none or more lies between."""
    names = chain.layers(network)
    if name not in names[:-1]:
        raise LucioleError(f"expected a hidden layer among {', '.join(names[:-1]) or 'none'}, got {name!r}")
    following = names[names.index(name) + 1]
    children = [child for child, _ in network.named_children()]
    between = children[children.index(name) + 1 : children.index(following)]
    if any(isinstance(network.get_submodule(child), _BatchNorm) for child in between):
        raise LucioleError(f"normalisation follows {name}; new units have no statistics: fold it into the layer first")
    for one in (name, following):
        if not isinstance(network.get_submodule(one), nn.Linear):
            raise LucioleError(f"only dense layers grow here, and {one} is none")
    return following


def between(network: nn.Module, name: str) -> nn.Sequential:
    """The activations between a layer and the one that reads it."""
    children = [child for child, _ in network.named_children()]
    following = reader(network, name)
    inside = children[children.index(name) + 1 : children.index(following)]
    return nn.Sequential(*(network.get_submodule(child) for child in inside))


@torch.no_grad()
def insert(network: nn.Module, name: str, incoming: Tensor, bias: Tensor, outgoing: Tensor) -> nn.Sequential:
    """A copy with k more units in layer ``name``: weights (k, inputs) and (k,), read by (outputs of the reader, k).

    Raises LucioleError for a layer that cannot grow and for shapes that do not fit.
    """
    following = reader(network, name)
    bigger = copy.deepcopy(network)
    layer, after = chain.layer(bigger, name), chain.layer(bigger, following)
    count = len(incoming)
    wanted = ((count, layer.weight.shape[1]), (count,), (after.weight.shape[0], count))
    got = (tuple(incoming.shape), tuple(bias.shape), tuple(outgoing.shape))
    if wanted != got:
        raise LucioleError(f"expected new weights, biases and outgoing weights of shapes {wanted}, got {got}")
    layer.weight = nn.Parameter(torch.cat([layer.weight, incoming]))
    held = layer.bias if layer.bias is not None else layer.weight.new_zeros(len(layer.weight) - count)
    layer.bias = nn.Parameter(torch.cat([held, bias]))
    after.weight = nn.Parameter(torch.cat([after.weight, outgoing], dim=1))
    assert isinstance(bigger, nn.Sequential) and isinstance(layer, nn.Linear) and isinstance(after, nn.Linear)
    layer.out_features, after.in_features = len(layer.weight), after.weight.shape[1]
    return bigger


def seen(network: nn.Module, names: list[str], x: Tensor) -> tuple[Tensor, dict[str, Tensor], dict[str, Tensor]]:
    """Answers of a chain, and what each named layer read and computed, still in the graph."""
    read: dict[str, Tensor] = {}
    computed: dict[str, Tensor] = {}
    for child, module in network.named_children():
        before, x = x, module(x)
        if child in names:
            read[child], computed[child] = before, x
    return x, read, computed
