"""Networks of the field's own contest at the size they have there; each (B, channels, time) -> (B, classes).

Written from the papers: CNN-HAR (Yang, Nguyen, San, Li and Krishnaswamy, IJCAI 2015) and TinierHAR (Bian, Liu, Rey and
Lukowicz, arXiv 2507.07949). What the papers leave open (padding, pooling, units) is as the contest's code has it, which
was read for that; a test holds parameters and multiply-accumulates to those of the contest. Both run the same filters
over every sensor channel and join channels late: inside, a window is an image, a row a channel, kept with its filters
innermost, which halves the time of a training on a processor.

Left out: CNN-HAR's normalisation of each activation by those of neighbouring filters. With the contest's constants it
divides by a number that differs from 1 by some hundred-thousandths of a mean square, and it takes most of the time.

>>> network = PUBLISHED["TinierHAR"](9, 6, 128, torch.Generator().manual_seed(0))
>>> sum(weights.numel() for weights in network.parameters())
9589
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.networks.har_baselines import Builder
from luciole.networks.initial import initialise

SHORTEST = 30  # samples of a window: of fewer CNN-HAR has nothing left for its third convolution
INNERMOST = torch.channels_last


def _image(x: Tensor) -> Tensor:
    """A window as an image: (B, C, time) -> (B, 1, C, time)."""
    return x[:, None].to(memory_format=INNERMOST)


class SeparableBlock(nn.Module):
    """A depthwise convolution over 5 samples, a pointwise one, normalised, ReLU, halved if asked, added to its input.

    Where the number of filters changes, a pointwise convolution, normalised, brings the input to it.
    """

    def __init__(self, inputs: int, outputs: int, *, halved: bool):
        super().__init__()
        self.filtered = nn.Sequential(
            nn.Conv2d(inputs, inputs, (1, 5), padding=(0, 2), groups=inputs),
            nn.Conv2d(inputs, outputs, 1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )
        fitted = [] if inputs == outputs else [nn.Conv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs)]
        self.fitted = nn.Sequential(*fitted)
        self.pooled = nn.MaxPool2d((1, 2)) if halved else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.pooled(self.filtered(x)) + self.pooled(self.fitted(x))


class TinierHAR(nn.Module):
    """Six separable blocks for each sensor channel, dropout, a GRU read both ways, attention over time."""

    def __init__(self, channels: int, classes: int, filters: int = 4, units: int = 16, dropout: float = 0.3):
        super().__init__()
        wide = 2 * filters
        self.blocks = nn.Sequential(
            SeparableBlock(1, filters, halved=True),
            SeparableBlock(filters, wide, halved=True),
            *(SeparableBlock(wide, wide, halved=False) for _ in range(4)),
        )
        self.dropout = nn.Dropout(dropout)
        self.recurrent = nn.GRU(channels * wide, units, bidirectional=True, batch_first=True)
        self.weigh = nn.Linear(2 * units, 1)
        self.classifier = nn.Linear(2 * units, classes)

    def forward(self, x: Tensor) -> Tensor:
        h = self.blocks(_image(x)).permute(0, 3, 1, 2).flatten(2)  # (B, time / 4, filters C)
        h, _ = self.recurrent(self.dropout(h))
        return self.classifier((self.weigh(h).softmax(dim=1) * h).sum(dim=1))


class CnnHar(nn.Module):
    """Three convolutions for each sensor channel, one that joins all channels, the largest over time.

    Yang's last map is one sample long; the contest takes the largest over time, so that any length will do.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 50, (1, 5)), nn.MaxPool2d((1, 4), stride=(1, 2)), nn.ReLU(),
            nn.Conv2d(50, 40, (1, 5)), nn.MaxPool2d((1, 4), stride=(1, 2)), nn.ReLU(),
            nn.Conv2d(40, 20, (1, 3)), nn.ReLU(),
            nn.Conv2d(20, 400, (channels, 1)), nn.ReLU(),
        )  # fmt: skip
        self.classifier = nn.Linear(400, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.maps(_image(x)).amax(dim=(2, 3)))


def _builder(make: Callable[[int, int], nn.Module]) -> Builder:
    def build(channels: int, classes: int, length: int, generator: torch.Generator) -> nn.Module:
        if length < SHORTEST:
            raise LucioleError(
                f"expected windows of at least {SHORTEST} samples for the contest's networks, got {length}"
            )
        network = initialise(make(channels, classes), generator)
        return network.to(memory_format=INNERMOST)  # type: ignore[call-overload]

    return build


PUBLISHED: dict[str, Builder] = {"CNN-HAR": _builder(CnnHar), "TinierHAR": _builder(TinierHAR)}
