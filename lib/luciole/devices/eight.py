"""The 8-bit numbers of a plan: those of the ONNX file, and the whole-number arithmetic that gives its answers.

Weights, scales and zero points are read from the file of :func:`luciole.sensors.deploy.quantise`, layer by layer. What
ONNX Runtime computes in 32-bit floats between its 8-bit layers is computed here in 32-bit fixed point::

    q = clamp(sum of products x m) + zero          a layer's output in 8 bits, m a whole number / 2^(32 + SHIFT)
    v = A (q - zero) + what is added               fixed point, 2^-F each, F as fine as no sum can overflow
    z = clamp(v x M)                               the next layer's input

Vectors (the mean, the units that read statistics, the scores) stay in floats between layers: they are few. Roundings
differ from the file's where a product falls within 2^-16 of a half.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from luciole.devices.plan import (
    Affine,
    Bytes,
    Convolution,
    Described,
    Layer,
    Mean,
    Plan,
    Pool,
    Sum,
    Tensor,
    reads,
    writes,
)
from luciole.errors import LucioleError, extra

HEADROOM = 2**29  # of a fixed-point number: three are added before they are divided
FINEST = 24  # binary places of fixed point
Format = Literal["bytes", "wide", "float"]
_PLACES = {"QLinearConv": 8, "QLinearMatMul": None, "QGemm": 6}  # of the bias among the inputs
_AFTER = {"QLinearConv": (6, 7), "QLinearMatMul": (6, 7), "QGemm": (7, 8)}  # of the output's scale and zero point


@dataclass(frozen=True)
class Quantised:
    """A layer's numbers: activations are ``scale`` x (byte - zero), weights ``factor`` x byte, an output each."""

    scale: float
    zero: int
    weight: NDArray[np.int8]  # (outputs, inputs of a group, taps)
    factor: NDArray[np.float64]  # (outputs,)
    bias: NDArray[np.int64]  # (outputs,), the input's zero point taken into account
    out_scale: float
    out_zero: int

    @property
    def multiplier(self) -> NDArray[np.float64]:
        """From a sum of products to the output's bytes, (outputs,)."""
        return self.scale * self.factor / self.out_scale

    @property
    def most(self) -> int:
        """Largest magnitude of a sum of products, whatever the bytes."""
        return int((np.abs(self.bias) + 255 * np.abs(self.weight.astype(np.int64)).sum(axis=(1, 2))).max())


@dataclass(frozen=True)
class Eight:
    """A plan in 8 bits: its layers with those that turn numbers to bytes, formats, scales and shifts."""

    layers: tuple[Layer, ...]
    layer: dict[Layer, Quantised]
    formats: dict[Tensor, Format]
    scales: dict[Tensor, tuple[float, int]]  # of tensors in bytes: scale, zero
    places: int  # binary places of fixed point: F
    raised: int  # what a sum is multiplied by first, 1 but where an output's scale is finer than its products'
    shift: int  # after the upper half of raised sum x multiplier
    narrow: int  # after the upper half of fixed point x multiplier

    def whole_of(self, tensor: Tensor) -> int:
        """Bytes that a tensor of whole numbers takes, else 0; those of bytes may be read three too far."""
        return {"bytes": tensor.elements + 3, "wide": 4 * tensor.elements, "float": 0}[self.formats[tensor]]

    def floats_of(self, tensor: Tensor) -> int:
        """Bytes that a tensor of floats takes, else 0."""
        return 4 * tensor.elements if self.formats[tensor] == "float" else 0


