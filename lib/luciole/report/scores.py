"""What chapter 4 says of training-free scores on NAS-Bench-201: how they rank, what they cost, what is at the top.

    kept = Kept.read()
    kept.tau["deep", "one_pass", "c10"]      # Kendall's tau, by inputs, score and data set

Everything here reads committed results, whose accuracies are those of the original table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results
from luciole.experiments.nb201 import quality as judging
from luciole.experiments.nb201 import stages as scoring
from luciole.scores import SCORES
from luciole.scores.cells import MEASURES

DEPTHS = {"images": "shallow", "deep": "deep"}  # one cell a stage; five
DERIVED = ("vkdnw_single", "swap_regularised")  # of other scores, and not among the single ones
WORDS = {
    "params": "parameters",
    "macs": "MACs",
    "tensors": "tensors of weights",
    "naswot": "NASWOT",
    "icd": "ICD",
    "icd_relu": "ICD, ReLUs",
    "swap": "SWAP",
    "swap_regularised": "SWAP, regularised",
    "jacov": "Jacobian covariance",
    "epe_nas": "EPE-NAS",
    "grad_norm": "gradient norm",
    "snip": "SNIP",
    "fisher": "Fisher",
    "fisher_published": "Fisher, as published",
    "l2_norm": "norm of the weights",
    "synflow": "SynFlow",
    "logsynflow": "LogSynFlow",
    "meco": "MeCo",
    "vkdnw": "VKDNW",
    "vkdnw_single": "VKDNW with size",
    "vkdnw_released": "VKDNW, released code",
    "vkdnw_released_single": "VKDNW with size, released code",
    "vkdnw_released_aggregated": "VKDNW's set, released code",
    "zen": "Zen",
    "zico": "ZiCo",
    "grasp": "GraSP",
    "gradsign": "GradSign, mean",
    "gradsign_mean": "GradSign, mean",
    "knas": "KNAS",
    "ntk": "tangent kernel",
    "linear_regions": "linear regions",
    "az_nas": "AZ-NAS",
    "az_synflow": "AZ-NAS and SynFlow",
    "vkdnw_aggregated": "VKDNW, aggregated",
    "union_meco": "union and MeCo",
    "one_pass": "one pass",
    "one_pass_meco": "one pass and MeCo",
    "aspects": "one an aspect",
}


def word(name: str, inputs: str = "images") -> str:
    """A score as people write it, its depth beside it where that is the benchmark's own.

    >>> word("one_pass_meco", "deep"), word("depth")
    ('one pass and MeCo (deep)', 'depth')
    """
    return WORDS.get(name, name.replace("_", " ")) + (" (deep)" if inputs == "deep" else "")


@dataclass(frozen=True)
class Kept:
    """The committed results behind the chapter: scores of all cells, their quality, their costs."""

    scores: results.Result
    quality: results.Result
    costs: results.Result

    @classmethod
    def read(cls) -> "Kept":
        """Read the three results."""
        return cls(*(results.read(f"nb201/{name}") for name in ("scores", "quality", "costs")))

    @property
    def stale(self) -> list[str]:
        """Why any of them, or the figures at the published setting, are stale, a line each."""
        runs = {"scores": self.scores, "quality": self.quality, "costs": self.costs}
        runs |= {"published_quality": results.read("nb201/published_quality")}
        return [
            f"nb201/{name}: {reason}; run `luciole run nb201/{'published' if 'published' in name else 'scores'}`"
            for name, result in runs.items()
            for reason in result.stale
        ]

    @cached_property
    def found(self) -> Mapping[str, NDArray[np.float64]]:
        """Every shallow score of seed 0 on all cells, (15625,) each."""
        return scoring.spread(self.scores.frame)

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Which cells are judged, (15625,)."""
        return judging.scored(self.found)

    @cached_property
    def everywhere(self) -> pd.DataFrame:
        """Quality over all cells by inputs, score and data set."""
        return self.quality.frame.query("subset == 'all'").set_index(["inputs", "score", "dataset"]).sort_index()

    @cached_property
    def tau(self) -> Any:
        """Kendall's tau by inputs, score and data set."""
        return self.everywhere["tau"]

    @cached_property
    def ms(self) -> dict[tuple[str, str], float]:
        """Milliseconds of one core by inputs and score; counts are closed forms and have none."""
        told = self.costs.frame.set_index(["inputs", "score"])["milliseconds"].to_dict()
        return told | {("images", "linear_regions"): told["regions", "linear_regions"]}

    @cached_property
    def single(self) -> list[str]:
        """Names of the single shallow scores and counts."""
        judged = self.tau.xs("c10", level="dataset")["images"].index
        return [name for name in judged if name not in scoring.COMBINATIONS and name not in DERIVED]


def needs(kept: Kept) -> pd.DataFrame:
    """What each score asks for, milliseconds of one core and joules (estimate): a row a score."""
    joules = kept.costs.frame.set_index(["inputs", "score"])["joules"].to_dict()
    rows = {}
    for name, score in SCORES.items():
        place = ("regions" if name == "linear_regions" else "images", name)
        if place in joules or name in MEASURES:
            price = kept.ms.get(("images", name))
            rows[word(name)] = {
                "images": "yes" if score.data else "",
                "labels": "yes" if score.labels else "",
                "gradients": "yes" if score.gradients else "",
                "ms of one core": "closed form" if price is None else f"{price:.3g}",
                "joules (estimate)": f"{joules[place]:.2g}" if place in joules else "–",
            }
    return pd.DataFrame(rows).T


