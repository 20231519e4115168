"""What chapter 3 says of the intra-cluster distance (ICD): how it ranks cells, what it depends on, recurrent cells.

The first functions read committed results alone; those that take accuracies say how the table at hand goes with them.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kendalltau

from luciole import files, published, results
from luciole.experiments.firefly import icd_accuracy
from luciole.experiments.firefly import ifa_nb201 as study
from luciole.report.titles import IMAGES
from luciole.scores import quality as judging
from luciole.spaces import recurrent
from luciole.tables import nasbench101

TITLES = {"icd": "ICD, all modules", "icd_relu": "ICD, ReLUs", "naswot": "NASWOT", "params": "number of parameters"}
PLAIN = "NAS-Bench-201"  # the setting that the others change one thing of


def ranking() -> pd.DataFrame:
    """Kendall's tau of each score with the original's test accuracies, 95 % interval on CIFAR-10, and its ten highest.

    From ``nb201/quality``: 32 images of 16x16, one cell a stage, cells as written; the last row is training.
    """
    frame = results.read("nb201/quality").frame
    frame = frame[frame["subset"] == "all"].set_index(["inputs", "score", "dataset"]).sort_index()
    best = published.figure("dong2020nasbench201/optimum_c10")
    rows = {}
    for inputs, score, title in (
        *(("images", score, title) for score, title in TITLES.items()),
        ("training", "12 epochs", "12 epochs of training"),
    ):
        each: Any = frame.loc[(inputs, score)]
        rows[title] = {f"tau, {name}": f"{each.loc[key, 'tau']:.2f}" for key, name in IMAGES.items()}
        low, high = each.loc["c10", ["low", "high"]]
        rows[title]["interval, CIFAR-10"] = f"{low:.2f} to {high:.2f}"
        rows[title]["best of its ten highest (%)"] = f"{best - each.loc['c10', 'regret']:.2f}"
    return pd.DataFrame(rows).T


def ranking_numbers(kept: dict) -> dict[str, str]:
    """Taus of the committed table by score, and how far the two settings of ICD agree, as text by name."""
    rows: Any = ranking().loc
    dearer = study.spread(results.read("firefly/luciole_nb201").arrays["score_icd"])
    return {
        **{f"tau_{score}": rows[title, "tau, CIFAR-10"] for score, title in TITLES.items()},
        "tau_training": rows["12 epochs of training", "tau, CIFAR-10"],
        "tau_between": f"{kendalltau(dearer, study.spread(kept['icd'])).statistic:.2f}",
        "released_size": f"{study.RELEASED_SIZE:.0f}",
        "icd_ten": rows[TITLES["icd"], "best of its ten highest (%)"],
        "params_ten": rows[TITLES["params"], "best of its ten highest (%)"],
    }


def with_interval(score: ArrayLike, target: ArrayLike, seed: int, resamples: int) -> str:
    """Kendall's tau with its 95 % bootstrap interval, as text."""
    low, high = judging.interval(score, target, np.random.default_rng(seed), resamples)
    return f"{judging.tau(score, target):.2f} [{low:.2f}, {high:.2f}]"


def dependence(arrays: dict) -> pd.DataFrame:
    """How far ICD ranks cells alike when one thing of its setting changes, and its mean: a row a change."""
    base = arrays[f"values, {PLAIN}"][:, 0]
    rows = {}
    for name in map(str, arrays["settings"]):
        values = arrays[f"values, {name}"]
        if name != PLAIN and icd_accuracy.SETTINGS[name].space == "nb201" and len(values):
            tau = judging.tau(values[:, 0], base[: len(values)])
            rows[name] = {"tau with the base setting": f"{tau:.2f}", "mean ICD": f"{values[:, 0].mean():.0f}"}
    return pd.DataFrame(rows).T


def dependence_numbers(arrays: dict) -> dict[str, str]:
    """The least and the highest agreement of :func:`dependence`, and which change is the least, as text by name."""
    taus = dependence(arrays)["tau with the base setting"].astype(float)
    return {"least_stable": str(taus.idxmin()), "least_tau": f"{taus.min():.2f}", "most_tau": f"{taus.max():.2f}"}


def graphs_said(arrays: dict, seed: int, resamples: int) -> str:
    """One sentence on ICD and accuracy on NAS-Bench-101; where its accuracies are not at hand it says that instead."""
    if not files.data_folder():
        return "The accuracies of NAS-Bench-101 were not at hand where this page was made: no tau is given for it."
    table = nasbench101.load()
    cells, values = arrays["cells, cells"], arrays["values, cells"]
    reached = table["test_acc108"][cells]
    columns = {str(score): values[:, place] for place, score in enumerate(arrays["scores"])}
    columns["params"] = table["params"][cells]
    tau = {score: with_interval(column, reached, seed, resamples) for score, column in columns.items()}
    few = len(arrays["cells, released"])
    same = with_interval(values[:few, 0], arrays["values, released"][:, 0], seed, resamples)
    return (
        f"On {len(cells):,} cells of NAS-Bench-101 the tau with mean test accuracy is {tau['icd']} for ICD, "
        f"{tau['icd_relu']} over ReLUs, {tau['naswot']} for NASWOT and {tau['params']} for the number of parameters; "
        f"a cheap setting (8 channels, images of 8×8) ranks cells as the released one does with a tau of {same}."
    )


def spoken(arrays: dict, seed: int, resamples: int) -> dict[str, str]:
    """Numbers of the test on recurrent cells: taus with minus the loss, how far the losses repeat, as text by name."""
    finite = np.isfinite(arrays["loss"])
    first, again = (finite & (arrays["seed"] == k) for k in (0, 1))
    loss, cells = arrays["loss"][first], arrays["cell"][first]
    nodes = [len(recurrent.decode(row)) for row in arrays["rows"][first]]
    place = {int(cell): at for at, cell in enumerate(cells)}
    twice = [
        (value, loss[place[int(cell)]])
        for cell, value in zip(arrays["cell"][again], arrays["loss"][again], strict=True)
        if int(cell) in place
    ]
    return {
        "spoken_icd": with_interval(arrays["icd"][first], -loss, seed, resamples),
        "spoken_params": with_interval(arrays["params"][first], -loss, seed, resamples),
        "spoken_nodes": with_interval(nodes, -loss, seed, resamples),
        "spoken_cells": f"{len(loss)}",
        "spoken_lost": f"{int((~finite & (arrays['seed'] == 0)).sum())}",
        "spoken_twice": f"{len(twice)}",
        "spoken_repeat": f"{judging.tau(*zip(*twice, strict=True)):.2f}",
    }


def linears(arrays: dict) -> tuple[NDArray, NDArray, NDArray]:
    """ICD, validation loss and number of linear maps of each recurrent cell that trained to a finite loss."""
    first = np.isfinite(arrays["loss"]) & (arrays["seed"] == 0)
    cells = [recurrent.decode(row) for row in arrays["rows"][first]]
    maps = np.array([sum(op == recurrent.LINEAR for _, op, _ in cell) for cell in cells])
    return arrays["icd"][first], arrays["loss"][first], maps
