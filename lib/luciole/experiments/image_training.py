"""Found cells and hand-made networks, trained from scratch by one recipe on small images.

    luciole run image_training

On scikit-learn's 8x8 digits, MNIST and Fashion-MNIST at 14x14 and a part of CIFAR-10 at 16x16 (pixels averaged two by
two), and for each of :data:`SEEDS` seeds:

1. *Search*: luciole as in chapter 5 (its scores, its settings), :data:`SCORED` classes of NAS-Bench-201 scored live on
   the images of the data set. "found here" is its cell; "found on CIFAR-10" the cell of the same seed's search there.
2. *Train*: both cells and a ResNet-like one in one skeleton (8 channels, a cell a stage), beside LeNet-5, a small
   convolutional network and a multilayer perceptron; all by :data:`RECIPE`.

Seconds are processor seconds of training (one thread); joules are an estimate, these times a stated power. What a data
set that is not at hand would give is left out.
"""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import datasets, files, results
from luciole.costs import counts
from luciole.datasets.dataset import TEST
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.har201 import WATTS
from luciole.experiments.nb201_ifa import code
from luciole.networks import Skeleton, build, small_cnn
from luciole.networks.initial import initialise
from luciole.scores import SCORES
from luciole.scores.passes import Passes
from luciole.search import Budget, Objective, luciole
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, nb201
from luciole.training import Recipe, train

log = logging.getLogger("luciole")

DATASETS = {"digits": 1, "mnist": 2, "fashion": 2, "cifar10": 2}  # side of the square of pixels that is averaged
SEEDS = 3
SCORES_USED = ("l2_norm", "synflow", "progressivity")  # those of chapter 5; the last one alone sees the images
SCORED, IMAGES = 60, 16  # classes a search scores, images it sees
LOWEST = -1e9  # stands for a score of minus infinity, among ranks
TRAINED, HELD = 6_000, 1_000  # images to train on, and of each of validation and test, at most
RECIPE = Recipe(epochs=4, batch=64, windows=2_048)
RESNET = nb201.parse("|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|")
MODULES = (  # whose code decides the numbers
    "luciole.datasets.images",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.networks.small_cnn",
    "luciole.scores.aznas",
    "luciole.scores.passes",
    "luciole.scores.saliency",
    "luciole.scores.synflow",
    "luciole.search.luciole",
    "luciole.search.rank_firefly",
    "luciole.spaces.nb201",
    "luciole.training",
)


