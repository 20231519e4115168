"""The contest of chapter 7 played live on a small data set: drawings, times, deployed files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from luciole import files
from luciole.book import figures
from luciole.costs.latency import Latency
from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import Normalisation
from luciole.errors import extra
from luciole.experiments.har import protocol
from luciole.networks.har1d import operators
from luciole.report import contest as committed
from luciole.search import History
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.deploy import Gain, Runtime, card, export, quantise, weight_bytes
from luciole.sensors.search import Fitness
from luciole.sensors.study import FOUND, Contest, Study, load
from luciole.sensors.training import Report, Settings
from luciole.spaces import Rows
from luciole.training import Recipe

with extra("book"):
    import matplotlib.pyplot as plt

CALIBRATING = 512  # windows that give activations their ranges in 8 bits


def folder() -> Path:
    """Where exported models are kept."""
    made = files.cache() / "models"
    made.mkdir(parents=True, exist_ok=True)
    return made


def study(dataset: str, limit: int, epochs: int, seed: int) -> Study:
    """The study of a data set, by its name, under a limit of multiply-accumulates, trained for ``epochs``."""
    settings = Settings(Recipe(epochs=epochs), Augmentation(rotation=10), averaging=0.99)
    return Study(load(dataset), limit, settings, seed)


def window(dataset: Dataset, split: splits.Split) -> None:
    """Show what the study is made of: windows over a signal, and who is in which part."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(1.2 * figures.WIDTH, 3.4), width_ratios=(1.6, 1))
    signal = dataset.X[split.train[0]]
    rate = dataset.hz or 1.0
    for channel, name in list(zip(signal, dataset.channel_names, strict=True))[:3]:
        left.plot(np.arange(len(channel)) / rate, channel, lw=1, label=name)
    length = dataset.length / rate
    left.axvspan(0, length, color=figures.PALETTE[0], alpha=0.08)
    for quarter in range(1, 4):
        left.axvline(quarter * length / 4, color="0.6", lw=0.8, ls=":")
    left.set(xlabel="time (s)", ylabel="sample", title=f"one window, {dataset.class_names[dataset.y[split.train[0]]]}")
    left.legend(fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, -0.45))
    groups = splits.groups(dataset)
    everybody = np.unique(groups)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    for row, rows in enumerate(parts.values()):
        who = np.unique(groups[rows])
        at = np.searchsorted(everybody, who)
        right.plot(at, np.full(len(at), row), "s", ms=7, color=figures.PALETTE[row])
        right.annotate(
            f"{len(who)} people, {len(rows):,} windows", (0, row), (0, 8), textcoords="offset points", size=8
        )
    right.set(xlabel="person", yticks=range(3), ylim=(-0.5, 2.7), title="nobody in two parts")
    right.set_yticklabels(parts, fontsize=9)
    right.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    figures.show(
        fig,
        "app-window",
        alt="Left: three channels of one window over time, its quarters marked. Right: squares, one a person, in three "
        "rows for training, validation and test; no person stands in two.",
        caption="Left: a window, the unit that a network sees; dotted, the quarters that its statistics describe. "
        "Right: people in parts.",
    )


