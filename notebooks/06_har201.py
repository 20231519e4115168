# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     formats: ipynb,py:percent
#     notebook_metadata_filter: kernelspec,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A benchmark on sensor data
#
# Tabular benchmarks made the search for image networks honest: anybody can replay a search, and knows the optimum.
# For wearable sensors we found none. HAR-201 is to be one: the cells of NAS-Bench-201 in one dimension, trained class
# by class to recognise what people do from a watch or a phone, tested on people never seen. This chapter is about its
# protocol, the pilot behind it, and what the classes trained so far already say.
#
# ## Overview
#
# After this chapter you can
#
# 1. say how HAR-201 is trained, and why so;
# 2. tell a difference between two cells from the noise between two trainings;
# 3. say which operations matter for sensors, and what they cost;
# 4. judge whether what is known from images (accuracies, training-free scores) carries over;
# 5. run any searcher of the library on it.
#
# ## Prerequisites
#
# [The state of the art](01_state_of_the_art.ipynb) for the cells and the searchers.

# %% tags=["parameters"]
seed = 0  # seeds every random draw of the chapter
live_cells = 2  # cells trained again here and compared with the table
scored = 100  # cells that training-free scores are computed for
scores = ["naswot", "icd", "synflow", "grad_norm", "snip", "zen", "jacov"]  # which of them, beside size
tried = ["random", "local search", "regularised evolution", "genetic algorithm", "improved firefly"]  # searchers
queries = 60  # cells that a search may look up
runs = 20  # of each searcher

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from scipy import stats

from luciole import figures, ledger, results, tables
from luciole.efficiency import pareto_front
from luciole.errors import LucioleError
from luciole.experiments import har201, har201_pilot
from luciole.experiments import har201_analysis as analysis
from luciole.scores import cells as shapes
from luciole.scores import score_cells
from luciole.search import SEARCHERS, Budget, Objective
from luciole.spaces import nb201

figures.use_style()
rng = np.random.default_rng(seed)
table = tables.har201()
sets = [name for name in har201.PROTOCOLS if f"{name}_seconds" in table]
done = {name: analysis.trained(table, name) for name in sets}
print(f"HAR-201: {table.source}")

# %%
first = sets[0]  # the data set that the chapter dwells on
TITLE = {"wisdm": "WISDM watch", "uci_har": "UCI HAR", "seglearn": "seglearn exercises"}
every = len(nb201.classes())
figures.glue("har_first", TITLE[first])
figures.glue("har_trained", len(done[first]), ",")
figures.glue("har_share", 100 * len(done[first]) / every, ".1f")
figures.glue("har_all", every, ",")
figures.glue("har_params_low", table[f"{first}_params"].min(), ",")
figures.glue("har_params_high", table[f"{first}_params"].max(), ",")
figures.glue("har_trainings", results.read("har201").provenance.parameters["trainings"], ",")
pd.DataFrame(
    {
        TITLE[name]: {
            "classes trained": f"{len(done[name]):,} of {every:,}",
            "seeds": len(analysis.seeds(table, name)),
            "people": {"wisdm": 46, "uci_har": 30, "seglearn": 10}[name],
            "activities": har201.PROTOCOLS[name].shape[1],
            "window": f"{har201.PROTOCOLS[name].shape[0]} channels x {har201.PROTOCOLS[name].shape[2]} samples",
            "processor seconds a training": f"{np.nanmedian(table[f'{name}_seconds']):.2f}",
        }
        for name in sets
    }
)

# %% [markdown]
# How far the table has come: {glue:text}`har_trained` of {glue:text}`har_all` isomorphism classes
# ({glue:text}`har_share` %) on {glue:text}`har_first`, {glue:text}`har_trainings` trainings in all. The classes are
# trained in a random order, so those there are an unbiased sample of all of them, and every figure below says how much
# a sample of that size can say. `luciole run har201` goes on from here.
#
# ## The protocol, and the pilot behind it
#
# A benchmark that cannot tell its entries apart measures luck. So a few other cells are trained under several
# protocols, twice each. *Noise* is the standard deviation between two trainings of a cell, *signal* the
# one between cells with the noise taken out.

# %%
try:
    pilot = results.read("har201_pilot")
    shown = pilot.frame.rename(
        columns={"ratio": "signal / noise", "ranks": "rank agreement", "seconds": "s a training"}
    )
    figures.glue("har_pilot", f"{len(shown)} of {len(har201_pilot.CONDITIONS)}")
    display(shown.round(2).style.hide(axis="index").format(precision=2))
    print("stale: " + ", ".join(pilot.stale) if pilot.stale else "the pilot is current")
