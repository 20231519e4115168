"""NASWOT: do the linear regions of an untrained network tell the samples of a batch apart?"""

import numpy as np
import torch
from torch import Tensor

from luciole.scores.passes import Passes
from luciole.scores.score import score


def kernel(codes: list[Tensor], samples: int) -> np.ndarray:
    """Return K[i, j], the number of ReLU units on which samples i and j agree: float64 (B, B).

    The number of agreements is N - a_i - a_j + 2 <b_i, b_j>, with a the active units: one product, exact in
    float32 up to 2^24 units a layer.
    """
    total = torch.zeros(samples, samples, dtype=torch.float64)
    for code in codes:
        active = code.float()
        counts = active.sum(dim=1)
        total += (code.shape[1] - counts[:, None] - counts[None, :] + 2 * (active @ active.T)).double().cpu()
    return total.numpy()


@score(source="Mellor et al., ICML 2021 (arXiv 2006.04647v3), section 3; code: hook_logdet")
def naswot(seen: Passes) -> float:
    """Log-determinant of the agreement kernel of the batch's ReLU codes: log |K_H|, K_H = N - Hamming distance.

    Training mode, one forward pass, no labels. The authors' code hooks the ReLUs that take part in a backward
    pass; so does this, without running it, of any piecewise-linear activation. Two samples with the same code make the
    kernel singular: minus infinity.

    >>> import torch
    >>> from torch import nn
    >>> network = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 2))
    >>> _ = nn.init.eye_(network[0].weight)
    >>> round(naswot(network, torch.tensor([[1.0, 1.0], [1.0, -1.0]])), 4)  # K = [[2, 1], [1, 2]]
    1.0986
    """
    values = np.linalg.eigvalsh(kernel(seen.codes, len(seen.batch)))
    # K is an exact sum of integers: an eigenvalue below the rounding of the largest one is a zero
    if values[0] <= values[-1] * len(values) * np.finfo(float).eps:
        return -np.inf
    return float(np.log(values).sum())
