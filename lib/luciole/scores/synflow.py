"""SynFlow: the flow through a network made linear and positive, without any data.

Every weight is replaced by its absolute value and batch normalisation by the identity; the input is all ones.
The sum R of the outputs is then positive, and w dR/dw is the flow through weight w. Computed in float64; where
even that overflows, the input and the output are scaled down (the flow is linear in both), so that the logarithm
stays finite up to a flow of about 1e450.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.instancenorm import _InstanceNorm

from luciole.errors import LucioleError
from luciole.scores.passes import Passes, gradients
from luciole.scores.score import score
from luciole.scores.watched import replaceable, run

_CENTRING = (nn.LayerNorm, nn.GroupNorm, _InstanceNorm)
_SCALES = (1.0, 1e-150)


def _flow(seen: Passes, scale: float) -> tuple[list[Tensor], list[Tensor]]:
    """Return (|w|, scale^2 dR/d|w|) of every convolution and linear layer."""
    network = seen.network
    replaceable(network, "SynFlow")
    weights = {name: weight.detach().double().abs().requires_grad_() for name, weight in network.named_parameters()}
    buffers = {
        name: buffer.double() if buffer.is_floating_point() else buffer for name, buffer in network.named_buffers()
    }
    ones = torch.full_like(seen.batch[:1], scale, dtype=torch.float64)
    with torch.enable_grad():
        logits, _ = run(network, ones, seen.seed, {**weights, **buffers}, training=False, linear=True)
        total = logits.sum() * scale
    used = {id(weight) for weight in seen.weights}
    found = [weights[name] for name, weight in network.named_parameters() if id(weight) in used]
    return found, gradients(total, found)


def _total(weights: list[Tensor], flows: list[Tensor]) -> float:
    return sum(float((weight.detach() * flow).sum()) for weight, flow in zip(weights, flows, strict=True))


def _scaled_flow(seen: Passes) -> tuple[list[Tensor], list[Tensor], float]:
    """Return the flow at the first scale at which it is finite, and that scale."""

    def compute() -> tuple[list[Tensor], list[Tensor], float]:
        for scale in _SCALES:
            weights, flows = _flow(seen, scale)
            total = _total(weights, flows)
            if total <= 0 and any(isinstance(module, _CENTRING) for module in seen.network.modules()):
                raise LucioleError("nothing of SynFlow's input, all ones, passes the layer or group normalisation here")
            if math.isfinite(total):
                return weights, flows, scale
        raise LucioleError("SynFlow overflows float64 even after scaling; score a shallower network")

    return seen.keep("flow", compute)


@score(data=False, gradients=True, source="Tanaka et al., NeurIPS 2020; summed by Abdelfattah et al., ICLR 2021")
def synflow(seen: Passes) -> float:
    """Natural logarithm of SynFlow, log sum_w |w| dR/d|w|: the same ranking as the sum, without its overflow.

    Minus infinity when nothing flows. The data is not read, only its shape.
    """
    weights, flows, scale = _scaled_flow(seen)
    total = _total(weights, flows)
    return math.log(total) - 2 * math.log(scale) if total > 0 else -math.inf


@score(data=False, gradients=True, source="Cavagnero et al., WACV 2023 (FreeREA), LogSynFlow")
def logsynflow(seen: Passes) -> float:
    """LogSynFlow: sum_w |w| log(1 + dR/d|w|), the logarithm taken weight by weight."""
    weights, flows, scale = _scaled_flow(seen)
    if scale == 1:
        logs = [torch.log1p(flow) for flow in flows]
    else:  # 1 is nothing beside flows that had to be scaled; dead weights keep log(1 + 0) = 0
        logs = [torch.where(flow > 0, flow.log() - 2 * math.log(scale), 0).clamp_min(0) for flow in flows]
    return sum(float((weight.detach() * log).sum()) for weight, log in zip(weights, logs, strict=True))