except LucioleError as reason:
    figures.glue("har_pilot", "none")
    print(f"The pilot is not measured yet: {reason}")

# %% [markdown]
# Of its conditions, {glue:text}`har_pilot` are measured so far. The protocol:
#
# * *Skeleton*: a 1x1 convolution, three stages of one cell with 8, 16 and 32 channels, averaging and a 1x1 between
#   them. No convolution of size 3 outside the cell, so that what the cell does shows.
# * *Rate*: neighbours averaged to 6.7 Hz (WISDM) and 8.3 Hz (the others), for it is cheaper; the rows of the table say
#   whether a lower rate hides the cells.
# * *Training*: four epochs of 4,096 windows, AdamW, one cycle of the learning rate.
# * *Split*: three parts without a common person; normalised by the training part alone {cite:p}`hammerla2015`.
#   Windows of one recording never stand on two sides.
# * *Choice*: nothing was chosen by looking at a cell's test accuracy.
#
# ## How good, how different
#
# Look at the spread, and at the bar of the noise above it: two cells that differ by less than the bar cannot be told
# apart by one training each.

# %%
noises = {name: analysis.noise(table, name) for name in sets}
fig, axes = plt.subplots(1, len(sets), figsize=(figures.WIDTH, 3.2), squeeze=False, sharey=True)
for ax, name in zip(axes[0], sets, strict=True):
    accuracy = analysis.final(table, name)[done[name]]
    ax.hist(accuracy, bins=24, weights=np.full(len(accuracy), 100 / len(accuracy)))
    if noises[name]:
        top = ax.get_ylim()[1]
        middle = float(np.median(accuracy))
        ax.errorbar(middle, top * 1.05, xerr=noises[name].needed / 2, capsize=4, color=figures.PALETTE[3])
    ax.set(title=TITLE[name], xlabel="test accuracy (%)")
axes[0, 0].set_ylabel("cells (%)")
figures.show(
    fig,
    "har-spread",
    alt="Histograms of the test accuracy of the trained cells, one panel a data set, with a bar as long as the noise.",
    caption="Test accuracy of the trained cells. The bar: the least difference between two single trainings that is "
    "more than noise, at 95 %.",
)
pd.DataFrame(
    {
        TITLE[name]: {
            "lowest (%)": np.nanmin(analysis.final(table, name)),
            "median (%)": np.median(analysis.final(table, name)[done[name]]),
            "highest (%)": np.nanmax(analysis.final(table, name)),
            "macro-F1 of the best (%)": np.nanmax(analysis.final(table, name, "test_f1")),
            "noise (points)": noises[name].noise if noises[name] else np.nan,
            "signal (points)": noises[name].signal if noises[name] else np.nan,
            "rank agreement of two seeds": noises[name].ranks if noises[name] else np.nan,
            "classes with several seeds": noises[name].cells if noises[name] else 0,
            "told apart from (points)": noises[name].needed if noises[name] else np.nan,
        }
        for name in sets
    }
).round(2)

# %%
if noises[first]:
    figures.glue("har_noise", noises[first].noise, ".1f")
    figures.glue("har_ratio", noises[first].ratio, ".1f")
    figures.glue("har_needed", noises[first].needed, ".1f")
else:
    for name in ("har_noise", "har_ratio", "har_needed"):
        figures.glue(name, "(not yet measured)")

# %% [markdown]
# On {glue:text}`har_first` two trainings of one cell differ by {glue:text}`har_noise` points (standard deviation);
# the spread between cells is {glue:text}`har_ratio` times that. Single trainings that differ by less than
# {glue:text}`har_needed` points are a tie. The highest of many noisy numbers is too high by about two or three times
# the noise: the accuracy of "the best cell" is an optimistic figure, on this and on any benchmark of single runs.
#
# ## Which operations matter for sensors
#
# The mean accuracy of the cells that have an operation on an edge, less the mean of all. Edges are written
# `target<-source`: `3<-0` leads straight from the input of the cell to its output.

