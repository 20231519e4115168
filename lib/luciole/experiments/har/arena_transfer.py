"""Trained on a watch, tested on a phone: what a reader's own recordings are like, which wear the sensor elsewhere.

    luciole run har/arena_transfer

WISDM 2019's accelerometers (:mod:`luciole.datasets.wisdm`), windows of 3 s, half overlapping, people of the watch in
ten groups as in WHAR Arena. A contestant learns from nine groups and is asked about the people of the tenth, whom it
never met: on their watch, and on their phone, which was in a pocket meanwhile. Three scales of the phone's windows say
what of the loss is a shift: the watch's constants; the phone's own, taken from the nine groups' phones without any
label; and what learning from those phones gives. Fewer people have a phone's recording here: groups in which nobody
has are left out of its means. The contest has the gyroscope too, so that its figures do not stand beside these.
"""

import itertools
import time
from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.datasets import wisdm
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.har import arena, arena_protocol, arena_search
from luciole.experiments.har.arena_protocol import Contestant, Lesson, Predictor
from luciole.experiments.har201 import table as har201
from luciole.sensors import readout
from luciole.shards import load_shards, run_shards

NAME = "har/arena_transfer"
MODULES = (
    *(__name__, "luciole.experiments.har.arena", "luciole.experiments.har.arena_protocol", "luciole.datasets.wisdm"),
    *("luciole.datasets.windows", "luciole.networks.statistics", "luciole.sensors.features", "luciole.sensors.readout"),
)
WAYS = ("watch to watch", "watch to phone", "watch to phone, the phone's scale", "phone to phone")
HIDDEN = "64 hidden units + linear"
POINTS = 60  # windows by which a count may differ on another processor; a group has thousands

Task = tuple[str, int]  # contestant, group


@cache
def load(device: str) -> Dataset:
    """The windows of a device."""
    return wisdm.load(device, arena_protocol.SECONDS, arena_protocol.OVERLAP)


def _hidden(lesson: Lesson) -> Predictor:
    row = np.array(arena_search.FIXED[HIDDEN])
    read = readout.train(row, readout.described(lesson.X), lesson.y, lesson.classes, seed=0)
    return lambda X: read(readout.described(X)).argmax(axis=1)


def contestants() -> dict[str, Contestant]:
    """Every contestant by name, the cheapest first."""
    known = arena.contestants()
    kept = ("LDA, statistics", "random forest, minimal")
    return {kept[0]: known[kept[0]], HIDDEN: _hidden, kept[1]: known[kept[1]]}


def tasks() -> list[Task]:
    """Contestant by contestant, so that one is whole before the next begins."""
    return [*itertools.product(contestants(), range(arena_protocol.GROUPS))]


def shard(task: Task) -> dict[str, NDArray]:
    """Teach a contestant and test it in a group: confusion counts (ways, classes, classes), processor seconds."""
    model, group = task
    watch, phone = load("watch"), load("phone")
    assert watch.subject is not None
    assert phone.subject is not None
    tested = np.unique(watch.subject)[group :: arena_protocol.GROUPS]
    on_watch, on_phone = np.isin(watch.subject, tested), np.isin(phone.subject, tested)
    scales = {one.name: Normalisation.fit(one.X[~at]) for one, at in ((watch, on_watch), (phone, on_phone))}
    began = time.process_time()

    def taught(dataset: Dataset, at: NDArray) -> Predictor:
        assert dataset.subject is not None
        assert dataset.hz is not None
        X, y, subject = scales[dataset.name](dataset.X[~at]), dataset.y[~at], dataset.subject[~at]
        lesson = Lesson(X, y, subject, np.zeros(len(y), dtype=bool), dataset.classes, dataset.hz)
        return contestants()[model](lesson)

    by_watch, by_phone = taught(watch, on_watch), taught(phone, on_phone)
    asked = (
        (by_watch, watch, on_watch, watch.name),
        (by_watch, phone, on_phone, watch.name),
        (by_watch, phone, on_phone, phone.name),
        (by_phone, phone, on_phone, phone.name),
    )
    counts = np.zeros((len(WAYS), watch.classes, watch.classes), dtype=np.int32)
    for way, (predict, dataset, at, scale) in enumerate(asked):
        if at.any():
            answered = predict(scales[scale](dataset.X[at]))
            counts[way] = arena_protocol.confusion(dataset.y[at], answered, dataset.classes)
    return {"counts": counts, "seconds": np.array(time.process_time() - began)}


def table(arrays: Mapping[str, NDArray]) -> pd.DataFrame:
    """A row a contestant and way: macro-F1 (%), mean over the groups that have windows, its standard error, groups."""
    rows = []
    for model in contestants():
        if (counts := arrays.get(f"{model}/counts")) is None:
            continue
        for way, title in enumerate(WAYS):
            there = [one for one in counts[:, way] if one.any()]
            each = 100 * np.array([arena_protocol.macro_f1(one) for one in there])
            error = each.std(ddof=1) / np.sqrt(len(each))
            told = {"macro_f1": each.mean(), "error": error, "groups": len(each)}
            rows.append({"model": model, "way": title, **told})
    return pd.DataFrame(rows)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Teach ``units`` contestants in their groups again; None: one."""
    held = [(model, group) for model, group in tasks() if f"{model}/counts" in result.arrays]
    drawn = [held[at] for at in draw(rng, len(held), units, 1)]
    compared: dict[str, Column] = {}
    for model, group in drawn:
        try:
            again = shard((model, group))["counts"].astype(float)
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        kept = result.arrays[f"{model}/counts"][group].astype(float)
        why = "sums are rounded otherwise by other processors, and a window between two classes may change sides"
        compared[f"{model}, group {group}"] = Column(kept, again, absolute=POINTS, why=why)
    named = [f"{model}, {group}" for model, group in drawn]
    return Sample(named, len(held), compared, MODULES, {"seconds": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Teach what is not yet taught, and write ``har/arena_transfer`` with the contestants that have all groups."""
    try:
        load("watch")
    except LucioleError as reason:
        har201.log.warning("from watch to phone is left out: %s", reason)
        return
    folder = files.cache() / NAME
    plan = {"code": {module: results.fingerprint(module) for module in MODULES}}
    run_shards(shard, tasks(), folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    pieces = load_shards(folder)
    arrays: dict[str, NDArray] = {}
    for model in contestants():
        mine = [number for number, task in enumerate(tasks()) if task[0] == model]
        if all(number in pieces for number in mine):
            for part in ("counts", "seconds"):
                arrays[f"{model}/{part}"] = np.stack([pieces[number][part] for number in mine])
    if not arrays:
        return
    spent = sum(float(values.sum()) for key, values in arrays.items() if key.endswith("/seconds"))
    results.write(
        NAME,
        arrays,
        function=shard,
        parameters=plan | {"groups": arena_protocol.GROUPS, "ways": WAYS},
        modules=MODULES,
        inputs={"wisdm": "prepared file, see luciole.datasets"},
        **estimated(spent),
        holds=(len(arrays) // 2 * arena_protocol.GROUPS, len(tasks())),
    )
