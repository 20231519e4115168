"""Flash, memory, stack and instructions of sensor networks on an emulated Cortex-M, and how well they are foretold.

    luciole run devices/cortex_m

Every figure is a count: the same in each run of the same compiler and emulator, whose versions stand in the record.

devices/networks: the networks found for UCI HAR and WISDM with their trained weights, and hand-made ones with initial
weights (they cost the same), in 32-bit floats, in 8 bits (those found, with the numbers of their ONNX files) and, in
floats, by the loops that one writes first; for a Cortex-M4F and a Cortex-M0+. For those found also how many test
windows the printed C, compiled here, gives the class that ONNX Runtime gives.

devices/designs: SEEN + HELD random designs of the sensor space of at most LIMIT multiply-accumulates, untrained, in
floats on both cores, and in 8 bits (every EIGHTH) on the Cortex-M4F. The table of operators
(:mod:`luciole.devices.foretell`) is fitted by least squares of relative errors, no coefficient below zero, to the
first SEEN designs; its error is that on the HELD others, which it never saw. Fixed before any number was read: which
are held out, the terms of the table, and that the median of absolute relative errors counts. At first 18 were held
out; later draws were added to them, and nothing was fitted anew.

devices/candidates: the designs that the sensor search trained for a short while on UCI HAR, in floats on both cores:
whose merit is best on which device.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls

from luciole import files, results
from luciole.attestation import Sample, Unavailable, columns, draw
from luciole.datasets.windows import Normalisation
from luciole.devices import c, foretell, native
from luciole.devices.cortex_m import CORES, Measured, measure, missing
from luciole.devices.eight import Eight, read
from luciole.devices.lower import plan
from luciole.devices.plan import Plan
from luciole.errors import LucioleError
from luciole.experiments.devices import plain
from luciole.experiments.har import models, protocol
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.deploy import Runtime, export, quantise
from luciole.sensors.search import small
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows

NETWORKS, DESIGNS, CANDIDATES = "devices/networks", "devices/designs", "devices/candidates"
CHANNELS, LENGTH, CLASSES = 9, 128, 6  # as UCI HAR
LIMIT = 300_000  # multiply-accumulates of a random design
SEEN, HELD, EIGHTH = 36, 164, 3
HAND_MADE = ("TinyTNAS network", "MLP", "1-D CNN")
CALIBRATION = 512  # training windows that the ranges of 8-bit numbers are read off
MODULES = (
    *(f"luciole.devices.{name}" for name in ("plan", "lower", "eight", "c", "c_text", "c_float")),
    *(f"luciole.devices.{name}" for name in ("c_bytes", "c_eight", "c_products", "c_statistics")),
    *(f"luciole.devices.{name}" for name in ("cortex_m", "native", "foretell")),
    *(__name__, "luciole.experiments.devices.plain"),
    *("luciole.networks.har1d", "luciole.networks.statistics", "luciole.networks.har_baselines"),
    *("luciole.sensors.deploy", "luciole.sensors.search", "luciole.spaces.har1d"),
)


def counted(texts: dict[str, str], plan_: Plan, core: str, window: NDArray) -> dict[str, Any]:
    """What a printed network takes on a core, as columns."""
    found: Measured = measure(texts, "net", plan_, CORES[core], window)
    return {
        "core": core,
        "flash": found.flash,
        "memory": found.memory,
        "stack": found.stack,
        "layers": found.layers,
        "statistics": found.statistics,
        "sample": found.sample,
        "confidence": found.confidence,
    }


def deployed(name: str, model: str) -> Iterator[dict[str, Any]]:
    """Rows of a network of a data set: model, bits, how it was printed, core, counts, agreement."""
    dataset, split = protocol.data(name)
    learnt = protocol.everyone(split)
    drawn = np.random.default_rng(0).choice(learnt, min(CALIBRATION, len(learnt)), replace=False)
    window, test = dataset.X[split.test[0]], dataset.X[split.test]
    trained = model not in BASELINES
    if trained:
        network, constants = models.trained(name, model)
    else:
        network, constants = protocol.build(model, (), dataset, 0).eval(), Normalisation.fit(dataset.X[drawn])
    ours = plan(network, constants, dataset.length, trained=trained)
    told = {"dataset": name, "model": model, "macs": ours.macs, "parameters": ours.parameters}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        printed: list[tuple[int, str, dict[str, str], Eight | None]] = [(32, "printed", c.emit(ours, "net"), None)]
        printed.append((32, "plain loops", plain.emit(ours, "net"), None))
        whole = export(network, constants, dataset.length, folder / "net.onnx")
        if trained:
            eight = read(quantise(whole, dataset.X[drawn], folder / "net.int8.onnx"), ours)
            printed.append((8, "printed", c.emit(ours, "net", eight), eight))
        for bits, how, texts, _ in printed:
            agree = {}
            if trained:
                expected = Runtime(whole if bits == 32 else folder / "net.int8.onnx")(test)
                scores = native.scores(texts, "net", ours, test)
                same = float((scores.argmax(axis=1) == expected.argmax(axis=1)).mean())
                agree = {"same": same, "apart": float(np.abs(scores - expected).max())}
            for core in CORES if how == "printed" else ("m4f",):
                yield {**told, "bits": bits, "how": how, **counted(texts, ours, core, window.T), **agree}


@cache
def designs(count: int) -> Rows:
    """Draw the random designs, (count, genes)."""
    return small(np.random.default_rng(0), count, CHANNELS, CLASSES, LENGTH, LIMIT)


def _untrained(row: NDArray) -> tuple[torch.nn.Module, Normalisation, NDArray]:
    """A design's network with weights and normalisations drawn, constants, and windows, drawn too."""
    windows = np.random.default_rng(0).normal(size=(64, CHANNELS, LENGTH)).astype(np.float32)
    generator = torch.Generator().manual_seed(0)
    network = networks.build(row, CHANNELS, CLASSES, generator).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean = torch.randn(module.num_features, generator=generator)
            module.bias.data = torch.randn(module.num_features, generator=generator)
    return network, Normalisation.fit(windows), windows


