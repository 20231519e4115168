"""Firefly neural architecture descent: steepest descent in a neighbourhood of networks that are a little wider.

Candidates are units epsilon_i o_i act(delta_i x) added to a layer, delta_i and o_i of norm 1. First all of them are
there at a small epsilon, and their directions delta and o are trained for a few steps with the network held; then each
is worth s_i = mean of dL/d epsilon_i along the way from 0 to epsilon (integrated gradient, three points), the largest
|s_i| stay with epsilon_i = -epsilon sign s_i, and the others go.
Source: Wu, Liu, Stone and Liu, NeurIPS 2020. Not the firefly algorithm of :mod:`luciole.search`, a swarm that moves
through a space of encoded architectures: here one network moves, by gradients, through the networks next to it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.units import between, insert, reader, seen

POINTS = (1 / 6, 3 / 6, 5 / 6)  # of the way, where the gradient is read


def grow(
    network: nn.Module,
    name: str,
    count: int,
    x: Tensor,
    y: Tensor,
    generator: torch.Generator,
    *,
    candidates: int = 20,
    epsilon: float = 1e-2,
    steps: int = 30,
    rate: float = 1e-2,
) -> nn.Sequential:
    """Add the best ``count`` of so many candidates to layer ``name``, judged on examples ``x``, ``y``.

    The answers move by the order of ``epsilon``. Raises LucioleError when there are fewer candidates than wanted.
    """
    if not 0 < count <= candidates:
        raise LucioleError(f"expected 1 to {candidates} new units, as there are candidates, got {count}")
    following = reader(network, name)
    with torch.no_grad():
        _, read, computed = seen(network, [name, following], x)
    inputs, rest, activation = read[name], computed[following], between(network, name)
    tail = _tail(network, following)
    outputs = rest.shape[1]
    delta = torch.randn(candidates, inputs.shape[1], generator=generator).requires_grad_()
    out = torch.randn(outputs, candidates, generator=generator).requires_grad_()

    def loss(scale: Tensor) -> Tensor:
        new = activation(inputs @ functional.normalize(delta, dim=1).T)
        return functional.cross_entropy(tail(rest + new * scale @ functional.normalize(out, dim=0).T), y)

    optimiser = torch.optim.RMSprop([delta, out], lr=rate)
    small = torch.full((candidates,), epsilon)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(small).backward()
        optimiser.step()
    worth = torch.zeros(candidates)
    for point in POINTS:
        scale = (point * small).requires_grad_()
        worth += torch.autograd.grad(loss(scale), scale)[0] / len(POINTS)
    best = worth.abs().topk(count).indices
    with torch.no_grad():
        signed = -epsilon * worth[best].sign()
        direction = functional.normalize(out[:, best], dim=0)
        incoming = functional.normalize(delta[best], dim=1)
        return insert(network, name, incoming, torch.zeros(count), direction * signed)


def _tail(network: nn.Module, following: str) -> nn.Sequential:
    """What comes behind the reading layer."""
    children = list(network.named_children())
    at = [child for child, _ in children].index(following)
    assert following in chain.layers(network)
    return nn.Sequential(*(module for _, module in children[at + 1 :]))
