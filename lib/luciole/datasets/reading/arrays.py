"""Windows that are already cut, in an ``.npz``: ``X``, ``y``, and what else there is.

=================  =======================  ==================================================================
array              shape                    meaning
=================  =======================  ==================================================================
``X``              (n, channels, time)      windows; (n, time, channels) is recognised, or asked about
``y``              (n,)                     class of each: whole numbers or texts
``subject``        (n,), optional           who; whole numbers or texts. Without it, ``recording`` is needed to split
``recording``      (n,), optional           windows that share samples or minutes have the same number
``hz``             one number, optional     samples a second
``channel_names``  (channels,), optional    texts
``class_names``    (classes,), optional     texts; without it, the values of ``y``
=================  =======================  ==================================================================

``X_train``, ``y_train``, ``X_test``, ``y_test`` (and ``subject_train`` …, ``X_val`` …) are the parts of an
official split.
"""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, TRAIN, VALIDATION, refuse_shared
from luciole.datasets.reading.account import GUESS, HARM, LOSS, Account, Recordings
from luciole.datasets.reading.options import Options
from luciole.datasets.reading.recordings import whole
from luciole.errors import LucioleError

PARTS = {"train": TRAIN, "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "test": TEST}
_COUNTED = 8  # fewer samples than this are no window, whatever their smoothness


def read(path: Path, options: Options) -> Recordings:
    """Read windows from an ``.npz`` as the table above describes.

    Raises LucioleError naming the file, the array, and the first bad place in it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise LucioleError(
            f"{path}: expected an .npz of plain arrays (no Python objects), cannot read it: {error}"
        ) from error
    return windows(path, data, options, Account())


def windows(path: Path, data: dict[str, NDArray], options: Options, account: Account) -> Recordings:
    """Check arrays of windows and make a data set of them."""
    data, official = _parts(data)
    data = {_ALIASES.get(name, name): array for name, array in data.items()}
    for name in ("X", "y"):
        if name not in data:
            raise LucioleError(f"{path}: expected an array {name!r}, got {', '.join(data) or 'none'}")
    X = data["X"]
    if X.ndim != 3 or not np.issubdtype(X.dtype, np.number):
        raise LucioleError(f"{path}: expected X as numbers of shape (n, channels, time), got {X.dtype} {X.shape}")
    for name in ("y", "subject", "recording"):
        if name in data and data[name].shape != (len(X),):
            raise LucioleError(
                f"{path}: expected {name} of shape ({len(X)},) as X has {len(X)} windows, got {data[name].shape}"
            )
    hz = _rate(path, data, options, account)
    X = _time_last(path, X, data.get("channel_names"), options, account)
    y, names = _classes(data["y"], f"{path}: y")
    if "class_names" in data and np.issubdtype(data["y"].dtype, np.integer):
        y, names = data["y"].astype(np.int64), tuple(str(name) for name in data["class_names"])
    bad = ~np.isfinite(X).all(axis=(1, 2))
    if bad.all():
        raise LucioleError(f"{path}: expected windows of finite numbers, got none; the first bad one is X[0]")
    missing = int((~np.isfinite(X)).sum())
    if missing:
        account.say(LOSS, f"{int(bad.sum())} windows with {missing} values that are missing or infinite")
    if "subject" not in data:
        parts = "the official parts" if official is not None else "the parts"
        account.say(
            HARM,
            f"nobody is named (no array 'subject'): the same person may stand on both sides of {parts}, and an "
            "estimate for new people is too good",
        )
    who, people = _numbers(data["subject"]) if "subject" in data else (None, ())
    recording = _numbers(data["recording"])[0] if "recording" in data else None
    if who is not None and recording is not None:
        refuse_shared(str(path), data["subject"], data["recording"])
    channels = tuple(str(name) for name in data.get("channel_names", [f"channel {i}" for i in range(X.shape[1])]))
    read_ = Recordings(
        name=path.stem,
        X=X[~bad],
        y=y[~bad],
        class_names=names,
        channel_names=channels,
        hz=hz,
        subject=who[~bad] if who is not None else None,
        recording=recording[~bad] if recording is not None else None,
        official=official[~bad] if official is not None else None,
        source=f"own file {path.name}",
        licence="your own",
        missing=missing,
        account=account,
        people=people,
    )
    if len(set(read_.y)) < 2:
        raise LucioleError(
            f"{path}: y: expected whole numbers or texts of two classes or more, got only {data['y'][~bad][0]!s}"
        )
    return read_


_ALIASES = {"x": "X", "data": "X", "windows": "X", "labels": "y", "label": "y", "Y": "y", "subjects": "subject",
            "person": "subject", "groups": "subject", "fs": "hz", "sampling_rate": "hz", "rate": "hz"}  # fmt: skip


def _parts(data: dict[str, NDArray]) -> tuple[dict[str, NDArray], NDArray[np.int8] | None]:
    """Put the parts of an official split one after the other, where the arrays come in parts."""
    found = [part for part in PARTS if f"X_{part}" in data and f"y_{part}" in data]
    if "X" in data or not found:
        return data, None
    together = {
        name: np.concatenate([data[f"{name}_{part}"] for part in found])
        for name in ("X", "y", "subject", "recording")
        if all(f"{name}_{part}" in data for part in found)
    }
    sizes = [len(data[f"X_{part}"]) for part in found]
    official = np.repeat(np.array([PARTS[part] for part in found], dtype=np.int8), sizes)
    rest = {name: array for name, array in data.items() if name.split("_")[-1] not in PARTS}
    return {**rest, **together}, official


def _rate(path: Path, data: dict[str, NDArray], options: Options, account: Account) -> float | None:
    if "hz" in data and (
        data["hz"].size != 1 or not np.issubdtype(data["hz"].dtype, np.number) or data["hz"].item() <= 0
    ):
        raise LucioleError(f"{path}: expected hz as one number above 0, got {data['hz']}")
    if options.hz is None and "hz" not in data:
        account.say(HARM, "no rate: nothing is said in seconds; give it as hz=50")
        return None
    told = float(data["hz"].item()) if "hz" in data else options.hz
    if options.hz is not None and abs(float(told or 0) / options.hz - 1) > 0.01:
        raise LucioleError(
            f"{path}: expected the rate {told:g} Hz that the file states, got hz={options.hz:g}; leave it out"
        )
    return told


def _time_last(path: Path, X: NDArray, channel_names: NDArray | None, options: Options, account: Account) -> NDArray:
    """Windows as (n, channels, time): which axis is time follows from names, or from where the signal is smooth."""
    a, b = X.shape[1:]
    count = len(channel_names) if channel_names is not None else None
    if len(options.channels) == 1 and options.channels[0].isdigit():
        count = int(options.channels[0])
        if count not in (a, b):
            raise LucioleError(f"{path}: expected channels={a} or channels={b}, as X is {X.shape}, got {count}")
    if count is not None and (count == a or count != b):
        return X
    along, across = (_rough(X, axis) for axis in (1, 2))
    turned = count == b or (a > b and a >= _COUNTED and along < 0.7 * across)
    if turned:
        account.say(GUESS, f"X is (windows, time, channels): read as {b} channels of {a} samples")
        return X.transpose(0, 2, 1)
    if count is None and ((a > b and a >= _COUNTED and not across < 0.7 * along) or (a >= 16 and along < 0.3 * across)):
        raise LucioleError(
            f"{path}: expected X of shape (n, channels, time), got {X.shape}: is it (n, time, channels)? Say "
            f"channels={b} if so, channels={a} if not"
        )
    return X


def _rough(X: NDArray, axis: int) -> float:
    """How far neighbours along an axis lie apart, beside the spread of all: small along time."""
    some = np.nan_to_num(np.asarray(X[:: max(1, len(X) // 500)], dtype=np.float64), posinf=0, neginf=0)
    other = 3 - axis
    some = some - some.mean(axis=(0, axis), keepdims=True)  # a channel's own level says nothing
    if some.shape[axis] < 2:
        return np.inf
    scale = some.std(axis=(0, axis) if other else None, keepdims=True)
    some = some / np.where(scale > 0, scale, 1)
    return float(np.sqrt(np.mean(np.diff(some, axis=axis) ** 2)))


def _classes(labels: NDArray, what: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number the classes from 0 in the order of their names; whole numbers stored as broken ones are whole."""
    if np.issubdtype(labels.dtype, np.floating) and np.isfinite(labels).all() and (labels == np.round(labels)).all():
        labels = labels.astype(np.int64)
    if labels.dtype == bool:
        labels = labels.astype(np.int64)
    if not (np.issubdtype(labels.dtype, np.integer) or labels.dtype.kind in "US"):
        raise LucioleError(f"{what}: expected classes as whole numbers or texts, got {labels.dtype}")
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    if labels.dtype.kind == "U":
        labels = np.char.strip(labels)
        if all(str(name).lstrip("-").isdigit() for name in np.unique(labels)):
            labels = labels.astype(np.int64)
    names, y = np.unique(labels, return_inverse=True)
    return y.astype(np.int64), tuple(str(name) for name in names)


def _numbers(names: NDArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Whole numbers as they are; texts numbered in their order, with the texts."""
    if np.issubdtype(names.dtype, np.floating) and np.isfinite(names).all() and (names == np.round(names)).all():
        names = names.astype(np.int64)
    if np.issubdtype(names.dtype, np.integer):
        return names.astype(np.int64), ()
    texts, at = np.unique(whole(names.astype(str).astype(object)).astype(str), return_inverse=True)
    return at.astype(np.int64), tuple(texts)
