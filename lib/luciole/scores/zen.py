"""Zen score: how much Gaussian noise on the input moves the features of a network with Gaussian weights."""

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError
from luciole.scores import draws
from luciole.scores.passes import Layer, Passes, run
from luciole.scores.score import score

_MIX = 0.01  # size of the perturbation in the authors' code
_GLOBAL_POOLS = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)


def _features(layers: list[Layer]) -> Tensor:
    """What enters the last global pooling, or the last linear layer of a network without one."""
    for kind in (_GLOBAL_POOLS, nn.Linear):
        found = [layer.input for layer in layers if isinstance(layer.module, kind)]
        if found:
            return found[-1]
    raise LucioleError("Zen score needs a global pooling or a linear layer to find the last features, got neither")


@score(data=False, source="Lin et al., ICCV 2021 (Zen-NAS), algorithm 1")
def zen(seen: Passes) -> float:
    """log mean_i |f(x_i) - f(x_i + 0.01 e_i)|_1 + sum over normalisations of log sqrt(mean channel variance).

    Weights, x and e are standard normal, drawn from the seed; of the batch only the shape is used. The second
    term gives back the scale that batch normalisation takes away. Minus infinity when the features do not move
    or a normalisation sees only zeros.
    """
    generator = torch.Generator().manual_seed(seen.seed + 1)
    shape = seen.batch.shape
    x, noise = (torch.randn(shape, generator=generator).to(seen.batch) for _ in range(2))
    weights = draws.normal(seen.network, draws.unit, seen.seed)
    with torch.no_grad():
        layers = run(seen.network, x, seen.seed, weights)[1]
        moved = _features(run(seen.network, x + _MIX * noise, seen.seed, weights)[1])
        delta = float((_features(layers) - moved).double().flatten(1).abs().sum(dim=1).mean())
        if not delta > 0:
            return -math.inf
        total = math.log(delta)
        for layer in layers:
            if isinstance(layer.module, _BatchNorm):
                places = [axis for axis in range(layer.input.ndim) if axis != 1]
                variance = float(layer.input.var(dim=places, correction=0).double().mean())
                if not variance > 0:
                    return -math.inf
                total += 0.5 * math.log(variance)
    return total
