"""Pruning saliencies summed over a network: gradient norm, SNIP, GraSP, Fisher, plain; and the norm of its weights.

All but the last read one gradient of the cross-entropy, shared. Sums run over the weights of convolutions and
linear layers, as in the code of Abdelfattah et al. ("Zero-Cost Proxies for Lightweight NAS", ICLR 2021), which
gives these forms for ranking networks. A network whose output does not depend on its cells still has the
gradients of its last layers; every score here is finite for it.
"""

import torch

from luciole.errors import LucioleError
from luciole.scores.passes import Passes, cross_entropy, gradients
from luciole.scores.score import score
from luciole.scores.watched import Layer

_ZERO_COST = "Abdelfattah et al., ICLR 2021"


@score(labels=True, gradients=True, source=_ZERO_COST)
def grad_norm(seen: Passes) -> float:
    """Sum over layers of the Euclidean norm of the gradient of the loss by the layer's weights."""
    return sum(float(gradient.double().norm()) for gradient in seen.loss[0])


@score(labels=True, gradients=True, source=f"Lee et al., ICLR 2019 (SNIP); {_ZERO_COST}")
def snip(seen: Passes) -> float:
    """SNIP: sum of |w dL/dw|, what removing each weight would change of the loss, to first order."""
    pairs = zip(seen.weights, seen.loss[0], strict=True)
    return sum(float((weight.detach() * gradient).double().abs().sum()) for weight, gradient in pairs)


@score(labels=True, gradients=True, source=_ZERO_COST)
def plain(seen: Passes) -> float:
    """Sum of w dL/dw, with its sign."""
    pairs = zip(seen.weights, seen.loss[0], strict=True)
    return sum(float((weight.detach() * gradient).double().sum()) for weight, gradient in pairs)


@score(labels=True, gradients=True, source=f"Wang et al., ICLR 2020 (GraSP); {_ZERO_COST}")
def grasp(seen: Passes) -> float:
    """GraSP: -sum of w (H g), with g the gradient and H the Hessian of the loss; one more backward pass."""
    weights = seen.weights
    first = gradients(cross_entropy(seen.forward[1], seen.labels), weights, create_graph=True)
    product = torch.stack([(one.detach() * one).sum() for one in first]).sum()
    second = gradients(product, weights)
    return -sum(float((w.detach() * hg).double().sum()) for w, hg in zip(weights, second, strict=True))


@score(labels=True, gradients=True, source=f"Turner et al., ICLR 2020 (BlockSwap); {_ZERO_COST}")
def fisher(seen: Passes) -> float:
    """Fisher: sum over channels of 1/2 mean_i (sum over places of a dL/da)^2, a the outputs of the layers."""
    return sum(each for _, each in _channels(seen))


@score(labels=True, gradients=True, source=f"{_ZERO_COST}; code: fisher, compute_fisher_per_weight")
def fisher_published(seen: Passes) -> float:
    """Fisher as it is summed in the code of Abdelfattah et al., which published correlations are of.

    A channel's value is given to each of its weights and then summed over weights, so that it counts as often as the
    channel has inputs times places of its kernel: :func:`fisher` weighted by fan-in.
    """
    total = 0.0
    for layer, each in _channels(seen):
        weight = layer.module.get_parameter("weight")
        total += each * weight[0].numel()
    return total


def _channels(seen: Passes) -> list[tuple[Layer, float]]:
    """Each layer, and the sum over its channels."""
    if seen.loose:
        raise LucioleError(
            f"Fisher reads the outputs of convolutions and linear layers, and {len(seen.loose)} kernels of this "
            "network are used outside of one; write them as layers"
        )
    outputs = seen.loss[1]
    found = []
    for layer, gradient in zip(seen.weighted, outputs, strict=True):
        product = (layer.output.detach() * gradient).double()
        each = product if product.ndim == 2 else product.flatten(2).sum(dim=2)  # (B, channels)
        found.append((layer, float(each.square().mean(dim=0).sum() / 2)))
    return found


@score(data=False, source=_ZERO_COST)
def l2_norm(seen: Passes) -> float:
    """Sum over layers of the Euclidean norm of the weights: no data, no pass."""
    return sum(float(weight.detach().double().norm()) for weight in seen.weights)
