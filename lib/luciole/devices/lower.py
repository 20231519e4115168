"""The plan of a trained network: its layers in order, normalisations folded, sums and ReLU joined to what they follow.

Known are the networks of :mod:`luciole.networks.har1d` and chains (``nn.Sequential``) of convolutions, pooling, a mean
over time and dense layers, such as the MLP, the 1-D CNN and the TinyTNAS network of the study, also behind all numbers
that :mod:`luciole.networks.readout` describes a window by.

>>> from luciole.networks.har_baselines import BASELINES
>>> network = BASELINES["TinyTNAS network"](9, 6, 128, torch.Generator().manual_seed(0)).eval()
>>> found = plan(network, Normalisation(np.zeros(9, np.float32), np.ones(9, np.float32)), length=128)
>>> found.macs, len(found.layers)
(53079, 14)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices.plan import Affine, Convolution, Described, Floats, Layer, Mean, Plan, Pool, Sum, Tensor
from luciole.errors import LucioleError
from luciole.networks import readout
from luciole.networks.har1d import Cell, Network
from luciole.networks.statistics import SHORTEST, Statistics, width


@dataclass(eq=False)
class _Value:
    """What a layer computes: its tensors exist as soon as somebody asks for them."""

    name: str
    time: int
    channels: int
    made: dict[bool, Tensor] = field(default_factory=dict)

    def ask(self, rectified: bool = False) -> Tensor:
        if rectified not in self.made:
            name = f"{self.name}_relu" if rectified else self.name
            self.made[rectified] = Tensor(name, self.time, self.channels)
        return self.made[rectified]


def _floats(values: torch.Tensor) -> Floats:
    return np.asarray(values.detach().cpu().numpy(), dtype=np.float32)


def _affine(norm: nn.BatchNorm1d, where: str) -> Affine:
    if norm.running_mean is None or norm.running_var is None:
        raise LucioleError("expected normalisations that keep running means, got one without; train it with them")
    deviation = np.sqrt(_floats(norm.running_var).astype(np.float64) + norm.eps)
    gain = _floats(norm.weight) if norm.affine else np.ones(norm.num_features, np.float32)
    shift = _floats(norm.bias) if norm.affine else np.zeros(norm.num_features, np.float32)
    factor = gain / deviation
    term = shift - _floats(norm.running_mean) * factor
    return Affine(where, factor.astype(np.float32), term.astype(np.float32))


class _Lowering:
    """The layers so far, and the values that they will write."""

    def __init__(self) -> None:
        self.layers: list[tuple[Layer, _Value]] = []
        self.rectifying: set[Layer] = set()

    def add(self, layer: Layer, value: _Value) -> _Value:
        self.layers.append((layer, value))
        return value

    def write_part(self, value: _Value, offset: int) -> None:
        """Let the last layer, a dense one, write its rectified outputs into ``value``, from ``offset`` on."""
        layer, _ = self.layers.pop()
        assert isinstance(layer, Convolution)
        layer.offset = offset
        self.rectifying.add(layer)
        self.layers.append((layer, value))

    def convolution(
        self, where: str, module: nn.Conv1d, norm: nn.BatchNorm1d | None, source: Tensor, residuals: Sequence[Tensor]
    ) -> _Value:
        """A convolution with its normalisation folded in."""
        size, stride, dilation = module.kernel_size[0], module.stride[0], module.dilation[0]
        padding = 0 if isinstance(module.padding, str) else int(module.padding[0])
        known = module.groups in (1, module.in_channels) and module.padding_mode == "zeros"
        if not known or isinstance(module.padding, str) or (module.groups > 1 and module.out_channels != module.groups):
            raise LucioleError(f"expected a plain or a depthwise convolution padded by zeros, {where} is {module}")
        weight = _floats(module.weight)
        bias = np.zeros(len(weight), np.float32) if module.bias is None else _floats(module.bias)
        if norm is not None:
            folded = _affine(norm, where)
            weight, bias = weight * folded.factor[:, None, None], bias * folded.factor + folded.term
        source.border = max(source.border, padding)
        depthwise = module.groups > 1
        layer = Convolution(
            where, source, weight, bias, stride, dilation, padding, depthwise, residuals=tuple(residuals)
        )
        if layer.time < 1:
            raise LucioleError(f"expected windows long enough for {where}, a convolution of {size}; lengthen them")
        return self.add(layer, _Value(_named(where), layer.time, len(weight)))

    def dense(
        self, where: str, module: nn.Linear, source: Tensor, before: Affine | None, after: Affine | None
    ) -> _Value:
        weight = _floats(module.weight)[:, :, None]
        bias = np.zeros(len(weight), np.float32) if module.bias is None else _floats(module.bias)
        layer = Convolution(where, source, weight, bias, dense=True, before=before, after=after)
        return self.add(layer, _Value(_named(where), 1, len(weight)))

    def finish(self) -> tuple[Layer, ...]:
        """Give each layer the tensors that were asked of its value."""
        for layer, value in self.layers:
            layer.raw, layer.rectified = value.made.get(False), value.made.get(True)
            if layer in self.rectifying:
                layer.raw, layer.rectified = None, layer.raw
        return tuple(layer for layer, value in self.layers if value.made)


def _named(where: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in where)


def plan(
    network: nn.Module,
    normalisation: Normalisation,
    length: int,
    labels: Iterable[str] = (),
    hop: int | None = None,
    trained: bool = True,
) -> Plan:
    """Make the plan of ``network`` for windows of ``length`` samples, answered every ``hop`` (half of them).

    ``labels`` name the classes, else they are numbered. Raises LucioleError for a network in training mode (its
    normalisations would not be those of the trained network), for weights that are not finite, and for a layer that
    is not known here, by its name; ``trained`` False lets a network with initial weights pass, to count its cost.
    """
    if network.training:
        raise LucioleError("expected a trained network, got one in training mode; finish training and call .eval()")
    if trained and _untouched(network):
        raise LucioleError("expected a trained network, got normalisations that never saw data; train it first")
    for name, values in network.state_dict().items():
        if not bool(torch.isfinite(values).all()):
            raise LucioleError(f"expected finite weights, got others in {name}; train again with a lower rate")
    channels = len(normalisation.mean)
    window = Tensor("window", length, channels)
    made = _Lowering()
    scores = _network(made, network, window) if isinstance(network, Network) else _chain(made, network, window)
    tensor = scores.ask()
    layers = made.finish()
    names = tuple(labels) or tuple(str(number) for number in range(tensor.channels))
    hop = max(1, length // 2) if hop is None else hop
    if len(names) != tensor.channels:
        raise LucioleError(f"expected a name for each of {tensor.channels} classes, got {len(names)}")
    if not 1 <= hop <= length:
        raise LucioleError(f"expected a hop of 1 to {length} samples, the window's; got {hop}")
    mean, deviation = (np.asarray(values, np.float32) for values in (normalisation.mean, normalisation.deviation))
    return Plan(channels, length, hop, mean, np.float32(1) / deviation, names, window, layers, tensor)


def _untouched(network: nn.Module) -> bool:
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]
    return bool(norms) and all(int(norm.num_batches_tracked or 0) == 0 and _plain(norm) for norm in norms)


def _plain(norm: nn.BatchNorm1d) -> bool:
    """Whether a normalisation is as it was initialised."""
    assert norm.running_mean is not None and norm.running_var is not None
    return bool((norm.running_mean == 0).all()) and bool((norm.running_var == 1).all())


def _network(made: _Lowering, network: Network, window: Tensor) -> _Value:
    """A network of the sensor space: statistics first, so that their numbers share memory with the rest."""
    seen = _Value("seen", 1, network.classifier.in_features)
    if network.statistics is not None:
        described, norm, units, after, _ = network.statistics.children()
        assert isinstance(described, Statistics) and isinstance(units, nn.Linear)
        assert isinstance(norm, nn.BatchNorm1d) and isinstance(after, nn.BatchNorm1d)
        if window.time < SHORTEST:
            raise LucioleError(f"expected windows of at least {SHORTEST} samples for statistics, got {window.time}")
        numbers = _Value("numbers", 1, width(window.channels, described.kinds))
        made.add(Described(window, described.kinds), numbers)
        made.dense("statistics.2", units, numbers.ask(), _affine(norm, "statistics.1"), _affine(after, "statistics.3"))
        made.write_part(seen, seen.channels - units.out_features)
    stem, norm = network.stem.children()
    assert isinstance(stem, nn.Conv1d) and isinstance(norm, nn.BatchNorm1d)
    node = made.convolution("stem.0", stem, norm, window, ())
    for place, block in enumerate(network.body):
        where = f"body.{place}"
        if isinstance(block, Cell):
            node = _cell(made, where, block, node)
            continue
        _, narrow, norm = block.children()
        assert isinstance(narrow, nn.Conv1d) and isinstance(norm, nn.BatchNorm1d)
        if node.time < 2:
            raise LucioleError(f"expected windows long enough for every pooling, {where} gets 1 sample; lengthen them")
        halved = made.add(Pool("halve", node.ask()), _Value(f"{_named(where)}_halved", node.time // 2, node.channels))
        node = made.convolution(f"{where}.1", narrow, norm, halved.ask(), ())
    last = network.last[0]
    assert isinstance(last, nn.BatchNorm1d)
    made.add(Mean(node.ask(), _affine(last, "last.0")), seen)
    return made.dense("classifier", network.classifier, seen.ask(), None, None)


def _cell(made: _Lowering, where: str, cell: Cell, source: _Value) -> _Value:
    """The nodes of a cell; of each, the last layer that computes a term adds the others."""
    nodes: dict[int, _Value] = {0: source}
    for target in range(1, 4):
        edges = [(int(name[0]), cell.edges[name]) for name in cell.edges if int(name[-1]) == target]
        plain = [nodes[start] for start, edge in edges if isinstance(edge, nn.Identity)]
        computed = [(start, edge) for start, edge in edges if not isinstance(edge, nn.Identity)]
        if not edges:
            continue
        if len(edges) == len(plain) == 1:
            nodes[target] = plain[0]
            continue
        residuals = [value.ask() for value in plain]
        for number, (start, edge) in enumerate(computed):
            last = number == len(computed) - 1
            value = _edge(made, f"{where}.{start}to{target}", edge, nodes[start], residuals if last else ())
            if not last:
                residuals.append(value.ask())
        if computed:
            nodes[target] = value
        else:
            nodes[target] = made.add(
                Sum(tuple(residuals)), _Value(f"{_named(where)}_{target}", source.time, source.channels)
            )
    if 3 not in nodes:
        return made.add(Sum(), _Value(f"{_named(where)}_3", source.time, source.channels))
    return nodes[3]


def _edge(made: _Lowering, where: str, edge: nn.Module, node: _Value, residuals: Sequence[Tensor]) -> _Value:
    if isinstance(edge, nn.AvgPool1d):
        value = _Value(_named(where), node.time, node.channels)
        return made.add(Pool("smooth", node.ask(), tuple(residuals)), value)
    _, *convolutions, norm = list(edge.children())
    source = node.ask(rectified=True)
    for module in convolutions[:-1]:
        assert isinstance(module, nn.Conv1d)
        source = made.convolution(f"{where}.1", module, None, source, ()).ask()
    assert isinstance(convolutions[-1], nn.Conv1d) and isinstance(norm, nn.BatchNorm1d)
    return made.convolution(f"{where}.{len(convolutions)}", convolutions[-1], norm, source, residuals)


def _flat(network: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    if isinstance(network, nn.Sequential):
        for part, module in network.named_children():
            yield from _flat(module, f"{name}.{part}" if name else part)
    else:
        yield name, network


def _chain(made: _Lowering, network: nn.Module, window: Tensor) -> _Value:
    """A chain of layers, each with the normalisation and the ReLU that follow it."""
    value = _Value("window", window.time, window.channels, {False: window})
    rectified = flattened = False
    scaled: Affine | None = None  # a normalisation that the next dense layer reads through
    modules = list(_flat(network))
    while modules:
        where, module = modules.pop(0)
        following = modules[0][1] if modules else None
        if isinstance(module, nn.ReLU):
            rectified = True
            continue
        if isinstance(module, nn.Flatten):
            flattened = value.time > 1
            continue
        source = value.ask(rectified)
        if isinstance(module, nn.Conv1d) and not flattened:
            norm = modules.pop(0)[1] if isinstance(following, nn.BatchNorm1d) else None
            assert norm is None or isinstance(norm, nn.BatchNorm1d)
            value = made.convolution(where, module, norm, source, ())
        elif isinstance(module, readout.Described):
            value = made.add(Described(source, module.kinds), _Value("numbers", 1, readout.width(value.channels)))
            if isinstance(following, nn.BatchNorm1d):
                scaled = _affine(following, modules.pop(0)[0])
        elif isinstance(module, nn.MaxPool1d) and (module.kernel_size, module.stride, module.padding) == (2, 2, 0):
            value = made.add(Pool("largest", source), _Value(_named(where), value.time // 2, value.channels))
        elif isinstance(module, nn.AdaptiveAvgPool1d) and module.output_size in (1, (1,)):
            value = made.add(Mean(source, None), _Value(_named(where), 1, value.channels))
        elif isinstance(module, nn.Linear) and (value.time == 1 or flattened):
            after = _affine(following, modules.pop(0)[0]) if isinstance(following, nn.BatchNorm1d) else None
            value = _flattened(made, where, module, source, scaled, after)
            flattened, scaled = False, None
        else:
            known = "convolutions in time, batch normalisation, ReLU, pooling by 2, a mean over time and dense layers"
            kind = type(module).__name__
            raise LucioleError(f"expected {known}, got {kind} at {where or 'the top'}; deploy it as ONNX instead")
        rectified = False
    if value.time != 1:
        raise LucioleError("expected a network that ends with a score a class, got one that ends with a series")
    return value


def _flattened(
    made: _Lowering, where: str, module: nn.Linear, source: Tensor, before: Affine | None, after: Affine | None
) -> _Value:
    """A dense layer, its columns in the order of memory: sample after sample."""
    value = made.dense(where, module, source, before, after)
    layer = made.layers[-1][0]
    assert isinstance(layer, Convolution)
    rows = layer.weight.reshape(-1, source.channels, source.time)
    # a convolution over the whole series, which gives one sample
    layer.weight = np.ascontiguousarray(rows)
    return value
