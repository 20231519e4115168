"""What chapter 2 says of metrics of efficiency: ratios as printed, what each metric crowns, how far it hangs on k.

Crowns are those of the committed results, judged on the original tables; where a table is taken, its caption says so.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.efficiency import PROPERTIES, bcr, cost_span, exchange_range, merit, properties, ratio_prints_as
from luciole.experiments.efficiency import tables as study
from luciole.tables.table import Table

MODELS = {"vgg16": "VGG16", "ifa21": "IFA 2.1", "ifa51": "IFA 5.1"}
COSTS = {"training_cost": "training cost", "fpo": "FPO of an inference"}
TITLES = {"c10": "CIFAR-10", "c100": "CIFAR-100", "in16": "ImageNet16-120", "nb101": "NAS-Bench-101"}
METRICS = {
    "bcr": "BCR",
    "information_density": "information density",
    "netscore": "NetScore",
    "mnasnet": "MnasNet's reward",
    "accuracy_per_log_cost": "accuracy / log cost",
    "rank_sum": "sum of ranks",
    "error_cost": "error × cost",
    "error_merit": "error merit",
    "merit": "merit",
}
SIDE = ("bcr", "mnasnet", "accuracy_per_log_cost", "rank_sum", "error_merit", "merit")  # side by side, in sight
DEVICES = {
    "macs": "MACs",
    "parameters": "parameters",
    "edgegpu": "edge GPU",
    "raspi4": "Raspberry Pi 4",
    "edgetpu": "edge TPU",
    "pixel3": "Pixel 3",
    "eyeriss": "Eyeriss",
    "fpga": "FPGA",
    "training_j": "energy of a training",
}
FEW_COSTS = ("macs", "edgegpu_energy_mj", "raspi4_latency_ms", "fpga_energy_mj")
SHARE = 0.1  # of the cells: the most accurate tenth


def cost(column: str) -> str:
    """A column of cost as people write it.

    >>> cost("edgegpu_energy_mj"), cost("macs")
    ('edge GPU, energy', 'MACs')
    """
    device, _, rest = column.partition("_")
    return DEVICES.get(column) or f"{DEVICES[device]}, {rest.partition('_')[0]}"


def ratios() -> pd.DataFrame:
    """The six benefit-cost ratios of the paper, printed and computed: a row a model and cost."""
    paper = published.read().set_index("key")["figure"]
    rows = []
    for name, title in MODELS.items():
        accuracy = paper[f"mokhtari2024oad/{name}_accuracy"]
        for column, words in COSTS.items():
            value, theirs = paper[f"mokhtari2024oad/{name}_{column}"], paper[f"mokhtari2024oad/{name}_bcr_{column}"]
            seen = ratio_prints_as(f"{accuracy:.2f}", f"{value:.2e}", f"{theirs:.2e}")
            ours = float(bcr(accuracy / 100, value))
            told = [f"{accuracy:.2f}", f"{value:.2e}", f"{theirs:.2e}", f"{ours:.2e}", seen]
            rows.append([f"{title}, {words}", *told])
    heads = ["model, cost", "accuracy (%)", "cost", "published ratio", "computed", "the published one is"]
    return pd.DataFrame(rows, columns=heads).set_index("model, cost")


def three(k: float) -> tuple[pd.DataFrame, dict[str, str]]:
    """The paper's three models by BCR and by merit at three exponents, with the numbers of the sentence."""
    paper = published.read().set_index("key")["figure"]
    accuracy = np.array([paper[f"mokhtari2024oad/{name}_accuracy"] for name in MODELS]) / 100
    fpo = np.array([paper[f"mokhtari2024oad/{name}_fpo"] for name in MODELS])
    columns = {"BCR": bcr(accuracy, fpo)} | {
        f"merit, k = {one:,g}": merit(accuracy, fpo, float(fpo[0]), k=one, floor=0.1) for one in (2.0, float(k), 1e4)
    }
    verdicts = ratios()["the published one is"]
    return pd.DataFrame(columns, index=[*MODELS.values()]).map("{:.3g}".format), {
        "bcr_computed": f"{(verdicts == 'computed').sum()}",
        "bcr_possible": f"{(verdicts == 'possible').sum()}",
        "bcr_explained": f"{(verdicts != 'impossible').sum()} of {len(verdicts)}",
        "ifa_until": f"{exchange_range(accuracy, fpo, 1, floor=0.1)[1]:,.0f}",
        "vgg_times": f"{fpo[0] / fpo[1]:.0f}",
        "vgg_fewer": f"{100 * (1 - (1 - accuracy[0]) / (1 - accuracy[1])):.0f}",
    }


def kept() -> dict[str, results.Result]:
    """The committed results ``efficiency/crowns``, ``/exponents`` and ``/costs`` by name."""
    return {name: results.read(name) for name in study.NAMES}