# %%
worth = analysis.effects(done[first], analysis.final(table, first), rng)
fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.2))
edges = [f"{target}<-{source}" for target, source in nb201.EDGES]
for number, op in enumerate(nb201.OPS):
    rows = worth[worth["operation"] == op]
    x = np.array([edges.index(edge) for edge in rows["edge"]]) + 0.16 * (number - 2)
    gaps = [rows["effect"] - rows["low"], rows["high"] - rows["effect"]]
    ax.errorbar(x, rows["effect"], yerr=gaps, fmt="o", markersize=5, linewidth=1.2, label=op)
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xticks=range(len(edges)), xticklabels=edges, xlabel="edge", ylabel="worth in test accuracy (points)")
ax.legend(fontsize=8.5, ncols=3)
figures.show(
    fig,
    "har-operations",
    alt="For each of the six edges, the worth of the five operations as points with intervals around zero.",
    caption="What an operation on an edge is worth, with 95 % bootstrap intervals over the trained cells.",
)
strongest = worth.sort_values("effect")
figures.glue("har_best_op", f"{strongest.iloc[-1]['operation']} on {strongest.iloc[-1]['edge']}")
figures.glue("har_best_worth", strongest.iloc[-1]["effect"], "+.1f")
figures.glue("har_worst_op", f"{strongest.iloc[0]['operation']} on {strongest.iloc[0]['edge']}")
figures.glue("har_worst_worth", strongest.iloc[0]["effect"], "+.1f")

# %%
rows = nb201.all_cells()[done[first]]
accuracy = analysis.final(table, first)[done[first]]
depths = shapes.depth(rows)
macs = table[f"{first}_macs"][done[first]]
fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4), sharey=True)
groups = [accuracy[depths == depth] for depth in np.unique(depths)]
names = ["no path" if depth < 0 else f"{depth:.0f}" for depth in np.unique(depths)]
left.boxplot(groups, tick_labels=names)
left.set(xlabel="convolutions on the longest path", ylabel="test accuracy (%)")
right.scatter(macs / 1e3, accuracy, s=9, alpha=0.5)
front = pareto_front(accuracy / 100, macs)  # by rising cost
right.step(macs[front] / 1e3, accuracy[front], where="post", color=figures.PALETTE[3])
right.set(xlabel="multiply-accumulates (thousands)")
figures.show(
    fig,
    "har-depth",
    alt="Left: boxes of accuracy by depth. Right: accuracy against multiply-accumulates, with the front of the best.",
    caption="Accuracy by the depth of the cell, and against its cost; the line is the Pareto front of those trained.",
)
costs = analysis.spearman(analysis.final(table, first), table[f"{first}_macs"], rng)
deep = analysis.spearman(accuracy, depths, rng)
figures.glue("har_macs_rho", str(costs))
figures.glue("har_depth_rho", str(deep))

# %% [markdown]
# The best single choice is {glue:text}`har_best_op` ({glue:text}`har_best_worth` points), the worst
# {glue:text}`har_worst_op` ({glue:text}`har_worst_worth`). Rank correlation of accuracy with depth:
# {glue:text}`har_depth_rho`; with multiply-accumulates: {glue:text}`har_macs_rho` (95 % intervals over cells).
#
# ## From one data set to another, and from images
#
# Does a cell that is good here do well there? The table holds Spearman's correlations over the classes trained on both;
# NAS-Bench-201 is the test accuracy of the same cell on CIFAR-10, in two dimensions. The noise of single trainings
# pulls all of these towards zero.

# %%
images = tables.nb201()
columns = {TITLE[name]: analysis.final(table, name)[nb201.classes()] for name in sets}
columns["CIFAR-10"] = images.role("test")[nb201.classes()]
pairs = []
names = list(columns)
for number, one in enumerate(names):
    for other in names[number + 1 :]:
        both = np.isfinite(columns[one]) & np.isfinite(columns[other])
        if both.sum() >= 20:
            estimate = analysis.spearman(columns[one], columns[other], rng)
            pairs.append([one, other, estimate.value, estimate.low, estimate.high, estimate.n])
print(f"CIFAR-10: {images.source}")
carried = pd.DataFrame(pairs, columns=["one", "other", "rank correlation", "low", "high", "classes"])
with_images = carried[(carried["one"] == TITLE[first]) & (carried["other"] == "CIFAR-10")].iloc[0]
figures.glue("har_images", f"{with_images['rank correlation']:.2f}")
figures.glue("har_images_low", f"{with_images['low']:.2f}")
figures.glue("har_images_high", f"{with_images['high']:.2f}")
sensors = carried[carried["other"] != "CIFAR-10"]["rank correlation"]
figures.glue("har_sets_low", f"{sensors.min():.2f}" if len(sensors) else "(not yet measured)")
figures.glue("har_sets_high", f"{sensors.max():.2f}" if len(sensors) else "(not yet measured)")
carried.round(2).style.hide(axis="index").format(precision=2)

