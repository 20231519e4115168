"""What the chapter on your own data shows of a design: the same tables as its report, figures in the book's style."""

from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree

import numpy as np
import pandas as pd

from luciole import files
from luciole.book import figures
from luciole.datasets import DATASETS
from luciole.design.card import estimate
from luciole.design.drawing import short
from luciole.design.outcome import DELIVERED, Outcome
from luciole.design.page import standing
from luciole.efficiency import pareto_front
from luciole.errors import extra

with extra("book"):
    import matplotlib.pyplot as plt

NAMED = 16  # people or recordings, at most, whose names stand beside their bars


def folder(out: str, recordings: str) -> str:
    """The folder that a chapter makes: ``out``, else an empty one of the recordings' name in the cache."""
    if out:
        return str(files.root() / out)
    fresh = files.cache() / "designs" / Path(recordings).stem
    if fresh.exists():
        rmtree(fresh)
    return str(fresh)


def place(recordings: str) -> str:
    """Recordings by a name or a path, which may also begin at the top of the checkout: kernels stand elsewhere.

    >>> place("seglearn")
    'seglearn'
    """
    inside = files.root() / recordings
    known = recordings in DATASETS or Path(recordings).exists()
    return str(inside) if not known and inside.exists() else recordings


def numbers(outcome: Outcome) -> Mapping[str, str]:
    """What the prose says."""
    mine, course = outcome.mine, outcome.course
    return {
        "own_data": outcome.dataset.name,
        "own_estimate": estimate(outcome),
        "own_standing": standing(outcome),
        "own_macs": f"{mine['macs']:,}",
        "own_limit": f"{course.limit:,}",
        "own_designs": str(outcome.tried["genes"].nunique()),
        "own_trainings": str(len(course.tried)),
        "own_minutes": f"{course.clock.spent / 60:.1f}",
        "own_asked": f"{course.settings.minutes:g}",
        "own_more": outcome.more(),
        "own_parts": "; ".join(outcome.parts.said),
    }


def contest(outcome: Outcome) -> pd.DataFrame:
    """The leaderboard in words and per cent; rivals that were not tried are left out."""
    tried = outcome.leaderboard.dropna(subset="accuracy")
    return pd.DataFrame(
        {
            "model": tried["model"].replace(DELIVERED, "the network delivered"),
            "accuracy (%)": 100 * tried["accuracy"],
            "from": 100 * tried["low"],
            "to (95 %)": 100 * tried["high"],
            "macro-F1 (%)": 100 * tried["macro_f1"],
            "MACs": ["–" if pd.isna(macs) else short(macs) for macs in tried["macs"]],
            "steps": ["–" if pd.isna(steps) else f"{steps:,}" for steps in tried["steps"]],
            "seeds": tried["seeds"],
        }
    ).set_index("model")


def front(outcome: Outcome) -> None:
    """Show every training that was chosen among, accuracy against cost, and every person that was tested."""
    tried, mine = outcome.tried, outcome.chosen
    fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.6))
    macs, accuracy = tried["macs"].to_numpy() / 1e3, 100 * tried["accuracy"].to_numpy()
    left.scatter(macs, accuracy, s=14, alpha=0.6, color=figures.PALETTE[0])
    best = pareto_front(accuracy / 100, macs)
    left.step(macs[best], accuracy[best], where="post", color=figures.PALETTE[0], linewidth=1)
    left.plot(mine.macs / 1e3, 100 * mine.accuracy, "o", ms=11, mfc="none", mec=figures.PALETTE[3], mew=2)
    left.set(xscale="log", xlabel="MACs (thousands)", ylabel="accuracy where chosen (%)")
    people = outcome.people[outcome.people["model"] == DELIVERED].sort_values("accuracy", kind="stable")
    right.barh(np.arange(len(people)), 100 * people["accuracy"], color=figures.PALETTE[2])
    right.set(xlabel="recognised (%)", ylabel="tested, the lowest below", yticks=[], xlim=(0, 100))
    if len(people) <= NAMED:
        right.set_yticks(range(len(people)), people["unit"], fontsize=8.5)
    figures.show(
        fig,
        "own-front",
        alt="Left: accuracy on validation windows against multiply-accumulates of every training, the design delivered "
        "as a ring. Right: share of windows recognised of everybody tested, one bar each.",
        caption="What was tried, and everybody who was tested.",
    )


def confusion(outcome: Outcome) -> pd.DataFrame:
    """Windows by what was done (rows) and what was recognised."""
    names = list(outcome.dataset.class_names)
    return pd.DataFrame(outcome.confusion, index=pd.Index(names, name="done"), columns=names)
