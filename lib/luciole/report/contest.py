"""What the results of :mod:`luciole.experiments.har.search` say: tables of models, people, targets, published figures.

Everything here reads committed results.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from luciole import published
from luciole.costs.latency import Latency
from luciole.experiments.har import protocol as har_protocol
from luciole.report import titles
from luciole.sensors.deploy import Gain

TITLES = titles.of("uci_har", "wisdm")
LIMIT = 53_079  # multiply-accumulates of the smallest network found for UCI HAR
SMALL, LARGE = (har_protocol.found(limit) for limit in (LIMIT, 1_000_000))  # of UCI HAR
TARGETS = (  # fixed before: text, model of UCI HAR, metric, at least (%)
    ("UCI HAR: macro-F1 under 1 M MACs", LARGE, "macro_f1", 96.0),
    ("UCI HAR: accuracy at no more than 53 k MACs", SMALL, "accuracy", 93.4),
)
FEWER_MACS = 10  # times, than the best hand-made network: the other target, on each data set
BESIDE = (  # key of a published figure, data set, our model, metric
    ("saha2024tinytnas/uci_har_accuracy", "uci_har", "TinyTNAS network", "accuracy"),
    ("ronao2016/uci_har_accuracy", "uci_har", "1-D CNN", "accuracy"),
    ("ignatov2018/uci_har_accuracy", "uci_har", LARGE, "accuracy"),
    ("whararena2026/uci_har_tinyhar", "uci_har", "TinyHAR-like", "macro_f1"),
    ("whararena2026/uci_har_cnn", "uci_har", LARGE, "macro_f1"),
    ("whararena2026/uci_har_tinierhar", "uci_har", SMALL, "macro_f1"),
    ("whararena2026/uci_har_deepconvlstm", "uci_har", "DeepConvLSTM (small)", "macro_f1"),
    ("whararena2026/uci_har_forest", "uci_har", "random forest", "macro_f1"),
    ("whararena2026/wisdm_dana", "wisdm", LARGE, "macro_f1"),
    ("whararena2026/wisdm_tinierhar", "wisdm", har_protocol.found(35_450), "macro_f1"),
    ("whararena2026/wisdm_forest", "wisdm", "random forest", "macro_f1"),
)


def by_set(frame: pd.DataFrame, row: str) -> pd.DataFrame:
    """Mean and deviation over seeds of accuracy in per cent, ``row`` (a column) by data set.

    >>> frame = pd.DataFrame({"dataset": "toy", "epochs": [1, 1, 2, 2], "accuracy": [0.5, 0.5, 0.6, 0.8]})
    >>> by_set(frame, "epochs")["toy"].round(1).values.tolist()
    [[50.0, 0.0], [70.0, 14.1]]
    """
    told = {
        name: group.groupby(row, sort=False)["accuracy"].agg(["mean", "std"]).mul(100)
        for name, group in frame.groupby("dataset", sort=False)
    }
    return pd.concat(told, axis=1)


def worth(candidates: pd.DataFrame) -> pd.DataFrame:
    """One row a search: rank correlations of scores with accuracy after short training, and searched beside random."""
    rows = []
    for (name, limit), group in candidates.groupby(["dataset", "limit"], sort=False):
        row: dict[str, object] = {"data set": name, "limit": f"{limit:,}"}
        for score in ("skill", "merit", *har_protocol.WATCHED):
            usable = np.isfinite(group[score])
            row[score] = stats.spearmanr(group[score][usable], group["accuracy"][usable]).statistic
        for how, kept in (("searched", group["searched"]), ("random", ~group["searched"])):
            row[f"{how}, best (%)"] = 100 * group.loc[kept, "accuracy"].max()
            row[f"{how}, mean (%)"] = 100 * group.loc[kept, "accuracy"].mean()
        rows.append(row)
    return pd.DataFrame(rows).set_index(["data set", "limit"])


def standing(models: pd.DataFrame, deployed: pd.DataFrame) -> pd.DataFrame:
    """One row a data set and model, seeds averaged: shares, counts, training seconds, seconds and joules of a window.

    MACs and parameters are missing where a model has none (forests); joules are an estimate.
    """
    table = models.groupby(["dataset", "model"], sort=False).agg(
        seeds=("seed", "count"),
        accuracy=("accuracy", "mean"),
        spread=("accuracy", "std"),
        macro_f1=("macro_f1", "mean"),
        spread_f1=("macro_f1", "std"),
        macs=("macs", "first"),
        parameters=("parameters", "first"),
        seconds=("seconds", "mean"),
    )
    table[["macs", "parameters"]] = table[["macs", "parameters"]].astype(float).replace(-1, np.nan)
    whole = deployed[deployed["bits"] == 32].set_index(["dataset", "model"])
    return table.assign(latency=whole["latency"].reindex(table.index), joules=whole["joules"].reindex(table.index))


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The table of :func:`standing` in per cent, thousands and millionths, the best model of a data set first."""
    shown = pd.DataFrame(
        {
            "seeds": table["seeds"],
            "accuracy (%)": 100 * table["accuracy"],
            "± seeds": 100 * table["spread"],
            "macro-F1 (%)": 100 * table["macro_f1"],
            "± seeds (F1)": 100 * table["spread_f1"],
            "kMACs": table["macs"] / 1e3,
            "k weights": table["parameters"] / 1e3,
            "training (s)": table["seconds"],
            "µs a window": 1e6 * table["latency"],
            "µJ a window (estimate)": 1e6 * table["joules"],
        }
    ).rename(index=TITLES, level="dataset")
    return shown.sort_values(["dataset", "accuracy (%)"], ascending=[True, False])


