"""What chapter 3 says of FA and IFA on NAS-Bench-201 and NAS-Bench-101: tables, and the numbers of its sentences.

Everything here reads committed results and ``data/published.csv``; accuracies are those of the original tables.
"""

from typing import Any

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.experiments.firefly import ifa_nb201 as study

SCORES = {"icd": "ICD", "icd_relu": "ICD, ReLUs", "random": "random score"}
NEAR = 0.1  # points: readings that close to a printed figure are named
CONTROLS = {
    "FA, one-sided, random score": "FA, one-sided noise, random score",
    "IFA, one-sided, random score": "IFA, one-sided noise, random score",
    "FA, centred, random score": "FA, centred noise, random score",
    "IFA, centred, random score": "IFA, centred noise, random score",
    "FA, one-sided, parameters": "FA, one-sided noise, parameters",
    "IFA, one-sided, parameters": "IFA, one-sided noise, parameters",
    "most parameters of 60 draws": "most parameters of 60 random graphs",
    "most parameters of 2000 draws": "most parameters of 2,000 random graphs",
}


def final(arrays: dict) -> pd.DataFrame:
    """One row a variant of ``firefly/ifa_nb201``: mean accuracy (%), deviation over seeds, half a 95 % interval, cells.

    ``cells`` is how many different ones a run scored, on average.
    """
    runs = arrays["best"].shape[1]
    frame = pd.DataFrame(
        {
            "accuracy": arrays["c10_mean"][:, -1],
            "sd": arrays["c10_sd"][:, -1],
            "cells": arrays["scored"].mean(axis=1),
        },
        index=[str(name) for name in arrays["variants"]],
    )
    return frame.assign(half=1.96 * frame["sd"] / np.sqrt(runs))


def said(row: pd.Series) -> str:
    """A mean with half its 95 % interval, as text.

    >>> said(pd.Series({"accuracy": 93.304, "half": 0.033}))
    '93.30 ± 0.03'
    """
    return f"{row['accuracy']:.2f} ± {row['half']:.2f}"


def by_score(frame: pd.DataFrame) -> pd.DataFrame:
    """The variants with genes ordered by strength: a row a search, a column a score, and cells met with ICD."""
    rows: dict[str, dict[str, str]] = {}
    at: Any = frame.loc
    for search, noise in (("FA", "one-sided"), ("IFA", "one-sided"), ("FA", "centred"), ("IFA", "centred")):
        key = f"{search}, {noise}, strength"
        rows[f"{search}, {noise} noise"] = {
            f"{title} (%)": said(at[f"{key}, {score}"]) for score, title in reversed(SCORES.items())
        } | {"cells met, ICD": f"{at[f'{key}, icd', 'cells']:,.0f}"}
    rows["random search"] = {
        f"{title} (%)": said(at[f"random search, {score}"]) for score, title in reversed(SCORES.items())
    } | {"cells met, ICD": f"{at['random search, icd', 'cells']:,.0f}"}
    return pd.DataFrame(rows).T


def everything(frame: pd.DataFrame) -> pd.DataFrame:
    """Every variant in words: search, noise, order of the genes, score, accuracy, deviation, cells met."""
    rows = []
    for name, row in frame.iterrows():
        parts = str(name).split(", ")
        search, score = parts[0], parts[-1]
        noise, order = parts[1:3] if len(parts) == 4 else ("–", "–")
        rows.append([search, noise, order, SCORES.get(score, "parameters"), said(row), row["sd"], row["cells"]])
    heads = ["search", "noise", "genes ordered by", "score", "accuracy (%)", "deviation over seeds", "cells met"]
    return pd.DataFrame(rows, columns=heads).set_index("search")


