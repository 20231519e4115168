"""Parameters and multiply-accumulates of any torch network, counted while it runs.

    >>> import torch
    >>> from luciole.networks import NB201_C10, build
    >>> network = build([3] * 6, NB201_C10, torch.Generator().manual_seed(0))
    >>> counts = count(network, (3, 32, 32))
    >>> counts.parameters, counts.macs, counts.fpo == 2 * counts.macs
    (1531546, 220119690, True)

Convention: a multiply-accumulate (MAC) is one multiplication with its addition, in convolutions, recurrent cells
and linear layers, whose bias counts one a value as in NAS-Bench-201; normalisation, pooling, activations and sums
are not counted. Floating point operations (FPO, what Green AI reports) are twice that. For the cells of
NAS-Bench-201 the closed form of :mod:`luciole.networks.counts` gives the same figures a whole space at a time.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from luciole.errors import LucioleError

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_RECURRENT = {nn.RNN: 1, nn.GRU: 3, nn.LSTM: 4}  # gates, each with its own pair of matrices
_FREE = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.PReLU, nn.Embedding)  # by convention


@dataclass(frozen=True)
class Counts:
    """What one example costs: ``layers`` maps the names of the counted layers to their MACs."""

    parameters: int  # trainable
    macs: int  # multiply-accumulates for one example
    layers: dict[str, int]

    @property
    def fpo(self) -> int:
        """Floating point operations for one example: two a multiply-accumulate."""
        return 2 * self.macs


def _convolution(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> int:
    return output[0].numel() * layer.in_channels // layer.groups * prod(layer.kernel_size)


def _linear(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> int:
    places = output[0].numel() // layer.out_features
    return places * layer.out_features * (layer.in_features + (layer.bias is not None))


def _recurrent(gates: int, layer: Any, inputs: tuple[Tensor, ...], output: Any) -> int:
    if layer.proj_size:
        raise LucioleError("no rule counts recurrent layers with a projection; add one to costs/counts.py")
    steps = inputs[0].shape[1 if layer.batch_first else 0]
    directions = 2 if layer.bidirectional else 1
    hidden, size = layer.hidden_size, layer.input_size
    total = 0
    for _ in range(layer.num_layers):
        total += steps * directions * gates * hidden * (size + hidden)
        size = hidden * directions
    return total


def _rule(layer: nn.Module) -> Callable[..., int] | None:
    if isinstance(layer, _CONVOLUTIONS):
        return _convolution
    if isinstance(layer, nn.Linear):
        return _linear
    if gates := next((g for kind, g in _RECURRENT.items() if isinstance(layer, kind)), None):
        return partial(_recurrent, gates)
    return None


def parameters(network: nn.Module) -> int:
    """Count trainable parameters, each once however often it is used.

    >>> parameters(nn.Linear(3, 2))
    8
    """
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


@torch.no_grad()
def count(network: nn.Module, shape: Sequence[int]) -> Counts:
    """Count what ``network`` costs on one example of the given shape, without the batch dimension.

    One forward pass in evaluation mode is run; the network is left in the mode it was in. A layer that is used
    twice counts twice. Raises LucioleError for a layer with weights of its own that has no rule, rather than
    counting it as free; what a network computes outside layers (``torch.matmul`` in its forward) is not seen.
    """
    macs: Counter[str] = Counter()

    def record(
        name: str, rule: Callable[..., int], layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor
    ) -> None:
        macs[name] += rule(layer, inputs, output)

    hooks = []
    training = network.training
    try:
        for name, layer in network.named_modules():
            if rule := _rule(layer):
                hooks.append(layer.register_forward_hook(partial(record, name, rule)))
            elif not isinstance(layer, _FREE) and any(True for _ in layer.parameters(recurse=False)):
                raise LucioleError(f"no rule counts {type(layer).__name__} ({name}); add one to costs/counts.py")
        weight = next(network.parameters(), torch.empty(0))
        network.eval()(torch.zeros(1, *shape, dtype=weight.dtype, device=weight.device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return Counts(parameters(network), sum(macs.values()), dict(macs))
