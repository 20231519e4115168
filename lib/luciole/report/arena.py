"""The field's own contest: what classifiers and small networks on statistics reach under its protocol.

Reads ``har/arena`` and ``har/arena_search`` (the experiments of these names) and published figures, which stand apart:
others measured them, on the same groups of people, and only their means are known, so that nothing is paired with them.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import published
from luciole.book import figures
from luciole.errors import LucioleError, extra
from luciole.experiments.har import arena, arena_protocol, arena_search
from luciole.report import titles
from luciole.report.arena_groups import Arrays, difference, each
from luciole.sensors import readout

with extra("book"):
    import baycomp
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

TITLES = titles.of("uci_har", "hapt")
WITHIN = 1.5  # points: how near published figures must come out for the protocol to be the same, fixed before
PROOF = {"random forest, minimal": "forest", "k-NN, minimal": "knn", "SVM, minimal": "svm"}
LINEAR = "LDA, statistics"
OURS = {LINEAR: "linear discriminant", "extra trees, statistics": "extremely randomised trees"}
PUBLISHED = {"cnn": "CNN-HAR", "tinyhar": "TinyHAR", "tinierhar": "TinierHAR", "deepconvlstm": "DeepConvLSTM"}
SIZED = ("cnn", "tinierhar")  # published networks whose multiply-accumulates are known, on UCI HAR's windows
UNSEARCHED = "No network has been searched under this protocol yet."
LEVEL = 0.5  # points of macro-F1 by which nobody would choose
TARGETS = {"uci_har": 97.5, "hapt": 89.0}  # %, fixed before, within 50 thousand multiplications


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


def best_printed(dataset: str) -> float:
    """The highest macro-F1 (%) that a published network has under the protocol."""
    return max(published.figure(f"whararena2026/{dataset}_{key}") for key in PUBLISHED)


def networks() -> str:
    """How many networks the contest trains, as its rows among the published figures say.

    >>> networks()
    '17'
    """
    said = published.read().set_index("key").to_dict("index")["whararena2026/hapt_cnn"]["protocol"]
    found = re.search(r"the best of (\d+)", said)
    if found is None:
        raise LucioleError(f"expected 'the best of' so many networks in whararena2026/hapt_cnn, got {said!r}")
    return found[1]


def level(arrays: Arrays) -> str:
    """How the linear discriminant stands to the best published networks: by two standard errors, on every data set."""
    apart = {
        row["dataset"]: (row["macro_f1"] - best_printed(row["dataset"])) / row["error"]
        for row in arena.table(arrays).to_dict("records")
        if row["model"] == LINEAR
    }
    if all(abs(errors) <= 2 for errors in apart.values()):
        return "level with"
    below = [TITLES[name] for name, errors in apart.items() if errors < -2]
    return f"below (on {' and '.join(below)})" if below else "above"


def cheaper() -> float:
    """How many times fewer multiplications a window of UCI HAR takes than a published TinierHAR's."""
    return published.figure("whararena2026/tinierhar_macs") / linear("uci_har")


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


def chances(one: NDArray, other: NDArray) -> str:
    """Chances (%) that the first is better, that both are level (:data:`LEVEL`), that it is worse, in the same groups.

    By the Bayesian correlated t-test (Corani and Benavoli 2015), since the groups share most of the people trained on.

    >>> chances(np.array([90.0, 91.0, 92.0]), np.array([80.0, 82.0, 81.0]))
    '100 / 0 / 0'
    """
    return " / ".join(f"{100 * chance:.0f}" for chance in baycomp.two_on_single(one, other, rope=LEVEL))


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
            less = difference(mine, theirs)
            told: dict[str, object] = {"points": less.mean, "± (95 %)": less.half, "effect": less.effect}
            told |= {"Wilcoxon's p": less.p, f"better / within {LEVEL:g} / worse (%)": chances(mine, theirs)}
            rows.append({"data set": TITLES[dataset], "found against": rival, **told})
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


def folds(arrays: Arrays, searched: Arrays) -> list[tuple[pd.DataFrame, str]]:
    """The tables that a reader may open, each with the words that say what is in it."""
    told = [(standing(arrays, searched, name).set_index("contestant"), name) for name in TITLES]
    shown = [(table, f"{TITLES[name]}: everyone, best first") for table, name in told]
    less = found(searched, arrays)
    if not less.empty:
        words = "What was found, less its rivals, paired group by group"
        shown.append((less.set_index(["data set", "found against"]), words))
    return shown


