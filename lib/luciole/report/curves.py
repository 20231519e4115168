"""Error against the energy of training, on all training images: what ``images/curves`` holds so far."""

from collections import Counter

import numpy as np
import pandas as pd

from luciole import results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.images import curves

with extra("book"):
    import matplotlib.pyplot as plt

TITLES = {"mnist": "MNIST", "fashion": "Fashion-MNIST"}
TARGETS = {"mnist": 99.6, "fashion": 93.5}  # test accuracy (%), asked where a graphics card is to be had


def points(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a data set, network and length: seeds, test error (%), the least and most of them, joules, MACs."""
    told = frame.assign(error=100 * (1 - frame["test"]))
    by = told.groupby(["dataset", "network", "length"], sort=False)
    return by.agg(
        seeds=("seed", "count"),
        error=("error", "mean"),
        least=("error", "min"),
        most=("error", "max"),
        joules=("joules", "mean"),
        macs=("macs", "first"),
    ).reset_index()


def drawn(told: pd.DataFrame) -> None:
    """Show test error against joules of training on both data sets; bars from the least to the most of the seeds."""
    fig, axes = plt.subplots(1, len(TITLES), figsize=(figures.WIDTH, 3.4))
    for ax, (dataset, title) in zip(axes, TITLES.items(), strict=True):
        for colour, name in zip(figures.PALETTE, curves.NETWORKS, strict=False):
            mine = told[(told["dataset"] == dataset) & (told["network"] == name)].sort_values("joules")
            spread = np.array([mine["error"] - mine["least"], mine["most"] - mine["error"]])
            ax.errorbar(mine["joules"], mine["error"], spread, marker="o", ms=4, capsize=3, color=colour, label=name)
        ax.axhline(100 - TARGETS[dataset], color="0.5", lw=1, ls="--")
        ax.set(title=title, xscale="log", yscale="log", xlabel="joules of training (estimate)")
    axes[0].set_ylabel("test error (%)")
    axes[0].legend(fontsize=8)
    figures.show(
        fig,
        "verdict-curves",
        alt="Test error against joules of training on MNIST and Fashion-MNIST, four networks, falling with energy.",
        caption="All training images at 28x28, each point trainings of one length with a whole schedule; bars reach "
        "from the least to the most of the seeds. Dashed: the error that was asked for, with a graphics card.",
    )


def table(told: pd.DataFrame) -> pd.DataFrame:
    """The points in words."""
    shown = {
        "data set": told["dataset"].map(TITLES),
        "network": told["network"],
        "passes over the images": told["length"].map("{:g}".format),
        "seeds": told["seeds"],
        "test error (%)": told["error"],
        "least to most": [f"{low:.2f} to {high:.2f}" for low, high in zip(told["least"], told["most"], strict=True)],
        "million MACs": told["macs"] / 1e6,
        "joules (estimate)": told["joules"].map("{:.0f}".format),
    }
    return pd.DataFrame(shown).set_index("data set")


def numbers(result: results.Result) -> dict[str, str]:
    """What the prose says: how many trainings there are, the least mean error on each data set, and the order.

    The order is of the longest trainings that all networks of equal size have with two seeds or more.
    """
    told = points(result.frame)
    done, planned = result.provenance.holds or (len(result.frame),) * 2
    said = {"curves_done": str(done), "curves_planned": str(planned)}
    said["curves_seconds"] = f"{result.provenance.seconds / 60:.0f}"
    for dataset, title in TITLES.items():
        rows = told[told["dataset"] == dataset].to_dict("records")
        best = min(rows, key=lambda row: row["error"])
        seeds = f"{best['seeds']} seed{'s' if best['seeds'] > 1 else ''}"
        said[f"curves_{dataset}"] = f"{best['network']} with {100 - best['error']:.2f} % ({title}, {seeds})"
        equal = [row for row in rows if row["network"] in curves.EQUAL and row["seeds"] > 1]
        whole = [length for length, n in Counter(row["length"] for row in equal).items() if n == len(curves.EQUAL)]
        shown = sorted((row for row in equal if row["length"] == max(whole)), key=lambda row: row["error"])
        said[f"curves_{dataset}_order"] = ", ".join(f"{row['network']} {row['error']:.2f} %" for row in shown)
        said[f"curves_{dataset}_length"] = f"{max(whole):g}"
        said[f"curves_{dataset}_asked"] = f"{TARGETS[dataset]:g}"
    return said
