"""Found and hand-made networks trained on small images for long: :mod:`luciole.experiments.image_training`, in full.

    luciole run image_training_full --workers 7       # with a GPU minutes, on processors a day

Whole images, the skeleton of NAS-Bench-201 (16 channels, five cells a stage), 100 epochs of 10,000 images that are
moved and mirrored; searches that score 300 classes.
"""

from luciole.experiments.image_training import FULL, compute


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search and train in full; the result is ``image_training_full``."""
    compute(FULL, workers, scheduler, seconds)
