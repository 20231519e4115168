"""The network found for UCI HAR, on the continuous recordings behind it: twelve classes, transitions included.

    luciole run har/online                     # after har/search, whose design and recipe it takes

1. The design found under the smallest limit is trained on windows of HAPT (six channels as recorded, 2.56 s), by the
   recipe chosen there, on the training people; how many decisions must agree before the class changes (``hold``) is
   chosen on the recordings of the validation people.
2. It is trained again on both, exported, and fed the recordings of the published test people sample by sample.
3. Judged are samples, events and delays; where nobody labelled, nothing is.

A check that the stream is answered as windows cut beforehand is part of the run. Joules are an estimate: processor
seconds of one thread times a stated power, for the recognition alone (no sensor, no radio, no screen).
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, columns
from luciole.datasets import hapt, splits
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.har import protocol as har_protocol
from luciole.networks import har1d as networks
from luciole.sensors.replay import judge
from luciole.sensors.streaming import Heard, hear
from luciole.sensors.training import Settings

NAME = "har/online"
HOP = 32  # samples between decisions: 0.64 s
TRANSITIONS = 6  # of the twelve classes, the last ones
MODULES = (
    "luciole.sensors.events",
    "luciole.sensors.recogniser",
    "luciole.sensors.replay",
    "luciole.sensors.deploy",
    "luciole.sensors.streaming",
    *har_protocol.MODULES,
)
DECIDING = (__name__, "luciole.experiments.har.protocol", *MODULES)
POINTS, ROUNDING = 0.1, "another kind of processor rounds sums otherwise, which training amplifies"


def design() -> tuple[tuple[int, ...], Settings]:
    """The genotype found under the smallest limit for UCI HAR, and the recipe; LucioleError before har_search ran."""
    models = results.read("har/models", part=True)
    name = har_protocol.found(min(har_protocol.PLANS["uci_har"].limits))
    rows = models.frame[(models.frame["model"] == name) & (models.frame["dataset"] == "uci_har")]
    if rows.empty:
        raise LucioleError(f"expected the model {name!r} of uci_har in har/models; first: luciole run har/search")
    recipe = har_protocol.RECIPES[models.provenance.parameters["recipe"]]
    plan = har_protocol.PLANS["uci_har"]
    longer = replace(recipe, recipe=replace(recipe.recipe, epochs=plan.epochs, windows=plan.windows))
    return tuple(int(gene) for gene in rows["genotype"].iloc[0].split()), longer


def measured() -> tuple[Dataset, Heard, pd.DataFrame, dict[str, Any]]:
    """Do the whole of it: the windows, what was heard, the table, and what the record says beside it."""
    row, settings = design()
    dataset = hapt.load(overlap=0.75)
    heard = hear(
        dataset,
        splits.by_subject(dataset, seed=har_protocol.SPLIT_SEED),
        list(hapt.recordings()),
        lambda generator: networks.build(row, dataset.channels, dataset.classes, generator),
        settings,
        HOP,
    )
    table = judge(heard.truth, heard.said, dataset.class_names, hapt.HZ, hold=HOP)
    f1 = table["f1"].to_numpy()
    told = {
        "genotype": list(row),
        "hold": heard.hold,
        "macs": int(networks.counts(np.array(row), dataset.channels, dataset.classes, dataset.length)[1][0]),
        "recordings": len(heard.truth),
        "hours": sum(map(len, heard.truth)) / hapt.HZ / 3600,
        "accuracy": heard.accuracy,
        "macro_f1": float(f1.mean()),
        "macro_f1_activities": float(f1[:-TRANSITIONS].mean()),
        "macro_f1_transitions": float(f1[-TRANSITIONS:].mean()),
        "windows_macro_f1": heard.windows.macro_f1,
        "windows_accuracy": heard.windows.accuracy,
    }
    return dataset, heard, table.rename_axis("class").reset_index(), told


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Do the whole again, about five minutes whatever ``units``: every row is of the same two trainings."""
    try:
        _, _, table, told = measured()
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    kept, frame = result.provenance.parameters, result.frame
    compared = columns(frame, table[["class", "events"]])
    compared |= columns(frame, table[["precision", "recall", "f1"]], absolute=POINTS, why=ROUNDING)
    for key in ("genotype", "macs", "recordings", "hours"):
        compared[key] = Column(kept[key], told[key])
    for key in ("accuracy", "macro_f1_activities", "windows_accuracy", "windows_macro_f1"):
        compared[key] = Column(kept[key], told[key], absolute=POINTS / 2, why=ROUNDING)
    left = {
        "recognition_seconds": "measured",
        "delays, counts of events, hold": "of few events, which rounding moves from one count to another",
    }
    return Sample(frame["class"].tolist(), len(frame), compared, DECIDING, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do the whole of it, about five minutes; ``workers``, ``scheduler`` and ``seconds`` are of no use here."""
    began = time.process_time()
    dataset, heard, table, told = measured()
    spent = time.process_time() - began
    results.write(
        NAME,
        table,
        function=run,
        parameters={
            **told,
            "hop": HOP,
            "holds": heard.holds,
            "recognition_seconds": heard.seconds,
            "joules_an_hour": har_protocol.WATTS * heard.seconds / told["hours"],
            "watts": har_protocol.WATTS,
        },
        modules=DECIDING,
        inputs={"hapt": dataset.source},
        seconds=spent,
        joules=har_protocol.WATTS * spent,
        energy=f"estimate: processor seconds of one thread, times {har_protocol.WATTS:g} W",
    )
