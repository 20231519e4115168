"""Train and evaluate networks of classifiers of windows, one network or a stack of many, with the cost accounted.

The data stays on the device, nothing is loaded batch by batch, evaluation runs in large batches, and the metrics
of all networks come from one count of (network, true class, predicted class)::

    parts = splits.parts(dataset, splits.by_subject(dataset, seed=0))
    record = train(network, parts, Recipe(epochs=10), generator=torch.Generator().manual_seed(0))
    record.accuracy["test"][-1]

Networks of a :class:`luciole.networks.stack.Stack` see the same batches in the same order and do not influence one
another: each learns what it would learn alone (up to rounding).
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from luciole.datasets.splits import Parts
from luciole.errors import LucioleError

EVALUATION_BATCH = 64  # keeps the features of a stack of networks in a processor's cache


@dataclass(frozen=True)
class Recipe:
    """How to train: AdamW, one-cycle cosine schedule, cross-entropy; the same for every network compared.

    >>> Recipe(epochs=2, batch=32).steps(windows=100)
    6
    """

    epochs: int = 10
    batch: int = 64
    windows: int | None = None  # training windows of an epoch, drawn anew each time; None takes all
    rate: float = 1e-2  # highest learning rate
    weight_decay: float = 1e-2
    warmup: float = 0.2  # share of the steps during which the rate rises from 0 to its highest
    smoothing: float = 0.0  # of the labels
    evaluate: tuple[int, ...] = ()  # epochs after which to evaluate, besides the last

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 2 or (self.windows is not None and self.windows < self.batch):
            raise LucioleError(
                f"expected at least 1 epoch, batches of 2 and an epoch of one batch, got {self.epochs}, {self.batch} "
                f"and {self.windows}"
            )
        if not 0 <= self.warmup < 1:
            raise LucioleError(f"expected a warm-up share from 0 up to but not including 1, got {self.warmup}")

    def steps(self, windows: int) -> int:
        """Number of steps on a training part of so many windows; an epoch's incomplete last batch is dropped."""
        return self.epochs * max(1, min(windows, self.windows or windows) // self.batch)

    def factor(self, step: int, steps: int) -> float:
        """Share of the highest rate at ``step`` of ``steps``: a straight rise, then half a cosine down to 0."""
        done = (step + 1) / steps
        if done <= self.warmup:
            return done / self.warmup
        return 0.5 * (1 + math.cos(math.pi * (done - self.warmup) / (1 - self.warmup)))


@dataclass
class Record:
    """What a training gave, at each evaluated epoch, for each of the K networks (K is 1 for a single one)."""

    epochs: list[int] = field(default_factory=list)  # E of them
    accuracy: dict[str, list[NDArray]] = field(default_factory=dict)  # part: E arrays (K,), shares 0..1
    macro_f1: dict[str, list[NDArray]] = field(default_factory=dict)
    loss: list[NDArray] = field(default_factory=list)  # mean training loss since the last evaluation, (K,)
    seconds: float = 0.0  # of training, evaluation left out
    evaluation_seconds: float = 0.0


def confusion(predicted: Tensor, y: Tensor, classes: int) -> Tensor:
    """Count (network, true class, predicted class) for predictions (K, B) and labels (B,): int64 (K, classes, classes).

    >>> confusion(torch.tensor([[0, 1, 1]]), torch.tensor([0, 0, 1]), 2).tolist()
    [[[1, 1], [0, 1]]]
    """
    networks = len(predicted)
    cell = (torch.arange(networks, device=y.device)[:, None] * classes + y) * classes + predicted
    return torch.bincount(cell.flatten(), minlength=networks * classes**2).view(networks, classes, classes)


def accuracy(counts: Tensor) -> NDArray[np.float64]:
    """Share of windows recognised, from confusion counts (K, classes, classes): (K,)."""
    return (counts.diagonal(dim1=1, dim2=2).sum(1) / counts.sum((1, 2))).double().cpu().numpy()


def macro_f1(counts: Tensor) -> NDArray[np.float64]:
    """Mean over the classes that occur (as truth or as answer) of F1, from confusion counts: (K,).

    The convention of scikit-learn's f1_score(average="macro"), a class never answered counting 0.
    """
    right = counts.diagonal(dim1=1, dim2=2).double()
    sizes = (counts.sum(1) + counts.sum(2)).double()  # answered + true
    f1 = 2 * right / sizes.clamp(min=1)
    return (f1.sum(1) / (sizes > 0).sum(1)).cpu().numpy()


@torch.no_grad()
def evaluate(network: nn.Module, X: Tensor, y: Tensor, classes: int) -> Tensor:
    """Return the confusion counts (K, classes, classes) of ``network`` on windows (n, channels, time)."""
    network.eval()
    total = torch.zeros((), dtype=torch.int64, device=X.device)
    for first in range(0, len(X), EVALUATION_BATCH):
        logits = _stacked(network(X[first : first + EVALUATION_BATCH]))
        total = total + confusion(logits.argmax(dim=2), y[first : first + EVALUATION_BATCH], classes)
    return total


@torch.no_grad()
def outputs(network: nn.Module, X: Tensor) -> int:
    """Number of classes that ``network`` tells apart, whether or not all of them occur: the width of its answer.

    >>> outputs(nn.Sequential(nn.Flatten(), nn.Linear(8, 5)), torch.zeros(3, 1, 8))
    5
    """
    network.eval()
    return int(network(X[:1]).shape[-1])


def _stacked(logits: Tensor) -> Tensor:
    """Logits of one network (B, classes) as those of a stack of one (1, B, classes)."""
    return logits if logits.ndim == 3 else logits[None]


def descend(
    network: nn.Module,
    recipe: Recipe,
    windows: int,
    loss: Callable[[Tensor], Tensor],
    generator: torch.Generator,
    *,
    after: Callable[[int], None] = lambda step: None,
    device: str = "cpu",
) -> Iterator[tuple[int, NDArray]]:
    """Train ``network`` in place on so many ``windows``, giving the number and the mean loss of each epoch as it ends.

    loss: positions of the windows of a batch (B,) -> the loss of each of K networks (K,), or of a single one ().
    generator: draws the order of the windows; what ``loss`` draws from it comes after. after: called with the number
    of each step made, from 0. Raises LucioleError when the loss is no longer finite.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay, foreach=True)
    steps, step = recipe.steps(windows), 0
    for epoch in range(1, recipe.epochs + 1):
        network.train()
        order = torch.randperm(windows, generator=generator)[: steps // recipe.epochs * recipe.batch].to(device)
        total = torch.zeros((), device=device)
        for rows in order.split(recipe.batch):
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * recipe.factor(step, steps)
            each = loss(rows)
            optimiser.zero_grad()
            each.sum().backward()  # a sum over networks: each has its own gradient
            optimiser.step()
            after(step)
            total = total + each.detach()
            step += 1
        mean = (total / len(order) * recipe.batch).cpu().numpy()  # waits for the device
        if not np.isfinite(mean).all():
            raise LucioleError(f"the training loss is not finite after epoch {epoch}; lower the rate ({recipe.rate})")
        yield epoch, mean


def train(
    network: nn.Module,
    parts: Parts,
    recipe: Recipe,
    generator: torch.Generator,
    device: str = "cpu",
) -> Record:
    """Train ``network`` in place on ``parts.train`` and return its record on the validation and test parts.

    Parameters
    ----------
    network: gives logits (B, classes), or (K, B, classes) for a stack of K networks.
    generator: draws the order of the windows; the same seed, the same batches, whatever the network.

    Raises LucioleError when the training part has fewer windows than a batch, when a label is beyond the network's
    outputs, or when the loss is no longer finite.

    >>> import numpy as np
    >>> from luciole.datasets.splits import Parts
    >>> from luciole.datasets.windows import Normalisation
    >>> y = np.arange(64) % 2
    >>> part = (np.repeat(y[:, None, None], 8, axis=2).astype(np.float32), y)
    >>> toy = Parts(part, part, part, Normalisation.fit(part[0]))
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(8, 2))
    >>> record = train(network, toy, Recipe(epochs=20, batch=16), torch.Generator().manual_seed(0))
    >>> record.accuracy["test"][-1].tolist()
    [1.0]
    """
    data: dict[str, tuple[Tensor, Tensor]] = {}
    for name in ("train", "validation", "test"):
        windows, labels = getattr(parts, name)
        data[name] = torch.from_numpy(windows).to(device), torch.from_numpy(labels).to(device)
    X, y = data["train"]
    if len(X) < recipe.batch:
        raise LucioleError(f"expected at least one batch of {recipe.batch} training windows, got {len(X)}")
    network.to(device)
    classes = outputs(network, X)
    for name, (_, labels) in data.items():
        if int(labels.max()) >= classes:
            raise LucioleError(
                f"expected labels below {classes}, the network's outputs, got {int(labels.max())} in the {name} part; "
                "build the network for all classes"
            )

    def loss(rows: Tensor) -> Tensor:
        logits = _stacked(network(X[rows]))  # (K, B, classes)
        each = functional.cross_entropy(
            logits.flatten(0, 1),
            y[rows].repeat(len(logits)),
            reduction="none",
            label_smoothing=recipe.smoothing,
        )
        return each.view(len(logits), -1).mean(dim=1)

    record, started = Record(), time.perf_counter()
    for epoch, mean in descend(network, recipe, len(X), loss, generator, device=device):
        trained = time.perf_counter()
        record.seconds += trained - started
        if epoch == recipe.epochs or epoch in recipe.evaluate:
            record.epochs.append(epoch)
            record.loss.append(mean)
            for part in ("validation", "test"):
                counts = evaluate(network, *data[part], classes)
                record.accuracy.setdefault(part, []).append(accuracy(counts))
                record.macro_f1.setdefault(part, []).append(macro_f1(counts))
        started = time.perf_counter()
        record.evaluation_seconds += started - trained
    return record
