"""Image and sensor data behind one function.

    >>> from luciole import datasets
    >>> data = datasets.load("seglearn")
    >>> data.describe()
    'seglearn: 3605 windows of 6 x 128 at 50 Hz, 7 classes, 10 subjects (installed package seglearn)'

``load`` takes a name of ``DATASETS``, or the path of your own recordings, a file or a folder
(:mod:`luciole.datasets.reading` says how they are read). Splits are by subject: :mod:`luciole.datasets.splits`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from luciole.datasets import gait_gestures, hapt, images, packages, reading, skeletons, uci_har, wisdm
from luciole.datasets.dataset import TEST, TRAIN, VALIDATION, Dataset
from luciole.errors import LucioleError

DATASETS: dict[str, Callable[..., Dataset]] = {
    "seglearn": packages.seglearn,
    "uci_har": uci_har.load,
    "hapt": hapt.load,
    "wisdm": wisdm.load,
    "gait_gestures": gait_gestures.load,
    "utkinect": skeletons.utkinect,
    "mnist": images.mnist,
    "fashion": images.fashion,
    "cifar10": images.cifar10,
    "digits": images.digits,
}

__all__ = ["DATASETS", "TEST", "TRAIN", "VALIDATION", "Dataset", "load"]


def load(name_or_path: str | Path, **options: Any) -> Dataset:
    """Load a data set by its name, or your own by the path of a file or a folder.

    ``options`` are those of the loader; of your own recordings ``label``, ``person``, ``time``, ``hz``, ``channels``,
    ``window``, ``overlap`` (:class:`luciole.datasets.reading.options.Options`). Raises LucioleError for a name or a
    path that is none, with the names there are.

    >>> load("nowhere.npz")
    Traceback (most recent call last):
        ...
    luciole.errors.LucioleError: 'nowhere.npz': expected a file, a folder, or one of seglearn, ..., digits
    """
    if str(name_or_path) in DATASETS:
        return DATASETS[str(name_or_path)](**options)
    path = Path(name_or_path)
    if path.is_dir() and (path / "0" / "skeleton").is_dir():
        return skeletons.oad(path, **options)
    if path.exists():
        return reading.read(path, **options)
    known = ", ".join(DATASETS)
    raise LucioleError(f"{str(name_or_path)!r}: expected a file, a folder, or one of {known}")
