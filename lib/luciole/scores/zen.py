"""Zen score: how much Gaussian noise on the input moves the features of a network with Gaussian weights."""

import math

import torch

from luciole.errors import LucioleError
from luciole.scores import draws, graph
from luciole.scores.passes import Passes
from luciole.scores.score import score
from luciole.scores.watched import anew, forward

_MIX = 0.01  # size of the perturbation in the authors' code


@score(data=False, source="Lin et al., ICCV 2021 (Zen-NAS), algorithm 1")
def zen(seen: Passes) -> float:
    """log mean_i |f(x_i) - f(x_i + 0.01 e_i)|_1 + sum over normalisations of log sqrt(mean channel variance).

    Weights, x and e are standard normal, drawn from the seed; of the batch only the shape is used. f is the last map of
    more than one place that a kernel went into, which the global pooling reads, or what enters the last linear layer
    where there is none. The second term gives
    back the scale that batch normalisation takes away, so it counts the normalisations that the noise reaches f
    through: one in a branch where nothing flows takes no scale away, and the score is that of the network without the
    branch. Minus infinity when the features do not move.
    """
    anew(seen.network, "Zen score")
    generator = torch.Generator().manual_seed(seen.seed + 1)
    shape = seen.batch.shape
    x, noise = (torch.randn(shape, generator=generator).to(seen.batch) for _ in range(2))
    weights = draws.normal(seen.network, draws.unit, seen.seed)
    with torch.enable_grad(), graph.Last(len(x)) as calm:
        forward(seen.network, x.clone().requires_grad_(), seen.seed, weights)
    with torch.no_grad(), graph.Last(len(x), calm.place) as moved:
        forward(seen.network, x + _MIX * noise, seen.seed, weights)
    features, other = (one.entered if one.features is None else one.features for one in (calm, moved))
    if features is None or other is None:
        raise LucioleError("Zen score needs feature maps or a linear layer to find the last features, found neither")
    delta = float((features.detach() - other).double().flatten(1).abs().sum(dim=1).mean())
    if not delta > 0:
        return -math.inf
    total = math.log(delta)
    for variance in _variances(features):
        total += 0.5 * math.log(variance)
    return total


def _variances(features: torch.Tensor) -> list[float]:
    """Mean channel variance of what enters each batch normalisation that ``features`` depend on, where it varies."""
    found = []
    for node in graph.ancestors(features):
        if not graph.kind(node).endswith("BatchNorm") or len(node._saved_input) != len(features):
            continue
        entered = node._saved_input.detach()
        places = [axis for axis in range(entered.ndim) if axis != 1]
        found.append(float(entered.var(dim=places, correction=0).double().mean()))
    return [variance for variance in found if variance > 0]
