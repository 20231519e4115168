"""What chapter 5 says of luciole elsewhere: NAS-Bench-101, HAR-201, and networks trained for real."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import published, results, tables
from luciole.efficiency import league
from luciole.experiments.images import study as image_study
from luciole.report.better_firefly import Kept
from luciole.report.efficiency import METRICS

FOUND, TRANSFERRED, HAND = "found here", "found on CIFAR-10", "ResNet-like cell"
SETS = {"digits": "8×8 digits", "mnist": "MNIST", "fashion": "Fashion-MNIST", "cifar10": "CIFAR-10"}
FOR_IMAGES = ("luciole, 300", "luciole up to 90 MMACs, 300", "random search, 150", "IFA, released, 150")
ANY = "a random cell of the table"
CROWNS = ("bcr", "netscore", "mnasnet", "rank_sum", "error_merit", "merit")


def on_graphs() -> tuple[pd.DataFrame, dict[str, str]]:
    """Luciole and random search on NAS-Bench-101 by the best of k looked up, with the numbers of the sentences."""
    kept = results.read("firefly/luciole_nb101")
    bar = published.figure("mokhtari2022ifa/ifa_nb101")
    told = kept.provenance.parameters
    best = told["trained"]
    percent = {name: 100 * kept.arrays[name] for name in ("luciole", "random search")}  # (runs, k)
    rows = {
        f"{name}, of the best {k}" if k > 1 else name: {
            "accuracy (%)": reached[:, place].mean(),
            "deviation over runs": reached[:, place].std(ddof=1),
            "runs at the bar": f"{(reached[:, place] >= bar).sum()} of {len(reached)}",
        }
        for name, reached in percent.items()
        for place, k in enumerate(best)
    }
    numbers = {
        "graph_bar": f"{bar:.2f}",
        "graph_scored": f"{told['scored']}",
        "graph_seeds": f"{len(kept.arrays['seed'])}",
        "graph_last": f"{best[-1]}",
        "graph_verdict": "met" if percent["luciole"][:, 0].mean() >= bar else "missed",
        "graph_ms": f"{1000 * kept.arrays['seconds'].sum() / kept.arrays['networks'].sum():.0f}",
    }
    for name, key in (("luciole", "luciole"), ("random search", "random")):
        numbers |= {
            f"graph_{key}": f"{percent[name][:, 0].mean():.2f}",
            f"graph_{key}_sd": f"{percent[name][:, 0].std(ddof=1):.2f}",
            f"graph_{key}_last": f"{percent[name][:, -1].mean():.2f}",
        }
    return pd.DataFrame(rows).T, numbers


def worn(kept: Kept) -> pd.DataFrame:
    """Test macro-F1 (%) on WISDM of every cell chosen, for images and for sensors, and of random cells: a row a run."""
    reached = tables.har201()["wisdm_test_f1_ep4"].astype(float)
    sensors = results.read("firefly/luciole_har201")
    chosen: dict[str, NDArray[np.int64]] = {
        f"{name.rpartition(', ')[0].replace('MMACs', 'million MACs')}, for images": kept.best(name)
        for name in FOR_IMAGES
    }
    chosen |= {f"{name}, for sensors": sensors.arrays[name] for name in ("luciole", "random search")}
    chosen[ANY] = np.flatnonzero(np.isfinite(reached))
    parts = [pd.DataFrame({"chosen": name, "macro-F1 (%)": reached[cells]}) for name, cells in chosen.items()]
    return pd.concat(parts, ignore_index=True).dropna()


def worn_table(runs: pd.DataFrame) -> pd.DataFrame:
    """:func:`worn` in short: a row a way to choose."""
    told = runs.groupby("chosen", sort=False)["macro-F1 (%)"].agg(["mean", "std", "size"])
    heads = {"mean": "test macro-F1 (%)", "std": "deviation over runs", "size": "cells"}
    return told.rename(columns=heads).rename_axis(None).sort_values("test macro-F1 (%)", ascending=False)


def worn_numbers(runs: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about HAR-201, as text by name."""
    mean: Any = runs.groupby("chosen")["macro-F1 (%)"].mean()
    return {
        "motion_best": f"{runs['macro-F1 (%)'].max():.2f}",
        "motion_luciole": f"{mean['luciole, for sensors']:.1f}",
        "motion_random": f"{mean['random search, for sensors']:.1f}",
        "motion_any": f"{mean[ANY]:.1f}",
        "motion_images": f"{mean['luciole, for images']:.1f}",
        "motion_random_images": f"{mean['random search, for images']:.1f}",
        "motion_ifa": f"{mean['IFA, released, for images']:.1f}",
    }


