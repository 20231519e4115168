"""How differentiable search is judged, written down before any of its numbers was read.

*Truth.* The supernets have the skeleton of HAR-201 and learn its data, so the table holds the accuracy of every cell
that they could name. A :class:`Truth` says which table, set and people: everything here takes one, so that another
version of the table is another line in :data:`TRUTHS`. The weights learn on the training people, the architecture on
the validation people; test accuracies judge and choose nothing.

*Methods.* All with the same settings but for what their authors state of the method itself: 25 epochs of 64 steps, and
a rate of the architecture by which its alphas can move as far in them as in DARTS' 50 epochs of 390. Five seeds for
five methods, two for the others. (Planned were 50 epochs, ten and three seeds, some five hours of a core; cut before
anything was run, for want of hours. One data set is finished before the next begins. The first search, DARTS on WISDM,
showed that looking took twice as long as searching: tau is followed by 320 classes since, not 640, and not over all
classes at the end; no threshold was touched, and that search was run again like the others.)

*What is recorded* at epochs 0, 10, 20 and 25: Kendall's tau between the accuracies of 320 classes with shared weights
(256 validation windows; not at epoch 0) and the truth; the gradients by the gates of each operation, everything open;
the accuracy of the mixture, of the cell that would be named with the weights as they are, and of the mixture without
each operation; the dominant eigenvalue of the validation loss by the architecture. Every epoch: the architecture and
the cell.

*The four limits*, each with its quantity, the threshold at which it counts as present, and what would refute it
(:data:`LIMITS`); anything between is "undecided". A limit is judged on each data set alone, and stands only where all
sets agree. Intervals are 95 % bootstraps over seeds.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from luciole import tables
from luciole.datasets.splits import Parts
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol as har201
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.supernet import METHODS, Settings, Task

EPOCHS = 25
SETTINGS = Settings(batch=64, windows=4096, alpha_rate=4e-3)
EVERY = 10  # epochs between two looks
SAMPLE = 320  # classes by which tau is followed: the first of the table's random order
WINDOWS = 256  # validation windows of a look
MANY, FEW = 5, 2  # seeds
OFTEN = ("DARTS", "GDAS", "PC-DARTS", "single-path one-shot", "beta-DARTS")  # with many seeds
RATES, DECAYS = (0.01, 0.025, 0.1), (3e-4, 27e-4, 243e-4)  # of the weights, varied for limit (a)
COLLAPSED = 3  # skips of a cell that count as a collapse
MODULES = (
    __name__,
    *har201.MODULES,
    *(
        f"luciole.supernet.{name}"
        for name in (
            *("accuracy", "beta_darts", "budget", "cell", "curvature", "darts", "darts_minus", "early_stopping"),
            *("enas", "fair_darts", "gdas", "method", "network", "one_shot", "pc_darts", "perturbation", "proxyless"),
            *("run", "searching", "smooth_darts", "snas", "task"),
        )
    ),
)


@dataclass(frozen=True)
class Truth:
    """Where the true accuracies come from, and what a supernet has to learn to be compared with them."""

    name: str
    skeleton: Skeleton
    parts: Callable[[], Parts] = field(repr=False)
    runs: Callable[[], NDArray[np.float64]] = field(repr=False)  # (runs, 15625) test accuracies (%), NaN where missing
    source: Callable[[], str] = field(repr=False)  # of the accuracies, in words

    def task(self) -> Task:
        """What the supernets learn."""
        return Task.of(self.parts())

    def accuracy(self) -> NDArray[np.float64]:
        """The truth: mean over the table's runs of each cell, (15625,), NaN where it is not trained."""
        runs = self.runs()
        known = np.isfinite(runs)
        return np.where(known.any(axis=0), np.where(known, runs, 0).sum(axis=0) / known.sum(axis=0).clip(1), np.nan)


def _first_version(name: str) -> Truth:
    channels, classes, _ = har201.PROTOCOLS[name].shape

    def runs() -> NDArray[np.float64]:
        table = tables.har201()
        last = har201.PROTOCOLS[name].recipe.epochs
        columns = [f"{name}_test_acc_ep{last}{seed}" for seed in ("", "_s1", "_s2")]
        return np.array([table[one] for one in columns if one in table], dtype=np.float64)

    return Truth(
        name, har201.skeleton(channels, classes), lambda: har201.data(name)[0], runs, lambda: tables.har201().source
    )


TRUTHS = {f"har201/{name}": _first_version(name) for name in ("wisdm", "uci_har")}


@dataclass(frozen=True)
class Search:
    """One kind of search: a method under one setting of the weights, on one truth, with so many seeds."""

    truth: str
    method: str
    seeds: int
    rate: float = SETTINGS.rate
    decay: float = SETTINGS.weight_decay

    def __post_init__(self) -> None:
        if self.truth not in TRUTHS or self.method not in METHODS:
            raise LucioleError(f"expected a truth and a method that there are, got {self.truth!r} and {self.method!r}")


