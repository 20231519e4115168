"""Sums of two products in 16 bits: the bound is theirs, and a processor that cuts them off answers the same."""

from itertools import combinations

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.sensors.deploy import QUANTISED, Runtime, _Windows, export, quantise
from luciole.sensors.saturation import PAIR, TOTAL, Layer, _Read, _spread, bounds, pair_bound, proven

EIGHT = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}  # the scheme that saturates


class Kernel:
    """Sums as a processor with AVX2 and no VNNI makes them, or exact ones, and the largest pair met in each call."""

    def __init__(self, saturating):
        self.saturating, self.met = saturating, []

    def __call__(self, a, w):  # (..., products) unsigned, (products, outputs) signed
        spare = a.shape[-1] % 2
        a = np.pad(a.astype(np.int64), [(0, 0)] * (a.ndim - 1) + [(0, spare)])
        w = np.pad(w.astype(np.int64), [(0, spare), (0, 0)])
        pairs = a[..., ::2, None] * w[::2] + a[..., 1::2, None] * w[1::2]  # (..., pairs, outputs)
        self.met.append(int(np.abs(pairs).max()))
        return (np.clip(pairs, -PAIR - 1, PAIR) if self.saturating else pairs).sum(-2)

    def operators(self):
        """The 8-bit operators of an exported file, for onnx's reference implementation."""
        kernel = self

        def rounded(sums, scale, zero):
            scaled = np.rint(sums.astype(np.float32) * np.asarray(scale, np.float32))
            return np.clip(scaled + int(zero), 0, 255).astype(np.uint8)

        class QLinearConv(OpRun):
            op_domain = ""

            def _run(self, x, xs, xz, w, ws, wz, ys, yz, bias=None, group=1, pads=(0, 0), strides=(1,), **_):
                outputs, channels, taps = w.shape
                x = np.pad(x, [(0, 0), (0, 0), tuple(pads)], constant_values=int(xz))
                seen = np.lib.stride_tricks.sliding_window_view(x, taps, axis=2)[:, :, :: strides[0]]
                each, sums = outputs // group, []
                for one in range(group):
                    mine = w[one * each : (one + 1) * each].transpose(2, 1, 0).reshape(-1, each)
                    part = seen[:, one * channels : (one + 1) * channels].transpose(0, 2, 3, 1)
                    part = part.reshape(*part.shape[:2], -1)  # (n, length, taps x channels)
                    sums.append(kernel(part, mine) - int(xz) * mine.astype(np.int64).sum(0))
                total = np.concatenate(sums, axis=-1) + (0 if bias is None else bias)
                return (rounded(total, xs * ws / ys, yz).transpose(0, 2, 1),)

        class QGemm(OpRun):
            op_domain = "com.microsoft"

            def _run(self, a, xs, xz, b, ws, wz, bias, ys, yz, transB=0, **_):
                b = b.T if transB else b
                return (rounded(kernel(a, b) - int(xz) * b.astype(np.int64).sum(0) + bias, xs * ws / ys, yz),)

        class QuantizeLinear(OpRun):
            op_domain = ""

            def _run(self, x, scale, zero, **_):
                return (rounded(x, 1 / scale, zero),)

        class DequantizeLinear(OpRun):
            op_domain = ""

            def _run(self, x, scale, zero, **_):
                return (((x.astype(np.int64) - zero.astype(np.int64)) * scale).astype(np.float32),)

        return [QLinearConv, QGemm, QuantizeLinear, DequantizeLinear]

    def run(self, path, X):
        return ReferenceEvaluator(onnx.load(path), new_ops=self.operators()).run(None, {"windows": X})[0]


def windows(n=24):
    return (5 + 3 * np.random.default_rng(0).normal(size=(n, 3, 24))).astype(np.float32)


@pytest.fixture
def files(tmp_path):
    """A network with padding, strides and groups whose weights are mostly of one sign: in 32, 8 and 7 bits."""
    torch.manual_seed(0)
    first, grouped = nn.Conv1d(3, 8, 5, padding=2), nn.Conv1d(8, 8, 3, stride=2, groups=2, bias=False)
    network = nn.Sequential(
        first, nn.ReLU(), grouped, nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 4)
    )
    with torch.no_grad():
        for weights in network.parameters():
            weights.abs_()
    whole = export(network.eval(), Normalisation.fit(windows()), 24, tmp_path / "net.onnx")
    old = tmp_path / "old.onnx"
    quantised(whole, old)
    return whole, old, quantise(whole, windows(), tmp_path / "new.onnx")


def quantised(whole, to, scheme=EIGHT, form=QuantFormat.QOperator):
    operators = list(QUANTISED)
    reader = _Windows(windows())
    quantize_static(
        str(whole), str(to), reader, quant_format=form, per_channel=True, op_types_to_quantize=operators, **scheme
    )


def test_the_bound_is_reached_by_some_pair_and_passed_by_none():
    rng = np.random.default_rng(0)
    for _ in range(30):
        weights = rng.integers(-128, 128, size=(rng.integers(1, 4), rng.integers(1, 6)))
        most = rng.integers(0, 256, size=weights.shape)
        reached = [0]
        for row, top in zip(weights, most, strict=True):
            reached += [abs(w * a) for w, a in zip(row, top, strict=True)]
            for i, j in combinations(range(len(row)), 2):
                reached += [abs(row[i] * a + row[j] * b) for a in (0, top[i]) for b in (0, top[j])]
        assert pair_bound(weights, most) == max(reached)


