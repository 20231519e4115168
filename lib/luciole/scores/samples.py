"""Scores on the gradients of single samples: GradSign, KNAS and the condition of the neural tangent kernel."""

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from luciole.scores.passes import Passes, cross_entropy
from luciole.scores.score import score
from luciole.scores.watched import replaceable, untouched


def _alone(seen: Passes) -> Tensor:
    """Gradient of each sample's cross-entropy by the weights, the sample alone in its batch: (B, weights).

    A batch of one normalises by its own statistics, so samples do not mix and all gradients come from one
    vectorised pass.
    """

    def compute() -> Tensor:
        network = seen.network
        replaceable(network, "scores of single samples")
        used = {id(weight) for weight in seen.weights}
        named = {name: weight.detach() for name, weight in network.named_parameters()}
        asked = {name: named[name] for name, weight in network.named_parameters() if id(weight) in used}

        def loss(weights: dict[str, Tensor], sample: Tensor, label: Tensor) -> Tensor:
            output = functional_call(network, {**named, **weights}, (sample[None],))
            logits = output[-1] if isinstance(output, tuple | list) else output
            return functional.cross_entropy(logits, label[None])

        cross_entropy(seen.forward[1].detach(), seen.labels)  # checks that the labels fit the outputs
        with untouched(network, seen.seed):
            found = vmap(grad(loss), in_dims=(None, 0, 0), randomness="different")(asked, seen.batch, seen.labels)
        return torch.cat([one.flatten(1) for one in found.values()], dim=1)

    return seen.keep("samples", compute)


@score(labels=True, gradients=True, source="Zhang and Jia, ICLR 2022 (arXiv 2110.08616), algorithm 1")
def gradsign(seen: Passes) -> float:
    """GradSign: sum over weights of |sum_i sign(dL_i/dw)|, each sample alone in its batch.

    For each weight, between 0 and B: the samples that pull it the same way, net of those that pull it the other way.
    """
    return float(_alone(seen).sign().sum(dim=0).abs().sum(dtype=torch.float64))


@score(labels=True, gradients=True, source="Zhang and Jia, ICLR 2022 (arXiv 2110.08616), without the count of weights")
def gradsign_mean(seen: Passes) -> float:
    """GradSign per weight: the mean where the paper sums, so that the number of weights says nothing; 0 to B."""
    return float(_alone(seen).sign().sum(dim=0).abs().mean())


@score(labels=True, gradients=True, source="Xu et al., ICML 2021 (KNAS), mean of the Gram matrix of gradients")
def knas(seen: Passes) -> float:
    """KNAS: mean over pairs of samples of the inner product of their loss gradients, each sample alone.

    The mean of the Gram matrix is the squared norm of the mean gradient.
    """
    return float(_alone(seen).double().mean(dim=0).square().sum())


@score(gradients=True, samples=2, source="Chen et al., ICLR 2021 (TE-NAS), section 3.1.1; code: get_ntk_n")
def ntk(seen: Passes) -> float:
    """Minus the condition number of the neural tangent kernel: -lambda_max / lambda_min of G G^T.

    Row i of G is the gradient of the summed logits of sample i by all weights, the batch normalised together
    (training mode): one backward pass a sample. Minus infinity for a singular kernel.
    """
    logits, weights = seen.forward[1], seen.weights
    rows = []
    for one in logits.sum(dim=1):
        found = torch.autograd.grad(one, weights, retain_graph=True, materialize_grads=True)
        rows.append(torch.cat([gradient.flatten() for gradient in found]))
    matrix = torch.stack(rows).double()
    values = torch.linalg.eigvalsh(matrix @ matrix.T)
    # the gradients are float32: what is below their rounding beside the largest is a zero
    if not float(values[0]) > float(values[-1]) * len(values) * np.finfo(np.float32).eps ** 2:
        return -np.inf
    return -float(values[-1] / values[0])


@score(source="Chen et al., ICLR 2021 (TE-NAS), section 3.1.2")
def linear_regions(seen: Passes) -> float:
    """Number of distinct linear regions that the batch falls into: distinct ReLU codes among its samples.

    At most the batch size, which wide networks reach at once: TE-NAS counts on thousands of inputs of 3 x 3
    and a network one channel wide, and so should a caller. An activation of two kinks counts with its lower one.
    """
    packed = np.packbits(torch.cat(seen.codes, dim=1).cpu().numpy(), axis=1)
    return float(len(np.unique(packed, axis=0)))
