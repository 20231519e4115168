"""What kind of minimum a pruned network is in: how class-specific its units are, and how sharp its loss is.

PSP entropy: a unit is on for an example when what reaches its activation (its post-synaptic potential) is above 0. Of a
class with the share p on, the entropy is -p log2 p - (1 - p) log2 (1 - p), shares held to [1e-4, 1 - 1e-4]. A unit that
fires for whole classes only has none, one that ignores classes has most. Sharpness: the largest eigenvalue of the
Hessian of the loss by the weights that are present.
Source: Tartaglione, Bragagnolo and Grangetto, "Pruning artificial neural networks: a way to find well-generalizing,
high-entropy sharp minima", ICANN 2020; entropy of the first order, as its authors released it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity.masks import Masks, prunable

LEAST = 1e-4  # of a share


def entropy(on: Tensor, y: Tensor) -> Tensor:
    """Entropy in bits of each unit, mean over classes: ``on`` (n, units, ...) whether it is on, ``y`` (n,) -> (units,).

    Places of a map count like examples. Raises LucioleError for labels of other examples.

    >>> on = torch.tensor([[True, True], [True, False], [False, True], [False, False]])
    >>> [round(float(one), 2) for one in entropy(on, torch.tensor([0, 0, 1, 1]))]  # one tells the classes, one does not
    [0.0, 1.0]
    """
    if len(on) != len(y):
        raise LucioleError(f"expected a label for each of {len(on)} examples, got {len(y)}")
    rates = on.float().flatten(2).mean(dim=2) if on.ndim > 2 else on.float()  # (n, units)
    shares = torch.stack([rates[y == label].mean(dim=0) for label in y.unique()]).clamp(LEAST, 1 - LEAST)
    bits = torch.special.entr(shares) + torch.special.entr(1 - shares)
    return bits.mean(dim=0) / torch.log(torch.tensor(2.0))


@torch.no_grad()
def psp_entropy(network: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The :func:`entropy` of the units of every convolution and dense layer but the last, by the layer's name."""
    found: dict[str, Tensor] = {}
    names = [name.removesuffix("weight").removesuffix(".") for name in prunable(network)]

    def hook(name: str):  # type: ignore[no-untyped-def]
        return lambda module, inputs, output: found.__setitem__(name, entropy(output > 0, y))

    handles = [network.get_submodule(name).register_forward_hook(hook(name)) for name in names[:-1]]
    try:
        network.eval()(x)
    finally:
        for handle in handles:
            handle.remove()
    return found


def sharpness(network: nn.Module, x: Tensor, y: Tensor, masks: Masks, rounds: int = 30, seed: int = 0) -> float:
    """Largest eigenvalue, by modulus, of the Hessian of the cross-entropy by the present weights (power iteration).

    Raises LucioleError for masks of another network.
    """
    weights = masks.check(network)
    network.eval()
    loss = functional.cross_entropy(network(x), y)
    slopes = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
    generator = torch.Generator().manual_seed(seed)
    vector = [torch.randn(mask.shape, generator=generator) * mask for mask in masks.values()]
    value = 0.0
    for _ in range(rounds):
        norm = torch.stack([part.square().sum() for part in vector]).sum().sqrt().clamp_min(1e-30)
        vector = [part / norm for part in vector]
        product = torch.stack([(slope * part).sum() for slope, part in zip(slopes, vector, strict=True)]).sum()
        found = torch.autograd.grad(product, list(weights.values()), retain_graph=True)
        moved = [part * mask for part, mask in zip(found, masks.values(), strict=True)]
        value = float(torch.stack([(one * other).sum() for one, other in zip(moved, vector, strict=True)]).sum())
        vector = moved
    return value
