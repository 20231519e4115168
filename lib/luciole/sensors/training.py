"""Train one network to recognise what people do, as well as it can; the test part is not even handed in.

:mod:`luciole.training` trains thousands of networks alike, for a benchmark. Here few are trained well: windows are
varied (:mod:`luciole.sensors.augmentation`), the weights that are kept are a running mean of those of the last steps
(their normalisation statistics with them), and every network compared, hand-made ones included, gets the same
settings::

    learner = Learner.of(dataset, rows, Settings(recipe=Recipe(epochs=10)))
    seconds = learner.fit(network, generator=torch.Generator().manual_seed(0))
    report = learner.judge(network, dataset, other_rows)

>>> y = np.arange(60) % 2
>>> toy = Dataset("toy", np.repeat(y, 8).reshape(60, 1, 8), y, ("rest", "walk"), ("x",), subject=np.arange(60) // 20)
>>> learner = Learner.of(toy, np.arange(40), Settings(Recipe(epochs=30, batch=16, rate=0.3)))
>>> network = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(1, 2))
>>> learner.fit(network, torch.Generator().manual_seed(0)) > 0
True
>>> learner.judge(network, toy, np.arange(40, 60)).subjects
{2: 1.0}
"""

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from luciole import training
from luciole.datasets.dataset import Dataset
from luciole.datasets.splits import groups
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.sensors.augmentation import Augmentation, triples
from luciole.training import Recipe

BATCH = 256  # windows evaluated at once


@dataclass(frozen=True)
class Settings:
    """How to train; the same for every network that is compared."""

    recipe: Recipe = field(default_factory=Recipe)
    augmentation: Augmentation = field(default_factory=Augmentation)
    averaging: float = 0.0  # weight of the past in the running mean of the weights, a step; 0 keeps the last weights

    def __post_init__(self) -> None:
        if not 0 <= self.averaging < 1:
            raise LucioleError(f"expected an averaging from 0 up to but not including 1, got {self.averaging}")


@dataclass(frozen=True)
class Report:
    """How well a network recognises some windows."""

    accuracy: float  # shares 0..1
    macro_f1: float
    subjects: dict[int, float]  # accuracy on each person's windows
    confusion: NDArray[np.int64]  # (true class, answered class)

    @classmethod
    def of(cls, predicted: NDArray, y: NDArray, subject: NDArray, classes: int) -> "Report":
        """Compare answers (n,) with labels (n,) of windows of ``subject`` (n,)."""
        counts = training.confusion(torch.from_numpy(predicted)[None], torch.from_numpy(y), classes)
        right = predicted == y
        return cls(
            accuracy=float(training.accuracy(counts)[0]),
            macro_f1=float(training.macro_f1(counts)[0]),
            subjects={int(who): float(right[subject == who].mean()) for who in np.unique(subject)},
            confusion=counts[0].numpy(),
        )


@dataclass(frozen=True)
class Learner:
    """The training windows with their constants, and the settings: what all networks compared have in common."""

    X: Tensor  # (n, channels, time), physical units
    y: Tensor  # (n,)
    classes: int
    normalisation: Normalisation
    axes: tuple[tuple[int, int, int], ...]
    settings: Settings

    @classmethod
    def of(cls, dataset: Dataset, rows: NDArray[np.int64], settings: Settings) -> "Learner":
        """Take the windows ``rows`` of a data set for training; the constants are fitted on them and nothing else.

        Raises LucioleError when they are fewer than a batch.
        """
        if len(rows) < settings.recipe.batch:
            raise LucioleError(
                f"{dataset.name}: expected at least one batch of {settings.recipe.batch} training windows, "
                f"got {len(rows)}"
            )
        X = dataset.X[rows]
        return cls(
            torch.from_numpy(X),
            torch.from_numpy(dataset.y[rows]),
            dataset.classes,
            Normalisation.fit(X),
            triples(dataset.channel_names),
            settings,
        )

    def sample(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw normalised training windows and their labels, as training-free scores need them: (n, C, time), (n,)."""
        rows = torch.from_numpy(rng.choice(len(self.X), size=min(count, len(self.X)), replace=False))
        return torch.from_numpy(self.normalisation(self.X[rows].numpy())), self.y[rows]

    def fit(self, network: nn.Module, generator: torch.Generator) -> float:
        """Train ``network`` in place and return the processor seconds it took; the loss must stay finite."""
        recipe, varied = self.settings.recipe, self.settings.augmentation
        augment = varied.of(self.normalisation, self.axes)
        kept = Average(network, self.settings.averaging)
        targets = functional.one_hot(self.y, self.classes).float()

        def loss(rows: Tensor) -> Tensor:
            X, target = augment(self.X[rows], generator), targets[rows]
            if varied.mixing:
                X, target = mixed(X, target, varied.mixing, generator)
            return functional.cross_entropy(network(X), target, label_smoothing=recipe.smoothing)

        started = time.process_time()
        for _ in training.descend(network, recipe, len(self.X), loss, generator, after=kept.add):
            pass  # nothing is asked between epochs
        kept.put()
        return time.process_time() - started

    @torch.no_grad()
    def answers(self, network: nn.Module, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits (n, classes) of ``network`` on windows in physical units."""
        network.eval()
        batches = torch.from_numpy(self.normalisation(X)).split(BATCH)
        return torch.cat([network(batch) for batch in batches]).numpy()

    def judge(self, network: nn.Module, dataset: Dataset, rows: NDArray[np.int64]) -> Report:
        """Report on the windows ``rows``: call it once a network for test windows, after all is settled."""
        predicted = self.answers(network, dataset.X[rows]).argmax(axis=1)
        return Report.of(predicted, dataset.y[rows], groups(dataset)[rows], self.classes)


class Average:
    """A running mean of a network's weights and normalisation statistics, as in Polyak averaging.

    The first steps count less: at step t the past weighs at most (1 + t) / (10 + t), so that the mean does not
    remember the initial weights.
    """

    def __init__(self, network: nn.Module, weight: float):
        self.network, self.weight = network, weight
        state = network.state_dict() if weight else {}
        self.names = [name for name, value in state.items() if value.is_floating_point()]
        self.mean = [state[name].detach().clone() for name in self.names]

    @torch.no_grad()
    def add(self, step: int) -> None:
        """Take the weights after ``step`` into the mean."""
        if self.weight:
            now = self.network.state_dict()
            past = min(self.weight, (1 + step) / (10 + step))
            torch._foreach_lerp_(self.mean, [now[name] for name in self.names], 1 - past)

    @torch.no_grad()
    def put(self) -> None:
        """Give the network the mean."""
        if self.weight:
            now = self.network.state_dict()
            for name, mean in zip(self.names, self.mean, strict=True):
                now[name].copy_(mean)


def mixed(X: Tensor, targets: Tensor, mixing: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Average each window and its target with those of another window of the batch, by shares from Beta(m, m)."""
    # torch draws no beta variates from a generator; numpy does, seeded from it
    seed = int(torch.randint(2**31, (1,), generator=generator))
    share = torch.from_numpy(np.random.default_rng(seed).beta(mixing, mixing, len(X)).astype(np.float32))
    share = torch.maximum(share, 1 - share)[:, None]
    other = torch.randperm(len(X), generator=generator)
    both = share * targets + (1 - share) * targets[other]
    return share[:, :, None] * X + (1 - share[:, :, None]) * X[other], both
