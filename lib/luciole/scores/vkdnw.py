"""VKDNW: how evenly the Fisher information spreads over the weights."""

import itertools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError
from luciole.scores import draws
from luciole.scores.passes import WEIGHTED, Layer, Passes, run
from luciole.scores.score import score

_TENSORS = 128  # the authors look at the first 128 parameter tensors
_SMOOTH = 0.05  # and mix the predicted probabilities with 5 % of uniform ones
_DECILES = np.arange(1, 10) / 10


def _first_entries(layer: Layer, slopes: Tensor) -> list[Tensor]:
    """Derivative of each logit by the first entry of each parameter of a layer: (classes, B) each.

    ``slopes`` (classes, B, C, ...) is that of each logit by the layer's output; in evaluation mode samples do
    not mix, so the sample axis stays.
    """
    module, x = layer.module, layer.input.detach()
    out = slopes[:, :, :1].flatten(2)  # (classes, B, places), of the first output channel
    if isinstance(module, nn.Linear):
        first = x[:, :1]
    elif isinstance(module, _BatchNorm):
        if module.running_mean is None or module.running_var is None:
            raise LucioleError("VKDNW needs running statistics in batch normalisation, got a layer without them")
        first = ((x[:, :1] - module.running_mean[0]) / torch.sqrt(module.running_var[0] + module.eps)).flatten(1)
    else:  # a convolution: its first tap reads the padded input from the first place on, in strides
        assert isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d)
        if isinstance(module.padding, str) or module.padding_mode != "zeros":
            raise LucioleError("VKDNW reads convolutions with numeric zero padding only")
        padded = functional.pad(x[:, 0], [side for pad in reversed(module.padding) for side in (pad, pad)])
        for axis, (places, stride) in enumerate(zip(slopes.shape[3:], module.stride, strict=True)):
            padded = padded.narrow(1 + axis, 0, (places - 1) * stride + 1)
            padded = padded[(slice(None),) * (1 + axis) + (slice(None, None, stride),)]
        first = padded.flatten(1)
    entries = [(out * first).sum(dim=2)] if module.weight is not None else []
    return entries + ([out.sum(dim=2)] if module.bias is not None else [])


@score(data=True, gradients=True, source="Tybl and Neumann, CVPR 2025 (VKDNW); authors' code NB201/ZeroShotProxy")
def vkdnw(seen: Passes) -> float:
    """Entropy of the deciles of the eigenvalues of the empirical Fisher information, no labels.

    F = mean_i J_i^T (diag(p_i) - p_i p_i^T) J_i with J_i the derivative of the logits of sample i by the first
    entry of each of the first 128 parameter tensors, and p the softmax mixed with 5 % of uniform. The deciles
    (.1 to .9) of its eigenvalues are divided by their sum, t; the score is -sum t log t. Kaiming weights drawn
    from the seed, evaluation mode. 0 when the deciles are all zero. The authors add the number of parameter
    tensors (:func:`luciole.scores.size.tensors`) for their single score.
    """
    network = seen.network
    known = {id(p) for m in network.modules() if isinstance(m, (*WEIGHTED, _BatchNorm)) for p in m.parameters(False)}
    if any(id(p) not in known for p in network.parameters()):
        raise LucioleError("VKDNW knows convolutions, linear layers and batch normalisation, got other parameters too")
    weights = draws.normal(network, draws.kaiming, seen.seed)
    weights = {name: weight.requires_grad_() for name, weight in weights.items()}
    with torch.enable_grad():
        logits, layers = run(network, seen.batch, seen.seed, weights, training=False)
    # the layers in the order of the network's own parameters, which decides which 128 count
    order = {id(module): place for place, module in enumerate(network.modules())}
    found = sorted(
        (layer for layer in layers if isinstance(layer.module, (*WEIGHTED, _BatchNorm))),
        key=lambda layer: order[id(layer.module)],
    )
    outputs = [layer.output for layer in found]
    basis = torch.eye(logits.shape[1], dtype=logits.dtype, device=logits.device)
    # all classes in one vectorised pass: (classes, B, C, ...) for each output, None for what reaches no logit
    found_slopes = torch.autograd.grad(logits.sum(dim=0), outputs, basis, is_grads_batched=True, allow_unused=True)
    slopes = [
        out.new_zeros(len(basis), *out.shape) if slope is None else slope
        for out, slope in zip(outputs, found_slopes, strict=True)
    ]
    each = (_first_entries(layer, slope) for layer, slope in zip(found, slopes, strict=True))
    entries = list(itertools.chain.from_iterable(each))[:_TENSORS]
    jacobian = torch.stack(entries, dim=2).double().detach().transpose(0, 1)  # (B, classes, tensors)
    chances = torch.softmax(logits.detach().double(), dim=1) * (1 - _SMOOTH) + _SMOOTH / logits.shape[1]
    covariance = torch.diag_embed(chances) - chances[:, :, None] * chances[:, None, :]
    fisher = (jacobian.transpose(1, 2) @ covariance @ jacobian).mean(dim=0)
    values = np.clip(torch.linalg.eigvalsh(fisher).cpu().numpy(), 0, None)
    deciles = np.quantile(values, _DECILES)
    share = deciles / (deciles.sum() + 1e-10)
    return -float((share * np.log(share + 1e-10)).sum())
