"""Hand-made networks for sensor windows, to set beside what a search finds; each (B, channels, time) -> (B, classes).

Written from the papers' descriptions, at sizes that a laptop trains in minutes; what was reduced is said in each.

>>> network = BASELINES["TinyTNAS network"](9, 6, 128, torch.Generator().manual_seed(0))
>>> network(torch.zeros(2, 9, 128)).shape
torch.Size([2, 6])
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.networks.initial import initialise

Builder = Callable[[int, int, int, torch.Generator], nn.Module]  # channels, classes, samples of a window, weights


def _convolution(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Convolution that keeps the length, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()
    )


def mlp(channels: int, classes: int, length: int) -> nn.Module:
    """Two hidden layers of 128 and 64 on all samples of a window."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * length, 128, bias=False),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Linear(128, 64, bias=False),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Linear(64, classes),
    )


def cnn(channels: int, classes: int, length: int) -> nn.Module:
    """Three convolutions of 64 filters over 5 samples, each but the last followed by max-pooling; mean over time."""
    return nn.Sequential(
        _convolution(channels, 64, 5),
        nn.MaxPool1d(2),
        _convolution(64, 64, 5),
        nn.MaxPool1d(2),
        _convolution(64, 64, 5),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(64, classes),
    )


class DeepConvLSTM(nn.Module):
    """Convolutions along time, the same for each sensor channel, then a recurrent layer over all of them.

    Ordóñez and Roggen, Sensors 2016: 4 convolutions of 64 filters over 5 samples, 2 LSTM layers of 128. Here 16
    filters, time halved after the second convolution, and 1 LSTM layer of 64: a fraction of the cost.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        layers: list[nn.Module] = []
        for place, inputs in enumerate((1, 16, 16, 16)):
            layers += [nn.Conv2d(inputs, 16, (1, 5), padding=(0, 2), bias=False), nn.BatchNorm2d(16), nn.ReLU()]
            if place == 1:
                layers.append(nn.MaxPool2d((1, 2)))
        self.convolutions = nn.Sequential(*layers)
        self.recurrent = nn.LSTM(16 * channels, 64, batch_first=True)
        self.classifier = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        h = self.convolutions(x[:, None]).flatten(1, 2)  # (B, 16 channels, time / 2)
        return self.classifier(self.recurrent(h.transpose(1, 2))[0][:, -1])


class InceptionBlock(nn.Module):
    """Bottleneck, three convolutions of different length side by side, and a pooled branch: 64 channels."""

    def __init__(self, inputs: int):
        super().__init__()
        self.bottleneck = nn.Conv1d(inputs, 16, 1, bias=False)
        self.branches = nn.ModuleList(nn.Conv1d(16, 16, size, padding=size // 2, bias=False) for size in (5, 11, 21))
        self.pooled = nn.Sequential(nn.MaxPool1d(3, stride=1, padding=1), nn.Conv1d(inputs, 16, 1, bias=False))
        self.last = nn.Sequential(nn.BatchNorm1d(64), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.bottleneck(x)
        return self.last(torch.cat([*(branch(narrow) for branch in self.branches), self.pooled(x)], dim=1))


def inception(channels: int, classes: int, length: int) -> nn.Module:
    """Two blocks in the manner of InceptionTime (Ismail Fawaz et al., DMKD 2020), half as long and wide as there."""
    return nn.Sequential(
        InceptionBlock(channels), InceptionBlock(64), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, classes)
    )


class TinyHAR(nn.Module):
    """Convolutions for each sensor channel, attention between channels, fusion, LSTM, attention over time.

    After Zhou et al., ISWC 2022, from its description ("TinyHAR" is a family of sizes):
    here four strided convolutions of 24 filters, an LSTM of 48.
    """

    def __init__(self, channels: int, classes: int, filters: int = 24, units: int = 48):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs in (1, filters, filters, filters):
            layers += [
                nn.Conv2d(inputs, filters, (1, 5), stride=(1, 2), padding=(0, 2), bias=False),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
            ]
        self.convolutions = nn.Sequential(*layers)
        self.asks, self.offers, self.gives = (nn.Linear(filters, filters) for _ in range(3))
        self.fusion = nn.Sequential(nn.Linear(channels * filters, units), nn.ReLU())
        self.recurrent = nn.LSTM(units, units, batch_first=True)
        self.weigh = nn.Linear(units, 1)
        self.classifier = nn.Linear(units, classes)

    def forward(self, x: Tensor) -> Tensor:
        h = self.convolutions(x[:, None]).permute(0, 3, 2, 1)  # (B, time, channels, filters)
        likeness = self.asks(h) @ self.offers(h).transpose(2, 3) / math.sqrt(h.shape[3])
        h = h + likeness.softmax(dim=3) @ self.gives(h)
        h, _ = self.recurrent(self.fusion(h.flatten(2)))  # (B, time, units)
        return self.classifier((self.weigh(h).softmax(dim=1) * h).sum(dim=1))


def _separable(inputs: int, outputs: int) -> nn.Sequential:
    """Depthwise convolution over 3 samples, then a pointwise one with bias, ReLU."""
    return nn.Sequential(
        nn.Conv1d(inputs, inputs, 3, padding=1, groups=inputs, bias=False), nn.Conv1d(inputs, outputs, 1), nn.ReLU()
    )


def tinytnas(channels: int, classes: int, length: int, first: int = 10, more: int = 3) -> nn.Module:
    """The network that TinyTNAS found for UCI HAR, from the authors' public code: separable convolutions and pooling.

    ``first`` filters, then ``more`` times max-pooling by 2 and half as many filters again; mean over time, a dense
    layer half as wide again, classifier. On 9 channels, 128 samples and 6 classes: 3,510 parameters and 53,079
    multiply-accumulates, biases left out, as they print it. Source: Saha, Samanta, Ghosh and Roy, TinyTNAS, 2024.
    """
    layers: list[nn.Module] = [_separable(channels, first)]
    width = first
    for _ in range(more):
        layers += [nn.MaxPool1d(2), _separable(width, int(width * 1.5))]
        width = int(width * 1.5)
    dense = int(width * 1.5)
    head = [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(width, dense), nn.ReLU(), nn.Linear(dense, classes)]
    return nn.Sequential(*layers, *head)


def _builder(make: Callable[[int, int, int], nn.Module]) -> Builder:
    def build(channels: int, classes: int, length: int, generator: torch.Generator) -> nn.Module:
        if length < 16:
            raise LucioleError(f"expected windows of at least 16 samples for the hand-made networks, got {length}")
        with torch.device("meta"):
            network = make(channels, classes, length)
        return initialise(network.to_empty(device="cpu"), generator)

    return build


BASELINES: dict[str, Builder] = {
    "MLP": _builder(mlp),
    "1-D CNN": _builder(cnn),
    "DeepConvLSTM (small)": _builder(lambda channels, classes, length: DeepConvLSTM(channels, classes)),
    "Inception (small)": _builder(inception),
    "TinyHAR-like": _builder(lambda channels, classes, length: TinyHAR(channels, classes)),
    "TinyTNAS network": _builder(tinytnas),
}
