"""Counted costs against the closed form, against PyTorch's own counter, and against loops by hand."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
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


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN, partial(nn.LSTM, proj_size=3)])
@pytest.mark.parametrize("both", [False, True])
def test_a_recurrent_layer_by_hand(kind: Callable[..., nn.RNNBase], both: bool) -> None:
    layer = kind(5, 7, num_layers=2, bidirectional=both, batch_first=True)
    matrices = [weight for name, weight in layer.named_parameters() if name.startswith("weight")]
    found = counts.count(layer, (11, 5))
    assert found.macs == 11 * sum(weight.numel() for weight in matrices)
    assert found.parameters == sum(weight.numel() for weight in layer.parameters())


class Function(nn.Module):
    """A function of one tensor, and the parameters that it uses."""

    def __init__(self, function: Callable[..., torch.Tensor], *weights: torch.Tensor) -> None:
        super().__init__()
        self.function, self.weights = function, nn.ParameterList(weights)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x, *self.weights)


def test_attention_by_hand() -> None:
    """Length 5, width 8: three projections with biases, queries by keys, weights by values, the output's projection."""
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    of_attention = 3 * 5 * 8 * 9 + 2 * 5 * 5 * 8 + 5 * 8 * 9
    for weights in (False, True):
        network = Function(lambda x, weights=weights: attention(x, x, x, need_weights=weights)[0])
        assert counts.count(network, (5, 8)).macs == of_attention
    for first in (False, True):
        layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True, norm_first=first)
        found = counts.count(layer, (5, 8))
        assert found.macs == of_attention + 5 * (8 + 1) * 16 + 5 * (16 + 1) * 8
        assert found.layers["linear1"] == 5 * 9 * 16
    assert torch.backends.mha.get_fastpath_enabled()
    q, k, v = torch.randn(3, 1, 2, 6, 4)
    network = Function(lambda x: functional.scaled_dot_product_attention(x, k, v))
    assert counts.count(network, q).macs == 2 * (2 * 6 * 6 * 4)


def test_functions_cost_what_layers_cost() -> None:
    x, weight, bias = torch.randn(1, 4, 9, 9), torch.randn(6, 2, 3, 3), torch.randn(6)
    layer = counts.count(nn.Conv2d(4, 6, 3, groups=2), x).macs
    assert counts.count(Function(lambda x, w, b: functional.conv2d(x, w, b, groups=2), weight, bias), x).macs == layer
    assert counts.count(Function(lambda x, w: torch.conv2d(x, w, groups=2), weight), x).macs == layer
    linear = counts.count(nn.Linear(9, 5), x).macs
    w, b = torch.randn(5, 9), torch.randn(5)
    assert counts.count(Function(functional.linear, w, b), x).macs == linear
    assert counts.count(Function(lambda x, w: x @ w.T, w), x).macs == linear - 4 * 9 * 5  # no bias
    assert counts.count(Function(lambda x, w: torch.einsum("bchw,dw->bchd", x, w), w), x).macs == linear - 4 * 9 * 5
    by_hand = 4 * 9 * 9 * (6 * 3 * 3)  # a transposed convolution spreads each value over its kernels
    assert counts.count(nn.ConvTranspose2d(4, 6, 3, stride=2), x).macs == by_hand


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
    with pytest.raises(LucioleError, match="cdist"):
        counts.count(Function(lambda x: torch.cdist(x, x)), (4, 3))
    with pytest.raises(LucioleError, match="scripted"):
        counts.count(torch.jit.script(nn.Linear(2, 3)), (2,))


def test_macs_grow_with_the_square_of_the_side() -> None:
    network = build([3] * 6, Skeleton(width=4, cells=1), torch.Generator().manual_seed(0))
    sides = np.array([8, 16, 32])
    head = (16 + 1) * 10
    body = np.array([counts.count(network, (3, side, side)).macs - head for side in sides.tolist()])
    assert (body[1:] == 4 * body[:-1]).all()
