"""The figures of chapter 2: iso-lines of two metrics, orders of the space, exponents, devices, intervals, the bill."""

import numpy as np
import pandas as pd

from luciole import results
from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.efficiency import bcr, merit, pareto_front
from luciole.errors import extra
from luciole.experiments.efficiency import tables as study
from luciole.report.efficiency import FEW_COSTS, METRICS, TITLES, cost, everywhere
from luciole.report.efficiency_measured import Bill
from luciole.tables.table import Table

with extra("book"):
    import matplotlib.pyplot as plt
    import seaborn as sns

FLOOR = 0.1  # accuracy of guessing on ten classes
ORDERED = ("bcr", "mnasnet", "rank_sum", "error_merit", "merit")


def crowns(table: Table, k: float) -> dict[str, str]:
    """Show lines of equal BCR and of equal merit over all cells of a table; how cost and accuracy grow on its front."""
    measured, macs = table.role("test").astype(float) / 100, table["c10_flops"].astype(float)
    front, reference = pareto_front(measured, macs), float(macs[measured.argmax()])
    grid = np.meshgrid(np.linspace(0.8, 0.955, 200), np.geomspace(macs.min() * 0.9, macs.max() * 1.1, 200))
    metrics = {"BCR": bcr, f"merit, k = {k:g}": lambda a, c: merit(a, c, reference, k=k, floor=FLOOR)}
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH * 1.25, 4.2), sharey=True)
    for ax, (name, metric) in zip(axes, metrics.items(), strict=True):
        ax.scatter(macs / 1e6, 100 * measured, s=2, color="#bbbbbb", rasterized=True)
        values = np.log(metric(*grid))
        ax.contour(grid[1] / 1e6, 100 * grid[0], values, levels=np.quantile(values, np.linspace(0.05, 0.95, 9)),
                   colors=PALETTE[0], linewidths=0.9, linestyles="solid")  # fmt: skip
        ax.plot(macs[front] / 1e6, 100 * measured[front], ".-", color="black", lw=1, ms=5, label="Pareto front")
        best = int(np.argmax(metric(measured, macs)))
        ax.scatter(macs[best] / 1e6, 100 * measured[best], s=170, marker="*", color=PALETTE[3], zorder=4)
        ax.set(xscale="log", xlabel="multiply-accumulates (millions)", ylim=(80, 95.5), title=name)
    axes[0].set(ylabel="CIFAR-10 test accuracy (%)")
    axes[0].legend(loc="lower right")
    figures.show(
        fig,
        "crowns",
        alt="Two scatter plots of accuracy against multiply-accumulates with lines of equal value: those of the ratio "
        "are nearly vertical and its star is on the cheapest cell; those of merit bend along the front.",
        caption="Lines along which each metric is constant, and the cell that it crowns (star). Only cells above 80 % "
        f"are seen; {table.source}.",
    )
    return {
        "front_dearer": f"{macs[front[-1]] / macs[front[0]]:.0f}",
        "front_better": f"{100 * (measured[front[-1]] - measured[front[0]]):.1f}",
    }


def ranks(kept: pd.DataFrame) -> None:
    """Show how each metric orders the whole space: Kendall's tau with accuracy, a dot a cost and data set."""
    rows = everywhere(kept)
    rows = rows[rows["metric"].isin(ORDERED)].replace({"metric": METRICS, "dataset": TITLES})
    named = {"x": "tau", "y": "metric", "order": [METRICS[name] for name in ORDERED]}
    fig, ax = plt.subplots(figsize=(WIDTH, 4.2))
    sns.boxplot(rows, **named, ax=ax, color="#e8eef4", width=0.75, showfliers=False, linewidth=1)
    sns.stripplot(
        rows, **named, hue="dataset", palette=PALETTE[:4], dodge=True, jitter=False, size=4.5, alpha=0.9, ax=ax
    )
    ax.axvline(0, color="black", lw=0.8)
    ax.set(xlabel="Kendall's τ with accuracy", ylabel="", xlim=(-0.65, 1))
    ax.legend(fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), title=None)
    least = rows.groupby("metric")["tau"].agg(["min", "max"])
    said = "; ".join(f"{name} {low:.2f} to {high:.2f}" for name, (low, high) in least.iterrows())
    figures.show(
        fig,
        "ranks",
        alt=f"Dots and boxes of Kendall's tau with accuracy, a row a metric. From least to most: {said}.",
        caption="How each metric orders the space: a dot a cost (MACs, parameters, nine columns of devices) and data "
        "set; boxes hold the middle half.",
    )