@cache
def parts(name: str) -> Parts:
    """Training, validation and test images of a data set, made smaller, drawn once for all seeds."""
    data = datasets.load(name)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(data))
    tested = order[: len(data) // 5] if data.official is None else order[data.official[order] == TEST]
    others = np.setdiff1d(order, tested, assume_unique=True)
    others = others[rng.permutation(len(others))]
    held = min(HELD, len(others) // 5)
    side = DATASETS[name]

    def smaller(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        n, channels, height, width = data.X[rows].shape
        blocks = data.X[rows].reshape(n, channels, height // side, side, width // side, side)
        return blocks.mean(axis=(3, 5), dtype=np.float32)

    chosen = {"train": others[held : held + TRAINED], "validation": others[:held], "test": tested[:HELD]}
    pixels = {part: smaller(rows) for part, rows in chosen.items()}
    normal = Normalisation.fit(pixels["train"])
    found = {part: (normal(pixels[part]), data.y[rows]) for part, rows in chosen.items()}
    return Parts(found["train"], found["validation"], found["test"], normal)


def skeleton(name: str) -> Skeleton:
    """What stands around a cell."""
    return Skeleton(inputs=parts(name).train[0].shape[1], width=8, cells=1)


def _generator(*seed: int) -> torch.Generator:
    state = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def found(name: str, seed: int) -> tuple[int, float]:
    """Search on the images of a data set: the index of the cell, and the processor seconds that scoring took."""
    batch = torch.from_numpy(parts(name).train[0][np.random.default_rng(seed).integers(0, 1_000, IMAGES)])
    known: dict[bytes, NDArray[np.float64]] = {}
    spent = 0.0

    def values(rows: Rows) -> NDArray[np.float64]:
        nonlocal spent
        start = time.process_time()
        classes = nb201.canonical(rows)
        for row in classes:
            if row.tobytes() not in known:
                network = build(nb201.prune(row), skeleton(name), _generator(seed, int(nb201.index(row))))
                seen = Passes(network, batch)
                known[row.tobytes()] = np.maximum([SCORES[one].of(seen) for one in SCORES_USED], LOWEST)
        spent += time.process_time() - start
        return np.array([known[row.tobytes()] for row in classes])

    def column(at: int) -> Callable[[Rows], NDArray[np.float64]]:
        return lambda rows: values(rows)[:, at]

    history = luciole.search(
        nb201,
        Objective(column(0), key=nb201.canonical),
        Budget(evaluations=SCORED),
        np.random.default_rng([seed, 5]),
        criteria=[column(at) for at in range(1, len(SCORES_USED))],
    )
    return int(nb201.index(history.best)), spent


def networks(name: str, here: int, there: int, seed: int) -> dict[str, tuple[int, nn.Module]]:
    """The networks of a data set by name, each with the index of its cell (-1: none), with fresh weights."""
    channels, height, width = parts(name).train[0].shape[1:]
    cells = {"found here": here, "ResNet-like cell": int(nb201.index(RESNET))}
    if name != "cifar10":
        cells["found on CIFAR-10"] = there
    made: dict[str, tuple[int, nn.Module]] = {
        label: (cell, build(nb201.all_cells()[cell], skeleton(name), _generator(seed, cell)))
        for label, cell in cells.items()
    }
    plain: dict[str, nn.Module] = {
        "small CNN": small_cnn.small(10, channels, 8),
        "MLP": nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, 128), nn.ReLU(), nn.Linear(128, 10)),
    }
    if min(height, width) >= 12:
        plain["LeNet-5"] = small_cnn.lenet(10, (height, width), channels)
    return made | {label: (-1, initialise(network, _generator(seed))) for label, network in plain.items()}


def shard(task: tuple[str, int]) -> dict[str, NDArray]:
    """Search and train on one data set with one seed."""
    name, seed = task
    data = parts(name)
    here, scoring = found(name, seed)
    there = found("cifar10", seed)[0] if name != "cifar10" else here
    rows = []
    for label, (cell, network) in networks(name, here, there, seed).items():
        size = counts.count(network, data.train[0].shape[1:])
        start = time.process_time()
        record = train(network, data, RECIPE, torch.Generator().manual_seed(seed))
        spent = time.process_time() - start
        accuracy = [float(record.accuracy[part][-1][0]) for part in ("validation", "test")]
        rows.append((label, cell, size.parameters, size.macs, *accuracy, spent))
    columns = ("network", "cell", "params", "macs", "validation", "test", "seconds")
    table = {key: np.array(values) for key, values in zip(columns, zip(*rows, strict=True), strict=True)}
    return table | {"scoring_seconds": np.array(scoring)}


def here() -> list[str]:
    """Names of the data sets that can be read here."""
    readable = []
    for name in DATASETS:
        try:
            datasets.load(name)
            readable.append(name)
        except LucioleError as reason:
            log.warning("image_training leaves out %s: %s", name, reason)
    return readable


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search and train what is left, and write what is finished as the result ``image_training``, a row a training."""
    names = here()
    if "cifar10" not in names:
        raise LucioleError("image_training transfers cells from CIFAR-10, which is not here; see luciole.datasets")
    settings = {"scored": SCORED, "images": IMAGES, "scores": list(SCORES_USED), "recipe": repr(RECIPE)}
    deadline = None if seconds is None else time.monotonic() + seconds
    frames = []
    for name in names:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        folder = files.cache() / "image_training" / name
        options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": left}
        tasks = [(name, seed) for seed in range(SEEDS)]
        run_shards(shard, tasks, folder, plan={"dataset": name, **settings, "code": code(MODULES)}, **options)
        for seed, piece in load_shards(folder).items():
            scoring = float(piece.pop("scoring_seconds"))
            frames.append(pd.DataFrame({"dataset": name, "seed": seed, **piece, "scoring_seconds": scoring}))
    table = pd.concat(frames, ignore_index=True)
    table["joules"] = table["seconds"] * WATTS
    spent = float(table["seconds"].sum() + sum(frame["scoring_seconds"].iloc[0] for frame in frames))
    results.write(
        "image_training",
        table,
        function=run,
        parameters=settings | {"seeds": SEEDS, "trained": TRAINED, "held": HELD, "watts": WATTS},
        modules=[__name__, *MODULES],
        inputs={name: datasets.load(name).source for name in names},
        seconds=spent,
        joules=spent * WATTS,
        energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
    )


def rederive(result: results.Result, networks_named: tuple[str, ...] = ("MLP", "small CNN")) -> str:
    """Train the plain networks on the digits again with seed 0 and say what was compared, in one line.

    Raises LucioleError where an accuracy is another by more than two images in a hundred (sums are rounded otherwise
    on another processor).
    """
    table = result.frame
    made = networks("digits", 0, 0, 0)
    for label in networks_named:
        record = train(made[label][1], parts("digits"), RECIPE, torch.Generator().manual_seed(0))
        kept = table[(table["dataset"] == "digits") & (table["seed"] == 0) & (table["network"] == label)]["test"]
        now = float(record.accuracy["test"][-1][0])
        if abs(now - float(kept.iloc[0])) > 0.02:
            raise LucioleError(f"{label} on digits reaches {now:.3f} now, recorded {float(kept.iloc[0]):.3f}")
    return f"{len(networks_named)} networks were trained again on the digits and reached the recorded accuracy"