def design(row: NDArray, eighth: bool) -> Iterator[dict[str, Any]]:
    """Rows of one design: floats on both cores; in 8 bits on the Cortex-M4F where ``eighth``."""
    network, constants, windows = _untrained(row)
    ours = plan(network, constants, LENGTH)
    told = {
        "genotype": " ".join(map(str, row.tolist())),
        "macs": ours.macs,
        "operators": int(networks.operators(row)[0]),
        "ram": foretell.ram(ours),
        "weights": foretell.weight_bytes(ours),
    }
    told |= dict(zip(foretell.TERMS, foretell.terms(ours).tolist(), strict=True))
    told |= dict(zip((f"code: {name}" for name in foretell.CODE), foretell.code(ours).tolist(), strict=True))
    for core in CORES:
        yield {**told, "bits": 32, **counted(c.emit(ours, "net"), ours, core, windows[0].T)}
    if eighth:
        with tempfile.TemporaryDirectory() as place:
            whole = export(network, constants, LENGTH, Path(place) / "net.onnx")
            eight = read(quantise(whole, windows, Path(place) / "net.int8.onnx"), ours)
        yield {**told, "bits": 8, **counted(c.emit(ours, "net", eight), ours, "m4f", windows[0].T)}


def fitted(frame: pd.DataFrame, core: str) -> NDArray[np.float64]:
    """Instructions of each of the table's terms, from rows of designs in floats on a core: (terms,)."""
    mine = frame[(frame["bits"] == 32) & (frame["core"] == core)]
    return _fit(mine[list(foretell.TERMS)].to_numpy(float), mine["layers"].to_numpy(float))


