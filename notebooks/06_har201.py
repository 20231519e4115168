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
# For wearable sensors we found none. HAR-201 is one: the cells of NAS-Bench-201 in one dimension, trained class by
# class to recognise what people do from a watch or a phone, tested on people never seen. This chapter is about its
# protocol, the pilot behind it, and what the table says.
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
live_cells = 2  # cells trained again here and compared with the table, at least 1
live_scored = 3  # cells that training-free scores are computed for again and compared, at least 1
tried = []  # names of searchers; none means all but Optuna GP, which takes seconds a run
queries = 60  # trainings' worth of seconds that a search may spend, at least 10
runs = 40  # of each searcher, at least 2
resamples = 1000  # draws behind the interval of each rank correlation, at least 20

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display
from scipy import stats

from luciole import results, tables
from luciole.book import figures, ledger
from luciole.efficiency import pareto_front
from luciole.errors import LucioleError
from luciole.experiments.har201 import pilot as har201_pilot
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import scores as har201_scores
from luciole.experiments.har201 import table as har201
from luciole.experiments.nb201 import stages
from luciole.report import har201 as analysis
from luciole.report.har201_searchers import Contest
from luciole.scores import cells as shapes
from luciole.search import SEARCHERS
from luciole.sensors.search import GUIDES
from luciole.spaces import nb201

figures.use_style()
rng = np.random.default_rng(seed)
table = tables.har201()
sets = [name for name in protocol.PROTOCOLS if f"{name}_seconds" in table]
done = {name: analysis.trained(table, name) for name in sets}
print(f"HAR-201: {table.source}")

# %%
first = sets[0]  # the data set that the chapter dwells on
TITLE = {"wisdm": "WISDM watch", "uci_har": "UCI HAR", "seglearn": "seglearn exercises"}
every = len(nb201.classes())
figures.glue("har_first", TITLE[first])
made = results.read("har201/table", part=True).provenance.parameters
figures.glue("har_covered", "; ".join(f"{len(done[name]):,} of {every:,} on {TITLE[name]}" for name in sets))
machines = [(*of.split(", "), " and ".join(programs)) for of, programs in made.get("trained with", {}).items()]
figures.glue("har_trained_with", "; ".join(f"{TITLE[name]}, {of}: {programs}" for name, of, programs in machines))
figures.glue("har_params_low", table[f"{first}_params"].min(), ",")
figures.glue("har_params_high", table[f"{first}_params"].max(), ",")
figures.glue("har_trainings", made["trainings"], ",")
pd.DataFrame(
    {
        TITLE[name]: {
            "classes trained": f"{len(done[name]):,} of {every:,}",
            "seeds": len(analysis.seeds(table, name)),
            "people": {"wisdm": 46, "uci_har": 30, "seglearn": 10}[name],
            "activities": protocol.PROTOCOLS[name].shape[1],
            "window": f"{protocol.PROTOCOLS[name].shape[0]} channels x {protocol.PROTOCOLS[name].shape[2]} samples",
            "processor seconds a training": f"{np.nanmedian(table[f'{name}_seconds']):.2f}",
        }
        for name in sets
    }
)

# %% [markdown]
# How far the table has come: {glue:text}`har_covered`, {glue:text}`har_trainings` trainings in all. The classes are
# trained in a random order, so that a table of some of them, and the further seeds, are of an unbiased sample.
# `luciole run har201/table` goes on from here. What rounded the numbers, by data set and seed:
# {glue:text}`har_trained_with`.
#
# ## The protocol, and the pilot behind it
#
# A benchmark that cannot tell its entries apart measures luck. So a few other cells are trained under several
# protocols, twice each. *Noise* is the standard deviation between two trainings of a cell, *signal* the
# one between cells with the noise taken out.

# %%
try:
    pilot = results.read("har201/pilot", part=True)
    shown = pilot.frame.rename(
        columns={"ratio": "signal / noise", "ranks": "rank agreement", "seconds": "s a training"}
    )
    figures.glue("har_pilot", f"{len(shown)} of {len(har201_pilot.CONDITIONS)}")
    ratios = pilot.frame[pilot.frame["skeleton"] == "minimal"].groupby("dataset")["ratio"].max()
    figures.glue("har_pilot_wisdm", ratios.get("wisdm", np.nan), ".1f")
    figures.glue("har_pilot_uci", ratios.get("uci_har", np.nan), ".1f")
    display(shown.round(2).style.hide(axis="index").format(precision=2))
    print("stale: " + ", ".join(pilot.stale) if pilot.stale else "the pilot is current")
except LucioleError as reason:
    for name in ("har_pilot", "har_pilot_wisdm", "har_pilot_uci"):
        figures.glue(name, "(not yet measured)")
    print(f"The pilot is not measured yet: {reason}")

