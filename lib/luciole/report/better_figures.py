"""The figures of chapter 5: luciole's parts, its fronts, cells chosen for other data, networks trained for real."""

import numpy as np
import pandas as pd

from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.efficiency import pareto_front
from luciole.errors import extra
from luciole.experiments.firefly import plans_nb201 as plans
from luciole.report.better_elsewhere import ANY, FOUND, HAND, SETS, TRANSFERRED
from luciole.report.better_firefly import Kept
from luciole.report.better_live import Fronts

with extra("book"):
    import matplotlib.pyplot as plt
    import seaborn as sns

NETWORKS = (FOUND, TRANSFERRED, HAND, "small CNN", "LeNet-5", "MLP")


def parts(kept: Kept, printed: float) -> None:
    """Show luciole without each of its parts at two budgets, beside rivals and the printed IFA."""
    order = [*plans.PARTS]
    fig, ax = plt.subplots(figsize=(WIDTH, 4.4))
    for shift, scored, colour in ((-0.15, 60, PALETTE[5]), (0.15, plans.FEW, PALETTE[0])):
        rows = kept.standing.loc[[f"{name}, {scored}" for name in order]]
        places = np.arange(len(order)) + shift
        label = f"{scored} scored classes"
        ax.errorbar(rows["CIFAR-10"], places, xerr=rows["half"], fmt="o", color=colour, label=label)
    others = {"IFA, released": PALETTE[3], "local search": PALETTE[2], "random search": PALETTE[6]}
    for place, (name, colour) in enumerate(others.items(), start=len(order)):
        row = kept.standing.loc[f"{name}, {plans.FEW}"]
        ax.errorbar([row["CIFAR-10"]], [place], xerr=[row["half"]], fmt="s", color=colour)
    ax.axvline(printed, color="black", ls="--", lw=1, label="IFA as printed")
    ax.set_yticks(range(len(order) + len(others)), [*order, *others], fontsize=9)
    ax.invert_yaxis()
    ax.set(xlabel="CIFAR-10 test accuracy (%)")
    ax.legend(fontsize=8.5, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, columnspacing=1)
    at = kept.standing["CIFAR-10"]
    said = "; ".join(f"{name} {at[f'{name}, {plans.FEW}']:.2f}" for name in (*order, *others))
    figures.show(
        fig,
        "luciole-parts",
        alt=f"Means with intervals of luciole, of luciole without each part, and of other searches on the same ranks. "
        f"With {plans.FEW} scored classes, in per cent: {said}.",
        caption=f"Luciole without each of its parts, and other searches ({plans.FEW} scored classes) on the same "
        f"scores: means with 95 % intervals over {kept.seeds} seeds.",
    )


def front(found: Fronts) -> None:
    """Show the cells that luciole found under limits on MACs with each set of scores, against the true front."""
    accuracy, macs = found.accuracies["c10"], found.costs["MACs"]
    true = pareto_front(accuracy / 100, macs)
    fig, ax = plt.subplots()
    ax.scatter(macs / 1e6, accuracy, s=3, color="#bbbbbb", label="all cells", rasterized=True)
    ax.plot(macs[true] / 1e6, accuracy[true], color="black", lw=1, marker=".", label="true front")
    for (cost, guide), runs in found.found.items():
        if cost == "MACs":
            colour = PALETTE[0] if guide.endswith("top") else PALETTE[3]
            cells = runs[0].cells
            ax.scatter(macs[cells] / 1e6, accuracy[cells], color=colour, s=36, zorder=3, label=f"scores {guide}")
    ax.set_xscale("log")
    ax.set(xlabel="multiply-accumulates (millions)", ylabel="test accuracy (%)", ylim=(40, 96.5))
    ax.legend(loc="lower right", fontsize=9)
    figures.show(
        fig,
        "firefly-front",
        alt="Accuracy against MACs of all cells in grey, the true Pareto front as a black line, and the cells that "
        "luciole found under each limit with two sets of scores: those chosen for fronts lie near the line throughout, "
        "the others below it among small cells.",
        caption="Cells found under limits on MACs, without training in the run, against the true front; "
        f"{found.table.source}.",
    )


def worn(runs: pd.DataFrame) -> None:
    """Show macro-F1 on WISDM of cells by what chose them: boxes, a dot a run, random cells as a box alone."""
    order = runs.groupby("chosen")["macro-F1 (%)"].mean().sort_values(ascending=False).index
    named = {"x": "macro-F1 (%)", "y": "chosen", "order": order}
    fig, ax = plt.subplots(figsize=(WIDTH, 3.8))
    sns.boxplot(runs, **named, ax=ax, color="#dbe9f4", width=0.6, showfliers=False, linewidth=1)
    sns.stripplot(runs[runs["chosen"] != ANY], **named, ax=ax, color=PALETTE[0], size=3, alpha=0.5, jitter=0.22)
    ax.set(xlabel="test macro-F1 on WISDM (%)", ylabel="")
    ax.tick_params(axis="y", labelsize=9)
    mean = runs.groupby("chosen")["macro-F1 (%)"].mean()
    figures.show(
        fig,
        "worn",
        alt="Boxes and dots of macro-F1 by what chose the cells, the best first. Means: "
        + "; ".join(f"{name} {mean[name]:.1f}" for name in order)
        + ".",
        caption="Cells chosen on images, cells chosen by the sensors' own scores, and random ones, trained on WISDM "
        "(HAR-201, four epochs); a dot a run, boxes hold the middle half.",
    )


def trained(frame: pd.DataFrame) -> None:
    """Show found and hand-made networks trained by one recipe: a panel a data set, a dot a seed, the mean a bar."""
    sets = [name for name in SETS if name in set(frame["dataset"])]
    rows = frame.assign(test=100 * frame["test"])
    colours = dict(zip(NETWORKS, PALETTE, strict=False))
    fig, axes = plt.subplots(1, len(sets), figsize=(WIDTH * 1.15, 3.4), sharey=True)
    for ax, name in zip(np.atleast_1d(axes), sets, strict=True):
        mine = rows[rows["dataset"] == name]
        named = {"x": "test", "y": "network", "hue": "network", "order": NETWORKS, "palette": colours, "legend": False}
        sns.stripplot(mine, **named, ax=ax, size=5, alpha=0.75, jitter=False)
        sns.pointplot(
            mine, x="test", y="network", order=NETWORKS, ax=ax, color="black", marker="|", markersize=13,
            linestyle="none", errorbar="sd", err_kws={"linewidth": 1},
        )  # fmt: skip
        ax.set_title(SETS[name], fontsize=10.5)
        ax.set(xlabel="", ylabel="")
        ax.tick_params(axis="both", labelsize=9)
    fig.supxlabel("test accuracy (%)", fontsize=11)
    mean = rows.groupby(["dataset", "network"])["test"].mean()
    figures.show(
        fig,
        "trained-for-real",
        alt="A panel a data set, a row a network, a dot a seed: test accuracies after training. Mean of the found cell "
        "and of the ResNet-like one: "
        + "; ".join(f"{SETS[name]} {mean[name, FOUND]:.1f} and {mean[name, HAND]:.1f}" for name in sets)
        + ".",
        caption="Found and hand-made networks trained by one recipe: a dot a seed, a bar the mean, with its standard "
        "deviation over seeds.",
    )
