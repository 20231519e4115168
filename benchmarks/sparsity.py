"""What masks cost: a masked step beside a dense one, a mask of ten million weights: ``python benchmarks/sparsity.py``.

A step is forward, backward and stochastic gradient descent of LeNet-300-100 on a batch of 250, with 95 % of the weights
absent: masks held by this library, by ``torch.nn.utils.prune``, and none. Ours trains whole dense blocks here, not the
narrower network that it would train where units have no path. A mask is the modulus of ten million weights in four
layers, the largest 5 % of them kept, beside ``torch.nn.utils.prune.global_unstructured`` and beside a threshold by
``torch.topk``, ``torch.kthvalue`` and ``numpy.partition``: all must choose the same. Seeds at once are twenty networks
of 64-24-16-10 units, pruned gradually to 90 % for a hundred steps, beside the same runs one by one.
Processor seconds, one thread, in turns, the best of some rounds.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import torch
from clock import fastest
from record import Row, record
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import prune

from luciole.experiments.sparsity import protocol
from luciole.sparsity.importance import magnitude
from luciole.sparsity.magnitude import Gradual
from luciole.sparsity.masks import prunable, strongest
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.together import Wide, train_together
from luciole.sparsity.training import train

ROUNDS, STEPS, PRUNED, KEPT, SEEDS = 12, 20, 3, 0.05, 20
WIDTHS = (2_000, 2_000, 1_500, 1_500, 500)  # ten million weights


def stepper(held: str) -> Callable[[], None]:
    """A step of training with masks held by "ours", "torch" or nobody."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.rand(250, 784, generator=generator), torch.randint(10, (250,), generator=generator)
    network = protocol.network(0)
    masks = strongest(magnitude(network), round(KEPT * 266_200))
    if held == "torch":
        masks.to_torch(network)
    run = None if held == "torch" else Run(network, x, y, Settings(batch=250))
    if held == "ours" and run is not None:
        run.set_masks(masks, lean=False)
    optimiser = run.optimiser if run else torch.optim.SGD(network.parameters(), 0.1, 0.9, nesterov=True, foreach=True)

    def step() -> None:
        loss = functional.cross_entropy(network(x), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if run is not None:
            run.mask_gradients()
        optimiser.step()

    return step


def wide() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Linear(*sizes, bias=False) for sizes in pairwise(WIDTHS)))


def prune_globally(network: nn.Sequential, absent: int) -> None:
    """The same mask by PyTorch."""
    layers = [(layer, "weight") for layer in network]
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=absent)


def by_topk(values: Tensor, kept: int) -> Tensor:
    mask = torch.zeros(len(values), dtype=torch.bool)
    mask[values.topk(kept, sorted=False).indices] = True
    return mask


def by_kthvalue(values: Tensor, kept: int) -> Tensor:
    return values >= values.kthvalue(len(values) - kept + 1).values


def by_partition(values: Tensor, kept: int) -> Tensor:
    place = len(values) - kept
    return torch.from_numpy(values.numpy() >= np.partition(values.numpy(), place)[place])


SELECTIONS = {"torch.topk": by_topk, "torch.kthvalue": by_kthvalue, "numpy.partition": by_partition}


def joined(tensors: Iterable[Tensor]) -> Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def seeds(kind: type[Run]) -> list[Run]:
    """Runs of one small network with weights of their own."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.rand(500, 64, generator=generator), torch.randint(10, (500,), generator=generator)
    runs = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 10))
        runs.append(kind(network, x, y, Settings(epochs=10, batch=50), seed))
    return runs


def main() -> None:
    torch.set_num_threads(1)
    best = fastest({held: stepper(held) for held in ("ours", "torch", "dense")}, ROUNDS, times=STEPS, warm=True)
    network = wide()
    total = sum(weight.numel() for weight in prunable(network).values())
    kept = round(KEPT * total)
    best |= fastest({"mask": lambda: strongest(magnitude(network), kept)}, ROUNDS)
    pruned = [wide() for _ in range(PRUNED)]  # theirs masks a network in place: each once
    unmasked = iter(pruned)
    best |= fastest({"their mask": lambda: prune_globally(next(unmasked), total - kept)}, PRUNED)
    best |= fastest(
        {
            name: lambda select=select: select(joined(magnitude(network).values()), kept)
            for name, select in SELECTIONS.items()
        },
        PRUNED,
    )
    method = Gradual(0.9, events=20)
    best |= fastest(
        {
            "together": lambda: train_together(seeds(Wide), method),
            "one by one": lambda: [train(run, method) for run in seeds(Run)],
        },
        PRUNED,
    )
    masks = strongest(magnitude(network), kept)
    same = all(
        torch.equal(masks[f"{at}.weight"], layer.weight_mask.bool())
        for theirs in pruned
        for at, layer in enumerate(theirs)
    ) and all(
        torch.equal(joined(masks.values()), select(joined(magnitude(network).values()), kept))
        for select in SELECTIONS.values()
    )
    peer = "torch.nn.utils.prune"
    record(
        [
            Row(
                key="sparsity.step",
                what=f"processor seconds of a masked step of LeNet-300-100, batch 250; dense: {best['dense']:.5f} s",
                measured=best["ours"],
                unit="s",
                target="at most 10 % more than a dense step",
                met=best["ours"] <= 1.1 * best["dense"],
                peer=best["torch"],
                peer_name=peer,
            ),
            *(
                Row(
                    key="sparsity.mask" if name == peer else f"sparsity.mask.{name.rpartition('.')[2]}",
                    what=f"processor seconds of importance and mask of {total:,} weights; same masks: {same}",
                    measured=best["mask"],
                    unit="s",
                    target="under 50 ms",
                    met=same and best["mask"] < 0.05,
                    peer=best["their mask" if name == peer else name],
                    peer_name=name,
                )
                for name in (peer, *SELECTIONS)
            ),
            Row(
                key="sparsity.seeds",
                what=f"processor seconds of {SEEDS} seeds of a small network at once, masks included",
                measured=best["together"],
                unit="s",
                target="at least 3 times a plain loop",
                met=best["one by one"] >= 3 * best["together"],
                peer=best["one by one"],
                peer_name="the same runs one by one",
            ),
        ]
    )


if __name__ == "__main__":
    main()
