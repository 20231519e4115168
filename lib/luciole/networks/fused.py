"""Forward and backward passes of a stack of networks by compiled code, one network after another.

Started one by one for all networks, the operations of a step read and write all their features in memory, dozens of
times. Here everything that one network needs stays in the processor's cache: :mod:`luciole.networks.stack` says what
is computed, ``stacked.cpp`` beside this file does it. One thread; several processes train several stacks.
"""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.compiled import library
from luciole.networks.stacked_cell import Norms

if TYPE_CHECKING:
    from luciole.networks.stack import Stack

_FOLDER = Path(__file__).parent
# Of the sources: they decide the numbers, so that this module's fingerprint has to change with them.
_SHA256 = "06a344bb518a95cf97b55f4ace491ac8ade621d5952a852ccb3cb656eae5feeb"


class Job(ctypes.Structure):
    """What the compiled code is told: the struct of the same name in ``layers.h``."""

    _fields_ = [
        (name, kind)
        for kind, names in (
            (ctypes.c_int64, ("networks", "batch", "inputs", "length", "width", "stages", "cells", "classes")),
            (ctypes.c_int64, ("training", "repeated", "keep")),
            (ctypes.c_void_p, ("operations", "places", "members", "tensors", "gradients")),
            (ctypes.c_void_p, ("x", "memory", "logits", "by_logits", "by_x")),
        )
        for name in names
    ]


def code() -> ctypes.CDLL | None:
    """The compiled passes; None where there is no compiler."""
    found = library(_FOLDER / "stacked.cpp", _FOLDER / "layers.h", _FOLDER / "rows.h", sha256=_SHA256)
    if found is not None:
        found.luciole_bytes.restype = ctypes.c_int64
    return found


class Passes:
    """The compiled passes of one stack: where the layers of each network are, and memory from step to step."""

    def __init__(self, stack: "Stack", operations: NDArray[np.int64]):
        """operations: (K, 6), edges that lead nowhere being ``none``."""
        self.pairs = [tuple(pair) for pair in stack.modules() if isinstance(pair, nn.Sequential)]
        self.norms = [cast(Norms, pair[1]) for pair in self.pairs] + [stack.last]
        sites = ["stem.1"]
        for block, module in enumerate(stack.body):
            if isinstance(module, nn.Sequential):
                sites.append(f"body.{block}.2")
            else:
                sites += [f"body.{block}.edges.{number}.2" for number in range(6)]
        sites += ["last.0", "classifier"]
        number = {name: site for site, name in enumerate(sites)}
        networks = len(operations)
        self.places = np.full((networks, len(sites), 2), -1, dtype=np.int32)
        for group, norms in enumerate(self.norms):
            for at, (k, name) in enumerate(norms.places):
                self.places[k, number[name]] = group, at
        self.places[:, -1, 0], self.places[:, -1, 1] = len(self.norms), np.arange(networks)
        self.operations = operations.astype(np.int32)
        self.members = np.array([*(len(norms.places) for norms in self.norms), networks])
        self.memory = torch.empty(0, dtype=torch.uint8)
        self.filled = 0  # counts the passes that wrote to the memory

    def job(self, stack: "Stack", x: Tensor, training: bool, keep: bool) -> Job:
        """What is the same for both passes; ``keep`` says to leave each network its memory for a backward pass."""
        fitting = stack.skeleton
        return Job(
            networks=len(self.operations), batch=len(x), inputs=fitting.inputs, length=x.shape[2],
            width=fitting.width, stages=fitting.stages, cells=fitting.cells, classes=fitting.classes,
            training=training, keep=keep, operations=self.operations.ctypes.data, places=self.places.ctypes.data,
            members=self.members.ctypes.data, x=x.data_ptr(),
        )  # fmt: skip

    def parameters(self, stack: "Stack") -> list[Tensor]:
        """Weight, scale and shift of each group; scale and shift of the last normalisation; the classifier's two."""
        found = [cast(Tensor, p) for pair in self.pairs for p in (pair[0].weight, pair[1].weight, pair[1].bias)]
        return [*found, stack.last.weight, stack.last.bias, stack.weight, stack.bias]


