"""Networks drawn by hand, and NAS-Bench-101 cells in other skeletons: sizes counted by hand or against peers."""

import numpy as np
import pytest
import torch
from torch import nn

from luciole.costs.counts import count
from luciole.errors import LucioleError
from luciole.networks import initialise, nb101, nb101_sizes, small_cnn
from luciole.spaces import nb101 as space

ROW = space.sample(np.random.default_rng(3), 1)[0]


def test_vgg16_at_full_width_has_the_original_convolutions():
    network = small_cnn.vgg16(1.0, 10)
    convolutions = sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, nn.Conv2d))
    assert convolutions == 14_710_464  # 14,714,688 with the original's biases, 4,224 of them
    assert sum(isinstance(layer, nn.Conv2d) for layer in network) == 13


def test_vgg16_on_images_of_64_costs_what_is_printed_for_it():
    from luciole import published

    fpo = count(small_cnn.vgg16(1.0, 10), (3, 64, 64)).fpo
    assert fpo == pytest.approx(published.figure("mokhtari2024oad/vgg16_fpo"), rel=0.01)


def test_width_scales_macs_by_its_square():
    whole, half = (count(small_cnn.vgg16(width, 10), (3, 20, 40)).macs for width in (1.0, 0.5))
    assert whole / half == pytest.approx(4, rel=0.02)


@pytest.mark.parametrize("size", [(20, 40), (40, 40), (25, 40)])
def test_all_give_logits_and_gradients(size):
    x = torch.randn(4, 3, *size, generator=torch.Generator().manual_seed(0))
    for network in (
        small_cnn.vgg16(0.125, 7),
        small_cnn.small(7),
        small_cnn.lenet(7, size),
        nb101_sizes.Network(ROW, stacks=5, modules=1, stem=4, inputs=3, classes=7),
    ):
        logits = initialise(network, torch.Generator().manual_seed(0))(x)
        assert logits.shape == (4, 7)
        logits.square().sum().backward()
        assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_lenet_on_its_own_images_has_the_known_size():
    # 28 x 28, one channel: 156 + 2416 + 48120 + 10164 + 850
    assert count(small_cnn.lenet(10, (28, 28), inputs=1), (1, 28, 28)).parameters == 61_706


def test_three_stacks_of_three_are_the_benchmarks_own():
    ours = nb101_sizes.Network(ROW, stacks=3, modules=3, stem=16, inputs=3, classes=10)
    theirs = nb101.build(ROW, torch.Generator().manual_seed(0), stem=16)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours(x), theirs(x))


def test_what_cannot_be_built_is_named():
    with pytest.raises(LucioleError, match="at least one stack"):
        nb101_sizes.Network(ROW, stacks=0, modules=1, stem=4, inputs=3, classes=7)
    with pytest.raises(LucioleError, match="width above 0"):
        small_cnn.vgg16(0, 10)
    with pytest.raises(LucioleError, match="at least 12 x 12"):
        small_cnn.lenet(10, (8, 40))
