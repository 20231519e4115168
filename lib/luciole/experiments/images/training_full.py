"""Found and hand-made networks trained on small images for long: :mod:`luciole.experiments.images.study`, in full.

    luciole run images/training_full --workers 7       # with a GPU minutes, on processors a day

Whole images, the skeleton of NAS-Bench-201 (16 channels, five cells a stage), 100 epochs of 10,000 images that are
moved and mirrored; searches that score 300 classes.
"""

from luciole.experiments.har201.table import DEVICE
from luciole.experiments.images.study import Setting, compute
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
    compute(FULL, workers, scheduler, seconds)
