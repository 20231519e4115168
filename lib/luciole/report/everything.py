"""Everything that ran, on every table and task where it ran: one long table a kind, from committed results alone.

A row is one searcher, score, network, metric, supernet or way to prune on one table: the figure, half its 95 %
interval, over how many seeds, what the search for it or the making of it cost, what the result costs, and how it was
chosen in the words of :mod:`luciole.report.claims`. What the space of a table does not have is left out, as is what
chapters run live and keep nowhere (the searchers of HAR-201, in chapter 6).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from luciole import files, results
from luciole.experiments.choice import bench
from luciole.experiments.har201.table import WATTS
from luciole.experiments.supernet import limits, protocol
from luciole.report import arena, contest, differentiable, skeletons, sparsity
from luciole.report.titles import IMAGES, SENSORS
from luciole.scores.quality import judge

NO = float("nan")
DEEP = "deep"  # the setting that scores were published in; "images" is one cell a stage and 16x16


@dataclass(frozen=True)
class Row:
    """One thing on one table."""

    what: str
    where: str
    figure: str  # what is measured, with its unit
    value: float
    half: float = NO  # of the 95 % interval
    seeds: int = 1
    made: str = ""  # what the search, the score or the training cost
    cost: str = ""  # what the result costs to run
    how: str = "descriptive"


TITLES = {
    "what": "name",
    "where": "table or task",
    "figure": "figure",
    "value": "value",
    "half": "± (95 %)",
    "seeds": "seeds",
    "made": "cost of the search or the making",
    "cost": "cost of the result",
    "how": "how chosen",
}


def half(values: ArrayLike) -> float:
    """Half the 95 % interval of a mean over seeds (Student's t); not a number for a single one.

    >>> round(half([1.0, 2.0, 3.0]), 2), half([1.0])
    (2.48, nan)
    """
    seen = np.asarray(values, float)
    if len(seen) < 2:
        return NO
    return interval(float(seen.std(ddof=1)), len(seen))


def interval(deviation: float, count: int) -> float:
    """Half the 95 % interval of a mean of ``count`` seeds with this standard deviation (Student's t)."""
    return float(stats.t.ppf(0.975, count - 1)) * deviation / count**0.5


def searchers() -> Iterator[Row]:
    """Searchers that train: NAS-Bench-201, NAS-Bench-101, and the latter under a budget of joules."""
    last = results.read("nb201/search").frame.groupby("searcher", as_index=False).tail(1)
    for row in last.to_dict("records"):
        for name, title in IMAGES.items():
            apart = (row[f"{name}_high"] - row[f"{name}_low"]) / 2
            made = f"{row['seconds']:,.0f} s simulated, {row['took_s']:.2f} s here"
            where = f"NAS-Bench-201, {title}"
            yield Row(row["searcher"], where, "test accuracy (%)", row[name], apart, int(row["runs"]), made)
    for row in results.read("nb101/search").frame.groupby("searcher").tail(1).to_dict("records"):
        apart, made = (row["test_high"] - row["test_low"]) / 2, f"{row['evaluations']:,} trainings looked up"
        yield Row(row["searcher"], "NAS-Bench-101", "test accuracy (%)", row["test"], apart, int(row["runs"]), made)
    for row in results.read("nb101/energy").frame.groupby(["searcher", "unit"]).tail(1).to_dict("records"):
        apart, unit = (row["test_high"] - row["test_low"]) / 2, {"queries": "trainings"}.get(row["unit"], row["unit"])
        where, made = "NAS-Bench-101, EC-NAS's cells", f"{row['spent']:,.0f} {unit}"
        yield Row(row["searcher"], where, "test accuracy (%)", row["test"], apart, int(row["runs"]), made)


def fireflies() -> Iterator[Row]:
    """Searches that follow scores and train nothing: NAS-Bench-201 with every plan of chapters 3 and 5."""
    released = results.read("firefly/ifa_nb201").arrays
    plans = results.read("firefly/luciole_nb201").arrays
    for name, title in IMAGES.items():
        where = f"NAS-Bench-201, {title}"
        for at, variant in enumerate(released["variants"].tolist()):
            value, spread = (float(released[f"{name}_{kind}"][at, -1]) for kind in ("mean", "sd"))
            runs = released["best"].shape[1]
            yield Row(
                variant, where, "test accuracy (%)", value, 1.96 * spread / runs**0.5, runs, "", "", "reproduction"
            )
        for at, plan in enumerate(plans["plans"].tolist()):
            value, spread = (float(plans[f"{name}_best_{kind}"][at]) for kind in ("mean", "sd"))
            runs, scored = plans["best"].shape[1], plan.rsplit(", ", 1)[1]
            made = f"{scored} classes scored, {float(plans['score_seconds']) * int(scored):.0f} s of a core"
            yield Row(plan, where, "test accuracy (%)", value, 1.96 * spread / runs**0.5, runs, made)


def scores() -> Iterator[Row]:
    """Training-free scores by Kendall's tau: two settings on NAS-Bench-201, HAR-201, NAS-Bench-101."""
    quality = results.read("nb201/quality").frame
    costs = results.read("nb201/costs").frame.set_index(["inputs", "score"])["milliseconds"].to_dict()
    for inputs, setting in (("images", "one cell a stage, 16x16"), (DEEP, "five cells a stage, 32x32")):
        mine = quality[(quality["inputs"] == inputs) & (quality["subset"] == "all")]
        for row in mine.to_dict("records"):
            cost = costs.get((inputs, row["score"]))
            made = f"{cost:.1f} ms a class" if cost is not None else ""
            where = f"NAS-Bench-201, {IMAGES[row['dataset']]}, {setting}"
            yield Row(row["score"], where, "Kendall's tau", row["tau"], (row["high"] - row["low"]) / 2, 1, made)
    for side in (bench.har201_side("wisdm"), bench.har201_side("uci_har")):
        (dataset, accuracy), *_ = side.accuracy.items()
        for name, values in side.scores.items():
            yield Row(name, f"HAR-201, {dataset}, 640 classes", "Kendall's tau", float(judge(values, accuracy)["tau"]))
    chosen = results.read("nb101/choice")
    for name, tau in zip(chosen.provenance.parameters["pool"], chosen.arrays["alone"].tolist(), strict=True):
        yield Row(name, "NAS-Bench-101, 400 cells", "Kendall's tau", tau)


def on_images() -> Iterator[Row]:
    """Networks trained on images: for a short while, for long, and on all training images as far as they came."""
    sizes = {"images/training": "half size", "images/training_full": "whole, on a GPU", "images/curves": ""}
    for result in [name for name in sizes if name in results.names(files.results())]:
        frame = results.read(result, part=True).frame.assign(size=sizes[result])
        if "length" in frame:
            frame["size"] = frame["length"].map("{:g} passes over all".format)
        for (dataset, network, size), group in frame.groupby(["dataset", "network", "size"], sort=False):
            value, apart = 100 * float(group["test"].mean()), 100 * half(group["test"])
            made = f"{group['seconds'].mean():,.0f} s a training"
            cost = f"{group['macs'].mean() / 1e6:.2f} M MACs"
            yield Row(str(network), f"{dataset}, {size}", "test accuracy (%)", value, apart, len(group), made, cost)


def on_sensors() -> Iterator[Row]:
    """Networks trained on sensors, by macro-F1 on people whom no choice saw."""
    table = contest.standing(*(results.read(f"har/{name}", part=True).frame for name in ("models", "deployed")))
    for row in table.reset_index().to_dict("records"):
        apart = interval(100 * row["spread_f1"], row["seeds"])
        cost = "" if np.isnan(row["macs"]) else f"{row['macs'] / 1e3:,.0f} k MACs"
        told = (100 * row["macro_f1"], apart, int(row["seeds"]), f"{row['seconds']:,.0f} s a training", cost)
        yield Row(row["model"], SENSORS.get(row["dataset"], row["dataset"]), "macro-F1 (%)", *told)


def on_skeletons() -> Iterator[Row]:
    """Networks trained on images of skeletons, over folds."""
    frame = results.read("skeletons/search").frame
    folds = frame["fold"].nunique()
    for row in skeletons.table(frame).to_dict("records"):
        made, cost = f"{row['training seconds']:.0f} s a training", f"{row['MACs'] / 1e6:.1f} M MACs"
        told = (row["accuracy"], interval(row["accuracy deviation"], folds), folds, made, cost)
        yield Row(row["network"], f"UTKinect, {row['encoding']}", "test accuracy (%)", *told)


def in_the_arena() -> Iterator[Row]:
    """Contestants of the field's own contest, printed ones beside ours: ten groups of people."""
    held, searched = (results.read(f"har/{name}", part=True).arrays for name in ("arena", "arena_search"))
    for dataset, title in arena.TITLES.items():
        for row in arena.standing(held, searched, dataset).to_dict("records"):
            cost = "" if np.isnan(row["thousand MACs"]) else f"{row['thousand MACs']:,.0f} k MACs"
            told = (f"WHAR Arena, {title}", "macro-F1 (%)", row["macro-F1, %"], 2 * row["± over groups"], 10, "", cost)
            yield Row(row["contestant"], *told, "descriptive" if row["by"] == "ours" else "printed")


def metrics() -> Iterator[Row]:
    """What each metric crowns by each cost, by the rank of the crown's accuracy."""
    crowns = results.read("efficiency/crowns").frame
    for row in crowns[crowns["cells"] != "whole"].to_dict("records"):
        where = f"{IMAGES.get(row['dataset'], 'NAS-Bench-101')}, cost {row['cost']}"
        share = f"{100 * row['value'] / row['dearest']:.1f} % of the dearest" if np.isfinite(row["value"]) else ""
        yield Row(row["metric"], where, f"rank of {row['models']:,}", float(row["rank"]), NO, 1, "", share)


def supernets() -> Iterator[Row]:
    """Differentiable search and weight sharing: the true accuracy of the cells that each named."""
    held = results.read("supernet/comparison", part=True).arrays
    for truth, source in protocol.TRUTHS.items():
        accuracy = source.accuracy()
        for kind in differentiable.kinds(held, truth):
            cells, _ = differentiable.judged(limits.array(held, kind, "cells")[-1], accuracy)
            spent = limits.array(held, kind, "spent")[-1, 1] + limits.array(held, kind, "choosing")[-1]
            told = (float(cells.mean()), half(cells), len(cells), f"{float(spent):,.0f} s of a core")
            yield Row(kind.method, truth, "test accuracy (%)", *told, "", "preregistered")


def pruned() -> Iterator[Row]:
    """Pruning and growing of LeNet-300-100 on MNIST."""
    rows = results.read("sparsity/lenet", part=True).frame
    for share in sparsity.SPARSITIES:
        for row in sparsity.methods(rows, share).reset_index().to_dict("records"):
            count = int(row["seeds"])
            apart = interval(row["deviation over seeds"], count) if count > 1 else NO
            made = f"{row['seconds']:.0f} s, {row['seconds'] * WATTS:.0f} J (estimate)"
            where, cost = f"MNIST, {100 * share:g} % pruned", f"{100 - 100 * share:g} % of the weights"
            yield Row(
                row["method"], where, "test error (%)", row["error (%)"], apart, count, made, cost, "preregistered"
            )


KINDS: dict[str, Callable[[], Iterator[Row]]] = {
    "Searchers that train": searchers,
    "Searches that follow scores": fireflies,
    "Training-free scores": scores,
    "Networks on images": on_images,
    "Networks on sensors": on_sensors,
    "Networks on skeletons": on_skeletons,
    "The field's own contest": in_the_arena,
    "Metrics": metrics,
    "Supernets and gradient search": supernets,
    "Pruning and growing": pruned,
}


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a reader sees them; columns that none of them fills are left out.

    >>> table([Row("a", "t", "rank", 1.0), Row("b", "t", "rank", 2.0, 0.5)])["± (95 %)"].tolist()
    ['', '0.50']
    """
    shown: list[dict[str, Any]] = []
    for row in rows:
        told = asdict(row)
        digits = 3 if "tau" in row.figure else 0 if row.figure.startswith("rank") else 2
        told["value"] = f"{row.value:,.{digits}f}"
        told["half"] = "" if np.isnan(row.half) else f"{row.half:.{digits or 2}f}"
        shown.append({TITLES[name]: value for name, value in told.items()})
    frame = pd.DataFrame(shown).set_index("name")
    return frame[[name for name in frame if (frame[name].astype(str) != "").any()]]
