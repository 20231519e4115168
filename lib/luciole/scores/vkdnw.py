"""VKDNW: how evenly the Fisher information spreads over the weights."""

import itertools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError
from luciole.scores import draws
from luciole.scores.passes import Passes
from luciole.scores.score import score
from luciole.scores.watched import WEIGHTED, Layer, run

_TENSORS = 128  # the authors look at the first 128 parameter tensors
_SMOOTH = 0.05  # and mix the predicted probabilities with 5 % of uniform ones
_HALF = (0.9501953125, 0.04998779296875)  # .95 and .05 as half precision holds them
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


def _covariance(chances: Tensor) -> Tensor:
    """Covariance of a draw of one class, diag(p) - p p^T: (B, classes, classes)."""
    return torch.diag_embed(chances) - chances[:, :, None] * chances[:, None, :]


def _factor(chances: Tensor) -> Tensor:
    """Lower triangular L with L L^T that covariance, in closed form: (B, classes, classes).

    With q_j what is left of the probability behind class j, column j is d_j = sqrt(p_j q_j / q_(j-1)) on the diagonal
    and -d_j p_i / q_j below it; the last is zero. Source: Tanabe and Sagae, J. R. Stat. Soc. B 54 (1992), theorem 1.
    """
    left = (1 - chances.cumsum(dim=1)).clamp_min(0)
    left[:, -1] = 0
    before = torch.cat([torch.ones_like(left[:, :1]), left[:, :-1]], dim=1)
    diagonal = torch.sqrt(chances * left / before)
    below = torch.tril(-chances[:, :, None] * (diagonal / left).nan_to_num(posinf=0)[:, None, :], diagonal=-1)
    return below + torch.diag_embed(diagonal)


def _pieces(seen: Passes) -> tuple[Tensor, Tensor]:
    """Return the logits (B, classes) and their derivatives by the first entries (B, classes, tensors), float64."""

    def compute() -> tuple[Tensor, Tensor]:
        network = seen.network
        layered = [m for m in network.modules() if isinstance(m, (*WEIGHTED, _BatchNorm))]
        known = {id(p) for m in layered for p in m.parameters(False)}
        if any(id(p) not in known for p in network.parameters()):
            raise LucioleError(
                "VKDNW knows convolutions, linear layers and batch normalisation, got other parameters too"
            )
        weights = draws.normal(network, draws.kaiming, seen.seed)
        weights = {name: weight.requires_grad_() for name, weight in weights.items()}
        with torch.enable_grad():
            logits, layers = run(network, seen.batch, seen.seed, weights, training=False)
            if not all(layer.intact for layer in layers):
                logits, layers = run(network, seen.batch, seen.seed, weights, training=False, guard=True)
        # the layers in the order of the network's own parameters, which decides which 128 count
        order = {id(module): place for place, module in enumerate(network.modules())}
        found = sorted(
            (layer for layer in layers if isinstance(layer.module, (*WEIGHTED, _BatchNorm))),
            key=lambda layer: order[id(layer.module)],
        )
        if not found:
            raise LucioleError("VKDNW reads convolutions, linear layers and batch normalisation, found none")
        if len({id(layer.module) for layer in found}) < len(found):
            raise LucioleError("VKDNW reads each layer once, got a layer that is called several times")
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
        return logits.detach(), torch.stack(entries, dim=2).double().detach().transpose(0, 1)

    return seen.keep("first entries", compute)


def _entropy(fisher: Tensor) -> float:
    """Entropy of the deciles (.1 to .9) of the eigenvalues, divided by their sum."""
    values = np.clip(torch.linalg.eigvalsh(fisher).cpu().numpy(), 0, None)
    deciles = np.quantile(values, _DECILES)
    share = deciles / (deciles.sum() + 1e-10)
    return -float((share * np.log(share + 1e-10)).sum())


@score(data=True, gradients=True, source="Tybl and Neumann, CVPR 2025 (VKDNW); authors' code NB201/ZeroShotProxy")
def vkdnw(seen: Passes) -> float:
    """Entropy of the deciles of the eigenvalues of the empirical Fisher information, no labels.

    F = mean_i J_i^T (diag(p_i) - p_i p_i^T) J_i with J_i the derivative of the logits of sample i by the first
    entry of each of the first 128 parameter tensors, and p the softmax mixed with 5 % of uniform. The deciles
    (.1 to .9) of its eigenvalues are divided by their sum, t; the score is -sum t log t. Kaiming weights drawn
    from the seed, evaluation mode. 0 when the deciles are all zero. The authors add the number of parameter
    tensors (:func:`luciole.scores.size.tensors`) for their single score. This is the Fisher information of the
    classifier's distribution, as the paper defines it; see :func:`vkdnw_released` for what the released code computes.
    """
    logits, jacobian = _pieces(seen)
    chances = torch.softmax(logits.double(), dim=1) * (1 - _SMOOTH) + _SMOOTH / logits.shape[1]
    return _entropy((jacobian.transpose(1, 2) @ _covariance(chances) @ jacobian).mean(dim=0))


@score(data=True, gradients=True, source="Tybl and Neumann, CVPR 2025 (VKDNW); compute_vkdnw_score.py as released")
def vkdnw_released(seen: Passes) -> float:
    """VKDNW as the authors' released code computes it: F = mean_i (L_i J_i)^T (L_i J_i), with L_i L_i^T the covariance.

    The covariance of :func:`vkdnw` would come of (L_i^T J_i)^T (L_i^T J_i): the factor stands untransposed in their
    code, so that classes are mixed in another way, which depends on the order in which they are numbered. Their 5 % are
    in half precision, so that their probabilities add up to 1.0002.
    """
    logits, jacobian = _pieces(seen)
    kept, mixed = _HALF
    chances = torch.softmax(logits, dim=1).double() * kept + mixed / logits.shape[1]
    mapped = _factor(chances) @ jacobian
    return _entropy((mapped.transpose(1, 2) @ mapped).mean(dim=0))
