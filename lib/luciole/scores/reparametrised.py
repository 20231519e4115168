"""Networks whose weights are computed from others (weight and spectral norm, masks of pruning): the same, plain.

A score reads and draws weights. Of ``weight_norm`` it must read the weight that the layer applies, not the direction
and the length that it is computed from, and nothing that it draws may come to stand in them. So it looks at a copy:

    >>> from torch.nn.utils.parametrizations import weight_norm
    >>> network = nn.Sequential(weight_norm(nn.Linear(3, 2)))
    >>> sorted(name for name, _ in plain(network).named_parameters()), plain(nn.Identity()).training
    (['0.bias', '0.weight'], True)
"""

import copy
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

_OLDER = (WeightNorm, SpectralNorm, BasePruningMethod)  # those that compute in a hook before each call


def _older(module: nn.Module) -> list[int]:
    return [key for key, hook in module._forward_pre_hooks.items() if isinstance(hook, _OLDER)]


@torch.no_grad()
def _settle(module: nn.Module) -> None:
    """Make parameters of what a module's parametrised tensors are computed to be.

    The class is put back by hand: a copy shares that of the original, which torch's own removal would take apart.
    """
    lists: Any = module.parametrizations
    lists.eval()  # spectral norm would iterate
    found = {
        name: (getattr(module, name), any(one.requires_grad for one in lists[name].parameters())) for name in lists
    }
    module.__class__ = parametrize.type_before_parametrizations(module)
    del module.parametrizations
    for name, (tensor, trained) in found.items():
        module.register_parameter(name, nn.Parameter(tensor.detach().clone(), requires_grad=trained))


def plain(network: nn.Module) -> nn.Module:
    """Return the network itself where its weights are its own, else a copy that holds what they are computed to be.

    >>> network = nn.Linear(2, 2)
    >>> plain(network) is network
    True
    """
    modules = list(network.modules())
    if not any("parametrizations" in one._modules or (one._forward_pre_hooks and _older(one)) for one in modules):
        return network
    memo: dict[int, Any] = {}  # deepcopy refuses tensors that were computed, as the hooks leave them
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, torch.Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach().clone()
    found = copy.deepcopy(network, memo)
    for module in list(found.modules()):
        if parametrize.is_parametrized(module):
            _settle(module)
        for key in _older(module):
            hook: Any = module._forward_pre_hooks.pop(key)
            hook.remove(module)
    return found
