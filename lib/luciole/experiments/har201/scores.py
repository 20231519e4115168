"""Every training-free score on cells of HAR-201: do they hold off images?

    luciole run har201/scores           # about a quarter of an hour

The first 640 classes of the table's random order are scored: an unbiased sample, and the one that is trained with
several seeds. The scores see one batch of 32 training windows of a data set, at one draw of the initial weights.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from luciole import files, results
from luciole.attestation import Sample, Unavailable, columns, draw
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import table as har201
from luciole.scores import SCORES, score_cells
from luciole.scores.engine import Scored, deciding
from luciole.spaces import nb201

NAME = "har201/scores"
DATASETS = ("wisdm", "uci_har")
CLASSES = 640
BATCH = 32
SEED = 0
LATER = ("fisher_published", "vkdnw_released", "gradsign")  # that the library has had since this was computed
WRITTEN = {"gradsign_mean": "gradsign"}  # names in the result, which was written when "gradsign" was the mean
NAMES = tuple(name for name in SCORES if name not in LATER)
AGAIN = 8  # rows scored again at a time, seconds each
RELATIVE, ROUNDING = 1e-3, "another processor rounds sums otherwise"


def batch(dataset: str) -> tuple[Tensor, Tensor]:
    """Training windows (32, channels, samples) of a data set of HAR-201, and their labels."""
    windows, labels = protocol.data(dataset)[0].train
    picked = np.random.default_rng(SEED).choice(len(windows), BATCH, replace=False)
    return torch.from_numpy(windows[picked]), torch.from_numpy(labels[picked])


def scored(dataset: str, cells: NDArray[np.int64], names: Sequence[str] = NAMES, **running: Any) -> Scored:
    """Score the networks of these cells (official indices) on a data set; ``running`` goes to the engine."""
    windows, labels = batch(dataset)
    _, skeleton = protocol.data(dataset)
    rows = nb201.all_cells()[cells]
    return score_cells(rows, list(names), windows, labels=labels, skeleton=skeleton, seeds=[SEED], **running)


def table(dataset: str, cells: NDArray[np.int64], found: Scored) -> pd.DataFrame:
    """A row a class, a column a score."""
    return pd.DataFrame(
        {"dataset": dataset, "index": cells, **{WRITTEN.get(one, one): found.values[one][0] for one in NAMES}}
    )


def modules() -> tuple[str, ...]:
    """Names of the modules whose code decides the scores."""
    return (
        *(__name__, protocol.__name__, "luciole.scores.engine", "luciole.spaces.nb201"),
        *("luciole.datasets.splits", "luciole.datasets.windows"),
        *deciding(list(NAMES)),
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Score ``units`` rows, a class on a data set each, again; None: eight, a few seconds each."""
    frame = result.frame
    drawn = frame.iloc[draw(rng, len(frame), units, AGAIN)]
    now = []
    for dataset, rows in drawn.groupby("dataset", sort=False):
        cells = rows["index"].to_numpy()
        try:
            now.append(table(str(dataset), cells, scored(str(dataset), cells, list(NAMES))))
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
    fresh = pd.concat([frame.iloc[:0], *now], ignore_index=True)
    held = [WRITTEN.get(one, one) for one in NAMES]
    counted = [name for name in held if (frame[name] % 1 == 0).all()]
    compared = columns(drawn, fresh[["dataset", "index", *counted]])
    compared |= columns(drawn, fresh[held].drop(columns=counted), relative=RELATIVE, why=ROUNDING)
    units_named = [f"{dataset}, class {index}" for dataset, index in zip(drawn["dataset"], drawn["index"], strict=True)]
    return Sample(units_named, len(frame), compared, modules())


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Score the sample on each data set and write ``har201/scores``: a row a data set and class, a column a score."""
    deadline = None if seconds is None else time.monotonic() + seconds
    cells = np.sort(protocol.order()[:CLASSES])
    frames, spent, failed = [], 0.0, 0
    for dataset in DATASETS:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        folder = files.cache() / NAME / dataset
        found = scored(dataset, cells, list(NAMES), workers=workers, scheduler=scheduler, folder=folder, seconds=left)
        if not found.complete:
            raise LucioleError(f"{NAME}: {dataset} is not finished; run it again to go on")
        frames.append(table(dataset, cells, found))
        spent, failed = spent + float(found.shared.sum()) / 1e3, failed + len(found.failures)
    results.write(
        NAME,
        pd.concat(frames, ignore_index=True),
        function=run,
        parameters={"batch": BATCH, "seed": SEED, "classes": CLASSES, "failed": failed},
        modules=modules(),
        inputs={name: f"{name}: training windows, see luciole.datasets" for name in DATASETS},
        seconds=spent,
        joules=spent * har201.WATTS,
        energy=f"estimate: processor seconds times {har201.WATTS:g} W a busy thread, no counter could be read",
    )
