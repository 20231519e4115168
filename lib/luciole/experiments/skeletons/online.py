"""Actions in continuous videos of skeletons, frame by frame, background included: UTKinect-Action3D.

    luciole run skeletons/online

Ten subjects make five folds, as in :mod:`luciole.experiments.skeletons.search`: a pair to test, the next pair to
validate, six to train. In each fold

1. *Search*: luciole climbs the merit of untrained networks (:mod:`luciole.sensors.search`) on 32 training windows;
   what it likes best is taken, no network is trained to choose it. Beside it, a design drawn at random under the same
   limit and :data:`RIVAL`.
2. *Train* on windows of :data:`FRAMES` frames labelled by the frames that end them, background being a class.
3. *Hear*: how many decisions must agree is chosen on the validation people's videos; then the test people's are played
   frame by frame. Every video is heard once over the folds.

Joules are an estimate: processor seconds of one thread times a stated power, for the recognition alone.
"""

import time
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.datasets import skeletons
from luciole.datasets.dataset import Dataset
from luciole.datasets.skeleton_streams import Stream, streams, windows
from luciole.errors import LucioleError
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.experiments.har import protocol as har_protocol
from luciole.experiments.har.protocol import WATTS
from luciole.experiments.skeletons.pipeline import FOLDS, split
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.search import Budget, Objective, luciole
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.replay import judge
from luciole.sensors.search import Fitness, leaders, small
from luciole.sensors.streaming import hear
from luciole.sensors.training import Learner, Settings
from luciole.shards import load_shards, run_shards
from luciole.spaces import har1d
from luciole.training import Recipe

FRAMES, HOP = 32, 2
LIMIT, SCORED = 200_000, 150  # multiply-accumulates of a window; designs that a search scores
SETTINGS = Settings(
    Recipe(epochs=12, batch=64, rate=1e-2, weight_decay=1e-2), Augmentation(rotation=10), averaging=0.99
)  # the recipe that chapter 7 chose on UCI HAR
RIVAL = "MLP"
ARMS = ("found", "random", RIVAL)
HEARD: dict[str, Any] = {
    "absolute": 0.05,
    "why": "another kind of processor rounds sums otherwise, which training amplifies",
}
MODULES = (
    "luciole.datasets.skeleton_streams",
    "luciole.datasets.skeletons",
    "luciole.sensors.events",
    "luciole.sensors.recogniser",
    "luciole.sensors.replay",
    "luciole.sensors.deploy",
    "luciole.sensors.streaming",
    *har_protocol.MODULES,
)
DECIDING = (__name__, "luciole.experiments.har.protocol", "luciole.experiments.skeletons.pipeline", *MODULES)


def data() -> tuple[list[Stream], Dataset]:
    """The videos as streams and their windows; LucioleError where the prepared file is not at hand."""
    actions = skeletons.utkinect().class_names
    videos = streams(skeletons.utkinect_videos(), len(actions))
    return videos, windows(videos, actions, FRAMES, HOP)


def find(dataset: Dataset, rows: NDArray[np.int64], fold: int) -> tuple[int, ...]:
    """Search a design on training windows, none trained; return the genotype of most merit."""
    rng = np.random.default_rng([7, fold])
    batch, _ = Learner.of(dataset, rows, SETTINGS).sample(32, rng)
    fitness = Fitness(batch, dataset.classes, LIMIT, rng)
    objective = Objective(fitness, key=har1d.canonical)
    history = luciole.search(har1d, objective, Budget(evaluations=SCORED), rng, allowed=fitness.allowed)
    return tuple(leaders(history, 1)[0].tolist())


def shard(task: tuple[str, int]) -> dict[str, NDArray]:
    """Train one kind of network in one fold and hear its test videos."""
    arm, fold = task
    videos, dataset = data()
    parts = split(dataset, fold)
    sizes = (dataset.channels, dataset.classes, dataset.length)
    began = time.process_time()
    row: tuple[int, ...] = ()
    if arm == "found":
        row = find(dataset, parts.train, fold)
    elif arm == "random":
        row = tuple(small(np.random.default_rng([8, fold]), 1, *sizes, LIMIT)[0].tolist())
    searching = time.process_time() - began

    def make(generator: torch.Generator) -> nn.Module:
        return networks.build(row, *sizes[:2], generator) if row else BASELINES[arm](*sizes, generator)

    heard = hear(dataset, parts, videos, make, SETTINGS, HOP)
    return {
        "row": np.array(row, dtype=np.int8),
        "macs": np.array(har_protocol.cost(arm, row, dataset)[0]),
        "truth": np.concatenate(heard.truth).astype(np.int8),
        "said": np.concatenate(heard.said).astype(np.int8),
        "lengths": np.array([len(one) for one in heard.truth]),
        "holds": np.array(list(heard.holds.values())),
        "hold": np.array(heard.hold),
        "windows_f1": np.array(heard.windows.macro_f1),
        "hearing": np.array(heard.seconds),
        "searching": np.array(searching),
        "seconds": np.array(time.process_time() - began),
    }


