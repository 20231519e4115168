"""What a network computes on a device, in which order, and which memory holds it: what every printer prints.

A plan is a list of layers over tensors that lie sample after sample (time, channels). A tensor is written by one layer;
it may have been asked for as it is, rectified, or both. Sums of a cell's edges are no layers of their own: what is to
be added stands as ``residuals`` of the layer that computes the last term. A convolution that reads beyond the ends of
its source asks for a border there, which holds zeros.

:func:`arena` gives each tensor a place in one block of memory, shared by those that are never alive together:

>>> a, b, c = (Tensor(name, time=4, channels=2) for name in "abc")
>>> layers = [Sum((), raw=a), Pool("smooth", a, (), raw=b), Pool("smooth", b, (), raw=c)]
>>> places, size = arena(layers, keep=(), bytes_of=lambda tensor: 4 * tensor.elements)
>>> places[a], places[b], places[c], size
(0, 32, 0, 64)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
ALIGN = 4  # bytes
TRIES = 40  # orders drawn in which places are given


@dataclass(eq=False)
class Tensor:
    """Activations (time, channels), or a vector of ``channels`` numbers where time is 1."""

    name: str
    time: int
    channels: int
    border: int = 0  # rows of zeros before and after

    @property
    def elements(self) -> int:
        return (self.time + 2 * self.border) * self.channels

    def __repr__(self) -> str:
        return f"{self.name} ({self.time}, {self.channels})"


@dataclass(eq=False)
class Affine:
    """A batch normalisation after training: a factor and a term a channel."""

    where: str  # the module that it came from
    factor: Floats
    term: Floats


@dataclass(eq=False)
class Convolution:
    """A convolution, full or depthwise; a dense layer is one of a vector, with one tap.

    ``raw`` and ``rectified`` (either may be None) are what it writes: with residuals added, and ReLU of that. A vector
    is written from element ``offset`` on. ``before`` and ``after`` are normalisations of a dense layer that could not
    be folded where numbers have 8 bits.
    """

    where: str  # the module that it came from
    source: Tensor
    weight: Floats  # (outputs, inputs of a group, taps)
    bias: Floats  # (outputs,)
    stride: int = 1
    dilation: int = 1
    padding: int = 0
    depthwise: bool = False
    dense: bool = False
    residuals: tuple[Tensor, ...] = ()
    raw: Tensor | None = None
    rectified: Tensor | None = None
    offset: int = 0
    before: Affine | None = None
    after: Affine | None = None

    @property
    def outputs(self) -> int:
        return int(self.weight.shape[0])

    @property
    def taps(self) -> int:
        return int(self.weight.shape[2])

    @property
    def time(self) -> int:
        reach = self.dilation * (self.taps - 1)
        return (self.source.time + 2 * self.padding - reach - 1) // self.stride + 1

    @property
    def macs(self) -> int:
        return int(self.weight.size) * self.time

    def folded(self) -> tuple[Floats, Floats]:
        """Weights and bias with both normalisations inside."""
        weight, bias = self.weight.astype(np.float64), self.bias.astype(np.float64)
        if self.before is not None:
            bias = bias + (weight * self.before.term[:, None]).sum(axis=(1, 2))
            weight = weight * self.before.factor[:, None]
        if self.after is not None:
            weight = weight * self.after.factor[:, None, None]
            bias = bias * self.after.factor + self.after.term
        return weight.astype(np.float32), bias.astype(np.float32)


@dataclass(eq=False)
class Pool:
    """Pooling in time: ``smooth`` averages three samples and keeps the length, the other two halve it."""

    kind: Literal["smooth", "halve", "largest"]
    source: Tensor
    residuals: tuple[Tensor, ...] = ()
    raw: Tensor | None = None
    rectified: Tensor | None = None

    @property
    def time(self) -> int:
        return self.source.time if self.kind == "smooth" else self.source.time // 2


@dataclass(eq=False)
class Sum:
    """A sum of tensors of one shape and nothing else; zeros where there is none to add."""

    residuals: tuple[Tensor, ...] = ()
    raw: Tensor | None = None
    rectified: Tensor | None = None


@dataclass(eq=False)
class Mean:
    """Mean over time, where there is a normalisation of ReLU of that: into elements of a vector, from the first on."""

    source: Tensor
    normalised: Affine | None
    raw: Tensor | None = None
    rectified: Tensor | None = None
    residuals: tuple[Tensor, ...] = ()


@dataclass(eq=False)
class Described:
    """The window's statistics (:mod:`luciole.networks.statistics`)."""

    source: Tensor
    kinds: tuple[str, ...]
    raw: Tensor | None = None
    rectified: Tensor | None = None
    residuals: tuple[Tensor, ...] = ()


@dataclass(eq=False)
class Bytes:
    """The same numbers in 8 bits, for a layer that computes with bytes; in no plan of 32-bit floats."""

    source: Tensor
    raw: Tensor | None = None
    rectified: Tensor | None = None
    residuals: tuple[Tensor, ...] = ()


