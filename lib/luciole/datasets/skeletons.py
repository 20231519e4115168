"""Skeletons seen by a depth camera, continuous: UTKinect-Action3D, and OAD from its own folders.

* UTKinect-Action3D (Xia, Chen and Aggarwal, CVPR Workshops 2012): 20 joints, 10 subjects, 20 videos that hold ten
  actions each; it stands in for OAD, whose files are not to be had here.
* OAD (Li et al., "Online Human Action Detection using Joint Classification-Regression Recurrent Neural Networks",
  ECCV 2016): 25 joints, 59 sequences, 10 actions, published split by sequence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.datasets.sources import arrays, prepared
from luciole.datasets.windows import cut, majority
from luciole.errors import LucioleError

OAD_ACTIONS = (
    "sweeping",
    "gargling",
    "opening cupboard",
    "washing hands",
    "eating",
    "writing",
    "wiping",
    "drinking",
    "opening microwave oven",
    "throwing trash",
)
OAD_TRAIN = (1, 2, 3, 4, 7, 8, 9, 14, 15, 16, 18, 19, 20, 22, 23, 24, 25, 32, 33, 34, 35, 37, 38, 39, 49, 50, 51,
             54, 57, 58)  # fmt: skip
OAD_TEST = (0, 10, 13, 17, 21, 26, 27, 28, 29, 36, 40, 41, 42, 43, 44, 45, 52, 53, 55, 56)


@dataclass(frozen=True)
class Video:
    """One continuous sequence of skeletons."""

    subject: int  # the sequence itself where nobody is named (OAD)
    number: int
    joints: NDArray[np.float32]  # (frames, joints, 3), metres; NaN where the camera lost somebody
    labels: NDArray[np.int64]  # (frames,) class from 0, -1 for background


def utkinect_videos() -> Iterator[Video]:
    """Give the 20 continuous videos of UTKinect-Action3D; LucioleError when the prepared file is not there."""
    data, _ = _utkinect()
    for number, (subject, trial, first, rows) in enumerate(data["videos"]):
        labels = np.full(rows, -1, dtype=np.int64)
        inside = data["sequences"][(data["sequences"][:, 1] == subject) & (data["sequences"][:, 2] == trial)]
        for action, _, _, start, count, _, _ in inside:
            labels[start - first : start - first + count] = action
        yield Video(int(subject), number, data["joints"][first : first + rows], labels)


def utkinect(frames: int = 16, hop: int = 4) -> Dataset:
    """Load UTKinect as windows of ``frames``, channels being joint by joint x, y, z relative to the hip centre.

    Windows with background as their majority are left out. The rate is the camera's, not regular: ``hz`` is None.
    """
    data, source = _utkinect()
    names = tuple(f"joint{joint}_{axis}" for joint in range(data["joints"].shape[1]) for axis in "xyz")
    actions = tuple(str(name) for name in data["class_names"])
    return _windows("utkinect", list(utkinect_videos()), frames, hop, actions, names, source)


def _utkinect() -> tuple[dict[str, NDArray], str]:
    found = prepared("utkinect_action3d.npz")
    if found is None:
        raise LucioleError("UTKinect needs the prepared file utkinect_action3d.npz in the folder LUCIOLE_DATA names")
    path, source = found
    return arrays(path, "joints", "videos", "sequences", "class_names"), source


def oad_videos(folder: Path) -> Iterator[Video]:
    """Give the sequences of OAD's own folders: ``N/label/label.txt`` and one ``N/skeleton/FRAME.txt`` a frame.

    A label file names an action on a line and its first and last frames on the lines below; a skeleton file holds 75
    numbers, x, y, z of 25 joints. A frame with another count of numbers is missing (NaN). Raises LucioleError naming
    file and line.
    """
    sequences = sorted((path for path in folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))
    if not sequences:
        raise LucioleError(f"{folder}: expected OAD's folders 0, 1, 2, ... with label/ and skeleton/, got none")
    for sequence in sequences:
        found = {int(path.stem): path for path in (sequence / "skeleton").glob("*.txt") if path.stem.isdigit()}
        if not found:
            raise LucioleError(f"{sequence}: expected skeleton files skeleton/FRAME.txt, got none")
        joints = np.full((max(found) + 1, 25, 3), np.nan, dtype=np.float32)
        for frame, path in found.items():
            values = path.read_text().split()
            if len(values) == 75:
                joints[frame] = _floats(path, values).reshape(25, 3)
        labels = _oad_labels(sequence / "label" / "label.txt", len(joints))
        yield Video(int(sequence.name), int(sequence.name), joints, labels)


def _floats(path: Path, values: list[str]) -> NDArray[np.float32]:
    try:
        return np.array([float(value) for value in values], dtype=np.float32)
    except ValueError as error:
        raise LucioleError(f"{path}: expected 75 numbers ({error})") from error


def _oad_labels(path: Path, frames: int) -> NDArray[np.int64]:
    if not path.exists():
        raise LucioleError(f"{path}: expected OAD's label file, there is none")
    labels, action = np.full(frames, -1, dtype=np.int64), -1
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if not words[0].isdigit():
            name = " ".join(words).lower()
            if name not in OAD_ACTIONS:
                raise LucioleError(f"{path}, line {number}: expected one of {', '.join(OAD_ACTIONS)}, got {name!r}")
            action = OAD_ACTIONS.index(name)
        elif len(words) != 2 or not words[1].isdigit() or action < 0:
            raise LucioleError(
                f"{path}, line {number}: expected the first and last frame of a named action, got {line!r}"
            )
        else:
            labels[int(words[0]) : int(words[1]) + 1] = action
    return labels


def oad(folder: Path, frames: int = 40, hop: int = 4) -> Dataset:
    """Load OAD from its own folders as windows of ``frames``, its published split in ``official``.

    Sequences of neither published list are left out, as the authors of STIE do.
    """
    videos = [video for video in oad_videos(folder) if video.number in OAD_TRAIN + OAD_TEST]
    names = tuple(f"joint{joint}_{axis}" for joint in range(25) for axis in "xyz")
    dataset = _windows("oad", videos, frames, hop, OAD_ACTIONS, names, f"OAD folders in {folder}")
    assert dataset.recording is not None
    object.__setattr__(dataset, "official", np.where(np.isin(dataset.recording, OAD_TEST), TEST, TRAIN).astype(np.int8))
    return dataset


def _windows(
    name: str,
    videos: list[Video],
    frames: int,
    hop: int,
    actions: tuple[str, ...],
    channels: tuple[str, ...],
    source: str,
) -> Dataset:
    """Cut videos into windows of coordinates relative to the first joint (the hip centre); lost frames are dropped."""
    X, y, subject, recording, missing = [], [], [], [], 0
    for video in videos:
        relative = (video.joints - video.joints[:, :1]).reshape(len(video.joints), -1)
        pieces, labels = cut(relative, frames, hop), majority(video.labels, frames, hop)
        whole = np.isfinite(pieces).all(axis=(1, 2))
        missing += int((~np.isfinite(video.joints)).sum())
        kept = whole & (labels >= 0)
        X.append(pieces[kept])
        y.append(labels[kept])
        subject.append(np.full(kept.sum(), video.subject))
        recording.append(np.full(kept.sum(), video.number))
    return Dataset(
        name=name,
        X=np.concatenate(X),
        y=np.concatenate(y),
        class_names=actions,
        channel_names=channels,
        subject=np.concatenate(subject),
        recording=np.concatenate(recording),
        source=source,
        licence="not stated in the copies read; cite the paper named in luciole.datasets.skeletons",
        missing=missing,
    )
