"""What of the final trainings of :mod:`luciole.experiments.har.search` is derived again, for their four results.

A network found takes minutes of training, which are not repeated: its committed weights read the test people again,
which takes a second. Models that took at most :data:`AFFORDABLE` seconds are drawn and trained anew; counts are made
again for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.experiments.har import models, protocol, stages
from luciole.sensors.training import Learner

AFFORDABLE = 30.0  # seconds that a training derived again may have taken
TRAINED: dict[str, Any] = {
    "absolute": 0.02,
    "why": "another kind of processor rounds sums otherwise, which training amplifies",
}
ANSWERED: dict[str, Any] = {
    "absolute": 1e-3,
    "why": "another kind of processor rounds sums otherwise: a window in a thousand may tip",
}
TIPPED = 5  # windows by which an entry of a confusion may differ
TABLE, PEOPLE, WEIGHTS, CONFUSION = models.RESULTS
Shard = dict[str, NDArray]

UNDERCOUNTED = {  # whose multiply-accumulates the record has too low, and why
    "TinyHAR-like": "counted before products of two activations were, of which its attention is made: up to 2 % less",
}


@dataclass(frozen=True)
class Known:
    """The four results, and what of them can be derived again here."""

    table: pd.DataFrame
    people: pd.DataFrame
    weights: dict[str, NDArray]
    confusion: dict[str, NDArray]
    recipe: str
    sets: list[str]  # data sets that are here

    @property
    def here(self) -> pd.DataFrame:
        """Rows of the table whose data set is here."""
        return self.table[self.table["dataset"].isin(self.sets)]

    @property
    def found(self) -> pd.DataFrame:
        """Rows whose weights are kept: networks found, of the first seed."""
        return self.here[self.here["model"].str.startswith("found") & (self.here["seed"] == protocol.SEEDS[0])]

    @property
    def cheap(self) -> pd.DataFrame:
        """Rows that are trained again in seconds, no network found among them: theirs is the weights' part."""
        searched = self.here["model"].str.startswith("found")
        return self.here[~searched & (self.here["seconds"] <= AFFORDABLE)]

    def answered(self, row: Any) -> Shard:
        """What the weights of a row answer to the test people."""
        dataset, split = protocol.data(row.dataset)
        network, constants = models.restored(self.table, self.weights, row.dataset, row.model)
        learner = Learner.of(dataset, protocol.everyone(split), protocol.TRIAL)
        return stages.told(replace(learner, normalisation=constants).judge(network, dataset, split.test))

    def trained(self, row: Any) -> Shard:
        """What training a row's model anew gives."""
        return stages.final((row.dataset, row.model, row.seed, self.recipe, ()))


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` cheap models of one of the four results again (None: two), and let the weights answer again."""
    read = {one: result if one == name else results.read(one, part=True) for one in models.RESULTS}
    table = read[TABLE].frame
    here, absent = protocol.here(table["dataset"].unique())
    if not here:
        raise Unavailable("; ".join(absent))
    known = Known(
        *(table, read[PEOPLE].frame, read[WEIGHTS].arrays, read[CONFUSION].arrays),
        recipe=str(result.provenance.parameters["recipe"]),
        sets=here,
    )
    work = {TABLE: _trainings, PEOPLE: _trainings, WEIGHTS: _weights, CONFUSION: _confusions}[name]
    sample = work(name, known, rng, units)
    return replace(sample, left={**sample.left, "not drawn": "; ".join(absent)}) if absent else sample


def _trainings(name: str, known: Known, rng: np.random.Generator, units: int | None) -> Sample:
    """The table of models, or of people: found networks by their weights, cheap models drawn and trained."""
    drawn = known.cheap.iloc[draw(rng, len(known.cheap), units, 2)]
    pieces = [(row, known.answered(row), ANSWERED) for row in known.found.itertuples()]
    pieces += [(row, known.trained(row), TRAINED) for row in drawn.itertuples()]
    compared = dict(_counted(known)) if name == TABLE else {}
    for row, piece, allowed in pieces:
        kept: Any = [row.accuracy, row.macro_f1]
        now: Any = [piece["accuracy"].item(), piece["macro_f1"].item()]
        if name == PEOPLE:
            frame = known.people
            mine = frame[frame[["dataset", "model", "seed"]].eq([row.dataset, row.model, row.seed]).all(axis=1)]
            compared[f"people of {_named(row)}"] = Column(mine["subject"].to_numpy(), piece["subject"])
            kept, now = mine["accuracy"].to_numpy(), piece["subject_accuracy"]
            allowed = allowed | {"absolute": 5 * allowed["absolute"]}  # one person has few of the windows
        compared[f"accuracies of {_named(row)}"] = Column(kept, now, **allowed)
    left = {"other trainings": f"of a network found, or of more than {AFFORDABLE:g} s", "seconds, joules": "measured"}
    left |= {f"multiply-accumulates of {model}": why for model, why in UNDERCOUNTED.items()} if name == TABLE else {}
    return Sample([_named(row) for row, _, _ in pieces], len(known.table), compared, models.DECIDING, left)


def _weights(name: str, known: Known, rng: np.random.Generator, units: int | None) -> Sample:
    """The weights of ``units`` networks found (None: all): constants of normalisation, and what the weights answer."""
    drawn = known.found.iloc[draw(rng, len(known.found), units, len(known.found))]
    compared = {}
    for row in drawn.itertuples():
        dataset, split = protocol.data(row.dataset)
        fitted = Learner.of(dataset, protocol.everyone(split), protocol.TRIAL).normalisation
        held = [known.weights[f"{row.dataset}/{row.model}/{part}"] for part in ("mean", "deviation")]
        now = [fitted.mean, fitted.deviation]
        compared[f"normalisation of {_named(row)}"] = Column(held, now, 1e-6, why="float32 sums in another order")
        piece, kept = known.answered(row), [row.accuracy, row.macro_f1]
        answers = [piece["accuracy"].item(), piece["macro_f1"].item()]
        compared[f"accuracy and macro-F1 of {_named(row)}"] = Column(kept, answers, **ANSWERED)
    left = {"weights": "minutes of training each; what they answer is compared"}
    return Sample([_named(row) for row in drawn.itertuples()], len(known.found), compared, models.DECIDING, left)


def _confusions(name: str, known: Known, rng: np.random.Generator, units: int | None) -> Sample:
    """All confusions by what the table and the labels say of them; of ``units`` cheap models (None: one) each entry."""
    groups = {f"{dataset}/{model}": rows for (dataset, model), rows in known.here.groupby(["dataset", "model"])}
    compared = {}
    for key, rows in groups.items():
        dataset, split = protocol.data(rows["dataset"].iloc[0])
        labels = np.bincount(dataset.y[split.test], minlength=dataset.classes)
        right = int(np.round(rows["accuracy"] * len(split.test)).sum())
        held = known.confusion[key]
        compared[f"labels and right answers of {key}"] = Column(
            [*held.sum(axis=1), np.trace(held)], [*(labels * len(rows)), right]
        )
    whole = {key: rows for key, rows in groups.items() if rows["seconds"].sum() <= AFFORDABLE}
    drawn = [list(whole)[at] for at in draw(rng, len(whole), units, 1)]
    for key in drawn:
        now = np.sum([known.trained(row)["confusion"] for row in whole[key].itertuples()], axis=0)
        compared[f"confusion of {key}"] = Column(known.confusion[key].astype(float), now, 0, TIPPED, TRAINED["why"])
    left = {"entries of other models": f"trainings of more than {AFFORDABLE:g} s together; their sums are compared"}
    return Sample(list(groups), len(known.confusion), compared, models.DECIDING, left)


def _counted(known: Known) -> Iterator[tuple[str, Column]]:
    """Multiply-accumulates and parameters of every model."""
    for (name, model), rows in known.here.groupby(["dataset", "model"], sort=False):
        row = tuple(int(gene) for gene in str(rows["genotype"].iloc[0]).split())
        counts = (-1, -1) if model in protocol.CLASSICAL else protocol.cost(str(model), row, protocol.data(name)[0])
        columns = ["parameters"] if model in UNDERCOUNTED else ["macs", "parameters"]
        yield f"counts of {name}, {model}", Column(rows[columns].to_numpy(), [counts[-len(columns) :]] * len(rows))


def _named(row: Any) -> str:
    return f"{row.dataset}, {row.model}, seed {row.seed}"