def read(path: Path, plan: Plan) -> Eight:
    """Take the 8-bit numbers of ``plan`` from the file at ``path``, which was exported from the same network.

    Raises LucioleError where a layer of the plan has no counterpart of its shape in the file.
    """
    held, norms = _held(path)
    layers: list[Layer] = []
    quantised: dict[Layer, Quantised] = {}
    formats: dict[Tensor, Format] = {plan.window: "float"}
    scales: dict[Tensor, tuple[float, int]] = {}
    copies: dict[Tensor, Tensor] = {}
    parted = list(_parted(plan.layers))
    readers = _readers(parted)
    rectified = {layer.rectified for layer in parted}
    for layer in parted:
        now = layer
        if isinstance(layer, Convolution):
            numbers = _matched(held, layer, path)
            if formats[layer.source] == "float" and layer.source not in copies:
                source = layer.source
                copies[source] = Tensor(f"{source.name}_bytes", source.time, source.channels, source.border)
                formats[copies[source]] = "bytes"
                scales[copies[source]] = numbers.scale, numbers.zero
                layers.append(Bytes(source, raw=copies[source]))
            before, after = (_kept(affine, norms) for affine in (layer.before, layer.after))
            source = copies.get(layer.source, layer.source)
            now = replace(layer, source=source, before=before, after=after)
            quantised[now] = numbers
            if numbers.zero and source in rectified:
                raise LucioleError(f"{path}: expected a zero point of 0 after ReLU, got {numbers.zero}; calibrate anew")
            if scales.setdefault(now.source, (numbers.scale, numbers.zero)) != (numbers.scale, numbers.zero):
                raise LucioleError(f"{path}: expected one scale for {layer.source.name}, got two; export it again")
            if not layer.dense and layer.raw is not None:
                scales.setdefault(layer.raw, (numbers.out_scale, numbers.out_zero))
        elif isinstance(layer, Mean) and layer.normalised is not None and layer.normalised.where not in norms:
            plain = np.ones_like(layer.normalised.factor)
            now = replace(layer, normalised=Affine(layer.normalised.where, plain, 0 * plain))  # folded before it
        layers.append(now)
        for tensor in writes(now):
            formats[tensor] = _format(now, tensor, readers.get(tensor, []))
    places = _fixed(layers, quantised, formats)
    multipliers = np.concatenate([one.multiplier for one in quantised.values()])
    raised = 2 ** max(0, int(np.ceil(np.log2(multipliers.max()))) + 3)
    if raised * max(one.most for one in quantised.values()) >= 2**31:
        raise LucioleError(f"{path}: expected scales that shrink sums of products; calibrate on more varied windows")
    shift = _shift(multipliers / raised, 23)
    narrowed = [tensor for layer in layers if isinstance(layer, (Pool, Sum)) for tensor in writes(layer)]
    rates = [2.0**-places / scales[tensor][0] for tensor in narrowed if formats[tensor] == "bytes"] or [1.0]
    return Eight(tuple(layers), quantised, formats, scales, places, raised, shift, _shift(np.array(rates), 23))


def _readers(layers: Sequence[Layer]) -> dict[Tensor, list[Layer]]:
    """The layers that read each tensor."""
    found: dict[Tensor, list[Layer]] = {}
    for layer in layers:
        for tensor in reads(layer):
            found.setdefault(tensor, []).append(layer)
    return found


