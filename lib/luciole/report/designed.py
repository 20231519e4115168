"""What the chapter on your own data says of designs made in minutes: each beside what it is held against."""

import math
from collections.abc import Mapping

import pandas as pd

from luciole.design.outcome import DELIVERED, interval
from luciole.experiments.har import designed
from luciole.report import titles


def people(frame: pd.DataFrame, dataset: str, model: str) -> pd.DataFrame:
    """A row a person whom a model was tested on: windows, and the share recognised, the mean over seeds."""
    mine = frame[(frame["dataset"] == dataset) & (frame["model"] == model)]
    each = mine.assign(share=mine["right"] / mine["windows"]).groupby("person")
    return each[["windows", "share"]].mean()


def accuracy(frame: pd.DataFrame, dataset: str, model: str) -> float:
    """Share of all tested windows that a model recognises, the mean over seeds; NaN where it had no time."""
    told = people(frame, dataset, model)
    return float((told["share"] * told["windows"]).sum() / told["windows"].sum()) if len(told) else float("nan")


def standing(frame: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """A row a data set that was designed for, with its target; per cent and points.

    frame: of ``har/designed``. models: of ``har/models``, the committed networks. ``difference`` has a standard
    error over people where both answered for the same ones.
    """
    rows = {}
    for name in frame["dataset"].unique():
        mine = accuracy(frame, name, DELIVERED)
        low, high = interval(people(frame, name, DELIVERED)["share"].tolist())
        within = ""
        if name in designed.COMMITTED:
            against, asked = designed.COMMITTED[name], -designed.POINTS
            kept = models[(models["dataset"] == name) & (models["model"] == against)]
            other = float(kept["accuracy"].mean())
        else:
            against, asked, other = designed.FOREST, 0.0, accuracy(frame, name, designed.FOREST)
            apart = (people(frame, name, DELIVERED)["share"] - people(frame, name, against)["share"]).dropna()
            if len(apart) > 1:
                within = f" ± {100 * apart.std(ddof=1) / math.sqrt(len(apart)):.1f}"
        macs = frame.loc[(frame["dataset"] == name) & (frame["model"] == DELIVERED), "macs"].iloc[0]
        met = "met" if 100 * (mine - other) >= asked else "not met"
        rows[f"{titles.SENSORS[name]}, {designed.MINUTES[name]:g} minutes"] = {
            "found (%)": f"{100 * mine:.1f}",
            "95 % over people": f"{100 * low:.1f} to {100 * high:.1f}",
            "MACs": int(macs),
            "beside": f"{against}: {100 * other:.1f}",
            "difference (points)": f"{100 * (mine - other):+.1f}{within}",
            "target": f"{asked:+.1f} or more: {met}",
        }
    return pd.DataFrame(rows).T


def numbers(frame: pd.DataFrame, models: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of them."""
    told = standing(frame, models)
    met = int(told["target"].str.endswith(": met").sum())
    best = [f"{titles.SENSORS[name]}: {_first(frame, name)}" for name in frame["dataset"].unique()]
    return {
        "designed_sets": str(len(told)),
        "designed_planned": str(len(designed.MINUTES)),
        "designed_met": str(met),
        "designed_first": "; ".join(best),
    }


def _first(frame: pd.DataFrame, dataset: str) -> str:
    """The model that recognises most of a data set, and how much."""
    models = frame.loc[frame["dataset"] == dataset, "model"].unique()
    most, name = max((accuracy(frame, dataset, model), model) for model in models)
    return f"{'the network delivered' if name == DELIVERED else name}, {100 * most:.1f} %"
