"""Contestants of the field's own literature, written from their papers, under the protocol of WHAR Arena.

    luciole run har/arena_published --seconds 600       # goes on where it stopped

*TinierHAR* and *CNN-HAR* are networks of the contest, at its size and trained as it trains them, one seed a group as
there: does its print come out? *MiniRocket* stands for a family that the contest lacks, fixed convolutions and a ridge
classifier (:data:`FEATURES` features where its paper has about ten thousand, for processor time).

A training of a network takes minutes of a core, so that not all ten groups are bought. The order of :func:`tasks` was
fixed before any was trained: it begins with HAPT, and with the three groups in which the authors' own code was once run
in windows rebuilt as here. What the committed result holds is taken from there, and not trained again.
Classifiers of :mod:`luciole.experiments.har.arena` have all groups, so that pairs of the same groups can be compared.
"""

import itertools
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.errors import LucioleError, extra
from luciole.experiments.har import arena_protocol
from luciole.experiments.har.arena_protocol import Lesson, Predictor
from luciole.experiments.har.arena_training import EPOCHS, Training, answers, fit
from luciole.experiments.har201 import table as har201
from luciole.networks.har_published import PUBLISHED
from luciole.sensors.minirocket import MiniRocket
from luciole.shards import load_shards, restore_shards, run_shards

NAME = "har/arena_published"
MODULES = (
    *(__name__, "luciole.experiments.har.arena_protocol", "luciole.experiments.har.arena_training"),
    *("luciole.datasets.windows", "luciole.networks.har_published", "luciole.networks.initial"),
    "luciole.sensors.minirocket",
)
FEATURES = 2016  # of MiniRocket
ORDER = (0, 2, 4, 1, 3, 5, 6, 7, 8, 9)  # groups of people
EARLY = 2  # epochs that are trained again by an attestation
APART = 0.05  # of macro-F1 after so few epochs, on another processor
POINTS = 5  # windows by which a count of MiniRocket's may differ there

Task = tuple[str, str, int]  # data set, contestant, group
Taught = tuple[Predictor, list[float]]  # what answers, and its macro-F1 on the stopping windows by epoch


def network(model: str) -> Callable[[Lesson, Training], Taught]:
    """A network of the contest as a contestant."""

    def contest(lesson: Lesson, training: Training) -> Taught:
        generator = torch.Generator().manual_seed(training.seed)
        built = PUBLISHED[model](lesson.X.shape[1], lesson.classes, lesson.X.shape[2], generator)
        worth = fit(built, lesson, training)
        return lambda X: answers(built, X), worth

    return contest


