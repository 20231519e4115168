"""The front page of the book: the figure that it shows of the whole study, and the numbers of its sentences.

    >>> numbers()["optimum"], numbers()["optimum_fr"]
    ('94.37', '94,37')

Everything is read from committed results and from ``data/published.csv``, so that the page says the same with and
without data. Words exist in English and in French; the French form of a number has ``_fr`` behind its name.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import published, results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.nb201.search import GUIDED, GUIDES
from luciole.experiments.nb201.stages import COMBINATIONS
from luciole.report import contest
from luciole.spaces import nb201

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

ALONE, THEN, SHORT, FULL = range(4)  # what a search pays for: the place in KINDS and COLOURS
COLOURS = (figures.PALETTE[0], figures.PALETTE[2], figures.PALETTE[1], figures.PALETTE[3])
KINDS = {
    "en": (
        "scores, no training",
        "scores, then trainings of 12 epochs",
        "trainings of 12 epochs",
        "of up to 200 epochs",
    ),
    "fr": ("scores seuls", "scores, puis 12 époques", "entraînements de 12 époques", "jusqu'à 200 époques"),
}
AXES = {
    "en": ("seconds of one search: scores on one core, trainings on one GPU", "test accuracy (%)"),
    "fr": ("secondes d'une recherche : scores sur un cœur, entraînements sur un GPU", "exactitude (%)"),
}
WORDS = {"en": ("published", "best cell there is"), "fr": ("publié", "meilleure cellule")}
SCORED = (150, 300, 1_000, 2_000)  # classes of cells that luciole scores
IFA = "IFA, one-sided, strength, icd"
BUDGET = 12_000  # simulated seconds of the searches that train
FROM = 600  # simulated seconds from which their curves are drawn


@dataclass(frozen=True)
class Line:
    """A search: its name in both languages, what it pays for, seconds and mean accuracy (%) with its 95 % interval."""

    name: tuple[str, str]
    kind: int
    seconds: NDArray
    accuracy: NDArray
    low: NDArray
    high: NDArray
    shift: tuple[float, float]  # of the name from the last point, in points
    published: bool = False


def lines() -> list[Line]:
    """Everything that the figure shows: CIFAR-10 on NAS-Bench-201."""
    return [_luciole(), _ifa(), *_trained(), *_published()]


def _luciole() -> Line:
    """Luciole without training at several numbers of scored classes, each charged with all scores of a class."""
    arrays = results.read("firefly/luciole_nb201").arrays
    at = [arrays["plans"].tolist().index(f"luciole, {scored}") for scored in SCORED]
    mean = arrays["c10_best_mean"][at]
    half = 1.96 * arrays["c10_best_sd"][at] / np.sqrt(arrays["best"].shape[1])
    seconds = float(arrays["score_seconds"]) * np.array(SCORED)
    return Line(("luciole", "luciole"), ALONE, seconds, mean, mean - half, mean + half, (-14, -15))


def _ifa() -> Line:
    """The improved firefly as released; its score's time is that of scoring all classes, divided by their number."""
    result = results.read("firefly/ifa_nb201")
    arrays = result.arrays
    place = arrays["variants"].tolist().index(IFA)
    a_class = (result.provenance.seconds - float(arrays["seconds"].sum())) / len(nb201.classes())
    mean = arrays["c10_mean"][place, -1:]
    half = 1.96 * arrays["c10_sd"][place, -1:] / np.sqrt(arrays["best"].shape[1])
    seconds = np.array([a_class * arrays["scored"][place].mean()])
    return Line(("IFA as released", "IFA publiée"), ALONE, seconds, mean, mean - half, mean + half, (7, -4))


def _trained() -> list[Line]:
    """Searches that train: mean accuracy against simulated seconds."""
    frame = results.read("nb201/search").frame
    drawn: dict[str, tuple[tuple[str, str], int, tuple[float, float]]] = {
        best_guided(frame): (("evolution with a score", "évolution et score"), THEN, (-98, 5)),
        "LaNAS": (("LaNAS", "LaNAS"), SHORT, (6, -9)),
        "regularised evolution": (("evolution", "évolution"), SHORT, (6, -10)),
        "random": (("random search", "hasard"), SHORT, (6, -8)),
        "Hyperband": (("Hyperband", "Hyperband"), FULL, (6, -9)),
    }
    found = []
    for searcher, (name, kind, shift) in drawn.items():
        one = frame[(frame["searcher"] == searcher) & (frame["seconds"] >= FROM)]
        seconds, mean, low, high = (one[column].to_numpy(float) for column in ("seconds", "c10", "c10_low", "c10_high"))
        found.append(Line(name, kind, seconds, mean, low, high, shift))
    return found


