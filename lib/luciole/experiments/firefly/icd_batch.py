"""The batch of images that the intra-cluster distance is computed on, and the score of one network on it.

The released code keeps 100 CIFAR-10 images. Here they are drawn once, with a fixed seed, from the prepared
CIFAR-10 subset; where that is not there, scikit-learn's digits, enlarged, stand in, and ``images`` says so.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.datasets import sources
from luciole.errors import extra
from luciole.scores.icd import icd, icd_relu
from luciole.scores.naswot import naswot
from luciole.scores.passes import Passes

PREPARED = "cifar10_subset.npz"
SCORES = (icd, icd_relu, naswot)


def images(n: int, side: int, seed: int = 0) -> tuple[Tensor, str]:
    """Return ``n`` images as (n, 3, side, side), each channel of mean 0 and deviation 1, and what they are.

    >>> batch, what = images(10, 16)
    >>> batch.shape, abs(float(batch.mean())) < 1e-5
    (torch.Size([10, 3, 16, 16]), True)
    """
    rng = np.random.default_rng(seed)
    if found := sources.prepared(PREPARED):
        pixels = sources.arrays(found[0], "X_train")["X_train"]
        chosen = torch.from_numpy(pixels[np.sort(rng.choice(len(pixels), n, replace=False))]).permute(0, 3, 1, 2)
        what = "CIFAR-10 training images"
    else:
        with extra("book"):
            from sklearn.datasets import load_digits

        digits = load_digits().images
        chosen = torch.from_numpy(digits[np.sort(rng.choice(len(digits), n, replace=False))])[:, None].expand(
            -1, 3, -1, -1
        )
        what = "scikit-learn's 8x8 digits, enlarged: CIFAR-10 is not at hand"
    scaled = functional.interpolate(chosen.float(), size=(side, side), mode="area")
    mean, deviation = scaled.mean(dim=(0, 2, 3), keepdim=True), scaled.std(dim=(0, 2, 3), keepdim=True)
    return (scaled - mean) / deviation, f"{what}, {side}x{side}"


def score(network: nn.Module, batch: Tensor) -> tuple[float, ...]:
    """Return ICD over all modules, ICD over ReLUs only, and NASWOT of ``network``, from one forward pass."""
    seen = Passes(network, batch)
    return tuple(one.of(seen) for one in SCORES)
