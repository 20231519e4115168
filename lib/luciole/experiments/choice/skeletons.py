"""Skeleton and weights of a set of scores chosen on one side and read on another, beside the same set without.

    luciole run choice/skeletons

Committed before any of its figures was read. A set of one to three scores is chosen by one of two rules of
:mod:`luciole.experiments.choice.procedures` (*best ten*, *highest tau*). *Shallow* scores are read from one cell a
stage and *deep* ones from five, as trained networks have; only scores that both skeletons have are candidates.
*Either* takes the skeleton whose set is worth more on the chooser's side, *together* sets of scores of both. *Weighted*
then gives each score of the set the whole weight from one to :data:`HEAVIEST` that is worth most there. Worth is what
the rule goes by: mean accuracy of the ten highest, or tau.

*Halves* of NAS-Bench-201 as in ``choice/nested``. *Across tables* only weights can be chosen: no other table was scored
in two skeletons. Whether choosing a skeleton, or weights, is worth its while is judged by the mean over halves of the
paired difference in regret of the first network and in tau, from *shallow* (skeleton) and from the same unweighted
(weights); an interval that holds 0 says *not shown*.
"""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.errors import LucioleError
from luciole.experiments.choice import bench, nested, procedures
from luciole.experiments.choice.bench import Chooser, Ranking, Side
from luciole.experiments.nb201.stages import spread
from luciole.spaces import nb201

NAME = "choice/skeletons"
MODULES = (__name__, *nested.MODULES[1:], "luciole.experiments.choice.nested", "luciole.experiments.nb201.stages")
SKELETONS = ("shallow", "deep")
HEAVIEST = 4
FIGURES = nested.FIGURES

Judge = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


def highest(values: NDArray[np.float64], accuracy: NDArray[np.float64]) -> float:
    """Mean accuracy of the ten networks of the highest values."""
    return float(accuracy[np.argsort(-values, kind="stable")[: procedures.FEW]].mean())


def concordance(values: NDArray[np.float64], accuracy: NDArray[np.float64]) -> float:
    """Kendall's tau, 0 where it is not defined."""
    return float(np.nan_to_num(kendalltau(values, accuracy).statistic))


RULES: dict[str, tuple[Chooser, Judge]] = {
    "best ten": (procedures.by_ten, highest),
    "highest tau": (procedures.by_tau, concordance),
}


@cache
def skeletons() -> dict[str, Side]:
    """NAS-Bench-201 with the scores that both skeletons have: one side a skeleton, and both sets of scores as one."""
    whole, frame = bench.nasbench201(), results.read("nb201/scores").frame
    deep = {name: values[nb201.classes()] for name, values in spread(frame, "deep").items()}
    names = [name for name, values in deep.items() if name in whole.scores and not np.isnan(values).any()]
    found = {"shallow": {name: whole.scores[name] for name in names}, "deep": {name: deep[name] for name in names}}
    told = {name: Side(scores, whole.accuracy) for name, scores in found.items()}
    both = {f"{name}, {which}": values for which, scores in found.items() for name, values in scores.items()}
    return {**told, "together": Side(both, whole.accuracy)}


def worth(ranking: Ranking, side: Side, judge: Judge) -> float:
    """What a ranking is worth on a side, by the accuracy that choices go by."""
    return judge(ranking.values(side), procedures.wanted(side))


def weighted(ranking: Ranking, side: Side, judge: Judge) -> Ranking:
    """The one set of a ranking with the whole weights that are worth most on a side, equal ones where nothing is more.

    >>> side = Side({"a": np.arange(4.0), "b": np.array([0.0, 3.0, 1.0, 2.0])}, {"c100": np.arange(4.0)})
    >>> weighted(Ranking((("a", "b"),)), side, concordance).sets
    (('a', 'a', 'b'),)
    """
    (names,) = ranking.sets
    every = itertools.product(range(1, HEAVIEST + 1), repeat=len(names))
    weights = [one for one in every if math.gcd(*one) == 1]
    made = [
        Ranking((tuple(name for name, times in zip(names, one, strict=True) for _ in range(times)),))
        for one in sorted(weights, key=sum)
    ]
    return max(made, key=lambda one: worth(one, side, judge))


