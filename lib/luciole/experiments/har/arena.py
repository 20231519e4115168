"""Classifiers that are no networks under the protocol of WHAR Arena: theirs, and ours on statistics of a window.

    luciole run har/arena

The contest's own three see ten simple numbers a channel (tsfresh's minimal features); published figures for them prove
the protocol (:mod:`luciole.experiments.har.arena_protocol`). Ours are a linear discriminant, shrunk, and extremely
randomised trees, on the statistics that our networks see and the features of chapter 7 together. Nothing is chosen on
these data sets: settings are the contest's, or scikit-learn's own but for the number of trees.

The result holds confusion counts, so that every metric can be taken from it: of each group of people, its own.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError, extra
from luciole.experiments.har import arena_protocol
from luciole.experiments.har.arena_protocol import Contestant, Lesson, Predictor
from luciole.experiments.har201 import table as har201
from luciole.networks.statistics import Statistics
from luciole.sensors.features import features
from luciole.shards import load_shards, run_shards

NAME = "har/arena"
MODULES = (
    *(__name__, "luciole.experiments.har.arena_protocol", "luciole.datasets.windows", "luciole.networks.statistics"),
    "luciole.sensors.features",
)
TREES = 300  # of the extremely randomised ones
POINTS = 5  # windows by which a count may differ on another processor


def minimal(X: NDArray) -> NDArray[np.float64]:
    """tsfresh's minimal features of windows (n, channels, time): ten numbers a channel, one of them the length."""
    deviation = X.std(axis=2)
    columns = [X.sum(axis=2), np.median(X, axis=2), X.mean(axis=2), np.full(X.shape[:2], X.shape[2]), deviation]
    columns += [deviation**2, np.sqrt(np.square(X).mean(axis=2)), X.max(axis=2), np.abs(X).max(axis=2), X.min(axis=2)]
    return np.concatenate(columns, axis=1)


def described(X: NDArray) -> NDArray[np.float64]:
    """Our two descriptions of windows (n, channels, time) side by side."""
    with torch.no_grad():
        told = Statistics()(torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32))).numpy()
    return np.concatenate([told, features(X)], axis=1, dtype=np.float64)


def contestants() -> dict[str, Contestant]:
    """Every contestant by name."""
    with extra("sensors"):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
        from sklearn.neighbors import KNeighborsClassifier
        from sklearn.svm import SVC

    def on(describe: Callable[[NDArray], NDArray], make: Callable[[], Any]) -> Contestant:
        def contest(lesson: Lesson) -> Predictor:
            learnt = ~lesson.stopping
            fitted = make().fit(describe(lesson.X[learnt]), lesson.y[learnt])

            def predict(X: NDArray[np.float32]) -> NDArray[np.int64]:
                answer: NDArray[np.int64] = fitted.predict(describe(X))
                return answer

            return predict

        return contest

    def forest() -> Any:
        return RandomForestClassifier(100, max_depth=8, min_samples_leaf=10, random_state=0)

    return {
        "random forest, minimal": on(minimal, forest),
        "k-NN, minimal": on(minimal, lambda: KNeighborsClassifier(5, weights="distance")),
        "SVM, minimal": on(minimal, lambda: SVC(C=1.0)),
        "LDA, statistics": on(described, lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
        "extra trees, statistics": on(described, lambda: ExtraTreesClassifier(TREES, random_state=0)),
    }


def tasks() -> list[tuple[str, str, int]]:
    """Data set, contestant and group of people."""
    return list(itertools.product(arena_protocol.SETS, contestants(), range(arena_protocol.GROUPS)))


def shard(task: tuple[str, str, int]) -> dict[str, NDArray]:
    """Train a contestant and test it on a group: its confusion counts, and processor seconds of both."""
    name, model, group = task
    lesson, X, y = arena_protocol.fold(arena_protocol.load(name), group)
    worked = time.process_time()
    predicted = contestants()[model](lesson)(X)
    seconds = time.process_time() - worked
    counts = arena_protocol.confusion(y, predicted, lesson.classes)
    return {"counts": counts.astype(np.int16), "seconds": np.array(seconds)}


def table(arrays: Mapping[str, NDArray]) -> pd.DataFrame:
    """A row a data set and contestant: mean macro-F1 over groups (%), its standard error, accuracy, and seconds.

    ``present`` is macro-F1 over the classes that a group shows or is said to show, as scikit-learn has it.
    """
    rows = []
    for key, counts in arrays.items():
        if not key.endswith("/counts"):
            continue
        name, model, _ = key.split("/")
        each = 100 * np.array([arena_protocol.macro_f1(one) for one in counts])
        shown = [np.count_nonzero(one.sum(axis=0) + one.sum(axis=1)) for one in counts]
        rows.append(
            {
                "dataset": name,
                "model": model,
                "macro_f1": each.mean(),
                "error": each.std(ddof=1) / np.sqrt(len(each)),
                "present": float(np.mean(each * counts.shape[1] / shown)),
                "accuracy": float(np.mean([100 * np.trace(one) / one.sum() for one in counts])),
                "seconds": float(arrays[f"{name}/{model}/seconds"].mean()),
            }
        )
    return pd.DataFrame(rows)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` contestants in their groups again; None: three."""
    everything = tasks()
    drawn = draw(rng, len(everything), units, 3)
    compared: dict[str, Column] = {}
    for at in drawn:
        dataset, model, group = everything[at]
        try:
            arena_protocol.load(dataset)
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        kept = result.arrays[f"{dataset}/{model}/counts"][group].astype(float)
        again = shard(everything[at])["counts"].astype(float)
        why = "sums are rounded otherwise by other processors, and a window between two classes may change sides"
        compared[f"{dataset}, {model}, group {group}"] = Column(kept, again, absolute=POINTS, why=why)
    named = [", ".join(map(str, everything[at])) for at in drawn]
    return Sample(named, len(everything), compared, MODULES, {"seconds": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is not yet trained, and write ``har/arena`` once everything is; a missing data set ends it."""
    try:
        for name in arena_protocol.SETS:
            arena_protocol.load(name)
    except LucioleError as reason:
        har201.log.warning("the contest is left out: %s", reason)
        return
    folder = files.cache() / NAME
    plan = {"trees": TREES, "code": {module: results.fingerprint(module) for module in MODULES}}
    done = run_shards(shard, tasks(), folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    if done < len(tasks()):
        return
    pieces = load_shards(folder)
    arrays: dict[str, NDArray] = {}
    for (name, model), group in itertools.groupby(enumerate(tasks()), key=lambda one: one[1][:2]):
        mine = [pieces[number] for number, _ in group]
        arrays |= {f"{name}/{model}/{key}": np.stack([piece[key] for piece in mine]) for key in ("counts", "seconds")}
    spent = sum(float(values.sum()) for key, values in arrays.items() if key.endswith("/seconds"))
    results.write(
        NAME,
        arrays,
        function=shard,
        parameters=plan | {"groups": arena_protocol.GROUPS, "seed": arena_protocol.SEED},
        modules=MODULES,
        inputs=dict.fromkeys(arena_protocol.SETS, "prepared file, see luciole.datasets"),
        seconds=spent,
        joules=spent * har201.WATTS,
        energy=f"estimate: processor seconds times {har201.WATTS:g} W a busy thread, no counter could be read",
    )
