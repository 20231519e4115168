"""Found and hand-made networks trained on small images for a short while, as a processor can.

    luciole run images/training               # a quarter of an hour of a processor

The question and its protocol are those of :mod:`luciole.experiments.images.study`: images halved, 12 epochs of 2,048
images, a cell a stage.
"""

import numpy as np

from luciole import results
from luciole.attestation import Sample
from luciole.experiments.images import study
from luciole.experiments.images.study import Setting
from luciole.training import Recipe

SHORT = Setting(
    "images/training",
    coarser=2,
    trained=10_000,
    held=10_000,
    scored=300,
    width=8,
    cells=1,
    varied=True,
    recipe=Recipe(epochs=12, batch=64, windows=2_048, rate=3e-3, weight_decay=5e-2),
)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search and train as a processor can in a quarter of an hour; the result is ``images/training``."""
    study.compute(SHORT, workers, scheduler, seconds)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Search and train ``units`` rows again; None: three, about ten seconds each."""
    return study.rederive(SHORT, result, rng, units, proposed=3)
