"""ICD: how far the batch's binary activation codes lie from their centre.

>>> import torch
>>> from luciole.networks import Skeleton, build
>>> network = build([3, 3, 3, 1, 2, 3], Skeleton(cells=1), torch.Generator().manual_seed(0))
>>> batch = torch.randn(10, 3, 16, 16, generator=torch.Generator().manual_seed(1))
>>> icd(network, batch) > icd_relu(network, batch) > 0
True
"""

from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor

from luciole.scores.passes import Passes
from luciole.scores.score import score

_SOURCE = "Mokhtari et al., IJCNN 2022 (IFA); the authors' released code, IFA/Utils/Evaluation.py"


def _mean_distance(codes: Iterable[tuple[Tensor, int]], samples: int) -> float:
    """Mean over samples of the distance from a sample's code to the mean code.

    ``codes`` are bool (B, units), each with the number of times that its units count.
    """
    squared = torch.zeros(samples, dtype=torch.float64)
    for code, times in codes:
        active = code.float()
        centre = active.mean(dim=0)  # (units,)
        # sum_k (b - c)^2 = sum_k b (1 - 2c) + c^2, since b is 0 or 1: one product instead of a copy
        distance = (active @ (1 - 2 * centre)).double().cpu() + float(centre.square().sum(dtype=torch.float64))
        squared += times * distance
    return float(squared.clamp_min(0).sqrt().mean())


@score(source=_SOURCE)
def icd(seen: Passes) -> float:
    """Intra-cluster distance over the inputs of all modules, containers too, as the authors' code has it.

    b_m[i, k] = 1 if unit k of the input of module m is positive for sample i; c_m the mean of b_m over the
    batch; ICD = mean_i sqrt(sum_m sum_k (b_m[i, k] - c_m[k])^2). Training mode, one forward pass, no labels; any
    batch size (the authors fix 100). A module called several times (a recurrent cell) counts each time; a
    module whose input is not one tensor of B samples is passed over, as it is there. 0 for one sample. A network that
    computes ReLUs outside of modules is refused: there they would be read by the modules that they feed, or not at all.
    """
    seen.modular("ICD over all modules")
    inputs = {id(layer.input): layer.input for layer in seen.layers}
    times = Counter(id(layer.input) for layer in seen.layers)  # containers see the tensor that their first child sees
    codes = (((held.detach() > 0).flatten(1), times[key]) for key, held in inputs.items())
    return _mean_distance(codes, len(seen.batch))


@score(source=_SOURCE + "; restricted to ReLU inputs here")
def icd_relu(seen: Passes) -> float:
    """Intra-cluster distance over the inputs of ReLUs only, the units that NASWOT counts."""
    return _mean_distance(((code, 1) for code in seen.codes), len(seen.batch))
