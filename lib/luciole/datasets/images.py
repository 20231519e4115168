"""Images: MNIST, Fashion-MNIST, CIFAR-10, and scikit-learn's digits for when there is nothing else.

Each is a :class:`Dataset` with X of shape (n, channels, height, width), values 0..1, and its published split.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole.datasets.dataset import TEST, TRAIN, VALIDATION, Dataset
from luciole.datasets.sources import arrays, prepared
from luciole.errors import LucioleError, extra

FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # of Debian's package dataset-fashion-mnist
FASHION_CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
DIGITS = tuple("0123456789")


def mnist() -> Dataset:
    """Load MNIST (60,000 and 10,000 grey images of 28x28) from the prepared file; LucioleError when it is not there."""
    path, source = _need("mnist.npz", "MNIST")
    data = arrays(path, "X_train", "y_train", "X_test", "y_test")
    X = np.concatenate([data["X_train"], data["X_test"]])[:, None]
    y = np.concatenate([data["y_train"], data["y_test"]])
    official = np.repeat([TRAIN, TEST], [len(data["y_train"]), len(data["y_test"])])
    return _images("mnist", X, y, DIGITS, official, source, "LeCun, Cortes and Burges")


def fashion(folder: Path = FASHION_FOLDER) -> Dataset:
    """Load Fashion-MNIST from the four IDX files of Debian's package; LucioleError when it is not installed."""
    if not folder.is_dir():
        raise LucioleError(
            f"Fashion-MNIST comes with Debian's package dataset-fashion-mnist ({folder}); "
            "install it, or use load('digits')"
        )
    halves = [(read_idx(folder / f"{part}-images-idx3-ubyte.gz"), read_idx(folder / f"{part}-labels-idx1-ubyte.gz"))
              for part in ("train", "t10k")]  # fmt: skip
    X = np.concatenate([images for images, _ in halves])[:, None]
    y = np.concatenate([labels for _, labels in halves])
    official = np.repeat([TRAIN, TEST], [len(labels) for _, labels in halves])
    return _images(
        "fashion", X, y, FASHION_CLASSES, official, "Debian's dataset-fashion-mnist", "MIT; Xiao et al. 2017"
    )


def cifar10() -> Dataset:
    """Load the prepared subset of CIFAR-10: 10,000 training, 2,000 validation and 1,017 official test images."""
    path, source = _need("cifar10_subset.npz", "CIFAR-10")
    parts = ("train", "val", "test")
    data = arrays(path, *(f"{what}_{part}" for what in "Xy" for part in parts), "class_names")
    X = np.concatenate([data[f"X_{part}"] for part in parts]).transpose(0, 3, 1, 2)
    y = np.concatenate([data[f"y_{part}"] for part in parts])
    official = np.repeat([TRAIN, VALIDATION, TEST], [len(data[f"y_{part}"]) for part in parts])
    names = tuple(str(name) for name in data["class_names"])
    return _images("cifar10", X, y, names, official, source, "cite Krizhevsky 2009")


def digits() -> Dataset:
    """Load scikit-learn's 1,797 digits of 8x8, which come with the package; no published split.

    >>> digits().X.shape
    (1797, 1, 8, 8)
    """
    with extra("search"):
        from sklearn.datasets import load_digits  # slow to import, and needed by nothing else

    X, y = load_digits(return_X_y=True)
    return _images(
        "digits", X.reshape(-1, 1, 8, 8) * (255 / 16), y, DIGITS, None, "installed package scikit-learn", "BSD-3"
    )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of bytes (the format of MNIST); LucioleError names a file that is not one."""
    try:
        with gzip.open(path) as file:
            zero, kind, dimensions = struct.unpack(">HBB", file.read(4))
            shape = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
            values = np.frombuffer(file.read(), dtype=np.uint8)
        if zero != 0 or kind != 8 or len(values) != np.prod(shape):
            raise LucioleError(f"{path}: expected an IDX file of bytes, got type {kind} and {len(values)} values")
        return values.reshape(shape)
    except (OSError, EOFError, struct.error) as error:
        raise LucioleError(f"{path}: expected a gzipped IDX file, cannot read it: {error}") from error


def _need(name: str, title: str) -> tuple[Path, str]:
    found = prepared(name)
    if found is None:
        raise LucioleError(
            f"{title} needs the prepared file {name} in the folder LUCIOLE_DATA names, or use load('digits')"
        )
    return found


def _images(
    name: str, X: NDArray, y: NDArray, classes: tuple[str, ...], official: NDArray | None, source: str, licence: str
) -> Dataset:
    channels = ("red", "green", "blue") if X.shape[1] == 3 else ("grey",)
    return Dataset(
        name,
        np.divide(X, 255, dtype=np.float32),
        y,
        classes,
        channels,
        recording=np.arange(len(X)),
        official=official,
        source=source,
        licence=licence,
    )
