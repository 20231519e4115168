"""Net2Net: a wider or a deeper network that answers as the one it came from.

Source: Chen, Goodfellow and Shlens, ICLR 2016.
"""

import copy

import torch
from torch import nn

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.units import insert, reader

IDEMPOTENT = (nn.ReLU, nn.Identity)  # f(f(v)) = f(v): an identity layer behind them changes nothing


@torch.no_grad()
def wider(network: nn.Module, name: str, width: int, generator: torch.Generator, noise: float = 0.0) -> nn.Sequential:
    """Widen layer ``name`` to ``width`` units: new ones copy drawn ones, and copies share what the next layer reads.

    ``noise``: deviation, as a share of the copied weights', that breaks the symmetry; 0 keeps the function exactly.
    """
    layer = chain.layer(network, name)
    after = chain.layer(network, reader(network, name))
    have = len(layer.weight)
    if width < have:
        raise LucioleError(
            f"expected at least the {have} units that {name} has, got {width}; pruning makes it narrower"
        )
    copied = torch.randint(have, (width - have,), generator=generator)
    copies = torch.bincount(copied, minlength=have) + 1
    incoming = layer.weight[copied]
    incoming = incoming + noise * layer.weight.std() * torch.randn(incoming.shape, generator=generator)
    bias = layer.bias[copied] if layer.bias is not None else incoming.new_zeros(len(copied))
    shared = copy.deepcopy(network)
    chain.layer(shared, reader(network, name)).weight /= copies
    return insert(shared, name, incoming, bias, (after.weight / copies)[:, copied])


@torch.no_grad()
def deeper(network: nn.Module, name: str) -> nn.Sequential:
    """Put an identity layer and its activation behind the activation of layer ``name``.

    Raises LucioleError where that activation does not leave its own answers alone (a sigmoid).
    """
    reader(network, name)
    children = list(network.named_children())
    at = [child for child, _ in children].index(name)
    activation = children[at + 1][1]
    if not isinstance(activation, IDEMPOTENT):
        raise LucioleError(
            f"behind {type(activation).__name__} an identity changes the answers; ReLU leaves them alone"
        )
    layer = chain.layer(network, name)
    width = len(layer.weight)
    same = nn.Linear(width, width).to(layer.weight)
    nn.init.eye_(same.weight)
    nn.init.zeros_(same.bias)
    modules = [copy.deepcopy(module) for _, module in children]
    return nn.Sequential(*modules[: at + 2], same, copy.deepcopy(activation), *modules[at + 2 :])