# %% [markdown]
# Between {glue:text}`har_first` and CIFAR-10 it is {glue:text}`har_images` (95 % interval {glue:text}`har_images_low`
# to {glue:text}`har_images_high`): 1 would mean that searching on images is searching for the watch, 0 that it is worth
# nothing. Between the sensor data sets it runs from {glue:text}`har_sets_low` to {glue:text}`har_sets_high`: one data
# set does not choose a cell for another. The exercises of seglearn are tested on two people only, so much of their
# ranking is those two.
#
# ## Do training-free scores hold off images?
#
# Each score looks at the untrained network and a batch of 64 windows, once. The table sets it beside two counts that
# need no network at all.

# %%
chosen = rng.choice(done[first], size=min(scored, len(done[first])), replace=False)
channels, classes, length = har201.PROTOCOLS[first].shape
skeleton = har201.skeleton(channels, classes)
try:
    parts, _ = har201.data(first)
    picked = np.random.default_rng(seed).choice(len(parts.train[0]), 64, replace=False)
    batch, labels = torch.from_numpy(parts.train[0][picked]), torch.from_numpy(parts.train[1][picked])
    what = f"64 training windows of {TITLE[first]}"
except LucioleError:
    generator = torch.Generator().manual_seed(seed)
    batch = torch.randn(64, channels, length, generator=generator)
    labels = torch.randint(classes, (64,), generator=generator)
    what = "64 windows of normal noise with random labels, for the data set is not here"
found = score_cells(nb201.all_cells()[chosen], scores, batch, labels=labels, skeleton=skeleton, seeds=[seed])
values = {name: found.values[name][0] for name in scores}
values |= {"params": table[f"{first}_params"][chosen], "macs": table[f"{first}_macs"][chosen]}
target = analysis.final(table, first)[chosen]
held = []
for name, score in values.items():
    usable = np.isfinite(score)
    if usable.sum() < 3:
        continue
    estimate = analysis.spearman(np.where(usable, score, np.nan), target, rng)
    on_images = stats.spearmanr(score[usable], images.role("test")[chosen][usable]).statistic
    held.append([name, estimate.value, estimate.low, estimate.high, on_images, estimate.n])
held = pd.DataFrame(
    held, columns=["score", f"on {TITLE[first]}", "low", "high", "same score, CIFAR-10 accuracy", "cells"]
)
held = held.sort_values(f"on {TITLE[first]}", ascending=False)
figures.glue("har_best_score", held.iloc[0]["score"])
figures.glue("har_best_score_rho", held.iloc[0].iloc[1], ".2f")
figures.glue("har_macs_alone", held.set_index("score").loc["macs"].iloc[0], ".2f")
print(f"batch: {what}")
held.round(2).style.hide(axis="index").format(precision=2)

# %% [markdown]
# The highest is {glue:text}`har_best_score` with {glue:text}`har_best_score_rho`; counting multiply-accumulates gives
# {glue:text}`har_macs_alone`. With {glue:text}`har_trained` cells at most behind them, scores whose intervals overlap
# are not ranked by this.
#
# ## Searching on it
#
# A search asks for the validation accuracy of a cell; what it found is judged by test accuracy. Where classes are not
# trained yet, a random forest stands in, fitted to those that are {cite:p}`zela2022surrogate`: then the comparison is
# of searchers on a *surrogate*, not on measurements, and the optimum is the surrogate's.

# %%
valid = analysis.complete(analysis.final(table, first, "valid_acc"), seed)
test = analysis.complete(analysis.final(table, first), seed)
share = 100 * valid.measured.mean()
print(f"{share:.1f} % of the cells are measured; rank agreement of the prediction, held out: {valid.agreement:.2f}")
outcome = []
for name in tried:
    for run in range(runs):
        objective = Objective(
            lambda cells: valid.values[nb201.index(cells)],
            seconds=lambda cells: np.full(len(cells), np.nanmedian(table[f"{first}_seconds"])),
        )
        history = SEARCHERS[name](nb201, objective, Budget(evaluations=queries), np.random.default_rng([seed, run]))
        outcome.append([name, test.values[nb201.index(history.best)], history.seconds[-1]])
