"""Weights drawn anew for scores that define their own initialisation; the network itself keeps its weights."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from luciole.scores.watched import WEIGHTED


def unit(weight: Tensor) -> float:
    """Standard deviation 1, whatever the layer (Zen score)."""
    return 1.0


def kaiming(weight: Tensor) -> float:
    """Standard deviation sqrt(2 / fan-in) (He et al., 2015), as the codes of AZ-NAS and VKDNW set it."""
    return math.sqrt(2 / weight[0].numel())


def normal(network: nn.Module, deviation: Callable[[Tensor], float], seed: int) -> dict[str, Tensor]:
    """Return normal weights for every convolution and linear layer, biases 0, other parameters as they are.

    >>> sorted(normal(nn.Linear(2, 1), unit, seed=0))
    ['bias', 'weight']
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = {name: weight.detach() for name, weight in network.named_parameters()}
    for prefix, module in network.named_modules():
        if isinstance(module, WEIGHTED):
            dot = f"{prefix}." if prefix else ""
            old = module.weight.detach()
            new = torch.randn(old.shape, generator=generator) * deviation(old)
            drawn[f"{dot}weight"] = new.to(old.device, old.dtype)
            if module.bias is not None:
                drawn[f"{dot}bias"] = torch.zeros_like(module.bias)
    return drawn
