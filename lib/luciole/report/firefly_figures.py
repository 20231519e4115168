"""The figures of chapter 3, each shown with its words: accuracies of the searches, recurrent cells, live scores, drift.

Scores keep their colours: ICD blue, ICD over ReLUs yellow, a random score green, the number of parameters black.
"""

import numpy as np
import pandas as pd

from luciole import published
from luciole.book import figures
from luciole.errors import extra
from luciole.report import icd
from luciole.search import History
from luciole.spaces import nb201

with extra("book"):
    import matplotlib.pyplot as plt

SEARCHES = {
    "FA, one-sided\nnoise": "FA, one-sided, strength",
    "FA, centred\nnoise": "FA, centred, strength",
    "IFA, one-sided\nnoise": "IFA, one-sided, strength",
    "IFA, centred\nnoise": "IFA, centred, strength",
    "random\nsearch": "random search",
}
SCORES = {"icd": "ICD, all modules", "icd_relu": "ICD, ReLUs", "random": "random score"}


def accuracies(final: pd.DataFrame) -> None:
    """Show what each search reaches with each score, from the table of :func:`luciole.report.firefly.final`."""
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.4))
    for shift, (colour, (score, label)) in enumerate(zip(figures.PALETTE, SCORES.items(), strict=False)):
        rows = final.loc[[f"{search}, {score}" for search in SEARCHES.values()]]
        places = np.arange(len(rows)) + 0.2 * (shift - 1)
        ax.errorbar(places, rows["accuracy"], rows["half"], fmt="o", color=colour, label=label)
    largest = final.loc["random search, params"]
    ax.errorbar([len(SEARCHES)], [largest["accuracy"]], [largest["half"]], fmt="s", color="black")
    printed = {name: published.figure(f"mokhtari2022ifa/{name.lower()}_nb201_c10") for name in ("FA", "IFA")}
    for name, style in (("FA", ":"), ("IFA", "--")):
        ax.axhline(printed[name], color="black", lw=1, ls=style, label=f"{name} as printed")
    ax.set_xticks(range(len(SEARCHES) + 1), [*SEARCHES, "most\nparameters"], fontsize=9)
    ax.set(ylabel="CIFAR-10 test accuracy (%)", ylim=(81, 95))
    ax.legend(fontsize=9, ncols=2, loc="lower right")
    blind = {name: float(final["accuracy"][f"{SEARCHES[name]}, random"]) for name in list(SEARCHES)[:4]}
    ends = "; ".join(f"{' '.join(name.split())} {value:.1f}" for name, value in blind.items())
    figures.show(
        fig,
        "firefly-nb201",
        alt="Accuracies of FA, IFA and random search with three scores each, beside lines for the printed FA and IFA. "
        f"With a random score, in per cent: {ends}; the largest of as many random cells {largest['accuracy']:.1f}.",
        caption="FA and IFA on NAS-Bench-201: means over 200 seeds with 95 % intervals, on the original table. The "
        "square takes the cell with the most parameters of 2,000 random ones.",
    )


def recurrent(arrays: dict) -> None:
    """Show ICD before training against the validation loss after it, on random recurrent cells."""
    score, loss, linears = icd.linears(arrays)
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.4))
    points = ax.scatter(score, loss, c=linears, cmap="viridis", s=42)
    fig.colorbar(points, label="linear maps in the cell", ticks=range(linears.min(), linears.max() + 1))
    ax.set(
        xlabel="ICD before training (1)",
        ylabel="validation loss (nats a character)",
        ylim=(loss.min() - 0.05, np.quantile(loss, 0.95) + 0.2),
    )
    figures.show(
        fig,
        "icd-recurrent",
        alt="Scatter of validation loss after brief training against ICD before it, one dot a random recurrent cell; "
        "the colour says how many linear maps the cell has.",
        caption="ICD of random recurrent cells against their validation loss as language models (highest losses cut "
        "off).",
    )


def live(frame: pd.DataFrame, source: str) -> None:
    """Show what :func:`luciole.report.firefly_live.scores` computed against accuracy in the table at hand."""
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.6))
    points = ax.scatter(frame["icd"], frame["accuracy"], c=frame["parameters"], cmap="viridis", s=42)
    fig.colorbar(points, label="parameters (millions)")
    lowest = max(0, np.quantile(frame["accuracy"], 0.1) - 4)
    ax.set(xlabel="ICD, all modules (1)", ylabel="test accuracy (%)", ylim=(lowest, 95.5))
    figures.show(
        fig,
        "icd-live",
        alt=f"Scatter of test accuracy against ICD for {len(frame)} cells scored in this run; the colour is the number "
        "of parameters, which rises with both.",
        caption=f"ICD computed in this run against test accuracy (the lowest are cut off); table: {source}.",
    )


def drift(history: History) -> None:
    """Show which operations the evaluated cells hold, over time."""
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.6))
    share = np.stack([(history.genotypes == op).mean(axis=1) for op in range(len(nb201.OPS))])
    window = np.ones(20) / 20
    for op, name in enumerate(nb201.OPS):
        label = name.replace("nor_", "").replace("_", " ")
        ax.plot(np.convolve(share[op], window, mode="valid"), label=label, color=figures.PALETTE[op])
    ax.set(xlabel="evaluation", ylabel="share of edges, mean of 20", ylim=(0, 1))
    ax.legend(fontsize=9, ncols=5, loc="lower left", bbox_to_anchor=(0, 1), handlelength=1.2, columnspacing=1)
    last = share[:, -100:].mean(axis=1)
    figures.show(
        fig,
        "drift",
        alt="Lines of the share of each operation among evaluated cells. In the last hundred evaluations: "
        + ", ".join(f"{name} {100 * part:.0f} per cent" for name, part in zip(nb201.OPS, last, strict=True)),
        caption="What the search that is shown above looks at: operations of the cells it evaluates, over time.",
    )