outcome = pd.DataFrame(outcome, columns=["searcher", "test", "seconds"])
best = float(test.values.max())
standing = outcome.groupby("searcher", sort=False)["test"].agg(["mean", "std"])
standing["regret (points)"] = best - standing["mean"]
standing["± standard error"] = standing["std"] / np.sqrt(runs)
figures.glue("har_queries", queries)
figures.glue("har_measured", share, ".1f")
figures.glue("har_surrogate", valid.agreement, ".2f")
figures.glue("har_best_searcher", standing["regret (points)"].idxmin())
figures.glue("har_best_regret", standing["regret (points)"].min(), ".2f")
figures.glue("har_random_regret", standing["regret (points)"].get("random", np.nan), ".2f")
standing.round(2)

# %% [markdown]
# {glue:text}`har_measured` % of the cells are measured; the held-out rank agreement of the prediction for the others
# is {glue:text}`har_surrogate` (1.00 where nothing is predicted). After {glue:text}`har_queries` queries the lowest
# mean regret is {glue:text}`har_best_regret` points ({glue:text}`har_best_searcher`), against
# {glue:text}`har_random_regret` of random search. Compare with the noise above before calling a winner.
#
# ## Trained again, here
#
# A sample of the table is trained again in this run and must agree with it: the same initial weights and the same
# windows, beside other networks. What differs is rounding, which training amplifies; the bound is four times the
# noise between seeds (or 8 points where that is not yet known), for each cell, and a cell beyond it fails the chapter.


# %%
def here(name):
    """Whether a data set of the benchmark can be loaded in this run."""
    try:
        har201.data(name)
    except LucioleError:
        return False
    return True


live = next((name for name in sets if here(name)), None)
if live is None:
    print("None of the table's data sets is here; install seglearn or set LUCIOLE_DATA to train cells again.")
    figures.glue("har_live", "no cell, for want of data")
else:
    again = rng.choice(done[live], size=live_cells, replace=False)
    record = har201.retrain(live, again, seed=0)
    ours, kept = 100 * record.accuracy["test"][-1], analysis.final(table, live)[again]
    bound = 4 * noises[live].noise if noises[live] else 8.0
    compared = pd.DataFrame(
        {"cell": nb201.format(nb201.all_cells()[again]), "table (%)": kept, "here (%)": ours, "difference": ours - kept}
    )
    if not (np.abs(ours - kept) <= bound).all():
        raise LucioleError(
            f"cells trained again on {live} differ from the table by more than {bound:.1f} points:\n{compared}"
        )
    figures.glue("har_live", f"{live_cells} cells on {TITLE[live]}: within {np.abs(ours - kept).max():.2f} points")
    display(compared.round(2))
    print(f"{record.seconds / live_cells:.2f} s of training a cell, in a stack of {live_cells}")

# %% [markdown]
# {glue:text}`har_live`.
#
# ## Published beside measured
#
# No tabular benchmark on inertial sensors was found to set this one beside. The nearest are NAS-Bench-360
# {cite:p}`tu2022nasbench360`, which has all NAS-Bench-201 cells on muscle signals drawn as images, and tables of a few
# hand-made networks on many data sets. Accuracies here are of networks of {glue:text}`har_params_low` to
# {glue:text}`har_params_high` parameters, trained for
# seconds; they rank cells, and are not claims on the state of the art of a data set.
#
# ## What is not here, and why
#
# * The classes that are not trained yet: processor time. The order is random, the run resumes, the table counts.
# * Three seeds for all classes: the same. The noise is measured on a sample and holds for the rest as far as cells are
#   alike in it.
# * Latency on a device: multiply-accumulates are counted, latency on a busy machine would be a figure of its load.
# * Joules are an estimate (seconds of a thread times a stated power): no counter could be read.
#
# ## Summary
#
# * HAR-201 trains the cells of NAS-Bench-201 on sensors under a protocol whose signal is measured.
# * Two single trainings must differ by {glue:text}`har_needed` points on {glue:text}`har_first` to be told apart.
# * The best single choice is {glue:text}`har_best_op`, worth {glue:text}`har_best_worth` points; the rank correlation
#   of accuracy with cost is {glue:text}`har_macs_rho`.
# * With the accuracy of the same cells on CIFAR-10 it is {glue:text}`har_images`; between sensor data sets it runs from
#   {glue:text}`har_sets_low` to {glue:text}`har_sets_high`.
#
# ## What is next
#
# The rest of the classes: `luciole run har201` trains them from where the committed table stops. Your own recordings
# load the same way as these ([how to rerun it](../how_to_rerun.md)).
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