# %% [markdown]
# Conditions measured: {glue:text}`har_pilot`. Signal over noise reaches {glue:text}`har_pilot_wisdm` on WISDM with the
# minimal skeleton, and {glue:text}`har_pilot_uci` on UCI HAR, where most cells recognise most windows: one training a
# cell orders them badly there. So WISDM was trained first, and whole. The protocol:
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
figures.glue_markdown("har_best_op", f"`{strongest.iloc[-1]['operation']}` on the edge `{strongest.iloc[-1]['edge']}`")
figures.glue("har_best_worth", strongest.iloc[-1]["effect"], "+.1f")
figures.glue_markdown("har_worst_op", f"`{strongest.iloc[0]['operation']}` on the edge `{strongest.iloc[0]['edge']}`")
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
costs = analysis.spearman(analysis.final(table, first), table[f"{first}_macs"], rng, resamples)
deep = analysis.spearman(accuracy, depths, rng, resamples)
figures.glue("har_macs_rho", str(costs))
figures.glue("har_depth_rho", str(deep))

# %% [markdown]
# The best single choice is {glue:md}`har_best_op` ({glue:text}`har_best_worth` points), the worst
# {glue:md}`har_worst_op` ({glue:text}`har_worst_worth`). Rank correlation of accuracy with depth:
# {glue:text}`har_depth_rho`; with multiply-accumulates: {glue:text}`har_macs_rho` (95 % intervals over cells).
#
# ### What a cell costs when it answers
#
# Every class was timed, one window at a time on one thread, twice in random order. Look at how wide the cloud is: which
# of the two counts says more about the time of networks this small?

# %%
timing = results.read("har201/latency")
if timing.stale:
    print("STALE:", "; ".join(timing.stale))
machine, load = timing.provenance.machine, timing.provenance.parameters["load of other programs"]
print(f"measured on {machine['processor']}, {machine['cores']} cores, at a load of {load} of other programs")
latency = table["wisdm_latency_ms"]
operations = (nb201.prune(nb201.all_cells()) > nb201.SKIP).sum(axis=1)
fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4), sharey=True)
classes_ = nb201.classes()
left.scatter(table["wisdm_macs"][classes_] / 1e3, latency[classes_], s=4, alpha=0.3)
left.set(xlabel="MACs (thousands)", ylabel="milliseconds a window")
used = np.unique(operations[classes_])
right.boxplot([latency[classes_][operations[classes_] == count] for count in used], tick_labels=used)
right.set(xlabel="operations that count")
figures.show(
    fig,
    "har-latency",
    alt="Left: milliseconds against multiply-accumulates, a cloud. Right: milliseconds by the number of operations.",
    caption="Time of one answer on one thread of the machine named above, by the processor clock: against "
    "multiply-accumulates, and by the operations on the way to the output, skip connections aside.",
)
figures.glue("har_latency_low", latency.min(), ".2f")
figures.glue("har_latency_high", latency.max(), ".2f")
figures.glue("har_latency_macs", stats.spearmanr(latency[classes_], table["wisdm_macs"][classes_]).statistic, ".2f")
figures.glue("har_latency_operations", stats.spearmanr(latency[classes_], operations[classes_]).statistic, ".2f")
figures.glue("har_latency_rounds", timing.provenance.parameters["rank agreement of the rounds"], ".2f")

# %% [markdown]
# From {glue:text}`har_latency_low` to {glue:text}`har_latency_high` ms. The rank correlation of latency with
# multiply-accumulates is {glue:text}`har_latency_macs`, with the number of operations
# {glue:text}`har_latency_operations`; two rounds of timing agree with each other to {glue:text}`har_latency_rounds`.
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
            estimate = analysis.spearman(columns[one], columns[other], rng, resamples)
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
# Every score of the library on {glue:text}`har_scored` classes, the first of the table's random order: one batch of 32
# training windows, one draw of the initial weights. {numref}`har-scores` sets how a score ranks cells of a sensor
# network beside how the same score, computed on images, ranks the same cells on CIFAR-10. Look at how far the points
# stand from the diagonal, and at where the two counts (parameters, multiply-accumulates) are among them.

# %%
kept = results.read("har201/scores")
if kept.stale:
    print("STALE:", "; ".join(kept.stale))
