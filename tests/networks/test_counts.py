"""Closed-form counts against networks that are built, and against the benchmark's own table."""

import numpy as np
import pytest
import torch
from torch import nn

from luciole.errors import LucioleError
from luciole.networks import NB201_C10, NB201_C100, NB201_IN16, Skeleton, build, counts
from luciole.spaces import nb201

SKELETONS = [
    (Skeleton(width=4, cells=1), 8),
    (Skeleton(inputs=6, classes=7, width=3, cells=2, stages=2), 9),
    (Skeleton(inputs=9, classes=6, width=8, cells=1, dims=1, stem="conv1", reduction="pool"), 50),
    (Skeleton(inputs=2, classes=3, width=4, cells=2, dims=1, stages=4), 37),
    (Skeleton(width=4, cells=1, stem="conv1", reduction="pool"), 13),
]


def counted(network: nn.Module, x: torch.Tensor) -> int:
    """Multiply-accumulates of convolutions and linear layers, from the shapes seen in a forward pass."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            total += output[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel() + module.bias.numel()

    for module in network.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        network.eval()(x)
    return total


@pytest.mark.parametrize(("skeleton", "size"), SKELETONS)
def test_counts_equal_those_of_built_networks(skeleton, size):
    rows = np.concatenate([nb201.sample(np.random.default_rng(0), 8), np.full((1, 6), 3), np.full((1, 6), 0)])
    generator = torch.Generator().manual_seed(0)
    for row, parameters, macs in zip(
        rows, counts.parameters(rows, skeleton), counts.macs(rows, skeleton, size), strict=True
    ):
        network = build(row, skeleton, generator)
        assert sum(weight.numel() for weight in network.parameters()) == parameters
        x = torch.zeros(1, skeleton.inputs, *[size] * skeleton.dims)
        assert counted(network, x) == macs


def test_the_benchmarks_range():
    """The smallest and largest CIFAR-10 networks of the benchmark."""
    parameters = counts.parameters(nb201.all_cells(), NB201_C10)
    assert (parameters.min(), parameters.max()) == (73_306, 1_531_546)


@pytest.mark.parametrize(
    ("name", "skeleton", "size"), [("c10", NB201_C10, 32), ("c100", NB201_C100, 32), ("in16", NB201_IN16, 16)]
)
def test_counts_equal_the_benchmarks_own(data_folder, name, skeleton, size):
    table = np.load(data_folder / "nb201.npz")
    assert (counts.parameters(nb201.all_cells(), skeleton) == table[f"{name}_params"]).all()
    assert (counts.macs(nb201.all_cells(), skeleton, size) == table[f"{name}_flops"]).all()


def test_too_small_an_image_is_refused():
    with pytest.raises(LucioleError, match="at least 4, got 3"):
        counts.macs(nb201.all_cells(), NB201_C10, 3)
