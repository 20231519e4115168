"""What a network shows on one batch: forward and backward passes, run once and shared by the scores that ask.

A score reads what it needs from a :class:`Passes`; whatever two scores both need (the activations, the gradient
of the loss, the gradient of the input) is computed for the first and kept for the second::

    >>> import torch
    >>> from torch import nn
    >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> seen = Passes(network, torch.randn(5, 4))
    >>> [tuple(code.shape) for code in seen.codes]
    [(5, 8)]

Every pass leaves the network as it was: training flags, weights, gradients, running statistics of batch
normalisation and hooks. Random layers (dropout) draw from the seed given, not from the global state. Batch
normalisation uses the statistics of the batch (training mode), as the scores' authors do.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError

WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


@dataclass(frozen=True)
class Layer:
    """One call of one module: what went in and what came out, both with the batch as first axis."""

    name: str
    module: nn.Module
    input: Tensor
    output: Any  # a Tensor for all but modules that return several things


@contextmanager
def untouched(network: nn.Module, seed: int, training: bool = True) -> Iterator[None]:
    """Put every module in training (or evaluation) mode and give all back as it was at the end."""
    modes = [(module, module.training) for module in network.modules()]
    tracking = [module for module in network.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    devices = sorted({p.device.index or 0 for p in network.parameters() if p.device.type == "cuda"})
    try:
        for module, _ in modes:
            module.training = training
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
            module.training = mode


def run(
    network: nn.Module,
    batch: Tensor,
    seed: int = 0,
    weights: Mapping[str, Tensor] | None = None,
    training: bool = True,
    linear: bool = False,
) -> tuple[Tensor, list[Layer]]:
    """Run one forward pass and return the logits (B, classes) and every module's call, in the order they ended.

    ``weights`` replace those of the network for this pass; ``linear`` turns batch normalisation into the
    identity. Networks that return several tensors give their logits last.
    """
    layers: list[Layer] = []

    def record(name: str, module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
        if linear and isinstance(module, _BatchNorm):
            output = args[0]
        if args and isinstance(args[0], Tensor) and args[0].ndim and len(args[0]) == len(batch):
            layers.append(Layer(name, module, args[0], output))
        return output

    def hook(name: str) -> Any:
        return lambda module, args, output: record(name, module, args, output)

    handles = [module.register_forward_hook(hook(name)) for name, module in network.named_modules()]
    try:
        with untouched(network, seed, training):
            output = functional_call(network, dict(weights), (batch,)) if weights else network(batch)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise LucioleError(
            f"the network does not accept a batch of shape {tuple(batch.shape)}: {reason}; give a batch it accepts"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    if isinstance(output, tuple | list):
        output = output[-1]
    if not isinstance(output, Tensor) or output.ndim < 2 or len(output) != len(batch):
        raise LucioleError(
            f"expected the network to give one row of logits a sample, ({len(batch)}, classes), got "
            f"{tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__}"
        )
    return output, layers


def check_batch(network: object, batch: object, labels: object) -> None:
    """Raise LucioleError, in one line, for anything a score cannot be computed on."""
    if not isinstance(network, nn.Module):
        raise LucioleError(
            f"expected a torch.nn.Module to score, got {type(network).__name__}; build the network first"
        )
    if not isinstance(batch, Tensor):
        raise LucioleError(f"expected the batch as a torch.Tensor, got {type(batch).__name__}")
    if batch.ndim < 2 or not len(batch):
        raise LucioleError(f"expected a batch with samples on its first axis, got the shape {tuple(batch.shape)}")
    if not bool(torch.isfinite(batch).all()):
        raise LucioleError("expected a finite batch, got NaN or infinity in it; clean or normalise the data")
    if labels is None:
        return
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.shape != (len(batch),):
        got = f"{labels.dtype} of shape {tuple(labels.shape)}" if isinstance(labels, Tensor) else type(labels).__name__
        raise LucioleError(f"expected integer labels of shape ({len(batch)},), got {got}")


class Passes:
    """The passes of one network on one batch, lazily and each once.

    ``batch`` is (B, ...); ``labels``, integers of shape (B,), are needed only by scores that declare so; ``seed``
    feeds what a score draws itself (noise, dropout). Raises LucioleError for a network that is not a module, a
    batch the network does not accept or that is not finite, and labels missing or out of range.
    """

    def __init__(self, network: nn.Module, batch: Tensor, labels: Tensor | None = None, seed: int = 0):
        check_batch(network, batch, labels)
        self.network = network
        self.batch = batch
        self.seed = seed
        self._labels = labels
        self._kept: dict[str, Any] = {}
        self._rests_on: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}  # time of each pass run so far, without the passes it builds on
        self.used: set[str] = set()  # passes read since it was last emptied

    def keep(self, name: str, compute: Callable[[], Any]) -> Any:
        """Return what ``compute`` gives, computed at the first call and timed; note what reading it rests on."""
        if name not in self._kept:
            outer, self.used = self.used, set()
            before, start = sum(self.seconds.values()), time.process_time()
            self._kept[name] = compute()
            within = sum(self.seconds.values()) - before  # passes that this one called for
            self.seconds[name] = time.process_time() - start - within
            self._rests_on[name] = {name, *self.used}
            self.used = outer
        self.used |= self._rests_on[name]
        return self._kept[name]

    @property
    def labels(self) -> Tensor:
        """Labels (B,), checked; raises LucioleError when none were given."""
        if self._labels is None:
            raise LucioleError("this score needs labels, got none; give labels=, integers of shape (batch,)")
        return self._labels

    @property
    def forward(self) -> tuple[Tensor, Tensor, list[Layer]]:
        """Return (input, logits, layers) of one pass in training mode, with the graph for gradients."""

        def compute() -> tuple[Tensor, Tensor, list[Layer]]:
            x = self.batch.detach().clone()
            if x.is_floating_point():
                x.requires_grad_()
            with torch.enable_grad():
                return x, *run(self.network, x, self.seed)

        return self.keep("forward", compute)

    @property
    def layers(self) -> list[Layer]:
        """Every module's call, in the order they ended."""
        return self.forward[2]

    @property
    def weighted(self) -> list[Layer]:
        """The calls of convolutions and linear layers, in order."""
        return [layer for layer in self.layers if isinstance(layer.module, WEIGHTED)]

    @property
    def weights(self) -> list[Tensor]:
        """Weights of convolutions and linear layers, each once, in the order of the modules."""
        found = [module.weight for module in self.network.modules() if isinstance(module, WEIGHTED)]
        if not all(weight.requires_grad for weight in found):
            raise LucioleError("this score needs gradients of all weights, got frozen ones; set requires_grad")
        return list({id(weight): weight for weight in found}.values())

    @property
    def codes(self) -> list[Tensor]:
        """Codes of the ReLU units, bool (B, units), one array a ReLU: whether the unit's input is positive.

        Only ReLUs that the output depends on count, as in the code of NASWOT.
        """
        _, logits, layers = self.forward

        def compute() -> list[Tensor]:
            reached = _ancestors(logits)
            return [
                (layer.input.detach() > 0).flatten(1)
                for layer in layers
                if isinstance(layer.module, nn.ReLU) and layer.output.grad_fn in reached
            ]

        return self.keep("codes", compute)

    @property
    def loss(self) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients of the cross-entropy by each of :attr:`weights` and by each output of :attr:`weighted`."""
        logits = self.forward[1]
        weights, outputs = self.weights, [layer.output for layer in self.weighted]

        def compute() -> tuple[list[Tensor], list[Tensor]]:
            found = gradients(cross_entropy(logits, self.labels), [*weights, *outputs])
            return found[: len(weights)], found[len(weights) :]

        return self.keep("loss", compute)

    @property
    def jacobian(self) -> Tensor:
        """Gradient of the summed logits by the input, float64 (B, features)."""
        x, logits, _ = self.forward
        if not x.requires_grad:
            raise LucioleError(
                f"this score needs gradients by the input, got {x.dtype} inputs; give floating-point ones"
            )
        return self.keep("jacobian", lambda: gradients(logits.sum(), [x])[0].flatten(1).double())

    @property
    def blocks(self) -> list[Tensor]:
        """Feature maps (B, C, ...) after the stem and after each block, in order.

        Blocks are the children of ``network.body`` where the network has one, with ``network.stem`` before them
        (as all networks of this library have); else the network's own children. Only maps with a place axis count.
        """
        children = dict(self.network.named_children())
        if "stem" in children and "body" in children:
            names = ["stem", *(f"body.{name}" for name, _ in children["body"].named_children())]
        else:
            names = list(children)
        outputs = {layer.name: layer.output for layer in self.layers}
        return [
            outputs[name]
            for name in names
            if isinstance(outputs.get(name), Tensor) and outputs[name].ndim > 2 and outputs[name][0, 0].numel() > 1
        ]


def gradients(output: Tensor, inputs: list[Tensor], create_graph: bool = False) -> list[Tensor]:
    """Gradients of a scalar by ``inputs``, zeros for what it does not depend on; the graph is kept."""
    asked = [tensor for tensor in inputs if tensor.requires_grad]
    if not output.requires_grad or not asked:
        return [torch.zeros_like(tensor) for tensor in inputs]
    found = iter(
        torch.autograd.grad(output, asked, retain_graph=True, create_graph=create_graph, materialize_grads=True)
    )
    return [next(found) if tensor.requires_grad else torch.zeros_like(tensor) for tensor in inputs]


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy; raises LucioleError for labels the network has no output for."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= logits.shape[1]:
        raise LucioleError(
            f"expected labels 0..{logits.shape[1] - 1}, got {low}..{high}; the network has too few outputs"
        )
    return functional.cross_entropy(logits, labels)


def _ancestors(output: Tensor) -> set[Any]:
    """Nodes of the graph that ``output`` was computed from."""
    todo, seen = [output.grad_fn], set()
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            todo += [parent for parent, _ in node.next_functions]
    return seen
