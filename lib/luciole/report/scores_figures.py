"""The figures of chapter 4: quality against cost, three data sets, cheaper settings, combinations and the aim."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.errors import extra
from luciole.experiments.nb201 import quality as judging
from luciole.experiments.nb201 import stages as scoring
from luciole.report.scores import DEPTHS, Kept, word
from luciole.report.scores_sets import AIM, AIM_MS
from luciole.scores.cells import MEASURES

with extra("book"):
    import matplotlib.pyplot as plt

COUNT_MS = 0.01  # where counts are drawn, which are closed forms
KINDS = {  # of point: marker, colour
    "counts (closed form)": ("s", PALETTE[6]),
    "single scores": ("o", PALETTE[0]),
    "sets, one cell a stage": ("D", PALETTE[3]),
    "sets, five cells a stage": ("D", PALETTE[1]),
}
NAMED = ("layers", "l2_norm", "synflow", "meco", "jacov", "grad_norm", "icd")
NAMED_SETS = ("one_pass_meco",)  # at depth; all are in the table


def cloud(kept: Kept) -> pd.DataFrame:
    """Every score and combination of positive tau: name, milliseconds, tau on CIFAR-10, kind of point."""
    rows = []
    for inputs, kind in (("images", ""), ("deep", "sets, five cells a stage")):
        for name, tau in kept.tau[inputs].xs("c10", level="dataset").items():
            if name in scoring.COMBINATIONS:
                rows.append((word(name), kept.ms[inputs, name], tau, kind or "sets, one cell a stage", name))
            elif inputs == "images" and name in kept.single:
                counted = name in MEASURES
                price = COUNT_MS if counted else kept.ms[inputs, name]
                rows.append((word(name), price, tau, "counts (closed form)" if counted else "single scores", name))
    return pd.DataFrame(rows, columns=["word", "ms", "tau", "kind", "name"]).query("tau > 0")


def quality_cost(kept: Kept, training_ms: float) -> None:
    """Show ranking quality against cost, with twelve epochs of training of ``training_ms`` and the ceiling."""
    points = cloud(kept)
    fig, ax = plt.subplots(figsize=(WIDTH, 5.2))
    for kind, (marker, colour) in KINDS.items():
        part = points[points["kind"] == kind]
        ax.scatter(part["ms"], part["tau"], marker=marker, color=colour, s=34, label=kind, zorder=3)
    trained, limit = (float(kept.tau["training", f"{epochs} epochs", "c10"]) for epochs in (12, 200))
    ax.scatter([training_ms], [trained], marker="*", s=160, color=PALETTE[2], label="12 epochs of training", zorder=3)
    ax.axhline(limit, color=PALETTE[2], linestyle="--", linewidth=1)
    ax.text(COUNT_MS, limit + 0.012, "validation accuracy after 200 epochs", fontsize=8.5)
    ax.set(xscale="log", xlabel="cost of one network (ms)", ylabel="Kendall's τ with CIFAR-10 accuracy", ylim=(0.1, 1))
    deep = points["kind"] == "sets, five cells a stage"
    highest = points.groupby("kind")["tau"].max()
    told = points[(points["name"].isin(NAMED) & ~deep) | (points["name"].isin(NAMED_SETS) & deep)]
    figures.label_points(ax, told["ms"].tolist(), told["tau"].tolist(), told["word"].tolist())
    ax.legend(loc="lower right", fontsize=8.5)
    figures.show(
        fig,
        "quality-cost",
        alt=f"Ranking quality against cost on a logarithmic axis: sets of scores at the benchmark's own depth lie "
        f"highest, up to {highest['sets, five cells a stage']:.2f}; twelve epochs of training, far to the right, at "
        f"{trained:.2f}; counts that cost nothing at {highest['counts (closed form)']:.2f} at most; the validation "
        f"accuracy after 200 epochs at {limit:.2f}.",
        caption="Quality of ranking against cost, all cells, CIFAR-10. Scores: one core of the machine that the result "
        "names; counts are drawn at 0.01 ms. Training: on a GPU, as the benchmark records it, so that distances along "
        "the axis mix two devices.",
    )


def three_data_sets(kept: Kept, shown: int) -> None:
    """Show tau on three data sets with 95 % intervals over cells, of the ``shown`` scores of highest mean."""
    every = kept.everywhere.loc[[*DEPTHS]]
    order = every["tau"].groupby(level=["inputs", "score"]).mean().nlargest(shown).index[::-1]
    fig, ax = plt.subplots(figsize=(WIDTH, 0.34 * len(order) + 1.2))
    for shift, ((dataset, title), colour) in enumerate(zip(judging.DATASETS.items(), PALETTE, strict=False)):
        rows = every.xs(dataset, level="dataset").loc[order]
        bars = [rows["tau"] - rows["low"], rows["high"] - rows["tau"]]
        places = np.arange(len(order)) + 0.22 * (shift - 1)
        ax.errorbar(rows["tau"], places, xerr=bars, fmt="o", color=colour, markersize=4, linewidth=1.2, label=title)
    ax.set_yticks(np.arange(len(order)), [word(name, inputs) for inputs, name in order])
    ax.set(xlabel="Kendall's τ with test accuracy")
    ax.legend(fontsize=9, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    best = every["tau"].unstack("dataset").loc[order[-1]]
    said = ", ".join(f"{title} {best[name]:.2f}" for name, title in judging.DATASETS.items())
    figures.show(
        fig,
        "three-data-sets",
        alt=f"Dots with intervals of the best scores and sets by tau on three data sets. The best of all: {said}.",
        caption="The best scores and sets on three data sets, with 95 % intervals over cells; the scores saw CIFAR-10 "
        "images alone.",
    )


def cheaper(told: pd.DataFrame, joules: float, source: str) -> None:
    """Show tau against cost under the settings of :func:`luciole.report.scores_settings.traded`."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4.4))
    for score, colour in zip(told["score"].unique(), PALETTE, strict=False):
        part = told[told["score"] == score].sort_values("ms")
        bars = [part["tau"] - part["low"], part["high"] - part["tau"]] if score == "naswot" else None
        ax.errorbar(part["ms"], part["tau"], yerr=bars, fmt="o-", color=colour, markersize=4, label=word(score))
    ax.set(xscale="log", xlabel="cost of one network (ms of one core)", ylabel="Kendall's τ, CIFAR-10")
    to = (lambda x: x * joules, lambda x: x / joules)
    ax.secondary_xaxis("top", functions=to).set_xlabel("joules (estimate)")
    ax.legend(fontsize=8, ncols=3, loc="upper left", bbox_to_anchor=(0, -0.2))
    ends = told[told["score"] == "naswot"].sort_values("ms")
    figures.show(
        fig,
        "cheaper",
        alt=f"Tau against cost for several scores. NASWOT goes from {ends['tau'].iloc[0]:.2f} at "
        f"{ends['ms'].iloc[0]:.0f} ms to {ends['tau'].iloc[-1]:.2f} at {ends['ms'].iloc[-1]:,.0f} ms.",
        caption="The same scores on the same 100 cells, from cheap settings to the authors' (rightmost point of "
        f"NASWOT, with intervals over cells). Accuracies: {source}.",
    )


