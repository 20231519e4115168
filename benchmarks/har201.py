"""How fast HAR-201 trains and opens, beside a plain loop: ``python benchmarks/har201.py``.

Training, on seglearn's data under the recipe of the table. Ours: a stack of 32 cells, data on the device, batched
evaluation. The peer: one network after another, a DataLoader for training and one for evaluation, everything as the
PyTorch tutorials write it, for the first eight of these cells: same initial weights, same batches, same optimiser, same
schedule. Both evaluate after the same epochs, on one thread. Accuracies are compared on the eight. Times are
processor seconds a training, so that a busy machine favours neither.

Opening: the table and one column of it, in a fresh process, imports left out.
"""

import subprocess
import sys
import time

import numpy as np
import torch
from record import Row, record
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import table as har201
from luciole.networks import build
from luciole.spaces import nb201

NAME, PEERS = "seglearn", 8

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


def main() -> None:
    torch.set_num_threads(1)
    cells = protocol.order()[: protocol.STACK]
    protocol.data(NAME)
    start = time.process_time()
    together = har201.retrain(NAME, cells, seed=0)
    ours = (time.process_time() - start) / len(cells)
    start = time.process_time()
    alone = [plain(int(cell)) for cell in cells[:PEERS]]
    theirs = (time.process_time() - start) / PEERS
    stacked = together.accuracy["test"][-1][:PEERS]
    apart = 100 * float(np.mean(stacked) - np.mean(alone))
    error = 100 * float(np.std(stacked - np.array(alone), ddof=1) / np.sqrt(PEERS))
    opened = min(
        float(subprocess.run([sys.executable, "-c", OPEN], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    )
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
