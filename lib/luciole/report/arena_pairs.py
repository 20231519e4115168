"""What pairs of the same groups of people tell in WHAR Arena: ranks of all, rows written from papers, another device.

Each part is left out where its experiment has written no result.
"""

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.choice.ranks import ranked
from luciole.experiments.har import arena_published, arena_transfer
from luciole.report import rank_diagram, titles
from luciole.report.arena_groups import committed, difference

with extra("book"):
    import matplotlib.pyplot as plt

SETS = titles.of("uci_har", "hapt")
PRINTED = {"TinierHAR": "tinierhar", "CNN-HAR": "cnn"}
BESIDE = "LDA, statistics"  # what has all groups, and stands beside every row that lacks some


def ranks(dataset: str) -> pd.DataFrame:
    """Mean ranks of the contestants that have all ten groups, the best first, a group a block.

    Two whose ranks differ by less than Nemenyi's critical difference cannot be told apart by ten groups.
    """
    return ranked(committed(dataset).dropna(axis=1)).set_index("searcher").rename_axis("contestant")


def diagram() -> None:
    """Show the mean ranks on both data sets, those that ten groups cannot tell apart joined."""
    fig, axes = plt.subplots(len(SETS), 1, figsize=(1.2 * figures.WIDTH, 2.4 * len(SETS)))
    firsts = []
    for ax, (name, title) in zip(axes, SETS.items(), strict=True):
        told = ranks(name)
        rank_diagram.draw(ax, told["rank"], float(told["critical"].iloc[0]))
        ax.set_title(title, fontsize=10)
        firsts.append(f"{told.index[0]} on {title}, of {len(told)}")
    figures.show(
        fig,
        "app-arena-ranks",
        alt=f"Mean ranks of contestants over ten groups of people. First: {'; '.join(firsts)}.",
        caption="Mean ranks (1 is best) of the contestants that have all ten groups of people; those under one bar "
        "cannot be told apart by Nemenyi's test (5 %).",
    )


def written() -> pd.DataFrame:
    """Contestants written from their papers, in the groups trained: theirs, the discriminant's there, and the print."""
    rows = []
    for dataset, title in SETS.items():
        shown = committed(dataset)
        for model in arena_published.CONTESTANTS:
            if model not in shown:
                continue
            mine = shown[[model, BESIDE]].dropna()
            less = difference(mine[model].to_numpy(), mine[BESIDE].to_numpy())
            known = model in PRINTED
            printed = published.figure(f"whararena2026/{dataset}_{PRINTED[model]}") if known else np.nan
            told = {"groups": len(mine), "macro-F1, %": mine[model].mean(), "less the discriminant": less.mean}
            told |= {"± (95 %)": less.half, "groups won": less.wins, "printed, ten groups": printed}
            rows.append({"data set": title, "contestant": model, **told})
    return pd.DataFrame(rows)


def transfer() -> pd.DataFrame:
    """From watch to phone: a row a contestant, a column a way, macro-F1 (%) ± standard error over groups."""
    told = arena_transfer.table(results.read(arena_transfer.NAME, part=True).arrays)
    told["shown"] = [f"{row.macro_f1:.1f} ± {row.error:.1f}" for row in told.itertuples()]
    return told.pivot(index="model", columns="way", values="shown")[list(arena_transfer.WAYS)]


def said() -> str:
    """What the tables of :func:`folds` say, in sentences that hold however much of them is there."""
    there, told = results.names(), []
    if arena_published.NAME in there:
        rows = [
            f"{row['contestant']} on {row['data set']} {row['macro-F1, %']:.1f} % in {row['groups']} of ten groups"
            for row in written().to_dict("records")
        ]
        told.append(f"Written from their papers and trained here: {'; '.join(rows)}.")
    else:
        told.append("CNN-HAR, TinierHAR and MiniRocket are written from their papers; none is trained here so far.")
    if arena_transfer.NAME in there:
        table = arena_transfer.table(results.read(arena_transfer.NAME, part=True).arrays)
        row = table[table["model"] == BESIDE].set_index("way")["macro_f1"]
        same, other, scaled, own = (row[way] for way in arena_transfer.WAYS)
        told.append(
            f"What learnt WISDM's activities from a watch and has a macro-F1 of {same:.0f} % on other people's watches "
            f"has {other:.0f} % on their phones, {scaled:.0f} % at the phone's scale; learnt from phones, {own:.0f} %: "
            "a sensor that is worn elsewhere is another task."
        )
    return " ".join(told)


def folds() -> list[tuple[pd.DataFrame, str]]:
    """The tables that a reader may open, each with the words that say what is in it."""
    there, shown = results.names(), list[tuple[pd.DataFrame, str]]()
    if arena_published.NAME in there:
        words = "Written from their papers: in the groups trained so far, beside the discriminant in the same groups"
        shown.append((written().set_index(["data set", "contestant"]), words))
    if arena_transfer.NAME in there:
        shown.append((transfer(), "Learnt on WISDM's watch, asked about its phone: macro-F1, %, people never met"))
    return shown
