"""What chapter 1 says of LEMONADE on small digits: fronts of four searches, what inherited weights are worth."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.images import lemonade as study

with extra("book"):
    import matplotlib.pyplot as plt

METHODS = {"lemonade": "LEMONADE", "scratch": "without inheritance", "brief": "random", "long": "random, longer"}


def fronts(result: results.Result) -> None:
    """Show accuracy against the number of parameters allowed, a line a search."""
    frame, brief = result.frame, result.provenance.parameters
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.8))
    for colour, (method, one) in zip(figures.PALETTE, frame.groupby("method", sort=False), strict=False):
        ax.plot(one["parameters"], one["test"], color=colour, label=method)
        ax.fill_between(one["parameters"], one["low"], one["high"], color=colour, alpha=0.15, lw=0)
    ax.set(xscale="log", xlabel="parameters at most", ylabel="test accuracy on digits (%)", ylim=(50, 100))
    ax.set_xticks([1000, 2000, 5000, 10000, 20000], ["1,000", "2,000", "5,000", "10,000", "20,000"])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    figures.show(
        fig,
        "lemonade",
        alt="Test accuracy against the number of parameters allowed, four searches; where 5,000 are allowed: "
        + "; ".join(f"{method} {at(frame, method, 5_000)} per cent" for method in METHODS.values()),
        caption=f"The front that {brief['evaluations'] * brief['epochs']} epochs in all find, as trained by the "
        f"search: mean test accuracy of what validation chooses under each number of parameters, {brief['seeds']} "
        "searches each, 95 % bootstrap intervals. A search that holds no network so small counts as a guess.",
    )


def at(frame: pd.DataFrame, method: str, parameters: int) -> str:
    """Mean test accuracy of a method where so many parameters are allowed, as text."""
    one = frame[frame["method"] == method]
    nearest = (one["parameters"] - parameters).abs().to_numpy().argmin()
    return f"{float(one['test'].iloc[nearest]):.1f}"


def table(runs: dict[str, NDArray]) -> pd.DataFrame:
    """A row a search, mean ± deviation: the box's share that its front covers, its choices trained anew, seconds."""
    quality = study.quality(runs).drop(columns="seed").groupby("method", sort=False).agg(["mean", "std"])
    limits = {f"anew_{limit}": f"anew, at most {limit:,} parameters (%)" for limit in study.LIMITS}
    heads = {"hypervolume": "share of the box", **limits}
    told = {
        title: quality[name]["mean"].map("{:.2f}".format) + " ± " + quality[name]["std"].map("{:.2f}".format)
        for name, title in heads.items()
    }
    seconds = pd.Series(runs["searched"]).groupby(runs["method"], sort=False).mean().map("{:.0f}".format)
    return pd.DataFrame({**told, "seconds of a search": seconds})


def numbers(result: results.Result, runs: dict[str, NDArray]) -> dict[str, str]:
    """Numbers of the sentences about LEMONADE, as text by name."""
    frame = result.frame
    by_seed = study.quality(runs).pivot(index="seed", columns="method")
    volume, anew = by_seed["hypervolume"], by_seed[f"anew_{study.LIMITS[-1]}"]
    told: dict[str, str] = {}
    for key, method in METHODS.items():
        told |= {f"digits_{key}_5": at(frame, method, 5_000), f"digits_{key}_20": at(frame, method, 20_000)}
        told |= {f"digits_{key}_volume": f"{volume[method].mean():.2f}"}
        told |= {f"digits_{key}_anew": f"{anew[method].median():.1f}"}
    mine = np.isin(runs["run"], np.flatnonzero(runs["method"] == "LEMONADE"))
    return told | {
        "digits_wins": f"{(volume['LEMONADE'] > volume['without inheritance']).sum()} of {len(volume)}",
        "digits_worst": f"{volume['LEMONADE'].min():.2f}",
        "digits_limit": f"{study.LIMITS[-1]:,}",
        "digits_lineage": f"{int(runs['epochs'][mine].max())}",
    }
