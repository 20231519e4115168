"""Splitting steepest descent: split a unit into two, where no small change of it lowers the loss any more.

The splitting matrix of a unit is S = sum over examples of dL/dh act''(z) x x^T, h its answer, z what reaches it, x what
it reads (a 1 for the bias among it). Two copies theta +- epsilon v of half the outgoing weight change the loss by
epsilon^2 / 2 times v^T S v: its lowest eigenvalue says what a split gains, its eigenvector says how.
Source: Wu, Wang and Liu, NeurIPS 2019. For ReLU the second derivative of a softplus of sharpness 3 stands in, as in
the authors' code.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.units import insert, reader, seen

SHARPNESS = 3.0


@dataclass(frozen=True)
class Split:
    """What splitting each unit of a layer gains: lowest eigenvalues (units,), eigenvectors (units, inputs + 1)."""

    values: Tensor
    directions: Tensor


def _second(activation: nn.Module, z: Tensor) -> Tensor:
    if isinstance(activation, nn.Softplus):
        sharpness = float(activation.beta)
    elif isinstance(activation, nn.ReLU):
        sharpness = SHARPNESS
    else:
        raise LucioleError(f"expected a layer followed by ReLU or Softplus, got {type(activation).__name__}")
    gate = torch.sigmoid(sharpness * z)
    return sharpness * gate * (1 - gate)


def splits(network: nn.Module, name: str, x: Tensor, y: Tensor) -> Split:
    """Lowest eigenvalue and eigenvector of every unit's splitting matrix, on examples ``x``, ``y``."""
    following = reader(network, name)
    children = [child for child, _ in network.named_children()]
    activation = network.get_submodule(children[children.index(name) + 1])
    answers, read, computed = seen(network, [name, following], x)
    slope = torch.autograd.grad(functional.cross_entropy(answers, y), read[following])[0]
    weight = (slope * _second(activation, computed[name])).detach()  # (B, units)
    inputs = functional.pad(read[name].detach(), (0, 1), value=1.0)  # (B, inputs + 1)
    matrices = torch.einsum("bu,bi,bj->uij", weight, inputs, inputs)
    values, vectors = torch.linalg.eigh(matrices)
    return Split(values[:, 0], vectors[:, :, 0])


@torch.no_grad()
def split(network: nn.Module, name: str, found: Split, units: Tensor, epsilon: float) -> nn.Sequential:
    """Split ``units`` of a layer along their directions by ``epsilon``, outgoing weights halved."""
    layer, after = chain.layer(network, name), chain.layer(network, reader(network, name))
    step = epsilon * found.directions[units]
    bias = layer.bias if layer.bias is not None else layer.weight.new_zeros(len(layer.weight))
    bigger = insert(
        network, name, layer.weight[units] - step[:, :-1], bias[units] - step[:, -1], after.weight[:, units] / 2
    )
    grown = chain.layer(bigger, name)
    grown.weight[units] += step[:, :-1]
    grown.bias[units] += step[:, -1]  # type: ignore[index]  # insert gives every layer a bias
    chain.layer(bigger, reader(network, name)).weight[:, units] /= 2
    return bigger