def exponents(kept: pd.DataFrame, k: float) -> None:
    """Show the accuracy of merit's crown against the exponent, a panel a data set."""
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH * 1.35, 3.9))
    for ax, dataset in zip(axes, study.CHANCE, strict=True):
        for colour, column in zip(PALETTE, FEW_COSTS, strict=False):
            one = kept[(kept["dataset"] == dataset) & (kept["cost"] == column)]
            ax.plot(one["k"], 100 * one["accuracy"], "o-", ms=4, color=colour, label=cost(column))
        ax.axvline(k, color="black", lw=0.8, ls=":")
        ax.set(xscale="log", xlabel="exponent k", title=TITLES[dataset])
    axes[0].legend(fontsize=8, loc="lower right")
    fig.supylabel("accuracy of the crowned cell (%)", fontsize=12)
    figures.show(
        fig,
        "exponents",
        alt="Accuracy of the crowned cell against the exponent k for four costs on three data sets: staircases with "
        "few steps, high already at small k for energy and late for multiply-accumulates.",
        caption=f"Accuracy of the cell that merit crowns, by exponent; dotted: k = {k:g}.",
    )


def stand_in(kept: pd.DataFrame) -> dict[str, str]:
    """Show how well operations counted order cells by cost measured, device by device; taus of three, by name."""
    rows = kept[(kept["dataset"] == "c10") & (kept["cells"] == "whole") & kept["cost"].isin(study.DEVICES)]
    rows = rows.sort_values("flops_pooled_tau")
    fig, ax = plt.subplots(figsize=(WIDTH, 4.0))
    places = np.arange(len(rows))
    ax.barh(places + 0.2, rows["flops_pooled_tau"], height=0.38, label="count with pooling and normalisation")
    ax.barh(places - 0.2, rows["macs_tau"], height=0.38, label="MACs of convolutions")
    ax.set_yticks(places, rows["cost"].map(cost))
    ax.set(xlabel="Kendall's τ with the measured cost", xlim=(0, 1))
    ax.legend(fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(-0.2, 1))
    taus = rows.set_index("cost")["flops_pooled_tau"]
    figures.show(
        fig,
        "stand-in",
        alt=f"Bars of rank correlation between counted and measured cost: {cost(str(taus.index[0]))} has the lowest, "
        f"{taus.iloc[0]:.2f}, {cost(str(taus.index[-1]))} the highest, {taus.iloc[-1]:.2f}.",
        caption="How operations counted order the cells by cost measured (CIFAR-10, cells without cut-off edges).",
    )
    return {f"tau_{name.removeprefix('edge')}": f"{taus[f'{name}_latency_ms']:.2f}"
            for name in ("fpga", "edgegpu", "edgetpu")}  # fmt: skip


def merit_intervals() -> dict[str, str]:
    """Show merit with its interval of cells that EC-NAS trained three times; how many tie with the first, by name."""
    rows = results.read("efficiency/repeats").frame.head(20)
    fig, ax = plt.subplots(figsize=(WIDTH, 3.4))
    gaps = [rows["merit"] - rows["low"], rows["high"] - rows["merit"]]
    ax.errorbar(np.arange(1, 1 + len(rows)), rows["merit"], yerr=gaps, fmt="o", markersize=5, capsize=2)
    ax.set(xlabel="cell, by falling merit", ylabel="merit (accuracy, joules a training)", xticks=range(1, 21, 3))
    figures.show(
        fig,
        "merit-intervals",
        alt="Merit of twenty cells in falling order, each with its interval; most overlap with several neighbours.",
        caption="Merit of the twenty best of EC-NAS's smallest cells, with 95 % intervals over three trainings and "
        "three energy readings each.",
    )
    first = rows.iloc[0]
    return {
        "merit_tied": f"{int((rows['high'] > first['low']).sum()) - 1}",
        "merit_first": f"{first['merit']:.3f} [{first['low']:.3f}, {first['high']:.3f}]",
    }


def own_bill(bill: Bill) -> None:
    """Show what the study's long computations emitted beside published figures."""
    ours = "this study's long computations"
    bars = pd.concat([bill.famous["kg"], pd.Series({ours: bill.kg})]).sort_values()
    assumed = set(bill.famous.index[bill.famous["known"] != "published"])
    fig, ax = plt.subplots(figsize=(WIDTH, 3.6))
    for place, (name, kg) in enumerate(bars.items()):
        colour = PALETTE[3 if name == ours else 0]
        ax.scatter(kg, place, s=60, color="none" if name in assumed else colour, edgecolor=colour, zorder=3)
        if name == ours:
            ax.plot([end * kg for end in bill.spread], [place, place], color=colour)
    ax.set_yticks(range(len(bars)), [f"{name} (assumed draw)" if name in assumed else str(name) for name in bars.index])
    ax.set(xscale="log", xlabel="CO₂e (kg)")
    figures.show(
        fig,
        "own-bill",
        alt=f"Carbon on a logarithmic axis, from {bars.index[0]} at {bars.iloc[0]:.2g} kg to {bars.index[-1]} at "
        f"{bars.iloc[-1]:.2g} kg; this study's computations at {bill.kg:.2g} kg.",
        caption="What the long computations behind this book emitted, beside published figures; bar: spread of "
        "settings; hollow: converted by us from a published time, with an assumed draw.",
    )
