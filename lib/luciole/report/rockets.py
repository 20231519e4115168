"""What the chapter on your own data says of aeon's classifiers: each beside the network found for the same people."""

from collections.abc import Mapping

import pandas as pd

from luciole.design.outcome import interval
from luciole.experiments.har import rockets
from luciole.report import titles

FOUND = {"uci_har": "found, 53 k MACs", "wisdm": "found, 35 k MACs"}  # of har/models, the smallest


def shares(frame: pd.DataFrame, dataset: str, model: str) -> pd.Series:
    """The share of each test person's windows that a classifier recognises."""
    mine = frame[(frame["dataset"] == dataset) & (frame["model"] == model)].set_index("subject")
    return mine["right"] / mine["windows"]


def standing(frame: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """A row a data set and classifier, per cent of all test windows; the network found first.

    frame: of ``har/rockets``. models: of ``har/models``, whose accuracies are over the same people's windows.
    """
    rows = []
    for name, found in FOUND.items():
        kept = models[(models["dataset"] == name) & (models["model"] == found)]
        network = 100 * float(kept["accuracy"].mean())
        rows.append(
            {"data": titles.SENSORS[name], "model": found, "accuracy (%)": f"{network:.1f}", "95 % over people": "–",
             "windows learnt from": "all", "fitted (s)": "–", "a window (µs)": "–"}
        )  # fmt: skip
        for model, mine in frame[frame["dataset"] == name].groupby("model", sort=False):
            low, high = interval(shares(frame, name, str(model)).tolist())
            most = next(most for data, one, most in rockets.TASKS if (data, one) == (name, model))
            rows.append(
                {"data": titles.SENSORS[name], "model": str(model),
                 "accuracy (%)": f"{100 * mine['right'].sum() / mine['windows'].sum():.1f}",
                 "95 % over people": f"{100 * low:.1f} to {100 * high:.1f}",
                 "windows learnt from": f"{mine['learnt'].iloc[0]:,}" + " of all" * bool(most),
                 "fitted (s)": f"{mine['fit_seconds'].iloc[0]:.0f}",
                 "a window (µs)": f"{mine['answer_us'].iloc[0]:,.0f}"}
            )  # fmt: skip
    return pd.DataFrame(rows).set_index(["data", "model"])


def numbers(frame: pd.DataFrame, models: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says: the best of them on each data set and its distance from the network found, and the price."""
    told = []
    for name, found in FOUND.items():
        mine = frame[frame["dataset"] == name].groupby("model")[["right", "windows"]].sum()
        if mine.empty:
            continue
        each = 100 * mine["right"] / mine["windows"]
        kept = models[(models["dataset"] == name) & (models["model"] == found)]
        apart = float(each.max()) - 100 * float(kept["accuracy"].mean())
        told.append(f"on {titles.SENSORS[name]} {each.idxmax()}, {apart:+.1f} points from the network found")
    tasks = frame.groupby(["dataset", "model"])["fit_seconds"].first()
    left = [
        f"{model} on {titles.SENSORS[name]}" for name, model, _ in rockets.TASKS if (name, model) not in tasks.index
    ]
    return {
        "rockets_best": "; ".join(told),
        "rockets_minutes": f"{tasks.sum() / 60:.0f}",
        "rockets_left": ", ".join(left) or "nothing",
    }