def by_macs(crowns: pd.DataFrame, cells: str = "all") -> pd.DataFrame:
    """What each metric crowns on NAS-Bench-201 by MACs, CIFAR-10: rows of the committed crowns by metric."""
    mine = crowns[(crowns["dataset"] == "c10") & (crowns["cost"] == "macs") & (crowns["cells"] == cells)]
    return mine.set_index("metric")


def standing(crowns: pd.DataFrame, cells: str = "all") -> pd.DataFrame:
    """:func:`by_macs` as a table to show."""
    rows = by_macs(crowns, cells)
    return pd.DataFrame(
        {
            "accuracy of its crown (%)": 100 * rows["accuracy"],
            "rank by accuracy": rows["rank"],
            "MACs (millions)": rows["value"] / 1e6,
            "tau with accuracy": rows["tau"],
        }
    ).rename(index=METRICS)


def standing_numbers(crowns: pd.DataFrame, exponents: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about what ratios crown, all cells and those that use all their edges."""
    told: dict[str, str] = {}
    every, whole = (by_macs(crowns, cells) for cells in ("all", "whole"))
    for metric, name in (("bcr", "ratio"), ("merit", "merit")):
        row: Any = every.loc[metric]
        told |= {f"{name}_accuracy": f"{100 * row['accuracy']:.2f}", f"{name}_rank": f"{row['rank']:,}"}
        told |= {f"{name}_tau": f"{row['tau']:.2f}"}
    same = every.index[every["index"] == every["index"]["bcr"]]
    mine = exponents[(exponents["dataset"] == "c10") & (exponents["cost"] == "macs") & (exponents["cells"] == "all")]
    at: Any = mine.set_index("k").loc[study.DEFAULT_K]
    others = {name: crowns[(crowns["dataset"] == name) & (crowns["cost"] == "macs")] for name in ("c100", "in16")}
    ranks = {name: frame.query("metric == 'merit' and cells == 'all'").iloc[0] for name, frame in others.items()}
    return told | {
        "same_crown": ", ".join(METRICS[name] for name in same),
        "merit_range": f"{at['k_from']:.3g} to {at['k_to']:.3g}",
        "ratio_beaten": f"{every['rank']['bcr'] - 1:,}",
        "whole_rank": f"{whole['rank']['bcr']:,}",
        "whole_merit_rank": f"{whole['rank']['merit']:,}",
        "whole_cells": f"{whole['models'].iloc[0]:,}",
        "cells": f"{every['models'].iloc[0]:,}",
        "exponent_shown": f"{study.DEFAULT_K}",
        **{f"merit_rank_{name}": f"{row['rank']:,}" for name, row in ranks.items()},
    }


def definitions() -> pd.DataFrame:
    """The properties that a metric should have, by number."""
    rows = {f"{p.number}. {name.replace('_', ' ')}": p.statement for name, p in PROPERTIES.items()}
    return pd.DataFrame({"definition": rows})


def refuted(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """What a program found: which metric keeps which property, the counterexamples, and how many merit keeps."""
    found = properties.table(seed)
    held = (found.T == "").rename(columns=METRICS)
    held.index = pd.Index([f"{PROPERTIES[name].number}. {name.replace('_', ' ')}" for name in held.index])
    dots = [
        {"metric": METRICS[str(metric)], "property": str(name).replace("_", " "), "counterexample": text}
        for metric, row in found.drop(["merit", "error_merit"]).iterrows()
        for name, text in row.items()
        if text
    ]
    kept_of = {metric: sum(text == "" for text in found.loc[metric]) for metric in ("merit", "bcr")}
    numbers = {f"held_{metric}": f"{count}" for metric, count in kept_of.items()}
    numbers["properties"] = f"{len(PROPERTIES)}"
    return held.replace({True: "✓", False: "·"}), pd.DataFrame(dots).set_index("metric"), numbers


def everywhere(crowns: pd.DataFrame) -> pd.DataFrame:
    """The committed crowns of all cells, on every data set and cost, of the metrics that are compared."""
    return crowns[(crowns["cells"] != "whole") & crowns["metric"].isin([*SIDE, "error_cost"])]


def side_by_side(crowns: pd.DataFrame) -> pd.DataFrame:
    """Accuracy (%) of the crowned cell: a row a data set and cost, a column a metric."""
    rows = everywhere(crowns)
    rows = rows.assign(percent=100 * rows["accuracy"])
    wide = rows.pivot_table(index=["dataset", "cost"], columns="metric", values="percent", sort=False)[list(SIDE)]
    wide.index = pd.Index([f"{TITLES[name]}, {cost(column)}" for name, column in wide.index])
    return wide.rename(columns=METRICS)


def side_in_short(crowns: pd.DataFrame) -> pd.DataFrame:
    """Of :func:`side_by_side` the rows of two costs that tell most."""
    wide = side_by_side(crowns)
    return wide[wide.index.str.endswith((", MACs", "edge GPU, energy", "Raspberry Pi 4, latency"))]


def loses(crowns: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about where each metric loses, on every data set and cost."""
    rows = everywhere(crowns)
    accuracy: Any = rows.pivot_table(index=["dataset", "cost"], columns="metric", values="accuracy", sort=False)
    index: Any = rows.pivot_table(index=["dataset", "cost"], columns="metric", values="index", sort=False)
    tau: Any = rows.pivot_table(index=["dataset", "cost"], columns="metric", values="tau", sort=False)
    ratio = rows[(rows["metric"] == "bcr") & rows["dataset"].isin(study.CHANCE)]
    both = index.index[index["merit"] == index["bcr"]]
    told = {
        "guessers": f"{int((ratio['accuracy'] <= ratio['dataset'].map(study.CHANCE) + 1e-3).sum())}",
        "judged_sets": f"{len(ratio)}",
        "merit_is_bcr": "; ".join(f"{TITLES[name]} by {cost(column)}" for name, column in both) or "nowhere",
        "merit_tau_least": f"{tau['merit'].min():.2f}",
        "merit_tau_most": f"{tau['merit'].max():.2f}",
        "bcr_tau_least": f"{tau['bcr'].min():.2f}",
        "bcr_tau_most": f"{tau['bcr'].max():.2f}",
        "bcr_with": f"{int((tau['bcr'] > 0).sum())}",
        "bcr_columns": f"{len(tau)}",
        "bcr_with_imagenet": f"{int((tau.loc['in16', 'bcr'] > 0).sum())}",
        "error_tau_least": f"{tau['error_merit'].min():.2f}",
    }
    told["columns_imagenet"] = f"{len(tau.loc['in16'])}"
    for metric in ("mnasnet", "merit"):
        told[f"imagenet_energy_{metric}"] = f"{100 * accuracy.loc[('in16', 'edgegpu_energy_mj'), metric]:.2f}"
    return told


def ahead(crowns: pd.DataFrame) -> pd.DataFrame:
    """By how many costs merit and MnasNet's reward are ahead of each other: a row a data set."""
    rows = everywhere(crowns)
    told = {}
    for dataset in study.CHANCE:
        mine = rows[rows["dataset"] == dataset]
        accuracy, tau = (mine.pivot(index="cost", columns="metric", values=name) for name in ("accuracy", "tau"))
        told[TITLES[dataset]] = {
            "costs": len(accuracy),
            "MnasNet's crown is more accurate": int((accuracy["mnasnet"] > accuracy["merit"]).sum()),
            "merit's crown is": int((accuracy["merit"] > accuracy["mnasnet"]).sum()),
            "MnasNet's order is closer to accuracy": int((tau["mnasnet"] > tau["merit"]).sum()),
            "merit's order is": int((tau["merit"] > tau["mnasnet"]).sum()),
        }
    return pd.DataFrame(told).T


def steady(exponents: pd.DataFrame) -> pd.DataFrame:
    """The crown of the default exponent by data set and cost, and the range of exponents that leaves it in place."""
    rows = exponents[
        (exponents["k"] == study.DEFAULT_K) & exponents["cost"].isin([*FEW_COSTS, "training_j"])
    ].reset_index()
    return pd.DataFrame(
        {
            "accuracy (%)": 100 * rows["accuracy"],
            "rank": rows["rank"],
            "cost of the dearest (%)": 100 * rows["share"],
            "holds from k": rows["k_from"],
            "to k": rows["k_to"],
        }
    ).set_index(pd.Index([f"{TITLES[name]}, {cost(column)}" for name, column in rows[["dataset", "cost"]].to_numpy()]))


def steady_numbers(crowns: pd.DataFrame, exponents: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about exponents."""
    rows = steady(exponents)
    hundred = crowns[(crowns["dataset"] == "c100") & (crowns["cost"] == "macs") & (crowns["cells"] == "all")]
    return {
        "range_factor": f"{(rows['to k'] / rows['holds from k']).median():.0f}",
        "hundred_crown": f"{100 * hundred.set_index('metric')['accuracy']['merit']:.1f}",
        "hundred_best": f"{published.figure('dong2020nasbench201/optimum_c100'):.1f}",
    }


def spans(table: Table) -> Mapping[str, str]:
    """How far the cost of a crown can rise within the most accurate tenth of a table, whatever the metric."""
    sets = [name for name in study.CHANCE if f"{name}_test200" in table]  # packages alone lack the original's tests
    columns = [(f"{name}_test200", f"{name}_flops") for name in sets] or [(table.roles["test"].column, "c10_flops")]
    found = np.array([cost_span(table[a].astype(float) / 100, table[c].astype(float), SHARE) for a, c in columns])
    return {
        "span_sets": " / ".join(TITLES[name] for name in sets or ["c10"]),
        "span_any": " / ".join(f"{span:.1f}" for span in found[:, 0]),
        "span_front": " / ".join(f"{span:.1f}" for span in found[:, 1]),
        "span_most": f"{found[:, 0].max():.1f}",
    }
