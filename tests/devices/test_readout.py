"""Everything that a window is described by, in C: bands of frequency, pairs of channels, and a classifier of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices import js
from luciole.devices.eight import read
from luciole.devices.lower import plan
from luciole.errors import LucioleError
from luciole.experiments.devices import arena
from luciole.networks.readout import Described, classifier, width
from luciole.sensors import readout
from luciole.sensors.deploy import Runtime, export, quantise

CHANNELS, CLASSES = 3, 4
PLAIN = Normalisation(np.zeros(CHANNELS, np.float32), np.ones(CHANNELS, np.float32))


def drawn(length: int) -> np.ndarray:
    rng = np.random.default_rng(length)
    spread = np.exp(rng.normal(size=(60, CHANNELS, 1)))
    return (spread * rng.normal(size=(60, CHANNELS, length)) + rng.normal(size=spread.shape)).astype(np.float32)


def network(windows: np.ndarray) -> nn.Sequential:
    torch.manual_seed(0)
    numbers = width(CHANNELS)
    told = Described()(torch.from_numpy(windows)).numpy()
    rng = np.random.default_rng(0)
    hidden, last = nn.Linear(numbers, 8), nn.Linear(8, CLASSES)
    direct, shift = rng.normal(size=(CLASSES, numbers)) / numbers, rng.normal(size=CLASSES)
    return classifier(told.mean(axis=0), told.std(axis=0) + 1e-3, hidden, last, direct, shift)


@pytest.mark.parametrize("length", [80, 91])
def test_numbers_are_those_of_the_families(length: int) -> None:
    windows = drawn(length)
    families = readout.described(windows)
    joined = np.concatenate([families[name] for name in readout.FAMILIES], axis=1)
    order = arena._order(families)
    assert sorted(order) == list(range(width(CHANNELS)))
    assert np.allclose(Described()(torch.from_numpy(windows)).numpy(), joined[:, order], atol=2e-4)


@pytest.mark.parametrize("length", [80, 91])
def test_printed_it_answers_as_onnx_runtime(length: int, tmp_path: Path, program) -> None:
    windows = drawn(length)
    made = network(windows)
    ours = plan(made, PLAIN, length)
    whole = export(made, PLAIN, length, tmp_path / "net.onnx")
    assert np.allclose(program(ours, tmp_path)(windows)[2], Runtime(whole)(windows), atol=1e-4)
    if length == 80:
        small = quantise(whole, windows, tmp_path / "net.int8.onnx")
        eight = read(small, ours)
        (tmp_path / "eight").mkdir()
        classes, _, scores = program(ours, tmp_path / "eight", "net", eight)(windows)
        expected = Runtime(small)(windows)
        assert np.abs(scores - expected).max() <= 2.5 * list(eight.layer.values())[-1].out_scale
        assert (classes == expected.argmax(axis=1)).mean() >= 0.95


def test_the_joined_network_answers_as_the_readers() -> None:
    windows, y = drawn(80), np.arange(60) % CLASSES
    families = readout.described(windows)
    row = np.array((*[1] * 7, 1, 1, 0, 0), dtype=np.int8)
    mine = arena.network(row, families, y, CLASSES)(torch.from_numpy(windows)).detach().numpy()
    theirs = readout.train(row, families, y, CLASSES, 0)(families)
    assert np.allclose(mine - mine[:, :1], theirs - theirs[:, :1], atol=2e-3)
    with pytest.raises(LucioleError, match="expected windows of 5 classes to learn from, got 4"):
        arena.network(row, families, y, 5)


def test_a_page_does_not_compute_them() -> None:
    windows = drawn(30)
    with pytest.raises(LucioleError, match="expected statistics among .*, got bands, pairs; print C instead"):
        js.emit(plan(network(windows), PLAIN, 30), "net")