def fitted_code(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Bytes of each of the code's terms, Cortex-M4F: (terms,)."""
    mine = frame[(frame["bits"] == 32) & (frame["core"] == "m4f")]
    return _fit(
        mine[[f"code: {name}" for name in foretell.CODE]].to_numpy(float),
        (mine["flash"] - mine["weights"]).to_numpy(float),
    )


def _fit(counts: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares of relative errors, no coefficient below zero."""
    solution: NDArray[np.float64] = nnls(counts / target[:, None], np.ones(len(target)))[0]
    return solution


@cache
def candidates() -> Rows:
    """The designs that were trained for a short while on UCI HAR, each once."""
    table = results.read("har/candidates", part=True).frame
    genotypes = table.loc[table["dataset"] == "uci_har", "genotype"].drop_duplicates()
    return np.array([[int(gene) for gene in line.split()] for line in genotypes], dtype=np.int8)


def tools() -> dict[str, str]:
    """The first line of each program's version."""
    told = {}
    for name in ("arm-none-eabi-gcc", "qemu-system-arm", "cc"):
        said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
        told[name] = said.stdout.splitlines()[0]
    return told


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Print, compile and emulate ``units`` designs again (None: two), or the networks of the data sets that are here.

    Raises Unavailable where the compiler or the emulator is absent or another one.
    """
    if absent := missing():
        raise Unavailable(f"not installed: {absent}")
    if tools() != result.provenance.parameters["tools"]:
        raise Unavailable("another compiler or emulator than the one that counted")
    kept = result.frame
    if name == NETWORKS:
        present, absent_sets = protocol.here(kept["dataset"].unique())
        if not present:
            raise Unavailable("; ".join(absent_sets))
        models_ = kept.loc[kept["dataset"].isin(present), ["dataset", "model"]].drop_duplicates().to_numpy().tolist()
        picked = [models_[place] for place in draw(rng, len(models_), units, 1)]
        rows = [row for dataset, model in picked for row in deployed(dataset, model)]
        now = pd.DataFrame(rows).reindex(columns=kept.columns)  # of hand-made networks alone no answers are compared
        mine = kept[[[row.dataset, row.model] in picked for row in kept.itertuples()]]
        named = [f"{row.dataset}, {row.model}, {row.bits} bits, {row.how}, {row.core}" for row in mine.itertuples()]
        answered = ["same", "apart"]
        compared = columns(mine, now[list(kept.columns.drop(answered))])
        compared |= columns(mine, now[answered], absolute=1e-3, why="another kind of processor rounds sums otherwise")
        return Sample(named, len(kept), compared, MODULES)
    genotypes = kept["genotype"].drop_duplicates().tolist()
    drawn = draw(rng, len(genotypes), units, 2)
    again, wanted = [], []
    for place in drawn:
        mine = kept[kept["genotype"] == genotypes[place]]
        row = np.array([int(gene) for gene in genotypes[place].split()], dtype=np.int8)
        again += list(design(row, bool((mine["bits"] == 8).any())))
        wanted.append(mine)
    before = pd.concat(wanted)
    return Sample([f"design {place}" for place in drawn], len(genotypes), columns(before, pd.DataFrame(again)), MODULES)


def spent() -> float:
    """Processor seconds so far, of the compilers and emulators that were run too."""
    return sum(os.times()[:4])


def piece(task: tuple[str, str, int]) -> dict[str, NDArray]:
    """One task's rows as JSON: of a network (data set, place among its models), a design or a candidate (place)."""
    kind, dataset, place = task
    began = spent()
    if kind == NETWORKS:
        rows = deployed(dataset, _models(dataset)[place])
    elif kind == DESIGNS:
        rows = design(designs(SEEN + HELD)[place], place % EIGHTH == 0)
    else:
        rows = design(candidates()[place], eighth=False)
    told = json.dumps(list(rows))
    return {"rows": np.array(told), "seconds": np.array(spent() - began)}


def _models(dataset: str) -> tuple[str, ...]:
    """The networks of a data set: those found, then hand-made ones."""
    return *map(protocol.found, protocol.PLANS[dataset].limits), *HAND_MADE


def tasks() -> list[tuple[str, str, int]]:
    """All that is counted, the data sets that are here."""
    present, _ = protocol.here(list(protocol.PLANS))
    told = [(DESIGNS, "", place) for place in range(SEEN + HELD)]
    told += [(NETWORKS, dataset, place) for dataset in present for place in range(len(_models(dataset)))]
    return told + [(CANDIDATES, "", place) for place in range(len(candidates()))]


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Count everything, some fifteen minutes of a core, in pieces, and write what is counted.

    Raises LucioleError where the compiler or the emulator is absent.
    """
    if absent := missing():
        raise LucioleError(f"expected a compiler and an emulator for Cortex-M, got no {absent}")
    plan_ = {"tools": tools(), "seen": SEEN, "held": HELD, "eighth": EIGHTH, "limit": LIMIT, "seed": 0}
    todo, folder = tasks(), files.cache() / "devices" / "cortex_m"
    try:
        run_shards(piece, todo, folder, plan=plan_, workers=workers, scheduler=scheduler, seconds=seconds)
    finally:
        _collect(todo, load_shards(folder), plan_)


def _collect(todo: list[tuple[str, str, int]], pieces: dict[int, dict[str, NDArray]], plan_: dict[str, Any]) -> None:
    """Write the results of the pieces that are done."""
    for name in (DESIGNS, CANDIDATES, NETWORKS):
        mine = [number for number, task in enumerate(todo) if task[0] == name]
        done = [number for number in mine if number in pieces]
        if not done:
            continue
        results.write(
            name,
            pd.DataFrame([row for number in done for row in json.loads(str(pieces[number]["rows"]))]),
            function=run,
            parameters=plan_,
            modules=MODULES,
            inputs={"har/models_weights": results.read("har/models_weights", part=True).provenance.sha256},
            seconds=sum(float(pieces[number]["seconds"]) for number in done),
            energy="not measured: every figure is a count",
            holds=(len(done), len(mine)),
        )
