"""What the chapter on growing and pruning says beyond LeNet-300-100: other networks, minima, growth, devices.

Reads ``sparsity/sensors``, ``sparsity/lenet5``, ``sparsity/minima`` and ``sparsity/grown``; how each is judged stands
in its experiment, of the same name. They are written in their order, so that a part of one can be read.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from scipy.stats import kendalltau
from torch import nn

from luciole import files, results
from luciole.datasets.windows import Normalisation
from luciole.devices.foretell import foretell
from luciole.devices.lower import plan
from luciole.experiments.sparsity import grown as growth
from luciole.experiments.sparsity import lenet5, sensors
from luciole.experiments.sparsity import minima as look
from luciole.experiments.sparsity.protocol import DENSE, GRADUAL, OURS, RIGL, SPARSITIES
from luciole.report import sparsity_nas
from luciole.report.sparsity import paired, said, targets

POINTS = 0.5  # the target on both networks, fixed before: points more error at most
NETWORKS = {"LeNet-5": lenet5.TRIAL, "sensors": sensors.TRIAL}


def part(name: str) -> results.Result:
    """A result of which a part may be there."""
    return results.read(name, part=True)


def ran() -> Mapping[str, results.Result]:
    """The comparisons of :data:`NETWORKS` that are there, at least in part."""
    there = results.names(files.results())
    return {network: part(trial.name) for network, trial in NETWORKS.items() if trial.name in there}


def compared(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a method and length: error at each sparsity, seeds, what diverged, weights ever trained, seconds."""
    found = []
    for (method, length), mine in rows.groupby(["method", "length"], sort=False):
        whole = mine[~mine["diverged"]]
        errors = {
            f"error at {100 * sparsity:g} % (%)": whole[np.isclose(whole["sparsity"], sparsity)]["test_error"].mean()
            for sparsity in SPARSITIES
        }
        if method == DENSE:
            errors = dict.fromkeys(errors, whole["test_error"].mean())
        found.append(
            {
                "method": method if length == 1 else f"{method}, {length:g} of the schedule",
                **errors,
                "trainings": len(mine),
                "diverged": int(mine["diverged"].sum()),
                "ever trained (%)": 100 * (mine["total"] / mine["weights"]).mean(),
                "seconds": mine["seconds"].mean(),
            }
        )
    return pd.DataFrame(found).set_index("method")


def judged() -> pd.DataFrame:
    """The targets on both networks, as :func:`luciole.report.sparsity.targets` reads them; one row each."""
    found = [targets(held.frame, POINTS).reset_index().assign(network=network) for network, held in ran().items()]
    every = pd.concat(found)
    return every[every["target"] != "none was set"].drop(columns="ours, schedule").set_index("network")


def taus() -> pd.DataFrame:
    """One row a score of chapter 4: Kendall's tau with accuracy over methods at each sparsity, Holm's p over all."""
    rows = part(look.NAME).frame
    once = rows[np.isclose(rows["length"], look.QUARTER)]
    found = {}
    for sparsity in SPARSITIES:
        mine = once[np.isclose(once["sparsity"], sparsity)]
        for score in look.SCORED:
            known = mine[np.isfinite(mine[score])] if score in mine else mine[:0]
            if len(known) > 2:
                found[score, sparsity] = (*kendalltau(known[score], -known["test_error"]), len(known))
    order = sorted(found, key=lambda key: found[key][1])
    holm = np.maximum.accumulate([(len(order) - at) * found[key][1] for at, key in enumerate(order)])
    p = {key: min(1.0, float(value)) for key, value in zip(order, holm, strict=True)}
    told = []
    for score in look.SCORED:
        told.append({"score": score})
        for sparsity in SPARSITIES:
            tau, _, count = found.get((score, sparsity), (np.nan, np.nan, 0))
            told[-1] |= {
                f"tau at {100 * sparsity:g} %": f"{tau:+.2f}" if count else "–",
                f"p at {100 * sparsity:g} %": f"{p[score, sparsity]:.3f}" if count else "–",
                f"networks at {100 * sparsity:g} %": count,
            }
    return pd.DataFrame(told).set_index("score")


def claims() -> pd.DataFrame:
    """One row a claim and sparsity: gradual less one-shot, paired, with interval, and whether it is confirmed."""
    rows, found = part(look.NAME).frame, []
    asked = (("less error", "test_error", -1), ("more entropy", "entropy", 1), ("sharper", "sharpness", 1))
    for what, column, sign in asked:
        for sparsity in SPARSITIES:
            mine = rows[np.isclose(rows["length"], look.HALF) & np.isclose(rows["sparsity"], sparsity)]
            one, other = (mine[mine["method"] == name].set_index("seed") for name in look.CLAIMED)
            apart, half, count = paired(one, other, column)
            verdict = "confirmed" if sign * apart > half else "refuted" if sign * apart < -half else "undecided"
            found.append(
                {
                    "gradual, beside one-shot": what,
                    "sparsity (%)": 100 * sparsity,
                    "gradual": one[column].mean(),
                    "one-shot": other[column].mean(),
                    "difference": said(apart, half, count),
                    "claim": verdict if count > 1 else "undecided",
                }
            )
    return pd.DataFrame(found).set_index("gradual, beside one-shot")


