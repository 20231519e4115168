"""The figures of the chapter on HAR-201, each with its words; numbers are of :mod:`luciole.report.har201_numbers`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from luciole.book import figures
from luciole.efficiency import pareto_front
from luciole.errors import extra
from luciole.experiments.har201 import protocol
from luciole.report import har201
from luciole.report.har201_numbers import FIRST, TITLES, operations, words
from luciole.report.har201_searchers import Contest
from luciole.scores import cells as shapes
from luciole.spaces import nb201
from luciole.tables.table import Table

with extra("book"):
    import matplotlib.pyplot as plt

CHANNELS = (8, 16, 32)  # of the stages


def skeleton() -> None:
    """Draw the network around a cell, from the window to the answer."""
    channels, classes, length = protocol.PROTOCOLS[FIRST].shape
    stages = [(f"cell\n{width} channels", figures.PALETTE[0]) for width in CHANNELS]
    halve = ("average of 2,\n1-wide conv", "0.45")
    blocks = [
        (f"window\n{channels} × {length}", "black"),
        ("1-wide\nconv", "0.45"),
        stages[0], halve, stages[1], halve, stages[2],
        ("mean over\ntime", "0.45"),
        (f"{classes}\nclasses", "black"),
    ]  # fmt: skip
    fig, ax = plt.subplots(figsize=(1.35 * figures.WIDTH, 1.1))
    ax.set(xlim=(-0.6, len(blocks) - 0.4), ylim=(-0.6, 0.6))
    ax.set_axis_off()
    for place, (says, colour) in enumerate(blocks):
        box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": colour, "lw": 2 if "cell" in says else 1}
        ax.text(place, 0, says, ha="center", va="center", fontsize=8.5, color=colour, bbox=box)
        if place:
            ax.annotate("", (place - 0.41, 0), (place - 0.59, 0), arrowprops={"arrowstyle": "-|>", "color": "0.45"})
    figures.show(
        fig,
        "har-skeleton",
        alt="Boxes in a row: a window of three channels, a convolution of width one, three stages of one cell with 8, "
        "16 and 32 channels and averages between them, the mean over time, the classes.",
        caption="The skeleton in one dimension, on WISDM: the same cell at three widths. Only the cell looks at "
        "neighbouring samples, so that what it does shows.",
    )


def spread(table: Table, noises: Mapping[str, har201.Noise | None]) -> None:
    """Show how test accuracies are spread on each data set, with a bar as long as two single trainings must differ."""
    fig, axes = plt.subplots(1, len(noises), figsize=(1.2 * figures.WIDTH, 3.2), squeeze=False, sharey=True)
    for ax, name in zip(axes[0], noises, strict=True):
        accuracy = har201.final(table, name)[har201.trained(table, name)]
        ax.hist(accuracy, bins=24, weights=np.full(len(accuracy), 100 / len(accuracy)))
        ax.set(title=TITLES[name], xlabel="test accuracy (%)")
    top = axes[0, 0].get_ylim()[1]  # of all panels
    for ax, (name, noise) in zip(axes[0], noises.items(), strict=True):
        if noise:
            middle = float(np.nanmedian(har201.final(table, name)))
            ax.errorbar(middle, 1.03 * top, xerr=noise.needed / 2, capsize=4, color=figures.PALETTE[3])
            ax.annotate("a tie within", (middle, 1.07 * top), ha="center", va="bottom", fontsize=8.5)
    axes[0, 0].set_ylim(0, 1.2 * top)
    axes[0, 0].set_ylabel("cells (%)")
    figures.show(
        fig,
        "har-spread",
        alt="Histograms of the test accuracy of the trained cells, one panel a data set, with a bar as long as the "
        "noise.",
        caption="Test accuracy of the trained cells. The bar: the least difference between two single trainings that "
        "is more than noise, at 95 %.",
    )


def worth(effects: pd.DataFrame) -> None:
    """Show what each operation is worth on each edge, from :func:`luciole.report.har201.effects`."""
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.0))
    edges = [f"{target}<-{source}" for target, source in nb201.EDGES]
    for number, op in enumerate(nb201.OPS):
        rows = effects[effects["operation"] == op]
        x = np.array([edges.index(edge) for edge in rows["edge"]]) + 0.16 * (number - 2)
        gaps = [rows["effect"] - rows["low"], rows["high"] - rows["effect"]]
        ax.errorbar(x, rows["effect"], yerr=gaps, fmt="o", markersize=5, linewidth=1.2, label=words(op))
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xticks=range(len(edges)), xticklabels=[f"{edge[3]} to {edge[0]}" for edge in edges])
    ax.set(xlabel="edge, from node to node (0 the input, 3 the output)", ylabel="worth in test accuracy (points)")
    ax.legend(fontsize=8.5, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.0)
    figures.show(
        fig,
        "har-operations",
        alt="For each of the six edges, the worth of the five operations as points with intervals around zero.",
        caption="What an operation on an edge is worth, with 95 % bootstrap intervals over the trained cells.",
    )


def costs(table: Table) -> None:
    """Show accuracy by the depth of a cell, against multiply-accumulates, and the time of one answer against them."""
    cells = har201.trained(table, FIRST)
    rows, accuracy = nb201.all_cells()[cells], har201.final(table, FIRST)[cells]
    depths, macs, latency = shapes.depth(rows), table[f"{FIRST}_macs"][cells], table["wisdm_latency_ms"][cells]
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(1.35 * figures.WIDTH, 3.4))
    deep = np.unique(depths)
    names = ["none" if depth < 0 else f"{depth:.0f}" for depth in deep]
    left.boxplot([accuracy[depths == depth] for depth in deep], tick_labels=names, flierprops={"markersize": 3})
    left.set(xlabel="convolutions on the longest path", ylabel="test accuracy (%)")
    middle.scatter(macs / 1e3, accuracy, s=4, alpha=0.3)
    front = pareto_front(accuracy / 100, macs)  # by rising cost
    middle.step(macs[front] / 1e3, accuracy[front], where="post", color=figures.PALETTE[3])
    middle.set(xlabel="MACs (thousands)", ylabel="test accuracy (%)")
    counts = operations()[cells]
    used = np.unique(counts)
    right.boxplot([latency[counts == count] for count in used], tick_labels=used, flierprops={"markersize": 3})
    right.set(xlabel="operations that count", ylabel="milliseconds a window")
    figures.show(
        fig,
        "har-costs",
        alt="Left: boxes of accuracy by depth. Middle: accuracy against multiply-accumulates, with the front of the "
        "best. Right: boxes of milliseconds by the number of operations.",
        caption="Accuracy by the depth of the cell; against its multiply-accumulates (MACs), with the Pareto front; "
        "time of one answer on one thread, by the operations on the way to the output, skip connections aside.",
    )


def scores(rank: pd.DataFrame) -> None:
    """Show how scores rank cells on images and on sensors, from :func:`luciole.report.har201_numbers.ranks`."""
    both = rank.dropna(subset=["CIFAR-10", FIRST])
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.6))
    gaps = [both[FIRST] - both[f"{FIRST} low"], both[f"{FIRST} high"] - both[FIRST]]
    ax.errorbar(both["CIFAR-10"], both[FIRST], yerr=gaps, fmt="o", markersize=5, linewidth=1)
    ax.axline((0, 0), slope=1, color="black", linewidth=0.8, linestyle="--")
    figures.label_points(ax, both["CIFAR-10"].tolist(), both[FIRST].tolist(), [str(name) for name in both.index])
    ax.set(xlabel="rank correlation on CIFAR-10, scores on images", ylabel=f"rank correlation on {TITLES[FIRST]}")
    figures.show(
        fig,
        "har-scores",
        alt="One point a score: its rank correlation with accuracy on images across, on the watch upwards, with "
        "intervals.",
        caption="Training-free scores on images and on sensors, over the same cells; bars are 95 % bootstrap "
        "intervals. On the dashed line a score would be worth as much on both.",
    )


def searchers(standing: pd.DataFrame, contest: Contest, runs: int) -> None:
    """Show what each searcher finds, from :meth:`luciole.report.har201_searchers.Contest.standing`."""
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 0.26 * len(standing) + 1))
    place = np.arange(len(standing))[::-1]
    ax.errorbar(standing["test"], place, xerr=1.96 * standing["error"], fmt="o", markersize=5)
    ax.axvline(contest.test.max(), color="black", linewidth=0.8, linestyle="--")
    ax.set(yticks=place, xlabel="test accuracy of the cell found (%), mean of runs")
    ax.set_yticklabels(standing.index, fontsize=9)
    figures.show(
        fig,
        "har-searchers",
        alt="A row a searcher in falling order of the test accuracy that it finds, with intervals; a line: the best "
        "cell.",
        caption=f"What {runs} runs of each searcher find on {TITLES[FIRST]}, with 95 % intervals of the mean; dashed: "
        "the highest test accuracy of all cells, which the noise of single trainings puts too high.",
    )