def sizes(files: pd.DataFrame) -> pd.DataFrame:
    """One row a file: what a network weighs, scores and takes in 32 and in 8 bits; joules are an estimate.

    ``files`` has a row for each network (dataset, model) and number of bits, with its accuracy on the test windows.
    """
    return pd.DataFrame(
        {
            "network": _networks(files),
            "bits": files["bits"],
            "bytes, weights": files["weights"],
            "bytes, file": files["bytes"],
            "accuracy (%)": 100 * files["accuracy"],
            "macro-F1 (%)": 100 * files["macro_f1"],
            "µs a window": 1e6 * files["latency"],
            "µJ a window (estimate)": 1e6 * har_protocol.WATTS * files["latency"],
        }
    )


def eight_bits(files: pd.DataFrame) -> pd.DataFrame:
    """One row a network of the same files: points of accuracy lost in 8 bits, sizes and time beside 32, and its use."""
    rows = []
    for network, group in files.assign(network=_networks(files)).groupby("network", sort=False):
        whole, small = (group[group["bits"] == bits].iloc[0] for bits in (32, 8))
        latency = [Latency(one["latency"], one["low"], one["high"], 1, 1, 1, "cpu", "cpu") for one in (whole, small)]
        gained = Gain((int(whole["bytes"]), int(small["bytes"])), (latency[0], latency[1]))
        rows.append(
            {
                "network": network,
                "lost (points)": 100 * (whole["accuracy"] - small["accuracy"]),
                "weights, share": small["weights"] / whole["weights"],
                "file, share": small["bytes"] / whole["bytes"],
                "time, times": small["latency"] / whole["latency"],
                "smaller": gained.smaller,
                "faster": gained.faster,
                "kept": gained.kept,
            }
        )
    return pd.DataFrame(rows).set_index("network")


def _networks(files: pd.DataFrame) -> pd.Series:
    return files["dataset"].replace(TITLES) + ", " + files["model"]


def of(table: pd.DataFrame, name: str) -> dict[str, dict[str, Any]]:
    """The models of a data set, each with its row of :func:`standing`."""
    mine = table[table.index.get_level_values("dataset") == name].droplevel("dataset")
    return {str(model): dict(zip(mine.columns, row, strict=True)) for model, *row in mine.itertuples()}


