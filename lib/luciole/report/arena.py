"""The field's own contest: what classifiers and small networks on statistics reach under its protocol.

Reads ``har/arena`` and ``har/arena_search`` (the experiments of these names) and published figures, which stand apart:
others measured them, on the same groups of people, and only their means are known, so that nothing is paired with them.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import stats

from luciole import published
from luciole.book.figures import label_points
from luciole.experiments.har import arena, arena_protocol, arena_search
from luciole.sensors import readout

TITLES = {"uci_har": "UCI HAR", "hapt": "HAPT"}
WITHIN = 1.5  # points: how near published figures must come out for the protocol to be the same, fixed before
PROOF = {"random forest, minimal": "forest", "k-NN, minimal": "knn", "SVM, minimal": "svm"}
OURS = {"LDA, statistics": "linear discriminant", "extra trees, statistics": "extremely randomised trees"}
PUBLISHED = {"cnn": "CNN-HAR", "tinyhar": "TinyHAR", "tinierhar": "TinierHAR", "deepconvlstm": "DeepConvLSTM"}
SIZED = ("cnn", "tinierhar")  # published networks whose multiply-accumulates are known, on UCI HAR's windows
TARGETS = {"uci_har": 97.5, "hapt": 89.0}  # %, fixed before, within 50 thousand multiplications

Arrays = Mapping[str, NDArray]


def each(counts: NDArray) -> NDArray[np.float64]:
    """Macro-F1 (%) of confusion counts (groups, classes, classes), group by group."""
    return 100 * np.array([arena_protocol.macro_f1(one) for one in counts])


def proof(arrays: Arrays) -> pd.DataFrame:
    """The contest's own three classifiers: macro-F1 (%) printed, ours, and the difference; is the protocol the same?"""
    rows = []
    for row in arena.table(arrays).to_dict("records"):
        if row["model"] in PROOF:
            printed = published.figure(f"whararena2026/{row['dataset']}_{PROOF[row['model']]}")
            told = {"data set": TITLES[row["dataset"]], "classifier": row["model"].split(",")[0], "printed": printed}
            rows.append(told | {"ours": row["macro_f1"], "difference": row["macro_f1"] - printed})
    return pd.DataFrame(rows)


def linear(dataset: str) -> int:
    """Multiplications a window of the linear discriminant on all the statistics, their own counted in."""
    classes, channels = arena_protocol.NAMED[dataset]
    space = readout.Space(len(channels), round(arena_protocol.SECONDS * arena_protocol.HZ), len(classes), 10**9)
    row = np.array([[1] * len(readout.FAMILIES) + [0, 1, 0, 0]], dtype=np.int8)
    return int(space.multiplications(row)[0])


def standing(arrays: Arrays, searched: Arrays, dataset: str) -> pd.DataFrame:
    """One row a contestant, best first: whose, macro-F1 (%), its standard error over groups, thousand MACs a window.

    The error and MACs of published rows are missing where they were not published. Of what was found in each group by
    itself MACs are the limit, which none passes.
    """
    rows: list[dict[str, object]] = []

    def add(name: str, by: str, score: float, error: float, macs: float) -> None:
        told = {"macro-F1, %": score, "± over groups": error, "thousand MACs": macs / 1e3}
        rows.append({"contestant": name, "by": by, **told})

    for row in arena.table(arrays).to_dict("records"):
        if row["dataset"] == dataset and row["model"] in OURS:
            macs = linear(dataset) if row["model"].startswith("LDA") else np.nan
            add(OURS[row["model"]], "ours", row["macro_f1"], row["error"], macs)
    for row in arena_search.table(searched).to_dict("records"):
        if row["dataset"] == dataset:
            add(row["model"], "ours", row["macro_f1"], row["error"], row.get("limit", np.nan))
    for key, name in PUBLISHED.items():
        macs = published.figure(f"whararena2026/{key}_macs") if key in SIZED and dataset == "uci_har" else np.nan
        add(name, "printed", published.figure(f"whararena2026/{dataset}_{key}"), np.nan, macs)
    return pd.DataFrame(rows).sort_values("macro-F1, %", ascending=False, ignore_index=True)


def difference(one: NDArray, other: NDArray) -> tuple[float, float, float]:
    """Mean difference (points) of two contestants over the same groups, its 95 % interval's half, Wilcoxon's p.

    >>> difference(np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 3.0]))[0]
    2.0
    """
    apart = one - other
    half = stats.t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
    return float(apart.mean()), float(half), float(stats.wilcoxon(one, other).pvalue)


def found(searched: Arrays, arrays: Arrays, limit: int = arena_search.LIMITS[0]) -> pd.DataFrame:
    """What was found under a limit less its rivals in the same groups, in points: a row a data set and rival."""
    rows = []
    for dataset in TITLES:
        at = arena_search.key(dataset, limit)
        if f"{at}/counts" not in searched:
            continue
        mine, drawn = each(searched[f"{at}/counts"][:, 0]), searched[f"{at}/random_counts"]
        chosen = searched[f"{at}/random_worth"].argmax(axis=1)
        rivals = {
            "best of as many random designs": each(drawn[np.arange(len(drawn)), chosen]),
            "mean of the random designs": np.array([each(group).mean() for group in drawn]),
            "linear discriminant": each(arrays[f"{dataset}/LDA, statistics/counts"]),
            "extremely randomised trees": each(arrays[f"{dataset}/extra trees, statistics/counts"]),
        }
        for rival, theirs in rivals.items():
            mean, half, p = difference(mine, theirs)
            rows.append(
                {
                    "data set": TITLES[dataset],
                    "found against": rival,
                    "points": mean,
                    "± (95 %)": half,
                    "Wilcoxon's p": p,
                }
            )
    return pd.DataFrame(rows)


def targets(searched: Arrays, limit: int = arena_search.LIMITS[0]) -> pd.DataFrame:
    """The targets fixed before: asked, found under the limit, met or not."""
    told = {(row["dataset"], row["model"]): row["macro_f1"] for row in arena_search.table(searched).to_dict("records")}
    rows = []
    for dataset, asked in TARGETS.items():
        if (dataset, f"found, {limit:,}") in told:
            mine = told[dataset, f"found, {limit:,}"]
            met = "met" if mine >= asked else "not met"
            rows.append({"data set": TITLES[dataset], "asked, %": asked, "found, %": mine, "verdict": met})
    return pd.DataFrame(rows)


def draw(ax: Axes, shown: pd.DataFrame, title: str) -> None:
    """Macro-F1 against multiply-accumulates of a :func:`standing`; published marks are hollow."""
    sized = shown.dropna(subset=["thousand MACs"])
    ours = (sized["by"] == "ours").to_numpy()
    x, y = sized["thousand MACs"].to_numpy(), sized["macro-F1, %"].to_numpy()
    ax.errorbar(x[ours], y[ours], yerr=sized["± over groups"].to_numpy()[ours], fmt="o", capsize=3)
    ax.plot(x[~ours], y[~ours], "o", mfc="none", color="0.3")
    ax.set(xscale="log", xlabel="multiply-accumulates a window (thousands)", ylabel="macro-F1 (%)", title=title)
    label_points(ax, x.tolist(), y.tolist(), sized["contestant"].tolist())