class _Function(torch.autograd.Function):
    """All networks of a stack as one function of the windows and the parameters."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, stack: "Stack", passes: Passes, *parameters: Tensor) -> Tensor:
        ctx.stack, ctx.passes, ctx.training, ctx.keep = stack, passes, stack.training, any(ctx.needs_input_grad)
        ctx.save_for_backward(x, *parameters)
        logits = _forward(ctx, x, parameters)
        ctx.filled = passes.filled
        return logits

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, by_logits: Tensor) -> tuple[Tensor | None, ...]:
        x, *parameters = ctx.saved_tensors
        passes: Passes = ctx.passes
        if passes.filled != ctx.filled:  # another forward pass came between
            _forward(ctx, x, parameters, repeated=True)
        job = passes.job(ctx.stack, x, ctx.training, keep=True)
        sizes = [p.numel() for p in parameters]
        pieces = x.new_empty(sum(sizes)).split(sizes)
        by_parameter = tuple(piece.view_as(p) for piece, p in zip(pieces, parameters, strict=True))
        tensors, gradients = _pointers(passes, parameters, 5), _pointers(passes, by_parameter, 3)
        by_logits = by_logits.contiguous()
        job.tensors, job.gradients = tensors.ctypes.data, gradients.ctypes.data
        job.memory, job.by_logits = passes.memory.data_ptr(), by_logits.data_ptr()
        by_x = torch.zeros_like(x) if ctx.needs_input_grad[0] else None
        job.by_x = None if by_x is None else by_x.data_ptr()
        _call("luciole_backward", job, x)
        return by_x, None, None, *by_parameter


def _forward(ctx: Any, x: Tensor, parameters: Sequence[Tensor], repeated: bool = False) -> Tensor:
    """Run the forward pass; ``repeated`` leaves the running statistics alone."""
    passes: Passes = ctx.passes
    job = passes.job(ctx.stack, x, ctx.training, ctx.keep)
    job.repeated = repeated
    needed = _call("luciole_bytes", job, x)
    if len(passes.memory) < needed:
        passes.memory = torch.empty(needed, dtype=torch.uint8)
    passes.filled += 1
    logits = x.new_empty(len(passes.operations), len(x), ctx.stack.skeleton.classes)
    tensors = _pointers(passes, parameters, 5)
    job.tensors, job.memory, job.logits = tensors.ctypes.data, passes.memory.data_ptr(), logits.data_ptr()
    _call("luciole_forward", job, x)
    return logits


def _pointers(passes: Passes, tensors: Sequence[Tensor], columns: int) -> NDArray[np.uintp]:
    """Addresses of weight, scale and shift of each group; with five columns also of its running statistics."""
    table = np.zeros((len(passes.norms) + 1, columns), dtype=np.uintp)
    places = [tensor.data_ptr() for tensor in tensors]
    table[:-2, :3] = np.array(places[:-4], dtype=np.uintp).reshape(-1, 3)
    table[-2, 1:3], table[-1, :2] = places[-4:-2], places[-2:]
    if columns == 5:
        for group, norms in enumerate(passes.norms):
            table[group, 3:] = norms.running_mean.data_ptr(), norms.running_var.data_ptr()
    return table


def _call(name: str, job: Job, x: Tensor) -> Any:
    return getattr(code(), name)(ctypes.byref(job), ctypes.c_int64(x.element_size()))


def fits(stack: "Stack", x: Tensor) -> bool:
    """Whether the compiled passes can take ``x`` (B, inputs, L): on the processor, of the weights' precision."""
    fitting = stack.skeleton
    return (
        x.device.type == stack.weight.device.type == "cpu"
        and x.dtype == stack.weight.dtype
        and x.dtype in (torch.float32, torch.float64)
        and x.ndim == 3
        and x.shape[0] > 0
        and x.shape[1] == fitting.inputs
        and x.shape[2] >> (fitting.stages - 1) > 0
    )


def logits(stack: "Stack", passes: Passes, x: Tensor) -> Tensor:
    """Logits (K, B, classes) of all networks for ``x`` (B, inputs, L)."""
    return cast(Tensor, _Function.apply(x.contiguous(), stack, passes, *passes.parameters(stack)))
