"""The best network under WHAR Arena's protocol as C: what it takes on a Cortex-M, and whether it answers as ONNX does.

    luciole run devices/arena

The classifier of ``har/arena_search`` that nobody searched: 64 hidden units and a linear path beside them, both on all
statistics of a window, energies in bands of frequency and correlations of all pairs of channels among them. It is
trained for the first group of people, of each data set, as that experiment trains it, and printed in 32-bit floats and
in 8 bits. Counted on both cores; every window of the tested people is answered by the C, compiled here, and by ONNX
Runtime. Fixed before any number was read: the group, the widths, and the targets of the chapter.

A narrower hidden layer stands beside, trained alike: what of the targets it keeps, at which macro-F1 on that group.
Scores are large, so how far ONNX Runtime itself is from the same network in 64 bits is told too.
"""

import inspect
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import files, results
from luciole.attestation import Sample, Unavailable, columns, draw
from luciole.datasets.windows import Normalisation
from luciole.devices import c, native
from luciole.devices.cortex_m import CORES, missing
from luciole.devices.eight import read
from luciole.devices.lower import plan
from luciole.errors import LucioleError
from luciole.experiments.devices.cortex_m import CALIBRATION, counted, spent, tools
from luciole.experiments.har import arena_protocol, arena_search
from luciole.networks.readout import classifier
from luciole.sensors import readout
from luciole.sensors.deploy import Runtime, export, quantise
from luciole.shards import load_shards, run_shards

NAME = "devices/arena"
GROUP = 0  # of people, that is tested
HIDDEN = (64, 32)  # units; the first is the classifier of har/arena_search
MODULES = (
    *(f"luciole.devices.{name}" for name in ("plan", "lower", "eight", "c", "c_text", "c_statistics", "c_spectrum")),
    *(f"luciole.devices.{name}" for name in ("c_float", "c_bytes", "c_eight", "c_products", "cortex_m", "native")),
    *(__name__, "luciole.experiments.har.arena_protocol", "luciole.networks.statistics", "luciole.networks.readout"),
    *("luciole.sensors.deploy", "luciole.sensors.features", "luciole.sensors.readout"),
)


def network(row: NDArray, families: dict[str, NDArray], y: NDArray, classes: int) -> nn.Sequential:
    """A design of :mod:`luciole.sensors.readout` with both readers, trained and joined to one network.

    What was trained stands in the functions that answer: it is taken out of their closures, for the module that trains
    decides committed results.
    """
    held = inspect.getclosurevars(readout.train(row, families, y, classes, arena_search.SEED)).nonlocals
    hidden, linear = (inspect.getclosurevars(reader).nonlocals for reader in held["readers"])
    first, _, _, last = hidden["network"]
    fitted = linear["fitted"]
    if len(fitted.classes_) != classes:
        raise LucioleError(f"expected windows of {classes} classes to learn from, got {len(fitted.classes_)}")
    order = _order(families)
    first.weight.data = first.weight.data[:, order]
    return classifier(held["mean"][order], held["deviation"][order], first, last, fitted.coef_[:, order],
                      fitted.intercept_)  # fmt: skip


def _order(families: dict[str, NDArray]) -> NDArray[np.int64]:
    """Where each number of the network stands among the families joined: the logarithms come last in the network."""
    starts = np.cumsum([0, *(families[name].shape[1] for name in readout.FAMILIES)])
    at = dict(zip(readout.FAMILIES, starts, strict=False))
    channels = families["level"].shape[1] // 3
    plain: dict[str, int] = {"level": channels, "quarters": readout.PARTS * channels}
    told = [at[name] + np.arange(plain.get(name, int(families[name].shape[1]))) for name in
            ("level", "quarters", "extremes", "neighbours")]  # fmt: skip
    level, quarters = at["level"] + np.arange(channels, 3 * channels), at["quarters"] + plain["quarters"]
    told += [level, at["spans"] + np.arange(families["spans"].shape[1])]
    told += [np.arange(quarters, at["spans"]), *(at[name] + np.arange(families[name].shape[1]) for name in
                                                 ("bands", "pairs"))]  # fmt: skip
    return np.concatenate(told)