def _parted(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers with sums apart: a convolution writes bytes, and a sum after it what they and residuals make.

    A sum of one convolution's bytes and nothing else, which one sum alone adds, is left out: its bytes are added there.
    """
    readers = _readers(layers)
    own: dict[Tensor, Tensor] = {}
    for layer in layers:
        if not isinstance(layer, Convolution) or layer.dense:
            yield replace(layer, residuals=tuple(own.get(one, one) for one in layer.residuals))
            continue
        added = tuple(own.get(one, one) for one in layer.residuals)
        alone = layer.raw if layer.rectified is None and not added else None
        following = readers.get(alone, []) if alone is not None else []
        if following and all(_multiplies(one, alone) for one in following):
            yield layer
            continue
        bytes_ = Tensor(f"{layer.where}_bytes", layer.time, layer.outputs)
        yield replace(layer, residuals=(), raw=bytes_, rectified=None)
        sums = [isinstance(one, Convolution | Sum) and alone in one.residuals for one in following]
        if alone is not None and sums == [True]:
            own[alone] = bytes_
        else:
            yield Sum((bytes_, *added), layer.raw, layer.rectified)


def _multiplies(layer: Layer, tensor: Tensor | None) -> bool:
    """Whether a layer reads a tensor to multiply it with weights, and not to add it."""
    return isinstance(layer, Convolution) and tensor not in layer.residuals


def _format(layer: Layer, tensor: Tensor, readers: list[Layer]) -> Format:
    if isinstance(layer, Described):
        return "bytes"
    if isinstance(layer, Mean) or (isinstance(layer, Convolution) and layer.dense):
        return "float"
    if isinstance(layer, Convolution) or (readers and all(_multiplies(reader, tensor) for reader in readers)):
        return "bytes"
    return "wide"


def _shift(factors: NDArray[np.float64], most: int) -> int:
    """The largest shift with which every factor x 2^(32 + shift) fits 31 bits."""
    return min(most, int(np.floor(-np.log2(float(factors.max())))) - 2)


def whole(factor: float | NDArray[np.float64], shift: int) -> NDArray[np.int64]:
    """A factor as the whole number that takes its place: the upper half of the product, shifted, is the quotient."""
    return np.round(np.asarray(factor) * 2.0 ** (32 + shift)).astype(np.int64)


def _fixed(layers: list[Layer], quantised: dict[Layer, Quantised], formats: dict[Tensor, Format]) -> int:
    """Binary places so that no fixed-point number, whatever the window, leaves its headroom."""
    most: dict[Tensor, float] = {}
    for layer in layers:
        if isinstance(layer, Convolution) and not layer.dense:
            one = quantised[layer]
            here = one.out_scale * max(one.out_zero, 255 - one.out_zero)
        elif isinstance(layer, Pool):
            here = most[layer.source] + sum(most[tensor] for tensor in layer.residuals)
        elif isinstance(layer, Sum):
            here = sum((most[tensor] for tensor in layer.residuals), 0.0)
        else:
            continue
        most |= dict.fromkeys(writes(layer), here)
    bound = max([value for tensor, value in most.items()], default=1.0)
    return min(FINEST, int(np.floor(np.log2(HEADROOM / max(bound, 2.0**-8)))))


def _kept(affine: Affine | None, norms: set[str]) -> Affine | None:
    """A normalisation where the file has it too: else its exporter folded it into the weights."""
    return affine if affine is not None and affine.where in norms else None


def _held(path: Path) -> tuple[dict[str, tuple[str, list[NDArray]]], set[str]]:
    """The 8-bit layers of a file by the module that each came from (operator, constant inputs); normalisations."""
    with extra("devices"):
        import onnx

    model = onnx.load(path)
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = {}
    for node in model.graph.node:
        if node.op_type in _PLACES:
            found[_module(node.name)] = (node.op_type, [constants.get(name, np.zeros(0)) for name in node.input])
    return found, {_module(node.name) for node in model.graph.node if node.op_type == "BatchNormalization"}


def _module(name: str) -> str:
    """The module of a node's name as the exporter writes it.

    >>> _module("/network/body/body.0/0to2/0to2.1/Conv_quant"), _module("/network/network.0/network.0.1/Conv_quant")
    ('body.0.0to2.1', '0.1')
    """
    parts: list[str] = []
    for part in name.strip("/").split("/")[:-1]:
        if parts and part.startswith(parts[-1] + "."):
            parts[-1] = part
        else:
            parts.append(part)
    return re.sub(r"^network\.", "", ".".join(parts))


def _matched(held: dict[str, tuple[str, list[NDArray]]], layer: Convolution, path: Path) -> Quantised:
    if layer.where not in held:
        raise LucioleError(f"{path}: expected an 8-bit layer {layer.where}, got none; quantise the same network")
    kind, values = held[layer.where]
    weight = values[3].T if kind == "QLinearMatMul" else values[3]
    if weight.size != layer.weight.size or weight.dtype != np.int8:
        raise LucioleError(f"{path}: expected {layer.weight.size} weights in {layer.where}, got {weight.size}")
    weight = weight.reshape(layer.weight.shape)
    place, (scale, zero) = _PLACES[kind], _AFTER[kind]
    outputs = len(weight)
    bias = np.zeros(outputs, np.int64)
    if place is not None and len(values) > place and values[place].size:
        bias = values[place].astype(np.int64)
    corrected = bias - int(values[2]) * weight.astype(np.int64).sum(axis=(1, 2))
    return Quantised(
        float(values[1]),
        int(values[2]),
        weight,
        np.broadcast_to(values[4].astype(np.float64), (outputs,)),
        corrected,
        float(values[scale]),
        int(values[zero]),
    )
