"""What the networks of har_search cost once deployed: size, latency and energy of one window, in 32 and in 8 bits.

    luciole run har/deployed                   # after har/search

Every network is exported to ONNX and timed by ONNX Runtime, one window at a time, one thread, processor time. The
networks found carry their trained weights, are quantised with windows of the training part, and read the test
windows once more in 8 bits, with what their sums of two products can reach; hand-made ones are timed with initial
weights, which cost the same. The classifiers on features are timed by scikit-learn, their features included. Joules
are an estimate: seconds times a stated power.

A shared machine slows down by bursts of up to seconds, which the median of one model's passes does not mend: all
models are timed in turn, round by round, and each keeps the lowest of its medians.
"""

import logging
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, columns
from luciole.costs.latency import median_interval
from luciole.datasets import splits
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.har import models as har_models
from luciole.experiments.har import protocol as har_protocol
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.deploy import Runtime, export, quantise, weight_bytes
from luciole.sensors.features import features
from luciole.sensors.saturation import bounds
from luciole.sensors.training import Report

log = logging.getLogger("luciole")

NAME = "har/deployed"
CALIBRATION = 512  # training windows that the ranges of 8-bit numbers are read off
REPEATS, ROUNDS = 100, 15  # passes a round
ANSWERED: dict[str, Any] = {
    "absolute": 1e-3,
    "why": "another kind of processor rounds sums otherwise: a window in a thousand may tip",
}
DECIDING = (
    *(__name__, "luciole.experiments.har.models", "luciole.experiments.har.protocol"),
    *("luciole.sensors.deploy", "luciole.sensors.saturation", *har_protocol.MODULES),
)


def exported(name: str, folder: Path) -> list[tuple[dict[str, Any], Path]]:
    """Every network of a data set as a file in ``folder``, 8 bits too for those found, and what is known of it."""
    dataset, split = har_protocol.data(name)
    learnt = har_protocol.everyone(split)
    files: list[tuple[dict[str, Any], Path]] = []
    for model in BASELINES:
        network = har_protocol.build(model, (), dataset, 0)
        constants = Normalisation.fit(dataset.X[learnt[:CALIBRATION]])
        path = export(network.eval(), constants, dataset.length, folder / f"{name}-{model}.onnx")
        files.append(({"dataset": name, "model": model, "bits": 32}, path))
    models = results.read("har/models", part=True).frame
    known = set(models.loc[models["dataset"] == name, "model"])
    drawn = np.random.default_rng(0).choice(learnt, min(CALIBRATION, len(learnt)), replace=False)
    for model in filter(known.__contains__, map(har_protocol.found, har_protocol.PLANS[name].limits)):
        network, constants = har_models.trained(name, model)
        path = export(network, constants, dataset.length, folder / f"{name}-{model}.onnx")
        small = quantise(path, dataset.X[drawn], folder / f"{name}-{model}.int8.onnx")
        for bits, file in ((32, path), (8, small)):
            answers = Runtime(file)(dataset.X[split.test]).argmax(axis=1)
            report = Report.of(answers, dataset.y[split.test], splits.groups(dataset)[split.test], dataset.classes)
            measured = {"accuracy": report.accuracy, "macro_f1": report.macro_f1}
            if bits == 8:
                measured["pair"] = max(layer.pair for layer in bounds(file))
            files.append(({"dataset": name, "model": model, "bits": bits, **measured}, file))
    return [({**told, "bytes": path.stat().st_size, "weights": weight_bytes(path)}, path) for told, path in files]


def timed(paths: list[tuple[Path, NDArray[np.float32]]]) -> list[tuple[float, float, float]]:
    """Seconds of one window for each file, with the interval of the median: the lowest of ROUNDS medians."""
    rounds = []
    for _ in range(ROUNDS):
        told = [Runtime(path).latency(window, REPEATS) for path, window in paths]
        rounds.append([(one.median, one.low, one.high) for one in told])
    return [min(medians) for medians in zip(*rounds, strict=True)]


def classical(name: str) -> list[dict[str, Any]]:
    """The classifiers on features, fitted to a part of the training windows: how many hardly changes their time."""
    dataset, split = har_protocol.data(name)
    learnt = har_protocol.everyone(split)
    few = learnt[:: max(1, len(learnt) // 2000)]
    window, rows = dataset.X[split.test[0]], []
    for model, make in har_protocol.CLASSICAL.items():
        classifier = make(0).fit(features(dataset.X[few]), dataset.y[few])
        times = []
        for _ in range(30):
            start = time.process_time()
            classifier.predict(features(window[None]))
            times.append(time.process_time() - start)
        median, low, high = median_interval(times)
        rows.append({"dataset": name, "model": model, "bits": 32, "latency": median, "low": low, "high": high})
    return rows


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Export every network of the data sets that are here again, whatever ``units``: it takes seconds.

    Times are measurements. Joules follow from the committed times.
    """
    frame = result.frame
    here, absent = har_protocol.here(frame["dataset"].unique())
    if not here:
        raise Unavailable("; ".join(absent))
    told: list[dict[str, Any]] = []
    for dataset in here:
        with TemporaryDirectory() as folder:
            told += [row for row, _ in exported(dataset, Path(folder))]
    now = pd.DataFrame(told)
    kept = frame[frame["bytes"].notna() & frame["dataset"].isin(here)]
    answers = ["accuracy", "macro_f1"]
    compared = columns(kept, now.drop(columns=answers)) | columns(kept, now[answers], **ANSWERED)
    compared["joules"] = Column(frame["joules"], har_protocol.WATTS * frame["latency"])
    left = {"latency, low, high": "measured"} | ({"not here": "; ".join(absent)} if absent else {})
    named = [f"{row.dataset}, {row.model}, {row.bits} bits" for row in kept.itertuples()]
    return Sample(named, len(frame), compared, DECIDING, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Time and quantise, about a minute; ``workers``, ``scheduler`` and ``seconds`` are of no use here."""
    began = time.process_time()
    rows: list[dict[str, Any]] = []
    wanted = list(dict.fromkeys(results.read("har/models", part=True).frame["dataset"]))
    here, absent = har_protocol.here(wanted)
    if not here:
        raise LucioleError(f"expected a data set whose windows are timed, got none; {'; '.join(absent)}")
    for line in absent:
        log.warning("left out, %s", line)
    for name in here:
        dataset, split = har_protocol.data(name)
        window = dataset.X[split.test[0]]
        with TemporaryDirectory() as folder:
            files = exported(name, Path(folder))
            took = timed([(path, window) for _, path in files])
        for (told, _), (median, low, high) in zip(files, took, strict=True):
            rows.append({**told, "latency": median, "low": low, "high": high})
        rows += classical(name)
    table = pd.DataFrame(rows)
    spent = time.process_time() - began
    results.write(
        NAME,
        table.assign(joules=har_protocol.WATTS * table["latency"]),
        function=run,
        parameters={"calibration": CALIBRATION, "repeats": REPEATS, "rounds": ROUNDS, "watts": har_protocol.WATTS},
        modules=DECIDING,
        inputs={"har/models_weights": results.read("har/models_weights", part=True).provenance.sha256},
        seconds=spent,
        joules=har_protocol.WATTS * spent,
        energy=f"estimate: processor seconds of one thread, times {har_protocol.WATTS:g} W",
        holds=(len(here), len(wanted)),
    )
