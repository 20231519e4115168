"""The four limits of differentiable search as the chapter tells them: thresholds, what was measured, verdicts.

Thresholds and verdicts are those of :mod:`luciole.experiments.supernet.protocol` and ``limits``, committed before the
first search. While searches are missing, what can be said of those that are there is said, and marked.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.supernet import horizon, limits, protocol
from luciole.report.differentiable import Held, depth, kinds, width
from luciole.spaces import nb201

SETTINGS = len(protocol.RATES) * len(protocol.DECAYS)  # of limit (a): rates and L2
LONGER = ("last 5 steps", "last 20 steps", "Neumann, 20 terms", "conjugate gradients, 20")  # beside the last step alone
NAMES = {"a": "weight-free operations", "b": "co-adaptation", "c": "discretisation", "d": "short horizon"}


def thresholds() -> pd.DataFrame:
    """What was written down before the first search: quantity, when a limit counts as present, what refutes it."""
    return pd.DataFrame(
        {
            f"({letter}) {NAMES[letter]}": {
                "the literature says": limit.says,
                "quantity": limit.quantity,
                "present if": limit.present,
                "refuted if": limit.refuted,
            }
            for letter, limit in protocol.LIMITS.items()
        }
    ).T.rename_axis("limit")


def verdicts(held: Held, truth: str) -> pd.DataFrame:
    """A row a limit: what was measured in words, by how much of the planned searches, and the verdict."""
    accuracy = protocol.TRUTHS[truth].accuracy()
    mixtures = [kind.method for kind in kinds(held, truth) if kind.method in limits.MIXTURES]
    asks: dict[str, tuple[Callable[[], limits.Judged], str]] = {
        "a": (lambda: limits.weight_free(held, truth), f"{SETTINGS} settings"),
        "b": (lambda: limits.co_adaptation(held, truth, accuracy), "DARTS"),
        "c": (
            lambda: limits.discretisation(held, truth, mixtures),
            f"{len(mixtures)} of {len(limits.MIXTURES)} methods with a mixture",
        ),
    }
    rows = {}
    for letter, (ask, searches) in asks.items():
        try:
            found = ask()
            rows[letter] = {"measured": _words(found.quantities), "searches": searches, "verdict": found.verdict}
        except LucioleError:
            rows[letter] = {"measured": "–", "searches": "not all are there", "verdict": "not judged"}
    if rows["a"]["verdict"] == "not judged" and "DARTS" in mixtures:
        rows["a"] = _ratio_alone(held, truth)
    choices, curve = (results.read(f"supernet/{name}").frame for name in ("choices", "quadratic"))
    ratio = curve[(curve["start"] == 1.0) & (curve["steps"] == 1_000)]["ratio"].item()
    ahead = ", ".join(f"{name} {100 * share:+.1f} %" for name, share in shortsighted(choices).items())
    rows["d"] = {
        "measured": f"noisy quadratic {ratio:.1f} times the best loss; {ahead}",
        "searches": f"{len(shortsighted(choices)) + 1} problems",
        "verdict": horizon.judged(choices, curve),
    }
    return pd.DataFrame({f"({letter}) {NAMES[letter]}": row for letter, row in rows.items()}).T.rename_axis("limit")


def _words(quantities: Mapping[str, float]) -> str:
    """Quantities in words, an interval in brackets behind what it is of, or behind all where it has no name."""
    told: list[tuple[str, str]] = []
    intervals: dict[str, list[str]] = {}
    for name, value in quantities.items():
        of, _, end = name.rpartition(", ")
        if end in ("low", "high"):
            intervals.setdefault(of, []).append(f"{value:.2f}")
        else:
            told.append((name, f"{name} {value:.2g}"))
    said = [text + (f" [{', '.join(intervals.pop(name))}]" if name in intervals else "") for name, text in told]
    return ", ".join([*said, *(f"difference [{', '.join(ends)}]" for ends in intervals.values())])


def _ratio_alone(held: Held, truth: str) -> dict[str, str]:
    """The half of limit (a) that needs no other settings; a ratio whose interval is below 1 refutes it alone."""
    ratio = gradient_ratio(held, next(kind for kind in kinds(held, truth) if kind.method == "DARTS"))
    low, high = limits.interval(ratio)
    quantities = {"ratio": float(ratio.mean()), "ratio, low": low, "ratio, high": high}
    verdict = "refuted" if high < 1 else "not judged"
    return {"measured": _words(quantities), "searches": f"DARTS, one setting of {SETTINGS}", "verdict": verdict}


def gradient_ratio(held: Held, kind: protocol.Search) -> NDArray[np.float64]:
    """Mean gradient by the gates without weights over that by those with, at the epochs of limit (a), (K,)."""
    early = limits.array(held, kind, "gradients")[[protocol.EVERY, 2 * protocol.EVERY]].mean(axis=(0, 2))  # (K, ops)
    return (early[:, limits.FREE].mean(axis=1) / early[:, limits.WEIGHTED].mean(axis=1)).astype(np.float64)


def shortsighted(choices: pd.DataFrame) -> dict[str, float]:
    """By how much the validation loss that one step leads to is above the exact hypergradient's, a share a problem."""
    loss = choices.pivot(index="problem", columns="hypergradient", values="validation loss")
    return {str(name): float(share) for name, share in (loss["last 1 step"] / loss["reverse"] - 1).items()}


