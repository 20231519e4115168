"""The network found for UCI HAR, on the continuous recordings behind it: twelve classes, transitions included.

    luciole run har_online                     # after har_search, whose design and recipe it takes

1. The design found under the smaller limit is trained on windows of HAPT (six channels as recorded, 2.56 s), by the
   recipe chosen there, on the training people; how many decisions must agree before the class changes (``hold``) is
   chosen on the recordings of the validation people.
2. It is trained again on both, exported, and fed the recordings of the published test people sample by sample.
3. Judged are samples, events and delays; where nobody labelled, nothing is.

A check that the stream is answered as windows cut beforehand is part of the run. Joules are an estimate: processor
seconds of one thread times a stated power, for the recognition alone (no sensor, no radio, no screen).
"""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch

from luciole import results
from luciole.datasets import hapt, splits
from luciole.errors import LucioleError
from luciole.experiments import har_protocol
from luciole.networks import har1d as networks
from luciole.online import Recogniser, judge, offline, replay
from luciole.sensors.deploy import Runtime, export
from luciole.sensors.training import Learner, Report, Settings

NAME = "har_online"
HOP = 32  # samples between decisions: 0.64 s
HOLDS = (1, 2, 3)  # tried
EPOCHS, WINDOWS = 12, 8192
TRANSITIONS = 6  # of the twelve classes, the last ones
MODULES = (
    "luciole.sensors.deploy",
    "luciole.experiments.har_online",
    "luciole.online.events",
    "luciole.online.recogniser",
    "luciole.online.replay",
    *har_protocol.MODULES,
)


def design() -> tuple[tuple[int, ...], Settings]:
    """The genotype found under the smaller limit for UCI HAR, and the recipe; LucioleError before har_search ran."""
    models = results.read("har_models")
    name = har_protocol.found(min(har_protocol.PLANS["uci_har"].limits))
    rows = models.frame[(models.frame["model"] == name) & (models.frame["dataset"] == "uci_har")]
    if rows.empty:
        raise LucioleError(f"expected the model {name!r} of uci_har in har_models; first: luciole run har_search")
    recipe = har_protocol.RECIPES[models.provenance.parameters["recipe"]]
    longer = replace(recipe, recipe=replace(recipe.recipe, epochs=EPOCHS, windows=WINDOWS))
    return tuple(int(gene) for gene in rows["genotype"].iloc[0].split()), longer


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do the whole of it, about two minutes; ``workers``, ``scheduler`` and ``seconds`` are of no use here."""
    began = time.process_time()
    row, settings = design()
    dataset = hapt.load(overlap=0.75)
    split = splits.by_subject(dataset, seed=har_protocol.SPLIT_SEED)
    assert dataset.subject is not None
    streams = list(hapt.recordings())

    def of(part: np.ndarray) -> list[hapt.Recording]:
        people = set(dataset.subject[part].tolist()) if dataset.subject is not None else set()
        return [one for one in streams if one.subject in people]

    def trained(rows: np.ndarray) -> tuple[Learner, torch.nn.Module]:
        learner = Learner.of(dataset, rows, settings)
        network = networks.build(row, dataset.channels, dataset.classes, torch.Generator().manual_seed(0))
        learner.fit(network, torch.Generator().manual_seed(0))
        return learner, network

    with TemporaryDirectory() as folder:
        learner, network = trained(split.train)
        runtime = Runtime(export(network, learner.normalisation, dataset.length, Path(folder) / "choice.onnx"))
        tried = {}
        for hold in HOLDS:
            recogniser = Recogniser(runtime, dataset.channels, dataset.length, HOP, hold=hold)
            heard = [replay(recogniser, one.signal, HOP) for one in of(split.validation)]
            table = judge([one.labels for one in of(split.validation)], heard, dataset.class_names, hapt.HZ)
            tried[hold] = float(table["f1"].mean())
        hold = max(tried, key=lambda one: tried[one])
        learner, network = trained(har_protocol.everyone(split))
        windows: Report = learner.judge(network, dataset, split.test)
        runtime = Runtime(export(network, learner.normalisation, dataset.length, Path(folder) / "final.onnx"))
        plain = Recogniser(runtime, dataset.channels, dataset.length, HOP)
        tested = of(split.test)
        if (replay(plain, tested[0].signal, 7) != offline(plain, tested[0].signal)).any():
            raise LucioleError("the stream was answered otherwise than windows cut beforehand")
        recogniser = Recogniser(runtime, dataset.channels, dataset.length, HOP, hold=hold)
        fed = time.process_time()
        heard = [replay(recogniser, one.signal, 1) for one in tested]
        recognising = time.process_time() - fed
    truth = [one.labels for one in tested]
    table = judge(truth, heard, dataset.class_names, hapt.HZ, hold=HOP)
    worn = sum(len(one.signal) for one in tested) / hapt.HZ
    labelled = np.concatenate(truth) >= 0
    f1 = table["f1"].to_numpy()
    spent = time.process_time() - began
    results.write(
        NAME,
        pd.concat([table.rename_axis("class").reset_index()]),
        function=run,
        parameters={
            "genotype": list(row),
            "hop": HOP,
            "holds": tried,
            "hold": hold,
            "macs": int(networks.counts(np.array(row), dataset.channels, dataset.classes, dataset.length)[1][0]),
            "recordings": len(tested),
            "hours": worn / 3600,
            "recognition_seconds": recognising,
            "joules_an_hour": har_protocol.WATTS * recognising / (worn / 3600),
            "watts": har_protocol.WATTS,
            "accuracy": float((np.concatenate(heard) == np.concatenate(truth))[labelled].mean()),
            "macro_f1": float(f1.mean()),
            "macro_f1_activities": float(f1[:-TRANSITIONS].mean()),
            "macro_f1_transitions": float(f1[-TRANSITIONS:].mean()),
            "windows_macro_f1": windows.macro_f1,
            "windows_accuracy": windows.accuracy,
        },
        modules=MODULES,
        inputs={"hapt": dataset.source},
        seconds=spent,
        joules=har_protocol.WATTS * spent,
        energy=f"estimate: processor seconds of one thread, times {har_protocol.WATTS:g} W",
    )
