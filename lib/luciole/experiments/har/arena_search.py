"""Small networks on statistics of a window, searched under the protocol of WHAR Arena.

    luciole run har/arena_search               # goes on where it stopped

Fixed before any of these designs was searched. For each data set, limit of multiplications and group of people:

1. *What a design is worth*: mean macro-F1 of three folds by people inside the nine training groups
   (:func:`arena_protocol.inner`). The tested people are seen by nothing that chooses.
2. *Two searches* of ``TRIED`` designs each, regularised evolution and random ones. Each hands on its best.
3. *Tested*: both choices, and all the random designs, that one may see where a chosen design stands among designs that
   nobody chose; trained on what the protocol lets a network train on, the stopping windows left out.

Two designs that nobody searched stand beside: a hidden layer of 64 units on all the statistics, alone and with the
linear discriminant (``FIXED``). The discriminant alone is in :mod:`luciole.experiments.har.arena`.
"""

import itertools
import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.har import arena_protocol
from luciole.experiments.har.arena_protocol import Lesson
from luciole.experiments.har201 import table as har201
from luciole.search import SEARCHERS, Budget, Objective
from luciole.sensors import readout
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows

NAME = "har/arena_search"
MODULES = (
    *(__name__, "luciole.experiments.har.arena_protocol", "luciole.datasets.windows", "luciole.networks.statistics"),
    *("luciole.sensors.features", "luciole.sensors.readout", "luciole.search.evolution", "luciole.search.random"),
)
LIMITS = (50_000, 10_000)  # multiplications a window, what its statistics cost counted in
TRIED = 12  # designs of each search
POPULATION = 5  # of the evolution
SEED = 0
FIXED = {"64 hidden units": (*[1] * 7, 3, 0, 0, 0), "64 hidden units + linear": (*[1] * 7, 3, 1, 0, 0)}
POINTS = 30  # windows by which a count may differ on another processor

Families = Mapping[str, NDArray]
Task = tuple[str, int, int]  # data set, limit (0: the fixed designs), group


class Judge:
    """What designs are worth inside a lesson: mean macro-F1 (%) of three folds by people."""

    def __init__(self, lesson: Lesson):
        self.classes = lesson.classes
        self.folds = [
            (readout.described(part.X[~part.stopping]), part.y[~part.stopping], readout.described(X), y)
            for part, X, y in arena_protocol.inner(lesson)
        ]

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        return np.array([self.worth(row) for row in rows])

    def worth(self, row: NDArray) -> float:
        """Train a design in each fold, and test it on the people held out there."""
        each = [counts(row, learnt, y, self.classes, held, true) for learnt, y, held, true in self.folds]
        return float(np.mean([100 * arena_protocol.macro_f1(one) for one in each]))


def counts(row: NDArray, learnt: Families, y: NDArray, classes: int, asked: Families, true: NDArray) -> NDArray:
    """Confusion counts of a design trained on some windows' statistics and asked about others."""
    answers = readout.train(row, learnt, y, classes, SEED)(asked)
    return arena_protocol.confusion(true, answers.argmax(axis=1), classes).astype(np.int16)


def tasks() -> list[Task]:
    """The fixed designs first, then limit by limit; data set and group within."""
    return [
        (name, limit, group)
        for limit in (0, *LIMITS)
        for name, group in itertools.product(arena_protocol.SETS, range(arena_protocol.GROUPS))
    ]


def searched(space: readout.Space, judge: Judge, group: int) -> dict[str, tuple[Rows, NDArray[np.float64]]]:
    """Both searches: the designs that each tried, in its order, and what it found them worth."""
    told = {}
    for number, (name, settings) in enumerate(
        {"regularised evolution": {"population": POPULATION}, "random": {}}.items()
    ):
        rng = np.random.default_rng([SEED, group, number])
        history = SEARCHERS[name](space, Objective(judge), Budget(evaluations=TRIED), rng, **settings)
        new = np.diff(history.evaluations, prepend=0) > 0  # a design that comes again is answered from memory
        told[name.split()[-1]] = np.asarray(history.genotypes[new]), history.values[new]
    return told


def shard(task: Task) -> dict[str, NDArray]:
    """Search in a group, and test what was chosen and what was drawn; counts and processor seconds."""
    name, limit, group = task
    dataset = arena_protocol.load(name)
    began = time.process_time()
    lesson, X, y = arena_protocol.fold(dataset, group)
    learnt, asked = readout.described(lesson.X[~lesson.stopping]), readout.described(X)
    known = lesson.y[~lesson.stopping]

    def tested(rows: Rows) -> NDArray:
        return np.stack([counts(row, learnt, known, lesson.classes, asked, y) for row in rows])

    if limit == 0:
        held = {"counts": tested(np.array([*FIXED.values()]))}
    else:
        space = readout.Space(dataset.channels, dataset.length, lesson.classes, limit)
        both = searched(space, Judge(lesson), group)
        rows, worth = both["evolution"]
        held = {"evolution": rows, "evolution_worth": worth, "counts": tested(rows[[worth.argmax()]])}
        rows, worth = both["random"]
        held |= {"random": rows, "random_worth": worth, "random_counts": tested(rows)}
    return held | {"seconds": np.array(time.process_time() - began)}


