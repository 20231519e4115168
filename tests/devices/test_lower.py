"""Plans of trained networks: what they hold, and what is refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices.lower import plan
from luciole.devices.plan import Convolution, Pool, Sum, Tensor, arena, reads, writes
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.networks.statistics import multiplications
from luciole.spaces import har1d

CHANNELS, LENGTH, CLASSES = 3, 40, 4  # of the networks of conftest


def test_multiply_accumulates_are_those_counted(constants: Normalisation) -> None:
    """Each layer's, and in all what the closed form counts, statistics and the classifier's biases apart."""
    rows = har1d.sample(np.random.default_rng(3), 40)
    counted = networks.counts(rows, CHANNELS, CLASSES, LENGTH)[1]
    for row, macs in zip(rows, counted, strict=True):
        network = networks.build(row, CHANNELS, CLASSES, torch.Generator().manual_seed(0)).eval()
        ours = plan(network, constants, LENGTH, trained=False)
        read = {tensor for layer in ours.layers for tensor in reads(layer)} | {ours.scores}
        assert all(tensor in read for layer in ours.layers for tensor in writes(layer))
        assert ours.macs <= macs - CLASSES - multiplications(CHANNELS, LENGTH)
        if all(place in read for place in (ours.window,)) and not any(isinstance(one, Sum) for one in ours.layers):
            assert ours.macs == macs - CLASSES - multiplications(CHANNELS, LENGTH)


def test_no_two_tensors_alive_share_memory(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    """Run the layers as marks: what a layer reads must still be what was written there."""
    for number in range(8):
        ours = plan(drawn(number), constants, LENGTH)
        places, size = arena(ours.layers, (ours.window, ours.scores), lambda tensor: 4 * tensor.elements)
        memory: list[Tensor | None] = [None] * (size // 4)
        for layer in ours.layers:
            for tensor in (one for one in reads(layer) if one in places):
                at = places[tensor] // 4
                assert all(mark is tensor for mark in memory[at : at + tensor.elements]), (number, layer)
            for tensor in (one for one in writes(layer) if one in places):
                at = places[tensor] // 4
                memory[at : at + tensor.elements] = [tensor] * tensor.elements


def test_a_layer_writes_over_what_it_adds() -> None:
    a, b, c = (Tensor(name, 4, 2) for name in "abc")
    layers = [Sum((), raw=a), Pool("smooth", a, (), raw=b), Pool("smooth", a, (b,), raw=c)]
    places, size = arena(layers, (), lambda tensor: 4 * tensor.elements)
    assert places[b] == places[c] and size == 2 * 32


def test_statistics_come_first(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    """Their numbers are read by a dense layer at once, so that their memory is free for the rest."""
    first, second = plan(drawn(0), constants, LENGTH).layers[:2]
    assert isinstance(second, Convolution) and second.source is first.raw


@pytest.mark.parametrize("name", ["DeepConvLSTM (small)", "TinyHAR-like", "Inception (small)"])
def test_unknown_layers_are_named(name: str, constants: Normalisation) -> None:
    network = BASELINES[name](CHANNELS, CLASSES, LENGTH, torch.Generator().manual_seed(0)).eval()
    with pytest.raises(LucioleError, match="expected convolutions in time, .* got .* deploy it as ONNX"):
        plan(network, constants, LENGTH, trained=False)


def test_refused_in_one_line(
    constants: Normalisation, drawn: Callable[[int], nn.Module], made: Callable[[str], nn.Module]
) -> None:
    network = networks.build(np.zeros(har1d.GENES, np.int8), CHANNELS, CLASSES, torch.Generator().manual_seed(0))
    cases = [
        (made("MLP").train(), {}, "training mode"),
        (network.eval(), {}, "never saw data"),
        (made("MLP"), {"labels": ["a"]}, "a name for each of 4 classes"),
        (made("MLP"), {"hop": 0}, "a hop of 1 to 40"),
        (nn.Sequential(nn.Conv1d(3, 4, 3, padding="same"), nn.ReLU()).eval(), {}, "padded by zeros"),
        (nn.Sequential(nn.Conv1d(3, 4, 3), nn.GELU()).eval(), {}, "got GELU at 1"),
    ]
    for one, settings, words in cases:
        with pytest.raises(LucioleError, match=words) as told:
            plan(one, constants, LENGTH, **settings)
        assert "\n" not in str(told.value)
    broken = drawn(0)
    next(broken.parameters()).data[0] = float("nan")
    with pytest.raises(LucioleError, match="finite weights, got others in stem"):
        plan(broken, constants, LENGTH)
