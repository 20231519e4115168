"""HAPT: the raw recordings behind UCI HAR, continuous, with the transitions between postures; 50 Hz, 12 classes.

Reyes-Ortiz, Oneto, Sama, Parra and Anguita, "Transition-Aware Human Activity Recognition Using Smartphones",
Neurocomputing 2015. Accelerometer (g) and gyroscope (rad/s) of a phone at the waist, 30 subjects, 61 recordings. The
published split of UCI HAR's subjects holds here too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.datasets.sources import arrays, prepared
from luciole.datasets.windows import cut, majority
from luciole.errors import LucioleError

HZ = 50.0
CHANNELS = ("acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")
TEST_SUBJECTS = (2, 4, 9, 10, 12, 13, 18, 20, 24)
LICENCE = "cite Reyes-Ortiz et al., Neurocomputing 2015; no commercial use (the data set's README)"


@dataclass(frozen=True)
class Recording:
    """One continuous recording."""

    subject: int
    number: int
    signal: NDArray[np.float32]  # (time, 6)
    labels: NDArray[np.int64]  # (time,) class from 0, -1 where nobody labelled


def recordings() -> Iterator[Recording]:
    """Give the 61 continuous recordings, sample by sample labelled.

    Raises LucioleError when the prepared file is neither in ``LUCIOLE_DATA`` nor in the cache.
    """
    data, _ = _read()
    signal = data["signal"] * data["scale"].astype(np.float32)
    for experiment, user, first, rows in data["recording"]:
        labels = np.full(rows, -1, dtype=np.int64)
        for _, _, activity, start, stop in data["labels"][data["labels"][:, 0] == experiment]:
            labels[start - 1 : stop] = activity - 1  # published from 1, the last sample included
        yield Recording(int(user), int(experiment), signal[first : first + rows], labels)


def load(seconds: float = 2.56, overlap: float = 0.5, share: float = 0.5) -> Dataset:
    """Load HAPT as windows labelled by their majority; those labelled for less than ``share`` of them are left out."""
    data, source = _read()
    size = round(seconds * HZ)
    hop = max(1, round(size * (1 - overlap)))
    X, y, subject, recording = [], [], [], []
    for one in recordings():
        labels = majority(one.labels, size, hop, share)
        kept = labels >= 0
        X.append(cut(one.signal, size, hop)[kept])
        y.append(labels[kept])
        subject.append(np.full(kept.sum(), one.subject))
        recording.append(np.full(kept.sum(), one.number))
    who = np.concatenate(subject)
    return Dataset(
        name="hapt",
        X=np.concatenate(X),
        y=np.concatenate(y),
        class_names=tuple(str(name) for name in data["class_names"]),
        channel_names=CHANNELS,
        hz=HZ,
        subject=who,
        recording=np.concatenate(recording),
        official=np.where(np.isin(who, TEST_SUBJECTS), TEST, TRAIN),
        source=source,
        licence=LICENCE,
    )


def _read() -> tuple[dict[str, NDArray], str]:
    found = prepared("hapt_raw_50hz.npz")
    if found is None:
        raise LucioleError("HAPT needs the prepared file hapt_raw_50hz.npz in the folder that LUCIOLE_DATA names")
    path, source = found
    return arrays(path, "signal", "scale", "recording", "labels", "class_names"), source