def searches() -> list[Search]:
    """All that is compared, a set after the other: the methods with many seeds, limit (a)'s settings, the others."""
    often = [name for name in METHODS if name in OFTEN]
    others = [name for name in METHODS if name not in OFTEN]
    varied = [pair for pair in itertools.product(RATES, DECAYS) if pair != (SETTINGS.rate, SETTINGS.weight_decay)]
    return [
        search
        for truth in TRUTHS
        for search in (
            *(Search(truth, name, MANY) for name in often),
            *(Search(truth, "DARTS", FEW, rate, decay) for rate, decay in varied),
            *(Search(truth, name, FEW) for name in others),
        )
    ]


@dataclass(frozen=True)
class Limit:
    """One of the four explanations: what is measured, when it counts as present, what would refute it."""

    says: str
    quantity: str
    present: str
    refuted: str


LIMITS = {
    "a": Limit(
        says="operations without weights get larger gradients and let the supernet converge faster, so skips win",
        quantity=(
            "ratio: mean absolute gradient by the gates of skip and pooling over that of the two convolutions, at "
            "epochs 10 and 20 of DARTS; tau: Kendall's, over the nine settings of rate and L2 (two seeds each), "
            "between the supernet's validation loss and the skips of its cell"
        ),
        present="the interval of the ratio is above 1, and tau is below 0 with p < 0.05 (fewest errors, most skips)",
        refuted="the interval of the ratio is below 1, or tau is 0 or above",
    ),
    "b": Limit(
        says="operations adapt to each other, so their order within the mixture is not that of cells",
        quantity=(
            "over the 30 pairs of edge and operation, Kendall's tau with the truth (mean true accuracy of all cells "
            "that have it) of (1) the accuracy that the mixture loses without it and (2) the mean accuracy, with "
            "shared weights, of those of the 320 classes that have it; DARTS, at the end"
        ),
        present="(2) less (1) is at least 0.1, and its interval is above 0",
        refuted="the upper end of the interval is 0 or below",
    ),
    "c": Limit(
        says="the cell that is cut out does not follow the mixture",
        quantity=(
            "drop: accuracy of the mixture less that of the named cell with the same weights, in points; rho: "
            "Spearman's, over all searches with a mixture, between the dominant eigenvalue and the drop; at the end"
        ),
        present="the median drop of DARTS is at least 5 points, and rho is above 0 with p < 0.05",
        refuted="the median drop of DARTS is under 1 point, or rho is 0 or below",
    ),
    "d": Limit(
        says="looking one step ahead chooses other hyper-parameters than looking to the end",
        quantity=(
            "on problems with an exact hypergradient: its cosine with that of the last step alone, and the validation "
            "loss that following either leads to; on the noisy quadratic the loss under the greedy rate over the best "
            "schedule's (experiment supernet/horizon)"
        ),
        present=(
            "the noisy quadratic's ratio is above 2 at 1,000 steps, and on two problems or more the loss that one "
            "step leads to is at least 5 % above the one that the exact hypergradient leads to"
        ),
        refuted="the ratio is under 1.1, or on no problem the loss is more than 1 % above",
    ),
}
#: The sentence of the chapter. Compared: the true accuracy of the cells that a method names, and of the cell that the
#: training-free scores of chapter 5 name among the same classes (one a seed, their batch and weights drawn anew).
SENTENCE = Limit(
    says="weight sharing, at any cost, chooses better cells than a score that costs milliseconds",
    quantity="mean true accuracy of the method's cells less that of the scores' cells, each method, points",
    present="for some method the interval is above 0 on every set",
    refuted="for every method the upper end of the interval is below 0 on some set",
)


@cache
def sample() -> NDArray[np.int64]:
    """The classes by which tau is followed (official indices), (320,)."""
    return har201.order()[:SAMPLE]


def effects(values: NDArray[np.float64], cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean value of the cells (official indices) that have each operation on each edge, (6, 5); values (cells,).

    >>> effects(np.arange(3.0), np.array([0, 1, 2])).shape
    (6, 5)
    """
    rows = nb201.all_cells()[cells]
    has = rows[:, :, None] == np.arange(len(nb201.OPS))  # (cells, 6, 5)
    known = np.isfinite(values)[:, None, None] & has
    total = np.where(known, np.nan_to_num(values)[:, None, None], 0).sum(axis=0)
    return np.where(known.any(axis=0), total / known.sum(axis=0).clip(1), np.nan)


def ceiling(truth: Truth) -> float:
    """Kendall's tau that the table's own luck allows: mean over pairs of its runs, raised to that of their mean.

    With tau of a single run r_1 taken as a reliability, the mean of n runs has n r_1 / (1 + (n - 1) r_1), and what is
    perfectly right about the truth correlates with it by the root of that. A rule of thumb for ranks; stated as such.
    """
    runs = truth.runs()
    pairs = [(a, b) for a in range(len(runs)) for b in range(a)]
    if not pairs:
        raise LucioleError(f"expected two runs or more of {truth.name} to know its luck, got {len(runs)}")
    single = []
    for a, b in pairs:
        both = np.isfinite(runs[a]) & np.isfinite(runs[b])
        classes = nb201.classes()[both[nb201.classes()]]
        single.append(kendalltau(runs[a, classes], runs[b, classes]).statistic)
    reliability, count = float(np.mean(single)), len(runs)
    return float(np.sqrt(count * reliability / (1 + (count - 1) * reliability)))