def _published() -> list[Line]:
    """What others printed, at the seconds that they printed: those of the benchmark's authors stand at their budget."""
    naswot = published.figure("mellor2021naswot/search_seconds")
    robot = published.figure("he2024robot/search_seconds")
    found = []
    for name, key, seconds, kind, shift in (
        ("NASWOT", "mellor2021naswot/naswot1000_c10", naswot, ALONE, (7.0, -4.0)),
        ("RoBoT", "he2024robot/robot_c10", robot, ALONE, (-46.0, -9.0)),
        ("", "dong2020nasbench201/random_c10", BUDGET, SHORT, (0.0, 0.0)),
        ("", "dong2020nasbench201/rea_c10", BUDGET, SHORT, (0.0, 0.0)),
        ("", "dong2020nasbench201/bohb_c10", BUDGET, FULL, (0.0, 0.0)),
    ):
        value = np.array([published.figure(key)])
        found.append(Line((name, name), kind, np.array([seconds]), value, value, value, shift, published=True))
    return found


def best_guided(frame: pd.DataFrame) -> str:
    """Name of the score-guided searcher that ends highest; counting parameters is no score."""
    last = frame[frame["seconds"] == frame["seconds"].max()].set_index("searcher")["c10"]
    return str(
        max((name for name, (_, score) in GUIDED.items() if score != GUIDES[-1]), key=last.to_dict().__getitem__)
    )


def figure(language: str = "en") -> Figure:
    """Accuracy against what the search cost, on a logarithmic axis, in "en" or "fr"."""
    figures.use_style()
    fig, ax = plt.subplots(figsize=(figures.WIDTH + 0.6, 3.1))
    for line in lines():
        _draw(ax, line, line.name[language == "fr"])
    optimum = published.figure("dong2020nasbench201/optimum_c10")
    ax.axhline(optimum, color="0.35", lw=1, ls="--")
    ax.set(xscale="log", xlim=(3, 90_000), ylim=(91.75, 94.85))
    ax.set(xlabel=AXES[language][0], ylabel=AXES[language][1])
    ax.set_xticks(
        [10, 100, 1_000, 10_000], ["10", "100", *(("1,000", "10,000") if language == "en" else ("1 000", "10 000"))]
    )
    ax.set_yticks([92, 93, 94])
    said, best = WORDS[language]
    told = f"{optimum:.2f}" if language == "en" else french(f"{optimum:.2f}")
    ax.annotate(f"{best}: {told}", (3, optimum), (4, 3), textcoords="offset points", fontsize=9.5, color="0.35")
    marks = [Line2D([], [], color=colour, marker="o", ms=5) for colour in COLOURS]
    marks.append(Line2D([], [], color="0.3", marker="o", ms=6, mfc="white", ls="none"))
    ax.legend(marks, [*KINDS[language], said], loc="lower left", fontsize=9.5, handlelength=1.4, labelspacing=0.3)
    return fig


def _draw(ax: Axes, line: Line, name: str) -> None:
    colour = COLOURS[line.kind]
    if line.published:
        ax.plot(line.seconds, line.accuracy, "o", ms=7, mfc="white", mec=colour, mew=1.6, zorder=4)
    elif line.kind == ALONE:
        reach = [line.accuracy - line.low, line.high - line.accuracy]
        ax.errorbar(line.seconds, line.accuracy, reach, fmt="o-", ms=5, color=colour, zorder=3)
    else:
        ax.plot(line.seconds, line.accuracy, color=colour, zorder=3)
        ax.plot(line.seconds[-1], line.accuracy[-1], "o", ms=5, color=colour, zorder=3)
        ax.fill_between(line.seconds, line.low, line.high, color=colour, alpha=0.15, lw=0)
    if name:
        last = (line.seconds[-1], line.accuracy[-1])
        ax.annotate(name, last, line.shift, textcoords="offset points", fontsize=9.5, color="0.15")


