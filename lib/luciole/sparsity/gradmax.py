"""GradMax: new units that change nothing now, and get the largest gradient that units could.

Incoming weights are 0, outgoing ones the leading left singular vectors of E[dL/dz h^T], z what the reading layer
computes and h what the growing layer reads: of all outgoing weights of that norm they make the gradient of the incoming
ones largest. PyTorch's ReLU has no slope at 0, so new units get a small positive bias, and the reader's bias takes back
what they answer: the function stays.
Source: Evci, van Merriënboer, Unterthiner, Vladymyrov and Pedregosa, ICLR 2022.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.units import between, insert, reader, seen

LIFT = 1e-3  # the bias of new units


def signal(network: nn.Module, name: str, x: Tensor, y: Tensor) -> Tensor:
    """E[dL/dz h^T], (outputs of the reader, inputs of the growing layer), on examples ``x``, ``y``."""
    following = reader(network, name)
    answers, read, computed = seen(network, [name, following], x)
    slope = torch.autograd.grad(functional.cross_entropy(answers, y), computed[following])[0]
    return slope.T @ read[name].detach()


@torch.no_grad()
def grow(network: nn.Module, name: str, count: int, x: Tensor, y: Tensor, scale: float = 0.5) -> nn.Sequential:
    """Add ``count`` units; the norm of their outgoing weights is ``scale`` times the mean norm of those there.

    Raises LucioleError for more units than the signal has directions.
    """
    with torch.enable_grad():
        found = signal(network, name, x, y)
    if not 0 < count <= min(found.shape):
        raise LucioleError(f"expected 1 to {min(found.shape)} new units, as the gradient has directions, got {count}")
    left = torch.linalg.svd(found, full_matrices=False).U[:, :count]
    after = chain.layer(network, reader(network, name)).weight
    outgoing = left * (scale * after.norm(dim=0).mean())
    inputs = chain.layer(network, name).weight.shape[1]
    bias = after.new_full((count,), LIFT)
    bigger = insert(network, name, after.new_zeros(count, inputs), bias, outgoing)
    following = chain.layer(bigger, reader(bigger, name))
    taken = outgoing @ between(network, name)(bias)
    following.bias = nn.Parameter(-taken if following.bias is None else following.bias - taken)
    return bigger
