"""What a network costs on a Cortex-M before anybody compiled it: a table of operators, measured once.

As ProxylessNAS (Cai et al., 2019) foretells a phone's latency: each kind of layer has its instructions for a call, for
an output that it writes and for a multiply-accumulate, fitted to emulated networks of the sensor space, and a network
costs what its layers cost. Static memory is exact: the plan gives tensors their places. Limits for a search::

    limits = Limits(flash=64_000, ram=16_000, instructions=1_000_000)
    cost = foretell(plan, "m4f")
    limits.broken(cost)                       # () where it fits, else what is too much and by how much

The experiment devices/cortex_m fits the table and measures its error on designs that it did not see.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from luciole.devices.operators import BYTES, STATISTICS, TABLE
from luciole.devices.plan import Convolution, Described, Mean, Plan, Pool, arena, writes
from luciole.errors import LucioleError

TERMS = (  # what a layer's instructions grow with
    "call", "border",
    "full: products", "full: outputs", "full: samples",
    "dense: products", "dense: outputs",
    "depthwise: products", "depthwise: outputs",
    "pooled", "added", "rectified", "written", "mean",
)  # fmt: skip
CODE = ("program", "call", "kernel", "kernel: full", "kernel: depthwise", "kernel: pooling")  # what code grows with
BESIDE = 8  # bytes of static memory beside tensors: where the stream stands


@dataclass(frozen=True)
class Cost:
    """What a network takes: bytes, and instructions of one answer with the window's statistics."""

    flash: float
    ram: int
    instructions: float


@dataclass(frozen=True)
class Limits:
    """The most that a network may take; None: whatever it needs."""

    flash: float | None = None
    ram: float | None = None
    instructions: float | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not value > 0:
                raise LucioleError(f"expected a limit of {one.name} above 0, got {value}")

    def broken(self, cost: Cost) -> tuple[str, ...]:
        """Each limit that a network breaks, in words; () where it fits.

        >>> Limits(flash=24_000).broken(Cost(flash=30_000, ram=8_000, instructions=1e6))
        ('flash: 30,000 of 24,000',)
        """
        told = []
        for one in fields(self):
            most, takes = getattr(self, one.name), getattr(cost, one.name)
            if most is not None and takes > most:
                told.append(f"{one.name}: {takes:,.0f} of {most:,.0f}")
        return tuple(told)


def terms(plan: Plan) -> NDArray[np.float64]:
    """How much of each of :data:`TERMS` the layers of a plan have, the window's statistics left out: (terms,)."""
    found = dict.fromkeys(TERMS, 0.0)
    for layer in plan.layers:
        if isinstance(layer, Described):
            continue
        outputs = sum(tensor.time * tensor.channels for tensor in writes(layer))
        size = max(tensor.time * tensor.channels for tensor in writes(layer))
        found["call"] += 1
        found["border"] += sum(tensor.border > 0 for tensor in writes(layer))
        found["added"] += len(layer.residuals) * size
        found["written"] += outputs
        found["rectified"] += size if layer.rectified is not None else 0
        if isinstance(layer, Convolution):
            kind = "dense" if layer.dense else "depthwise" if layer.depthwise else "full"
            found[f"{kind}: products"] += layer.macs
            found[f"{kind}: outputs"] += layer.time * layer.outputs
            if kind == "full":
                found["full: samples"] += layer.time * (layer.taps if layer.dilation > 1 else 1)
        elif isinstance(layer, Pool):
            found["pooled"] += size
        elif isinstance(layer, Mean):
            found["mean"] += layer.source.time * layer.source.channels
    return np.array(list(found.values()))


def code(plan: Plan) -> NDArray[np.float64]:
    """How much of each of :data:`CODE` a plan has: (terms,)."""
    kernels: dict[object, str] = {}
    for layer in plan.layers:
        ends = len(layer.residuals), layer.raw is None, layer.rectified is None
        if isinstance(layer, Convolution):
            kind = "kernel: depthwise" if layer.depthwise else "kernel: full"
            kernels[(layer.weight.shape, layer.stride, layer.dilation, ends)] = kind
        elif isinstance(layer, Pool):
            kernels[(layer.kind, layer.source.channels, ends)] = "kernel: pooling"
    counts = [sum(kind == name for kind in kernels.values()) for name in CODE[3:]]
    return np.array([1.0, len(plan.layers), len(kernels), *counts])


def weight_bytes(plan: Plan) -> int:
    """Bytes of the constants in 32 bits: weights, biases, the window's and the last normalisation."""
    total = 4 * plan.parameters + 8 * plan.channels
    return total + sum(
        8 * len(layer.normalised.factor) for layer in plan.layers if isinstance(layer, Mean) and layer.normalised
    )


def ram(plan: Plan) -> int:
    """Bytes of static memory in 32 bits: window, shared memory, scores."""
    _, shared = arena(plan.layers, (plan.window, plan.scores), lambda tensor: 4 * tensor.elements)
    return 4 * plan.window.elements + shared + 4 * plan.scores.channels + BESIDE


def described(plan: Plan) -> int:
    """Channels times samples of a window whose statistics are computed; 0 where they are not."""
    return plan.channels * plan.length if any(isinstance(layer, Described) for layer in plan.layers) else 0


def foretell(plan: Plan, core: str = "m4f") -> Cost:
    """The cost of a plan in 32-bit floats on a core of :data:`luciole.devices.cortex_m.CORES`; flash is the M4F's.

    Raises LucioleError for a core that was not measured.
    """
    if core not in TABLE:
        measured = ", ".join(TABLE) or "none yet: luciole run devices/cortex_m, then luciole.experiments.devices.table"
        raise LucioleError(f"expected a core that was measured ({measured}), got {core!r}")
    instructions = float(terms(plan) @ [TABLE[core][name] for name in TERMS]) + STATISTICS[core] * described(plan)
    return Cost(weight_bytes(plan) + float(code(plan) @ [BYTES[name] for name in CODE]), ram(plan), instructions)
