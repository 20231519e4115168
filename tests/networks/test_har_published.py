"""The contest's networks: sizes as printed, and what was left out changes nothing."""

import pytest
import torch
from torch import nn
from torch.nn.functional import local_response_norm

from luciole import published
from luciole.costs.counts import count
from luciole.errors import LucioleError
from luciole.networks.har_published import PUBLISHED


def build(name, channels=9, classes=6, length=128):
    return PUBLISHED[name](channels, classes, length, torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "shape", "parameters"),
    [
        ("CNN-HAR", (9, 6), 87_566),
        ("CNN-HAR", (6, 5), 63_165),
        ("TinierHAR", (9, 6), 9_589),
        ("TinierHAR", (6, 5), 7_252),
    ],
)
def test_parameters_are_those_of_the_contest(name, shape, parameters):
    assert count(build(name, *shape), (shape[0], 128)).parameters == parameters


@pytest.mark.parametrize(("name", "key"), [("CNN-HAR", "cnn"), ("TinierHAR", "tinierhar")])
def test_multiplications_are_those_of_the_contest(name, key):
    printed = published.figure(f"whararena2026/{key}_macs")  # to three digits
    assert count(build(name), (9, 128)).macs == pytest.approx(printed, rel=0.005)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_same_filters_read_every_channel(name):
    """Two channels that trade places change nothing that the convolutions of a channel tell, but for the order."""
    network = build(name, channels=2, length=60).eval()
    x = torch.randn(3, 2, 60, generator=torch.Generator().manual_seed(1))
    each = network.blocks if name == "TinierHAR" else nn.Sequential(*list(network.maps)[:-2])
    one, other = each(x[:, None]), each(x.flip(1)[:, None])
    torch.testing.assert_close(one, other.flip(2))


def test_what_is_left_out_of_cnn_har_changes_its_activations_by_less_than_a_thousandth():
    network = build("CNN-HAR", length=150).eval()
    x = with_it = torch.randn(8, 1, 9, 150, generator=torch.Generator().manual_seed(1))
    for layer in network.maps:
        x, with_it = layer(x), layer(with_it)
        if isinstance(layer, nn.ReLU):  # the contest's: alpha 1e-4 / 5, and torch divides by the neighbours again
            with_it = local_response_norm(with_it, 5, alpha=1e-4 / 5, beta=0.75, k=1.0)
    assert not torch.equal(x, with_it)
    torch.testing.assert_close(x, with_it, rtol=1e-3, atol=1e-5)


def test_the_same_seed_builds_the_same_network_and_short_windows_are_refused():
    x = torch.randn(2, 9, 128)
    for name in PUBLISHED:
        assert torch.equal(build(name).eval()(x), build(name).eval()(x))
    with pytest.raises(LucioleError, match="at least 30 samples for the contest's networks, got 29"):
        build("CNN-HAR", length=29)
