"""Skeleton videos as continuous recordings in which most frames are of no action: what recognising online is about.

Windows cut from a video by :mod:`luciole.datasets.skeletons` leave the background out. Here background is a class of
its own, the last, and a window is labelled by the frames that end it, since a recogniser can know no later ones.

>>> joints = np.zeros((6, 2, 3), dtype=np.float32)
>>> joints[2] = np.nan  # the camera lost somebody
>>> video = Video(subject=1, number=0, joints=joints, labels=np.array([-1, -1, 0, 0, 0, -1]))
>>> (stream,) = streams([video], classes=1)
>>> stream.signal.shape, stream.labels.tolist()
((6, 6), [1, 1, 0, 0, 0, 1])
>>> windows([stream], ("wave",), frames=4, hop=2).y.tolist()
[0, 0]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import Dataset
from luciole.datasets.skeletons import Video
from luciole.datasets.windows import cut, majority
from luciole.errors import LucioleError

BACKGROUND = "background"


@dataclass(frozen=True)
class Stream:
    """One continuous recording of a skeleton."""

    subject: int
    number: int
    signal: NDArray[np.float32]  # (frames, 3 joints): joint by joint x, y, z relative to the first joint, in metres
    labels: NDArray[np.int64]  # (frames,), background being the class after the last action


def streams(videos: Iterable[Video], classes: int) -> list[Stream]:
    """Turn videos of ``classes`` actions into streams; a lost frame repeats the last one seen (the first, the next).

    Raises LucioleError for a video in which no frame is whole.
    """
    found = []
    for video in videos:
        relative = (video.joints - video.joints[:, :1]).reshape(len(video.joints), -1)
        whole = np.flatnonzero(np.isfinite(relative).all(axis=1))
        if not len(whole):
            raise LucioleError(f"video {video.number}: expected frames with all joints, got none")
        last = whole[np.maximum(np.searchsorted(whole, np.arange(len(relative)), side="right") - 1, 0)]
        labels = np.where(video.labels < 0, classes, video.labels).astype(np.int64)
        found.append(Stream(video.subject, video.number, relative[last].astype(np.float32), labels))
    return found


def windows(recordings: Sequence[Stream], actions: Sequence[str], frames: int, hop: int) -> Dataset:
    """Cut streams into windows of ``frames``, one every ``hop``, labelled by the majority of their last ``hop`` frames.

    Raises LucioleError for a hop beyond the window.
    """
    if not 1 <= hop <= frames:
        raise LucioleError(f"expected a hop of 1 to {frames} frames, got {hop}")
    pieces = [cut(one.signal, frames, hop) for one in recordings]
    labels = [majority(one.labels[frames - hop :], hop, hop) for one in recordings]
    joints = recordings[0].signal.shape[1] // 3
    return Dataset(
        name="skeleton streams",
        X=np.concatenate(pieces),
        y=np.concatenate(labels),
        class_names=(*actions, BACKGROUND),
        channel_names=tuple(f"joint{joint}_{axis}" for joint in range(joints) for axis in "xyz"),
        subject=np.repeat([one.subject for one in recordings], [len(piece) for piece in pieces]),
        recording=np.repeat([one.number for one in recordings], [len(piece) for piece in pieces]),
    )
