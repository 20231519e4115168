"""UCI HAR: six activities, smart phone at the waist, accelerometer and gyroscope, 50 Hz, 30 subjects.

Anguita, Ghio, Oneto, Parra and Reyes-Ortiz, "A Public Domain Dataset for Human Activity Recognition Using
Smartphones", ESANN 2013. Windows of 2.56 s (128 samples), half overlapping; published split by subject, 21 for
training and 9 for test.
"""

import numpy as np

from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.datasets.sources import arrays, prepared
from luciole.errors import LucioleError

LICENCE = "cite Anguita et al., ESANN 2013; no commercial use (the data set's README)"
CLASSES = ("WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING")


def load() -> Dataset:
    """Load UCI HAR: 10,299 windows of 9 channels by 128 samples, its published split in ``official``.

    Raises LucioleError when it is neither prepared nor can be fetched.
    """
    found = prepared("uci_har.npz")
    if found is None:
        raise LucioleError("UCI HAR needs the prepared file uci_har.npz in the folder LUCIOLE_DATA names")
    path, source = found
    names = [f"{what}_{part}" for what in ("X", "y", "subject", "source") for part in ("train", "test")]
    data = arrays(path, *names, "scale", "channel_names")
    X = np.concatenate([data["X_train"], data["X_test"]]) * data["scale"].astype(np.float32)  # (n, time, channels)
    return Dataset(
        name="uci_har",
        X=X.transpose(0, 2, 1),
        y=np.concatenate([data["y_train"], data["y_test"]]),
        class_names=CLASSES,
        channel_names=tuple(str(name) for name in data["channel_names"]),
        hz=50.0,
        subject=np.concatenate([data["subject_train"], data["subject_test"]]),
        recording=np.concatenate([data["source_train"][:, 0], data["source_test"][:, 0]]),
        official=np.repeat([TRAIN, TEST], [len(data["y_train"]), len(data["y_test"])]),
        source=source,
        licence=LICENCE,
    )
