"""What chapter 4 says of cheaper and of repeated scores: other weights, noise for images, smaller settings.

Tables of seeds read committed results; :func:`traded` judges committed scores by the accuracies of the table at hand.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results
from luciole.experiments.nb201 import stages as scoring
from luciole.report.scores import Kept, word
from luciole.scores.aggregate import log_rank
from luciole.scores.comparison import gap
from luciole.scores.quality import interval, tau
from luciole.spaces import nb201

AZ = ("expressivity", "progressivity", "trainability")  # of AZ-NAS, beside MACs
SHALLOW, DEEP = "1 × 16² × 32", "5 × 16² × 32"  # cells a stage, side of an image, batch


def repeated(kept: Kept) -> pd.DataFrame:
    """How far a score's ranking agrees with that of other weights and of noise, and the tau of each on CIFAR-10."""
    data = kept.scores.frame
    first, second, noisy = kept.found, scoring.spread(data, seed=1), scoring.spread(data, "noise")
    tested = kept.tau.xs("c10", level="dataset")
    names = [*scoring.FORWARD, "az_nas"]
    told = pd.DataFrame(
        {
            "agreement of seeds": {name: tau(first[name], second[name]) for name in scoring.FORWARD},
            "tau, images": tested["images"].reindex(names),
            "tau, other seed": tested["images seed 1"].reindex(names),
            "agreement with noise": {name: tau(first[name], noisy[name]) for name in scoring.FORWARD},
            "tau, noise": tested["noise"].reindex(names),
        }
    )
    return told.loc[names].rename(index=word).sort_values("tau, images", ascending=False)


def repeated_deep(kept: Kept) -> tuple[pd.DataFrame, dict[str, str]]:
    """The same for two seeds at depth, on the cells that the second one covers, with the numbers of its sentence."""
    data, tested = kept.scores.frame, kept.tau.xs("c10", level="dataset")
    one, other = scoring.spread(data, "deep"), scoring.spread(data, "deep", seed=1)
    at: Any = kept.everywhere.loc
    cells = int(at[("deep seed 1", "union", "c10"), "cells"])
    twice = np.arange(nb201.SIZE) < cells  # the second seed's cells stand first, in random order
    told = pd.DataFrame(
        {
            "agreement of seeds": {name: tau(one[name][twice], other[name][twice]) for name in scoring.DEEP},
            "tau, seed 0": tested["deep where seeds"],
            "tau, seed 1": tested["deep seed 1"],
            "tau, mean of both": tested["deep mean"],
        }
    ).loc[[*scoring.DEEP, *scoring.COMBINATIONS]]
    gained = (told["tau, mean of both"] - told["tau, seed 0"])[list(scoring.COMBINATIONS)]
    return told.rename(index=word), {"deep_cells": f"{cells:,}", "mean_gain": f"{gained.max():+.3f}"}


def repeated_numbers(table: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about :func:`repeated`."""
    noise, seeds = table["tau, noise"] - table["tau, images"], table["tau, other seed"] - table["tau, images"]
    return {
        "noise_gap": f"{noise.abs().max():.3f}",
        "noise_gap_of": str(noise.abs().idxmax()),
        "seed_gap": f"{seeds.abs().max():.3f}",
        "seed_gap_of": str(seeds.abs().idxmax()),
        "noisier": f"{int((noise > 0).sum())}",
        "noise_scores": f"{len(table)}",
    }


def watts(kept: Kept) -> float:
    """Joules a millisecond of the committed costs (estimate)."""
    priced = kept.costs.frame.query("inputs == 'images'")
    return float((priced["joules"] / priced["milliseconds"]).median())


def traded(kept: Kept, accuracy: NDArray[np.float64], seed: int) -> pd.DataFrame:
    """Scores of 100 random cells under settings of falling cost: a row a score and setting.

    Columns: milliseconds, tau with ``accuracy`` (15625,), its 95 % interval, and that of the gap to the dearest
    setting's tau, paired over the cells.
    """
    settings = _with_az(results.read("nb201/settings").frame, kept.found)
    rng = np.random.default_rng(seed)
    dearest = reference(settings)
    rows = []
    for (score, name), part in settings.groupby(["score", "setting"], sort=False):
        part = part.sort_values("index")
        whole = settings[(settings["score"] == score) & (settings["setting"] == dearest)].sort_values("index")
        truth = accuracy[part["index"]]
        low, high = interval(part["value"], truth, rng)
        apart = gap(part["value"], whole["value"], truth, rng) if len(whole) else (np.nan, np.nan)
        rows.append((score, name, part["milliseconds"].mean(), tau(part["value"], truth), low, high, *apart))
    return pd.DataFrame(rows, columns=["score", "setting", "ms", "tau", "low", "high", "gap low", "gap high"])


def reference(settings: pd.DataFrame) -> str:
    """The setting of NASWOT that costs most, which is its authors'."""
    column = "ms" if "ms" in settings else "milliseconds"
    return str(settings[settings["score"] == "naswot"].groupby("setting")[column].mean().idxmax())


def _with_az(settings: pd.DataFrame, found: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """The settings with AZ-NAS as a whole on the same cells: its three scores and MACs, ranks added."""
    sizes = zip(settings["cells"], settings["side"], settings["batch"], strict=True)
    settings = settings.assign(setting=[f"{cells} × {side}² × {batch}" for cells, side, batch in sizes])
    held = settings.pivot(index=["setting", "index"], columns="score", values="value").dropna()
    parts = [settings]
    for setting, part in held.groupby(level=0):
        cells = part.index.get_level_values("index")
        mixed = log_rank([*(part[name] for name in AZ), found["macs"][cells]])
        dearest = settings[(settings["setting"] == setting) & (settings["score"] == "trainability")]
        cost = dearest.sort_values("index")["milliseconds"].to_numpy()
        added = {"index": cells, "value": mixed, "milliseconds": cost, "score": "az_nas", "setting": setting}
        parts.append(pd.DataFrame(added))
    return pd.concat(parts, ignore_index=True)


def traded_table(told: pd.DataFrame, joules: float) -> pd.DataFrame:
    """NASWOT under every setting, with the gap to its authors' and joules (estimate)."""
    rows = told[told["score"] == "naswot"].sort_values("ms").set_index("setting")
    return pd.DataFrame(
        {
            "ms of one core": rows["ms"].map("{:,.0f}".format),
            "joules (estimate)": (rows["ms"] * joules).map("{:.2f}".format),
            "tau": rows["tau"],
            "95 % interval": [f"{low:.2f} to {high:.2f}" for low, high in zip(rows["low"], rows["high"], strict=True)],
            "gap to the authors' setting": [
                f"{low:+.2f} to {high:+.2f}" for low, high in zip(rows["gap low"], rows["gap high"], strict=True)
            ],
        }
    )


def traded_numbers(told: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about settings: the authors' one, and what depth does to three scores."""
    taus = told.set_index(["score", "setting"])["tau"].to_dict()
    dearest = reference(told)
    authors = told[(told["score"] == "naswot") & (told["setting"] == dearest)].iloc[0]
    depth = {
        f"{name}_{kind}": f"{taus[name, setting]:.3f}"
        for name in ("trainability", "meco", "az_nas")
        for kind, setting in (("shallow", SHALLOW), ("deep", DEEP))
    }
    return depth | {"authors_ms": f"{authors['ms']:,.0f}", "authors_tau": f"{authors['tau']:.3f}"}
