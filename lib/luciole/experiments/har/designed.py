"""What ``luciole design`` finds in its minutes, with the settings that everybody gets, on people who had no part in it.

    luciole run har/designed --workers 2

Fixed before any figure was read: the data sets, so many minutes of two processors for each, one limit of
multiply-accumulates, every other setting as shipped; and the targets. The delivered network's accuracy stands beside
the random forest's on seglearn, whose people are tested once each by networks that never saw them (:data:`FOREST`),
and beside a committed network of the same size on the published test people of UCI HAR and on WISDM's
(:data:`COMMITTED`), whose search took hours. With one process the minutes are twice as many.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.design import Settings, design, tasks
from luciole.design.outcome import DELIVERED, Outcome
from luciole.design.parts import part
from luciole.design.run import read
from luciole.design.tasks import Task
from luciole.errors import LucioleError
from luciole.experiments.har201 import table as har201

NAME = "har/designed"
MINUTES = {"seglearn": 5.0, "uci_har": 20.0, "wisdm": 20.0}  # of PROCESSORS
PROCESSORS = 2
MACS = 53_079  # the limit of the smallest network committed for UCI HAR
FOREST = "random forest"
COMMITTED = {"uci_har": "found, 53 k MACs", "wisdm": "found, 35 k MACs"}  # of har/models
POINTS = 0.5  # below the committed network, at most
MODULES = (
    *(__name__, "luciole.design.candidates", "luciole.design.contest", "luciole.design.course"),
    *("luciole.design.dealing", "luciole.design.ladder", "luciole.design.linear", "luciole.design.parts"),
    *("luciole.design.rivals", "luciole.design.tasks", "luciole.sensors.training", "luciole.networks.har1d"),
)
WHY = "other processors round sums otherwise, and a training then ends elsewhere"
KEY = ["dataset", "model", "seed", "bench"]


def rows(name: str, outcome: Outcome) -> pd.DataFrame:
    """What an outcome says of each person and model: a row a data set, model, seed and person.

    Columns: those of :data:`KEY`; ``task``, the final training as JSON; ``person``; ``windows``, and ``right``, how
    many of them were recognised; ``macs`` of a window, -1 where they were not counted.
    """
    course, told = outcome.course, []
    sizes = outcome.leaderboard.set_index("model")["macs"].fillna(-1).astype(int)
    for model, seeds in outcome.answers.items():
        for seed in range(len(seeds)):
            every = course.finals(seed) if model == DELIVERED else outcome.contest.tasks(model)
            for task in every:
                piece = course.store.get(task)
                assert piece is not None  # the outcome has read it
                told += [
                    {"dataset": name, "model": model, "seed": seed, "bench": task.bench,
                     "task": json.dumps(task.told, sort_keys=True), "macs": sizes[model], **person}
                    for person in _people(outcome.parts, task.bench, piece["answers"], outcome.dataset.y)
                ]  # fmt: skip
    return pd.DataFrame(told)


def _people(parts: Any, bench: int, answers: Any, y: Any) -> Iterable[dict[str, int]]:
    tested = parts.benches[bench].test
    unit, right = parts.unit[tested], answers == y[tested]
    for who in np.unique(unit):
        mine = unit == who
        yield {"person": int(who), "windows": int(mine.sum()), "right": int(right[mine].sum())}


def again(name: str, told: pd.DataFrame) -> list[int]:
    """Train the model of rows of one :data:`KEY` once more, and count what it recognises, a number a person."""
    dataset = read(name, {})
    parts = part(dataset, Settings(name, "").seed)
    task = Task(**json.loads(told["task"].iloc[0]))
    task = Task(**{**task.told, "genes": tuple(task.genes)})
    with TemporaryDirectory() as folder:
        path = Path(folder) / tasks.DATA
        tasks.keep(path, dataset, parts.benches)
        answers = tasks.do(path, task)["answers"]
    return [person["right"] for person in _people(parts, task.bench, answers, dataset.y)]


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` models of as many groups of people once more; None: three."""
    groups = list(result.frame.groupby(KEY, sort=True))
    drawn = draw(rng, len(groups), units, 3)
    compared: dict[str, Column] = {}
    for at in drawn:
        (dataset, model, seed, bench), told = groups[at]
        try:
            now = np.array(again(str(dataset), told))
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        key = f"{dataset}, {model}, seed {seed}, group {bench}"
        people = [f"{key}, person {person}" for person in told["person"]]
        share = told["right"].to_numpy() / told["windows"].to_numpy(), now / told["windows"].to_numpy()
        compared[key] = Column(*share, absolute=0.05, why=WHY, rows=people)
    left = {"macs": "counted by the space, tested there", "windows": "of the data set"}
    return Sample(list(compared), len(groups), compared, MODULES, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Design a network for each data set that is not done yet, and write ``har/designed``; a missing one is left out.

    A design that was stopped goes on. After ``seconds`` no further data set is begun. Processes of a cluster have no
    part in it: what is asked is what one machine does in so many minutes.
    """
    begun, spent, done = time.monotonic(), 0.0, []
    for name, minutes in MINUTES.items():
        if seconds is not None and time.monotonic() - begun > seconds:
            break
        try:
            read(name, {})
        except LucioleError as reason:
            har201.log.warning("%s is left out: %s", name, reason)
            continue
        folder = files.cache() / NAME / name
        shared = Settings(name, str(folder), minutes * PROCESSORS / workers, MACS, workers=workers)
        outcome = design(shared, har201.log.info)
        done.append(rows(name, outcome))
        spent += outcome.course.clock.spent * workers  # of the clock: an upper bound where a machine is shared
        results.write(
            NAME,
            pd.concat(done, ignore_index=True),
            function=design,
            parameters={"minutes": MINUTES, "processors": PROCESSORS, "workers": workers, "macs": MACS, "seed": 0},
            modules=MODULES,
            inputs=dict.fromkeys(MINUTES, "see luciole.datasets"),
            **estimated(spent),
            holds=(len(done), len(MINUTES)),
        )