def test_a_processor_that_saturates_changes_the_old_answers_and_no_bit_of_the_new(files):
    whole, old, new = files
    X = windows(8)
    exact, cut = Kernel(saturating=False), Kernel(saturating=True)
    np.testing.assert_allclose(exact.run(new, X), Runtime(new)(X), atol=1e-5)  # the emulation is of this network
    np.testing.assert_array_equal(cut.run(new, X), exact.run(new, X))
    off = np.abs(cut.run(old, X) - Runtime(whole)(X)).max()
    assert off > 3 * np.abs(cut.run(new, X) - Runtime(whole)(X)).max()


def test_what_the_windows_reach_lies_within_what_was_seen_and_that_within_any_input(files):
    _, old, new = files
    for path, holds in ((old, False), (new, True)):
        kernel, layers = Kernel(saturating=False), bounds(path, windows())
        kernel.run(path, windows())
        assert len(layers) == 3 and all(layer.holds is holds for layer in layers)
        assert all(0 < layer.seen <= layer.pair for layer in layers)
        first, *grouped, last = kernel.met
        for layer, reached in zip(layers, (first, max(grouped), last), strict=True):
            assert 0.4 * layer.seen < reached <= layer.seen
        assert [layer.pair for layer in bounds(path)] == [layer.pair for layer in layers]
        assert bounds(path)[0].seen is None
    assert max(layer.pair for layer in bounds(old)) == 255 * 2 * 127
    assert max(layer.pair for layer in bounds(new)) == 255 * 2 * 64


def test_an_output_meets_the_channels_of_its_group_tap_by_tap():
    weights = np.zeros((4, 6), np.int64)  # two groups of two outputs, two channels, three taps
    layer = _Read("a", "x", np.zeros(1, np.uint8), weights, np.zeros(4, np.int64), (4, 2, 3))
    met = _spread(layer, np.array([1, 2, 3, 4]))
    assert met.tolist() == [[1, 1, 1, 2, 2, 2]] * 2 + [[3, 3, 3, 4, 4, 4]] * 2


def test_windows_that_move_little_are_seen_to_reach_little(files):
    _, _, new = files
    flat = np.full_like(windows(), windows().min())
    assert bounds(new, flat)[0].seen < bounds(new, windows())[0].seen


def test_the_old_scheme_is_refused_in_one_line(files):
    _, old, new = files
    with pytest.raises(
        LucioleError, match=r"can reach 64,770 .* would depend on the processor; use weights of 7 bits$"
    ):
        proven(old)
    assert proven(new) == bounds(new)


@pytest.mark.parametrize(
    "scheme",
    [
        {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8},  # shifted to unsigned by some kernels
        {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QUInt8},  # weights shifted to signed
    ],
)
def test_other_signs_are_bounded_as_the_kernels_shift_them(files, tmp_path, scheme):
    quantised(files[0], tmp_path / "other.onnx", scheme)
    layers = bounds(tmp_path / "other.onnx", windows())
    assert all(PAIR < layer.pair <= 255 * 2 * 128 and layer.seen <= layer.pair for layer in layers)


def test_whole_sums_must_stay_in_32_bits():
    assert Layer("a", PAIR, None, TOTAL).holds
    assert not Layer("a", PAIR, None, TOTAL + 1).holds and not Layer("a", PAIR + 1, None, TOTAL).holds


def test_whole_sums_count_every_product_and_the_bias(files):
    new = files[2]
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(new).graph.initializer}
    node = next(node for node in onnx.load(new).graph.node if node.op_type == "QLinearConv")
    weights, bias = constants[node.input[3]].astype(int), constants[node.input[8]].astype(int)
    largest = (255 * np.abs(weights).sum(axis=(1, 2)) + np.abs(bias)).max()
    assert largest <= bounds(new)[0].total <= 2 * largest


def test_bytes_that_are_multiplied_in_another_form_are_refused(files, tmp_path):
    quantised(files[0], tmp_path / "pairs.onnx", form=QuantFormat.QDQ)
    with pytest.raises(LucioleError, match=r"pairs\.onnx: expected 8-bit weights in QLinearConv"):
        bounds(tmp_path / "pairs.onnx")


def test_a_product_of_two_activations_is_refused_and_not_made(tmp_path):
    class Gram(nn.Module):
        def forward(self, x):
            return (x @ x.transpose(1, 2)).flatten(1)

    whole = export(Gram().eval(), Normalisation.fit(windows()), 24, tmp_path / "net.onnx")
    quantised(whole, tmp_path / "old.onnx")
    with pytest.raises(LucioleError, match="expected constant weights in /network/MatMul"):
        bounds(tmp_path / "old.onnx")
    with pytest.raises(LucioleError, match="nothing to compute in 8 bits"):
        quantise(whole, windows(), tmp_path / "new.onnx")
    assert not (tmp_path / "new.onnx").exists()
