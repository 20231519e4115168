"""UCI HAR: six activities, smart phone at the waist, accelerometer and gyroscope, 50 Hz, 30 subjects.

Anguita, Ghio, Oneto, Parra and Reyes-Ortiz, "A Public Domain Dataset for Human Activity Recognition Using
Smartphones", ESANN 2013. Windows of 2.56 s (128 samples), half overlapping; published split by subject, 21 for
training and 9 for test.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.datasets.sources import arrays, prepared
from luciole.errors import LucioleError

URL = "https://archive.ics.uci.edu/static/public/240/human+activity+recognition+using+smartphones.zip"
ARCHIVE, SIZE = "uci_har_official.zip", 61_000_000  # its name in the cache; bytes, about: none are pinned
LICENCE = "cite Anguita et al., ESANN 2013; no commercial use (the data set's README)"
CLASSES = ("WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING")
CHANNELS = tuple(f"{what}_{axis}" for what in ("total_acc", "body_acc", "body_gyro") for axis in "xyz")
TEST_SUBJECTS = (2, 4, 9, 10, 12, 13, 18, 20, 24)
COUNTS = {"train": (1226, 1073, 986, 1286, 1374, 1407), "test": (496, 471, 420, 491, 532, 537)}  # of each class


def load() -> Dataset:
    """Load UCI HAR: 10,299 windows of 9 channels by 128 samples, its published split in ``official``.

    The prepared file, else the official archive, downloaded once and checked by its contents. Raises LucioleError when
    there is neither and the network is off limits, or the archive is not what it should be.
    """
    if found := prepared("uci_har.npz"):
        path, source = found
        halves = ("train", "test")
        data = arrays(path, *(f"{w}_{h}" for w in ("X", "y", "subject", "source") for h in halves), "scale")
        return _dataset(
            np.concatenate([data[f"X_{half}"] for half in halves]).transpose(0, 2, 1)
            * data["scale"].astype(np.float32)[:, None],
            [data[f"y_{half}"] for half in halves],
            np.concatenate([data[f"subject_{half}"] for half in halves]),
            np.concatenate([data[f"source_{half}"][:, 0] for half in halves]),
            source,
        )
    return read_archive(_download())


def to_download() -> int:
    """Bytes that :func:`load` would download here, about; 0 where a source is at hand."""
    return 0 if prepared("uci_har.npz") or (files.cache() / ARCHIVE).exists() else SIZE


def _download() -> Path:
    path = files.cache() / ARCHIVE
    if path.exists():
        return path
    if files.offline():
        raise LucioleError(
            "UCI HAR is not here and LUCIOLE_OFFLINE is set; run `luciole fetch`, or put uci_har.npz in the folder "
            "LUCIOLE_DATA names, or use load('seglearn')"
        )
    import pooch  # only where something is downloaded

    try:
        # No digest is pinned, for none could be taken from the source; read_archive checks the contents instead.
        got = Path(pooch.retrieve(URL, known_hash=None, path=files.cache(), fname="uci_har_download.zip"))
        read_archive(got)
    except (OSError, ValueError) as error:
        raise LucioleError(f"UCI HAR cannot be fetched from {URL} ({error}); use load('seglearn') meanwhile") from error
    return got.replace(path)


def read_archive(path: Path) -> Dataset:
    """Read the official archive (or the archive inside it), and check counts, subjects and shapes.

    Raises LucioleError naming what is not as published.
    """
    try:
        with zipfile.ZipFile(path) as outer:
            inner = [name for name in outer.namelist() if name.endswith("UCI HAR Dataset.zip")]
            with zipfile.ZipFile(io.BytesIO(outer.read(inner[0])) if inner else path) as archive:
                names = {name.split("UCI HAR Dataset/")[-1]: name for name in archive.namelist()}

                def numbers(name: str) -> NDArray[np.float32]:
                    return np.loadtxt(io.BytesIO(archive.read(names[name])), dtype=np.float32, ndmin=1)

                y = [numbers(f"{half}/y_{half}.txt").astype(np.int64) - 1 for half in COUNTS]
                subject = [numbers(f"{half}/subject_{half}.txt").astype(np.int64) for half in COUNTS]
                X = [
                    np.stack([numbers(f"{half}/Inertial Signals/{c}_{half}.txt") for c in CHANNELS], axis=1)
                    for half in COUNTS
                ]
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise LucioleError(f"{path}: expected the archive of UCI HAR, cannot read it: {error}; delete it") from error
    for half, labels, people, windows in zip(COUNTS, y, subject, X, strict=True):
        counts = tuple(int((labels == number).sum()) for number in range(len(CLASSES)))
        if counts != COUNTS[half] or windows.shape != (sum(counts), len(CHANNELS), 128):
            raise LucioleError(f"{path}: expected {COUNTS[half]} {half} windows a class, got {counts}, {windows.shape}")
        if set(people.tolist()) != set(TEST_SUBJECTS if half == "test" else range(1, 31)) - set(
            TEST_SUBJECTS if half == "train" else ()
        ):
            raise LucioleError(
                f"{path}: the {half} subjects are not the published ones: {sorted(set(people.tolist()))}"
            )
    people = np.concatenate(subject)
    # the archive does not say which experiment a window is from: a subject counts as one recording
    return _dataset(np.concatenate(X), y, people, people, "official archive of UCI HAR, checked by its contents")


def _dataset(X: NDArray, y: list[NDArray], subject: NDArray, recording: NDArray, source: str) -> Dataset:
    return Dataset(
        name="uci_har",
        X=X,
        y=np.concatenate(y),
        class_names=CLASSES,
        channel_names=CHANNELS,
        hz=50.0,
        subject=subject,
        recording=recording,
        official=np.repeat([TRAIN, TEST], [len(half) for half in y]),
        source=source,
        licence=LICENCE,
    )