def found_and_others(models: dict[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Names of the networks that a search found, and of the rest, the most accurate first."""
    order = sorted(models, key=lambda model: -models[model]["accuracy"])
    return [m for m in order if m.startswith("found")], [m for m in order if not m.startswith("found")]


def hand_made(models: dict[str, dict[str, Any]]) -> str:
    """Name of the most accurate network that no search found."""
    return next(model for model in found_and_others(models)[1] if np.isfinite(models[model]["macs"]))


def smaller(models: dict[str, dict[str, Any]]) -> list[str]:
    """Names of the networks found with FEWER_MACS times fewer than the best hand-made one, the most accurate first."""
    most = models[hand_made(models)]["macs"] / FEWER_MACS
    return [model for model in found_and_others(models)[0] if models[model]["macs"] <= most]


def over_seeds(model: dict[str, Any], metric: str) -> tuple[float, float]:
    """Mean of "accuracy" or "macro_f1" over seeds and its standard error, in per cent."""
    spread = model[{"accuracy": "spread", "macro_f1": "spread_f1"}[metric]]
    return 100 * model[metric], 100 * spread / float(np.sqrt(model["seeds"]))


def lacking(table: pd.DataFrame) -> list[str]:
    """Which trainings were planned and are not there, a line a model."""
    lines = []
    for name, plan in har_protocol.PLANS.items():
        models = of(table, name)
        ours = map(har_protocol.found, plan.limits)
        for model in (*ours, *har_protocol.BASELINES, *har_protocol.CLASSICAL):
            wanted = har_protocol.FEWER.get(model, len(har_protocol.SEEDS))
            have = models[model]["seeds"] if model in models else 0
            if have < wanted:
                lines.append(f"{TITLES.get(name, name)}: {model} {have} of {wanted}")
    return lines


def over_people(people: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Each network found against the most accurate other model, person by person, seeds averaged (Wilcoxon's test)."""
    rows = []
    for name, group in people.groupby("dataset", sort=False):
        models = of(table, str(name))
        mean = group.groupby(["model", "subject"])["accuracy"].mean().mul(100).unstack("subject")
        ours, others = found_and_others(models)
        rival = others[0]
        for model in ours:
            gap = mean.loc[model].to_numpy() - mean.loc[rival].to_numpy()
            rows.append(
                {
                    "data set": TITLES.get(str(name), str(name)),
                    "model": model,
                    "against": rival,
                    "mean gap (points)": gap.mean(),
                    "± standard error": gap.std(ddof=1) / np.sqrt(len(gap)),
                    "better on": f"{(gap > 0).sum()} of {len(gap)} people",
                    "p (Wilcoxon)": stats.wilcoxon(gap).pvalue if (gap != 0).any() else 1.0,
                    "fewer MACs": models[rival]["macs"] / models[model]["macs"],
                    "less energy (estimate)": models[rival]["joules"] / models[model]["joules"],
                }
            )
    return pd.DataFrame(rows)


def error_over_people(people: pd.DataFrame, name: str) -> pd.Series:
    """Standard error of each model's mean accuracy over the test people of a data set, in points, seeds averaged."""
    mine = people[people["dataset"] == name]
    mean = mine.groupby(["model", "subject"])["accuracy"].mean().mul(100).unstack("subject")
    return mean.sem(axis=1)


def targets(table: pd.DataFrame) -> pd.DataFrame:
    """What was asked for before anything was measured, what was measured, and whether that is enough."""
    rows = []
    for text, model, metric, wanted in TARGETS:
        seen, error = over_seeds(of(table, "uci_har")[model], metric)
        rows.append([text, f"{wanted:.1f} %", f"{seen:.2f} ± {error:.2f} %", seen >= wanted])
    for name in dict.fromkeys(table.index.get_level_values("dataset")):
        models = of(table, name)
        best = hand_made(models)
        rival = models[best]
        small = smaller(models)
        enough = [models[m]["accuracy"] >= rival["accuracy"] and models[m]["joules"] < rival["joules"] for m in small]
        said = [
            f"{m}: {100 * models[m]['accuracy']:.2f} % at {models[m]['joules'] / rival['joules']:.2f} of its energy"
            for m in small
        ]
        text = (
            f"{TITLES.get(name, name)}: the best hand-made network's accuracy ({best}) with {FEWER_MACS} times fewer "
            "MACs and less energy (estimate)"
        )
        rows.append([text, f"{100 * rival['accuracy']:.2f} %", "; ".join(said) or "none that small", any(enough)])
    told = pd.DataFrame(rows, columns=["target", "asked for", "measured", "verdict"])
    return told.assign(verdict=np.where(told["verdict"].astype(bool), "met", "missed"))


def beside_published(table: pd.DataFrame) -> pd.DataFrame:
    """Published figures, their protocol and how they were read, beside the nearest of ours, in per cent."""
    printed = published.read().set_index("key").to_dict("index")
    rows = []
    for key, name, model, metric in BESIDE:
        ours = 100 * of(table, name).get(model, {}).get(metric, np.nan)
        known = printed[key]
        source, _ = key.split("/")
        rows.append([source, known["protocol"], known["figure"], model, ours, ours - known["figure"], known["seen"]])
    columns = ["source", "protocol", "published (%)", "ours", "measured (%)", "difference", "read where"]
    return pd.DataFrame(rows, columns=columns)