def rocket(lesson: Lesson, training: Training) -> Taught:
    """MiniRocket and a ridge classifier, its penalty by leaving out one window of those learnt from."""
    with extra("sensors"):
        from sklearn.linear_model import RidgeClassifierCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    learnt = ~lesson.stopping
    described = MiniRocket.fit(lesson.X[learnt], FEATURES, training.seed)
    ridge = make_pipeline(StandardScaler(with_mean=False), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    ridge.fit(described(lesson.X[learnt]), lesson.y[learnt])
    return lambda X: ridge.predict(described(X)), []


CONTESTANTS: dict[str, Callable[[Lesson, Training], Taught]] = {
    "MiniRocket": rocket,
    "TinierHAR": network("TinierHAR"),
    "CNN-HAR": network("CNN-HAR"),
}


def tasks() -> list[Task]:
    """MiniRocket in three groups, the networks in one, MiniRocket in all, then the networks group by group."""
    networks = [*PUBLISHED][::-1]
    steps = ((["MiniRocket"], ORDER[:3]), (networks, ORDER[:1]), (["MiniRocket"], ORDER[3:]), (networks, ORDER[1:]))
    return [
        (name, model, group)
        for models, groups in steps
        for group, name, model in itertools.product(groups, reversed(arena_protocol.SETS), models)
    ]


def play(task: Task, training: Training) -> dict[str, NDArray]:
    """Train a contestant in a group: confusion counts, macro-F1 on the stopping windows by epoch, processor seconds."""
    name, model, group = task
    lesson, X, y = arena_protocol.fold(arena_protocol.load(name), group)
    worked = time.process_time()
    predict, worth = CONTESTANTS[model](lesson, training)
    counts = arena_protocol.confusion(y, predict(X), lesson.classes)
    return {
        "counts": counts.astype(np.int16),
        "worth": np.pad(np.array(worth, dtype=np.float32), (0, EPOCHS - len(worth)), constant_values=np.nan),
        "seconds": np.array(time.process_time() - worked),
    }


def shard(task: Task) -> dict[str, NDArray]:
    """A whole training, as the contest has it."""
    return play(task, Training())


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` contestants again, MiniRocket wholly, a network :data:`EARLY` epochs; None: two."""
    held = [task for task in tasks() if task[2] in result.arrays.get(f"{task[0]}/{task[1]}/groups", ())]
    drawn = [held[at] for at in draw(rng, len(held), units, 2)]
    compared: dict[str, Column] = {}
    for task in drawn:
        dataset, model, group = task
        try:
            again = play(task, Training(most=EARLY))
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        at = int(np.flatnonzero(result.arrays[f"{dataset}/{model}/groups"] == group)[0])
        kept = {part: result.arrays[f"{dataset}/{model}/{part}"][at].astype(float) for part in ("counts", "worth")}
        told, rounds = f"{dataset}, {model}, group {group}", "sums are rounded otherwise by other processors, and "
        if model in PUBLISHED:
            worth, why = again["worth"][:EARLY].astype(float), f"{rounds}two trainings part from the first step on"
            compared[f"{told}: first epochs"] = Column(kept["worth"][:EARLY], worth, absolute=APART, why=why)
        else:
            counts, why = again["counts"].astype(float), f"{rounds}a window between two classes may change sides"
            compared[told] = Column(kept["counts"], counts, absolute=POINTS, why=why)
    left = {"worth": f"of networks after epoch {EARLY}, and what they answer then", "seconds": "measured"}
    return Sample([", ".join(map(str, task)) for task in drawn], len(held), compared, MODULES, left)


def collected(pieces: Mapping[int, Mapping[str, NDArray]]) -> dict[str, NDArray]:
    """The arrays of the result from its shards: of each data set and contestant the groups there are, in order."""
    arrays: dict[str, NDArray] = {}
    for name, model in itertools.product(arena_protocol.SETS, CONTESTANTS):
        mine = {tasks()[at][2]: piece for at, piece in pieces.items() if tasks()[at][:2] == (name, model)}
        if mine:
            arrays[f"{name}/{model}/groups"] = np.array(sorted(mine))
            for part in ("counts", "worth", "seconds"):
                arrays[f"{name}/{model}/{part}"] = np.stack([mine[group][part] for group in sorted(mine)])
    return arrays


def known() -> dict[int, dict[str, NDArray]]:
    """What the committed result holds, by the number of its task; nothing where it is stale or not there."""
    if NAME not in results.names() or (kept := results.read(NAME, part=True)).stale:
        return {}
    told = {}
    for number, (name, model, group) in enumerate(tasks()):
        for at in np.flatnonzero(kept.arrays.get(f"{name}/{model}/groups", np.empty(0)) == group):
            told[number] = {part: kept.arrays[f"{name}/{model}/{part}"][at] for part in ("counts", "worth", "seconds")}
    return told


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is not yet trained, and write ``har/arena_published`` with what there is."""
    try:
        for name in arena_protocol.SETS:
            arena_protocol.load(name)
    except LucioleError as reason:
        har201.log.warning("the contest's own contestants are left out: %s", reason)
        return
    folder = files.cache() / NAME
    plan = {"epochs": EPOCHS, "features": FEATURES, "code": {module: results.fingerprint(module) for module in MODULES}}
    restore_shards(shard, tasks(), folder, known(), plan=plan)
    done = run_shards(shard, tasks(), folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    if not done:
        return
    arrays = collected(load_shards(folder))
    spent = sum(float(values.sum()) for key, values in arrays.items() if key.endswith("/seconds"))
    results.write(
        NAME,
        arrays,
        function=shard,
        parameters=plan | {"groups": arena_protocol.GROUPS, "order": ORDER},
        modules=MODULES,
        inputs=dict.fromkeys(arena_protocol.SETS, "prepared file, see luciole.datasets"),
        **estimated(spent),
        holds=(done, len(tasks())),
    )
