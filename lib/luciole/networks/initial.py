"""Initial weights, drawn from an explicit generator."""

import math
from typing import TypeVar

import torch
from torch import nn

from luciole.errors import LucioleError

Module = TypeVar("Module", bound=nn.Module)

_WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Linear)


@torch.no_grad()
def initialise(network: Module, generator: torch.Generator) -> Module:
    """Draw all weights of ``network`` in place, in the distribution PyTorch uses by default, and return it.

    Convolutions and linear layers: uniform within 1/sqrt(fan-in), biases too (He et al. 2015 with a = sqrt 5).
    Embeddings: standard normal. Recurrent cells: uniform within 1/sqrt(hidden size). Normalisation: scale 1,
    shift 0, running mean 0, variance 1. Raises LucioleError for a layer with weights that is none of these.

    >>> layer = initialise(nn.Linear(4, 2), torch.Generator().manual_seed(0))
    >>> bool((layer.weight.abs() <= 0.5).all())
    True
    """
    for name, module in network.named_modules():
        if isinstance(module, _WEIGHTED):
            bound = 1 / math.sqrt(module.weight[0].numel())
            for weight in module.parameters(recurse=False):
                weight.uniform_(-bound, bound, generator=generator)
        elif isinstance(module, nn.RNNBase | nn.RNNCellBase):
            bound = 1 / math.sqrt(module.hidden_size)
            for weight in module.parameters(recurse=False):
                weight.uniform_(-bound, bound, generator=generator)
        elif isinstance(module, nn.Embedding):
            module.weight.normal_(generator=generator)
        elif isinstance(module, nn.modules.batchnorm._BatchNorm | nn.LayerNorm):
            module.reset_parameters()
        elif any(True for _ in module.parameters(recurse=False)):
            raise LucioleError(f"no initial weights are defined for {type(module).__name__} ({name}); add it here")
    return network
