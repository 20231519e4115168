"""Masks, smaller networks and grown layers beside other packages, in one run: ``python benchmarks/sparsity_peers.py``.

Wants torch-pruning 1.6.1, nni 3.0 and gromo 0.1.0 beside this library; a package that is absent has its row left out.

* nni's ``LevelPruner`` and ours choose the largest 5 % of each layer of LeNet-300-100: the same masks?
* torch-pruning's ``BasePruner`` and ours halve the filters of LeNet-5's convolutions by their L2 norm and make a
  smaller network: what remains, and does it answer the same?
* gromo and our GradMax add four units to a hidden layer of eight, on scikit-learn's digits: the loss that is left after
  the step each of them proposes (gromo's also moves the weights that are there, and its line search is a halving here).

Processor seconds, one thread, in turns, the best of some rounds.
"""

import copy
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import torch
from clock import fastest
from record import Row, record
from torch import Tensor, nn
from torch.nn import functional

from luciole import datasets
from luciole.costs.counts import count
from luciole.experiments.sparsity import lenet5, protocol
from luciole.sparsity import gradmax
from luciole.sparsity.importance import magnitude
from luciole.sparsity.masks import Masks, full, prunable, strongest_by_layer
from luciole.sparsity.select import largest
from luciole.sparsity.shrink import shrink

ROUNDS, KEPT = 5, 0.05


def row(key: str, what: str, times: dict[str, float], peer: str, same: bool, target: str) -> Row:
    """One question; met where the answers agree and ours takes no longer."""
    name = f"{peer} {version(peer)}"
    met = same and times["ours"] <= times["theirs"]
    return Row(f"sparsity.{key}", what, times["ours"], "s", target, met, times["theirs"], name)


def nni() -> Row:
    from nni.compression.pruning import LevelPruner

    network = protocol.network(0)
    counts = {name: round(KEPT * weight.numel()) for name, weight in prunable(network).items()}
    ours = strongest_by_layer(magnitude(network), counts)

    def theirs() -> dict[str, Tensor]:
        pruner = LevelPruner(copy.deepcopy(network), [{"op_types": ["Linear"], "sparse_ratio": 1 - KEPT}])
        masks = pruner.compress()[1]
        pruner.unwrap_model()
        return {f"{name}.weight": held["weight"] for name, held in masks.items()}

    masks = theirs()
    same = all(torch.equal(mask, masks[name].bool()) for name, mask in ours.items())
    apart = sum(int((mask != masks[name].bool()).sum()) for name, mask in ours.items())
    times = fastest({"ours": lambda: strongest_by_layer(magnitude(network), counts), "theirs": theirs}, ROUNDS)
    what = f"processor seconds of masks of LeNet-300-100, layer by layer; same: {same}, {apart} weights apart"
    return row("nni", what, times, "nni", same, "the same masks, no slower")


def halved(network: nn.Module) -> nn.Module:
    """The smaller network of the stronger half of each convolution's filters."""
    masks = dict(full(network))
    for name, weight in prunable(network).items():
        if weight.ndim == 4:
            stays = largest(weight.detach().flatten(1).norm(dim=1), len(weight) // 2)
            masks[name] = stays[:, None, None, None].expand_as(weight).clone()
            module = network.get_submodule(name.removesuffix(".weight"))
            with torch.no_grad():
                module.bias.mul_(stays)
    return shrink(network, Masks(masks))


def torch_pruning() -> Row:
    import torch_pruning as tp

    network, x = lenet5.network(0), torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    def theirs() -> nn.Module:
        smaller = copy.deepcopy(network)
        dense = [module for module in smaller if isinstance(module, nn.Linear)]
        how = tp.importance.MagnitudeImportance(p=2, target_types=[nn.Conv2d], group_reduction="first")
        tp.pruner.BasePruner(smaller, x[:1], importance=how, pruning_ratio=0.5, ignored_layers=dense).step()
        return smaller.eval()

    mine, other = halved(copy.deepcopy(network)), theirs()
    with torch.no_grad():
        apart = float((mine(x) - other(x)).abs().max())
    macs = [count(one, (1, 28, 28)).macs for one in (mine, other)]
    same = apart < 1e-5 and macs[0] == macs[1]
    times = fastest({"ours": lambda: halved(copy.deepcopy(network)), "theirs": theirs}, ROUNDS)
    what = (
        f"processor seconds of halving LeNet-5's filters; {macs[0]:,} and {macs[1]:,} multiply-accumulates remain, "
        f"answers {apart:.0e} apart"
    )
    return row("torch_pruning", what, times, "torch-pruning", same, "the same network, no slower")


def gromo() -> Row:
    from gromo.modules.linear_growing_module import LinearGrowingModule

    data = datasets.load("digits")
    x, y = torch.from_numpy(data.X[:500]).flatten(1), torch.from_numpy(data.y[:500]).long()
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10))
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(50):
        optimiser.zero_grad()
        functional.cross_entropy(network(x), y).backward()
        optimiser.step()

    def loss(answer: Callable[[Tensor], Tensor]) -> float:
        return functional.cross_entropy(answer(x), y).item()  # gromo's layers want gradients also to look

    def ours() -> float:
        grown: Any = gradmax.grow(network, "0", 4, x, y)
        slopes = torch.autograd.grad(functional.cross_entropy(grown(x), y), grown[0].weight)[0][8:]
        best = loss(grown)
        for halving in range(8):
            moved = copy.deepcopy(grown)
            with torch.no_grad():
                moved[0].weight[8:] -= 100 * 0.5**halving * slopes
            best = min(best, loss(moved))
        return best

    def theirs() -> float:
        first = LinearGrowingModule(64, 8, post_layer_function=nn.ReLU(), name="first", device=torch.device("cpu"))
        second = LinearGrowingModule(8, 10, previous_module=first, name="second", device=torch.device("cpu"))
        with torch.no_grad():
            for growing, layer in ((first, network[0]), (second, network[2])):
                growing.layer.weight.copy_(layer.weight)
                growing.layer.bias.copy_(layer.bias)
        second.init_computation()
        functional.cross_entropy(second(first(x)), y, reduction="sum").backward()  # it divides by the examples itself
        second.update_computation()
        second.compute_optimal_updates(maximum_added_neurons=4)
        best = loss(lambda batch: second(first(batch)))
        for halving in range(8):
            second.set_scaling_factor(4 * 0.5**halving)
            best = min(best, loss(lambda batch: second.extended_forward(*first.extended_forward(batch))[0]))
        return best

    left = {"ours": ours(), "theirs": theirs()}
    times = fastest({"ours": ours, "theirs": theirs}, ROUNDS)
    what = (
        f"processor seconds of growing a layer by four units; loss {loss(network):.3f} before, "
        f"{left['ours']:.3f} and {left['theirs']:.3f} after the step"
    )
    return row("gromo", what, times, "gromo", left["ours"] <= left["theirs"], "no higher loss, no slower")


PEERS = {"nni": nni, "torch_pruning": torch_pruning, "gromo": gromo}


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    record([peer() for name, peer in PEERS.items() if find_spec(name)])


if __name__ == "__main__":
    main()
