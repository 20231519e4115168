"""The pipeline of VISAPP 2024 on UTKinect: skeletons as images, a cell found without training, networks trained.

    luciole run skeletons/search            # about a quarter of an hour of one processor core

The original (Mokhtari, Nédélec, Gilles and De Loor, VISAPP 2024) works on OAD, whose files are not to be had here, and
its settings were in no text that could be read. What is done instead, fold by fold:

1. *Windows* of 40 frames, one every ``HOP`` frames (released: every frame), labelled by their middle frame, encoded as
   STIE. Ten subjects make five folds: a pair to test, the next pair to validate, six to train.
2. *Search*: the released improved firefly on NAS-Bench-101, ``GENERATIONS`` generations of ``POPULATION``, guided by
   the ICD of untrained networks (3 stacks of 3 cells, 16 channels) on 100 training windows of the fold. No label, and
   nothing of validation or test subjects, is seen.
3. *Networks*: the cell found, as 2 stacks of 1 and as 5 of 1; two random cells, and the largest of as many random cells
   as the search made evaluations, as 2 stacks of 1; a narrow VGG16, a small CNN, LeNet. All of one recipe; of two
   learning rates the better on the first fold's validation subjects (who are tested in the second), of two lengths the
   better on those of each fold.
4. *Training-based search*: what training a network would cost is measured on cells that the search asked for; its
   product with the number of evaluations is a projection, never run.

Results: ``skeletons/search`` (a row a training) and ``skeletons/search_cells`` (the searches).
"""

import time
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, columns, draw
from luciole.errors import LucioleError
from luciole.experiments.skeletons import pipeline
from luciole.experiments.skeletons.pipeline import Training
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb101

