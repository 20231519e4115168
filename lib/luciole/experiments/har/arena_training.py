"""How WHAR Arena trains a network: what :func:`trained` makes of a way to build one is a contestant.

AdamW, cosine over a hundred epochs, batches of 64, cross-entropy weighted by the inverse frequency of classes, stopped
after ten epochs without a better macro-F1 on the stopping windows, the best state kept (``evaluation/protocol.yaml``
and the training code of the contest's repository, at 45a39e0).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import cross_entropy

from luciole.errors import LucioleError
from luciole.experiments.har.arena_protocol import Contestant, Lesson, Predictor, confusion, macro_f1

EPOCHS, PATIENCE = 100, 10
BATCH, RATE, DECAY = 64, 1e-3, 1e-4
EVALUATED = 256  # windows at once

Built = Callable[[Lesson, torch.Generator], nn.Module]


@dataclass(frozen=True)
class Training:
    """What may differ between trainings."""

    most: int = EPOCHS  # epochs; the rate falls over EPOCHS whatever is asked here
    seed: int = 0  # of initial weights, dropout and the order of windows


def weights(y: NDArray, classes: int) -> torch.Tensor:
    """Of each class the inverse of its frequency, 1 in the mean over those that occur; 0 for one that does not.

    >>> weights(np.array([0, 0, 1]), 3).tolist()
    [0.6666666865348816, 1.3333333730697632, 0.0]
    """
    counts = np.bincount(y, minlength=classes)
    inverse = np.where(counts > 0, len(y) / np.maximum(counts, 1), 0)
    return torch.tensor(inverse / inverse[counts > 0].mean(), dtype=torch.float32)


@torch.no_grad()
def answers(network: nn.Module, X: NDArray[np.float32]) -> NDArray[np.int64]:
    """The classes that a network names for normalised windows (n, channels, time)."""
    network.eval()
    named: NDArray[np.int64] = torch.cat(
        [network(some).argmax(dim=1) for some in torch.from_numpy(X).split(EVALUATED)]
    ).numpy()
    return named


def fit(network: nn.Module, lesson: Lesson, training: Training) -> list[float]:
    """Train a network in place as the contest does and leave it in its best state.

    Returns the macro-F1 on the stopping windows after each epoch. Raises LucioleError when a loss is not finite.
    """
    learnt = np.flatnonzero(~lesson.stopping)
    X, y = torch.from_numpy(lesson.X[learnt]), torch.from_numpy(lesson.y[learnt])
    held, true = lesson.X[lesson.stopping], lesson.y[lesson.stopping]
    weight = weights(lesson.y[learnt], lesson.classes)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    worth: list[float] = []
    kept, order = network.state_dict(), torch.Generator().manual_seed(training.seed)
    with torch.random.fork_rng():  # dropout draws from torch's own generator
        torch.manual_seed(training.seed)
        for epoch in range(training.most):
            network.train()
            for some in torch.randperm(len(X), generator=order).split(BATCH):
                loss = cross_entropy(network(X[some]), y[some], weight=weight)
                if not loss.isfinite():
                    raise LucioleError(f"expected a finite loss, got {loss.item()} in epoch {epoch + 1}")
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            worth.append(macro_f1(confusion(true, answers(network, held), lesson.classes)))
            best = int(np.argmax(worth))  # the first of equals
            if best == epoch:
                kept = copy.deepcopy(network.state_dict())
            elif epoch - best >= PATIENCE:
                break
            schedule.step()
    network.load_state_dict(kept)
    return worth


def trained(build: Built, training: Training = Training()) -> Contestant:
    """A contestant that builds a network and trains it as the contest does."""

    def contest(lesson: Lesson) -> Predictor:
        network = build(lesson, torch.Generator().manual_seed(training.seed))
        fit(network, lesson, training)
        return lambda X: answers(network, X)

    return contest
