"""Sets of scores chosen on one side and read on another: halves of NAS-Bench-201, and across tables.

    luciole run choice/nested

Committed before any of its figures was read: the procedures (:mod:`luciole.experiments.choice.procedures`), the seeds
of the splits, and that the figure *across tables* decides. Every procedure tried is in the result. *Halves*: the
classes of NAS-Bench-201 are cut in two, fifty times, chosen on one half and read on the other. *Across*: chosen on all
that is known of another table, with the scores that both have. *Whole*: chosen and read on the same classes, which is
what such figures usually are.
"""

import time
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.errors import LucioleError
from luciole.experiments.choice import bench, procedures
from luciole.experiments.choice.bench import Ranking, Side
from luciole.experiments.har201.table import WATTS
from luciole.scores.quality import judge

NAME = "choice/nested"
MODULES = (
    *(__name__, "luciole.experiments.choice.bench", "luciole.experiments.choice.procedures"),
    *("luciole.scores.quality", "luciole.scores.aggregate", "luciole.spaces.nb201"),
)
FIGURES = ("regret", "regret of ten", "tau", "overlap", "ndcg")
ACROSS = ("HAR-201, wisdm", "HAR-201, uci_har", "NAS-Bench-101")  # beside NAS-Bench-201: chosen there, and back


def read(ranking: Ranking, side: Side) -> Iterator[dict[str, object]]:
    """A row a data set of the side: how far the ranking's first (and the best of its first ten) is from the best."""
    values = ranking.values(side)
    first = int(values.argmax())
    for name, accuracy in side.accuracy.items():
        told = judge(values, accuracy)
        yield {
            "dataset": name,
            "regret": float(accuracy.max() - accuracy[first]),
            "regret of ten": float(told["regret"]),
            **{figure: float(told[figure]) for figure in ("tau", "overlap", "ndcg")},
        }


def named(table: str) -> Side:
    """The side of a table by its name."""
    if table == "NAS-Bench-201":
        return bench.nasbench201()
    return bench.nasbench101() if table == "NAS-Bench-101" else bench.har201_side(table.split(", ")[1])


def split(number: int) -> pd.DataFrame:
    """All procedures on one pair of halves: rows of figures."""
    whole = bench.nasbench201()
    count = len(next(iter(whole.accuracy.values())))
    mine, theirs = list(bench.halves(count, number + 1))[number]
    side, other = whole.part(mine), whole.part(theirs)
    return _rows(
        {"how": "halves", "split": number, "chosen on": "NAS-Bench-201", "read on": "NAS-Bench-201"}, side, other
    )


def across(chosen: str, read_on: str) -> pd.DataFrame:
    """All procedures, chosen on one table and read on another (the same one: in the whole)."""
    side, other = named(chosen), named(read_on)
    how = "whole"
    if chosen != read_on:
        side, other = bench.common([side, other])
        how = "across"
    return _rows({"how": how, "split": 0, "chosen on": chosen, "read on": read_on}, side, other)


def _rows(told: Mapping[str, object], side: Side, other: Side) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for name, chooser in procedures.PROCEDURES.items():
        ranking = chooser(side)
        sets = " | ".join("+".join(one) for one in ranking.sets)
        rows += [{**told, "procedure": name, "sets": sets, **figures} for figures in read(ranking, other)]
    return pd.DataFrame(rows)


def pairs() -> list[tuple[str, str]]:
    """Where a choice is made and where it is read, halves apart."""
    one = "NAS-Bench-201"
    return [(one, one), *((other, one) for other in ACROSS), *((one, other) for other in ACROSS)]


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Choose again in ``units`` of the halves and pairs of tables; None: one of each."""
    everything: list[int | tuple[str, str]] = [*range(bench.SPLITS), *pairs()]
    drawn = draw(rng, len(everything), units, 2)
    kept, compared = result.frame, {}
    for at in drawn:
        one = everything[at]
        for table in {"NAS-Bench-201"} if isinstance(one, int) else {*one}:
            try:
                named(table)
            except LucioleError as reason:
                raise Unavailable(f"the accuracies of {table} are not here: {reason}") from None
        if isinstance(one, int):
            again, mine = split(one), kept[(kept["how"] == "halves") & (kept["split"] == one)]
        else:
            again, mine = (
                across(*one),
                kept[(kept["how"] != "halves") & (kept["chosen on"] == one[0]) & (kept["read on"] == one[1])],
            )
        for figure in FIGURES:
            compared[f"{one}: {figure}"] = Column(mine[figure].to_numpy(), again[figure].to_numpy(), absolute=1e-9)
    return Sample([str(everything[at]) for at in drawn], len(everything), compared, MODULES, {"sets": "follow"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Choose and read everywhere, some minutes, and write ``choice/nested``."""
    began = time.process_time()
    frames = [across(*pair) for pair in pairs()] + [split(number) for number in range(bench.SPLITS)]
    spent = time.process_time() - began
    results.write(
        NAME,
        pd.concat(frames, ignore_index=True),
        function=run,
        parameters={"splits": bench.SPLITS, "seed": bench.SEED, "by": procedures.BY, "averaged": procedures.AVERAGED},
        modules=MODULES,
        inputs={
            "nb201": "table of accuracies, see luciole.tables",
            "scores": "nb201/scores, nb101/choice, har201/scores",
        },
        seconds=spent,
        joules=spent * WATTS,
        energy=f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read",
    )
