"""What a course found, as tables: the contest, people, the confusion, what was tried, and what more time may bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from luciole.datasets.dataset import Dataset
from luciole.design import linear
from luciole.design.contest import SEEDS, Contest, size
from luciole.design.course import Choice, Course
from luciole.design.parts import Parts, called
from luciole.design.tasks import restore
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.training import Report

DELIVERED = "delivered"
CONFIDENCE = 0.95


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Where the mean over people lies with 95 % confidence, by Student's t, within 0 and 1; NaN for one person.

    >>> low, high = interval([0.8, 0.9, 1.0])
    >>> round(low, 3), high
    (0.652, 1.0)
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    half = float(stats.sem(values)) * float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    mean = float(np.mean(values))
    return max(0.0, mean - half), min(1.0, mean + half)


@dataclass(frozen=True)
class Outcome:
    """A finished course and its contest, read for people."""

    contest: Contest

    @property
    def course(self) -> Course:
        return self.contest.course

    @property
    def folder(self) -> Path:
        """Where everything is written."""
        return Path(self.course.settings.out)

    @property
    def dataset(self) -> Dataset:
        return self.course.dataset

    @property
    def parts(self) -> Parts:
        return self.course.parts

    @cached_property
    def chosen(self) -> Choice:
        """What is delivered."""
        return self.course.choice(0)

    @cached_property
    def network(self) -> tuple:
        """The network delivered, and its constants of normalisation."""
        piece = self.course.store.get(self.course.final(0, self.chosen, 0))
        assert piece is not None
        return restore(piece, self.chosen.genes, self.dataset)

    def _answers(self, tasks: list) -> NDArray[np.int64] | None:
        """A model's answers for all tested windows, in the order of their rows; None where a bench lacks."""
        pieces = [self.course.store.get(task) for task in tasks]
        if any(piece is None or "failed" in piece for piece in pieces):
            return None
        rows = np.concatenate([self.parts.benches[number].test for number in self.course.testing])
        said = np.concatenate([piece["answers"] for piece in pieces if piece is not None])
        return said[np.argsort(rows, kind="stable")]

    @cached_property
    def answers(self) -> dict[str, list[NDArray[np.int64]]]:
        """Of each model, what each seed answers for the tested windows."""
        course = self.course
        seeds = [self._answers(course.finals(seed)) for seed in range(SEEDS)]
        found = {DELIVERED: [one for one in seeds if one is not None]}
        if all(course.choice(bench).model for bench in course.testing):
            found[DELIVERED] = found[DELIVERED][:1]  # draws nothing
        for name in self.contest.names:
            said = None if name in self.contest.absent else self._answers(self.contest.tasks(name))
            if said is not None:
                found[name] = [said]
        return found

    @cached_property
    def people(self) -> pd.DataFrame:
        """One row a model and tested unit (person, recording or block): windows, and the share recognised."""
        rows = self.parts.tested
        unit, y = self.parts.unit[rows], self.dataset.y[rows]
        told = []
        for name, seeds in self.answers.items():
            right = np.mean([said == y for said in seeds], axis=0)
            told += [
                {"model": name, "unit": self.called(who), "windows": int((unit == who).sum()),
                 "accuracy": float(right[unit == who].mean())}
                for who in np.unique(unit)
            ]  # fmt: skip
        return pd.DataFrame(told)

    def called(self, unit: int) -> str:
        """A tested unit by its name."""
        if self.parts.level == "people":
            return called(self.dataset, int(unit))
        return f"{'recording' if self.parts.level == 'recordings' else 'block'} {int(unit)}"

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """One row a model, the most accurate first; shares 0 to 1, low and high over people."""
        rows = self.parts.tested
        y = self.dataset.y[rows]
        nobody = np.zeros(len(rows), dtype=np.int64)
        told = []
        for name, seeds in self.answers.items():
            reports = [Report.of(said, y, nobody, self.dataset.classes) for said in seeds]
            each = self.people.loc[self.people["model"] == name, "accuracy"].tolist()
            low, high = interval(each if self.parts.level != "blocks" else [])  # blocks of one recording are no sample
            macs, parameters, steps = self._size(name)
            told.append({
                "model": name, "accuracy": float(np.mean([one.accuracy for one in reports])), "low": low, "high": high,
                "macro_f1": float(np.mean([one.macro_f1 for one in reports])), "seeds": len(seeds), "macs": macs,
                "parameters": parameters, "steps": steps, "note": self.chosen.name if name == DELIVERED else "",
            })  # fmt: skip
        told += [{"model": name, "note": why} for name, why in self.contest.absent.items() if name not in self.answers]
        frame = pd.DataFrame(told).sort_values("accuracy", ascending=False, kind="stable", na_position="last")
        whole = {"seeds": "Int64", "macs": "Int64", "parameters": "Int64", "steps": "Int64"}
        return frame.astype(whole).reset_index(drop=True)

    def _size(self, name: str) -> tuple[int | None, int | None, int | None]:
        if name == DELIVERED:
            network, _ = self.network
            return self.chosen.macs, sum(weight.numel() for weight in network.parameters()), self.chosen.steps or None
        if name in linear.KINDS:
            return self.course.macs(tuple(linear.genotype(self.dataset.classes).tolist())), None, None
        if name in BASELINES:
            return *size(name, self.dataset), self.contest.steps[name]
        return None, None, None

    @property
    def mine(self) -> pd.Series:
        """The delivered model's row of the leaderboard."""
        return self.leaderboard[self.leaderboard["model"] == DELIVERED].iloc[0]

    @property
    def winner(self) -> pd.Series | None:
        """The row of a model that recognises more than what is delivered, or None."""
        first = self.leaderboard.iloc[0]
        return None if first["model"] == DELIVERED or first["accuracy"] <= self.mine["accuracy"] else first

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """Tested windows of the delivered model's first seed: (true class, answered class)."""
        y = self.dataset.y[self.parts.tested]
        nobody = np.zeros(len(y), dtype=np.int64)
        return Report.of(self.answers[DELIVERED][0], y, nobody, self.dataset.classes).confusion

    @cached_property
    def tried(self) -> pd.DataFrame:
        """The trainings that the delivered design was chosen among, in their order."""
        mine = [one for one in self.course.tried if one.bench == 0]
        columns = ("model", "genes", "steps", "accuracy", "macs", "seconds")
        return pd.DataFrame([{name: getattr(one, name) for name in columns} for one in mine])

    def gained(self) -> tuple[float, float]:
        """Points that the second half of the short trainings' time brought where designs are chosen, and the first."""
        trained = self.tried[self.tried["steps"] > 0]
        spent = trained["seconds"].cumsum()
        half = trained.loc[spent <= spent.iloc[-1] / 2, "accuracy"].max()
        first, last = trained["accuracy"].iloc[0], trained["accuracy"].max()
        half = first if np.isnan(half) else half
        return 100 * float(last - half), 100 * float(half - first)

    def more(self) -> str:
        """What more minutes would be likely to bring, in a sentence."""
        late, early = self.gained()
        if self.course.exhausted:
            return (
                "Every design under the limit was tried: more minutes would train no other one; a higher limit would."
            )
        if late <= 0.05:
            return (
                f"The second half of the search brought nothing where designs are chosen, the first {early:.1f} "
                "points: more minutes are likely to bring little."
            )
        return (
            f"The second half of the search brought {late:.1f} points where designs are chosen, the first {early:.1f}: "
            f"twice the minutes are likely to bring up to {late:.1f} more."
        )

    def confused(self, count: int = 3) -> list[tuple[str, str, int, float]]:
        """The pairs most often taken for each other: true, answered, windows, share of the true class."""
        off = self.confusion - np.diag(np.diag(self.confusion))
        names, total = self.dataset.class_names, self.confusion.sum(axis=1)
        order = np.argsort(-off, axis=None, kind="stable")[:count]
        pairs = [divmod(int(at), len(names)) for at in order]
        return [(names[a], names[b], int(off[a, b]), float(off[a, b] / total[a])) for a, b in pairs if off[a, b]]
