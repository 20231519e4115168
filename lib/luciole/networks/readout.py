"""A classifier of everything that :mod:`luciole.sensors.readout` describes a window by, as one network to export.

Beside the statistics of :mod:`luciole.networks.statistics` the energy in bands of frequency and the correlation of all
pairs of channels, computed by products of elements: a Fourier transform as a product of matrices would be taken for a
layer, and computed in 8 bits, where a network is.

>>> x = torch.randn(2, 3, 150, generator=torch.Generator().manual_seed(0))
>>> Described()(x).shape == (2, width(3))
True
"""

import itertools
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.networks.statistics import FLOOR, KINDS, Statistics
from luciole.networks.statistics import width as width_of_statistics
from luciole.sensors.features import BANDS

ALL = (*KINDS, "bands", "pairs")  # kinds of statistics, in the order in which they are told


def bins(length: int) -> list[tuple[int, int]]:
    """First frequency of each band, and the one after its last, of a window of so many samples.

    >>> bins(150)
    [(0, 3), (3, 8), (8, 15), (15, 30), (30, 75)]
    """
    edges = np.round(np.array(BANDS) * (length // 2)).astype(int)
    return [(int(low), int(max(high, low + 1))) for low, high in itertools.pairwise(edges)]


def pairs(channels: int) -> list[tuple[int, int]]:
    """The pairs of channels, in the order of their correlations."""
    return list(itertools.combinations(range(channels), 2))


def width(channels: int) -> int:
    """Count the numbers that describe a window of so many channels.

    >>> width(9)
    294
    """
    return width_of_statistics(channels) + (len(BANDS) - 1) * channels + len(pairs(channels))


class Described(nn.Module):
    """All numbers that describe a window: (B, C, time) -> (B, width(C))."""

    kinds = ALL

    def __init__(self) -> None:
        super().__init__()
        self.statistics = Statistics()

    def forward(self, x: Tensor) -> Tensor:
        channels, length = int(x.shape[1]), int(x.shape[2])  # int: constants of an export
        apart = x - x.mean(dim=2, keepdim=True)
        scaled = apart * torch.rsqrt(apart.square().mean(dim=2, keepdim=True) + FLOOR)
        first, second = (torch.tensor(side) for side in zip(*pairs(channels), strict=True))
        together = (scaled[:, first] * scaled[:, second]).mean(dim=2)
        last = max(high for _, high in bins(length))
        angle = 2 * math.pi / length * torch.outer(torch.arange(last), torch.arange(length)).double()
        waves = [wave(angle).float()[None, None] for wave in (torch.cos, torch.sin)]  # (1, 1, frequencies, time)
        parts = [(apart[:, :, None] * wave).sum(dim=3) for wave in waves]
        power = (parts[0].square() + parts[1].square()) / length  # (B, C, frequencies)
        bands = [power[:, :, low:high].mean(dim=2) for low, high in bins(length)]
        return torch.cat([self.statistics(x), torch.log(torch.cat(bands, dim=1) + FLOOR), together], dim=1)


def classifier(
    mean: NDArray, deviation: NDArray, hidden: nn.Linear, scores: nn.Linear, direct: NDArray, shift: NDArray
) -> nn.Sequential:
    """A network of one hidden layer with a linear path beside it: windows (B, C, time) -> scores (B, classes).

    ``mean`` and ``deviation`` scale the numbers; ``direct`` (classes, numbers) and ``shift`` (classes,) are the linear
    path, which stands in the hidden layer too: two units a class, once with its sign turned, lose nothing by the ReLU.
    """
    numbers, units, classes = hidden.in_features, hidden.out_features, len(direct)
    norm = nn.BatchNorm1d(numbers)
    assert norm.running_mean is not None and norm.running_var is not None
    first, last = nn.Linear(numbers, units + 2 * classes), nn.Linear(units + 2 * classes, classes)
    path, kept = torch.from_numpy(direct).float(), torch.from_numpy(shift).float()
    identity = torch.eye(classes)
    with torch.no_grad():
        norm.running_mean.copy_(torch.from_numpy(mean))
        norm.running_var.copy_(torch.from_numpy(np.square(deviation.astype(np.float64)) - norm.eps))
        first.weight.copy_(torch.cat([hidden.weight, path, -path]))
        first.bias.copy_(torch.cat([hidden.bias, torch.zeros(2 * classes)]))
        last.weight.copy_(torch.cat([scores.weight, identity, -identity], dim=1))
        last.bias.copy_(scores.bias + kept)
    return nn.Sequential(Described(), norm, first, nn.ReLU(), last).eval()