def rows(name: str, hidden: int) -> Iterator[dict[str, Any]]:
    """Rows of a classifier of a data set: bits, core, counts, agreement with ONNX Runtime, macro-F1 of the group."""
    dataset = arena_protocol.load(name)
    lesson, X, y = arena_protocol.fold(dataset, GROUP)
    learnt = ~lesson.stopping
    row = np.array(arena_search.FIXED["64 hidden units + linear"], dtype=np.int8)
    row[len(readout.FAMILIES)] = readout.HIDDEN.index(hidden)
    made = network(row, readout.described(lesson.X[learnt]), lesson.y[learnt], lesson.classes)
    constants = Normalisation(np.zeros(dataset.channels, np.float32), np.ones(dataset.channels, np.float32))
    ours = plan(made, constants, dataset.length, dataset.class_names)
    drawn = np.random.default_rng(0).choice(np.flatnonzero(learnt), CALIBRATION, replace=False)
    told = {"dataset": name, "hidden": hidden, "macs": ours.macs, "parameters": ours.parameters, "windows": len(X)}
    with tempfile.TemporaryDirectory() as place:
        exact = made.double()(torch.from_numpy(X).double()).detach().numpy()
        made.float()
        whole = export(made, constants, dataset.length, Path(place) / "net.onnx")
        small = quantise(whole, lesson.X[drawn], Path(place) / "net.int8.onnx")
        for bits, path in ((32, whole), (8, small)):
            texts = c.emit(ours, "net", None if bits == 32 else read(small, ours))
            expected, scores = Runtime(path)(X), native.scores(texts, "net", ours, X)
            counts = arena_protocol.confusion(y, scores.argmax(axis=1), dataset.classes)
            agree = {
                "same": float((scores.argmax(axis=1) == expected.argmax(axis=1)).mean()),
                "apart": float(np.abs(scores - expected).max()),
                "onnx_apart": float(np.abs(expected - exact).max()),
                "largest": float(np.abs(exact).max()),
                "macro_f1": 100 * arena_protocol.macro_f1(counts),
            }
            for core in CORES:
                yield {**told, "bits": bits, **counted(texts, ours, core, X[0].T), **agree}


def piece(task: tuple[str, int]) -> dict[str, NDArray]:
    """One classifier's rows as JSON."""
    began = spent()
    told = json.dumps(list(rows(*task)))
    return {"rows": np.array(told), "seconds": np.array(spent() - began)}


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train, print, compile and emulate ``units`` classifiers again; None: one.

    Raises Unavailable where a program or a data set is absent, or the programs are others.
    """
    if absent := missing() or native.missing():
        raise Unavailable(f"not installed: {absent}")
    if tools() != result.provenance.parameters["tools"]:
        raise Unavailable("another compiler or emulator than the one that counted")
    keys = result.frame[["dataset", "hidden"]].drop_duplicates().to_numpy().tolist()
    picked = [keys[place] for place in draw(rng, len(keys), units, 1)]
    try:
        now = pd.DataFrame([row for dataset, hidden in picked for row in rows(dataset, hidden)])
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    mine = result.frame[[[row.dataset, row.hidden] in picked for row in result.frame.itertuples()]]
    near = ["same", "apart", "onnx_apart", "largest", "macro_f1"]
    compared = columns(mine, now[list(result.frame.columns.drop(near))])
    compared |= columns(mine, now[near], absolute=0.5, why="another kind of processor rounds sums otherwise")
    return Sample([f"{dataset}, {hidden} units" for dataset, hidden in picked], len(keys), compared, MODULES)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train and count every classifier, a minute of a core each, and write what is counted.

    Raises LucioleError where the compiler or the emulator is absent.
    """
    if absent := missing() or native.missing():
        raise LucioleError(f"expected compilers and an emulator for Cortex-M: {absent}")
    plan_ = {"tools": tools(), "group": GROUP, "seed": arena_search.SEED}
    todo = [(name, hidden) for name in arena_protocol.SETS for hidden in HIDDEN]
    folder = files.cache() / NAME
    try:
        run_shards(piece, todo, folder, plan=plan_, workers=workers, scheduler=scheduler, seconds=seconds)
    finally:
        pieces = load_shards(folder)
        if pieces:
            results.write(
                NAME,
                pd.DataFrame([row for number in sorted(pieces) for row in json.loads(str(pieces[number]["rows"]))]),
                function=run,
                parameters=plan_,
                modules=MODULES,
                inputs=dict.fromkeys(arena_protocol.SETS, "see luciole.datasets"),
                seconds=sum(float(one["seconds"]) for one in pieces.values()),
                energy="not measured: every figure is a count",
                holds=(len(pieces), len(todo)),
            )
