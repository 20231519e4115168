"""Three trainings so small that the gradient of what comes out of them is exact: ridge, a network, cleaning.

All in double precision, with full batches, so that forward, reverse and implicit differentiation see the same function.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from luciole import datasets
from luciole.supernet.hypergradients import Bilevel

FEATURES, HIDDEN = 20, 16
CLEANED = 200  # images to train on in cleaning, half of their labels wrong; as many to validate
MADE = torch.float64


@dataclass(frozen=True)
class Problem:
    """A training with its hyper-parameters as they are at first."""

    name: str
    bilevel: Bilevel
    hyper: Tensor  # (m,)
    rate: float  # of a step, as Neumann series and DARTS use it
    shapes: tuple[tuple[int, ...], ...]  # of the weights' tensors, an output unit a row
    tested: Callable[[Tensor], float]  # weights -> loss on data that nothing was chosen by


def ridge(seed: int = 0) -> Problem:
    """Linear regression, 60 examples of 20 features of which five matter, a penalty (its logarithm) for each."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.zeros(FEATURES, dtype=MADE)
    truth[:5] = 1.0

    def draw(count: int) -> tuple[Tensor, Tensor]:
        X = torch.randn(count, FEATURES, dtype=MADE, generator=generator)
        return X, X @ truth + torch.randn(count, dtype=MADE, generator=generator)

    (X, y), (V, u), (Z, t) = draw(60), draw(60), draw(2_000)
    hyper = torch.zeros(FEATURES, dtype=MADE)

    def training(w: Tensor, h: Tensor, step: int) -> Tensor:
        return 0.5 * ((X @ w - y) ** 2).mean() + 0.5 * (h.exp() * w**2).sum() / len(X)

    rate = 1 / float(torch.linalg.eigvalsh(X.T @ X / len(X))[-1] + 1)
    return Problem(
        "ridge",
        Bilevel(training, lambda w, h: 0.5 * ((V @ w - u) ** 2).mean(), torch.zeros_like(hyper), rate),
        hyper,
        rate,
        ((1, FEATURES),),
        lambda w: float(0.5 * ((Z @ w - t) ** 2).mean()),
    )


def network(seed: int = 0) -> Problem:
    """A network of 16 hidden units on 150 digits of 8x8 pixels, a penalty (its logarithm) for each unit's weights."""
    data = datasets.load("digits")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.X))
    images = torch.from_numpy(data.X.reshape(len(data.X), -1)[order]).to(MADE)
    images = (images - images.mean()) / images.std()
    labels = torch.from_numpy(data.y[order].astype(np.int64))
    sides = [(images[a:b], labels[a:b]) for a, b in ((0, 150), (150, 300), (300, len(images)))]
    pixels, classes = images.shape[1], data.classes
    shapes = ((HIDDEN, pixels), (HIDDEN,), (classes, HIDDEN), (classes,))
    sizes = [HIDDEN * pixels, HIDDEN, classes * HIDDEN, classes]
    generator = torch.Generator().manual_seed(seed)
    start = torch.cat(
        [
            torch.empty(size, dtype=MADE).uniform_(-1, 1, generator=generator) / np.sqrt(columns)
            for size, columns in zip(sizes, (pixels, pixels, HIDDEN, HIDDEN), strict=True)
        ]
    )

    def pieces(w: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        a, b, c, d = w.split(sizes)
        return a.view(HIDDEN, pixels), b, c.view(classes, HIDDEN), d

    def loss(w: Tensor, side: tuple[Tensor, Tensor]) -> Tensor:
        first, shift, second, last = pieces(w)
        logits = functional.linear(functional.linear(side[0], first, shift).tanh(), second, last)
        return functional.cross_entropy(logits, side[1])

    def training(w: Tensor, h: Tensor, step: int) -> Tensor:
        first, _, second, _ = pieces(w)
        squares = torch.cat([first.square().sum(dim=1), second.square().sum(dim=1)])
        return loss(w, sides[0]) + 0.5 * (h.exp() * squares).sum()

    hyper = torch.full((HIDDEN + classes,), -5.0, dtype=MADE)
    return Problem(
        "network",
        Bilevel(training, lambda w, h: loss(w, sides[1]), start, rate=0.2, momentum=0.5),
        hyper,
        0.2 / (1 - 0.5),  # what a step comes to in the long run
        shapes,
        lambda w: float(loss(w, sides[2])),
    )


def cleaning(seed: int = 0) -> Problem:
    """Softmax regression on 200 MNIST images of 14x14 pixels, half their labels wrong, a weight an example.

    A weight is the sigmoid of a hyper-parameter. The mnist file has to be there: LucioleError says what to do else.
    """
    data = datasets.load("mnist")
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(data.X), 2 * CLEANED + 2_000, replace=False)
    images = torch.from_numpy(data.X[drawn]).to(MADE).reshape(len(drawn), 1, 28, 28)
    images = functional.avg_pool2d(images / images.max(), 2).flatten(1)
    labels = torch.from_numpy(data.y[drawn].astype(np.int64))
    sides = [(images[a:b], labels[a:b]) for a, b in ((0, CLEANED), (CLEANED, 2 * CLEANED), (2 * CLEANED, len(images)))]
    wrong = torch.from_numpy(rng.permutation(CLEANED) < CLEANED // 2)
    noisy = torch.where(wrong, (sides[0][1] + torch.from_numpy(rng.integers(1, 10, CLEANED))) % 10, sides[0][1])
    pixels = images.shape[1]

    def each(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
        logits = functional.linear(x, w[: 10 * pixels].view(10, pixels), w[10 * pixels :])
        return functional.cross_entropy(logits, y, reduction="none")

    def training(w: Tensor, h: Tensor, step: int) -> Tensor:
        return (torch.sigmoid(h) * each(w, sides[0][0], noisy)).mean() + 5e-4 * w.square().sum()

    return Problem(
        "cleaning",
        Bilevel(training, lambda w, h: each(w, *sides[1]).mean(), torch.zeros(10 * pixels + 10, dtype=MADE), rate=0.2),
        torch.zeros(CLEANED, dtype=MADE),
        0.2,
        ((10, pixels), (10,)),
        lambda w: float(each(w, *sides[2]).mean()),
    )


PROBLEMS: dict[str, Callable[[], Problem]] = {"ridge": ridge, "network": network, "cleaning": cleaning}
