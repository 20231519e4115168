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
from luciole.networks.nb201 import relu_conv_norm
from luciole.networks.statistics import KINDS, OPERATORS, SHORTEST, Statistics, multiplications
from luciole.networks.statistics import width as described
from luciole.spaces import Rows, har1d, nb201
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
    """The four-node cell; edges that nothing flows through are neither built nor added."""

    def __init__(self, design: Design, width: int):
        super().__init__()
        self.edges = nn.ModuleDict()
        for (target, source), op in zip(nb201.EDGES, nb201.prune(np.array(design.cell, dtype=np.int8)), strict=True):
            name = f"{source}to{target}"
            if op == nb201.SKIP:
                self.edges[name] = nn.Identity()
            elif op == nb201.CONV1:
                self.edges[name] = relu_conv_norm(1, width, width, 1)
            elif op == nb201.CONV3:
                self.edges[name] = _wide_convolution(design, width)
            elif op == nb201.POOL:
                self.edges[name] = nn.AvgPool1d(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        nodes: dict[int, Tensor] = {0: x}
        for target, source in nb201.EDGES:
            if f"{source}to{target}" in self.edges:
                term = self.edges[f"{source}to{target}"](nodes[source])
                nodes[target] = nodes[target] + term if target in nodes else term
        return nodes.get(3, torch.zeros_like(x))


class Network(nn.Module):
    """Stem, stages of cells with reductions between them, mean over time; statistics beside them; classifier."""

    def __init__(self, design: Design, inputs: int, classes: int, kinds: tuple[str, ...] | None = KINDS):
        super().__init__()
        widths, size = design.widths, design.stem_kernel
        self.stem = nn.Sequential(
            nn.Conv1d(inputs, widths[0], size, stride=design.stem_stride, padding=size // 2, bias=False),
            nn.BatchNorm1d(widths[0]),
        )
        blocks: list[nn.Module] = []
        for stage, width in enumerate(widths):
            if stage:
                narrow = nn.Conv1d(widths[stage - 1], width, 1, bias=False)
                blocks.append(nn.Sequential(nn.AvgPool1d(2), narrow, nn.BatchNorm1d(width)))
            blocks += [Cell(design, width) for _ in range(design.cells)]
        self.body = nn.Sequential(*blocks)
        self.last = nn.Sequential(nn.BatchNorm1d(widths[-1]), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten())
        self.statistics: nn.Module | None = None
        if kinds is not None:
            numbers = described(inputs, kinds)
            self.statistics = nn.Sequential(
                Statistics(kinds),
                nn.BatchNorm1d(numbers),
                nn.Linear(numbers, design.statistics, bias=False),
                nn.BatchNorm1d(design.statistics),
                nn.ReLU(),
            )
        seen = widths[-1] + (design.statistics if self.statistics is not None else 0)
        self.classifier = nn.Linear(seen, classes)

    def forward(self, x: Tensor) -> Tensor:  # (B, inputs, time)
        features = self.last(self.body(self.stem(x)))  # (B, width)
        if self.statistics is not None:
            features = torch.cat([features, self.statistics(x)], dim=1)
        return self.classifier(features)


def build(
    row: object, inputs: int, classes: int, generator: torch.Generator, kinds: tuple[str, ...] | None = KINDS
) -> Network:
    """Build the network of a genotype for series of ``inputs`` channels: (B, inputs, time) -> (B, classes).

    Stem (convolution with stride, normalisation), stages of cells with average pooling and a 1x1 convolution
    between them, normalisation, ReLU, mean over time, linear classifier, which also sees the window's statistics:
    ``kinds`` of :mod:`luciole.networks.statistics`, or none for None. Weights come from ``generator``.
    """
    with torch.device("meta"):
        network = Network(har1d.decode(row), inputs, classes, kinds)
    return initialise(network.to_empty(device="cpu"), generator)


def _chosen(rows: object) -> tuple[Rows, dict[str, NDArray]]:
    """The pruned cells (n, 6) and, by name, the skeleton choices (n,) of genotypes."""
    array = np.atleast_2d(har1d.check(rows))
    of = {
        name: np.array(choice)[array[:, nb201.GENES + place]]
        for place, (name, choice) in enumerate(zip(har1d.NAMES, har1d.CHOICES, strict=True))
    }
    return nb201.prune(array[:, : nb201.GENES]), of


def operators(rows: object) -> NDArray[np.int64]:
    """Count the operators of each network as exported, normalisations folded into convolutions: int64 (n,).

    A small network spends its time on a desk's processor between them, more than in multiplying. The count is of
    ONNX nodes, at most: the last normalisation counts though it can be folded where a convolution ends the network, and
    two edges that compute the same count twice though an exporter joins them.
    """
    cell, of = _chosen(rows)
    wide, convolves = cell == nb201.CONV3, np.isin(cell, (nb201.CONV1, nb201.CONV3))
    target, source = np.array(nb201.EDGES).T
    convolutions = convolves.sum(axis=1) + wide.sum(axis=1) * (of["kind"] == "depthwise")
    rectified = sum(convolves[:, source == node].any(axis=1).astype(int) for node in range(3))  # once a node
    adds = sum(np.maximum((cell[:, target == node] != nb201.NONE).sum(axis=1) - 1, 0) for node in range(1, 4))
    each = convolutions + rectified + adds + (cell == nb201.POOL).sum(axis=1)
    fixed = 8 + 2 * (of["stages"] - 1)  # constants in, stem, last activation, mean, classifier; reductions
    return np.asarray(fixed + of["stages"] * of["cells"] * each + OPERATORS)


def counts(rows: object, inputs: int, classes: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count parameters and multiply-accumulates of each network in closed form: two int64 arrays of shape (n,).

    The convention of :mod:`luciole.costs.counts`, and the multiplications that statistics of all kinds take, which
    counting by layers does not see; ``length`` is the number of samples of a series. Raises LucioleError when a series
    is too short for some network's stem stride and poolings, or for the statistics.
    """
    cell, of = _chosen(rows)
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
    if (time < 1).any() or length < SHORTEST:
        raise LucioleError(f"expected series long enough for every pooling, got {length} samples; lengthen the window")
    units, numbers = of["statistics"], described(inputs)
    seen = before + units  # by the classifier
    parameters += 2 * before + 2 * numbers + (numbers + 2) * units + (seen + 1) * classes
    macs += numbers * units + multiplications(inputs, length) + (seen + 1) * classes
    return parameters, macs
