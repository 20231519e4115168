"""Counted costs against the closed form, against PyTorch's own counter, and against loops by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from luciole.costs import counts
from luciole.errors import LucioleError
from luciole.networks import NB201_C10, Skeleton, build
from luciole.networks import counts as closed

CELLS = st.lists(st.integers(0, 4), min_size=6, max_size=6)


@settings(max_examples=25, deadline=None)
@given(CELLS, st.sampled_from([1, 2]), st.sampled_from(["conv3", "conv1"]), st.sampled_from(["residual", "pool"]))
def test_counted_equals_the_closed_form(cell: list[int], dims: int, stem: str, reduction: str) -> None:
    skeleton = Skeleton(inputs=2, classes=7, width=4, cells=2, dims=dims, stem=stem, reduction=reduction)
    network = build(cell, skeleton, torch.Generator().manual_seed(0))
    found = counts.count(network, (2, *[9] * dims))
    assert found.parameters == closed.parameters(cell, skeleton)
    assert found.macs == closed.macs(cell, skeleton, 9)
    assert sum(found.layers.values()) == found.macs


def test_pytorch_s_own_counter_agrees_but_for_the_bias() -> None:
    network = build([3, 2, 1, 4, 3, 2], NB201_C10, torch.Generator().manual_seed(0)).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, 32, 32))
    assert counts.count(network, (3, 32, 32)).fpo == counter.get_total_flops() + 2 * 10  # its ten biases


def test_a_convolution_by_hand() -> None:
    layer = nn.Conv2d(4, 6, (3, 5), stride=2, padding=1, groups=2)
    size = layer(torch.zeros(1, 4, 11, 13)).shape[2:]
    by_hand = 0
    for _ in range(size[0] * size[1]):
        for out in range(6):
            by_hand += layer.weight[out].numel()
    assert counts.count(layer, (4, 11, 13)).macs == by_hand


def test_a_recurrent_layer_by_hand() -> None:
    layer = nn.LSTM(5, 7, num_layers=2, bidirectional=True, batch_first=True)
    matrices = [weight for name, weight in layer.named_parameters() if name.startswith("weight")]
    found = counts.count(layer, (11, 5))
    assert found.macs == 11 * sum(weight.numel() for weight in matrices)
    assert found.parameters == sum(weight.numel() for weight in layer.parameters())


def test_a_layer_used_twice_counts_twice_in_macs_and_once_in_parameters() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(self.layer(x))

    found = counts.count(Twice(), (3,))
    assert (found.macs, found.parameters) == (18, 9)


def test_frozen_weights_are_not_trainable_parameters() -> None:
    layer = nn.Linear(3, 2).requires_grad_(False)
    assert counts.parameters(layer) == 0


def test_the_network_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3)).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    counts.count(network, (2, 8))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network[0]._forward_hooks


def test_a_layer_without_a_rule_is_refused_not_free() -> None:
    with pytest.raises(LucioleError, match="Bilinear"):
        counts.count(nn.Bilinear(2, 3, 4), (2,))
    with pytest.raises(LucioleError, match="projection"):
        counts.count(nn.LSTM(5, 7, proj_size=2), (11, 5))


def test_macs_grow_with_the_square_of_the_side() -> None:
    network = build([3] * 6, Skeleton(width=4, cells=1), torch.Generator().manual_seed(0))
    sides = np.array([8, 16, 32])
    head = (16 + 1) * 10
    body = np.array([counts.count(network, (3, side, side)).macs - head for side in sides.tolist()])
    assert (body[1:] == 4 * body[:-1]).all()
