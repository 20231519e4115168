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

import numpy as np

from luciole import results
from luciole.datasets import hapt, splits
from luciole.errors import LucioleError
from luciole.experiments.har import protocol as har_protocol
from luciole.networks import har1d as networks
from luciole.sensors.replay import judge
from luciole.sensors.streaming import hear
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


def design() -> tuple[tuple[int, ...], Settings]:
    """The genotype found under the smallest limit for UCI HAR, and the recipe; LucioleError before har_search ran."""
    models = results.read("har/models")
    name = har_protocol.found(min(har_protocol.PLANS["uci_har"].limits))
    rows = models.frame[(models.frame["model"] == name) & (models.frame["dataset"] == "uci_har")]
    if rows.empty:
        raise LucioleError(f"expected the model {name!r} of uci_har in har/models; first: luciole run har/search")
    recipe = har_protocol.RECIPES[models.provenance.parameters["recipe"]]
    plan = har_protocol.PLANS["uci_har"]
    longer = replace(recipe, recipe=replace(recipe.recipe, epochs=plan.epochs, windows=plan.windows))
    return tuple(int(gene) for gene in rows["genotype"].iloc[0].split()), longer


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do the whole of it, about five minutes; ``workers``, ``scheduler`` and ``seconds`` are of no use here."""
    began = time.process_time()
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
    hours = sum(map(len, heard.truth)) / hapt.HZ / 3600
    f1 = table["f1"].to_numpy()
    spent = time.process_time() - began
    results.write(
        NAME,
        table.rename_axis("class").reset_index(),
        function=run,
        parameters={
            "genotype": list(row),
            "hop": HOP,
            "holds": heard.holds,
            "hold": heard.hold,
            "macs": int(networks.counts(np.array(row), dataset.channels, dataset.classes, dataset.length)[1][0]),
            "recordings": len(heard.truth),
            "hours": hours,
            "recognition_seconds": heard.seconds,
            "joules_an_hour": har_protocol.WATTS * heard.seconds / hours,
            "watts": har_protocol.WATTS,
            "accuracy": heard.accuracy,
            "macro_f1": float(f1.mean()),
            "macro_f1_activities": float(f1[:-TRANSITIONS].mean()),
            "macro_f1_transitions": float(f1[-TRANSITIONS:].mean()),
            "windows_macro_f1": heard.windows.macro_f1,
            "windows_accuracy": heard.windows.accuracy,
        },
        modules=("luciole.experiments.har.online", *MODULES),
        inputs={"hapt": dataset.source},
        seconds=spent,
        joules=har_protocol.WATTS * spent,
        energy=f"estimate: processor seconds of one thread, times {har_protocol.WATTS:g} W",
    )
