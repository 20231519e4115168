"""Published rank correlations beside ours at the published setting: the second half of ``luciole run nb201/published``.

On CIFAR-10, whose images the scores saw, with 95 % bootstrap intervals over the sampled cells.

* A correlation over some dozens of cells is off by chance by up to a tenth. What is known of every cell helps: the same
  score in the cheap setting of ``nb201/scores`` (or the number of parameters) is correlated with accuracy on the sample
  and on the space, and what the sample gets wrong of it is taken off, times the slope between the two over the
  resamples (a regression estimate; control variate). ``ours`` is that estimate, ``sample`` the sample's own figure.
* NAS-Bench-Suite-Zero published no figure but its scores of each cell: the figure is computed from these, they are the
  control, and ``agreement`` is Spearman's rho between them and ours, with no accuracy in it.

The verdict: *agrees* where ours differs by at most .05 from the figure; *not told apart* where it differs by more and
the interval holds the figure; *differs* otherwise.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import spearmanr

from luciole import attestation, published, results, tables
from luciole.errors import LucioleError
from luciole.experiments.nb201 import quality, stages
from luciole.scores.aggregate import log_rank
from luciole.scores.cells import MEASURES, measures
from luciole.scores.quality import tau
from luciole.spaces import nb201
from luciole.tables.table import Table

Floats = NDArray[np.float64]
NEAR = 0.05
FEWEST = 8  # cells that anything is said of
COLUMNS = (
    *("work", "published_form", "subset", "agreement", "score", "measure", "cells"),
    *("published", "ours", "low", "high", "sample", "verdict"),
)
RESAMPLES = 200
WORKS = {  # whose figures are compared, and of which cells they are
    "abdelfattah2021zerocost": "all",
    "zhang2022gradsign": "all",
    "lee2024aznas": "all",
    "tybl2025vkdnw": "reachable",
    "mellor2021naswot": "all",
}
ACCURACIES = {  # of networks that were trained on half of the images, as those codes ask for cifar10-valid
    "abdelfattah2021zerocost": "c10_val200",  # their test accuracies are in no table here, these validate the same ones
    "mellor2021naswot": "c10_val200",
}
FORMS = {  # of a published name: the form that the work's code computes, and the other one
    ("abdelfattah2021zerocost", "fisher"): ("fisher_published", "fisher"),
    ("zhang2022gradsign", "gradsign"): ("gradsign", "gradsign_mean"),
    ("lee2024aznas", "gradsign"): ("gradsign", "gradsign_mean"),  # a mean over a supernet's weights, as many for all
    ("tybl2025vkdnw", "vkdnw_single"): ("vkdnw_released_single", "vkdnw_single"),
    ("tybl2025vkdnw", "vkdnw_aggregated"): ("vkdnw_released_aggregated", "vkdnw_aggregated"),
}
SETS = {  # aggregated by logarithms of ranks
    "az_nas": ("expressivity", "progressivity", "trainability", "macs"),
    "az_synflow": ("expressivity", "progressivity", "trainability", "macs", "synflow"),
    "vkdnw_aggregated": ("vkdnw_single", "jacov", "expressivity", "trainability", "macs"),
    "vkdnw_released_aggregated": ("vkdnw_released_single", "jacov", "expressivity", "trainability", "macs"),
}
CONTROLS = {  # what is known of every cell in place of the score itself
    **dict.fromkeys(("gradsign", "gradsign_mean", "zico", "zen", "grasp"), "params"),
    "fisher_published": "fisher",
    "vkdnw_released_single": "vkdnw_single",
    "vkdnw_released_aggregated": "vkdnw_aggregated",
}
SUITE = {"naswot": "nwot", "fisher_published": "fisher"}  # names in NAS-Bench-Suite-Zero, where they are others


def rho(score: Floats, accuracy: Floats) -> float:
    """Spearman's rho on mean ranks; 0 for a score that is the same for all."""
    return float(np.nan_to_num(spearmanr(score, accuracy).statistic)) if len(np.unique(score)) > 1 else 0.0