def tables(pieces: dict[tuple[str, int], dict[str, NDArray]], names: tuple[str, ...]) -> tuple[pd.DataFrame, list]:
    """One row an arm and class over all folds' videos; and one entry an arm, with what is not of a class."""
    rows, told = [], []
    for arm in dict.fromkeys(arm for arm, _ in pieces):
        mine = [piece for (name, _), piece in pieces.items() if name == arm]
        cut = [np.cumsum(piece["lengths"])[:-1] for piece in mine]
        truth, said = (
            [one.astype(np.int64) for piece, at in zip(mine, cut, strict=True) for one in np.split(piece[key], at)]
            for key in ("truth", "said")
        )
        table = judge(truth, said, names, hz=1.0, hold=HOP)  # the camera kept no rate: delays are in frames
        rows.append(table.rename_axis("class").reset_index().assign(arm=arm))
        folds = [judge([piece["truth"]], [piece["said"]], names, hz=1.0)["f1"] for piece in mine]
        told.append(
            {
                "arm": arm,
                "macro_f1": float(table["f1"].mean()),
                "macro_f1_actions": float(table["f1"].iloc[:-1].mean()),
                "macro_f1_folds": [float(f1.mean()) for f1 in folds],
                "macs": [int(piece["macs"]) for piece in mine],
                "holds": [int(piece["hold"]) for piece in mine],
                "windows_f1": [float(piece["windows_f1"]) for piece in mine],
                "frames": int(sum(len(one) for one in truth)),
                "hearing_seconds": float(sum(piece["hearing"] for piece in mine)),
                "search_seconds": float(sum(piece["searching"] for piece in mine)),
                "genotypes": [" ".join(map(str, piece["row"].tolist())) for piece in mine],
            }
        )
    return pd.concat(rows, ignore_index=True), told


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train and hear ``units`` of the arms' folds again; None: one, half a minute to a minute.

    A row of the table is of all folds together; what a fold gives alone stands in the record, and is compared there.
    """
    try:
        names = data()[1].class_names
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    told = {arm["arm"]: arm for arm in result.provenance.parameters["arms"]}
    every = [(arm, fold) for arm, one in told.items() for fold in range(len(one["macs"]))]
    drawn = [every[at] for at in draw(rng, len(every), units, 1)]
    exact, heard = [], []
    for arm, fold in drawn:
        piece = shard((arm, fold))
        (now,) = tables({(arm, fold): piece}, names)[1]
        one = told[arm]
        exact.append(((one["macs"][fold], one["genotypes"][fold]), (now["macs"][0], now["genotypes"][0])))
        metrics = ("macro_f1_folds", "windows_f1")
        heard.append(([one[metric][fold] for metric in metrics], [now[metric][0] for metric in metrics]))
    compared = {
        "multiply-accumulates and genotypes": Column([kept for kept, _ in exact], [now for _, now in exact]),
        "macro-F1 of recordings and windows": Column([kept for kept, _ in heard], [now for _, now in heard], **HEARD),
    }
    for arm, one in told.items():
        mine = result.frame[result.frame["arm"] == arm]
        compared[f"macro-F1 of {arm}"] = Column(one["macro_f1"], float(mine["f1"].mean()))
    left = {"other columns": "of all folds together", "holds": "of few, between which rounding tips the scales"}
    return Sample([f"{arm}, fold {fold}" for arm, fold in drawn], len(every), compared, DECIDING, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do what is left of the folds and write what is finished as the result ``skeletons/online``."""
    _, dataset = data()
    tasks = [(arm, fold) for fold in range(len(FOLDS)) for arm in ARMS]
    plan = {"frames": FRAMES, "hop": HOP, "limit": LIMIT, "scored": SCORED, "settings": repr(SETTINGS)}
    folder = files.cache() / "skeletons/online"
    stated = plan | {"code": code([__name__, *MODULES])}
    run_shards(shard, tasks, folder, plan=stated, workers=workers, scheduler=scheduler, seconds=seconds)
    pieces = {tasks[at]: piece for at, piece in load_shards(folder).items()}
    if not pieces:
        return
    table, told = tables(pieces, dataset.class_names)
    spent = float(sum(piece["seconds"] for piece in pieces.values()))
    results.write(
        "skeletons/online",
        table,
        function=run,
        parameters=plan
        | {"arms": told, "background": float((dataset.y == dataset.classes - 1).mean()), "watts": WATTS},
        modules=DECIDING,
        holds=(len(pieces), len(tasks)),
        inputs={"utkinect": skeletons.utkinect().source},
        seconds=spent,
        joules=spent * WATTS,
        energy=f"estimate: processor seconds of one thread, times {WATTS:g} W",
    )