def remedies(held: Held, truth: str) -> pd.DataFrame:
    """A row a method: what becomes of each limit's symptom under it, and of the cell that it names."""
    rows = {}
    for kind in kinds(held, truth):
        cells = limits.array(held, kind, "cells")[-1]
        mixture, named = (limits.array(held, kind, name)[-1] for name in ("mixture", "named"))
        mixed = kind.method in limits.MIXTURES  # elsewhere no mixture is trained, so none is cut
        rows[kind.method] = {
            "(a) gradient ratio": float(np.mean(gradient_ratio(held, kind))),
            "(b) tau of shared weights": float(np.mean(limits.array(held, kind, "tau")[-1])),
            "(c) points lost when cut": float(100 * np.mean(mixture - named)) if mixed else np.nan,
            "skips": float((cells == nb201.SKIP).sum(axis=1).mean()),
            "nones": float((cells == nb201.NONE).sum(axis=1).mean()),
            "depth": float(depth(cells).mean()),
            "width": float(width(cells).mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def hypergradients(frame: pd.DataFrame, steps: int = 40) -> pd.DataFrame:
    """A row a hypergradient after ``steps`` of training: cosine with the exact one on each problem, time, memory."""
    mine = frame[frame["steps"] == steps]
    cosine = mine.pivot(index="hypergradient", columns="problem", values="cosine")
    exact = mine[mine["hypergradient"] == "reverse"].set_index("problem")
    beside = mine.join(exact[["seconds", "bytes"]], on="problem", rsuffix=" exact")
    times = (beside["seconds"] / beside["seconds exact"]).groupby(beside["hypergradient"]).median()
    memory = (beside["bytes"] / beside["bytes exact"]).groupby(beside["hypergradient"]).median()
    cosine.columns = [f"cosine, {name}" for name in cosine.columns]
    return cosine.assign(**{"time, times the exact": times, "memory, times the exact": memory}).reindex(
        [name for name in horizon.ESTIMATES if name in cosine.index]
    )


def numbers(held: Held, truth: str, choices: pd.DataFrame, curve: pd.DataFrame) -> dict[str, str]:
    """What the prose says of limits: the worst that one step leads to, the quadratic, the remedy with fewest skips."""
    ratio = curve[(curve["start"] == 1.0) & (curve["steps"] == 1_000)]["ratio"].item()
    mended = remedies(held, truth)
    told = {
        "diff_short": f"{100 * max(shortsighted(choices).values()):.1f}",
        "diff_quadratic": f"{ratio:.1f}",
        "diff_verdict_d": horizon.judged(choices, curve),
    }
    skips, deep = mended["skips"].astype(float), mended["depth"].astype(float)
    told["diff_remedy"] = (
        f"the fewest skips are {skips.idxmin()}'s ({skips.min():.1f}), the deepest cells "
        f"{deep.idxmax()}'s ({deep.max():.1f}), beside {skips['DARTS']:.1f} and {deep['DARTS']:.1f} of DARTS"
    )
    return told


def one_step(horizons: pd.DataFrame) -> dict[str, str]:
    """Cosine with the exact hypergradient, and share of its length, of the last step alone at the longest horizon."""
    longest = int(horizons["steps"].max())
    mine = horizons[(horizons["steps"] == longest) & (horizons["hypergradient"] == "last 1 step")]
    told = {name: (float(mine[name].min()), float(mine[name].max())) for name in ("cosine", "length")}
    return {
        "diff_horizon": str(longest),
        "diff_cosine": f"{told['cosine'][0]:.2f} to {told['cosine'][1]:.2f}",
        "diff_length": f"{told['length'][0]:.2f} to {told['length'][1]:.2f}",
        "diff_closer": closer(horizons),
    }


def closer(horizons: pd.DataFrame) -> str:
    """Which of :data:`LONGER` have a higher cosine than one step on every problem at the longest horizon, in words."""
    mine = horizons[horizons["steps"] == horizons["steps"].max()]
    cosine = mine.pivot(index="hypergradient", columns="problem", values="cosine")
    better = [name for name in LONGER if (cosine.loc[name] > cosine.loc["last 1 step"]).all()]
    rest = [name for name in LONGER if name not in better]
    return f"on every problem {', '.join(better) or 'none'}, not on every one {', '.join(rest) or 'none'}"
