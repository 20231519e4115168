"""NAS-Bench-201 networks: shapes, weights, and a cell computed by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from luciole.errors import LucioleError
from luciole.networks import Skeleton, build, initialise
from luciole.networks.nb201 import Cell
from luciole.spaces import nb201

SMALL = Skeleton(width=4, cells=1)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("skeleton", "shape"),
    [
        (SMALL, (3, 32, 32)),
        (Skeleton(width=4, cells=2, classes=120), (3, 16, 16)),
        (Skeleton(inputs=9, dims=1, width=4, cells=1, stem="conv1", reduction="pool"), (9, 101)),
        (Skeleton(inputs=6, dims=1, width=4, cells=1), (6, 77)),
    ],
)
def test_every_operation_runs_and_learns(skeleton, shape):
    network = build([4, 3, 2, 1, 0, 3], skeleton, seeded(0))
    x = torch.randn(5, *shape, generator=seeded(1))
    output = network(x)
    assert output.shape == (5, skeleton.classes)
    output.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_a_cell_by_hand():
    """Each edge recomputed with plain functions, from the definition of the benchmark."""
    row = [3, 2, 4, 1, 0, 3]
    cell = initialise(Cell(row, dims=2, width=4), seeded(0)).double()
    x = torch.randn(6, 4, 8, 8, generator=seeded(1), dtype=torch.float64)

    def convolution(edge, value):
        weight = cell.edges[edge][1].weight
        y = F.conv2d(value.clamp(min=0), weight, padding=weight.shape[-1] // 2)
        return (y - y.mean((0, 2, 3), keepdim=True)) / (y.var((0, 2, 3), keepdim=True, unbiased=False) + 1e-5).sqrt()

    one = convolution(0, x)
    ones = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    sums = F.conv2d(one.flatten(0, 1)[:, None], ones, padding=1)
    places = F.conv2d(torch.ones_like(sums), ones, padding=1)
    two = convolution(1, x) + (sums / places).view_as(one)
    three = x + convolution(5, two)
    torch.testing.assert_close(cell(x), three)


def test_a_dead_cell_gives_the_same_for_every_input():
    network = build([0] * 6, SMALL, seeded(0)).eval()
    output = network(torch.randn(4, 3, 32, 32, generator=seeded(1)))
    assert (output == output[0]).all()


def test_weights_come_from_the_generator_alone():
    row = [3, 1, 3, 2, 4, 3]
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one = build(row, SMALL, seeded(7)).state_dict()
    assert (torch.get_rng_state() == state).all()
    torch.manual_seed(2)
    other = build(row, SMALL, seeded(7)).state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    different = build(row, SMALL, seeded(8)).state_dict()
    assert not torch.equal(one["stem.0.weight"], different["stem.0.weight"])


def test_weights_are_distributed_as_pytorch_draws_them():
    ours = initialise(nn.Conv2d(64, 64, 3), seeded(0))
    theirs = nn.Conv2d(64, 64, 3)
    for name in ("weight", "bias"):
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a.abs().max() <= 1 / np.sqrt(64 * 9)
        assert abs(a.std().item() / b.std().item() - 1) < (0.02 if name == "weight" else 0.3)


def test_isomorphic_cells_have_equal_outputs():
    """Same function, same weights: a convolution then a skip, or the convolution at once."""
    one = build([3, 0, 0, 0, 1, 0], SMALL, seeded(0))
    other = build([0, 0, 0, 3, 0, 0], SMALL, seeded(0))
    assert (nb201.canonical([3, 0, 0, 0, 1, 0]) == nb201.canonical([0, 0, 0, 3, 0, 0])).all()
    x = torch.randn(4, 3, 16, 16, generator=seeded(1))
    torch.testing.assert_close(one(x), other(x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build([1, 2, 3], SMALL, seeded(0)), r"shape \(3,\)"),
        (lambda: build(nb201.all_cells()[:2], SMALL, seeded(0)), "one cell"),
        (lambda: Skeleton(width=0), "width to be a positive integer, got 0"),
        (lambda: Skeleton(stem="conv7"), "'conv7'"),
        (lambda: Skeleton(dims=3), "got 3"),
        (lambda: initialise(nn.Bilinear(2, 2, 2), seeded(0)), "Bilinear"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(LucioleError, match=message):
        call()