MEASURED: dict[str, Callable[[Floats, Floats], float]] = {"tau": tau, "rho": rho}


def estimate(
    measure: Callable[[Floats, Floats], float],
    score: Floats,
    control: Floats,
    accuracy: Floats,
    whole: float,
    rng: Generator,
) -> tuple[float, float, float]:
    """Estimate ``measure`` of a score over a space from a sample (n,), and its 95 % interval.

    ``control`` (n,) is on the sample what correlates with accuracy by ``whole`` over the space.

    >>> rng = np.random.default_rng(0)
    >>> accuracy = rng.normal(size=60)
    >>> good = accuracy + rng.normal(size=60)
    >>> value, low, high = estimate(rho, good, good, accuracy, 0.5, rng)
    >>> round(value, 3), round(low, 3), round(high, 3)  # a control that is the score itself leaves no doubt
    (0.5, 0.5, 0.5)
    """
    drawn = [rng.integers(len(score), size=len(score)) for _ in range(RESAMPLES)]
    ours = np.array([measure(score[rows], accuracy[rows]) for rows in drawn])
    theirs = np.array([measure(control[rows], accuracy[rows]) for rows in drawn])
    spread = theirs.var()
    slope = float(np.cov(ours, theirs, bias=True)[0, 1] / spread) if spread > 0 else 0.0
    centre = measure(score, accuracy) + slope * (whole - measure(control, accuracy))
    left = ours - slope * theirs
    low, high = centre + np.quantile(left - left.mean(), [0.025, 0.975])
    return float(centre), float(low), float(high)


def spread(data: pd.DataFrame) -> dict[str, Floats]:
    """Every score, single and counted, on the 15,625 cells: NaN where the sample has none, or not yet."""
    cells = nb201.all_cells()
    at = np.searchsorted(data["index"], nb201.iso()).clip(max=len(data) - 1)
    here = data["index"].to_numpy()[at] == nb201.iso()
    found = dict(measures(cells, stages.DEPTH, 32))
    for name in data.columns.drop("index"):
        found[name] = np.where(here, data[name].to_numpy(dtype=float)[at], np.nan)
    for name in ("vkdnw", "vkdnw_released"):
        found[f"{name}_single"] = found[name] + found["tensors"]
    return found


