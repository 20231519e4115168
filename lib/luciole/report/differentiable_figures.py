"""The drawings of the chapter on differentiable search: a supernet's edge, regret, the course, the four limits."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.har201.table import WATTS
from luciole.experiments.supernet import limits, protocol
from luciole.report import differentiable as report
from luciole.spaces import nb201

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.ticker import NullFormatter

Held = Mapping[str, NDArray]

SHORT = {
    "none": "none",
    "skip_connect": "skip",
    "nor_conv_1x1": "conv 1",
    "nor_conv_3x3": "conv 3",
    "avg_pool_3x3": "pool",
}
LEGEND = {"shared": "weights shared", "trained": "cells trained", "untrained": "nothing trained"}
FAMILY = {"shared": figures.PALETTE[0], "trained": figures.PALETTE[1], "untrained": figures.PALETTE[2]}


def edge() -> None:
    """Show an edge of a supernet: every operation on the same input, weighed by a softmax, then cut to one."""
    alpha = np.array([-1.0, 1.4, 0.2, 0.9, -0.2])  # invented
    share = np.exp(alpha) / np.exp(alpha).sum()
    fig, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.0))
    for ax, title in zip(axes, ("while it searches", "when it is cut"), strict=True):
        for row, (op, weight) in enumerate(zip(nb201.OPS, share, strict=True)):
            height = 4 - row
            kept = title.startswith("while") or row == int(share.argmax())
            colour = figures.PALETTE[0] if kept else "0.85"
            ax.plot([0, 1, 2, 3], [2, height, height, 2], color=colour, lw=0.6 + 7 * (weight if kept else 0.02))
            ax.text(
                1.5,
                height + 0.16,
                f"{SHORT[op]}  {weight:.2f}",
                ha="center",
                fontsize=9,
                color="black" if kept else "0.6",
            )
        ax.plot([0, 3], [2, 2], "o", ms=13, color="white", mec="black")
        ax.text(0, 1.05, "node i", ha="center", fontsize=9)
        ax.text(3, 1.05, "node j", ha="center", fontsize=9)
        ax.set_title(title, fontsize=10)
        ax.set(xlim=(-0.4, 3.4), ylim=(-0.4, 4.7))
        ax.set_axis_off()
    figures.show(
        fig,
        "supernet-edge",
        alt="An edge between two nodes as five lines, one an operation, as thick as its share of a softmax; beside it "
        "the same edge with the thickest line alone.",
        caption="An edge of a supernet. Left: every operation sees the same input, and their outputs are weighed by a "
        "softmax of $\\alpha$. Right: the cell that is named keeps the largest.",
    )


def regret(table: pd.DataFrame, title: str) -> None:
    """Show regret beside what one search costs, a row a method, from :func:`report.standing`."""
    rows = table[table["seconds"] > 0].sort_values("regret", ascending=False)
    fig, (worth, price) = plt.subplots(1, 2, sharey=True, figsize=(1.25 * figures.WIDTH, 1.2 + 0.28 * len(rows)))
    at = np.arange(len(rows))
    for group, colour in FAMILY.items():
        mine = np.array([_family(str(name)) == group for name in rows.index])
        bars = np.nan_to_num(rows["half"])[mine]
        worth.errorbar(rows["regret"][mine], at[mine], xerr=bars, fmt="o", capsize=3, color=colour, label=LEGEND[group])
        price.plot(rows["seconds"][mine], at[mine], "o", color=colour)
    worth.set_yticks(at, list(rows.index), fontsize=8.5)
    worth.set(xlabel="regret of the named cell (points)", xlim=(0, None))
    price.set(xscale="log", xlabel="processor seconds of one search")
    price.xaxis.set_minor_formatter(NullFormatter())
    joules = price.secondary_xaxis("top", functions=(lambda s: np.asarray(s) * WATTS, lambda j: np.asarray(j) / WATTS))
    joules.xaxis.set_minor_formatter(NullFormatter())
    joules.set_xlabel(f"joules (estimate: {WATTS:g} W a busy thread)")
    fig.legend(loc="outside upper left", ncols=len(FAMILY), fontsize=8.5)
    figures.show(
        fig,
        "supernet-regret",
        alt="A row a method, the best above: at the left the regret of the cells that it named with an interval, at "
        "the right the seconds and joules of one search.",
        caption=f"{title}: what was named, in points below the table's best class (bars: 95 % intervals over seeds), "
        "and what one search costs.",
    )


def _family(name: str) -> str:
    if name in report.RIVALS.values():
        return "trained"
    return "untrained" if name in (report.UNTRAINED, *report.SCORED.values()) else "shared"


def course(held: Held, truth: str) -> None:
    """Show skips and true accuracy of the cell that would be named at each epoch, methods with many seeds."""
    accuracy = protocol.TRUTHS[truth].accuracy()
    fig, (left, right) = plt.subplots(1, 2, figsize=(1.25 * figures.WIDTH, 3.6))
    for kind in report.kinds(held, truth):
        if kind.method in protocol.OFTEN:
            cells = limits.array(held, kind, "cells")  # (epochs, K, 6)
            epochs = np.arange(len(cells))
            left.plot(epochs, (cells == nb201.SKIP).sum(axis=2).mean(axis=1), label=kind.method)
            right.plot(epochs, accuracy[nb201.index(cells.reshape(-1, 6))].reshape(cells.shape[:2]).mean(axis=1))
    left.set(xlabel="epoch", ylabel="skips of the named cell (of 6)", ylim=(-0.1, 6.1))
    right.set(xlabel="epoch", ylabel="its true accuracy (%)")
    left.legend(fontsize=8)
    figures.show(
        fig,
        "supernet-course",
        alt="Left: skips of the cell that would be named, over epochs, five methods. Right: its true accuracy.",
        caption="The cell that would be named if the search ended at this epoch, mean over seeds.",
    )


def four(held: Held, truth: str, horizons: pd.DataFrame) -> None:
    """Show what each of the four limits is judged by, a panel a limit; from :mod:`limits`."""
    fig, axes = plt.subplots(2, 2, figsize=(1.25 * figures.WIDTH, 6.6))
    have = {kind.method: kind for kind in report.kinds(held, truth)}
    _gradients(axes[0, 0], held, have)
    _order(axes[0, 1], held, have, protocol.TRUTHS[truth].accuracy())
    _cut(axes[1, 0], held, have)
    _short(axes[1, 1], horizons)
    figures.show(
        fig,
        "supernet-limits",
        alt="Four panels: gradients by the gates of each operation over epochs; how well the mixture and cells alone "
        "order operations; points lost when the cell is cut out against curvature; cosines of hypergradients.",
        caption="(a) Gradients of DARTS by the gates. (b) Kendall's tau with the truth of what an operation is worth, "
        "within the mixture and in cells alone, a dot a seed. (c) Points lost when the cell is cut out, against the "
        "dominant eigenvalue. (d) Cosine of hypergradients with the exact one, by steps of training.",
    )


def _gradients(ax: Axes, held: Held, have: Mapping[str, protocol.Search]) -> None:
    gradients = limits.array(held, have["DARTS"], "gradients").mean(axis=(1, 2))  # (epochs, ops)
    looked = np.flatnonzero(np.isfinite(gradients[:, 0]))
    for at, op in enumerate(nb201.OPS):
        if at != nb201.NONE:
            ax.plot(looked, gradients[looked, at], "o-", ms=4, label=SHORT[op])
    ax.set(yscale="log", xlabel="epoch", ylabel="mean |gradient| by the gate", title="(a) gradients")
    ax.legend(fontsize=8)


def _order(ax: Axes, held: Held, have: Mapping[str, protocol.Search], accuracy: NDArray[np.float64]) -> None:
    kind = have["DARTS"]
    lost = limits.array(held, kind, "mixture")[-1][:, None, None] - limits.array(held, kind, "without")[-1]
    shared = limits.array(held, kind, "shared")[-1]
    true = protocol.effects(accuracy, np.arange(len(accuracy))).ravel()
    within = [stats.kendalltau(own.ravel(), true).statistic for own in lost]
    alone = [stats.kendalltau(protocol.effects(own, protocol.sample()).ravel(), true).statistic for own in shared]
    for place, values in enumerate((within, alone)):
        ax.plot(np.full(len(values), place), values, "o", alpha=0.6)
        ax.plot([place - 0.15, place + 0.15], [np.mean(values)] * 2, color="black")
    ax.set_xticks([0, 1], ["within\nthe mixture", "cells\nalone"])
    ax.set(xlim=(-0.6, 1.6), ylabel="tau with the truth", title="(b) order of operations")


def _cut(ax: Axes, held: Held, have: Mapping[str, protocol.Search]) -> None:
    for method in limits.MIXTURES:
        if method in have:
            kind = have[method]
            drop = 100 * (limits.array(held, kind, "mixture")[-1] - limits.array(held, kind, "named")[-1])
            ax.plot(limits.array(held, kind, "eigenvalue")[-1], drop, "o", alpha=0.7, label=method)
    ax.set(xlabel="dominant eigenvalue", ylabel="points lost when cut", title="(c) mixture and cell")
    ax.legend(fontsize=6.5)


def _short(ax: Axes, horizons: pd.DataFrame) -> None:
    mean = horizons.groupby(["hypergradient", "steps"], sort=False)["cosine"].mean().unstack()
    for name in ("last 1 step", "last 5 steps", "DARTS, second order", "Neumann, 20 terms", "self-tuning"):
        if name in mean.index:
            ax.plot(mean.columns.to_numpy(), mean.xs(name).to_numpy(), "o-", ms=4, label=name)
    ax.set(xlabel="steps of training", ylabel="cosine with the exact one", title="(d) short horizon")
    ax.legend(fontsize=7.5)