on_images = stages.spread(results.read("nb201/scores").frame)
accuracy_on_images = images.role("test")
measured = kept.frame[kept.frame["dataset"] == first]
names = [name for name in measured.columns if name not in ("dataset", "index")]
rank = []
for name in names:
    row = {"score": name}
    for dataset, frame in kept.frame.groupby("dataset"):
        target = analysis.final(table, dataset)[frame["index"]]
        estimate = analysis.spearman(frame[name].to_numpy(), target, rng, resamples)
        row |= {dataset: estimate.value, f"{dataset} low": estimate.low, f"{dataset} high": estimate.high}
    if name in on_images:
        there, image = on_images[name][measured["index"]], accuracy_on_images[measured["index"]]
        row["CIFAR-10"] = stats.spearmanr(there, image, nan_policy="omit").statistic
    rank.append(row)
rank = pd.DataFrame(rank).set_index("score").sort_values(first, ascending=False)
figures.glue("har_scored", len(measured))
fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.6))
both = rank.dropna(subset=["CIFAR-10", first])
gaps = [both[first] - both[f"{first} low"], both[f"{first} high"] - both[first]]
ax.errorbar(both["CIFAR-10"], both[first], yerr=gaps, fmt="o", markersize=5, linewidth=1)
ax.axline((0, 0), slope=1, color="black", linewidth=0.8, linestyle="--")
figures.label_points(ax, both["CIFAR-10"].tolist(), both[first].tolist(), both.index.tolist())
ax.set(xlabel="rank correlation on CIFAR-10, scores on images", ylabel=f"rank correlation on {TITLE[first]}")
figures.show(
    fig,
    "har-scores",
    alt="One point a score: its rank correlation with accuracy on images across, on the watch upwards, with intervals.",
    caption="Training-free scores on images and on sensors, over the same cells; bars are 95 % bootstrap intervals.",
)
shown = rank.rename(columns={name: TITLE.get(name, name) for name in rank.columns})
display(
    shown[[*(TITLE[name] for name in kept.frame["dataset"].unique()), "CIFAR-10"]].style.format("{:.2f}", na_rep="")
)
scores_only = rank.drop(index=["params", "macs", "layers", "tensors"])
figures.glue("har_best_score", scores_only.index[0])
figures.glue("har_best_score_rho", scores_only[first].iloc[0], ".2f")
figures.glue("har_macs_alone", rank.loc["macs", first], ".2f")
beaten = (scores_only[f"{first} low"] > rank.loc["macs", first]).sum()
figures.glue("har_beat_macs", int(beaten))
figures.glue("har_scores_tried", len(scores_only))
figures.glue("har_scores_hold", stats.spearmanr(both[first], both["CIFAR-10"]).statistic, ".2f")

# %%
try:
    some = measured.sample(live_scored, random_state=seed)
    cheap = ["naswot", "synflow", "trainability"]
    again = har201_scores.scored(first, some["index"].to_numpy(), names=cheap).values
    for name in cheap:
        if not np.allclose(again[name][0], some[name], rtol=1e-3):
            raise AssertionError(f"{name} computed again differs from the result: {again[name][0]} and {some[name]}")
    print(f"{', '.join(cheap)} computed again for {live_scored} cells: the same values")
except LucioleError as reason:
    print(f"not computed again here: {reason}")

# %% [markdown]
# The highest is {glue:text}`har_best_score` with {glue:text}`har_best_score_rho`; counting multiply-accumulates gives
# {glue:text}`har_macs_alone`. Of {glue:text}`har_scores_tried` scores {glue:text}`har_beat_macs` do better than that
# count by more than the interval of the sample. Between images and the watch the *order of the scores* agrees with a
# rank correlation of {glue:text}`har_scores_hold`.
#
# ### Scores for a search on sensors
#
# Chapter 5 chose three scores on images. Which three would these benchmarks choose? Sets of three among the scores that
# agree best alone, their log ranks summed; the measure is the rank correlation with accuracy on the *validation*
# people, so that a search on the same data sets may use the answer and still be judged on the test people.

# %%
on_cells = results.read("firefly/luciole_nb201").provenance.parameters["chosen"]  # chapter 5
sets_of_three = analysis.together(table, kept.frame, on_cells)
chosen_three, images_three = (" + ".join(sorted(names)) for names in (GUIDES, on_cells))
figures.glue("har_guides", ", ".join(GUIDES))
figures.glue("har_guides_rho", sets_of_three.loc[chosen_three, "mean"], ".2f")
figures.glue("har_guides_place", sets_of_three.index.get_loc(chosen_three) + 1)
figures.glue("har_guides_top", sets_of_three["mean"].iloc[0], ".2f")
figures.glue("har_images_rho", sets_of_three.loc[images_three, "mean"], ".2f")
figures.glue("har_sets_tried", len(sets_of_three))
shown = pd.concat([sets_of_three.head(6), sets_of_three.loc[[images_three]]])
shown.rename(columns=TITLE).round(3)