def key(name: str, limit: int) -> str:
    """Where the arrays of a data set and limit stand in the result."""
    return f"{name}/{limit or 'fixed'}"


def table(arrays: Mapping[str, NDArray]) -> pd.DataFrame:
    """A row a data set and way of choosing: macro-F1 (%, mean over groups, standard error), multiplications, seconds.

    ``above`` is the share (%) of the random designs that the chosen one is above, mean over groups.
    """
    rows: list[dict[str, object]] = []

    def add(name: str, model: str, counts: NDArray, **more: float) -> None:
        each = 100 * np.array([arena_protocol.macro_f1(one) for one in counts])
        error = each.std(ddof=1) / np.sqrt(len(each))
        rows.append({"dataset": name, "model": model, "macro_f1": each.mean(), "error": error, **more})

    for name in arena_protocol.SETS:
        if (fixed := f"{key(name, 0)}/counts") in arrays:
            for number, model in enumerate(FIXED):
                add(name, model, arrays[fixed][:, number])
        for limit in LIMITS:
            if (at := key(name, limit)) + "/counts" not in arrays:
                continue
            drawn, best = arrays[f"{at}/random_counts"], arrays[f"{at}/random_worth"].argmax(axis=1)
            every = np.array([[arena_protocol.macro_f1(one) for one in group] for group in drawn])
            found = arrays[f"{at}/counts"][:, 0]
            mine = np.array([arena_protocol.macro_f1(one) for one in found])
            above = 100 * float(np.mean((mine[:, None] > every) + 0.5 * (mine[:, None] == every)))
            add(name, f"found, {limit:,}", found, limit=limit, above=above)
            add(name, f"best random by worth, {limit:,}", drawn[np.arange(len(drawn)), best], limit=limit)
            add(name, f"mean random, {limit:,}", drawn.reshape(-1, *drawn.shape[2:]), limit=limit)
            rows[-1] |= {
                "macro_f1": 100 * every.mean(),
                "error": 100 * every.mean(axis=1).std(ddof=1) / len(every) ** 0.5,
            }
    return pd.DataFrame(rows)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train what was chosen in ``units`` groups again; None: three. The searches are not repeated."""
    everything = [task for task in tasks() if f"{key(*task[:2])}/counts" in result.arrays]
    drawn = draw(rng, len(everything), units, 3)
    compared: dict[str, Column] = {}
    for at in drawn:
        dataset, limit, group = everything[at]
        try:
            lesson, X, y = arena_protocol.fold(arena_protocol.load(dataset), group)
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        held = {part: result.arrays[f"{key(dataset, limit)}/{part}"][group] for part in _parts(limit)}
        rows = np.array([*FIXED.values()]) if limit == 0 else held["evolution"][[held["evolution_worth"].argmax()]]
        learnt = readout.described(lesson.X[~lesson.stopping]), lesson.y[~lesson.stopping], lesson.classes
        again = np.stack([counts(row, *learnt, readout.described(X), y) for row in rows]).astype(float)
        why = "sums are rounded otherwise by other processors, and a window between two classes may change sides"
        told = f"{dataset}, {limit or 'fixed'}, group {group}"
        compared[told] = Column(held["counts"].astype(float), again, absolute=POINTS, why=why)
    named = [", ".join(map(str, everything[at])) for at in drawn]
    left = dict.fromkeys(("evolution", "evolution_worth", "random", "random_worth", "random_counts"), "the searches")
    return Sample(named, len(everything), compared, MODULES, {"seconds": "measured"} | left)


def _parts(limit: int) -> tuple[str, ...]:
    searches = ("evolution", "evolution_worth", "random", "random_worth", "random_counts") if limit else ()
    return ("counts", *searches, "seconds")


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search where it was not yet searched, and write ``har/arena_search`` with the limits that are whole."""
    try:
        for name in arena_protocol.SETS:
            arena_protocol.load(name)
    except LucioleError as reason:
        har201.log.warning("the search in the contest is left out: %s", reason)
        return
    folder = files.cache() / NAME
    plan = {"tried": TRIED, "seed": SEED, "code": {module: results.fingerprint(module) for module in MODULES}}
    run_shards(shard, tasks(), folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    pieces = load_shards(folder)
    arrays: dict[str, NDArray] = {}
    for (name, limit), group in itertools.groupby(enumerate(tasks()), key=lambda one: one[1][:2]):
        numbers = [number for number, _ in group]
        if all(number in pieces for number in numbers):
            for part in _parts(limit):
                arrays[f"{key(name, limit)}/{part}"] = np.stack([pieces[number][part] for number in numbers])
    if not arrays:
        return
    spent = sum(float(values.sum()) for name, values in arrays.items() if name.endswith("/seconds"))
    held = sum(name.endswith("/seconds") for name in arrays) * arena_protocol.GROUPS
    results.write(
        NAME,
        arrays,
        function=shard,
        parameters=plan | {"groups": arena_protocol.GROUPS, "limits": LIMITS},
        modules=MODULES,
        inputs=dict.fromkeys(arena_protocol.SETS, "prepared file, see luciole.datasets"),
        seconds=spent,
        joules=spent * har201.WATTS,
        energy=f"estimate: processor seconds times {har201.WATTS:g} W a busy thread, no counter could be read",
        holds=(held, len(tasks())),
    )