def grown(compared_as: str) -> pd.DataFrame:
    """One row a way of a comparison of ``sparsity/grown``: error, difference, weights at once and ever, cost."""
    rows = part(growth.NAME).frame
    rival = growth.RANDOM if compared_as == growth.GROWING else growth.OURS
    every = rows[rows["compared"] == compared_as]
    other = rows[rows["way"] == rival].set_index("seed")
    found = []
    for way, mine in every.groupby("way", sort=False):
        found.append(
            {
                "way": way,
                "error (%)": mine["test_error"].mean(),
                f"points beside {rival}": "–" if way == rival else said(*paired(mine.set_index("seed"), other)),
                "weights kept": f"{mine['kept'].mean():,.0f}",
                "at once": f"{mine['peak'].mean():,.0f}",
                "ever": f"{mine['total'].mean():,.0f}",
                "million MACs": mine["macs"].mean() / 1e6,
            }
        )
    return pd.DataFrame(found).set_index("way")


def devices(rows: pd.DataFrame, sparsity: float) -> pd.DataFrame:
    """What a Cortex-M4F would take for LeNet-300-100 cut to the widths that are left, foretold by chapter 13's table.

    ``rows``: of ``sparsity/lenet``. Weights absent inside the blocks are stored and multiplied as zeros.
    """
    found = []
    for method in (DENSE, GRADUAL, OURS, RIGL):
        mine = rows[(rows["method"] == method) & np.isclose(rows["length"], 1.0)]
        mine = mine if method == DENSE else mine[np.isclose(mine["sparsity"], sparsity)]
        pixels, first, second = (round(mine[width].mean()) for width in ("pixels", "first", "second"))
        layers = (nn.Linear(pixels, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 10))
        network = nn.Sequential(nn.Flatten(), *layers).eval()
        cost = foretell(plan(network, Normalisation(torch.zeros(1).numpy(), torch.ones(1).numpy()), pixels))
        found.append(
            {
                "method": method,
                "widths": f"{pixels}-{first}-{second}",
                "weights kept (%)": 100 * mine["kept"].mean() / mine["weights"].mean(),
                "of them stored (%)": 100 * (pixels * first + first * second + 10 * second) / mine["weights"].mean(),
                "flash (kB)": cost.flash / 1e3,
                "thousand instructions": cost.instructions / 1e3,
            }
        )
    return pd.DataFrame(found).set_index("method")


def numbers(lenet: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says. ``lenet``: rows of ``sparsity/lenet``."""
    met = judged()["target"] == "met"
    flash = devices(lenet, SPARSITIES[-1])["flash (kB)"]
    told = {
        "grow_small_points": f"{POINTS:g}",
        "grow_small_met": str(int(met.sum())),
        "grow_small_targets": str(len(NETWORKS) * len(SPARSITIES)),
        "grow_flash_ours": f"{flash[OURS]:.0f}",
        "grow_flash_dense": f"{flash[DENSE]:,.0f}",
        "grow_grown_seeds": str(part(growth.NAME).frame["seed"].nunique()),
        "grow_grown_better": better(grown(growth.GROWING)),
        "grow_claims": counted(claims()),
    }
    same = grown(growth.SAME).iloc[:, 1]
    told |= {"grow_pipeline": same[growth.PIPELINE], "grow_npn": same["neural plasticity"]}
    told["grow_scores"] = read(taus())
    there = ran()
    for network, trial in NETWORKS.items():
        label = network.lower().replace("-", "")
        told[f"grow_{label}_held"] = str(len(there[network].frame) if network in there else 0)
        told[f"grow_{label}_planned"] = str(len(trial.trainings))
    worn = part(sensors.NAME).frame
    told["grow_sensors_dense"] = f"{worn[worn['method'] == DENSE]['test_error'].mean():.1f}"
    told["grow_sensors_diverged"] = str(int(worn["diverged"].sum()))
    return told


def read(table: pd.DataFrame) -> str:
    """How many of the scores' correlations can be told from chance, in words."""
    chances = [p for sparsity in SPARSITIES for p in table[f"p at {100 * sparsity:g} %"] if p != "–"]
    if not chances:
        return "the time ended before any network was scored"
    return f"{sum(float(p) < 0.05 for p in chances)} of {len(chances)} correlations can be told from chance"


def better(table: pd.DataFrame) -> str:
    """Which ways of growing are below random units by their whole interval, in words."""
    apart = table.iloc[:, 1].drop([growth.SMALL, growth.LARGE, growth.RANDOM], errors="ignore")
    split = {way: text.split(" ± ") for way, text in apart.items()}
    below = [way for way, parts in split.items() if len(parts) == 2 and float(parts[0]) + float(parts[1]) < 0]
    return f"{' and '.join(map(str, below)) or 'no way'} ended surely below units drawn at random"


def counted(table: pd.DataFrame) -> str:
    """How many of the claims are confirmed and refuted, in words."""
    verdicts = table["claim"]
    confirmed, refuted = (int((verdicts == verdict).sum()) for verdict in ("confirmed", "refuted"))
    return f"of {len(verdicts)} such claims here, {confirmed} are confirmed, {refuted} refuted, the others undecided"


def tables(lenet: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The tables of this module and of :mod:`luciole.report.sparsity_nas` that the chapter folds, by their title."""
    return {
        "Ways of growing a hidden layer": grown(growth.GROWING),
        "Grown, pruned, both: for as many steps": grown(growth.SAME),
        "Grown, pruned, both: for as many multiplications": grown(growth.EQUAL),
        "Gradual beside one-shot pruning: error, entropy, sharpness": claims(),
        "Widths, flash and instructions": devices(lenet, SPARSITIES[-1]),
        "Cells left of supernets, true test accuracy on WISDM": sparsity_nas.paths(),
        "Growth in steps of HAR-201, beside random cells": sparsity_nas.steps(),
        "Kendall's tau of chapter 4's scores with accuracy, over methods": taus(),
    }
