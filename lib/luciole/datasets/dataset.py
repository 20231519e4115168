"""The one shape every data set comes in: labelled windows, who wore the sensor, and from which recording."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError

TRAIN, VALIDATION, TEST = 0, 1, 2  # values of Dataset.official


@dataclass(frozen=True)
class Dataset:
    """Windows of n recorded signals, or n images, with what is needed to split them honestly.

    Raises LucioleError, naming the array, when the arrays do not fit each other.

    >>> two = Dataset("toy", np.zeros((2, 3, 8)), np.array([0, 1]), ("walk", "run"), ("x", "y", "z"), hz=20.0)
    >>> two.X.dtype, two.channels, two.length, two.classes
    (dtype('float32'), 3, 8, 2)
    """

    name: str
    X: NDArray[np.float32]  # (n, channels, time); images are (n, channels, height, width)
    y: NDArray[np.int64]  # (n,) class, from 0
    class_names: tuple[str, ...]
    channel_names: tuple[str, ...]
    hz: float | None = None  # samples a second; None where time has no unit (images)
    subject: NDArray[np.int64] | None = None  # (n,) who; None where unknown
    recording: NDArray[np.int64] | None = None  # (n,) windows that share samples or minutes; of one subject each
    official: NDArray[np.int8] | None = None  # (n,) TRAIN, VALIDATION or TEST of the published split
    source: str = ""  # where it was read: one line
    licence: str = ""  # terms and paper to cite: one line
    missing: int = 0  # values that were missing in the source and were filled or dropped

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "X", np.ascontiguousarray(self.X, dtype=np.float32))
        set_(self, "y", np.asarray(self.y, dtype=np.int64))
        n = len(self.X)
        if self.X.ndim not in (3, 4) or n == 0:
            raise LucioleError(f"{self.name}: expected X of shape (n, channels, time), got {self.X.shape}")
        for label, kind in (("subject", np.int64), ("recording", np.int64), ("official", np.int8)):
            if getattr(self, label) is not None:
                set_(self, label, np.asarray(getattr(self, label), dtype=kind))
        for label in ("y", "subject", "recording", "official"):
            array = getattr(self, label)
            if array is not None and array.shape != (n,):
                raise LucioleError(
                    f"{self.name}: expected {label} of shape ({n},) as X has {n} windows, got {array.shape}"
                )
        if self.y.min() < 0 or self.y.max() >= len(self.class_names):
            raise LucioleError(
                f"{self.name}: expected classes 0..{len(self.class_names) - 1}, got {self.y.min()}..{self.y.max()}"
            )
        if len(self.channel_names) != self.X.shape[1]:
            raise LucioleError(f"{self.name}: expected {self.X.shape[1]} channel names, got {len(self.channel_names)}")
        if self.subject is not None and self.recording is not None:
            refuse_shared(self.name, self.subject, self.recording)

    def __len__(self) -> int:
        return len(self.X)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.X.shape[1])

    @property
    def length(self) -> int:
        """Samples of a window (pixels of a row, for images)."""
        return int(self.X.shape[-1])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def take(self, rows: NDArray) -> "Dataset":
        """Return the windows ``rows`` (indices or mask) as a data set of their own."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            X=self.X[rows],
            y=self.y[rows],
            subject=None if self.subject is None else self.subject[rows],
            recording=None if self.recording is None else self.recording[rows],
            official=None if self.official is None else self.official[rows],
        )

    def describe(self) -> str:
        """One line: sizes, rate, subjects, missing values and source."""
        who = f", {len(np.unique(self.subject))} subjects" if self.subject is not None else ""
        rate = f" at {self.hz:g} Hz" if self.hz else ""
        lost = f", {self.missing} missing values" if self.missing else ""
        kind = "windows" if self.X.ndim == 3 else "images"
        shape = " x ".join(str(side) for side in self.X.shape[1:])
        return f"{self.name}: {len(self)} {kind} of {shape}{rate}, {self.classes} classes{who}{lost} ({self.source})"


def refuse_shared(name: str, subject: NDArray, recording: NDArray) -> None:
    """Raise LucioleError where a recording holds two subjects, whose windows could stand on both sides of a split.

    Parts keep people apart, and windows of one recording share samples or minutes.

    >>> refuse_shared("toy", np.array(["lea", "tom"]), np.array([1, 2]))
    """
    _, first, place = np.unique(recording, return_index=True, return_inverse=True)
    other = subject != subject[first][place]
    if other.any():
        row = int(np.argmax(other))
        raise LucioleError(
            f"{name}: expected recordings of one subject each, got {subject[first[place[row]]]} and {subject[row]} in "
            f"recording {recording[row]}; number the recordings of all subjects apart, or leave `recording` out"
        )
