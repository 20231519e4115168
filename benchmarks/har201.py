"""How fast HAR-201 trains and opens, beside a plain loop: ``python benchmarks/har201.py``.

Training, on seglearn's data under the recipe of the table. Ours: a stack of 32 cells, data on the device, batched
evaluation. The peer: one network after another, a DataLoader for training and one for evaluation, everything as the
PyTorch tutorials write it, for the first eight of these cells: same initial weights, same batches, same optimiser, same
schedule. Both evaluate after the same epochs, on one thread. Accuracies are compared on the eight. Times are
processor seconds a training, so that a busy machine favours neither.

A step of that stack by compiled code, beside PyTorch's: forward, loss, backward and optimiser as a training has them,
in stacks of 32 and of 128, the two builds in turns. And a whole training by both, accuracies compared on its cells.

Opening: the table and one column of it, in a fresh process, imports left out.
"""

import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from clock import fastest
from record import Row, record
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import table as har201
from luciole.networks import build
from luciole.networks.stack import Stack
from luciole.spaces import nb201
from luciole.training.loop import descend

NAME, PEERS = "seglearn", 8
ROUNDS, STEPS = 8, 4  # of a step's timing: the best round counts, as the one least disturbed

OPEN = """
import time
from luciole.tables.har201_table import har201
start = time.process_time()
table = har201()
table.role("test")
print(time.process_time() - start)
"""


def evaluate(network: nn.Module, loader: DataLoader) -> float:
    network.eval()
    right = total = 0
    with torch.no_grad():
        for X, y in loader:
            right += int((network(X).argmax(dim=1) == y).sum())
            total += len(y)
    return right / total


def plain(cell: int) -> float:
    """Train one cell the usual way; test accuracy."""
    parts, skeleton = protocol.data(NAME)
    recipe = protocol.PROTOCOLS[NAME].recipe
    train, validation, test = (
        TensorDataset(torch.from_numpy(X), torch.from_numpy(y)) for X, y in (parts.train, parts.validation, parts.test)
    )
    network = build(nb201.all_cells()[cell], skeleton, protocol.weights(0, cell))
    generator = torch.Generator().manual_seed(0)
    steps = recipe.steps(len(train))
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: recipe.factor(min(step, steps - 1), steps))
    loss_function = nn.CrossEntropyLoss()
    accuracy = 0.0
    for epoch in range(1, recipe.epochs + 1):
        network.train()
        order = torch.randperm(len(train), generator=generator).tolist()  # the same batches as the stack's
        for X, y in DataLoader(train, recipe.batch, sampler=order, drop_last=True):
            optimiser.zero_grad()
            loss_function(network(X), y).backward()
            optimiser.step()
            schedule.step()
        if epoch == recipe.epochs or epoch in recipe.evaluate:
            evaluate(network, DataLoader(validation, recipe.batch))
            accuracy = evaluate(network, DataLoader(test, recipe.batch))
    return accuracy


def step_seconds(size: int) -> dict[bool, float]:
    """Processor seconds a network and step of a stack of so many, by compiled code (True) and by PyTorch."""
    parts, skeleton = protocol.data(NAME)
    recipe = protocol.PROTOCOLS[NAME].recipe
    cells = protocol.order()[:size]
    X, y = (torch.from_numpy(one) for one in parts.train)
    loops = {}
    for fused in (True, False):
        stack = Stack(nb201.all_cells()[cells], skeleton, [protocol.weights(0, int(c)) for c in cells], fused=fused)

        def loss(rows: torch.Tensor, stack: Stack = stack) -> torch.Tensor:
            logits = stack(X[rows])
            each = nn.functional.cross_entropy(logits.flatten(0, 1), y[rows].repeat(size), reduction="none")
            return each.view(size, -1).mean(dim=1)

        epochs = replace(recipe, epochs=ROUNDS + 1, windows=STEPS * recipe.batch)
        loops[fused] = descend(stack, epochs, len(X), loss, torch.Generator().manual_seed(0))
        next(loops[fused])  # memory asked for
    best = fastest({fused: partial(next, loop) for fused, loop in loops.items()}, ROUNDS)
    return {fused: seconds / STEPS / size for fused, seconds in best.items()}


def trained(cells: np.ndarray, fused: bool) -> tuple[float, np.ndarray]:
    """Processor seconds a training of these cells side by side, and their test accuracies."""
    start = time.process_time()
    made = har201.retrain(NAME, cells, seed=0, fused=fused)
    return (time.process_time() - start) / len(cells), made.accuracy["test"][-1]


def main() -> None:
    torch.set_num_threads(1)
    cells = protocol.order()[: protocol.STACK]
    protocol.data(NAME)
    ours, accuracies = trained(cells, fused=False)
    compiled, others = trained(cells, fused=True)
    steps = {size: step_seconds(size) for size in (protocol.STACK, 128)}
    start = time.process_time()
    alone = [plain(int(cell)) for cell in cells[:PEERS]]
    theirs = (time.process_time() - start) / PEERS
    stacked = accuracies[:PEERS]
    apart = 100 * float(np.mean(stacked) - np.mean(alone))
    error = 100 * float(np.std(stacked - np.array(alone), ddof=1) / np.sqrt(PEERS))
    opened = min(
        float(subprocess.run([sys.executable, "-c", OPEN], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    )
    builds = 100 * float(np.mean(others - accuracies))
    doubt = 100 * float(np.std(others - accuracies, ddof=1) / np.sqrt(len(cells)))
    print(f"test accuracy of the {PEERS}: stack minus plain loop {apart:+.2f} ± {error:.2f} points (standard error)")
    same = abs(apart) <= max(2 * error, 1.0)
    record(
        [
            Row(
                key="har201.training",
                what=f"processor seconds of one training of HAR-201 on {NAME}; mean accuracy of {PEERS} cells differs "
                f"by {apart:+.2f} ± {error:.2f} points",
                measured=ours,
                unit="s",
                target="1.5 times faster at the same accuracy",
                met=same and theirs / ours >= 1.5,
                peer=theirs,
                peer_name="a plain torch loop with DataLoaders, one network after another",
            ),
            Row(
                key="har201.second",
                what=f"processor seconds of one training of HAR-201 on {NAME}, in a stack of {len(cells)}",
                measured=ours,
                unit="s",
                target="one training a core-second",
                met=ours <= 1,
            ),
            Row(
                key="har201.fused",
                what=f"processor seconds of one training of HAR-201 on {NAME} in a stack of {len(cells)} by compiled "
                f"code; mean accuracy of the {len(cells)} differs by {builds:+.2f} ± {doubt:.2f} points",
                measured=compiled,
                unit="s",
                target="half of PyTorch's, at the same accuracy",
                met=abs(builds) <= max(2 * doubt, 1.0) and ours / compiled >= 2,
                peer=ours,
                peer_name="the same stack by PyTorch",
            ),
            *(
                Row(
                    key=f"har201.step_{size}",
                    what=f"processor seconds a network and step, optimiser included, in a stack of {size} by compiled "
                    f"code; best of {ROUNDS} rounds of {STEPS} steps, the builds in turns",
                    measured=step[True],
                    unit="s",
                    target="half of PyTorch's",
                    met=step[False] / step[True] >= 2,
                    peer=step[False],
                    peer_name="the same stack by PyTorch",
                )
                for size, step in steps.items()
            ),
            Row(
                key="har201.open",
                what="open HAR-201 and read a column, fresh process, imports left out (processor time)",
                measured=opened,
                unit="s",
                target="under 0.05 s",
                met=opened < 0.05,
            ),
        ]
    )


if __name__ == "__main__":
    main()
