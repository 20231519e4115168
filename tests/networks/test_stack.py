"""A stack of networks against the networks one by one: outputs, gradients, statistics."""

import numpy as np
import pytest
import torch

from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.networks.stack import Stack
from luciole.spaces import nb201


def skeleton(**changes):
    return Skeleton(
        **(
            {"inputs": 3, "classes": 5, "width": 4, "dims": 1, "stem": "conv1", "reduction": "pool", "cells": 1}
            | changes
        )
    )


def generators(count):
    return [torch.Generator().manual_seed(number) for number in range(count)]


# every operation on every edge, the empty cell, cells with edges that lead nowhere, and random ones
ROWS = np.concatenate(
    [
        np.repeat(np.arange(5, dtype=np.int8)[:, None], 6, axis=1),
        [[3, 0, 0, 0, 0, 0], [0, 3, 2, 0, 4, 3], [2, 3, 4, 1, 0, 0]],
        nb201.sample(np.random.default_rng(0), 10),
    ]
)


@pytest.mark.parametrize(("cells", "stages", "length"), [(1, 3, 20), (2, 2, 13), (1, 3, 7)])
def test_outputs_gradients_and_statistics_are_those_of_single_networks(cells, stages, length):
    fitting = skeleton(cells=cells, stages=stages)
    stack = Stack(ROWS, fitting, generators(len(ROWS))).double()
    singles = [build(row, fitting, one).double() for row, one in zip(ROWS, generators(len(ROWS)), strict=True)]
    x = torch.randn(6, 3, length, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.randn(len(ROWS), 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    both = [stack.parameters(), [p for single in singles for p in single.parameters()]]
    optimisers = [torch.optim.SGD(parameters, lr=0.5) for parameters in both]
    for _ in range(3):  # a wrong gradient anywhere would show in the next step's outputs
        outputs = [stack(x), torch.stack([single(x) for single in singles])]
        torch.testing.assert_close(*outputs, rtol=1e-8, atol=1e-9)
        for optimiser, output in zip(optimisers, outputs, strict=True):
            optimiser.zero_grad()
            (output.tanh() * weights).sum().backward()
            optimiser.step()
    stack.eval()
    for single in singles:
        single.eval()
    torch.testing.assert_close(stack(x), torch.stack([single(x) for single in singles]), rtol=1e-8, atol=1e-9)


def test_unstacked_networks_are_the_trained_ones():
    stack = Stack(ROWS, skeleton(), generators(len(ROWS)))
    x = torch.randn(8, 3, 16)
    optimiser = torch.optim.SGD(stack.parameters(), lr=0.1)
    stack(x).square().sum().backward()
    optimiser.step()
    stack.eval()
    networks = stack.unstack()
    torch.testing.assert_close(stack(x), torch.stack([network(x) for network in networks]), rtol=1e-4, atol=1e-5)
    assert not networks[0].training


def test_a_network_does_not_depend_on_its_neighbours():
    x = torch.randn(8, 3, 16)
    alone = Stack(ROWS[6:7], skeleton(), [torch.Generator().manual_seed(6)])
    among = Stack(ROWS, skeleton(), generators(len(ROWS)))
    torch.testing.assert_close(alone(x)[0], among(x)[6], rtol=1e-4, atol=1e-5)
    among(x)[6].square().sum().backward()
    reached = next(p.grad for p in among.stem.parameters())  # (taps, K, width, inputs)
    assert reached[:, 6].abs().sum() > 0
    assert reached[:, :6].abs().sum() == 0


def test_cells_with_equal_values_everywhere_stay_finite():
    """A variance that rounding takes below zero must not become NaN."""
    stack = Stack(ROWS, skeleton(), generators(len(ROWS)))
    output = stack(torch.full((4, 3, 16), 1e4))
    output.sum().backward()
    assert torch.isfinite(output).all()
    assert all(torch.isfinite(p.grad).all() for p in stack.parameters() if p.grad is not None)


def test_what_cannot_be_stacked_is_refused():
    for wrong in (skeleton(dims=2), skeleton(stem="conv3"), skeleton(reduction="residual")):
        with pytest.raises(LucioleError, match="to stack"):
            Stack(ROWS, wrong, generators(len(ROWS)))
    with pytest.raises(LucioleError, match="K generators"):
        Stack(ROWS, skeleton(), generators(2))
    with pytest.raises(LucioleError, match="got 9"):
        Stack([[0, 0, 0, 0, 0, 9]], skeleton(), generators(1))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_stack_learns_on_a_gpu_what_it_learns_here():
    x = torch.randn(8, 3, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    outputs = []
    for device in ("cpu", "cuda"):
        stack = Stack(ROWS, skeleton(), generators(len(ROWS))).double().to(device)
        optimiser = torch.optim.SGD(stack.parameters(), lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            stack(x.to(device)).square().sum().backward()
            optimiser.step()
        outputs.append(torch.stack([network(x) for network in stack.eval().unstack()]))
    torch.testing.assert_close(*outputs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("row", [[3] * 6, [2] * 6, [3, 1, 2, 4, 3, 3], [0, 0, 0, 3, 0, 0]])
def test_weights_are_drawn_as_a_single_network_draws_them(row):
    fitting = skeleton(cells=2, stages=3)
    one = Stack([row], fitting, generators(1)).unstack()[0]
    for weight, other in zip(build(row, fitting, generators(1)[0]).parameters(), one.parameters(), strict=True):
        assert torch.equal(weight, other)
