"""Diagrams of mean ranks (Demsar 2006): who cannot be told apart is joined by a bar. Drawn by scikit-posthocs."""

import numpy as np
import pandas as pd

from luciole.book.figures import PALETTE
from luciole.errors import extra

with extra("book"):
    import scikit_posthocs
    from matplotlib.axes import Axes


def alike(mean: pd.Series, critical: float) -> pd.DataFrame:
    """Which two mean ranks are nearer than Nemenyi's critical difference: a square table of truths.

    >>> alike(pd.Series({"a": 1.0, "b": 1.5, "c": 3.0}), 1.0)["a"].tolist()
    [True, True, False]
    """
    ranks = mean.to_numpy()
    return pd.DataFrame(np.abs(ranks[:, None] - ranks) < critical, index=mean.index, columns=mean.index)


def draw(ax: Axes, mean: pd.Series, critical: float) -> None:
    """Draw mean ranks (1 is best) by name, a bar over all that differ by less than ``critical`` from each other."""
    scikit_posthocs.critical_difference_diagram(
        mean,
        alike(mean, critical).astype(float),  # it asks for p-values, and compares them with 5 %
        ax=ax,
        label_fmt_left="{label} ({rank:.1f})",
        label_fmt_right="({rank:.1f}) {label}",
        label_props={"fontsize": 9},
        color_palette=["0.3"] * len(mean),
        elbow_props={"linewidth": 1},
        marker_props={"color": PALETTE[0], "s": 20},
    )
    ax.grid(visible=False)
    ax.tick_params(labelsize=9)
    ax.set_xlabel("mean rank (1 is best)", fontsize=9)
    ax.xaxis.set_label_position("top")
