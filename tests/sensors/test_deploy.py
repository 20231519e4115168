"""Exported networks answer as the trained ones do, in 32 bits and nearly so in 8."""

import numpy as np
import pytest
import torch

from luciole.costs.latency import Latency
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.deploy import Deployed, Gain, Runtime, card, export, quantise, weight_bytes
from luciole.sensors.saturation import bounds

ROW = [3, 0, 0, 1, 4, 3, 2, 2, 0, 1, 0, 1, 2, 1, 1, 2]


def windows(n=40):
    return (5 + 3 * np.random.default_rng(0).normal(size=(n, 3, 48))).astype(np.float32)


def trained(make=lambda g: networks.build(ROW, 3, 4, g)):
    """A network whose normalisations have seen data, as after training."""
    network = make(torch.Generator().manual_seed(0))
    constants = Normalisation.fit(windows())
    network.train()
    for _ in range(20):
        network(torch.from_numpy(constants(windows())))
    return network.eval(), constants


def test_the_file_takes_physical_windows_any_number_at_once(tmp_path):
    network, constants = trained()
    path = export(network, constants, 48, tmp_path / "net.onnx")
    with torch.no_grad():
        expected = network(torch.from_numpy(constants(windows()))).numpy()
    for count in (1, 7, 40):
        np.testing.assert_allclose(Runtime(path)(windows()[:count]), expected[:count], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_exports(tmp_path, name):
    network, constants = trained(lambda g: BASELINES[name](3, 4, 48, g))
    path = export(network, constants, 48, tmp_path / "net.onnx")
    with torch.no_grad():
        expected = Deployed(network, constants).eval()(torch.from_numpy(windows())).numpy()
    np.testing.assert_allclose(Runtime(path)(windows()), expected, rtol=1e-3, atol=1e-4)


def test_eight_bits_stay_near_and_compute_in_eight_bits(tmp_path):
    import onnx

    network, constants = trained()
    path = export(network, constants, 48, tmp_path / "net.onnx")
    small = quantise(path, windows(), tmp_path / "net.int8.onnx")
    whole, eight = Runtime(path)(windows()), Runtime(small)(windows())
    assert 0 < np.abs(whole - eight).max() < 0.2 * np.abs(whole).max()
    kinds = {tensor.data_type for tensor in onnx.load(small).graph.initializer}
    assert onnx.TensorProto.INT8 in kinds
    parameters = sum(weight.numel() for weight in network.parameters())
    assert weight_bytes(small) < weight_bytes(path) and weight_bytes(path) >= 4 * parameters * 0.8


def test_latency_is_of_one_window(tmp_path):
    network, constants = trained()
    latency = Runtime(export(network, constants, 48, tmp_path / "net.onnx")).latency(windows()[0], repeats=10)
    assert 0 < latency.low <= latency.median <= latency.high and latency.batch == 1


def test_an_eight_bit_file_says_how_it_was_made_and_what_was_proven(tmp_path):
    import onnx

    network, constants = trained()
    path = export(network, constants, 48, tmp_path / "net.onnx")
    small = quantise(path, windows(), tmp_path / "net.int8.onnx")
    told, layers = card(small), bounds(small, windows())
    assert f"{len(layers)} layers" in told["quantisation"] and "weights of 7 bits" in told["quantisation"]
    for number in (max(layer.pair for layer in layers), max(layer.seen for layer in layers), 32_767, 40):
        assert f"{number:,}" in told["sums"]
    assert "do not depend on the processor" in told["processors"]
    assert not onnx.load(small).graph.value_info and card(path) == {}


def test_an_eight_bit_file_whose_sums_depend_on_the_processor_is_not_written(tmp_path, monkeypatch):
    import onnxruntime.quantization

    whole_range = onnxruntime.quantization.quantize_static
    monkeypatch.setattr(onnxruntime.quantization, "quantize_static", lambda *a, reduce_range, **k: whole_range(*a, **k))
    network, constants = trained()
    path = export(network, constants, 48, tmp_path / "net.onnx")
    with pytest.raises(LucioleError, match="would depend on the processor"):
        quantise(path, windows(), tmp_path / "net.int8.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize(
    ("size", "low", "high", "kept", "words"),
    [
        (90, 3e-6, 5e-6, True, "smaller and not faster, of use here"),
        (100, 1e-7, 9e-7, True, "not smaller and faster, of use here"),
        (100, 5e-7, 1e-6, False, "not smaller and not faster, of no use here"),  # the intervals touch
        (101, 3e-6, 5e-6, False, "not smaller and not faster, of no use here"),
    ],
)
def test_eight_bits_are_kept_where_they_are_smaller_or_faster(size, low, high, kept, words):
    whole, small = Latency(2e-6, 1e-6, 3e-6, 1, 1, 9, "cpu", "cpu"), Latency(high, low, high, 1, 1, 9, "cpu", "cpu")
    gained = Gain((100, size), (whole, small))
    assert gained.kept is kept and str(gained).endswith(words)
    assert str(gained).startswith(f"8 bits: {size} bytes for 100, ")


def test_gain_reads_the_files(tmp_path):
    network, constants = trained()
    path = export(network, constants, 48, tmp_path / "net.onnx")
    small = quantise(path, windows(), tmp_path / "net.int8.onnx")
    gained = Gain.of(path, small, windows()[0])
    assert gained.bytes == (path.stat().st_size, small.stat().st_size)
    assert all(0 < one.low <= one.median <= one.high for one in gained.latency)


def test_bad_input(tmp_path):
    (tmp_path / "no.onnx").write_text("nothing")
    with pytest.raises(LucioleError, match=r"no\.onnx: expected an ONNX file"):
        Runtime(tmp_path / "no.onnx")
    network, constants = trained()
    path = export(network, constants, 48, tmp_path / "net.onnx")
    with pytest.raises(LucioleError, match="calibrate"):
        quantise(path, windows()[:0], tmp_path / "small.onnx")