def numbers(frame: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about NAS-Bench-201, as text by name."""
    at = {name: frame.loc[variant] for name, variant in _NAMED.items()}
    told = {name: f"{row['accuracy']:.2f}" for name, row in at.items()}
    printed = {name: published.figure(f"mokhtari2022ifa/{name}_nb201_c10") for name in ("fa", "ifa")}
    return told | {
        **{f"printed_{name}": f"{figure:.2f}" for name, figure in printed.items()},
        "largest_sd": f"{at['largest']['sd']:.2f}",
        "cells_one": f"{at['ifa_one']['cells']:.0f}",
        "cells_centred": f"{at['ifa_centred']['cells']:.0f}",
        "score_worth_fa": f"{at['fa_one']['accuracy'] - at['fa_blind']['accuracy']:.1f}",
        "score_worth_ifa": f"{at['ifa_one']['accuracy'] - at['ifa_blind']['accuracy']:.1f}",
        "drift_worth": f"{at['fa_blind']['accuracy'] - at['random_blind']['accuracy']:.1f}",
        "fa_blind_half": f"{at['fa_blind']['half']:.1f}",
        "order": "the other way round" if told["fa_one"] > told["ifa_one"] else "the same way round",
        "near": near(beside_201(frame)),
    }


_NAMED = {
    "fa_one": "FA, one-sided, strength, icd",
    "ifa_one": "IFA, one-sided, strength, icd",
    "fa_centred": "FA, centred, strength, icd",
    "ifa_centred": "IFA, centred, strength, icd",
    "fa_blind": "FA, one-sided, strength, random",
    "ifa_blind": "IFA, one-sided, strength, random",
    "centred_blind": "FA, centred, strength, random",
    "random_blind": "random search, random",
    "random_icd": "random search, icd",
    "largest": "random search, params",
}


def beside_201(frame: pd.DataFrame, score: str = "icd") -> pd.DataFrame:
    """Every reading of the two printed figures of NAS-Bench-201 that was run with a score, beside them."""
    rows: dict[str, tuple[float, float, float]] = {}
    at: Any = frame.loc
    for search in ("FA", "IFA"):
        for noise in ("one-sided", "centred"):
            for order in ("strength", "index"):
                row = at[f"{search}, {noise}, {order}, {score}"]
                printed = published.figure(f"mokhtari2022ifa/{search.lower()}_nb201_c10")
                rows[f"{search}, {noise} noise, genes by {order}"] = (printed, row["accuracy"], row["sd"])
    return _beside(rows)


def beside_101(graphs: pd.DataFrame) -> pd.DataFrame:
    """The printed figures of NAS-Bench-101 beside the runs of :func:`on_graphs`."""
    rows = {}
    for name, row in graphs.iterrows():
        search = str(name).partition(",")[0].lower()
        printed = published.figure(f"mokhtari2022ifa/{search}_nb101")
        rows[str(name)] = (printed, row["mean (%)"], row["deviation"])
    return _beside(rows)


def _beside(rows: dict[str, tuple[float, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["printed (%)", "ours (%)", "deviation of a run"])
    return frame.assign(**{"difference (points)": frame["ours (%)"] - frame["printed (%)"]})


def near(beside: pd.DataFrame) -> str:
    """Which readings come within 0.1 points of their printed figure, in words."""
    return "; ".join(beside.index[beside["difference (points)"].abs() <= NEAR]) or "none"


def on_graphs(arrays: dict) -> pd.DataFrame:
    """One row a search and noise of ``firefly/ifa_nb101``: runs, accuracy (%), evaluations, different graphs."""
    runs = pd.DataFrame({name: arrays[name] for name in ("searcher", "noise", "accuracy", "evaluations", "cells")})
    runs["accuracy"] *= 100
    rows = {}
    for search in ("FA", "IFA"):
        for noise in ("one-sided", "centred"):
            mine = runs[(runs["searcher"] == search) & (runs["noise"] == noise)]
            rows[f"{search}, {noise} noise"] = {
                "runs": len(mine),
                "mean (%)": mine["accuracy"].mean(),
                "deviation": mine["accuracy"].std(),
                "best (%)": mine["accuracy"].max(),
                "evaluations": round(mine["evaluations"].mean()),
                "different graphs": round(mine["cells"].mean()),
            }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.astype(dict.fromkeys(("runs", "evaluations", "different graphs"), int))


def controls(arrays: dict) -> pd.DataFrame:
    """The same operators on NAS-Bench-101 without ICD, and no search at all: accuracy (%) over seeds."""
    accuracy = 100 * arrays["control_accuracy"]
    frame = pd.DataFrame(
        {"mean (%)": accuracy.mean(axis=1), "deviation": accuracy.std(axis=1, ddof=1)},
        index=[str(name) for name in arrays["control"]],
    )
    return frame.loc[list(CONTROLS)].rename(index=CONTROLS)


def graph_numbers(result: results.Result) -> dict[str, str]:
    """Numbers of the sentences about NAS-Bench-101, as text by name: accuracies, and what scoring took."""
    arrays = result.arrays
    graphs: Any = on_graphs(arrays).loc
    without: Any = controls(arrays).loc
    networks, cpu = arrays["scoring_networks"].sum(), arrays["scoring_seconds"].sum()
    paper = published.figure("mokhtari2024oad/search_seconds")
    met = float(arrays["cells"].mean())
    alone = cpu / networks * met  # seconds of a whole search, with nothing remembered from another
    return {
        "graphs_fa_one": f"{graphs['FA, one-sided noise', 'mean (%)']:.2f}",
        "graphs_ifa_one": f"{graphs['IFA, one-sided noise', 'mean (%)']:.2f}",
        "graphs_blind": f"{without[CONTROLS['FA, one-sided, random score'], 'mean (%)']:.2f}",
        "graphs_params": f"{without[CONTROLS['FA, one-sided, parameters'], 'mean (%)']:.2f}",
        "graphs_draws": f"{without[CONTROLS['most parameters of 2000 draws'], 'mean (%)']:.2f}",
        "graphs_seeds": f"{arrays['control_accuracy'].shape[1]}",
        "graphs_runs": f"{int(graphs[:, 'runs'].min())}",
        "planned_runs": f"{result.provenance.parameters['pairs of runs planned']}",
        "nb101_ms": f"{1000 * cpu / networks:.0f}",
        "nb101_networks": f"{int(networks):,}",
        "paper_minutes": f"{paper / 60:.0f}",
        "paper_ms": f"{1000 * paper / study.EVALUATIONS:,.0f}",
        "score_ratio": f"{paper / study.EVALUATIONS / (cpu / networks):.1f}",
        "cells_a_search": f"{met:.0f}",
        "per_search": f"{alone:.0f}",
        "faster": f"{paper / alone:.0f}",
    }