def price_numbers(kept: Kept) -> dict[str, str]:
    """Numbers of the sentences about what is covered and what passes cost that scores share."""
    group = [kept.ms["images", name] for name in scoring.SHARED]
    return {
        "group_size": f"{len(group)}",
        "together_ms": f"{kept.ms['images', 'all of images']:.0f}",
        "apart_ms": f"{sum(group):.0f}",
        "own_ms": f"{kept.ms['images', 'all of own']:.0f}",
        "judged": f"{int(kept.judged.sum()):,}",
        "failed": f"{kept.scores.provenance.parameters['failed']}",
    }


def champions(kept: Kept) -> tuple[str, str]:
    """The single shallow score and the deep combination of highest tau on CIFAR-10."""
    alone = kept.tau["images"].xs("c10", level="dataset")[kept.single]
    together = kept.tau["deep"].xs("c10", level="dataset")[list(scoring.COMBINATIONS)]
    return str(alone.idxmax()), str(together.idxmax())


def rank_numbers(kept: Kept, training_ms: float) -> dict[str, str]:
    """Numbers of the sentences about how well scores rank, beside twelve epochs of training of ``training_ms``."""
    tau: Any = kept.tau
    champion, best = champions(kept)
    shown, deep = (tau[inputs].xs("c10", level="dataset") for inputs in DEPTHS)
    gained = deep - shown.reindex(deep.index)
    sets = list(scoring.COMBINATIONS)
    at: Any = kept.everywhere.loc
    top, trained = at["deep", best, "c10"], at["training", "12 epochs", "c10"]
    on_all = {
        group: " / ".join(f"{tau[group, 'az_synflow', name]:.3f}" for name in judging.DATASETS) for group in DEPTHS
    }
    return {
        "champion": word(champion),
        "champion_tau": f"{shown[champion]:.3f}",
        "champion_ms": f"{kept.ms['images', champion]:.0f}",
        "champion_against": "more" if shown[champion] > trained["tau"] else "less",
        "layers_tau": f"{shown['layers']:.3f}",
        "trained_tau": f"{trained['tau']:.3f}",
        "trained_ratio": f"{training_ms / kept.ms['images', champion]:,.0f}",
        "best_deep": word(best),
        "best_deep_tau": f"{top['tau']:.3f}",
        "best_deep_ms": f"{kept.ms['deep', best]:.0f}",
        "best_deep_ratio": f"{training_ms / kept.ms['deep', best]:,.0f}",
        "top_overlap": f"{100 * top['overlap']:.1f}",
        "top_ndcg": f"{top['ndcg']:.2f}",
        "top_regret": f"{top['regret']:.2f}",
        "trained_overlap": f"{100 * trained['overlap']:.0f}",
        "trained_ndcg": f"{trained['ndcg']:.2f}",
        "trained_regret": f"{trained['regret']:.2f}",
        "deep_scores": f"{len(scoring.DEEP)}",
        "deep_scores_up": f"{int((gained[list(scoring.DEEP)] > 0).sum())}",
        "deep_sets": f"{len(sets)}",
        "deep_sets_up": f"{int((gained[sets] > 0).sum())}",
        "swap_tau": f"{shown['swap']:.3f}",
        "swap_regularised_tau": f"{shown['swap_regularised']:.3f}",
        "az_synflow_tau": on_all["images"],
        "az_synflow_deep": on_all["deep"],
    }


def top(kept: Kept) -> pd.DataFrame:
    """Every score on CIFAR-10: its whole ranking and its top, all cells; tau and rho of those without idle edges."""
    both = kept.quality.frame.query("inputs in ['images', 'deep', 'training'] and dataset == 'c10'")
    rows = {}
    for key, part in both.groupby(["inputs", "score"]):
        inputs, score = map(str, key)
        every, whole = (part[part["subset"] == subset].iloc[0] for subset in judging.SUBSETS)
        rows[word(score, inputs) if inputs != "training" else f"{score} of training"] = {
            "tau": every["tau"],
            "rho": every["rho"],
            "nDCG": every["ndcg"],
            "overlap of the top 1 % (%)": 100 * every["overlap"],
            "regret of ten (points)": every["regret"],
            "tau, no idle edge": whole["tau"],
            "rho, no idle edge": whole["rho"],
            "cells": int(every["cells"]),
        }
    return pd.DataFrame(rows).T.astype({"cells": int}).sort_values("tau", ascending=False)


def top_in_short(table: pd.DataFrame) -> pd.DataFrame:
    """Of :func:`top` what the prose speaks of: both trainings, the best sets, the best single scores, some counts."""
    named = [
        *("200 epochs of training", "one pass and MeCo (deep)", "one pass (deep)", "union (deep)", "union"),
        *("MeCo", "progressivity", "NASWOT", "12 epochs of training", "SynFlow", "parameters", "depth"),
    ]
    heads = ["tau", "rho", "nDCG", "overlap of the top 1 % (%)", "regret of ten (points)"]
    return table.loc[named, heads]


def top_numbers(kept: Kept) -> dict[str, str]:
    """Numbers of the sentences about the top of the rankings; a sample's ten are not ten of the space."""
    rows = kept.everywhere.xs("c10", level="dataset").loc[[*DEPTHS]]
    regret: Any = rows.loc[rows["cells"] == kept.judged.sum(), "regret"]
    inputs, least = regret.idxmin()
    return {
        "least_regret": word(least, inputs),
        "least_regret_points": f"{regret.min():.2f}",
        "union_regret": f"{regret['images', 'union']:.2f}",
        "union_deep_regret": f"{regret['deep', 'union']:.2f}",
        "depth_regret": f"{regret['images', 'depth']:.2f}",
    }
