"""What chapter 4 says of scores together: the combinations against the aim that was set, and what each member does."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import published, results
from luciole.errors import LucioleError
from luciole.experiments.nb101 import choice as choosing
from luciole.experiments.nb201 import quality as judging
from luciole.experiments.nb201 import stages as scoring
from luciole.report.scores import DEPTHS, Kept, word
from luciole.scores.aggregate import linear_rank, log_rank
from luciole.scores.cells import MEASURES
from luciole.scores.comparison import variations
from luciole.scores.quality import tau
from luciole.spaces import nb201
from luciole.tables.table import Table

AIM, AIM_MS = {"c10": 0.78, "c100": 0.76, "in16": 0.75}, 50  # set before any combination was judged
OUTSIDE = "chosen on NAS-Bench-101"
EXACT = 1e-6  # by which tau computed again may differ from the committed one


def picked(kept: Kept, table: Table) -> pd.DataFrame:
    """Every combination at both depths with its cost: a row a combination, depth and data set.

    Where ``table`` is the original, the set chosen on NAS-Bench-101 is judged beside; its cost is that of all scores
    of one pass, MeCo's pass added where it is in.
    """
    rows = kept.everywhere.loc[[*DEPTHS]].reset_index().query("score in @scoring.COMBINATIONS")
    rows = rows.assign(ms=[kept.ms[inputs, name] for inputs, name in zip(rows["inputs"], rows["score"], strict=True)])
    columns = {name: f"{name}_test200" for name in judging.DATASETS}
    if not all(column in table for column in columns.values()):
        return rows
    elsewhere = choosing.chosen(results.read("nb101/choice"))
    deep = {**scoring.spread(kept.scores.frame, "deep"), "meco": kept.found["meco"]}
    whole = np.full(nb201.SIZE, np.nan)
    whole[kept.judged] = log_rank([deep[name][kept.judged] for name in elsewhere])
    price = kept.ms["deep", "one_pass_meco" if "meco" in elsewhere else "one_pass"]
    own = judging.table_of({OUTSIDE: whole}, table, columns).query("subset == 'all'")
    return pd.concat([rows, own.assign(inputs="deep", ms=price)], ignore_index=True)


def set_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The combinations of :func:`picked` in words: tau on three data sets and milliseconds, the best first."""
    wide = rows.pivot(index=["score", "inputs", "ms"], columns="dataset", values="tau")[list(judging.DATASETS)]
    told = wide.rename(columns=lambda name: f"tau, {judging.DATASETS[name]}").reset_index()
    told.insert(0, "set", [word(name) for name in told.pop("score")])
    told["depth"] = told.pop("inputs").map(DEPTHS)
    told["ms of one core"] = told.pop("ms").map("{:.0f}".format)
    return told.set_index("set").sort_values("tau, CIFAR-10", ascending=False)


def verdict(rows: pd.DataFrame) -> str:
    """For each data set the best tau, whose it is, and whether the aim is met; that there is none, without rows."""
    told = []
    for dataset, title in judging.DATASETS.items():
        mine = rows[rows["dataset"] == dataset].sort_values("tau")
        if mine.empty:
            return "no combination"
        best = mine.iloc[-1]
        short = AIM[dataset] - best["tau"]
        said = "met" if short <= 0 else f"missed by {short:.3f}"
        told.append(
            f"{title} {best['tau']:.3f} ({word(best['score'])}, {DEPTHS[best['inputs']]}, {best['ms']:.0f} ms), {said}"
        )
    return "; ".join(told)


def set_numbers(rows: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about combinations and the aim."""
    choice = results.read("nb101/choice")
    printed = [published.figure(f"lee2024aznas/tau_az_synflow_{name}") for name in judging.DATASETS]
    return {
        "choice_cells": f"{choice.provenance.parameters['cells']}",
        "elsewhere": ", ".join(map(word, choosing.chosen(choice))),
        "aims": " / ".join(f"{value:.2f}" for value in AIM.values()),
        "aim_ms": f"{AIM_MS}",
        "published_best": " / ".join(f"{value:.3f}" for value in printed),
        "published_ms": f"{published.figure('lee2024aznas/milliseconds_az_synflow'):.0f}",
        "aim_within": verdict(rows[rows["ms"] <= AIM_MS]),
        "aim_any": verdict(rows),
    }


def known_columns(table: Table) -> dict[str, str]:
    """The columns of test accuracy that a table has: those of the original's three data sets, or its role's alone."""
    every = {name: f"{name}_test200" for name in judging.DATASETS}
    here = {name: column for name, column in every.items() if column in table}
    return here or {"c10": table.roles["test"].column}


def retold(kept: Kept, table: Table) -> tuple[pd.DataFrame, str]:
    """Tau computed again with the table at hand, beside the committed one, and a line that says how they agree.

    LucioleError where the table is the original and a tau differs by more than a millionth.
    """
    known = {
        (inputs, name): values[kept.judged]
        for inputs in DEPTHS
        for name, values in judging.candidates(kept.scores.frame, inputs).items()
        if not np.isnan(values[kept.judged]).any() and (inputs == "images" or name not in MEASURES)
    }
    truths = {name: table[column].astype(float)[kept.judged] for name, column in known_columns(table).items()}
    again = pd.DataFrame(
        {name: {key: tau(values, truth) for key, values in known.items()} for name, truth in truths.items()}
    )
    written = kept.tau.unstack("dataset").loc[again.index, [*truths]]
    both = pd.DataFrame(
        {"here": again["c10"], "committed": written["c10"], "difference": again["c10"] - written["c10"]}
    ).sort_values("here", ascending=False)
    both.index = pd.Index([word(name, inputs) for inputs, name in both.index])
    if "c10_test200" not in table:
        return both, f"tau with {table.roles['test'].meaning}, beside the committed tau with the benchmark's CIFAR-10"
    widest = float((again - written).abs().to_numpy().max())
    if not widest < EXACT:
        raise LucioleError(f"tau computed again differs from the committed one by {widest}; luciole run nb201/scores")
    return both, f"{again.size} values of tau computed again, all within {widest:.0e} of the committed ones"


def changes(kept: Kept, truth: NDArray[np.float64]) -> dict[str, float]:
    """What taking a member out of the union at depth, adding a score, or adding plain ranks does to its tau, rising."""
    judged = kept.judged
    pool = {name: values[judged] for name, values in kept.found.items() if not np.isnan(values[judged]).any()}
    pool["vkdnw_single"] = pool["vkdnw"] + pool["tensors"]
    deep = scoring.spread(kept.scores.frame, "deep")
    pool |= {name: deep[name][judged] for name in scoring.DEEP}
    members = list(scoring.COMBINATIONS["union"])
    tried = variations(pool, members)
    tried["ranks, not their logarithms"] = linear_rank([pool[name] for name in members])
    reached = pd.Series({what: tau(mixed, truth[judged]) for what, mixed in tried.items()})
    return {
        _said(str(what)): float(by) for what, by in (reached - reached["whole"]).drop("whole").sort_values().items()
    }


def _said(change: str) -> str:
    how, _, name = change.partition(" ")
    return f"{how} {word(name)}" if how in ("with", "without") else change


def change_numbers(told: Mapping[str, float]) -> dict[str, str]:
    """Numbers of the sentence about :func:`changes`."""
    most, least = max(told, key=lambda what: told[what]), min(told, key=lambda what: told[what])
    return {
        "best_change": f"{told[most]:+.3f}",
        "best_change_what": most,
        "least_change": f"{told[least]:+.3f}",
        "least_change_what": least,
        "linear_change": f"{told['ranks, not their logarithms']:+.3f}",
    }
