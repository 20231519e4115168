"""What people reach for today beside the networks found: classifiers of the package aeon on UCI HAR and WISDM.

    luciole run har/rockets --seconds 600       # where aeon is; goes on where it stopped

Fixed before any figure was read: the people, the parts and the windows of :mod:`luciole.experiments.har.models`, all
training windows, every setting as aeon ships it, one seed, one thread. MiniRocket's ridge classifier factorises all
windows times ten thousand features: on WISDM that would take a quarter of an hour of a core and ten gibibytes, and
Hydra-MultiRocket has five times the features, so that both learn from :data:`MOST` windows, drawn, there. The order of
:data:`TASKS` is that of what is bought first.

The package needs an environment of its own (it admits neither today's numpy nor pandas), which the record names.
"""

import importlib.metadata
import time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.design import rivals
from luciole.errors import LucioleError
from luciole.experiments.har import protocol
from luciole.experiments.har201 import table as har201
from luciole.shards import load_shards, run_shards

NAME = "har/rockets"
MOST = 4096  # windows learnt from where all are too many
TASKS = (  # data set, classifier, windows learnt from at most (0: all)
    ("uci_har", "MiniRocket", 0),
    ("uci_har", "QUANT", 0),
    ("wisdm", "QUANT", 0),
    ("wisdm", "MiniRocket", MOST),
    ("uci_har", "Hydra-MultiRocket", MOST),
    ("wisdm", "Hydra-MultiRocket", MOST),
)
MODULES = (__name__, "luciole.datasets.splits", "luciole.datasets.windows", "luciole.design.rivals")
APART = 0.01  # of a person's share, where another processor rounds sums otherwise


def unit(task: tuple[str, str, int]) -> dict[str, NDArray]:
    """Fit a classifier and let it answer: windows and right answers of each test person, processor seconds."""
    name, model, most = task
    dataset, split = protocol.data(name)
    learnt = protocol.everyone(split)
    if most:
        learnt = np.sort(np.random.default_rng(0).choice(learnt, most, replace=False))
    begun = time.process_time()
    answer = rivals.fit(model, dataset.X[learnt], dataset.y[learnt], 0)
    fitted = time.process_time()
    right = answer(dataset.X[split.test]) == dataset.y[split.test]
    answered = time.process_time()
    assert dataset.subject is not None
    people, at = np.unique(dataset.subject[split.test], return_inverse=True)
    return {
        "subject": people,
        "windows": np.bincount(at),
        "right": np.bincount(at, weights=right).astype(np.int64),
        "learnt": np.array(len(learnt)),
        "fit_seconds": np.array(fitted - begun),
        "answer_us": np.array(1e6 * (answered - fitted) / len(right)),
    }


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Fit ``units`` classifiers once more; None: one. Raises Unavailable where aeon is not here."""
    held = [task for task in TASKS if ((result.frame["dataset"] == task[0]) & (result.frame["model"] == task[1])).any()]
    drawn = [held[at] for at in draw(rng, len(held), units, 1)]
    if not all(rivals.present(model) for _, model, _ in drawn):
        raise Unavailable(f"{NAME}: {rivals.ABSENT}")
    compared: dict[str, Column] = {}
    for task in drawn:
        kept = result.frame[(result.frame["dataset"] == task[0]) & (result.frame["model"] == task[1])]
        try:
            now = unit(task)
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        shares = kept["right"].to_numpy() / kept["windows"].to_numpy(), now["right"] / now["windows"]
        compared[", ".join(task[:2])] = Column(*shares, absolute=APART, why="other processors round sums otherwise")
    return Sample(list(compared), len(held), compared, MODULES, {"fit_seconds": "measured", "answer_us": "measured"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Fit what is left, and write what is finished: a row a data set, classifier and test person."""
    if not rivals.present(TASKS[0][1]):
        har201.log.warning("%s is left out: %s", NAME, rivals.ABSENT)
        return
    plan = {"tasks": TASKS, "code": {module: results.fingerprint(module) for module in MODULES}}
    folder = files.cache() / NAME
    run_shards(unit, TASKS, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    if not shards:
        return
    frames = [
        pd.DataFrame({"dataset": TASKS[at][0], "model": TASKS[at][1], **{k: np.atleast_1d(v) for k, v in piece.items()
                      if v.ndim}}).assign(**{k: v.item() for k, v in piece.items() if not v.ndim})
        for at, piece in sorted(shards.items())
    ]  # fmt: skip
    frame = pd.concat(frames, ignore_index=True)
    tested = frame.groupby(["dataset", "model"]).agg({"windows": "sum", "fit_seconds": "first", "answer_us": "first"})
    spent = float((tested["fit_seconds"] + 1e-6 * tested["answer_us"] * tested["windows"]).sum())
    named = ("aeon", "numba", "numpy", "pandas", "scikit-learn", "torch")
    results.write(
        NAME,
        frame,
        function=run,
        parameters={"tasks": TASKS, "seed": 0, "versions": {one: importlib.metadata.version(one) for one in named}},
        modules=MODULES,
        inputs=dict.fromkeys(protocol.PLANS, "prepared file, see luciole.datasets"),
        **estimated(spent),
        holds=(len(shards), len(TASKS)),
    )
