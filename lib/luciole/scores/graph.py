"""What a network computes, read off the graph that autograd keeps of a forward pass: nobody asks who wrote it.

``nn.ReLU()``, ``F.relu(x)``, ``x.relu()`` and ``x.clamp(min=0)`` are nodes of that graph, in scripted code too, and
each holds what it saw. Nothing is traced beside, so nothing is paid for it::

    >>> x = torch.randn(5, 4, requires_grad=True)
    >>> [tuple(code.shape) for code in codes(torch.relu(x @ torch.randn(4, 8)).clamp(max=1), 5)]
    [(5, 8), (5, 8)]

An activation counts when the output depends on it. Of a piecewise-linear one the code says on which side of its (lower)
kink each unit is; a smooth one has no sides, and is refused by name where there is no other.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode

from luciole.errors import LucioleError

Node = Any  # of autograd's graph; its attributes depend on what it computes


def _above(node: Node) -> Tensor:
    """Of a clamp: above its lower bound, or above the only one there is."""
    kink = node._saved_max if node._saved_min is None else node._saved_min
    return node._saved_self > kink


def _positive(node: Node) -> Tensor:
    return (node._saved_self if hasattr(node, "_saved_self") else node._saved_result) > 0


_KINKS: dict[str, Callable[[Node], Tensor]] = {
    "Relu": lambda node: node._saved_result > 0,
    **dict.fromkeys(("LeakyRelu", "PreluKernel", "RreluWithNoise", "Abs"), _positive),
    "Clamp": _above,
    "ClampMin": lambda node: node._saved_self > node._saved_min,
    "ClampMax": lambda node: node._saved_self > node._saved_max,
    "Hardtanh": lambda node: node._saved_self > node._saved_min_val,
    "Hardsigmoid": lambda node: node._saved_self > -3,
    "Threshold": lambda node: node._saved_self > node._saved_threshold,
    **dict.fromkeys(("Hardshrink", "Softshrink"), lambda node: node._saved_self > node._saved_lambd),
    **dict.fromkeys(("Maximum", "Minimum"), lambda node: node._saved_self > node._saved_other),
    "Where": lambda node: node._saved_condition,
}
_SMOOTH = (
    *("Sigmoid", "Tanh", "Gelu", "Silu", "Elu", "Celu", "Mish", "Softplus", "Hardswish", "LogSigmoid", "Softmax"),
    *("LogSoftmax", "MkldnnRnnLayer", "ThnnFusedLstmCell", "ThnnFusedGruCell", "CudnnRnn"),
    *("ScaledDotProductFlashAttentionForCpu", "Erf", "Sin", "Exp", "Log"),
)
_PRODUCTS = (
    "Convolution",
    "CudnnConvolution",
    "Addmm",
    "Mm",
    "Bmm",
    "Baddbmm",
    "Addmv",
    "Mv",
    "MkldnnRnnLayer",
    "CudnnRnn",
)
_RESHAPES = (  # what may stand between a weight and the product that it enters
    *("T", "Transpose", "Permute", "View", "ReshapeAlias", "UnsafeView", "Expand", "Slice", "Select", "Split", "Clone"),
    *("SplitWithSizes", "Unsqueeze", "Squeeze", "Alias", "ToCopy", "Unbind", "Narrow"),
)


def kind(node: Node) -> str:
    """What a node computes: ``"Relu"`` for ``ReluBackward0``."""
    return _kind(node.name())


@cache
def _kind(name: str) -> str:
    return re.sub(r"Backward\d*$", "", name)


def ancestors(output: Tensor) -> list[Node]:
    """Nodes that ``output`` was computed from, in the order in which they were computed."""
    todo, seen = [output.grad_fn], set()
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            todo += [parent for parent, _ in node.next_functions]
    return sorted(seen, key=lambda node: node._sequence_nr())


def kinks(nodes: Iterable[Node]) -> list[Node]:
    """Those nodes that are piecewise-linear activations."""
    return [node for node in nodes if kind(node) in _KINKS]


def codes(output: Tensor, samples: int) -> list[Tensor]:
    """Codes of the units that ``output`` depends on, bool (samples, units), an array an activation, in order.

    Raises LucioleError, naming what it found, where no activation is piecewise linear, where one does not have the
    samples on its first axis, was overwritten in place, or hides in a ``torch.autograd.Function``.
    """
    nodes = ancestors(output)
    if hidden := [kind(node) for node in nodes if isinstance(node, BackwardCFunction)]:
        raise LucioleError(
            f"this score reads what activations saw, which {hidden[0]} hides, an autograd Function of its own; "
            "write it with torch's functions"
        )
    found = []
    for node in kinks(nodes):
        try:
            code = _KINKS[kind(node)](node)
        except RuntimeError as error:  # autograd's own check of versions
            raise LucioleError(
                f"this score reads what {kind(node)} saw, which was overwritten in place later"
            ) from error
        if kind(node) == "Where" and (not code.ndim or len(code) != samples):
            continue  # a mask, the same for all samples, bends nothing
        if not code.ndim or len(code) != samples:
            raise LucioleError(
                f"expected {samples} samples on the first axis of every activation, got {kind(node)} of shape "
                f"{tuple(code.shape)}; write the network batch first"
            )
        found.append(code.flatten(1))
    if not found:
        smooth = sorted({kind(node) for node in nodes} & set(_SMOOTH))
        raise LucioleError(
            "this score reads on which side of its kink each unit is, and the output depends on no activation that "
            f"has one (ReLU, LeakyReLU, clamp …), {'only on ' + ', '.join(smooth) if smooth else 'nor on any other'}"
        )
    return found


def factors(output: Tensor) -> set[int]:
    """The ids of leaves with two or more axes that enter a convolution, a matrix product or a recurrent layer."""
    found, seen = set(), set()
    todo = [parent for node in ancestors(output) if kind(node) in _PRODUCTS for parent, _ in node.next_functions]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found |= {id(node.variable)} if node.variable.ndim > 1 else set()
        elif kind(node) in _RESHAPES:
            todo += [parent for parent, _ in node.next_functions]
    return found


class Outputs(TorchFunctionMode):
    """Inside ``with``: remembers what each call of a torch function gave, by its node in the graph."""

    def __init__(self, samples: int):
        super().__init__()
        self.samples = samples
        self.held: dict[Node, tuple[Tensor, int]] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor) and out.ndim and len(out) == self.samples and out.grad_fn is not None:
            self.held[out.grad_fn] = out, out._version
        return out


class Last(TorchFunctionMode):
    """Inside ``with``: keeps the last map (samples, C, places …) that a kernel went into, and lets go of those before.

    ``features`` is that map, the ``place``-th of more than one place; given ``place``, as in a second pass without a
    graph, it is the map at that place. ``entered`` is what last entered a linear layer.
    """

    def __init__(self, samples: int, place: int | None = None):
        super().__init__()
        self.samples = samples
        self.asked = place
        self.place: int | None = None
        self.features: Tensor | None = None
        self.entered: Tensor | None = None
        self._maps = 0
        self._known: tuple[set[Node], set[Node]] = set(), set()  # nodes without and with a kernel

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func is torch.nn.functional.linear:
            self.entered = args[0]
        if isinstance(out, Tensor) and is_map(out) and len(out) == self.samples and out.is_floating_point():
            if self._maps == self.asked or (self.asked is None and self._weighed(out.grad_fn)):
                self.place, self.features = self._maps, out
            self._maps += 1
        return out

    def _weighed(self, node: Node) -> bool:
        """Whether a convolution or a matrix product is among ``node`` and what it was computed from."""
        light, heavy = self._known
        passed, todo = set(), [node]
        while todo:
            one = todo.pop()
            if one is None or one in light or one in passed:
                continue
            if one in heavy or kind(one) in _PRODUCTS:
                heavy.add(node)
                return True
            passed.add(one)
            todo += [parent for parent, _ in one.next_functions]
        light |= passed
        return False


def is_map(features: Any) -> bool:
    """Whether these are (B, C, places …) of more than one place."""
    return isinstance(features, Tensor) and features.ndim > 2 and features.shape[2:].numel() > 1


def between(x: Tensor, output: Tensor, held: dict[Node, tuple[Tensor, int]]) -> list[Tensor]:
    """Feature maps between the blocks of a network, in order, from the pass that took the leaf ``x`` to ``output``.

    A block ends where everything that flows from the input to the output passes through one tensor. Of several such
    tensors with no convolution between them, the last with more than one place stands for all. ``held`` are the
    tensors by node (:class:`Outputs`).
    """
    way: dict[Node, int] = {}
    furthest: list[int] = []  # the last node that reads each, by place on the way
    for node in ancestors(output):
        if hasattr(node, "variable"):
            continue
        parents = [parent for parent, _ in node.next_functions if parent is not None]
        before = [way[parent] for parent in parents if parent in way]
        if not before and not any(getattr(parent, "variable", None) is x for parent in parents):
            continue
        way[node] = len(furthest)
        furthest.append(way[node])
        for place in before:
            furthest[place] = way[node]
        if any(getattr(parent, "variable", None) is x for parent in parents):
            entered = way[node]  # the last that reads the input itself
    found: dict[int, tuple[Node, Tensor, int]] = {}
    depth, reach, axes = 0, entered if way else 0, 0
    for node, place in way.items():
        if kind(node) in _PRODUCTS:
            depth, axes = depth + 1, node._saved_input.ndim if kind(node).endswith("Convolution") else 0
        if reach <= place and node in held:
            features, version = held[node]
            if is_map(features) and features.ndim == axes:
                found[depth] = node, features, version
        reach = max(reach, furthest[place])
    for node, features, version in found.values():
        if features._version != version:
            raise LucioleError(
                f"the feature map after {kind(node)} is overwritten in place later; name the blocks: blocks=[…]"
            )
    return [features for _, features, _ in found.values()]
