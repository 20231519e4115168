"""The network found for UCI HAR, on the continuous recordings behind it: twelve classes, transitions included.

    luciole run har/online                     # after har/search, whose design and recipe it takes

1. The design found under the smallest limit is trained on windows of HAPT (six channels as recorded, 2.56 s), by the
   recipe chosen there, on the training people; how many decisions must agree before the class changes (``hold``) is
   chosen on the recordings of the validation people.
2. It is trained again on both, exported, and fed the recordings of the published test people sample by sample.
3. Judged are samples, events and delays; where nobody labelled, nothing is.

What was said about every sample is kept beside the table, with the weights that said it (``har/online_heard``), so that
a recording or two can be heard again without the trainings.

A check that the stream is answered as windows cut beforehand is part of the run. Joules are an estimate: processor
seconds of one thread times a stated power, for the recognition alone (no sensor, no radio, no screen).
"""

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.datasets import hapt, splits
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.har import protocol as har_protocol
from luciole.networks import har1d as networks
from luciole.sensors.deploy import Runtime, export
from luciole.sensors.recogniser import Recogniser
from luciole.sensors.replay import judge, replay
from luciole.sensors.streaming import Heard, hear
from luciole.sensors.training import Learner, Settings

NAME, HEARD = RESULTS = ("har/online", "har/online_heard")
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
TIPPED, ROUNDING = 0.01, "another kind of processor rounds sums otherwise: a window in a hundred may tip"


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


def measured() -> tuple[Dataset, Heard, dict[str, NDArray]]:
    """Do the whole of it: the windows, what was heard, and the weights that heard it."""
    row, settings = design()
    dataset = hapt.load(overlap=0.75)
    split = splits.by_subject(dataset, seed=har_protocol.SPLIT_SEED)
    built: list[nn.Module] = []

    def build(generator: torch.Generator) -> nn.Module:
        built.append(networks.build(row, dataset.channels, dataset.classes, generator))
        return built[-1]

    heard = hear(dataset, split, list(hapt.recordings()), build, settings, HOP)
    normalisation = Normalisation.fit(dataset.X[np.sort(np.concatenate([split.train, split.validation]))])
    weights = {f"weight {name}": value.numpy() for name, value in built[-1].state_dict().items()}
    return dataset, heard, weights | {"mean": normalisation.mean, "deviation": normalisation.deviation}


def judged(dataset: Dataset, truth: list[NDArray], said: list[NDArray]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, a row a class, and what the record says beside it, of what was said about each test recording."""
    row, _ = design()
    table = judge(truth, said, dataset.class_names, hapt.HZ, hold=HOP)
    f1 = table["f1"].to_numpy()
    true, heard = np.concatenate(truth), np.concatenate(said)
    told = {
        "genotype": list(row),
        "macs": int(networks.counts(np.array(row), dataset.channels, dataset.classes, dataset.length)[1][0]),
        "recordings": len(truth),
        "hours": len(true) / hapt.HZ / 3600,
        "accuracy": float((heard == true)[true >= 0].mean()),
        "macro_f1": float(f1.mean()),
        "macro_f1_activities": float(f1[:-TRANSITIONS].mean()),
        "macro_f1_transitions": float(f1[-TRANSITIONS:].mean()),
    }
    return table.rename_axis("class").reset_index(), told


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Let the committed weights hear ``units`` test recordings again (None: three), and judge all that was heard again.

    The weights are not trained again; they must give the committed accuracy of windows.
    """
    table, heard = (result if one == name else results.read(one) for one in RESULTS)
    try:
        dataset, recordings = hapt.load(overlap=0.75), list(hapt.recordings())
        row, settings = design()
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    split = splits.by_subject(dataset, seed=har_protocol.SPLIT_SEED)
    people = set(splits.groups(dataset)[split.test].tolist())
    tested = [one for one in recordings if one.subject in people]
    kept, arrays = table.provenance.parameters, heard.arrays
    said = np.split(arrays["said"].astype(np.int64), np.cumsum(arrays["samples"])[:-1])
    frame, told = judged(dataset, [one.labels for one in tested], said)
    compared = {
        str(title): Column(table.frame[title].to_numpy(), frame[title].to_numpy(), rows=frame["class"].tolist())
        for title in frame
    }
    compared |= {key: Column(kept[key], value) for key, value in told.items()}

    network = networks.build(row, dataset.channels, dataset.classes, torch.Generator().manual_seed(0))
    prefix = "weight "
    state = {key.removeprefix(prefix): torch.from_numpy(arrays[key]) for key in arrays if key.startswith(prefix)}
    network.load_state_dict(state)
    rows = np.sort(np.concatenate([split.train, split.validation]))
    learner = Learner.of(dataset, rows, settings)
    for title, now in (("mean", learner.normalisation.mean), ("deviation", learner.normalisation.deviation)):
        compared[title] = Column(arrays[title], now, 1e-6, why="float32 sums in another order")
    windows = learner.judge(network.eval(), dataset, split.test)
    for key, value in (("windows_accuracy", windows.accuracy), ("windows_macro_f1", windows.macro_f1)):
        compared[key] = Column(kept[key], value, absolute=TIPPED, why=ROUNDING)

    drawn = draw(rng, len(tested), units, 3)
    for place in drawn:
        again = _heard(network, learner, dataset, tested[place].signal, int(kept["hold"]))
        share = float((again != said[place]).mean())
        compared[f"share of samples heard otherwise in {_named(tested[place])}"] = Column(
            0.0, share, 0, TIPPED, ROUNDING
        )
    left = {
        "weights, hold": "of trainings of minutes; what the weights answer is compared",
        "recognition_seconds": "measured",
    }
    return Sample([_named(tested[place]) for place in drawn], len(tested), compared, DECIDING, left)


def _heard(network: nn.Module, learner: Learner, dataset: Dataset, signal: NDArray, hold: int) -> NDArray[np.int64]:
    """What the network says of a recording once exported, fed in pieces of a second or so, which changes nothing."""
    with TemporaryDirectory() as folder:
        file = export(network, learner.normalisation, dataset.length, Path(folder) / "again.onnx")
        recogniser = Recogniser(Runtime(file), dataset.channels, dataset.length, HOP, hold=hold)
        return replay(recogniser, signal, HOP)


def _named(recording: hapt.Recording) -> str:
    return f"recording {recording.number} of subject {recording.subject}"


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do the whole of it, about ten minutes; ``workers``, ``scheduler`` and ``seconds`` are of no use here."""
    began = time.process_time()
    dataset, heard, weights = measured()
    table, told = judged(dataset, heard.truth, heard.said)
    said = {
        "said": np.concatenate(heard.said).astype(np.int8),  # samples of all test recordings, one after the other
        "samples": np.array([len(one) for one in heard.said]),
    }
    spent = time.process_time() - began
    contents: tuple[tuple[str, pd.DataFrame | dict[str, NDArray]], ...] = ((HEARD, said | weights), (NAME, table))
    for name, content in contents:
        results.write(
            name,
            content,
            function=run,
            parameters={
                **told,
                "hold": heard.hold,
                "windows_macro_f1": heard.windows.macro_f1,
                "windows_accuracy": heard.windows.accuracy,
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