def targets_said(searched: Arrays) -> str:
    """The targets and what was found, in a sentence; nothing where nothing was searched."""
    rows = targets(searched).to_dict("records")
    told = [
        f"{row['found, %']:.1f} % on {row['data set']} ({row['asked, %']:g} asked: {row['verdict']})" for row in rows
    ]
    return f"Within {arena_search.LIMITS[0] // 1000} thousand MACs they reach {' and '.join(told)}." if rows else ""


def found_said(searched: Arrays, arrays: Arrays) -> str:
    """What the search was worth, in a sentence a data set; nothing where nothing was searched."""
    table = found(searched, arrays)
    if table.empty:
        return ""
    said = []
    for name, rows in table.groupby("data set", sort=False):
        less = {
            row["found against"]: f"{row['points']:+.1f} ± {row['± (95 %)']:.1f}" for row in rows.to_dict("records")
        }
        said.append(
            f"On {name} the networks found differ by {less['linear discriminant']} points from the discriminant and by "
            f"{less['best of as many random designs']} from the best of as many random designs (95 %, paired)."
        )
    return " ".join(said)


def numbers(arrays: Arrays, searched: Arrays) -> Mapping[str, str]:
    """What the prose says of the contest."""
    told = {(row["dataset"], row["model"]): row for row in arena.table(arrays).to_dict("records")}
    numbers = {
        "arena_networks": networks(),
        "arena_proof": f"{proof(arrays)['difference'].abs().max():.1f}",
        "arena_within": f"{WITHIN:g}",
        "arena_times": f"{cheaper():.0f}",
        "arena_level": level(arrays),
        "arena_found": f"{found_said(searched, arrays)} {targets_said(searched)}".strip() or UNSEARCHED,
    }
    for name in TITLES:
        row = told[name, LINEAR]
        numbers[f"arena_lda_{name}"] = f"{row['macro_f1']:.1f}"
        numbers[f"arena_error_{name}"] = f"{row['error']:.1f}"
        numbers[f"arena_best_{name}"] = f"{best_printed(name):.1f}"
        numbers[f"arena_macs_{name}"] = f"{linear(name) / 1e3:.0f}"
    return numbers


def front(arrays: Arrays, searched: Arrays) -> None:
    """Show macro-F1 against MACs on both data sets, what was published as hollow marks and a line."""
    fig, axes = plt.subplots(1, len(TITLES), figsize=(1.35 * figures.WIDTH, 4.2))
    for ax, (name, title) in zip(axes, TITLES.items(), strict=True):
        shown = standing(arrays, searched, name)
        ax.axhline(best_printed(name), color="0.3", lw=1, ls="--", label=f"best of {networks()} published networks")
        ax.margins(0.45, 0.2)
        draw(ax, shown, title)
    axes[-1].legend(fontsize=8.5, loc="lower right")
    figures.show(
        fig,
        "app-arena",
        alt="Macro-F1 against multiply-accumulates a window under the protocol of WHAR Arena, a panel a data set: the "
        "linear discriminant and small networks on statistics, published networks as hollow marks and a dashed line.",
        caption="Under the protocol of WHAR Arena: macro-F1, bars one standard error over ten groups of people. Hollow "
        "marks and the dashed line are published means.",
    )


def draw(ax: Axes, shown: pd.DataFrame, title: str) -> None:
    """Macro-F1 against multiply-accumulates of a :func:`standing`; published marks are hollow."""
    sized = shown.dropna(subset=["thousand MACs"])
    ours = (sized["by"] == "ours").to_numpy()
    x, y = sized["thousand MACs"].to_numpy(), sized["macro-F1, %"].to_numpy()
    ax.errorbar(x[ours], y[ours], yerr=sized["± over groups"].to_numpy()[ours], fmt="o", capsize=3)
    ax.plot(x[~ours], y[~ours], "o", mfc="none", color="0.3")
    ax.set(xscale="log", xlabel="multiply-accumulates a window (thousands)", ylabel="macro-F1 (%)", title=title)
    figures.label_points(ax, x.tolist(), y.tolist(), sized["contestant"].tolist())
