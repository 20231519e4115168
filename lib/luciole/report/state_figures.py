"""The figures of chapter 1 that show searches, each with its words: famous costs, regret, published beside ours."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from luciole import published
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.nb201 import search as bench
from luciole.report import state
from luciole.report.titles import IMAGES
from luciole.search import NEEDS

with extra("book"):
    import matplotlib.pyplot as plt

DASHES = ("-", "--", ":")
WAYS = {"training-free selection": "v", "selection, then training": "s", "warm-started evolution": "^",
        "guided evolution": "o"}  # fmt: skip


def costs() -> None:
    """Show what famous searches cost when they appeared."""
    found = state.costs()
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.8))
    places: list[tuple[float, float, str]] = []
    for colour, (family, rows) in zip(figures.PALETTE, found.groupby("family", sort=False), strict=False):
        spread = rows["year"] + 0.12 * (rows.groupby("year").cumcount() - 1)
        fill = np.where(rows["read"], colour, "none")
        ax.scatter(spread, rows["hours"], s=42, edgecolor=colour, color=fill, label=family)
        places += list(zip(spread, rows["hours"], rows["name"], strict=True))
    ax.set(yscale="log", xlabel="year of publication", ylabel="cost of one search (hours of one processor)")
    ax.set(xlim=(2015.3, 2025.6), xticks=range(2016, 2026))
    x, y, names = zip(*places, strict=True)
    figures.label_points(ax, x, y, names)
    ax.legend(fontsize=8.5, loc="upper right")
    figures.show(
        fig,
        "famous-costs",
        alt=f"Search cost by year on a logarithmic axis, falling from {found['hours'].max():,.0f} processor hours in "
        f"{found['year'].min()} to less than an hour for training-free searches.",
        caption="What a search cost when it appeared, by family; hollow: not read in a paper. The last ones are "
        "seconds on NAS-Bench-201 or on one CPU: other tasks, so the fall is also one of ambition.",
    )


def regret(curves: pd.DataFrame) -> None:
    """Show how far the chosen cell is from the best one as simulated time passes, a line a searcher."""
    optimum, final = published.figure("dong2020nasbench201/optimum_c10"), state.last(curves)
    order = [name for name in final["searcher"] if name not in NEEDS]  # several objectives or fidelities: in the table
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 5.0))
    _lines(ax, curves[curves["seconds"] >= 500], order, "seconds", optimum, ("c10", "c10_low", "c10_high"))
    ax.set(yscale="log", xlabel="simulated time (s)", ylabel="regret: points of CIFAR-10 test accuracy")
    ax.set_ylim(bottom=0.05)
    ax.set_yticks([0.05, 0.1, 0.2, 0.5, 1, 2], ["0.05", "0.1", "0.2", "0.5", "1", "2"])
    ax.minorticks_off()
    ax.legend(fontsize=7.5, ncols=2, loc="lower left")
    figures.show(
        fig,
        "regret",
        alt="Falling regret curves against simulated time, lowest at the end: " + ", ".join(order),
        caption="Mean regret of the chosen cell, with 95 % bootstrap intervals over runs, on the original table.",
    )


def _lines(ax: plt.Axes, curves: pd.DataFrame, order: Iterable[str], x: str, best: float, names: tuple) -> None:
    mean, low, high = names
    for place, searcher in enumerate(order):
        one = curves[curves["searcher"] == searcher]
        colour, dash = figures.PALETTE[place % len(figures.PALETTE)], DASHES[place // len(figures.PALETTE)]
        few = one["runs"].iloc[0] < state.ENOUGH
        ax.plot(one[x], best - one[mean], dash, color=colour,
                label=f"{searcher} ({one['runs'].iloc[0]} runs)" if few else searcher)  # fmt: skip
        ax.fill_between(one[x], best - one[high], best - one[low], color=colour, alpha=0.15, lw=0)


def beside(curves: pd.DataFrame) -> None:
    """Show the published means beside ours, a panel a data set."""
    both, final = state.beside(curves), state.last(curves).set_index("searcher")
    names = list(dict.fromkeys(both.index))[::-1]
    fig, panels = plt.subplots(1, 3, figsize=(figures.WIDTH, 3.0), sharey=True)
    for ax, dataset in zip(panels, bench.DATASETS, strict=True):
        rows = both[both["data set"] == IMAGES[dataset]].loc[names]
        ours, printed = (rows[column].to_numpy(dtype=float) for column in ("ours", "published"))
        low, high = (final.loc[names, f"{dataset}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        ax.errorbar(ours, range(len(names)), xerr=[ours - low, high - ours], fmt="o", ms=5, capsize=3,
                    color=figures.PALETTE[0], label="ours")  # fmt: skip
        half = 1.96 * rows["its deviation"].to_numpy(dtype=float) / np.sqrt(500)
        ax.errorbar(printed, np.arange(len(names)) - 0.25, xerr=half, fmt="D", ms=4.5, capsize=3, mfc="white",
                    color=figures.PALETTE[1], label="published")  # fmt: skip
        for place, (x, value) in enumerate(zip(np.maximum(ours, printed), rows["difference"], strict=True)):
            ax.annotate(f"{value:+.2f}", (x, place - 0.12), xytext=(9, -3), textcoords="offset points", fontsize=8.5)
        left, right = ax.get_xlim()
        ax.set_xlabel(f"{IMAGES[dataset]} (%)", fontsize=9.5)
        ax.set(xlim=(left, right + 0.45 * (right - left)))
        ax.set(ylim=(-0.6, len(names) - 0.5))
        ax.tick_params(axis="x", labelsize=9)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylabel("searcher")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figures.show(
        fig,
        "beside-published",
        alt="Forest plot of test accuracy on three data sets, ours beside published; ours minus published: "
        + "; ".join(f"{name} {row['data set']} {row['difference']:+.2f}" for name, row in both.iterrows()),
        caption="Mean test accuracy after 12,000 simulated seconds with 95 % intervals: ours (bootstrap over runs) "
        "beside the published means (normal interval from their deviation over 500 runs). The number is the "
        "difference.",
    )


def guided(frame: pd.DataFrame) -> None:
    """Show four ways in which six guides serve a search, at two budgets."""
    curves, rows = state.parts(frame)
    fig, panels = plt.subplots(1, 2, figsize=(figures.WIDTH, 4.4), sharey=True, sharex=True)
    for ax, limit in zip(panels, bench.BUDGETS, strict=True):
        at = rows[rows["seconds"] == limit].set_index("searcher")
        for k, (way, mark) in enumerate(WAYS.items()):
            mine = at.loc[[f"{way}, {score}" for score in bench.GUIDES]]
            reach = [mine["c10"] - mine["c10_low"], mine["c10_high"] - mine["c10"]]
            ax.errorbar(mine["c10"], np.arange(len(mine)) + 0.15 * (1.5 - k), fmt=mark, ms=5, label=way, xerr=reach,
                        color=figures.PALETTE[k])  # fmt: skip
        plain = state.last(curves, limit).set_index("searcher").loc["regularised evolution", "c10"]
        ax.axvline(plain, color="0.45", linestyle="--", linewidth=1.2, label="evolution, unguided")
        optimum = published.figure("dong2020nasbench201/optimum_c10")
        ax.axvline(optimum, color="0.45", linestyle=":", linewidth=1.2, label="optimum of the space")
        ax.set(xlabel="test accuracy (%)", title=f"{limit:,} s")
        ax.set_yticks(range(len(bench.GUIDES)), [name.replace("_", " ") for name in bench.GUIDES])
    panels[0].set_ylabel("guide")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    best = state.last(rows).iloc[0]
    figures.show(
        fig,
        "guided",
        alt="Test accuracy on CIFAR-10 of four ways of guidance by six guides at two budgets; highest at 12,000 s: "
        f"{best['searcher']} at {best['c10']:.2f} per cent.",
        caption=f"Guided searches on NAS-Bench-201, mean of {rows['runs'].iloc[0]} runs with 95 % bootstrap intervals, "
        "scoring charged.",
    )


def regret_101(curves: pd.DataFrame) -> None:
    """Show regret on NAS-Bench-101 against evaluations, a line a searcher."""
    best = published.figure("ying2019nasbench101/optimum")
    order = curves[curves["evaluations"] == curves["evaluations"].max()].sort_values("test")["searcher"][::-1]
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.2))
    _lines(ax, curves, order, "evaluations", best, ("test", "test_low", "test_high"))
    ax.set(xscale="log", xlabel="evaluations", ylabel="regret: points of CIFAR-10 accuracy")
    ax.set_xticks([10, 20, 50, 100, 200, 500], ["10", "20", "50", "100", "200", "500"])
    ax.minorticks_off()
    ax.legend(fontsize=8)
    figures.show(
        fig,
        "regret-101",
        alt="Falling regret curves on NAS-Bench-101 against evaluations on a logarithmic axis, lowest at the end: "
        + ", ".join(order),
        caption="NAS-Bench-101: mean regret of the best cell found, with 95 % bootstrap intervals over runs.",
    )