def numbers() -> dict[str, str]:
    """Every number of the front page and of the French page, as text, by name."""
    found = {**_of_search(), **_of_scores(), **_of_ifa(), **_of_sensors()}
    english = {name: format(value, form) for name, (value, form) in found.items()}
    return english | {f"{name}_fr": french(text) for name, text in english.items()}


def french(text: str) -> str:
    """A number as French prints it: a comma before the decimals, a narrow space that does not break between thousands.

    >>> french("15,625.50")
    '15\\u202f625,50'
    """
    return text.replace(",", "\u202f").replace(".", ",")


def _of_search() -> dict[str, tuple[float, str]]:
    frame = results.read("nb201/search").frame
    last = frame[frame["seconds"] == BUDGET].set_index("searcher")
    accuracy, runs = last["c10"].to_dict(), last["runs"].to_dict()
    plain = [name for name in accuracy if name not in GUIDED]
    enough = [accuracy[name] for name in plain if runs[name] >= 200]
    luciole, scored = _luciole(), SCORED.index(1_000)
    guided = best_guided(frame)
    return {
        "cells": (nb201.SIZE, ",d"),
        "searchers": (len(plain), "d"),
        "plain_best": (max(enough), ".2f"),
        "random": (accuracy["random"], ".2f"),
        "guided": (accuracy[guided], ".2f"),
        "guided_size": (accuracy["guided evolution, params"], ".2f"),
        "optimum": (published.figure("dong2020nasbench201/optimum_c10"), ".2f"),
        "luciole": (float(luciole.accuracy[scored]), ".2f"),
        "luciole_scored": (SCORED[scored], ",d"),
        "luciole_minutes": (luciole.seconds[scored] / 60, ".1f"),
        "hours": (BUDGET / 3600, ".1f"),
    }


def _of_scores() -> dict[str, tuple[float, str]]:
    quality = results.read("nb201/quality").frame
    rows = quality[(quality["subset"] == "all") & (quality["dataset"] == "c10")].set_index(["score", "inputs"])
    costs = results.read("nb201/costs").frame.set_index(["score", "inputs"])["milliseconds"]
    best: Any = rows.loc[("one_pass", "deep")]
    return {
        "tau": (best["tau"], ".2f"),
        "tau_training": (float(rows["tau"][("12 epochs", "training")]), ".2f"),
        "tau_members": (len(COMBINATIONS["one_pass"]), "d"),
        "tau_ms": (costs[("one_pass", "deep")], ".0f"),
        "tau_top": (100 * best["overlap"], ".1f"),
    }


def _of_ifa() -> dict[str, tuple[float, str]]:
    arrays = results.read("firefly/ifa_nb201").arrays
    final = dict(zip(arrays["variants"].tolist(), arrays["c10_mean"][:, -1].tolist(), strict=True))
    return {
        "ifa": (final[IFA], ".2f"),
        "fa": (final["FA, one-sided, strength, icd"], ".2f"),
        "ifa_printed": (published.figure("mokhtari2022ifa/ifa_nb201_c10"), ".2f"),
        "fa_printed": (published.figure("mokhtari2022ifa/fa_nb201_c10"), ".2f"),
        "ifa_blind": (final["IFA, one-sided, strength, random"], ".2f"),
        "ifa_size": (final["random search, params"], ".2f"),
    }


def _of_sensors() -> dict[str, tuple[float, str]]:
    models = results.read("har/models").frame
    groups = models[models["dataset"] == "uci_har"].groupby("model")
    f1, macs = groups["macro_f1"].mean().mul(100).to_dict(), groups["macs"].mean().to_dict()
    ours = [name for name in f1 if str(name).startswith("found")]
    worth = contest.worth(results.read("har/candidates").frame).loc["uci_har"].iloc[0]
    small, best = min(ours, key=macs.__getitem__), max((n for n in f1 if n not in ours), key=f1.__getitem__)
    return {
        "har": (f1[small], ".1f"),
        "har_macs": (macs[small], ",.0f"),
        "har_hand": (f1[best], ".1f"),
        "har_fewer": (macs[best] / macs[small], ".0f"),
        "har_searched": (worth["searched, best (%)"], ".1f"),
        "har_drawn": (worth["random, best (%)"], ".1f"),
    }