Layer = Bytes | Convolution | Pool | Sum | Mean | Described


@dataclass(frozen=True)
class Plan:
    """Everything that a printer needs: windows (length, channels) in physical units to scores of classes."""

    channels: int
    length: int
    hop: int  # samples from one answer to the next
    mean: Floats  # (channels,), taken from each sample
    scale: Floats  # (channels,), which what is left is multiplied by
    labels: tuple[str, ...]
    window: Tensor  # normalised
    layers: tuple[Layer, ...]
    scores: Tensor

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the convolutions and dense layers; the statistics' are not among them."""
        return sum(layer.macs for layer in self.layers if isinstance(layer, Convolution))

    @property
    def parameters(self) -> int:
        """Weights and biases, normalisations folded."""
        return sum(layer.weight.size + layer.bias.size for layer in self.layers if isinstance(layer, Convolution))


def reads(layer: Layer) -> tuple[Tensor, ...]:
    """The tensors that a layer reads."""
    return layer.residuals if isinstance(layer, Sum) else (layer.source, *layer.residuals)


def writes(layer: Layer) -> tuple[Tensor, ...]:
    """The tensors that a layer writes."""
    return tuple(tensor for tensor in (layer.raw, layer.rectified) if tensor is not None)


def _fits(residual: Tensor, written: Tensor) -> bool:
    """Whether a layer may write over what it adds: element by element it reads before it writes."""
    shapes = [(one.time, one.channels, one.border) for one in (residual, written)]
    return shapes[0] == shapes[1]


def arena(
    layers: Sequence[Layer], keep: tuple[Tensor, ...], bytes_of: Callable[[Tensor], int]
) -> tuple[dict[Tensor, int], int]:
    """Give each tensor but those in ``keep`` a byte to start at: places, and the size of the whole.

    Each at the lowest place that no tensor alive at the same time holds, in the order (of some that are tried) that
    needs least; a layer writes over what it adds where that is not read again. A tensor for which ``bytes_of`` says 0
    gets no place.
    """
    alive: dict[Tensor, tuple[int, int]] = {}
    for step, layer in enumerate(layers):
        for tensor in (*reads(layer), *writes(layer)):
            first, _ = alive.get(tensor, (step, step))
            alive[tensor] = (first, step)
    ours = [tensor for tensor in alive if tensor not in keep and bytes_of(tensor)]
    home = {tensor: tensor for tensor in ours}  # whose place each takes
    for step, layer in enumerate(layers):
        free = [one for one in getattr(layer, "residuals", ()) if one in home and alive[one][1] == step]
        source = getattr(layer, "source", None)
        for written in writes(layer):
            for residual in free:
                same = bytes_of(residual) == bytes_of(written) and _fits(residual, written)
                if written in home and same and residual is not source and alive[written][0] == step:
                    home[written] = home[residual]
                    free.remove(residual)
                    break
    spans: dict[Tensor, tuple[int, int]] = {}
    for tensor in ours:
        first, last = spans.get(home[tensor], alive[tensor])
        spans[home[tensor]] = (min(first, alive[tensor][0]), max(last, alive[tensor][1]))
    tried = [_packed(order, spans, bytes_of) for order in _orders(spans, bytes_of)]
    places, size = min(tried, key=lambda one: one[1])
    return {tensor: places[home[tensor]] for tensor in ours}, -(-size // ALIGN) * ALIGN


def _orders(spans: dict[Tensor, tuple[int, int]], bytes_of: Callable[[Tensor], int]) -> Iterator[list[Tensor]]:
    """Orders in which to give places: none of them is best for every network."""
    yield sorted(spans, key=lambda one: -bytes_of(one))
    yield sorted(spans, key=lambda one: (spans[one][0] - spans[one][1], -bytes_of(one)))
    yield sorted(spans, key=lambda one: spans[one])
    rng = np.random.default_rng(0)
    for _ in range(TRIES):
        noise = rng.uniform(0.5, 2.0, len(spans))
        weighed = {tensor: bytes_of(tensor) * by for tensor, by in zip(spans, noise, strict=True)}
        yield sorted(spans, key=lambda one: -weighed[one])


def _packed(
    order: list[Tensor], spans: dict[Tensor, tuple[int, int]], bytes_of: Callable[[Tensor], int]
) -> tuple[dict[Tensor, int], int]:
    places: dict[Tensor, int] = {}
    size = 0
    for tensor in order:
        first, last = spans[tensor]
        taken = sorted(
            (places[other], places[other] + bytes_of(other))
            for other in places
            if spans[other][0] <= last and first <= spans[other][1]
        )
        at = 0
        for start, stop in taken:
            if at + bytes_of(tensor) <= start:
                break
            at = max(at, -(-stop // ALIGN) * ALIGN)
        places[tensor] = at
        size = max(size, at + bytes_of(tensor))
    return places, size