def search(fitness: Fitness, history: History, best: Rows) -> None:
    """Show the course of the search, and what it met, by cost and estimated skill."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4))
    left.plot(history.evaluations, history.trace())
    left.set(xlabel="designs scored", ylabel="merit of the best so far")
    rows = history.genotypes
    right.scatter(fitness.macs(rows) / 1e3, fitness.skill(rows), s=12, alpha=0.6, label="met by the search")
    right.scatter(
        fitness.macs(best) / 1e3, fitness.skill(best), s=60, marker="*", color=figures.PALETTE[3], label="kept"
    )
    right.set(xlabel="MACs (thousands)", ylabel="estimated skill (rank)")
    right.legend(fontsize=8.5)
    figures.show(
        fig,
        "app-search",
        alt="Left: merit of the best design rising with the number scored. Right: estimated skill against "
        "multiply-accumulates of all designs met, the kept ones as stars.",
        caption="The training-free search. Skill is a rank among random designs, no accuracy.",
    )


def agreement(study: Study, fitness: Fitness, timed: int) -> dict[str, float]:
    """Rank correlation of costs with the measured time of a window, over ``timed`` random untrained designs."""
    drawn = fitness.sample[:timed]
    constants = Normalisation.fit(study.dataset.X[study.split.train])
    seen, times = study.dataset.X[study.split.train[0]], []
    for row in drawn:
        network = study.build(FOUND, row, study.seed).eval()
        path = export(network, constants, study.dataset.length, folder() / "timed.onnx")
        times.append(Runtime(path).latency(seen, 50).median)
    costs = {"MACs": fitness.macs(drawn), "operators": operators(drawn), "cost of the merit": fitness.cost(drawn)}
    return {name: float(stats.spearmanr(values, times).statistic) for name, values in costs.items()}


@dataclass(frozen=True)
class Deployed:
    """The networks of a contest as files: where they are, and how long a window takes in each."""

    paths: dict[str, Path]
    latency: dict[str, Latency]


def deploy(study: Study, contest: Contest) -> Deployed:
    """Export every network of a contest and time one window in it."""
    paths, latency = {}, {}
    seen = study.dataset.X[study.split.test[0]]
    for name, network in contest.networks.items():
        file = folder() / f"{study.dataset.name}-{name.replace(' ', '-')}.onnx"
        paths[name] = export(network, contest.learner.normalisation, study.dataset.length, file)
        latency[name] = Runtime(paths[name]).latency(seen)
    return Deployed(paths, latency)


def standing(contest: Contest, deployed: Deployed) -> pd.DataFrame:
    """One row a model, seeds averaged: accuracy, macro-F1, MACs, time and estimated energy of a window."""
    table = contest.table.groupby("model", sort=False)[["accuracy", "macro_f1"]].agg(["mean", "std"]) * 100
    table.columns = ["accuracy (%)", "± seeds", "macro-F1 (%)", "± seeds (F1)"]
    table["thousand MACs"] = contest.table.groupby("model", sort=False)["macs"].first() / 1e3
    table["µs a window"] = pd.Series({name: 1e6 * told.median for name, told in deployed.latency.items()})
    table["µJ a window (estimate)"] = protocol.WATTS * table["µs a window"]
    return table


def numbers(
    study: Study,
    table: pd.DataFrame,
    contest: Contest,
    history: History,
    fitness: Fitness,
    correlations: Mapping[str, float],
) -> Mapping[str, str]:
    """What the prose says of the live contest."""
    rows = table.to_dict("index")
    found, best = rows[FOUND], max(rows, key=lambda name: rows[name]["accuracy (%)"])
    return {
        "app_data": study.dataset.name,
        "app_scored": str(len(history) + len(fitness.sample)),
        "app_search_seconds": f"{history.seconds[-1]:.0f}",
        "app_cost_macs": f"{correlations['MACs']:.2f}",
        "app_cost_merit": f"{correlations['cost of the merit']:.2f}",
        "app_accuracy": f"{found['accuracy (%)']:.1f}",
        "app_f1": f"{found['macro-F1 (%)']:.1f}",
        "app_macs": f"{1e3 * found['thousand MACs']:,.0f}",
        "app_highest": str(best),
        "app_highest_accuracy": f"{rows[best]['accuracy (%)']:.1f}",
        "app_test_people": str(contest.people["subject"].nunique()),
    }


def outcome(table: pd.DataFrame, people: pd.DataFrame) -> None:
    """Show a :func:`standing` against energy, and every test person."""
    each = people.groupby(["model", "subject"], sort=False)["accuracy"].mean().unstack() * 100
    fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.6))
    timed = table.dropna(subset=["µJ a window (estimate)"])
    x, y = timed["µJ a window (estimate)"].to_numpy(), timed["accuracy (%)"].to_numpy()
    left.errorbar(x, y, yerr=timed["± seeds"].fillna(0), fmt="o", capsize=3)
    left.set(xlabel="µJ a window (estimate)", ylabel="test accuracy (%)")
    left.margins(0.35, 0.2)
    figures.label_points(left, x.tolist(), y.tolist(), timed.index.tolist())
    for place, name in enumerate(each.index):
        right.plot(np.full(each.shape[1], place), each.loc[name], "o", alpha=0.6)
    right.set(xticks=range(len(each)), ylabel="accuracy on one person (%)")
    right.set_xticklabels(each.index, rotation=40, ha="right", fontsize=8.5)
    figures.show(
        fig,
        "app-contest",
        alt="Left: test accuracy against estimated energy of a window for each network, with the spread of seeds. "
        "Right: each model's accuracy on every test person.",
        caption="The contest on this data set. Left: networks, bars are the spread between seeds. Right: every test "
        "person, mean over seeds.",
    )


def eight_bits(study: Study, deployed: Deployed) -> tuple[pd.DataFrame, Sequence[str]]:
    """The network found in 32 and 8 bits, a row each as :func:`contest.sizes` has it, and what to say of the files.

    The 8-bit file is removed where it is of no use: neither smaller on disk nor faster.
    """
    data, split, path = study.dataset, study.split, deployed.paths[FOUND]
    rows = np.concatenate([split.train, split.validation])
    drawn = np.random.default_rng(study.seed).choice(rows, min(CALIBRATING, len(rows)), replace=False)
    small = quantise(path, data.X[drawn], folder() / f"{data.name}-found.int8.onnx")
    gained = Gain.of(path, small, data.X[split.test[0]])
    said = [f"{small.name}, {about}: {card(small)[about]}" for about in ("quantisation", "sums", "processors")]
    mine = []
    for bits, file, spent in zip((32, 8), (path, small), gained.latency, strict=True):
        answers = Runtime(file)(data.X[split.test]).argmax(axis=1)
        report = Report.of(answers, data.y[split.test], splits.groups(data)[split.test], data.classes)
        size = {"weights": weight_bytes(file), "bytes": file.stat().st_size}
        told = {"accuracy": report.accuracy, "macro_f1": report.macro_f1}
        times = {"latency": spent.median, "low": spent.low, "high": spent.high}
        mine.append({"dataset": data.name, "model": "found here", "bits": bits, **size, **told, **times})
    if not gained.kept:
        small.unlink()
    said.append(f"exported: {path.resolve()}; {gained}" + ("" if gained.kept else ", and removed"))
    return committed.sizes(pd.DataFrame(mine)).set_index("network"), said
