"""AZ-NAS: expressivity, progressivity and trainability of the feature maps between blocks.

The fourth, complexity, is :func:`luciole.scores.size.macs`; ranks are put together by
:func:`luciole.scores.aggregate.log_rank`. The maps are f_0 after the stem and f_1 ... f_n after each block
(cells and reductions; see :attr:`luciole.scores.passes.Passes.blocks`), of one forward pass in training mode. Of a
network that is not of this library they are found by what flows, or named by the caller: to read the authors'
TinyNetwork as their code does, ``blocks=["stem", "cells.0", …]``.
Source: Lee and Ham, CVPR 2024; the authors' code NB201/ZeroShotProxy/compute_az_nas_score.py, whose Kaiming
weights do not matter here: batch normalisation takes their scale away.
"""

import itertools
import math

import torch
from torch import Tensor

from luciole.errors import LucioleError
from luciole.scores.passes import Passes
from luciole.scores.score import score

_SOURCE = "Lee and Ham, CVPR 2024 (AZ-NAS)"


def _maps(seen: Passes) -> list[Tensor]:
    maps = seen.blocks
    if len(maps) < 2:
        raise LucioleError(
            f"AZ-NAS needs at least two feature maps between blocks, found {len(maps)} in this network; "
            "name the blocks: blocks=[…]"
        )
    return maps


def _entropies(seen: Passes) -> list[float]:
    """Entropy of the normalised eigenvalues of each map's channel covariance; 0 for a constant map."""

    def compute() -> list[float]:
        found = []
        for features in _maps(seen):
            rows = features.detach().transpose(0, 1).flatten(1)  # (C, B places)
            rows = rows - rows.mean(dim=1, keepdim=True)
            values = torch.linalg.eigvalsh((rows @ rows.T).double() / rows.shape[1]).clamp_min(0)
            total = values.sum()
            share = values / total if total > 0 else torch.ones(1, dtype=torch.float64)
            found.append(-float((share * torch.log(share + 1e-8)).sum()))
        return found

    return seen.keep("entropies", compute)


@score(source=_SOURCE)
def expressivity(seen: Passes) -> float:
    """Sum over maps of the entropy of the principal components of the channels, -sum_i s_i log s_i."""
    return sum(_entropies(seen))


@score(source=_SOURCE)
def progressivity(seen: Passes) -> float:
    """Least increase of that entropy from one map to the next."""
    found = _entropies(seen)
    return min(later - earlier for earlier, later in itertools.pairwise(found))


def _unshuffle(maps: Tensor, places: torch.Size) -> Tensor:
    """Bring a map (B, C, ...) to fewer places by moving whole patches into channels (space to depth)."""
    axes = len(places)
    steps = [large // small for large, small in zip(maps.shape[2:], places, strict=True)]
    shape = list(maps.shape[:2])
    for axis, (step, small) in enumerate(zip(steps, places, strict=True)):
        maps = maps.narrow(2 + axis, 0, step * small)
        shape += [small, step]
    split = maps.reshape(shape)  # (B, C, h, sh, w, sw)
    order = [0, 1, *(3 + 2 * axis for axis in range(axes)), *(2 + 2 * axis for axis in range(axes))]
    return split.permute(order).flatten(1, 1 + axes)


@score(gradients=True, source=_SOURCE)
def trainability(seen: Passes) -> float:
    """Mean over blocks of -s - 1 / (s + 1e-6) + 2, s the spectral norm of the block's gradient map.

    Random signs g_out are sent back through each block; s is the largest singular value of
    mean g_in g_out^T over samples and places, where a coarser g_out is met by whole patches of g_in. The best
    value, 0, is reached at s = 1. A block that is the identity gives minus infinity, as in the authors' code.
    """
    maps = _maps(seen)
    generator = torch.Generator().manual_seed(seen.seed)
    found = []
    for before, after in itertools.pairwise(maps):
        signs = torch.randint(0, 2, after.shape, generator=generator, dtype=torch.int8)
        outgoing = (2 * signs - 1).to(after.device, after.dtype)
        if after is before:
            return -math.inf
        if not (before.requires_grad and after.requires_grad):  # nothing enters the block: s = 0
            found.append(2 - 1e6)
            continue
        (incoming,) = torch.autograd.grad(after, before, outgoing, retain_graph=True, materialize_grads=True)
        if torch.equal(incoming, outgoing):
            return -math.inf
        if incoming.shape[2:] != outgoing.shape[2:]:
            incoming = _unshuffle(incoming, outgoing.shape[2:])
        left, right = (one.transpose(0, 1).flatten(1) for one in (incoming, outgoing))
        norm = float(torch.linalg.matrix_norm((left @ right.T).double() / right.shape[1], ord=2))
        found.append(-norm - 1 / (norm + 1e-6) + 2)
    return sum(found) / len(found)
