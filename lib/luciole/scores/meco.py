"""MeCo: the least eigenvalue of the correlations between channels, layer by layer."""

import torch
from torch import Tensor

from luciole.scores.passes import Passes
from luciole.scores.score import score


def _least_eigenvalue(features: Tensor) -> float:
    """Least eigenvalue of the Pearson correlations of the rows (channels, places); a constant row counts as 0."""
    centred = features - features.mean(dim=1, keepdim=True)
    norms = centred.norm(dim=1, keepdim=True)
    unit = torch.where(norms > 1e-12 * features.abs().amax().clamp_min(1e-300), centred / norms, 0)
    if len(unit) >= unit.shape[1]:  # rank at most places - 1: the least eigenvalue is 0
        return 0.0
    return float(torch.linalg.eigvalsh(unit @ unit.T)[0].clamp_min(0))


@score(source="Jiang et al., NeurIPS 2023; summed over the outputs of all modules, as in the authors' code")
def meco(seen: Passes) -> float:
    """Sum over modules of the least eigenvalue of the channels' correlation matrix, for the first sample.

    Outputs without a place axis are passed over. A layer with as many channels as places, or with a constant
    channel, adds 0. A network that computes ReLUs outside of modules is refused, since their outputs would be missed.
    """
    seen.modular("MeCo")
    kept: dict[int, float] = {}
    total = 0.0
    for layer in seen.layers:
        if not isinstance(layer.output, Tensor) or layer.output.ndim < 3:
            continue
        if id(layer.output) not in kept:
            kept[id(layer.output)] = _least_eigenvalue(layer.output[0].detach().flatten(1).double())
        total += kept[id(layer.output)]
    return total
