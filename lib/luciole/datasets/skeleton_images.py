"""Skeleton sequences as images: STIE and ESTIE, whole arrays at a time.

A window of F frames of J joints becomes a picture whose rows are joints, whose columns are frames and whose red, green
and blue are x, y and z::

    >>> rng = np.random.default_rng(0)
    >>> windows = rng.normal(size=(2, 40, 20, 3)).astype(np.float32)  # (n, frames, joints, xyz)
    >>> stie(windows).shape, estie(windows).shape
    ((2, 20, 40, 3), (2, 40, 40, 3))

* STIE: each coordinate is stretched to 0..255 over the whole window, its least value to 0 and its greatest to 255,
  rounded down; the joints stand in an order that walks over the body, so that neighbouring rows are neighbours there.
* ESTIE: a second picture of the same, bleached to white where a joint is still, is put above the first.

Sources: Mokhtari, Nédélec and De Loor, "Human Activity Recognition: A Spatio-temporal Image Encoding of 3D Skeleton
Data for Online Action Detection", VISAPP 2022 (STIE), and the enhanced encoding of ICMLA 2023 (ESTIE), as the code
released with them has it; written anew from a description of that code, which was made for the 25 joints of the second
Kinect. The order for the 20 joints of the first one (UTKinect-Action3D) is the same walk without the joints that
it lacks: hand tips, thumbs, and the neck.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from luciole.datasets.dataset import Dataset
from luciole.datasets.skeletons import Video, utkinect_videos
from luciole.errors import LucioleError

FRAMES = 40  # of a window, as released
UTKINECT_ACTIONS = (
    "walk", "sitDown", "standUp", "pickUp", "carry", "throw", "push", "pull", "waveHands", "clapHands",
)  # fmt: skip

# left foot, ankle, knee, hip; hip centre; left hand to shoulder; between the shoulders, head; right shoulder to hand;
# spine; right hip to foot: numbers of the joints in the camera's own order
FOOT_TO_FOOT = {
    20: (15, 14, 13, 12, 0, 7, 6, 5, 4, 2, 3, 8, 9, 10, 11, 1, 16, 17, 18, 19),
    25: (15, 14, 13, 12, 0, 21, 22, 7, 6, 5, 4, 20, 3, 2, 8, 9, 10, 11, 24, 23, 1, 16, 17, 18, 19),
}


def _checked(windows: NDArray) -> NDArray:
    if windows.ndim != 4 or windows.shape[3] != 3 or windows.shape[1] < 2:
        raise LucioleError(f"expected windows (n, at least 2 frames, joints, 3), got {windows.shape}")
    if windows.shape[2] not in FOOT_TO_FOOT:
        raise LucioleError(f"expected 20 or 25 joints, those of the two Kinects, got {windows.shape[2]}")
    if not np.isfinite(windows).all():
        raise LucioleError("expected windows without missing joints; leave those with NaN out")
    return windows


def _stretched(values: NDArray, axes: tuple[int, ...]) -> NDArray:
    """Bring values to 0..1 over ``axes``; those that do not vary become 0."""
    low = values.min(axis=axes, keepdims=True)
    span = values.max(axis=axes, keepdims=True) - low
    return (values - low) / np.where(span > 0, span, 1)


def stie(windows: NDArray) -> NDArray[np.uint8]:
    """Encode windows (n, frames, joints, 3) as images (n, joints, frames, 3).

    Raises LucioleError for another shape, a number of joints without an order, or missing joints.

    >>> still = np.zeros((1, 40, 20, 3), dtype=np.float32)
    >>> still[0, 0, 15] = 1  # the left foot of the first frame: the first row, the first column
    >>> stie(still)[0, 0, :2, 0]
    array([255,   0], dtype=uint8)
    """
    order = FOOT_TO_FOOT[_checked(windows).shape[2]]
    stretched = np.floor(255 * _stretched(windows, (1, 2))).astype(np.uint8)
    return np.ascontiguousarray(stretched[:, :, order].transpose(0, 2, 1, 3))


def motion_energy(windows: NDArray) -> NDArray:
    """How much each joint moves at each frame, from 0 (its stillest moment) to 1: (n, frames, joints).

    The mean distance to where it was a frame before and to where it is a frame later (at the ends of the window, the
    one there is), stretched to 0..1 joint by joint over the window. A joint that moves evenly, or never, has 0.
    """
    step = np.linalg.norm(np.diff(_checked(windows), axis=1), axis=3)  # (n, frames - 1, joints)
    mean = np.concatenate([step[:, :1], (step[:, 1:] + step[:, :-1]) / 2, step[:, -1:]], axis=1)
    return _stretched(mean, (1,))


def estie(windows: NDArray, rho: float = 1.0) -> NDArray[np.uint8]:
    """Encode windows (n, frames, joints, 3) as images (n, 2 joints, frames, 3), the bleached picture above STIE's.

    A pixel of weight w becomes w times itself and 1 - w times white, w = rho energy + 1 - rho; ``rho`` (0 to 1) is how
    far stillness bleaches, 0 not at all. Raises LucioleError as :func:`stie`, and for another rho.
    """
    if not 0 <= rho <= 1:
        raise LucioleError(f"expected rho from 0 to 1, got {rho}")
    plain = stie(windows)
    order = FOOT_TO_FOOT[windows.shape[2]]
    weight = (rho * motion_energy(windows) + (1 - rho))[:, :, order].transpose(0, 2, 1)[..., None]
    bleached = np.floor(plain * weight + 255 * (1 - weight)).astype(np.uint8)
    return np.concatenate([bleached, plain], axis=1)


ENCODINGS: dict[str, Callable[[NDArray], NDArray[np.uint8]]] = {"STIE": stie, "ESTIE": estie}


def windows(video: Video, frames: int = FRAMES, hop: int = 1) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Cut a video into windows (n, frames, joints, 3) and the action at the middle frame of each, (n,).

    The middle frame is frame ``frames // 2`` counted from 0, so that a window is complete ``frames - frames // 2 - 1``
    frames after the frame that it is judged by: the least delay of who recognises so. Windows whose middle frame has
    no action, and windows with a missing joint, are left out, as released.

    >>> video = Video(1, 0, np.zeros((6, 20, 3), np.float32), np.array([-1, -1, 0, 1, 1, 1]))
    >>> windows(video, frames=4)[1].tolist()
    [0, 1, 1]
    """
    if len(video.joints) < frames:
        return np.empty((0, frames, *video.joints.shape[1:]), np.float32), np.empty(0, np.int64)
    cut = sliding_window_view(video.joints, frames, axis=0)[::hop].transpose(0, 3, 1, 2)  # (n, frames, joints, 3)
    middle = video.labels[frames // 2 :: hop][: len(cut)]
    kept = (middle >= 0) & np.isfinite(cut).all(axis=(1, 2, 3))
    return cut[kept].astype(np.float32), middle[kept].astype(np.int64)


def encoded(
    encoding: str, hop: int, videos: Iterable[Video] | None = None, actions: tuple[str, ...] = UTKINECT_ACTIONS
) -> Dataset:
    """Return the encoded windows of videos, UTKinect-Action3D's if none are given, as images (n, 3, rows, columns).

    ``encoding`` is a name of ``ENCODINGS``. Values are 0 to 1; subject and recording come with every image. Raises
    LucioleError for another encoding, or where the videos are not at hand.
    """
    if encoding not in ENCODINGS:
        raise LucioleError(f"expected an encoding among {', '.join(ENCODINGS)}, got {encoding!r}")
    X, y, subject, recording = [], [], [], []
    for video in utkinect_videos() if videos is None else videos:
        pieces, labels = windows(video, hop=hop)
        X.append(ENCODINGS[encoding](pieces).transpose(0, 3, 1, 2) / np.float32(255))
        y.append(labels)
        subject.append(np.full(len(labels), video.subject))
        recording.append(np.full(len(labels), video.number))
    return Dataset(
        name=encoding,
        X=np.concatenate(X),
        y=np.concatenate(y),
        class_names=actions,
        channel_names=("x", "y", "z"),
        subject=np.concatenate(subject),
        recording=np.concatenate(recording),
        source="prepared file utkinect_action3d.npz" if videos is None else "videos given",
    )
