"""What the chapter on your own data says of two trials: a public set never seen before, and learning from a rival."""

import math
from collections.abc import Mapping

import pandas as pd

from luciole import results
from luciole.design.outcome import DELIVERED, interval
from luciole.experiments.har import distilled, unseen
from luciole.report.designed import accuracy, people

NOT_YET = "It was not run yet; its protocol is that of luciole run {}."


def said() -> Mapping[str, str]:
    """A sentence on each trial: what came out by the committed results, or that it was not run."""
    there = results.names()
    told = {"trial_unseen": NOT_YET.format(unseen.NAME), "trial_distilled": NOT_YET.format(distilled.NAME)}
    if unseen.NAME in there:
        now = unseen_numbers(results.read(unseen.NAME).frame)
        told["trial_unseen"] = (
            f"Of {now['unseen_people']} people's {now['unseen_windows']} windows the network delivered "
            f"({now['unseen_macs']} multiply-accumulates) recognises {now['unseen_found']} % (95 % over people: "
            f"{now['unseen_interval']}). The best classical model is {now['unseen_classical']}: a difference of "
            f"{now['unseen_difference']} ± {now['unseen_error']} points over people; the target, at least as much, is "
            f"{now['unseen_target']}. No model recognises more than {now['unseen_most']} % and the largest class alone "
            f"has {now['unseen_majority']} %: of somebody new, these ways to walk hardly tell."
        )
    if distilled.NAME in there:
        now = distilled_numbers(results.read(distilled.NAME, part=True).frame)
        told["trial_distilled"] = (
            f"In {now['distilled_trainings']} trainings the best share of the forest's, {now['distilled_weight']} %, "
            f"brings {now['distilled_chosen']} points on validation people, by which the rule says "
            f"{now['distilled_kept']}, and {now['distilled_tested']} on those tested."
        )
    return told


def gain(apart: pd.Series) -> tuple[float, float]:
    """Mean and standard error of differences over people, in points.

    >>> gain(pd.Series([0.01, 0.03]))
    (2.0, 1.0)
    """
    return round(100 * float(apart.mean()), 9), round(100 * float(apart.std(ddof=1)) / math.sqrt(len(apart)), 9)


def contest(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a model of ``har/unseen``, the best first: per cent, interval over people, points before or behind."""
    rows = {}
    mine = people(frame, unseen.DATASET, DELIVERED)["share"]
    for model in frame["model"].unique():
        share = people(frame, unseen.DATASET, model)["share"]
        low, high = interval(share.tolist())
        before, error = gain(mine - share)
        rows["the network delivered" if model == DELIVERED else model] = {
            "accuracy (%)": 100 * accuracy(frame, unseen.DATASET, model),
            "from": 100 * low,
            "to (95 %)": 100 * high,
            "delivered before it (points)": "–" if model == DELIVERED else f"{before:+.1f} ± {error:.1f}",
        }
    return pd.DataFrame(rows).T.rename_axis("model").sort_values("accuracy (%)", ascending=False, kind="stable")


def unseen_numbers(frame: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of the unseen set, its target read out."""
    found = accuracy(frame, unseen.DATASET, DELIVERED)
    best, name = max(
        (accuracy(frame, unseen.DATASET, model), model) for model in unseen.CLASSICAL if model in set(frame["model"])
    )
    told = people(frame, unseen.DATASET, DELIVERED)
    low, high = interval(told["share"].tolist())
    each = {str(model): accuracy(frame, unseen.DATASET, str(model)) for model in frame["model"].unique()}
    _, error = gain(told["share"] - people(frame, unseen.DATASET, name)["share"])
    return {
        "unseen_people": str(len(told)),
        "unseen_windows": f"{int(told['windows'].sum()):,}",
        "unseen_found": f"{100 * found:.1f}",
        "unseen_interval": f"{100 * low:.1f} to {100 * high:.1f}",
        "unseen_macs": f"{int(frame.loc[frame['model'] == DELIVERED, 'macs'].iloc[0]):,}",
        "unseen_classical": f"{name}, {100 * best:.1f} %",
        "unseen_difference": f"{100 * (found - best):+.1f}",
        "unseen_error": f"{error:.1f}",
        "unseen_most": f"{100 * max(each.values()):.1f}",
        "unseen_majority": f"{100 * each['majority']:.1f}" if "majority" in each else "–",
        "unseen_target": "met" if found >= best else "not met",
    }


def distilled_gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Points that a share of the forest's probabilities brings over labels alone, over people: a row a share."""
    each = frame.assign(share=frame["right"] / frame["windows"]).groupby(["side", "person", "weight"])["share"].mean()
    rows = {}
    for weight in sorted(set(frame["weight"]) - {0.0}):
        row = {}
        for side, name in enumerate(distilled.SIDES):
            shares = each.loc[side].unstack("weight")
            mean, error = gain(shares[weight] - shares[0.0])
            row[name], row[f"{name} error"] = mean, error
        rows[weight] = row
    return pd.DataFrame(rows).T.rename_axis("weight")


def distilled_numbers(frame: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of distillation, kept or not by the rule that was fixed before."""
    gains = distilled_gains(frame)
    at = int(gains["validation"].to_numpy().argmax())
    best, row = gains.index.to_numpy(dtype=float)[at], gains.iloc[at]
    return {
        "distilled_weight": f"{100 * best:.0f}",
        "distilled_chosen": f"{row['validation']:+.1f} ± {row['validation error']:.1f}",
        "distilled_tested": f"{row['test']:+.1f} ± {row['test error']:.1f}",
        "distilled_kept": "kept" if row["validation"] > 2 * row["validation error"] else "not kept",
        "distilled_trainings": str(len(frame.groupby([*distilled.KEY, "weight"]))),
    }