def trained(name: str) -> pd.DataFrame:
    """Every training of ``images/training`` or ``images/training_full`` in which found cells took part."""
    frame = results.read(f"images/{name}", part=True).frame
    return frame.groupby("dataset").filter(lambda group: (group["network"] == FOUND).any())


def by_network(frame: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds: a row a data set and network, the most accurate first."""
    told = frame.assign(test=100 * frame["test"]).groupby(["dataset", "network"], sort=False)
    means = {name: (name, "mean") for name in ("params", "macs", "seconds", "joules") if name in frame}
    table = told.agg(runs=("test", "size"), accuracy=("test", "mean"), sd=("test", "std"), **means)
    table = table.sort_values("accuracy", ascending=False)
    sets = [name for name in SETS if name in set(frame["dataset"])]
    return pd.concat([table.xs(name, level="dataset", drop_level=False) for name in sets])


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """:func:`by_network` in words; what was not measured is left out."""
    told = table.reset_index()
    columns = {
        "data set": told["dataset"].map(SETS),
        "test accuracy (%)": told["accuracy"],
        "deviation": told["sd"],
        "runs": told["runs"],
        "parameters": told["params"].round().astype(int),
        "MACs": told["macs"].round().astype(int),
        "seconds": told["seconds"].map("{:.1f}".format),
    }
    if "joules" in told:
        columns["joules (estimate)"] = told["joules"].map("{:,.0f}".format)
    return pd.DataFrame(columns).set_index(pd.Index(told["network"]))


def crowns(table: pd.DataFrame) -> pd.DataFrame:
    """Which network each metric of efficiency crowns, by MACs, on each data set."""
    told = {}
    for name in dict.fromkeys(table.index.get_level_values("dataset")):
        group: Any = table.loc[name]
        judged = league(
            group["accuracy"].to_numpy() / 100,
            group["macs"].to_numpy(),
            reference=float(group.loc[HAND, "macs"]),
            chance=0.1,
            floor=0.1,
            parameters=group["params"].to_numpy(),
            macs=group["macs"].to_numpy(),
        )
        crowned = {metric: group.index[row["index"]] if row["index"] >= 0 else "–" for metric, row in judged.iterrows()}
        told[SETS[name]] = {METRICS[metric]: crowned[metric] for metric in CROWNS}
    return pd.DataFrame(told)


def _gap(frame: pd.DataFrame, other: str) -> NDArray[np.float64]:
    """Points by which the found cell is ahead of another network, a number a data set and seed."""
    pairs = frame.pivot_table(index=["dataset", "seed"], columns="network", values="test")
    return 100 * (pairs[FOUND] - pairs[other]).dropna().to_numpy()


def _ratio(frame: pd.DataFrame) -> float:
    """Mean over data sets of the found cell's MACs by those of the hand-made one."""
    macs = frame.groupby(["network", "dataset"])["macs"].mean()
    return float((macs[FOUND] / macs[HAND]).mean())


def real_numbers(frame: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about the trainings on a processor, by name: what was done, nothing concluded."""
    recipe = results.read("images/training", part=True).provenance.parameters["recipe"]
    crowned = crowns(by_network(frame)).loc[METRICS["merit"]]
    return {
        "real_epochs": f"{recipe['epochs']}",
        "real_windows": f"{recipe['windows']:,}",
        "real_sets": ", ".join(SETS[name] for name in image_study.DATASETS if name in set(frame["dataset"])),
        "merit_crowns": "; ".join(f"{name}: {network}" for name, network in crowned.items()),
    }


def full_numbers(frame: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about the trainings in full, as text by name."""
    kept = results.read("images/training_full", part=True)
    hand, recipe = _gap(frame, HAND), kept.provenance.parameters["recipe"]
    return {
        "full_epochs": f"{recipe['epochs']}",
        "full_windows": f"{recipe['windows']:,}",
        "full_gpu": f"{kept.provenance.parameters['trained on']}",
        "full_done": f"{len(kept.frame)}",
        "full_hand": f"{hand.mean():+.2f}",
        "full_hand_range": f"{hand.min():+.2f} to {hand.max():+.2f}",
        "full_hand_macs": f"{_ratio(frame):.1f}",
        "full_sets": ", ".join(SETS[name] for name in dict.fromkeys(frame["dataset"])),
    }