def covered(name: str, found: Mapping[str, Floats], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The cells that a score is judged on: those below the first that lacks it, of ``inside``; a uniform sample."""
    missing = np.any([np.isnan(found[member]) for member in SETS.get(name, (name,))], axis=0)
    first = int(missing.argmax()) if missing.any() else len(missing)
    return np.flatnonzero(inside[:first])


def of(name: str, found: Mapping[str, Floats], rows: NDArray[np.int64]) -> Floats:
    """A score, or a set of them ranked among these cells."""
    return log_rank([found[member][rows] for member in SETS[name]]) if name in SETS else found[name][rows]


def figures() -> dict[tuple[str, str, str], float]:
    """Published figures on CIFAR-10 by work, measure and the score's name there."""
    kept = published.read()
    parts = kept["key"].str.extract(r"^(\w+)/(tau|rho)_(\w+)_c10$")
    keys = parts.dropna().itertuples(name=None)
    return {(work, by, name): float(kept["figure"][row]) for row, work, by, name in keys if work in WORKS}


def correlations(data: pd.DataFrame, table: Table, suite: Table) -> pd.DataFrame:
    """One row a published figure and form of the score; see the module for the columns."""
    shallow = quality.candidates(attestation.resting_on("nb201/scores", np.random.default_rng(0)).frame)
    found = spread(data)
    inside = {"all": np.ones(nb201.SIZE, dtype=bool), "reachable": quality.reachable()}
    rows = []
    for key, figure in figures().items():
        work, measure, published_name = key
        accuracies = table[ACCURACIES.get(work, "c10_test200")].astype(float)
        for form, name in enumerate(FORMS.get((work, published_name), (published_name,))):
            if name in MEASURES or any(member not in found for member in SETS.get(name, (name,))):
                continue
            control = CONTROLS.get(name, name)
            known, subset = found[control] if control in MEASURES else shallow[control], WORKS[work]
            if len(covered(name, found, inside[subset])) < FEWEST:
                continue
            row = judged(name, found, known, accuracies, inside[subset], measure, figure)
            said = {"work": work, "published_form": form == 0, "subset": subset, "agreement": np.nan}
            rows.append(said | row)
    for name in data.columns.drop("index"):
        if (column := f"c10_{SUITE.get(name, name)}") not in suite or name in SUITE.values():
            continue
        theirs, accuracies = suite[column].astype(float), table["c10_test200"].astype(float)
        known_there = inside["reachable"] & ~np.isnan(theirs)
        if len(both := covered(name, found, known_there)) < FEWEST:
            continue
        figure = tau(theirs[known_there], accuracies[known_there])
        row = judged(name, found, theirs, accuracies, known_there, "tau", figure)
        said = {"work": "krishnakumar2022suitezero", "published_form": True, "subset": "reachable"}
        rows.append(said | {"agreement": rho(found[name][both], theirs[both])} | row)
    return pd.DataFrame(rows, columns=COLUMNS)


def judged(
    name: str,
    found: Mapping[str, Floats],
    known: Floats,
    accuracies: Floats,
    inside: NDArray[np.bool_],
    measure: str,
    figure: float,
) -> dict[str, Any]:
    """One score (15,625,) judged on its sample of the cells ``inside``; ``known`` on all of them is its control."""
    every, rows, by = np.flatnonzero(inside), covered(name, found, inside), MEASURED[measure]
    if np.isnan(known[every]).any():
        raise LucioleError(
            f"expected a control of {name} on all {len(every)} cells, got NaN; run nb201/scores to its end"
        )
    values = of(name, found, rows)
    whole = by(known[every], accuracies[every])
    ours, low, high = estimate(by, values, known[rows], accuracies[rows], whole, np.random.default_rng(0))
    return {
        "score": name,
        "measure": measure,
        "cells": len(rows),
        "published": figure,
        "ours": ours,
        "low": low,
        "high": high,
        "sample": by(values, accuracies[rows]),
        "verdict": verdict(ours, low, high, figure),
    }


def verdict(ours: float, low: float, high: float, figure: float) -> str:
    """What a difference of an estimate and its interval from a published figure says.

    >>> verdict(0.5, 0.4, 0.6, 0.46), verdict(0.5, 0.4, 0.6, 0.59), verdict(0.5, 0.4, 0.6, 0.7)
    ('agrees', 'not told apart', 'differs')
    """
    if abs(ours - figure) <= NEAR:
        return "agrees"
    return "not told apart" if low <= figure <= high else "differs"


def rederive(result: results.Result, modules: tuple[str, ...]) -> attestation.Sample:
    """Judge every row again, from the committed scores."""
    table = tables.nb201()
    if table.source != result.provenance.inputs["accuracies"]:
        raise attestation.Unavailable(f"it was judged by {result.provenance.inputs['accuracies']}, not {table.source}")
    scores = attestation.resting_on("nb201/published", np.random.default_rng(0)).frame
    now, kept = correlations(scores, table, tables.nb201_zcp()), result.frame
    named = ["score", "work"]
    if now[named].to_numpy().tolist() != kept[named].to_numpy().tolist():
        raise LucioleError(f"expected the {len(kept)} rows judged today, got {len(now)}; luciole run nb201/published")
    numbers = ["cells", "published", "ours", "low", "high", "sample", "agreement"]
    return attestation.Sample(
        [f"{score} of {work}" for score, work in now[named].to_numpy()],
        len(kept),
        attestation.columns(kept[numbers], now[numbers], absolute=1e-9, why="sums run in another order"),
        modules,
    )
