"""Scores that only count: parameters, multiply-accumulates, layers, parameter tensors.

They are the baselines that every other score has to beat. For cells of NAS-Bench-201 the same counts, and the
depth and width of the cell, come in closed form for whole arrays: :mod:`luciole.scores.cells`.
"""

import torch  # noqa: F401  (the examples use it)

from luciole.costs import counts
from luciole.scores.passes import Passes
from luciole.scores.score import score
from luciole.scores.watched import WEIGHTED, untouched

_COUNT = "a count; baseline of Abdelfattah et al., ICLR 2021, and of Tybl and Neumann, CVPR 2025"


@score(data=False, source=_COUNT)
def params(seen: Passes) -> float:
    """Number of trainable parameters.

    >>> params(torch.nn.Linear(3, 2), torch.zeros(1, 3))
    8.0
    """
    return float(counts.parameters(seen.given))


@score(data=False, source=_COUNT)
def macs(seen: Passes) -> float:
    """Multiply-accumulates for one sample, counted as :func:`luciole.costs.counts.count` does.

    >>> macs(torch.nn.Linear(3, 2, bias=False), torch.zeros(4, 3))
    6.0
    """
    with untouched(seen.given, seen.seed, training=False):
        return float(counts.count(seen.given, seen.batch[:1]).macs)


@score(data=False, source=_COUNT)
def layers(seen: Passes) -> float:
    """Number of convolutions and linear layers, and of kernels that are used as theirs are without being one's."""
    return float(sum(isinstance(module, WEIGHTED) for module in seen.network.modules()) + len(seen.loose))


@score(data=False, source="Tybl and Neumann, CVPR 2025 (the size term of VKDNW, in their code vkdnw_dim)")
def tensors(seen: Passes) -> float:
    """Number of trainable parameter tensors: weights, and scales and shifts of normalisations, each one.

    >>> tensors(torch.nn.Linear(3, 2), torch.zeros(1, 3))
    2.0
    """
    return float(sum(weight.requires_grad for weight in seen.given.parameters()))
