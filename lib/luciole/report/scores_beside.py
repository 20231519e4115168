"""What chapter 4 holds beside published figures: taus of others and ours, what differs, codes of authors, GradSign."""

import json
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, published
from luciole.errors import LucioleError
from luciole.experiments.nb201 import quality as judging
from luciole.experiments.nb201 import stages as scoring
from luciole.report.scores import Kept, word
from luciole.scores import lean
from luciole.scores.quality import judge
from luciole.spaces import nb201

FAR = 0.03  # of tau: a difference above needs a word
WORKS = {"lee2024aznas": "AZ-NAS", "tybl2025vkdnw": "VKDNW"}
DIFFERS = {  # what differs in the protocol; no cause is claimed
    "naswot": "32 images, one cell a stage, and idle edges not built (where they are, their ReLUs count)",
    "synflow": "one cell a stage, PyTorch's initial weights, logarithm of the sum (the same ranking)",
    "jacov": "32 images against 64 or more, PyTorch's initial weights, one cell a stage",
    "grad_norm": "32 images, PyTorch's initial weights, one cell a stage",
    "snip": "32 images, PyTorch's initial weights, one cell a stage",
    "grasp": "a sample of classes, 8 images, PyTorch's initial weights, one cell a stage",
    "zen": "a sample of classes, 8 noise inputs; authors' code reads running variances, ours the batch's own",
    "zico": "a sample of classes, two batches of 4 against two of 64 or more",
    "gradsign": "a sample of classes, 8 images, one cell a stage; the mean over weights where the paper sums",
    "az_nas": "32 images of 16x16 and one cell a stage (the benchmark has five)",
    "az_synflow": "32 images of 16x16 and one cell a stage (the benchmark has five)",
    "vkdnw_single": "8 images against 64, one cell a stage; the authors' code is vkdnw_released",
    "vkdnw_aggregated": "8 images for the Fisher information against 64, 32 for the rest, one cell a stage",
    "expressivity": "32 images of 16x16 and one cell a stage",
    "progressivity": "32 images of 16x16 and one cell a stage",
    "trainability": "32 images of 16x16 and one cell a stage",
    "params": "the same count: a difference is one of cells judged",
    "macs": "the same count: a difference is one of cells judged",
    "layers": "the same count: a difference is one of cells judged",
}


def beside(kept: Kept) -> pd.DataFrame:
    """Published taus beside ours, shallow and deep: a row a score, work and data set.

    AZ-NAS reports on all cells, the table of VKDNW on those without idle edges.
    """
    claims = published.read()
    claims = claims[
        claims["key"].str.contains("/tau_") & claims["source"].str.contains("NAS-Bench|Table 1|Figure 3")
    ].copy()
    parts = claims["key"].str.extract(r"^(?P<work>\w+)/tau_(?P<score>\w+)_(?P<dataset>c10|c100|in16)$")
    claims = claims.join(parts).dropna(subset="score")
    claims["subset"] = np.where(claims["work"] == "tybl2025vkdnw", "reachable", "all")
    on = ["score", "dataset", "subset"]
    frame = kept.quality.frame
    ours = frame.query("inputs == 'images'")[[*on, "tau", "cells"]]
    deep = frame.query("inputs == 'deep'")[[*on, "tau"]].rename(columns={"tau": "deep"})
    told = claims.merge(ours, on=on).merge(deep, on=on, how="left")
    return told.assign(
        **{"difference": told["tau"] - told["figure"], "difference, deep": told["deep"] - told["figure"]}
    )


def all_beside(told: pd.DataFrame) -> pd.DataFrame:
    """Every row of :func:`beside` in words."""
    return _worded(told).drop(columns="what differs").sort_index()


def largest_apart(told: pd.DataFrame) -> pd.DataFrame:
    """The widest difference of each score and work, where it is above .03, with what in our setting is not theirs."""
    far = told[told["difference"].abs() > FAR]
    worst = far.assign(size=far["difference"].abs()).sort_values("size").groupby(["work", "score"]).tail(1)
    if missing := set(worst["score"]) - set(DIFFERS):
        raise LucioleError(f"a difference above {FAR} needs a word: {', '.join(sorted(missing))}")
    return _worded(worst[::-1])


def _worded(told: pd.DataFrame) -> pd.DataFrame:
    signed = "{:+.3f}".format
    return pd.DataFrame(
        {
            "of": told["work"].map(lambda work: WORKS.get(work, work)),
            "data set": told["dataset"].map(judging.DATASETS),
            "published": told["figure"],
            "ours": told["tau"],
            "difference": told["difference"].map(signed),
            "ours, deep": told["deep"],
            "what differs": told["score"].map(DIFFERS),
        }
    ).set_index(pd.Index(told["score"].map(word)))


def beside_numbers(told: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about published figures beside ours."""
    large = told[told["difference"].abs() > FAR]
    layers = told[(told["work"] == "tybl2025vkdnw") & (told["score"] == "layers")]["difference"]
    return {
        "large": f"{large.groupby(['work', 'score']).ngroups}",
        "compared": f"{told.groupby(['work', 'score']).ngroups}",
        "layers_gap": f"{layers.abs().max():.3f}",
    }


def recorded(benchmark: str) -> pd.DataFrame:
    """What a benchmark of scores recorded, a row a question, by its name."""
    kept = json.loads((files.results() / "benchmarks.json").read_text(encoding="utf-8"))
    rows = {key.removeprefix(f"{benchmark}."): row for key, row in kept.items() if key.startswith(f"{benchmark}.")}
    return pd.DataFrame.from_dict(rows, orient="index")


def tracing() -> pd.DataFrame:
    """What seeing each call of a network adds to a score, in per cent, and whether that is little enough."""
    heads = {"what": "what is traced", "measured": "adds (%)", "target": "asked for", "met": "met"}
    return recorded("tracing")[list(heads)].rename(columns=heads)


def peers() -> pd.DataFrame:
    """Codes of authors run beside ours on the same networks and batch: agreement, and milliseconds of each."""
    heads = {"what": "score and agreement", "peer_name": "code", "measured": "ours (ms)", "peer": "theirs (ms)"}
    return recorded("scores_peers")[list(heads)].rename(columns=heads).set_index("score and agreement")


def gradsign_numbers(kept: Kept, accuracy: NDArray[np.float64]) -> dict[str, str]:
    """Rank correlation with ``accuracy`` (15625,) of GradSign as a mean, as a sum, and of the number of weights."""
    signed = kept.scores.frame.dropna(subset="images.gradsign.0")
    cells = nb201.prune(nb201.all_cells()[signed["index"]])
    sizes = np.array([sum(map(math.prod, lean.shapes(row.tolist(), scoring.SKELETON))) for row in cells])
    means, reached = signed["images.gradsign.0"].to_numpy(dtype=float), accuracy[signed["index"]]
    known = ~np.isnan(reached)
    forms = {"mean": means, "sum": means * sizes, "size": sizes}
    told = {f"gradsign_{form}": f"{judge(values[known], reached[known])['rho']:+.2f}" for form, values in forms.items()}
    return told | {"gradsign_classes": f"{int(known.sum())}"}
