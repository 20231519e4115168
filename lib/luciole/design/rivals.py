"""What a found network is held against: what people reach for first, from a guess to large networks.

Each is a function of training windows and labels that gives a function of windows, in physical units, to labels. Those
of the package aeon need an environment of its own choosing (it admits neither today's numpy nor pandas): where it
cannot be imported they are left out, and the leaderboard says so.
"""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole.errors import extra
from luciole.sensors.features import features

with extra("sensors"):
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

Answer = Callable[[NDArray[np.float32]], NDArray[np.int64]]

ON_FEATURES: dict[str, Callable[[int], Any]] = {  # of numbers made by hand; by the seed
    "majority": lambda seed: DummyClassifier(strategy="most_frequent"),
    "logistic regression on features": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    "random forest": lambda seed: RandomForestClassifier(100, random_state=seed),
    "boosted trees": lambda seed: HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, learning_rate=0.15, early_stopping=False, random_state=seed
    ),
}
# of har_baselines, the cheap ones first
NETWORKS = ("MLP", "1-D CNN", "TinyTNAS network", "TinyHAR-like", "DeepConvLSTM (small)")
AEON = {  # module below aeon.classification, class
    "MiniRocket": ("convolution_based", "MiniRocketClassifier"),
    "QUANT": ("interval_based", "QUANTClassifier"),
    "Hydra-MultiRocket": ("convolution_based", "MultiRocketHydraClassifier"),
}
ABSENT = "needs the package aeon, which is not here"


def present(name: str) -> bool:
    """Whether a rival can be tried in this environment."""
    return name not in AEON or find_spec("aeon") is not None


def fit(name: str, X: NDArray[np.float32], y: NDArray[np.int64], seed: int) -> Answer:
    """Fit a rival that is no network on windows (n, channels, time).

    >>> X = np.random.default_rng(0).normal(size=(9, 2, 16))
    >>> fit("majority", X, np.array([0, 1, 1] * 3), seed=0)(X[:2]).tolist()
    [1, 1]
    """
    if name in ON_FEATURES:
        model = ON_FEATURES[name](seed).fit(features(X), y)
        return lambda windows: np.asarray(model.predict(features(windows)), dtype=np.int64)
    module, kind = AEON[name]
    made = getattr(importlib.import_module(f"aeon.classification.{module}"), kind)(random_state=seed)
    made.fit(np.asarray(X, dtype=np.float64), y)
    return lambda windows: np.asarray(made.predict(np.asarray(windows, dtype=np.float64)), dtype=np.int64)
