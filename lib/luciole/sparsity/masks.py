"""Masks: which weights of a network are present. What every method of this room reads and writes.

Any torch module will do. The weights of its convolutions and linear layers can be absent; biases and normalisations
stay. A layer is never emptied: it keeps its most important weight.

    >>> from torch import nn
    >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> masks = strongest({name: weight.abs() for name, weight in prunable(network).items()}, kept=6)
    >>> masks.kept, masks.total, round(masks.sparsity, 3)
    (6, 18, 0.667)
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import prune

from luciole.errors import LucioleError
from luciole.sparsity.select import largest, largest_of


class Masks(Mapping[str, Tensor]):
    """A boolean tensor for each weight that can be absent, by its name in the network; True is present."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        for name, tensor in tensors.items():
            if tensor.dtype != torch.bool:
                raise LucioleError(f"expected a boolean mask for {name}, got {tensor.dtype}")
        self._tensors = dict(tensors)

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    @property
    def kept(self) -> int:
        """How many weights are present."""
        return sum(int(torch.count_nonzero(mask)) for mask in self._tensors.values())

    @property
    def total(self) -> int:
        """How many there could be."""
        return sum(mask.numel() for mask in self._tensors.values())

    @property
    def sparsity(self) -> float:
        """Share of weights that are absent."""
        return 1 - self.kept / self.total

    def joined(self, other: "Masks") -> "Masks":
        """What is present in one or the other."""
        return Masks({name: mask | other[name] for name, mask in self.items()})

    def check(self, network: nn.Module) -> dict[str, nn.Parameter]:
        """Return the weights of ``network`` that these masks are of; LucioleError when they are another network's."""
        weights = prunable(network)
        if {*weights} != {*self}:
            odd = ", ".join(sorted({*weights} ^ {*self}))
            raise LucioleError(f"expected masks of this network, got another's: they differ in {odd}")
        for name, weight in weights.items():
            if weight.shape != self[name].shape:
                raise LucioleError(
                    f"expected a mask of shape {tuple(weight.shape)} for {name}, got {tuple(self[name].shape)}; "
                    "masks are of another network"
                )
        return weights

    @torch.no_grad()
    def apply(self, network: nn.Module) -> None:
        """Set absent weights of ``network`` to zero in place."""
        for name, weight in self.check(network).items():
            weight.mul_(self[name])

    def to_torch(self, network: nn.Module) -> None:
        """Hand the masks over to ``torch.nn.utils.prune``, whose hooks then hold them."""
        for name in self.check(network):
            module, _, parameter = name.rpartition(".")
            prune.custom_from_mask(network.get_submodule(module), parameter, self[name])


def prunable(network: nn.Module) -> dict[str, nn.Parameter]:
    """The weights of all convolutions and linear layers, by name.

    Raises LucioleError when there is none, when two layers share one, and when ``torch.nn.utils.prune`` (or another
    parametrisation) holds one: such a weight is computed anew in each pass.
    """
    found: dict[str, nn.Parameter] = {}
    seen: dict[int, str] = {}
    for name, module in network.named_modules(remove_duplicate=False):
        if not isinstance(module, nn.Linear | _ConvNd):
            continue
        full = f"{name}.weight" if name else "weight"
        weight = module._parameters.get("weight")
        if weight is None:
            raise LucioleError(f"expected {full} to be a parameter, got a computed weight; remove what computes it")
        if id(weight) in seen:
            raise LucioleError(f"{seen[id(weight)]} and {full} are one weight; untie them, a mask is of one layer")
        found[full], seen[id(weight)] = weight, full
    if not found:
        raise LucioleError("expected a network with convolutions or linear layers, got none of them")
    return found


def full(network: nn.Module) -> Masks:
    """Masks in which everything is present."""
    return Masks({name: torch.ones_like(weight, dtype=torch.bool) for name, weight in prunable(network).items()})


def remaining(total: int, sparsity: float, layers: int) -> int:
    """How many of ``total`` weights a sparsity leaves; LucioleError outside [0, 1), or below one for each layer.

    >>> remaining(266_200, 0.95, layers=3)
    13310
    """
    if not 0 <= sparsity < 1:
        raise LucioleError(f"expected a sparsity from 0 up to but not including 1, got {sparsity}")
    kept = round(total * (1 - sparsity))
    if kept < layers:
        raise LucioleError(
            f"a sparsity of {sparsity} leaves {kept} of {total} weights to {layers} layers: one would be empty"
        )
    return kept


def anywhere(importance: Mapping[str, Tensor], kept: int) -> Masks:
    """Keep the ``kept`` most important weights of the whole network, of some layers perhaps none."""
    return Masks(dict(zip(importance, largest_of(list(importance.values()), kept), strict=True)))


def strongest(importance: Mapping[str, Tensor], kept: int) -> Masks:
    """Keep the ``kept`` most important weights of the whole network, and the most important one of every layer."""
    if kept < len(importance):
        raise LucioleError(f"expected to keep at least one weight for each of {len(importance)} layers, got {kept}")
    masks = anywhere(importance, kept)
    if all(int(torch.count_nonzero(mask)) for mask in masks.values()):
        return masks
    chosen, places, values = [mask.view(-1) for mask in masks.values()], [], []
    best = [value.detach().reshape(-1).argmax() for value in importance.values()]
    for flat, value, top in zip(chosen, importance.values(), best, strict=True):  # what may leave is among the chosen
        places.append(flat.nonzero().squeeze(1))
        values.append(value.detach().reshape(-1)[places[-1]].masked_fill(places[-1] == top, -torch.inf))
    for flat, at, stays, top in zip(chosen, places, largest_of(values, kept - len(best)), best, strict=True):
        flat[at[~stays]] = False
        flat[top] = True
    return masks


def strongest_by_layer(importance: Mapping[str, Tensor], kept: Mapping[str, int]) -> Masks:
    """Keep so many of the most important weights of each layer, and never none."""
    for name, count in kept.items():
        if count < 1:
            raise LucioleError(f"expected to keep at least one weight of {name}, got {count}")
    return Masks({name: largest(value, kept[name]) for name, value in importance.items()})


@torch.no_grad()
def rescale(network: nn.Module, masks: Masks) -> None:
    """Widen the initial weights of units that read fewer values than they were drawn for, in place.

    Each unit's weights are multiplied by the root of (all of them / those present), so that signals keep their size
    through sparse layers. Source: Evci, Ioannou, Keskin and Dauphin, "Gradient flow in sparse neural networks", 2022.
    """
    for name, weight in masks.check(network).items():
        present = masks[name].flatten(1).sum(dim=1).clamp_min(1)
        weight.mul_((weight[0].numel() / present).sqrt().view(-1, *[1] * (weight.ndim - 1)))


@torch.no_grad()
def macs_per_weight(network: nn.Module, example: Tensor) -> dict[str, int]:
    """How often each layer's weights multiply for one example (a batch of one): 1 in a dense layer, positions else.

    >>> macs_per_weight(nn.Sequential(nn.Conv1d(1, 2, 3)), torch.zeros(1, 1, 10))
    {'0.weight': 8}
    """
    found: dict[str, int] = {}

    def hook(name: str, channels: int):  # type: ignore[no-untyped-def]
        def seen(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            found[name] = found.get(name, 0) + output.numel() // channels

        return seen

    handles = []
    for name, weight in prunable(network).items():
        module = network.get_submodule(name.rpartition(".")[0])
        handles.append(module.register_forward_hook(hook(name, weight.shape[0])))
    training = network.training
    try:
        network.eval()
        network(example)
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    return {name: found[name] for name in prunable(network)}
