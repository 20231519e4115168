"""What a weight is worth: magnitude, SNIP, GraSP, SynFlow; each gives a tensor for every weight, more is better.

:mod:`luciole.scores` sums the same quantities over a network to rank networks; here they rank weights, for any module,
and are not summed. Where a network is given masks, absent weights are zero in it and worth nothing.
"""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from luciole.errors import LucioleError
from luciole.sparsity.masks import Masks, prunable, remaining, strongest

Importance = dict[str, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


def magnitude(network: nn.Module) -> Importance:
    """Absolute values.

    >>> magnitude(nn.Linear(1, 1, bias=False))["weight"].shape
    torch.Size([1, 1])
    """
    return {name: weight.detach().abs() for name, weight in prunable(network).items()}


def _gradients(network: nn.Module, loss: Tensor, graph: bool = False) -> list[Tensor]:
    found = torch.autograd.grad(loss, list(prunable(network).values()), create_graph=graph)
    return list(found)


def snip(network: nn.Module, x: Tensor, y: Tensor) -> Importance:
    """SNIP: |w dL/dw| over their sum, what taking each weight out would change of the loss, to first order.

    Source: Lee, Ajanthan and Torr, ICLR 2019, eq. 5 and 6.
    """
    weights = prunable(network)
    gradients = _gradients(network, functional.cross_entropy(network(x), y))
    found = {
        name: (weight.detach() * gradient).abs()
        for (name, weight), gradient in zip(weights.items(), gradients, strict=True)
    }
    total = sum(float(value.sum()) for value in found.values())
    if not total > 0:
        raise LucioleError("no gradient reaches the weights; SNIP cannot tell them apart")
    return {name: value / total for name, value in found.items()}


def grasp(network: nn.Module, x: Tensor, y: Tensor, temperature: float = 200.0) -> Importance:
    """GraSP: w (H g), with g the gradient and H the Hessian of the loss; to keep are the largest.

    The published score is -w (H g), of which the largest go: their removal lessens the flow of the gradient least.
    Logits are divided by ``temperature``. Source: Wang, Zhang and Grosse, ICLR 2020, eq. 8.
    """
    weights = prunable(network)
    first = _gradients(network, functional.cross_entropy(network(x) / temperature, y), graph=True)
    product = torch.stack([(gradient * gradient.detach()).sum() for gradient in first]).sum()
    second = _gradients(network, product)
    return {name: weight.detach() * hg for (name, weight), hg in zip(weights.items(), second, strict=True)}


def synflow(network: nn.Module, example: Tensor) -> Importance:
    """SynFlow: |w dR/dw|, R the sum of the answers to an input of ones when every weight is replaced by its modulus.

    Needs no data, only the shape of ``example``. Batch normalisation is passed over; in float64, as flows are large.
    Without biases the sum is the same for every layer. Source: Tanaka, Kunin, Yamins and Ganguli, NeurIPS 2020.
    """
    flowing = copy.deepcopy(network).double().eval()
    for name, module in list(flowing.named_modules()):
        if isinstance(module, _BatchNorm) and name:
            parent, _, own = name.rpartition(".")
            setattr(flowing.get_submodule(parent), own, nn.Identity())
    weights = {name: weight.detach().abs().requires_grad_() for name, weight in prunable(flowing).items()}
    held = {name: torch.zeros_like(value) for name, value in flowing.named_parameters()} | weights  # no biases
    total = functional_call(flowing, held, (torch.ones_like(example[:1], dtype=torch.float64),)).sum()
    gradients = torch.autograd.grad(total, list(weights.values()))
    return {
        name: (weight.detach() * gradient).abs()
        for (name, weight), gradient in zip(weights.items(), gradients, strict=True)
    }


def synflow_masks(network: nn.Module, example: Tensor, sparsity: float, rounds: int = 100) -> Masks:
    """Prune by SynFlow in ``rounds``, each keeping the same share of what is left: no layer is emptied before the last.

    ``network`` is not changed. Raises LucioleError for a sparsity that leaves a layer empty.
    """
    working = copy.deepcopy(network)
    total = sum(weight.numel() for weight in prunable(network).values())
    kept = remaining(total, sparsity, len(prunable(network)))
    for number in range(1, rounds + 1):
        masks = strongest(synflow(working, example), max(kept, round(total * (kept / total) ** (number / rounds))))
        masks.apply(working)
    return masks
