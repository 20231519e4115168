"""What was printed elsewhere beside what was measured here, and every printed figure that could not be reached.

Published figures come from ``data/published.csv`` and stand in columns of their own, with where each was read: in the
paper, by its authors' code, or at third hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.report import arena, contest, firefly, scores_beside, sparsity, verdict
from luciole.report.scores import Kept
from luciole.report.titles import IMAGES

NEAR, NEAR_TAU = 0.1, scores_beside.FAR  # points, and tau: within these a figure is reached
SEARCHES = {  # method -> the key of its printed accuracies, and the searcher of ours that is the same or nearest
    "random search": ("dong2020nasbench201/random", "random"),
    "regularised evolution": ("dong2020nasbench201/rea", "regularised evolution"),
    "REINFORCE": ("dong2020nasbench201/reinforce", "REINFORCE"),
    "BOHB": ("dong2020nasbench201/bohb", "BOHB"),
    "NASWOT, 1,000 cells": ("mellor2021naswot/naswot1000", "training-free selection, naswot"),
    "TE-NAS": ("chen2021tenas/tenas", ""),
    "RoBoT": ("he2024robot/robot", ""),
    "AZ-NAS, 3,000 cells": ("lee2024aznas/search", "training-free selection, az_nas"),
    "AZ-NAS, all cells": ("lee2024aznas/cell", ""),
    "VKDNW": ("", ""),
}


def searches() -> pd.DataFrame:
    """A row a method on NAS-Bench-201: test accuracies (%) on three data sets, printed and ours; where it was read."""
    known = published.read().set_index("key")
    figures, seen = known["figure"].to_dict(), known["seen"].to_dict()
    ours = verdict.ended()[[*IMAGES]].to_dict("index")
    rows = {}
    for method, (key, searcher) in SEARCHES.items():
        told = {"printed (%)": "no search was read", "ours (%)": "not run", "difference (points)": "–", "read": "–"}
        if key:
            printed = [figures[f"{key}_{name}"] for name in IMAGES]
            told |= {"printed (%)": _row(printed), "read": seen[f"{key}_c10"]}
        if searcher:
            mine = [ours[searcher][name] for name in IMAGES]
            apart = [f"{one - other:+.2f}" for one, other in zip(mine, printed, strict=True)]
            told |= {"ours (%)": _row(mine), "difference (points)": " / ".join(apart)}
        rows[method] = told
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def _row(values: list[float]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)


@dataclass(frozen=True)
class Pair:
    """A printed figure and ours of the same thing."""

    what: str
    printed: float
    ours: float
    near: float  # so far below the printed one it still counts as reached: its deviation over runs, where printed
    reason: str  # the likely one where it is not

    @property
    def reached(self) -> bool:
        """Whether ours is as good as the printed one, or less than ``near`` worse.

        >>> Pair("a", 93.58, 93.19, 0.1, "").reached, Pair("a", 93.58, 93.50, 0.1, "").reached
        (False, True)
        """
        return self.ours > self.printed - self.near


def searched() -> Iterator[Pair]:
    """Searches of NAS-Bench-201, and every reading of the improved firefly on it and on NAS-Bench-101."""
    known, ours = published.read().set_index("key")["figure"].to_dict(), verdict.ended().to_dict("index")
    for method, (key, searcher) in SEARCHES.items():
        for name, title in IMAGES.items() if searcher else ():
            why = "the printed runs may read one seed of a cell, ours its mean over seeds"
            if searcher.startswith("training-free"):
                why = "our scores see 32 images of 16x16 and one cell a stage"
            near = known.get(f"{key}_{name}_sd", NEAR)
            yield Pair(f"{method}, {title} (%)", known[f"{key}_{name}"], ours[searcher][name], near, why)
    released = firefly.beside_201(firefly.final(results.read("firefly/ifa_nb201").arrays))
    graphs = firefly.beside_101(firefly.on_graphs(results.read("firefly/ifa_nb101").arrays))
    why = "the released step drifts, and the score depends on how a network is written; the setting is not printed"
    for table, frame in (("NAS-Bench-201", released), ("NAS-Bench-101", graphs)):
        for row in frame.rename_axis("reading").reset_index().to_dict("records"):
            yield Pair(f"{row['reading']}, {table} (%)", row["printed (%)"], row["ours (%)"], NEAR, why)


def scored() -> Iterator[Pair]:
    """Correlations of scores, the nearer to print of our two settings."""
    for row in scores_beside.beside(Kept.read()).to_dict("records"):
        best = row["tau"] if np.isnan(row["deep"]) else max(row["tau"], row["deep"])
        work = scores_beside.WORKS.get(row["work"], row["work"])
        why = scores_beside.DIFFERS.get(row["score"], "the setting is not printed whole")
        yield Pair(f"tau of {row['score']}, {work}, {IMAGES[row['dataset']]}", row["figure"], best, NEAR_TAU, why)


def pruned() -> Iterator[Pair]:
    """LeNet-300-100 pruned, by the share of MNIST's test images that is right."""
    table = sparsity.beside(results.read("sparsity/lenet", part=True).frame).reset_index()
    for row in table.dropna(subset="error here (%)").to_dict("records"):
        what = f"{row['method']}, LeNet-300-100, {row['sparsity there (%)']:g} % pruned: right (%)"
        printed, ours = (100 - row[f"error {where} (%)"] for where in ("there", "here"))
        yield Pair(what, printed, ours, NEAR, "trained for fewer epochs here")


def sensed() -> Iterator[Pair]:
    """Networks for sensors, and the classifiers of the field's own contest."""
    table = contest.standing(*(results.read(f"har/{name}", part=True).frame for name in ("models", "deployed")))
    for row in contest.beside_published(table).to_dict("records"):
        what, why = f"{row['protocol'].split(';')[0]} ({row['source']}) (%)", "another network, or other people tested"
        yield Pair(what, row["published (%)"], row["measured (%)"], NEAR, why)
    for row in arena.proof(results.read("har/arena").arrays).to_dict("records"):
        what, why = f"{row['classifier']}, WHAR Arena, {row['data set']} (%)", "versions of a library, and its ties"
        yield Pair(what, row["printed"], row["ours"], NEAR, why)


def pairs() -> list[Pair]:
    """Every printed figure that has one of ours beside it."""
    return [*searched(), *scored(), *pruned(), *sensed()]


def missed(found: list[Pair]) -> pd.DataFrame:
    """The printed figures that ours do not reach, the difference, and the likely reason."""
    rows = [
        {
            "figure": pair.what,
            "printed": pair.printed,
            "ours": pair.ours,
            "difference": pair.ours - pair.printed,
            "likely reason": pair.reason,
        }
        for pair in found
        if not pair.reached
    ]
    return pd.DataFrame(rows, columns=["figure", "printed", "ours", "difference", "likely reason"]).set_index("figure")


def numbers(found: list[Pair]) -> dict[str, str]:
    """How many printed figures have one of ours beside them, and how many of these were reached."""
    return {
        "printed_all": str(len(found)),
        "printed_reached": str(sum(pair.reached for pair in found)),
        "printed_near": f"{NEAR:g}",
        "printed_near_tau": f"{NEAR_TAU:g}",
    }