# %% [markdown]
# The three of chapter 5 reach {glue:text}`har_images_rho`, the best of {glue:text}`har_sets_tried` sets
# {glue:text}`har_guides_top`. The application chapter searches with {glue:text}`har_guides`
# ({glue:text}`har_guides_rho`, place {glue:text}`har_guides_place`): of sets as good as each other, one that counts
# parameters, since multiply-accumulates are bounded there anyway.
#
# ## Searching on it
#
# A search asks for the validation accuracy of a cell and pays for its training in seconds; what it found is judged by
# test accuracy. Every searcher of the library gets the same seconds, worth {glue:text}`har_queries` median trainings.
# Those that want a guide get the count of multiply-accumulates, those that screen get the accuracy at half of the
# epochs at half the price. Where classes are not trained yet, a random forest stands in, fitted to those that are
# {cite:p}`zela2022surrogate`: then the comparison is of searchers on a *surrogate*, not on measurements.

# %%
contest = Contest(table, first)
share = 100 * contest.valid.measured.mean()
print(f"{share:.1f} % of the cells are measured; rank agreement of the prediction: {contest.valid.agreement:.2f}")
searchers = tried or [name for name in SEARCHERS if name != "Optuna GP"]
standing = contest.standing(searchers, queries, runs)
fig, ax = plt.subplots(figsize=(figures.WIDTH, 0.28 * len(standing) + 1))
place = np.arange(len(standing))[::-1]
ax.errorbar(standing["test"], place, xerr=1.96 * standing["error"], fmt="o", markersize=5)
ax.axvline(contest.test.max(), color="black", linewidth=0.8, linestyle="--")
ax.set(yticks=place, yticklabels=standing.index, xlabel="test accuracy of the cell found (%), mean of runs")
figures.show(
    fig,
    "har-searchers",
    alt="A row a searcher in falling order of the test accuracy that it finds, with intervals; a line: the best cell.",
    caption=f"What {runs} runs of each searcher find on {TITLE[first]}, with 95 % intervals of the mean; dashed: the "
    "highest test accuracy of all cells, which the noise of single trainings puts too high.",
)
figures.glue("har_queries", queries)
figures.glue("har_measured", share, ".1f")
figures.glue("har_surrogate", contest.valid.agreement, ".2f")
figures.glue("har_best_searcher", standing.index[0])
figures.glue("har_best_regret", standing["regret"].iloc[0], ".2f")
figures.glue("har_random_regret", standing["regret"].get("random", np.nan), ".2f")
ahead = standing["test"] - 1.96 * standing["error"]
figures.glue("har_tied", int((standing["test"] + 1.96 * standing["error"] >= ahead.iloc[0]).sum() - 1))
figures.glue("har_most_macs", contest.test[contest.macs.argmax()], ".2f")
figures.glue("har_best_found", standing["test"].iloc[0], ".2f")
standing.round(2)

# %% [markdown]
# {glue:text}`har_measured` % of the cells are measured; the held-out rank agreement of the prediction for the others
# is {glue:text}`har_surrogate` (1.00 where nothing is predicted). The highest mean is {glue:text}`har_best_found` %
# ({glue:text}`har_best_searcher`), a regret of {glue:text}`har_best_regret` points against
# {glue:text}`har_random_regret` of random search; the intervals of {glue:text}`har_tied` others reach it. The cell with
# the most multiply-accumulates, which needs no search, has {glue:text}`har_most_macs` %.
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
        protocol.data(name)
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
# * Three seeds for all classes: processor time. The noise is measured on a sample and holds for the rest as far as
#   cells are alike in it.
# * Latency on a watch or a phone: it is measured on one machine only, whose small networks wait for the interpreter.
# * Joules are an estimate (seconds of a thread times a stated power): no counter could be read.
#
# ## Summary
#
# * HAR-201 trains the cells of NAS-Bench-201 on sensors under a protocol whose signal is measured.
# * Two single trainings must differ by {glue:text}`har_needed` points on {glue:text}`har_first` to be told apart.
# * The best single choice is {glue:md}`har_best_op`, worth {glue:text}`har_best_worth` points; the rank correlation
#   of accuracy with cost is {glue:text}`har_macs_rho`.
# * With the accuracy of the same cells on CIFAR-10 it is {glue:text}`har_images`; between sensor data sets it runs from
#   {glue:text}`har_sets_low` to {glue:text}`har_sets_high`.
# * The scores chosen on images are not those that sensors would choose: rank correlations of
#   {glue:text}`har_images_rho` and {glue:text}`har_guides_rho`.
#
# ## What is next
#
# More seeds: with larger `STAGES`, `luciole run har201/table` goes on from the committed table. Then
# [an efficient network for sensors](07_contest.ipynb), and your own recordings, which load the same way as
# these ([how to rerun it](../how_to_rerun.md)).
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