def choose(mine: dict[str, Side], rule: str) -> Iterator[tuple[str, str, Ranking]]:
    """Every choice by a rule on a chooser's sides: what it is called, which skeleton is to be read, the ranking."""
    chooser, judge = RULES[rule]
    plain = {name: chooser(side) for name, side in mine.items()}
    best = {name: weighted(plain[name], mine[name], judge) for name in mine}
    for ending, rankings in (("", plain), (", weighted", best)):
        for name, ranking in rankings.items():
            yield f"{name}{ending}", name, ranking
        if len(mine) > 1:
            name = max(SKELETONS, key=lambda one: worth(rankings[one], mine[one], judge))
            yield f"either{ending}", name, rankings[name]


def _rows(told: dict[str, object], mine: dict[str, Side], theirs: dict[str, Side]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for rule in RULES:
        for what, skeleton, ranking in choose(mine, rule):
            said = {"rule": rule, "procedure": what, "skeleton": skeleton, "set": "+".join(ranking.sets[0])}
            rows += [{**told, **said, **figures} for figures in nested.read(ranking, theirs[skeleton])]
    return pd.DataFrame(rows)


def split(number: int) -> pd.DataFrame:
    """All choices on one half of NAS-Bench-201, read on the other."""
    whole = skeletons()
    mine, theirs = next(itertools.islice(bench.halves(len(nb201.classes())), number, None))
    sides = ({name: side.part(rows) for name, side in whole.items()} for rows in (mine, theirs))
    return _rows({"how": "halves", "split": number, "chosen on": "NAS-Bench-201", "read on": "NAS-Bench-201"}, *sides)


def across(chosen: str, read_on: str) -> pd.DataFrame:
    """Shallow sets and their weights, chosen on one table and read on another."""
    side, other = bench.common([nested.named(chosen), nested.named(read_on)])
    told: dict[str, object] = {"how": "across", "split": 0, "chosen on": chosen, "read on": read_on}
    return _rows(told, {"shallow": side}, {"shallow": other})


def whole() -> pd.DataFrame:
    """All choices on NAS-Bench-201 read where they were made."""
    told: dict[str, object] = {"how": "whole", "split": 0, "chosen on": "NAS-Bench-201", "read on": "NAS-Bench-201"}
    return _rows(told, skeletons(), skeletons())


def _original() -> bool:
    try:
        return "c10_test200" in bench.tables.nb201()
    except LucioleError:  # neither it nor the package of the replica
        return False


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Choose again on ``units`` of the halves; None: two."""
    if not _original():
        raise Unavailable("the accuracies of the original NAS-Bench-201 are not here")
    drawn = draw(rng, bench.SPLITS, units, 2)
    kept, compared = result.frame, {}
    for number in drawn:
        again, mine = split(int(number)), kept[(kept["how"] == "halves") & (kept["split"] == number)]
        for figure in FIGURES:
            compared[f"{number}: {figure}"] = Column(mine[figure].to_numpy(), again[figure].to_numpy(), absolute=1e-9)
    return Sample([f"half {at}" for at in drawn], bench.SPLITS, compared, MODULES, {"set": "follows"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Choose and read everywhere, some minutes, and write ``choice/skeletons``; LucioleError without the tables."""
    if not _original():
        raise LucioleError("expected the original NAS-Bench-201, got its replica or none; see luciole fetch")
    began = time.process_time()
    pairs = [(one, other) for one, other in nested.pairs() if one != other]
    frames = [whole(), *(across(*pair) for pair in pairs), *(split(number) for number in range(bench.SPLITS))]
    results.write(
        NAME,
        pd.concat(frames, ignore_index=True),
        function=run,
        parameters={"splits": bench.SPLITS, "seed": bench.SEED, "by": procedures.BY, "heaviest": HEAVIEST},
        modules=MODULES,
        inputs={
            "nb201": "table of accuracies, see luciole.tables",
            "scores": "nb201/scores, nb101/choice, har201/scores",
        },
        **estimated(time.process_time() - began),
    )
