"""Recorded signals that an installed package carries: nothing to download.

``seglearn``: Burns et al., "Shoulder physiotherapy exercise recognition: machine learning the inertial signals from
a smartwatch", Physiological Measurement 2018: a watch at 50 Hz, 7 exercises, 10 subjects, 140 recordings.
"""

import numpy as np

from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import cut
from luciole.errors import extra


def seglearn(seconds: float = 2.56, overlap: float = 0.5) -> Dataset:
    """Load seglearn's smart-watch exercises as windows of ``seconds`` that overlap by the share ``overlap``.

    Raises LucioleError when the package is not installed.

    >>> data = seglearn()
    >>> data.channels, data.classes, len(np.unique(data.subject)), data.hz
    (6, 7, 10, 50.0)
    """
    with extra("sensors"):
        from seglearn.datasets import load_watch  # type: ignore[import-untyped]  # on use: it takes seconds
    data = load_watch()
    size = round(seconds * 50)
    hop = max(1, round(size * (1 - overlap)))
    pieces = [cut(signal, size, hop) for signal in data["X"]]
    counts = [len(piece) for piece in pieces]
    return Dataset(
        name="seglearn",
        X=np.concatenate(pieces),
        y=np.repeat(np.asarray(data["y"]), counts),
        class_names=tuple(data["y_labels"]),
        channel_names=tuple(data["X_labels"]),
        hz=50.0,
        subject=np.repeat(np.asarray(data["subject"]), counts),
        recording=np.repeat(np.arange(len(pieces)), counts),
        source="installed package seglearn",
        licence="BSD-3 (package); cite Burns et al., Physiological Measurement 2018",
    )
