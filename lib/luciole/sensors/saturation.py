"""How far the sums of an 8-bit network can go: a bound for every layer, read off the ONNX file itself.

An 8-bit layer adds products of bytes. Not every processor adds them alike: x86 without VNNI multiplies unsigned by
signed bytes in pairs and keeps the sum of the two products in 16 bits, cut off at 32,767; others add in 32 bits at
once. A file gives the same sums on all of them when no two products can leave 16 bits and no whole sum 32, whatever
the input. Which two products meet is each kernel's affair, and some shift signed activations to unsigned ones: the
bound is over any two weights of an output, with activations up to 255::

    for layer in bounds(Path("mine.int8.onnx"), windows):
        print(layer.name, layer.pair, layer.seen, layer.holds)

Source: documentation of ONNX Runtime, "Quantize ONNX models" (U8S8 and saturation); Intel's of PMADDUBSW.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError, extra

PAIR, TOTAL = 2**15 - 1, 2**31 - 1  # what 16 and 32 bits hold
UNSIGNED = 255  # the largest activation of 8 bits, once shifted to unsigned
BATCH = 32  # windows a batch
_PLACES = {"QLinearConv": (0, 2, 3, 8), "QLinearMatMul": (0, 2, 3, None), "QGemm": (0, 2, 3, 6)}  # x, its zero, w, bias


@dataclass(frozen=True)
class Layer:
    """The largest magnitudes that sums of one layer can reach."""

    name: str
    pair: int  # sum of two products, over every input that 8 bits can hold
    seen: int | None  # the same, with each input's largest value over the calibration windows; None: not asked
    total: int  # sum of all products, with bias and correction for zero points, over every input

    @property
    def holds(self) -> bool:
        """Whether nothing saturates in 16 bits or overflows in 32, whatever the input."""
        return self.pair <= PAIR and self.total <= TOTAL


@dataclass(frozen=True)
class _Read:
    """A layer as it stands in the file: weights (outputs, products), and what is needed to bound its input."""

    name: str
    input: str
    zero: NDArray  # of the input, of the input's type
    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    shape: tuple[int, ...]  # of the weights of a convolution: outputs, channels of a group, taps; else empty


def pair_bound(weights: NDArray[np.integer], most: NDArray[np.integer] | int = UNSIGNED) -> int:
    """Largest magnitude of a sum of two products, whichever two meet.

    ``weights`` are (outputs, products); activations go from 0 to ``most``, one number or (outputs, products).

    >>> pair_bound(np.array([[127, -90, 100]])), pair_bound(np.array([[64, 64, -64]]))
    (57885, 32640)
    """
    products = np.sort(np.asarray(weights, np.int64) * most, axis=1)
    high, low = np.maximum(products[:, -2:], 0).sum(axis=1), np.minimum(products[:, :2], 0).sum(axis=1)
    return int(max(high.max(initial=0), -low.min(initial=0)))


def bounds(path: Path, windows: NDArray | None = None) -> list[Layer]:
    """Bound the sums of every 8-bit layer of an ONNX file, over all inputs and, if given, over ``windows``.

    ``windows`` (n, channels, time) are in physical units. Raises LucioleError when the file holds 8-bit weights in a
    form that is not known here, since nothing could then be said of it.
    """
    with extra("devices"):
        import onnx

    model = onnx.load(path)
    layers = list(_layers(model, path))
    most = _largest(model, layers, windows) if windows is not None and layers else {}
    found = []
    for layer in layers:
        seen = None if windows is None else pair_bound(layer.weights, _spread(layer, most[layer.input]))
        heaviest = 2 * UNSIGNED * np.abs(layer.weights).sum(axis=1) + np.abs(layer.bias)  # products and zero points
        found.append(Layer(layer.name, pair_bound(layer.weights), seen, int(heaviest.max(initial=0))))
    return found


def proven(path: Path, windows: NDArray | None = None) -> list[Layer]:
    """The same as :func:`bounds`; raises LucioleError when a layer's sums depend on the processor."""
    layers = bounds(path, windows)
    if loose := [layer for layer in layers if not layer.holds]:
        worst = max(loose, key=lambda layer: max(layer.pair / PAIR, layer.total / TOTAL))
        raise LucioleError(
            f"expected sums of two products up to {PAIR:,} and whole sums up to {TOTAL:,}, layer {worst.name} can "
            f"reach {worst.pair:,} and {worst.total:,}: answers would depend on the processor; use weights of 7 bits"
        )
    return layers


def _layers(model: Any, path: Path) -> Iterator[_Read]:
    """Every 8-bit layer of a model; LucioleError where bytes are multiplied in a form that is not known."""
    with extra("devices"):
        import onnx

    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    left = {name for name, values in constants.items() if values.dtype in (np.int8, np.uint8) and values.ndim > 1}
    for node in model.graph.node:
        if node.op_type not in _PLACES:
            continue
        x, zero, w, bias = _PLACES[node.op_type]
        if node.input[w] not in constants:
            raise LucioleError(f"{path}: expected constant weights in {node.name}; leave such products in 32 bits")
        values = constants[node.input[w]]
        left.discard(node.input[w])
        signed = values.astype(np.int64) - (128 if values.dtype == np.uint8 else 0)  # kernels shift them so
        transposed = any(one.name == "transB" and one.i for one in node.attribute)
        convolution = node.op_type == "QLinearConv"
        rows = signed.reshape(len(signed), -1) if convolution or transposed else np.moveaxis(signed, -1, 0)
        rows = rows.reshape(len(rows), -1)
        biased = bias is not None and len(node.input) > bias and node.input[bias]
        shift = constants[node.input[bias]].astype(np.int64).ravel() if biased else np.zeros(len(rows), np.int64)
        shape = signed.shape if convolution else ()
        yield _Read(node.name, node.input[x], constants[node.input[zero]], rows, shift, shape)
    if left:
        raise LucioleError(f"{path}: expected 8-bit weights in {', '.join(_PLACES)} alone, got {min(left)} elsewhere")


def _largest(model: Any, layers: list[_Read], windows: NDArray) -> dict[str, NDArray[np.int64]]:
    """Largest unsigned activation of each channel of each layer's input over ``windows``."""
    with extra("devices"):
        import onnx
        import onnxruntime

    wanted = {layer.input: layer for layer in layers}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    for name, layer in wanted.items():
        shown.graph.output.append(
            onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(layer.zero.dtype), None)
        )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(shown.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    # padding holds the zero point
    most = {name: np.asarray(layer.zero.astype(np.int64).max() + _shift(layer)) for name, layer in wanted.items()}
    for part in np.array_split(np.asarray(windows, np.float32), -(-len(windows) // BATCH)):
        for (name, layer), values in zip(wanted.items(), session.run(list(wanted), {"windows": part}), strict=True):
            axis = 1 if layer.shape else -1
            unsigned = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1).astype(np.int64) + _shift(layer)
            most[name] = np.maximum(most[name], unsigned.max(axis=1))
    return most


def _shift(layer: _Read) -> int:
    """What makes the layer's input unsigned."""
    return 128 if layer.zero.dtype == np.int8 else 0


def _spread(layer: _Read, most: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each channel's largest activation, put beside the weights that it meets: (outputs, products)."""
    if not layer.shape:
        return np.broadcast_to(most, layer.weights.shape)
    outputs, channels, *taps = layer.shape
    groups = most.reshape(-1, channels)  # (groups, channels)
    mine = np.repeat(groups, outputs // len(groups), axis=0)  # (outputs, channels)
    return np.repeat(mine, int(np.prod(taps)), axis=1)
