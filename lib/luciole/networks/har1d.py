"""Small one-dimensional networks for sensor series, from genotypes of :mod:`luciole.spaces.har1d`.

>>> import numpy as np, torch
>>> from luciole.spaces import har1d
>>> row = har1d.sample(np.random.default_rng(0), 1)[0]
>>> network = build(row, inputs=6, classes=7, generator=torch.Generator().manual_seed(0))
>>> network(torch.zeros(2, 6, 100)).shape
torch.Size([2, 7])
"""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.networks.initial import initialise
from luciole.networks.nb201 import Nothing, join, relu_conv_norm
from luciole.spaces import har1d, nb201
from luciole.spaces.har1d import Design


def _wide_convolution(design: Design, width: int) -> nn.Sequential:
    """ReLU, the design's convolution (full, or depthwise then pointwise), batch normalisation; length kept."""
    size, dilation = design.kernel, design.dilation
    padding = dilation * (size // 2)
    convolution = partial(nn.Conv1d, width, width, bias=False)
    if design.kind == "full":
        layers = [convolution(kernel_size=size, padding=padding, dilation=dilation)]
    else:
        layers = [
            convolution(kernel_size=size, padding=padding, dilation=dilation, groups=width),
            convolution(kernel_size=1),
        ]
    return nn.Sequential(nn.ReLU(), *layers, nn.BatchNorm1d(width))


class Cell(nn.Module):
    """The four-node cell; edges that nothing flows through are not built."""

    def __init__(self, design: Design, width: int):
        super().__init__()
        self.edges = nn.ModuleList()
        for op in nb201.prune(np.array(design.cell, dtype=np.int8)):
            if op == nb201.NONE:
                self.edges.append(Nothing())
            elif op == nb201.SKIP:
                self.edges.append(nn.Identity())
            elif op == nb201.CONV1:
                self.edges.append(relu_conv_norm(1, width, width, 1))
            elif op == nb201.CONV3:
                self.edges.append(_wide_convolution(design, width))
            else:
                self.edges.append(nn.AvgPool1d(3, stride=1, padding=1, count_include_pad=False))

    def forward(self, x: Tensor) -> Tensor:
        return join(self.edges, x)


def build(row: object, inputs: int, classes: int, generator: torch.Generator) -> nn.Sequential:
    """Build the network of a genotype for series of ``inputs`` channels: (B, inputs, time) -> (B, classes).

    Stem (convolution with stride, normalisation), stages of cells with average pooling and a 1x1 convolution
    between them, normalisation, ReLU, mean over time, linear classifier. Weights come from ``generator``.
    """
    design = har1d.decode(row)
    with torch.device("meta"):
        widths = design.widths
        layers: list[nn.Module] = [
            nn.Conv1d(
                inputs,
                widths[0],
                design.stem_kernel,
                stride=design.stem_stride,
                padding=design.stem_kernel // 2,
                bias=False,
            ),
            nn.BatchNorm1d(widths[0]),
        ]
        for stage, width in enumerate(widths):
            if stage:
                layers += [
                    nn.AvgPool1d(2),
                    nn.Conv1d(widths[stage - 1], width, 1, bias=False),
                    nn.BatchNorm1d(width),
                ]
            layers += [Cell(design, width) for _ in range(design.cells)]
        layers += [nn.BatchNorm1d(widths[-1]), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten()]
        network = nn.Sequential(*layers, nn.Linear(widths[-1], classes))
    return initialise(network.to_empty(device="cpu"), generator)


def counts(rows: object, inputs: int, classes: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count parameters and multiply-accumulates of each network in closed form: two int64 arrays of shape (n,).

    The convention of :mod:`luciole.networks.counts`; ``length`` is the number of samples of a series. Raises
    LucioleError when a series is too short for some network's stem stride and poolings.
    """
    array = np.atleast_2d(har1d.check(rows))
    of = {
        name: np.array(choice)[array[:, nb201.GENES + place]]
        for place, (name, choice) in enumerate(zip(har1d.NAMES, har1d.CHOICES, strict=True))
    }
    cell = nb201.prune(array[:, : nb201.GENES])
    ones, wides = (cell == nb201.CONV1).sum(axis=1), (cell == nb201.CONV3).sum(axis=1)
    depthwise = of["kind"] == "depthwise"
    width = of["width"].astype(np.int64)
    time = (length - of["stem_kernel"] + 2 * (of["stem_kernel"] // 2)) // of["stem_stride"] + 1
    stem = inputs * width * of["stem_kernel"]
    parameters, macs = stem + 2 * width, stem * time
    before = width
    for stage in range(max(har1d.STAGES)):
        here = stage < of["stages"]
        # Python's round and numpy's both go to the even neighbour, so designs and counts agree
        wide = np.round(of["width"] * of["growth"] ** stage).astype(np.int64)
        if stage:
            time = np.where(here, time // 2, time)
            parameters += np.where(here, before * wide + 2 * wide, 0)
            macs += np.where(here, before * wide * time, 0)
        taps = np.where(depthwise, wide * (of["kernel"] + wide), wide * wide * of["kernel"])
        weights = of["cells"] * (ones * wide * wide + wides * taps)
        parameters += np.where(here, weights + of["cells"] * (ones + wides) * 2 * wide, 0)
        macs += np.where(here, weights * time, 0)
        before = np.where(here, wide, before)
    if (time < 1).any():
        raise LucioleError(f"expected series long enough for every pooling, got {length} samples; lengthen the window")
    return parameters + 2 * before + (before + 1) * classes, macs + (before + 1) * classes
