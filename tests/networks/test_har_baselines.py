"""Hand-made sensor networks: the published size of one, and all of them learn and can be counted."""

import pytest
import torch

from luciole.costs.counts import count
from luciole.errors import LucioleError
from luciole.networks.har_baselines import BASELINES
from luciole.networks.har_published import PUBLISHED

EVERY = BASELINES | PUBLISHED


def build(name, channels=9, classes=6, length=128):
    return EVERY[name](channels, classes, length, torch.Generator().manual_seed(0))


def test_the_tinytnas_network_has_the_printed_size():
    counts = count(build("TinyTNAS network"), (9, 128))
    biases = 49 + 6  # which the library's convention counts in linear layers, and the printed figure does not
    assert (counts.macs - biases, counts.parameters) == (53_079, 3_510)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("shape", [(9, 6, 128), (9, 6, 150), (3, 18, 60), (1, 2, 30), (1, 2, 31)])
def test_every_weight_learns_at_any_shape(name, shape):
    channels, classes, length = shape
    network = build(name, *shape)
    logits = network(torch.randn(4, channels, length, generator=torch.Generator().manual_seed(1)))
    assert logits.shape == (4, classes)
    logits.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())
    assert count(network, (channels, length)).macs > 0


def test_the_same_seed_builds_the_same_network():
    x = torch.randn(2, 9, 128)
    for name in BASELINES:
        assert torch.equal(build(name).eval()(x), build(name).eval()(x))


def test_windows_too_short_are_refused():
    with pytest.raises(LucioleError, match="at least 16 samples"):
        build("MLP", length=8)
