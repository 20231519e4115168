"""What the networks of har_search cost once deployed: size, latency and energy of one window, in 32 and in 8 bits.

    luciole run har_deployed                   # after har_search

Every network is exported to ONNX and timed by ONNX Runtime, one window at a time, one thread, processor time. The
networks found carry their trained weights, are quantised with windows of the training part, and read the test
windows once more in 8 bits; hand-made ones are timed with initial weights, which cost the same. The classifiers on
features are timed by scikit-learn, their features included. Joules are an estimate: seconds times a stated power.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from luciole import results
from luciole.costs.latency import median_interval
from luciole.datasets import splits
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments import har_models, har_protocol
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.deploy import Runtime, export, quantise, weight_bytes
from luciole.sensors.features import features
from luciole.sensors.training import Report

NAME = "har_deployed"
CALIBRATION = 512  # training windows that the ranges of 8-bit numbers are read off
REPEATS = 200
MODULES = (
    "luciole.sensors.deploy",
    "luciole.experiments.har_deployed",
    "luciole.experiments.har_protocol",
    *har_protocol.MODULES,
)


def sizes(path: Path) -> dict[str, float]:
    """Bytes of a file, and of the constants in it."""
    return {"bytes": path.stat().st_size, "weights": weight_bytes(path)}


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Time and quantise, about a minute; ``workers``, ``scheduler`` and ``seconds`` are of no use here."""
    began = time.process_time()
    rows = []
    models = results.read("har_models").frame
    known = set(zip(models["dataset"], models["model"], strict=True))
    for name in (name for name in har_protocol.PLANS if name in set(models["dataset"])):
        try:
            dataset, split = har_protocol.data(name)
        except LucioleError:
            continue
        learnt = har_protocol.everyone(split)
        window = dataset.X[split.test[0]]

        def row(model: str, bits: int, latency: tuple[float, float, float], **more: float) -> dict[str, object]:
            return {
                "dataset": name,  # noqa: B023  (called within the pass)
                "model": model,
                "bits": bits,
                "latency": latency[0],
                "low": latency[1],
                "high": latency[2],
                "joules": har_protocol.WATTS * latency[0],
                "bytes": np.nan,
                "weights": np.nan,
                "accuracy": np.nan,
                "macro_f1": np.nan,
                **more,
            }

        with TemporaryDirectory() as folder:
            for model in BASELINES:
                network = har_protocol.build(model, (), dataset, 0)
                constants = Normalisation.fit(dataset.X[learnt[:CALIBRATION]])
                path = export(network.eval(), constants, dataset.length, Path(folder) / "net.onnx")
                told = Runtime(path).latency(window, REPEATS)
                rows.append(row(model, 32, (told.median, told.low, told.high), **sizes(path)))
            for model in map(har_protocol.found, har_protocol.PLANS[name].limits):
                if (name, model) not in known:
                    continue
                network, constants = har_models.trained(name, model)
                path = export(network, constants, dataset.length, Path(folder) / "net.onnx")
                drawn = np.random.default_rng(0).choice(learnt, min(CALIBRATION, len(learnt)), replace=False)
                small = quantise(path, dataset.X[drawn], Path(folder) / "net.int8.onnx")
                for bits, file in ((32, path), (8, small)):
                    runtime = Runtime(file)
                    told = runtime.latency(window, REPEATS)
                    answers = runtime(dataset.X[split.test]).argmax(axis=1)
                    who = splits.groups(dataset)[split.test]
                    report = Report.of(answers, dataset.y[split.test], who, dataset.classes)
                    measured = {"accuracy": report.accuracy, "macro_f1": report.macro_f1}
                    rows.append(row(model, bits, (told.median, told.low, told.high), **sizes(file), **measured))
        few = learnt[:: max(1, len(learnt) // 2000)]  # the time of an answer hardly depends on the training part
        for model, make in har_protocol.CLASSICAL.items():
            classifier = make(0).fit(features(dataset.X[few]), dataset.y[few])
            times = []
            for _ in range(30):
                start = time.process_time()
                classifier.predict(features(window[None]))
                times.append(time.process_time() - start)
            rows.append(row(model, 32, median_interval(times)))
    spent = time.process_time() - began
    results.write(
        NAME,
        pd.DataFrame(rows),
        function=run,
        parameters={"calibration": CALIBRATION, "repeats": REPEATS, "watts": har_protocol.WATTS},
        modules=MODULES,
        inputs={"har_models_weights": results.read("har_models_weights").provenance.sha256},
        seconds=spent,
        joules=har_protocol.WATTS * spent,
        energy=f"estimate: processor seconds of one thread, times {har_protocol.WATTS:g} W",
    )
