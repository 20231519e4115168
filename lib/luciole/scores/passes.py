"""What a network shows on one batch: forward and backward passes, run once and shared by the scores that ask.

A score reads what it needs from a :class:`Passes`; whatever two scores both need (the activations, the gradient
of the loss, the gradient of the input) is computed for the first and kept for the second::

    >>> import torch
    >>> from torch import nn
    >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> seen = Passes(network, torch.randn(5, 4))
    >>> [tuple(code.shape) for code in seen.codes]
    [(5, 8)]

Every pass leaves the network as it was, also where it fails: training flags, weights, gradients, buffers and hooks.
Random layers (dropout) draw from the seed given, not from the global state. Batch normalisation uses the statistics of
the batch (training mode), as the scores' authors do. What is computed counts, not how it is written: modules work out
of place, activations are found in the graph (:mod:`luciole.scores.graph`), and weights that are computed from others
stand in a copy (:mod:`luciole.scores.reparametrised`).
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks import har1d, nb201
from luciole.scores import graph
from luciole.scores.reparametrised import plain
from luciole.scores.watched import WEIGHTED, Layer, forward, run


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
    feeds what a score draws itself (noise, dropout); ``blocks`` are the names of the modules whose outputs are the
    feature maps between blocks, in order (see :attr:`blocks`). Raises LucioleError for a network that is not a module,
    a batch the network does not accept or that is not finite, and labels missing or out of range.
    """

    def __init__(
        self,
        network: nn.Module,
        batch: Tensor,
        labels: Tensor | None = None,
        seed: int = 0,
        blocks: Sequence[str] | None = None,
    ):
        check_batch(network, batch, labels)
        self.given = network
        self.network = plain(network)
        self.batch = batch
        self.seed = seed
        self._named = blocks
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

    def _leaf(self) -> Tensor:
        """The batch as a leaf of a new graph."""
        x = self.batch.detach().clone()
        return x.requires_grad_() if x.is_floating_point() else x

    @property
    def forward(self) -> tuple[Tensor, Tensor, list[Layer]]:
        """Return (input, logits, layers) of one pass in training mode, with the graph for gradients."""

        def compute() -> tuple[Tensor, Tensor, list[Layer]]:
            x = self._leaf()
            with torch.enable_grad():
                return x, *run(self.network, x, self.seed)

        return self.keep("forward", compute)

    @property
    def layers(self) -> list[Layer]:
        """Every module's call, in the order they ended; where one was overwritten in place, the pass is run anew."""
        if not all(layer.intact for layer in self.forward[2]):
            x = self._leaf()
            with torch.enable_grad():
                self._kept["forward"] = x, *run(self.network, x, self.seed, guard=True)
        return self.forward[2]

    @property
    def weighted(self) -> list[Layer]:
        """The calls of convolutions and linear layers, in order."""
        return [layer for layer in self.layers if isinstance(layer.module, WEIGHTED)]

    @property
    def loose(self) -> list[Tensor]:
        """Parameters with two or more axes that are used as a convolution's or a linear layer's, but are of none."""
        if "loose" not in self._kept:
            self._kept["loose"] = self._loose()
        return self._kept["loose"]

    def _loose(self) -> list[Tensor]:
        held = {id(module.weight) for module in self.network.modules() if isinstance(module, WEIGHTED)}
        others = [one for one in self.network.parameters() if one.ndim > 1 and id(one) not in held]
        if not others:
            return []
        if not all(one.requires_grad for one in others):
            raise LucioleError("this score needs gradients of all weights, got frozen ones; set requires_grad")
        logits = self.forward[1]
        used = self.keep("factors", lambda: graph.factors(logits))
        return [one for one in others if id(one) in used]

    @property
    def weights(self) -> list[Tensor]:
        """Weights of convolutions and linear layers, each once, in the order of the modules; then the loose ones."""
        found = [module.weight for module in self.network.modules() if isinstance(module, WEIGHTED)]
        if not all(weight.requires_grad for weight in found):
            raise LucioleError("this score needs gradients of all weights, got frozen ones; set requires_grad")
        found += self.loose
        if not found:
            raise LucioleError("this score reads the weights of convolutions and linear layers, found none")
        return list({id(weight): weight for weight in found}.values())

    @property
    def codes(self) -> list[Tensor]:
        """Codes of the units of piecewise-linear activations, bool (B, units): on which side of its kink each is.

        Only activations that the output depends on count, as in the code of NASWOT; see
        :func:`luciole.scores.graph.codes`.
        """
        logits = self.forward[1]
        return self.keep("codes", lambda: graph.codes(logits, len(self.batch)))

    @property
    def loss(self) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients of the cross-entropy by each of :attr:`weights` and by each output of :attr:`weighted`."""
        weights, outputs = self.weights, [layer.output for layer in self.weighted]
        logits = self.forward[1]

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
        """Feature maps (B, C, ...) after the stem and after each block, in order; only maps of more than one place.

        Those of the modules that the caller named; of this library's cells, the stem and the children of the body; of
        any other network, what all its data flows through (:func:`luciole.scores.graph.between`).
        """
        if self._named is not None:
            names = list(self._named)
        elif isinstance(self.network, nb201.Network | har1d.Network):
            names = ["stem", *(f"body.{name}" for name, _ in self.network.body.named_children())]
        else:
            return self.keep("maps", self._between)
        outputs = {layer.name: layer.output for layer in self.layers}
        if self._named is not None and (missing := [name for name in names if name not in outputs]):
            raise LucioleError(f"expected blocks among the modules that are called, got {missing[0]!r}")
        return [outputs[name] for name in names if graph.is_map(outputs.get(name))]

    def modular(self, name: str) -> None:
        """Raise LucioleError where a piecewise-linear activation is computed that is no module's output.

        A score over modules would give another number to the same network written with functions.
        """
        called = {layer.output.grad_fn for layer in self.layers if isinstance(layer.output, Tensor)}
        logits = self.forward[1]
        bends = self.keep("bends", lambda: graph.kinks(graph.ancestors(logits)))
        if outside := [node for node in bends if node not in called]:
            raise LucioleError(
                f"{name} reads modules, and {len(outside)} of {len(bends)} activations of this network "
                f"({graph.kind(outside[0])}) are no module's output; write them as modules"
            )

    def _between(self) -> list[Tensor]:
        if any(isinstance(module, torch.jit.ScriptModule) for module in self.network.modules()):
            raise LucioleError("feature maps within scripted code are not seen; name the blocks: blocks=[…]")
        x = self._leaf()
        with torch.enable_grad(), graph.Outputs(len(x)) as seen:
            logits = forward(self.network, x, self.seed)
        return graph.between(x, logits, seen.held)


def gradients(
    output: Tensor, inputs: list[Tensor], create_graph: bool = False, keep_graph: bool = True
) -> list[Tensor]:
    """Gradients of a scalar by ``inputs``, zeros for what it does not depend on."""
    asked = [tensor for tensor in inputs if tensor.requires_grad]
    if not output.requires_grad or not asked:
        return [torch.zeros_like(tensor) for tensor in inputs]
    found = iter(
        torch.autograd.grad(output, asked, retain_graph=keep_graph, create_graph=create_graph, materialize_grads=True)
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