def frontier(rows: pd.DataFrame) -> None:
    """Show every combination of :func:`luciole.report.scores_sets.picked` against the aim, a panel a data set."""
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH * 1.15, 3.9), sharey=True)
    for ax, (dataset, title) in zip(axes, judging.DATASETS.items(), strict=True):
        for (inputs, depth), marker, colour in zip(DEPTHS.items(), "oD", (PALETTE[3], PALETTE[1]), strict=True):
            part = rows[(rows["dataset"] == dataset) & (rows["inputs"] == inputs)].sort_values("ms")
            bars = [part["tau"] - part["low"], part["high"] - part["tau"]]
            ax.errorbar(part["ms"], part["tau"], yerr=bars, fmt=marker, color=colour, markersize=4, label=depth)
            front = part[part["tau"].cummax() == part["tau"]]
            ax.plot(front["ms"], front["tau"], color=colour, linewidth=0.8)
        ax.axhline(AIM[dataset], color=PALETTE[2], linestyle="--", linewidth=1)
        ax.axvline(AIM_MS, color=PALETTE[2], linestyle="--", linewidth=1)
        ax.set(title=title, xlabel="cost (ms)")
    axes[0].set_ylabel("Kendall's τ with test accuracy")
    axes[0].legend(fontsize=9, loc="lower right")
    within = int((rows["ms"] <= AIM_MS).sum())
    figures.show(
        fig,
        "frontier",
        alt=f"Three panels, one a data set: tau against milliseconds of the sets of scores at two depths; {within} of "
        f"{len(rows)} points lie left of the aim's {AIM_MS} ms.",
        caption="Sets of scores: ranking against cost, 95 % intervals over cells. The aim is the upper left corner "
        "that the dashed lines cut off; a line joins the sets that no cheaper one beats.",
    )


def what_helps(changes: Mapping[str, float], source: str) -> None:
    """Show what each score does to the union at depth: :func:`luciole.report.scores_sets.changes`."""
    values = np.array(list(changes.values()))
    fig, ax = plt.subplots(figsize=(WIDTH, 0.2 * len(values) + 1))
    ax.barh(np.arange(len(values)), values, color=np.where(values > 0, PALETTE[2], PALETTE[3]))
    ax.set_yticks(np.arange(len(values)), list(changes), fontsize=8)
    ax.set(xlabel="change of τ from the union, CIFAR-10")
    figures.show(
        fig,
        "what-helps",
        alt="Bars, one for each score taken out of or added to the union: the change of tau, from "
        f"{values.min():+.3f} to {values.max():+.3f}.",
        caption=f"What taking out or adding a score does to the union at depth. Accuracies: {source}.",
    )
