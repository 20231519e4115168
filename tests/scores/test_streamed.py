"""The streamed scores are those of their modules, on every kind of network here, and refuse what they cannot read."""

import numpy as np
import pytest
import torch
from torch import nn

from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.networks import nb101 as graphs
from luciole.scores.icd import icd, icd_relu
from luciole.scores.naswot import naswot
from luciole.scores.streamed import SlidingMax, icd_streamed, quicken, streamed
from luciole.spaces import nb101, nb201


def batch(n=12, side=8, seed=0):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", range(4))
def test_streamed_scores_of_graphs_are_those_of_the_modules(seed):
    row = nb101.sample(np.random.default_rng(seed), 1)[0]
    network = graphs.build(row, generator(seed), stem=8)
    expected = [one(network, batch()) for one in (icd, icd_relu, naswot)]
    np.testing.assert_allclose(streamed(quicken(network), batch()), expected, rtol=1e-6)
    assert icd_streamed(network, batch()) == streamed(network, batch())[0]


@pytest.mark.parametrize("row", [[3, 1, 2, 4, 0, 3], [1] * 6, [4, 4, 4, 3, 3, 3]])
def test_streamed_scores_of_cells_are_those_of_the_modules(row):
    network = build(row, Skeleton(cells=1, width=8), generator())
    expected = [one(network, batch()) for one in (icd, icd_relu, naswot)]
    np.testing.assert_allclose(streamed(quicken(network), batch()), expected, rtol=1e-6)


def test_a_batch_of_more_than_a_byte_counts_right():
    network = build(nb201.all_cells()[0], Skeleton(cells=1, width=4), generator())
    many = batch(300, 4)
    assert icd_streamed(network, many) == pytest.approx(icd(network, many), rel=1e-6)


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (1, 2, 1, 5), (2, 1, 4, 1)])
def test_sliding_maximum_is_the_pooling(shape):
    x = torch.randn(shape, generator=generator())
    assert torch.equal(SlidingMax()(x), nn.MaxPool2d(3, stride=1, padding=1)(x))


def test_only_poolings_of_stride_one_are_replaced():
    network = quicken(nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1)))
    assert [type(module) for module in network] == [SlidingMax, nn.MaxPool2d, nn.MaxPool2d]


def test_the_network_is_left_as_it_was():
    network = build([3] * 6, Skeleton(cells=1, width=4), generator()).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    streamed(network, batch())
    assert not network.training and all(torch.equal(before[name], now) for name, now in network.state_dict().items())
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_a_batch_that_does_not_fit_is_refused():
    with pytest.raises(LucioleError, match="does not accept"):
        icd_streamed(build([3] * 6, Skeleton(cells=1, width=4), generator()), torch.zeros(2, 5, 8, 8))
    with pytest.raises(LucioleError, match="units"):
        icd_streamed(nn.Sequential(nn.Flatten(), nn.Identity()), torch.zeros(2, 3, 2048, 2048))