NAMES = ("skeletons/search", "skeletons/search_cells")
TRAINED: dict[str, Any] = {
    "absolute": 0.15,  # on some 250 windows; another processor gave up to .08
    "why": "another kind of processor rounds sums otherwise, which training amplifies",
}
SCORED: dict[str, Any] = {"relative": 1e-5, "why": "another processor rounds sums otherwise"}
DECIDING = (__name__, pipeline.__name__, "luciole.costs.counts", "luciole.networks.small_cnn", *pipeline.MODULES)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` rows of the table again (None: two), or score ``units`` cells of the searches (None: twenty)."""
    try:
        pipeline.data()
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    if name == NAMES[0]:
        return _trainings(result.frame, results.read(NAMES[1], part=True).arrays, rng, units)
    return _searches(result, rng, units)


def _trainings(
    frame: pd.DataFrame, searches: dict[str, NDArray], rng: np.random.Generator, units: int | None
) -> Sample:
    kept, now = frame.iloc[draw(rng, len(frame), units, 2)], []
    cells = {"found": searches["found"], "largest": searches["largest"]}
    cells |= {f"random {letter}": searches["random"][:, place] for place, letter in enumerate("ab")}
    told: list[Any] = list(kept[["network", "encoding", "fold", "rate", "epochs"]].itertuples(index=False, name=None))
    for network, encoding, fold, rate, epochs in told:
        cell = cells.get(network.split(",")[0])
        genes = () if cell is None else tuple(cell[fold].tolist())
        found = pipeline.fit(Training(network, encoding, fold, rate, genes))
        at = pipeline.RECIPE.evaluate.index(epochs)
        metrics = {column: float(found[column][at]) for column in found if column.startswith(("validation", "test_"))}
        now.append({column: found[column].item() for column in pipeline.ALONE} | metrics)
    fresh = pd.DataFrame(now).drop(columns=["seconds", "milliseconds"])
    alone = [column for column in pipeline.ALONE if column in fresh]
    compared = columns(kept, fresh[alone]) | columns(kept, fresh.drop(columns=alone), **TRAINED)
    left = {
        "seconds, milliseconds": "measured",
        "chosen, epochs": "the better on validation subjects, between which rounding tips the scales",
    }
    named = [f"{network}, {encoding}, fold {fold}, rate {rate:g}" for network, encoding, fold, rate, _ in told]
    return Sample(named, len(frame), compared, DECIDING, left)


def _searches(result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    kept, left = result.arrays, {"seconds, scoring, window": "measured"}
    fold_of = np.repeat(np.arange(len(kept["cells"])), kept["cells"])
    drawn = draw(rng, len(kept["rows"]), units, 20)
    images = {fold: pipeline.batch(fold) for fold in np.unique(fold_of[drawn]).tolist()}
    digests = nb101.digests(kept["rows"])
    now = [pipeline.score(kept["rows"][at], digests[at].tobytes(), images[int(fold_of[at])]) for at in drawn]
    best = [np.flatnonzero(fold_of == fold)[np.trunc(kept["values"][fold_of == fold]).argmax()] for fold in images]
    compared = {
        "values": Column(kept["values"][drawn], now, **SCORED),
        "found": Column(nb101.digests(kept["found"][list(images)]), digests[best]),
        "evaluations": Column(kept["evaluations"], np.bincount(fold_of, kept["asked"]).astype(np.int64)),
    }
    space, start = pipeline.space()
    if start == result.provenance.parameters["start"]:
        for fold in images:
            cells, largest = pipeline.beside(space, np.random.default_rng([25, fold]), int(kept["evaluations"][fold]))
            compared[f"random of fold {fold}"] = Column(kept["random"][fold], cells[:2])
            compared[f"largest of fold {fold}"] = Column(kept["largest"][fold], largest)
    else:
        left["random, largest"] = f"drawn {result.provenance.parameters['start']}, here {start}"
    named = [f"fold {fold_of[at]}, cell {at}" for at in drawn]
    return Sample(named, len(kept["rows"]), compared, DECIDING, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search, choose the rates on the first fold, train the others, and write both results once all is done."""
    deadline = float("inf") if seconds is None else time.monotonic() + seconds
    plan = pipeline.settings() | {"code": {module: results.fingerprint(module) for module in pipeline.MODULES}}
    top = files.cache() / "skeletons/search"

    def finished(stage: str, work: Any, todo: list[Any]) -> dict[int, dict[str, NDArray]] | None:
        left = max(0.0, deadline - time.monotonic())
        begin = partial(run_shards, workers=workers, scheduler=scheduler, seconds=None if seconds is None else left)
        return load_shards(top / stage) if begin(work, todo, top / stage, plan=plan) == len(todo) else None

    searches = finished("searches", pipeline.search, list(range(len(pipeline.FOLDS))))
    if searches is None:
        return
    pilot = pipeline.tasks(searches, 0, {})
    piloted = finished("first_fold", pipeline.fit, pilot)
    if piloted is None:
        return
    rates = pipeline.choose(pilot, piloted)
    rest = [task for task in pipeline.tasks(searches, 0, rates) if task.name in pipeline.BORROWED]
    rest += [task for fold in range(1, len(pipeline.FOLDS)) for task in pipeline.tasks(searches, fold, rates)]
    trained = finished("folds", pipeline.fit, rest)
    if trained is None:
        return
    everything = [*zip(pilot, piloted.values(), strict=True), *zip(rest, trained.values(), strict=True)]
    collect(searches, everything, rates)


def collect(
    searches: dict[int, dict[str, NDArray]],
    trainings: list[tuple[Training, dict[str, NDArray]]],
    rates: dict[tuple[str, str], float],
) -> None:
    """Write both results: trainings at the rate that was not chosen stay in the table, marked."""
    rows = []
    for task, found in trainings:
        at = int(found["validation_f1"].argmax())  # the length that the validation subjects of this fold prefer
        own = pipeline.BORROWED.get(task.name, task.name)
        rows.append(
            {"network": task.name, "encoding": task.encoding, "fold": task.fold, "rate": task.rate}
            | {"chosen": rates[own, task.encoding] == task.rate, "epochs": pipeline.RECIPE.evaluate[at]}
            | {name: float(found[name][at]) for name in found if name.startswith(("validation", "test_"))}
            | {name: found[name].item() for name in pipeline.ALONE}
        )
    spent = [found["total"] for _, found in trainings] + [found["seconds"] for found in searches.values()]
    arrays = {name: np.array([searches[fold][name] for fold in sorted(searches)])
              for name in ("found", "largest", "random", "evaluations", "seconds", "scoring", "window")}  # fmt: skip
    arrays["cells"] = np.array([len(searches[fold]["rows"]) for fold in sorted(searches)])
    for name in ("rows", "values", "asked"):
        arrays[name] = np.concatenate([searches[fold][name] for fold in sorted(searches)])
    contents: tuple[Any, ...] = (pd.DataFrame(rows), arrays)
    for name, content in zip(NAMES, contents, strict=True):
        results.write(
            name,
            content,
            function=run,
            parameters=pipeline.settings()
            | {"watts": pipeline.WATTS, "time": "processor seconds of one thread, on a machine in use"},
            modules=DECIDING,
            inputs={"windows": pipeline.data().source},
            seconds=float(sum(spent)),
            joules=float(sum(spent)) * pipeline.WATTS,
            energy=f"estimate: processor seconds times {pipeline.WATTS:g} W a busy thread, no counter could be read",
        )
