"""What :mod:`luciole.experiments.har.search` compares, and how: data sets, limits, recipes, models, seeds.

The protocol in words stands there; here are its numbers, and the few functions that every stage needs.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import datasets
from luciole.costs.counts import count
from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError, extra
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.networks.statistics import KINDS
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.search import GUIDES
from luciole.sensors.training import Settings
from luciole.training import Recipe

with extra("book"):
    from sklearn.base import ClassifierMixin
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

WATTS = 4.0  # of a busy thread: CodeCarbon's assumption where no counter can be read
SPLIT_SEED = 0  # of who is in which part
MODULES = tuple(
    f"luciole.{name}"
    for name in (
        "datasets.splits", "datasets.windows", "networks.har1d", "networks.har_baselines", "networks.initial",
        "networks.statistics", "search.luciole", "sensors.augmentation", "sensors.features", "sensors.search",
        "sensors.training", "spaces.har1d",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is done on one data set."""

    load: Callable[[], Dataset]
    limits: tuple[int, ...]  # multiply-accumulates
    windows: int  # training windows of an epoch, at most
    top: int = 6  # designs of a search that are trained for a short while
    random: int = 8  # random designs that are
    epochs: int = 48  # of the final trainings, one of LENGTHS; longer would be better, processor time decides


PLANS = {  # limits: TinyTNAS's, a tenth of what TinyHAR-like costs, on WISDM one of DeepConvLSTM too, a million
    "uci_har": Plan(partial(datasets.load, "uci_har"), limits=(53_079, 188_171, 1_000_000), windows=8192),
    "wisdm": Plan(partial(datasets.load, "wisdm"), limits=(35_450, 133_653, 1_000_000), windows=8192, top=4, random=4),
}

REFERENCE = (3, 0, 0, 1, 0, 3, 3, 2, 0, 1, 0, 0, 2, 1, 1, 1)  # the design that recipes are tried on
TRIAL = Settings(Recipe(epochs=10, batch=64, rate=1e-2, weight_decay=1e-2), averaging=0.99)
SMOOTH = replace(TRIAL.recipe, smoothing=0.1)
RECIPES = {
    "averaged weights": TRIAL,
    "last weights": replace(TRIAL, averaging=0.0),
    "rotation 5": replace(TRIAL, augmentation=Augmentation(rotation=5)),
    "rotation 10": replace(TRIAL, augmentation=Augmentation(rotation=10)),
    "pace 0.1": replace(TRIAL, augmentation=Augmentation(speed=0.1)),
    "mixing 0.2": replace(TRIAL, augmentation=Augmentation(mixing=0.2)),
    "smoothing 0.1": replace(TRIAL, recipe=SMOOTH),
    "rotation 5, smoothing 0.1": replace(TRIAL, recipe=SMOOTH, augmentation=Augmentation(rotation=5)),
    "weight decay 0.1": replace(TRIAL, recipe=replace(TRIAL.recipe, weight_decay=0.1)),
}
RECIPE_SEEDS = (0, 1)
LENGTHS = (12, 24, 48, 96)  # epochs that the reference design is tried with
VARIANTS: dict[str, tuple[str, ...] | None] = {  # of the reference design: its kinds of statistics
    "all statistics": KINDS,
    **{f"without {kind}": tuple(other for other in KINDS if other != kind) for kind in KINDS},
    "the window's three alone": (),
    "no statistics": None,
}

WATCHED = (*GUIDES, "l2_norm", "progressivity", "naswot", "zen", "grad_norm", "macs")  # scores whose worth is measured
SCORED = 300  # designs that a search scores
SHORT = Recipe(epochs=5, windows=4096)  # of the short trainings, the rest as the recipe chosen

SEEDS = (0, 1, 2, 3, 4)
FEWER = {  # seeds of what varies little, draws nothing, or takes minutes without being the best
    "random forest": 3, "logistic regression": 1, "1-D CNN": 3, "Inception (small)": 3,
}  # fmt: skip
CLASSICAL: dict[str, Callable[[int], ClassifierMixin]] = {
    "random forest": lambda seed: RandomForestClassifier(100, random_state=seed),
    "logistic regression": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=300)),
}

Row = tuple[int, ...]


@cache
def data(name: str) -> tuple[Dataset, splits.Split]:
    """A data set and its parts; LucioleError where it is not here."""
    dataset = PLANS[name].load()
    return dataset, splits.by_subject(dataset, seed=SPLIT_SEED)


def here(names: Iterable[str] | None = None) -> tuple[list[str], list[str]]:
    """Those of the data sets ``names`` (all) that can be read here, and for each other one a line that says why not."""
    found, absent = [], []
    for name in PLANS if names is None else names:
        try:
            data(name)
            found.append(name)
        except LucioleError as reason:
            absent.append(f"{name}: {reason}")
    return found, absent


def everyone(split: splits.Split) -> NDArray[np.int64]:
    """Train and validation together: what the final models learn from."""
    return np.sort(np.concatenate([split.train, split.validation]))


def found(limit: int) -> str:
    """What the design found under a limit is called."""
    return f"found, {limit / 1e6:g} M MACs" if limit >= 1e6 else f"found, {limit / 1e3:.0f} k MACs"


def build(model: str, row: Row, dataset: Dataset, seed: int) -> nn.Module:
    """A network by the name of a hand-made one, or from the genotype found."""
    generator = torch.Generator().manual_seed(seed)
    if model in BASELINES:
        return BASELINES[model](dataset.channels, dataset.classes, dataset.length, generator)
    return networks.build(row, dataset.channels, dataset.classes, generator)


def cost(model: str, row: Row, dataset: Dataset) -> tuple[int, int]:
    """Multiply-accumulates and parameters of a network."""
    if model in BASELINES:
        counted = count(build(model, row, dataset, 0), (dataset.channels, dataset.length))
        return counted.macs, counted.parameters
    parameters, macs = networks.counts(np.array(row), dataset.channels, dataset.classes, dataset.length)
    return int(macs[0]), int(parameters[0])


def recipes() -> dict[str, dict]:
    """The recipes that are tried, as JSON can hold them."""
    return {name: asdict(settings) for name, settings in RECIPES.items()}
