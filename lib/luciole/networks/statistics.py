"""What a window of sensor samples is like as a whole, for a classifier to see beside what convolutions find.

Sitting and standing differ by movements a hundredth of a step's: a mean over time of activations loses them, the
logarithm of a mean square keeps them. Ignatov (Applied Soft Computing 2018) joins such statistics to a convolutional
network; the choice of them here is ours, made on the validation people of two data sets (chapter 7).

>>> x = torch.randn(2, 3, 100, generator=torch.Generator().manual_seed(0))
>>> Statistics()(x).shape == (2, width(3))
True
"""

import torch
from torch import Tensor, nn

KINDS = ("quarters", "spans", "extremes", "neighbours")  # what is told beside the window's level, spread and steps
SPANS = (1, 2, 4, 8, 16, 32)  # samples that lie between two compared; the first are the steps
PARTS = 4  # of a window
FLOOR = 1e-6  # of a variance, where 1 is that of the training part: what does not move at all stays finite
SHORTEST = 2 * PARTS  # samples of a window
OPERATORS = 57  # of an exported network that compute all of them, and join them to the rest


class Statistics(nn.Module):
    """Numbers that describe a window, channel by channel: (B, C, time) -> (B, width(C)).

    Always its mean, and the logarithms of its variance and of the mean square of its steps. With "quarters" the same
    of each quarter (what is left over at the end is not seen); with "spans" the logarithm of the mean square of its
    movement over several samples, or since its start where that is nearer; with "extremes" its largest and smallest
    value; with "neighbours" its correlation with the two channels before it.
    """

    def __init__(self, kinds: tuple[str, ...] = KINDS):
        super().__init__()
        self.kinds = kinds
        self.spans = SPANS if "spans" in kinds else SPANS[:1]

    def forward(self, x: Tensor) -> Tensor:
        channels, length, furthest = int(x.shape[1]), int(x.shape[2]), max(self.spans)  # int: constants of an export
        started = torch.cat([x[:, :, :1]] * furthest + [x], dim=2)
        before = torch.cat([started[:, :, furthest - by : furthest - by + length] for by in self.spans], dim=1)
        moves = (torch.cat([x] * len(self.spans), dim=1) - before).square()  # (B, spans x C, time)
        mean = x.mean(dim=2, keepdim=True)
        apart = x - mean
        variance = apart.square().mean(dim=2, keepdim=True)
        plain, squares = [mean.flatten(1)], [variance.flatten(1), moves.mean(dim=2)]
        if "quarters" in self.kinds:
            size = length // PARTS
            quarters, steps = (
                each[:, :channels, : PARTS * size].reshape(-1, channels, PARTS, size) for each in (x, moves)
            )
            means = quarters.mean(dim=3, keepdim=True)
            plain.append(means.flatten(1))
            squares += [(quarters - means).square().mean(dim=3).flatten(1), steps.mean(dim=3).flatten(1)]
        if "extremes" in self.kinds:
            plain += [x.amax(dim=2), x.amin(dim=2)]
        if "neighbours" in self.kinds:
            scaled = apart * torch.rsqrt(variance + FLOOR)
            plain += [(scaled[:, by:] * scaled[:, :-by]).mean(dim=2) for by in (1, 2) if channels > by]
        return torch.cat([*plain, torch.log(torch.cat(squares, dim=1) + FLOOR)], dim=1)


def _pairs(channels: int) -> int:
    return max(0, channels - 1) + max(0, channels - 2)


def width(channels: int, kinds: tuple[str, ...] = KINDS) -> int:
    """Count the numbers that describe a window of so many channels.

    >>> width(1, kinds=()), width(9)
    (3, 213)
    """
    each = 3 + 3 * PARTS * ("quarters" in kinds) + (len(SPANS) - 1) * ("spans" in kinds) + 2 * ("extremes" in kinds)
    return channels * each + _pairs(channels) * ("neighbours" in kinds)


def multiplications(channels: int, length: int) -> int:
    """Count the multiplications that all of them take for a window: squares, scalings and products of channels.

    Divisions, roots and logarithms of results are not counted, as nowhere in this study.
    """
    each = length * (1 + len(SPANS)) + PARTS * (length // PARTS) + length
    return channels * each + _pairs(channels) * length
