"""One forward pass of a network, watched: what went into each module and what came out, the network left as it was.

>>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 2))
>>> logits, layers = run(network, torch.randn(5, 4))
>>> [layer.name for layer in layers], all(layer.intact for layer in layers)
(['0', '1', '2', ''], True)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError, lacked

WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


@dataclass(frozen=True)
class Layer:
    """One call of one module: what went in and what came out, both with the batch as first axis."""

    name: str
    module: nn.Module
    input: Tensor
    output: Any  # a Tensor for all but modules that return several things
    versions: tuple[int, int] = (0, 0)  # of both when the call ended

    @property
    def intact(self) -> bool:
        """Whether neither was overwritten in place since."""
        return self.versions == _versions(self.input, self.output)


def _versions(*tensors: Any) -> tuple[int, ...]:
    return tuple(one._version if isinstance(one, Tensor) and not one.is_inference() else 0 for one in tensors)


def _mode(module: nn.Module, training: bool) -> None:
    if "training" in module.__dict__:  # past the checks that a module makes of what is set, thrice the cost of this
        module.__dict__["training"] = training
    else:
        module.training = training  # scripted


@contextmanager
def untouched(network: nn.Module, seed: int, training: bool = True) -> Iterator[None]:
    """Put every module in training (or evaluation) mode, out of place, and give all back as it was at the end."""
    modes = [(module, module.training) for module in network.modules()]
    modules = [module for module, _ in modes]
    tracking = [module for module in modules if isinstance(module, _BatchNorm) and module.track_running_stats]
    inplace = [module for module in modules if module.__dict__.get("inplace") is True]
    devices = sorted({p.device.index or 0 for p in network.parameters() if p.device.type == "cuda"})
    buffers = [  # a normalisation's stay as they are by themselves, see below
        (module._buffers, name, buffer)
        for module in modules
        if module._buffers and not isinstance(module, _BatchNorm)
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    copies = {id(buffer): buffer.clone() for _, _, buffer in buffers}
    # functional_call leaves a replaced weight in a module that stands at two places
    parameters = [(module._parameters, dict(module._parameters)) for module in modules if module._parameters]
    try:
        for held, name, buffer in buffers:
            held[name] = copies[id(buffer)]
        for module in inplace:
            module.inplace = False  # type: ignore[assignment]
        for module in modules:
            _mode(module, training)
        if training:
            for norm in tracking:
                norm.track_running_stats = False  # the batch's statistics are used, the running ones left alone
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            yield
    finally:
        for norm in tracking:
            norm.track_running_stats = True
        for module, mode in modes:
            _mode(module, mode)
        for module in inplace:
            module.inplace = True  # type: ignore[assignment]
        for held, name, buffer in buffers:
            held[name] = buffer
        for of_module, own in parameters:
            of_module.update(own)


def forward(
    network: nn.Module,
    batch: Tensor,
    seed: int = 0,
    weights: Mapping[str, Tensor] | None = None,
    training: bool = True,
) -> Tensor:
    """Return the logits (B, classes) of one forward pass that nobody watches, which is cheaper by a hook a module.

    ``weights`` replace those of the network for this pass. Networks that return several tensors give their logits last.
    Raises LucioleError for a batch that the network does not accept.
    """
    try:
        with untouched(network, seed, training):
            output = functional_call(network, dict(weights), (batch,)) if weights else network(batch)
    except Exception as error:  # a stranger's forward may raise anything
        if lacked(error) or isinstance(error, LucioleError):
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise LucioleError(
            f"the network does not accept a batch of shape {tuple(batch.shape)}: {reason}; give a batch it accepts"
        ) from error
    if isinstance(output, tuple | list):
        output = output[-1]
    if not isinstance(output, Tensor) or output.ndim < 2 or len(output) != len(batch):
        raise LucioleError(
            f"expected the network to give one row of logits a sample, ({len(batch)}, classes), got "
            f"{tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__}"
        )
    return output


def run(
    network: nn.Module,
    batch: Tensor,
    seed: int = 0,
    weights: Mapping[str, Tensor] | None = None,
    training: bool = True,
    linear: bool = False,
    guard: bool = False,
) -> tuple[Tensor, list[Layer]]:
    """Run :func:`forward` and return the logits (B, classes) and every module's call, in the order they ended.

    ``linear`` turns batch normalisation into the identity; ``guard`` hands copies from module to module, so that
    nothing recorded is overwritten in place.
    """
    layers: list[Layer] = []
    entered: dict[nn.Module, list[Any]] = {}

    def enter(module: nn.Module, args: tuple[Any, ...]) -> Any:
        entered.setdefault(module, []).append(args)
        return tuple(one.clone() if isinstance(one, Tensor) else one for one in args)

    def record(name: str, module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
        args = entered[module].pop() if guard else args
        if linear and isinstance(module, _BatchNorm):
            output = args[0]
        if args and isinstance(args[0], Tensor) and args[0].ndim and len(args[0]) == len(batch):
            layers.append(Layer(name, module, args[0], output, _versions(args[0], output)))  # type: ignore[arg-type]
        return output.clone() if guard and isinstance(output, Tensor) else output

    def hook(name: str) -> Any:
        return lambda module, args, output: record(name, module, args, output)

    named = [(name, one) for name, one in network.named_modules() if not isinstance(one, torch.jit.ScriptModule)]
    handles = [module.register_forward_hook(hook(name)) for name, module in named]
    if guard:
        handles += [module.register_forward_pre_hook(enter) for _, module in named]
    try:
        return forward(network, batch, seed, weights, training), layers
    finally:
        for handle in handles:
            handle.remove()


def replaceable(network: nn.Module, name: str) -> None:
    """Raise LucioleError for recurrent layers, which keep to their own weights when others are put in their place."""
    if any(isinstance(module, nn.RNNBase) for module in network.modules()):
        raise LucioleError(f"{name} cannot put other weights into a recurrent layer (nn.LSTM, nn.GRU, nn.RNN), got one")


def anew(network: nn.Module, name: str) -> None:
    """Raise LucioleError for a network with kernels outside of convolutions and linear layers, which are drawn anew."""
    held = {id(module.weight) for module in network.modules() if isinstance(module, WEIGHTED)}
    others = [path for path, one in network.named_parameters() if one.ndim > 1 and id(one) not in held]
    if others:
        raise LucioleError(
            f"{name} draws the weights of convolutions and linear layers anew, and {others[0]} is a kernel of none; "
            "write it as a layer"
        )
