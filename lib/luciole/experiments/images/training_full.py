"""Found and hand-made networks trained on small images for long: :mod:`luciole.experiments.images.study`, in full.

    luciole run images/training_full --workers 7       # with a GPU minutes, on processors a day

Whole images, the skeleton of NAS-Bench-201 (16 channels, five cells a stage), 100 epochs of 10,000 images that are
moved and mirrored; searches that score 300 classes.
"""

import numpy as np

from luciole import results
from luciole.attestation import Sample
from luciole.experiments.har201.table import DEVICE
from luciole.experiments.images import study
from luciole.experiments.images.study import Setting
from luciole.training import Recipe

FULL = Setting(
    "images/training_full",
    coarser=1,
    trained=60_000,
    held=10_000,
    scored=300,
    width=16,
    cells=5,
    varied=True,
    recipe=Recipe(epochs=100, batch=256, windows=10_000, rate=3e-3, weight_decay=5e-2),
    device=DEVICE,
)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search and train in full; the result is ``images/training_full``."""
    study.compute(FULL, workers, scheduler, seconds)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Search and count what ``units`` rows say again; None: two, a quarter of a minute each. Trainings were a GPU's."""
    return study.rederive(FULL, result, rng, units, proposed=2)
