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
# # The state of the art
#
# Neural architecture search (NAS) lets a program choose the network. This chapter tells how, what it has cost since
# 2017, and then runs the families side by side on one benchmark, under one budget, beside the published figures.
#
# ## Overview
#
# After this chapter you can
#
# 1. name the four axes on which every NAS method can be placed;
# 2. say what each family cost when it appeared, and where that number was read;
# 3. describe the cells of NAS-Bench-201 and the landscape that a search walks on;
# 4. run any searcher of the library under a budget of simulated seconds;
# 5. tell which differences between searchers are larger than their noise.
#
# ## Prerequisites
#
# Nothing: this is the first chapter. Words are explained in the [glossary](../glossary.md).

# %% tags=["parameters"]
seed = 0  # first seed of the live runs
live_runs = 20  # live runs of each searcher on the table that was found, at least 2
rederived = 40  # committed runs that are run again and compared
budget = 12000  # simulated seconds of the live runs, at least 2000
live_searchers = ["random", "local search", "regularised evolution", "REINFORCE", "firefly"]  # names of SEARCHERS

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from luciole import attestation, published, results, tables
from luciole.book import figures, ledger
from luciole.experiments.images import lemonade as digits_lemonade
from luciole.experiments.nb101 import energy as nb101_energy
from luciole.experiments.nb201 import search as bench
from luciole.experiments.nb201 import stages as scoring
from luciole.scores.cells import MEASURES
from luciole.search import NEEDS, SEARCHERS, Budget, landscape
from luciole.spaces import nb201

figures.use_style()
table = tables.nb201()
print(f"NAS-Bench-201: {table.source}")
for role, what in table.roles.items():
    print(f"{role}: {what.meaning}")

# %% [markdown]
# ## Four axes
#
# The usual survey {cite:p}`elsken2019survey` names three dimensions; a fourth decides whether two papers can be
# compared at all.
#
# Search space: what may be built?
# : whole networks; a *cell* repeated in a fixed skeleton (NAS-Bench-101 {cite:p}`ying2019nasbench101`, NAS-Bench-201
#   {cite:p}`dong2020nasbench201`).
#
# Search strategy: which one is tried next?
# : random; reinforcement learning; evolution; Bayesian optimisation; tree search; gradients; fireflies
#   {cite:p}`mokhtari2022ifa`.
#
# Performance estimation: how good is a candidate, without paying for all of its training?
# : fewer epochs; shared weights; a learnt predictor; a score of the untrained network.
#
# Evaluation: how is the answer judged, and what did it cost?
# : validation to choose, test once to report; seeds and intervals; seconds and joules.
#
# **Reinforcement learning** came first: a controller writes a network, trains it, and is rewarded with its accuracy
# {cite:p}`zoph2017nas,zoph2018nasnet,baker2017metaqnn`. **Evolution** replaced the controller by mutation and
# tournaments {cite:p}`real2017large,real2019amoeba,sun2020cnnga`. **Model-based** search fits a predictor to the
# networks already trained and asks it where to look {cite:p}`liu2018pnas,white2021bananas`; **tree search** learns how
# to split the space {cite:p}`wang2021lanas`. **Weight sharing** trains one network that contains all others
# {cite:p}`pham2018enas`, and **gradients** relax the choice so that it is learnt with the weights
# {cite:p}`liu2019darts,xu2020pcdarts`. **Random search** is the measure of them all {cite:p}`li2019random`.
# **Training-free** scores look at a network before any training {cite:p}`mellor2021naswot,he2024robot`.
#
# ## What famous searches cost
#
# Every figure below was printed by others; `data/published.csv` holds it with its source. Hollow marks are figures that
# we know second-hand or from memory and have not read in a paper. Look at the two falls: about 2018, when weights
# came to be shared, and about 2021, when training was left out.

# %%
claims = published.read()
costs = claims[claims["key"].str.contains("/search_")].copy()
costs[["family", "name"]] = costs["protocol"].str.split("; ", expand=True)[[0, 1]]
costs["year"] = costs["key"].str.extract(r"(20\d\d)").astype(int)
costs["hours"] = costs["figure"] * costs["unit"].map({"GPU-days": 24, "s": 1 / 3600})
costs["read"] = costs["seen"].str.startswith("read")

LEFT = {"MetaQNN", "Genetic CNN", "RoBoT"}  # labels to the left of their mark, and below it
BELOW = {"NASNet", "BlockQNN", "random search with weight sharing", "firefly (IFA) for HAR"}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 5.2))
for colour, (family, rows) in zip(figures.PALETTE, costs.groupby("family", sort=False), strict=False):
    spread = rows["year"] + 0.12 * (rows.groupby("year").cumcount() - 1)
    ax.scatter(
        spread, rows["hours"], s=42, edgecolor=colour, color=np.where(rows["read"], colour, "none"), label=family
    )
    for x, row in zip(spread, rows.itertuples(), strict=True):
        left = row.name in LEFT
        place = {"xytext": (-6 if left else 6, -9 if row.name in BELOW else 3), "ha": "right" if left else "left"}
        ax.annotate(row.name, (x, row.hours), textcoords="offset points", fontsize=7.5, **place)
ax.set_yscale("log")
ax.set(
    xlabel="year of publication",
    ylabel="cost of one search (hours of one processor)",
    xlim=(2015.3, 2025.6),
    xticks=range(2016, 2026),
)
ax.legend(fontsize=8.5, loc="upper right")
figures.show(
    fig,
    "famous-costs",
    alt=f"Search cost by year on a logarithmic axis, falling from {costs['hours'].max():,.0f} processor hours in "
    f"{costs['year'].min()} to less than an hour for training-free searches.",
    caption="What a search cost when it appeared, by family. The last ones are seconds on NAS-Bench-201 or on one CPU: "
    "other tasks, so the fall is also one of ambition.",
)
figures.glue("dearest_hours", costs["hours"].max(), ",.0f")
figures.glue("cheapest_seconds", costs["hours"].min() * 3600, ",.0f")

# %% [markdown]
# {numref}`famous-costs` spans from {glue:text}`dearest_hours` GPU hours to {glue:text}`cheapest_seconds` seconds. Two
# cautions: the early searches produced networks for CIFAR-10 and ImageNet from nearly nothing, the late ones choose
# among small cells in a given skeleton; and the hours are of GPUs that differ by more than a factor of ten.
#
# ## The benchmark
#
# A cell of NAS-Bench-201 is a graph of four nodes whose six edges carry one of five operations: `none`, `skip`,
# 1×1 convolution, 3×3 convolution, 3×3 average pooling. All of them were trained by the benchmark's authors on three
# data sets, so that a search can be replayed by looking numbers up: what takes 12,000 s of training takes milliseconds.

# %%
test = table.role("test").astype(float)
cells = nb201.all_cells()
near = landscape.neighbours(cells, nb201.ARITY, nb201.index)
optima = landscape.local_optima(test, near)
summit = landscape.summits(test, near)
best = int(test.argmax())
figures.glue("cells", len(cells), ",d")
figures.glue("classes", len(nb201.classes()), ",d")
figures.glue("space_mean", test.mean(), ".2f")
figures.glue("space_best", test.max(), ".2f")
figures.glue("local_optima", int(optima.sum()), "d")
figures.glue("climb_share", 100 * (test[summit] == test.max()).mean(), ".0f")
figures.glue("days", table.role("cost_seconds").sum() / 86400, ".1f")

# %% [markdown]
# There are {glue:text}`cells` cells, of which {glue:text}`classes` differ as functions. Their mean test accuracy on
# CIFAR-10 is {glue:text}`space_mean` %, the best reaches {glue:text}`space_best` %. Training every cell for 12 epochs
# once would take {glue:text}`days` days.
#
# ### The replica beside the original
#
# Where the original table cannot be downloaded, an independent training of all cells stands in, carried by the package
# `analog-nasbench`. How far may it be trusted? The agreement below was computed where both tables were at hand, and is
# computed again if they are now.

# %%
agreement = results.read("nb201/replica").frame
print(attestation.again("nb201/replica"))
agreement.rename(
    columns={
        "spearman": "Spearman",
        "kendall": "Kendall tau",
        "difference": "mean difference (points)",
        "spearman_top": "Spearman in the best tenth",
    }
).round(3).style.hide(axis="index").format(precision=3)

# %%
figures.glue("replica_rho", agreement["spearman"].iloc[0], ".3f")
figures.glue("replica_rho_top", agreement["spearman_top"].iloc[0], ".3f")

# %% [markdown]
# Over the whole space the two order cells almost alike (Spearman {glue:text}`replica_rho`), but within the best tenth
# of the cells much less so ({glue:text}`replica_rho_top`): the replica serves to show how searches behave, not to say
# which of two good cells is better.
#
# ### A map of the space
#
# A space of six genes has no natural plane. {numref}`space-map` shows it without distortion: every cell is one pixel,
# its row given by the operations on the three edges of nodes 1 and 2, its column by the three edges of the output
# node. Operations are ordered from `none` to 3×3 convolution, so that neighbouring pixels are often one mutation
# apart. Look for the plateaus, and for how few cells the white dots (local optima) are.

# %%
order = np.array([0, 2, 3, 4, 1])  # rank of none, skip, 1x1, 3x3, pool on the axes of the map
digits = order[cells]
row, column = digits[:, :3] @ (25, 5, 1), digits[:, 3:] @ (25, 5, 1)
picture = np.empty((125, 125))
picture[row, column] = test
fig, ax = plt.subplots(figsize=(figures.WIDTH, 6.2))
shown = ax.imshow(picture, vmin=80, cmap="viridis", origin="lower")
ax.scatter(column[optima], row[optima], s=14, color="white", edgecolor="black", linewidth=0.6, label="local optimum")
ax.scatter(column[best], row[best], s=120, marker="*", color=figures.PALETTE[3], edgecolor="white", label="best cell")
ax.set(xlabel="edges of node 3 (base-5 code)", ylabel="edges of nodes 1 and 2 (base-5 code)")
ax.grid(False)
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
fig.colorbar(shown, label="CIFAR-10 test accuracy (%), 80 and below in one colour", extend="min")
figures.show(
    fig,
    "space-map",
    alt="Map of all cells as pixels coloured by accuracy: self-similar squares, bright where 3x3 convolutions "
    "reach the output, dark where nothing does; the local optima are few and scattered.",
    caption="All cells of NAS-Bench-201, one pixel each.",
)

# %% [markdown]
# ### How far is the optimum?
#
# The second map is seen from the best cell: what accuracy do cells have that differ from it in one, two, … six edges?

# %%
rings = landscape.by_distance(test, cells, best)
fig, ax = plt.subplots()
ax.boxplot(rings[1:], positions=range(1, 7), whis=(1, 99), widths=0.6, showfliers=False, patch_artist=True,
           boxprops={"facecolor": "#cfe3f2"}, medianprops={"color": "black"})  # fmt: skip
far = (cells != cells[best]).sum(axis=1)
ax.scatter(far[optima], test[optima], color=figures.PALETTE[3], s=26, zorder=3, label="local optima")
ax.set(xlabel="edges that differ from the best cell", ylabel="CIFAR-10 test accuracy (%)", ylim=(70, 95.5))
ax.legend(loc="lower left")
figures.show(
    fig,
    "rings",
    alt="Box plots of accuracy by edit distance from the best cell: medians fall slowly and the spread grows "
    "with distance; local optima lie at several distances, near the top of their box.",
    caption="Accuracy by edit distance from the best cell (boxes: quartiles; whiskers: 1st to 99th percentile).",
)
figures.glue("ring_one", np.median(rings[1]), ".2f")
figures.glue("ring_six", np.median(rings[6]), ".2f")

# %% [markdown]
# {glue:text}`local_optima` cells are local optima, and steepest ascent reaches the highest accuracy from
# {glue:text}`climb_share` % of all cells; [the explorer](../explorer.md) lets you walk from cell to cell yourself.
# The median falls from {glue:text}`ring_one` % one edge away to {glue:text}`ring_six` % six edges away. On such
# ground a search that moves by small steps should do well; whether it does under noise (12 epochs, not 200) is
# measured next.
#
# ## Running them
#
# Every searcher has the same contract, `search(space, objective, budget, rng, **settings) -> History`. The protocol is
# that of the benchmark's authors {cite:p}`dong2020nasbench201`: an evaluation trains 12 epochs and costs the seconds
# that the benchmark measured; a cell asked for twice is paid twice; an evaluation that would pass the budget is not
# made; the cell with the highest 12-epoch validation accuracy is chosen, and its test accuracy is read once.
#
# A budget is stated in evaluations, seconds or joules, or several of them; the first to be spent ends the search.
# Joules need a power: the benchmark's networks were trained on GTX 1080 Ti cards, whose 250 W board power makes every
# joule below an
# *estimate*, and an upper one.

# %%
WATTS = 250  # board power of a GTX 1080 Ti: turns simulated seconds into estimated joules
seconds = table.roles["cost_seconds"].column
stated = {}
for limit in (Budget(evaluations=50), Budget(seconds=3000), Budget(joules=500_000)):
    objective = bench.objective(table)
    objective.joules = lambda rows: WATTS * table.at(rows, seconds)
    history = SEARCHERS["regularised evolution"](nb201, objective, limit, np.random.default_rng(seed))
    stated[f"{getattr(limit, limit.unit):,} {limit.unit}"] = history.to_frame().iloc[-1]
pd.DataFrame(stated).T[["evaluations", "seconds", "joules", "best"]].rename(columns={"joules": "joules (estimate)"})

# %% [markdown]
# The next cell runs several searchers here, now, on the table printed above.

# %%
live = {}
for searcher in live_searchers:
    runs = [bench.play(searcher, seed + k, table, Budget(seconds=budget)) for k in range(live_runs)]
    live[searcher] = pd.DataFrame(
        [
            {
                "evaluations": len(history),
                "simulated seconds": history.seconds[-1],
                "chosen by (%)": history.best_value,
                "test (%)": test[nb201.index(history.best)],
            }
            for history in runs
        ]
    )
overview = pd.concat(live).groupby(level=0, sort=False).agg(["mean", "std"])
overview = overview.drop(columns=[("evaluations", "std"), ("simulated seconds", "std")])
print(f"{live_runs} runs each, {budget:,} simulated seconds, table: {table.source}")
overview.round(2)

# %% [markdown]
# ### Regret against simulated seconds
#
# A few live runs cannot separate searchers that differ by a tenth of a point. The experiment `nb201/search` runs each
# searcher on {glue:text}`runs_least` to {glue:text}`runs_most` seeds (fewer where a library's optimiser is slow) on
# the original table, and its result is kept with the study; `luciole run nb201/search` makes it again, in
# {glue:text}`whole_minutes` minutes on two cores if it took there what it took here. If this build
# has the original table, a sample of those runs is now run again and must choose the same cell at every moment; the
# build fails otherwise.

# %%
kept = results.read("nb201/search")
curves = kept.frame[~kept.frame["searcher"].isin(bench.GUIDED)]
guided = kept.frame[kept.frame["searcher"].isin(bench.GUIDED)]
print(attestation.again("nb201/search_runs", seed, rederived))
if kept.stale:
    print("STALE:", "; ".join(kept.stale))
counts = curves.groupby("searcher")["runs"].first()
figures.glue("runs_least", int(counts.min()), "d")
figures.glue("runs_most", int(counts.max()), "d")
figures.glue("whole_minutes", kept.provenance.seconds / 2 / 60, ".1f")

# %%
optimum = published.figure("dong2020nasbench201/optimum_c10")
final = curves[curves["seconds"] == bench.BUDGET].sort_values("c10", ascending=False)
dashes = ["-", "--", ":"]
fig, ax = plt.subplots(figsize=(figures.WIDTH, 5.4))
for place, searcher in enumerate(final["searcher"]):
    if searcher in NEEDS:  # with several objectives or fidelities: in the table below
        continue
    one = curves[(curves["searcher"] == searcher) & (curves["seconds"] >= 500)]
    colour = figures.PALETTE[place % len(figures.PALETTE)]
    ax.plot(
        one["seconds"],
        optimum - one["c10"],
        dashes[place // len(figures.PALETTE)],
        color=colour,
        label=searcher if one["runs"].iloc[0] >= 200 else f"{searcher} ({one['runs'].iloc[0]} runs)",
    )
    ax.fill_between(one["seconds"], optimum - one["c10_high"], optimum - one["c10_low"], color=colour, alpha=0.15, lw=0)
ax.set_yscale("log")
ax.set(xlabel="simulated time (s)", ylabel="regret: points of CIFAR-10 test accuracy")
ax.set_ylim(bottom=0.05)
ax.set_yticks([0.05, 0.1, 0.2, 0.5, 1, 2], ["0.05", "0.1", "0.2", "0.5", "1", "2"])
ax.minorticks_off()
ax.legend(fontsize=7.5, ncols=2, loc="lower left")
figures.show(
    fig,
    "regret",
    alt="Falling regret curves against simulated time, lowest at the end: "
    + ", ".join(final.loc[~final["searcher"].isin(NEEDS), "searcher"]),
    caption="Mean regret of the chosen cell, with 95 % bootstrap intervals over runs, on the original table.",
)

# %% [markdown]
# ## Published beside measured
#
# The four searchers that the benchmark's authors ran, beside ours: mean test accuracy (%) after 12,000 simulated
# seconds. *Difference* is ours minus theirs; *noise* is its standard error from both numbers of runs. BOHB is set
# beside with a grain of salt: ours promotes from 12 epochs to 200, theirs stopped within 12.

# %%
THEIRS = {"random": "random", "regularised evolution": "rea", "REINFORCE": "reinforce", "BOHB": "bohb"}
beside = []
for searcher, name in THEIRS.items():
    for dataset in bench.DATASETS:
        mine = final[final["searcher"] == searcher]
        if mine.empty:
            continue
        ours = mine.iloc[0]
        mean = published.figure(f"dong2020nasbench201/{name}_{dataset}")
        spread = published.figure(f"dong2020nasbench201/{name}_{dataset}_sd")
        noise = np.sqrt(ours[f"{dataset}_sd"] ** 2 / ours["runs"] + spread**2 / 500)
        beside.append(
            [searcher, dataset, mean, spread, ours[dataset], ours[f"{dataset}_sd"], ours[dataset] - mean, noise]
        )
names = ["searcher", "data set", "published", "sd", "ours", "our sd", "difference", "noise"]
beside = pd.DataFrame(beside, columns=names).set_index(["searcher", "data set"])
figures.glue("largest_difference", beside["difference"].abs().max(), ".2f")
figures.glue("within", f"{(beside['difference'].abs() <= 0.25).sum()} of {len(beside)}")
beside.astype(float).round(2)

# %%
fig, panels = plt.subplots(1, 3, figsize=(figures.WIDTH, 3.0), sharey=True)
names = list(dict.fromkeys(beside.index.get_level_values(0)))[::-1]
for ax, dataset in zip(panels, bench.DATASETS, strict=True):
    rows = beside.xs(dataset, level="data set").loc[names]
    line = final.set_index("searcher").loc[names]
    ours = line[dataset].to_numpy(dtype=float)
    reach = [ours - line[f"{dataset}_low"], line[f"{dataset}_high"] - ours]
    ax.errorbar(ours, range(len(names)), xerr=reach, fmt="o", ms=5, capsize=3, color=figures.PALETTE[0], label="ours")
    printed = rows["published"].to_numpy(dtype=float)
    ax.errorbar(
        printed, np.arange(len(names)) - 0.25, xerr=1.96 * rows["sd"].astype(float) / np.sqrt(500), fmt="D", ms=4.5,
        capsize=3, color=figures.PALETTE[1], label="published",
    )  # fmt: skip
    for place, (x, value) in enumerate(zip(np.maximum(ours, printed), rows["difference"], strict=True)):
        ax.annotate(f"{value:+.2f}", (x, place - 0.12), xytext=(9, -3), textcoords="offset points", fontsize=8.5)
    low, high = ax.get_xlim()
    ax.set(xlabel=f"{dataset} (%)", xlim=(low, high + 0.45 * (high - low)), ylim=(-0.6, len(names) - 0.5))
    ax.tick_params(axis="x", labelsize=9)
panels[0].set_yticks(range(len(names)), names)
panels[0].set_ylabel("searcher")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
figures.show(
    fig,
    "beside-published",
    alt="Forest plot of test accuracy on three data sets, ours beside published; differences, ours minus published: "
    + "; ".join(f"{name} {dataset} {row['difference']:+.2f}" for (name, dataset), row in beside.iterrows()),
    caption="Mean test accuracy after 12,000 simulated seconds with 95 % intervals: ours (bootstrap over runs) beside "
    "the published means (normal interval from their deviation over 500 runs). The number is the difference.",
)

# %% [markdown]
# {glue:text}`within` differences are within 0.25 points; the largest is {glue:text}`largest_difference`. What remains
# has two likely causes: the published runs read accuracies of the first release of the benchmark, ours means over the
# seeds of a later one (they differ on thousands of cells), and theirs were charged the searcher's own time on top.
#
# All searchers, at both budgets, on all three data sets. A cell is *good* when its CIFAR-10 test accuracy is at least
# 94.3 %.

# %%
both = curves[curves["seconds"].isin(bench.BUDGETS)].copy()
both["time to 94.3 % (s)"] = both["goal_median_s"].map(lambda s: f"{s:,.0f}" if np.isfinite(s) else "not by half")
both["reach 94.3 %"] = (100 * both["goal_share"]).map("{:.0f} %".format)
for dataset in bench.DATASETS:
    both[dataset] = both[dataset].map("{:.2f}".format) + " ± " + both[f"{dataset}_sd"].map("{:.2f}".format)
standing = both.sort_values(["seconds", "c10"], ascending=[True, False]).set_index(["seconds", "searcher"])
leader = final[final["runs"] >= 200].iloc[0]  # a lead over ten runs is not one
figures.glue("leader", leader["searcher"])
figures.glue("leader_c10", leader["c10"], ".2f")
figures.glue("random_c10", final.loc[final["searcher"] == "random", "c10"].iloc[0], ".2f")
figures.glue("field", final["c10"].max() - final["c10"].min(), ".2f")
figures.glue(
    "optima_published",
    " / ".join(f"{published.figure(f'dong2020nasbench201/optimum_{d}'):.2f}" for d in bench.DATASETS),
)
figures.glue("run_sd", final["c10_sd"].median(), ".2f")
standing[[*bench.DATASETS, "runs", "reach 94.3 %", "time to 94.3 % (s)"]]

# %% [markdown]
# *Reach* and *time* are of the whole run of 12,000 s: the share of runs whose choice was ever that good, and the
# median moment. A run that has not yet ended its first evaluation counts with the mean of the space, as a cell drawn
# blindly (Hyperband and BOHB at 3,000 s). The optimum is {glue:text}`optima_published`.
#
# What the table tells, read with the intervals of {numref}`regret`:
#
# * Of the searchers with at least 200 runs, {glue:text}`leader` leads at 12,000 s with {glue:text}`leader_c10` %, and
#   random search ends at {glue:text}`random_c10` %. The whole field lies within {glue:text}`field` points; runs of
#   one and the same searcher have a standard deviation of {glue:text}`run_sd`, so a single run of each tells little.
# * The firefly searches, made for scores that cost milliseconds, flatten early when every query is a training;
#   [chapter 3](03_ifa_reproduction.ipynb) looks at their move.
# * Hyperband and BOHB choose by 200 epochs of training, which costs them 200/12 times as much a cell; the rest choose
#   by 12 epochs.
# * NSGA-II, alone or with a surrogate, and LEMONADE spend their evaluations on a whole front of accuracy against
#   multiply-accumulates; their accuracy alone is not their aim.
#
# ### Rankings that cost milliseconds
#
# A score of an untrained network orders cells without a search. [Chapter 4](04_scores.ipynb) compares
# {glue:text}`scores_compared` of them, and sums of several, under one protocol; here is its short form, Kendall's tau
# with test accuracy over all cells: the counts that cost nothing, the three single scores of highest mean, the
# combination of highest mean at either depth of the untrained network, and what training buys.

# %%
judged = results.read("nb201/quality")
for reason in judged.stale:
    print(f"nb201/quality is stale: {reason}; run `luciole run nb201/scores`")
whole = judged.frame.query("subset == 'all' and cells == cells.max()")
ranks = whole.pivot(index=["inputs", "score"], columns="dataset", values="tau")[list(bench.DATASETS)]
price = results.read("nb201/costs").frame.set_index(["inputs", "score"])["milliseconds"]
sums, closed = scoring.COMBINATIONS, ["params", "layers"]
derived = [*sums, "vkdnw_single", "swap_regularised", *MEASURES]
alone = ranks.loc["images"].drop(index=derived)
compared = set(judged.frame.query("inputs == 'images'")["score"]) - set(derived)
listed = [("images", name) for name in [*closed, *alone.mean(axis=1).nlargest(3).index]]
listed += [(depth, ranks.loc[depth].loc[list(sums)].mean(axis=1).idxmax()) for depth in ("images", "deep")]
listed += [("training", name) for name in ("12 epochs", "200 epochs")]
brief = ranks.loc[listed].rename(index={"images": "one cell a stage", "deep": "five cells a stage"}, level="inputs")
brief["ms of one core"] = price.reindex(listed).to_numpy()
figures.glue("scores_compared", len(compared), "d")
best_sum = ranks.loc[listed[-3]]
figures.glue_markdown("best_sum", f"`{listed[-3][1]}` (five cells a stage)")
figures.glue("best_sum_tau", " / ".join(f"{value:.2f}" for value in best_sum))
figures.glue("short_training_tau", " / ".join(f"{value:.2f}" for value in ranks.loc[("training", "12 epochs")]))
brief.style.format("{:.3f}", na_rep="").format("{:.0f}", subset=["ms of one core"], na_rep="")

# %% [markdown]
# The sum {glue:md}`best_sum` reaches {glue:text}`best_sum_tau`, the validation accuracy after twelve epochs of
# training {glue:text}`short_training_tau`.
#
# ### Searches that a score guides
#
# A score of an untrained network costs milliseconds where a training of 12 epochs costs minutes
# {cite:p}`mellor2021naswot,abdelfattah2021zerocost`. There are four ways to let one guide: it chooses alone among a
# thousand random cells and one cell is trained (*training-free selection*); it orders those cells and training goes
# down the list while the budget lasts (*selection, then training*); it picks the first population of regularised
# evolution (*warm-started*); or it also screens every mutant before it is trained (*guided evolution*). The scores
# are those of [chapter 4](04_scores.ipynb), of cells as written, and see no accuracy; what they cost there is charged
# here to the simulated seconds, once per class of cells. The last guide is no score at all, but the number of
# parameters, which costs nothing: a score that does no better than it has told the search nothing but size.

# %%
WAY = {"training-free selection": "v", "selection, then training": "s", "warm-started evolution": "^",
       "guided evolution": "o"}  # fmt: skip
fig, panels = plt.subplots(1, 2, figsize=(figures.WIDTH, 4.6), sharey=True, sharex=True)
for ax, limit in zip(panels, bench.BUDGETS, strict=True):
    at = guided[guided["seconds"] == limit].set_index("searcher")
    for k, (way, mark) in enumerate(WAY.items()):
        rows = at.loc[[f"{way}, {score}" for score in bench.GUIDES]]
        ax.errorbar(
            rows["c10"], np.arange(len(rows)) + 0.15 * (1.5 - k), fmt=mark, ms=5, color=figures.PALETTE[k], label=way,
            xerr=[rows["c10"] - rows["c10_low"], rows["c10_high"] - rows["c10"]],
        )  # fmt: skip
    plain = curves[(curves["seconds"] == limit) & (curves["searcher"] == "regularised evolution")]["c10"].iloc[0]
    ax.axvline(plain, color="0.45", linestyle="--", linewidth=1.2, label="regularised evolution, unguided")
    ax.axvline(optimum, color="0.45", linestyle=":", linewidth=1.2, label="optimum of the space")
    ax.set(xlabel="test accuracy (%)", title=f"{limit:,} s")
    ax.set_yticks(range(len(bench.GUIDES)), bench.GUIDES)
panels[0].set_ylabel("guide")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
best_way = guided[guided["seconds"] == bench.BUDGET].sort_values("c10").iloc[-1]
figures.show(
    fig,
    "guided",
    alt="Test accuracy on CIFAR-10 of four ways of guidance by six guides at two budgets; highest at 12,000 s: "
    f"{best_way['searcher']} at {best_way['c10']:.2f} per cent.",
    caption=f"Guided searches on NAS-Bench-201, mean of {guided['runs'].iloc[0]} runs with 95 % bootstrap intervals, "
    "scoring charged.",
)

# %%
shown = guided[guided["seconds"].isin(bench.BUDGETS)].sort_values("c10", ascending=False).copy()
for dataset in bench.DATASETS:
    shown[dataset] = shown[dataset].map("{:.2f}".format) + " ± " + shown[f"{dataset}_sd"].map("{:.2f}".format)
shown["reach 94.3 %"] = (100 * shown["goal_share"]).map("{:.0f} %".format)
shown["time to 94.3 % (s)"] = shown["goal_median_s"].map(lambda s: f"{s:,.0f}" if np.isfinite(s) else "not by half")
shown = shown.set_index(["seconds", "searcher"])[[*bench.DATASETS, "reach 94.3 %", "time to 94.3 % (s)"]]
table_of = {
    (limit, searcher): one for (limit, searcher), one in guided.groupby(["seconds", "searcher"])["c10"].first().items()
}
ends = {way: [table_of[bench.BUDGET, f"{way}, {score}"] for score in bench.GUIDES] for way in WAY}
early = guided[guided["seconds"] == bench.BUDGETS[0]].sort_values("c10").iloc[-1]
unguided = curves[curves["searcher"] == "regularised evolution"].set_index("seconds")["c10"]
at_once = np.argmax(np.array(list(ends.values())), axis=0)
figures.glue("guided_best", best_way["searcher"])
figures.glue("guided_best_c10", best_way["c10"], ".2f")
figures.glue("guided_best_share", 100 * best_way["goal_share"], ".0f")
figures.glue("guided_best_s", best_way["goal_median_s"], ",.0f")
figures.glue("guided_early", early["searcher"])
figures.glue("guided_early_all", " / ".join(f"{early[d]:.2f}" for d in bench.DATASETS))
figures.glue(
    "guided_early_robot", " / ".join(f"{published.figure(f'he2024robot/robot_{d}'):.2f}" for d in bench.DATASETS)
)
figures.glue("unguided_early", unguided[bench.BUDGETS[0]], ".2f")
figures.glue("unguided_late", unguided[bench.BUDGET], ".2f")
figures.glue("guided_params", table_of[bench.BUDGET, "guided evolution, params"], ".2f")
figures.glue("guided_wins", f"{(at_once == list(WAY).index('guided evolution')).sum()} of {len(bench.GUIDES)}")
figures.glue_markdown("guided_worst", figures.names(bench.GUIDES[int(np.argmin(ends["guided evolution"]))]))
figures.glue("guided_worst_c10", min(ends["guided evolution"]), ".2f")
figures.glue("alone_best", max(ends["training-free selection"]), ".2f")
pd.concat([shown.loc[[limit]].head(8) for limit in bench.BUDGETS])

# %% [markdown]
# The table shows the eight best of {numref}`guided` at each budget. What is seen:
#
# * After 12,000 s {glue:text}`guided_best` reaches {glue:text}`guided_best_c10` %, unguided evolution
#   {glue:text}`unguided_late` %; {glue:text}`guided_best_share` % of its runs reach 94.3 %, half of them within
#   {glue:text}`guided_best_s` s. After 3,000 s the highest is {glue:text}`guided_early` with
#   {glue:text}`guided_early_all` on the three data sets (unguided: {glue:text}`unguided_early` on CIFAR-10); RoBoT
#   {cite:p}`he2024robot` prints {glue:text}`guided_early_robot` for 3,051 s.
# * Much of it is size: screening by the number of parameters, which is free, gives {glue:text}`guided_params` %.
# * No score alone is enough: the best choice without training ends at {glue:text}`alone_best` %.
# * For {glue:text}`guided_wins` guides the score serves best when it is asked at every step. A score that misleads does
#   harm there: guided by {glue:md}`guided_worst`, evolution ends at {glue:text}`guided_worst_c10` %. (AZ-NAS's set is
#   computed here on the shallow skeleton of chapter 4, not on its authors'.)
# * Which guide is best was read off the accuracies shown: somebody who had to name it beforehand would have done worse
#   on average. [Chapter 5](05_better_firefly.ipynb) keeps choice and report apart.
#
# ## A space of graphs: NAS-Bench-101
#
# In NAS-Bench-101 {cite:p}`ying2019nasbench101` a cell is any graph of at most seven vertices and nine edges: no six
# independent choices any more, and the same cell can be written in many ways. The searchers are the same; the space
# brings its own mutation, crossover and the benchmark's graph hash, by which a cell is recognised under any order of
# its vertices. The prepared table has neither validation accuracy nor times, so here the mean *test* accuracy is
# searched, and the axis counts evaluations: this compares how fast searchers find good cells, and flatters all of
# them alike.

# %%
graph_runs = results.read("nb101/search")
graph_curves = graph_runs.frame
print(attestation.again("nb101/search_runs", seed, min(2, rederived)))
print("searched:", graph_runs.provenance.parameters["searched"], *graph_runs.stale)

# %%
best_101 = published.figure("ying2019nasbench101/optimum")
last = graph_curves[graph_curves["evaluations"] == graph_curves["evaluations"].max()].sort_values("test")
fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.8))
for place, searcher in enumerate(last["searcher"].iloc[::-1]):
    one = graph_curves[graph_curves["searcher"] == searcher]
    colour = figures.PALETTE[place % len(figures.PALETTE)]
    style = dashes[place // len(figures.PALETTE)]
    ax.plot(
        one["evaluations"],
        best_101 - one["test"],
        style,
        color=colour,
        label=f"{searcher} ({one['runs'].iloc[0]} runs)",
    )
    ax.fill_between(
        one["evaluations"], best_101 - one["test_high"], best_101 - one["test_low"], color=colour, alpha=0.15, lw=0
    )
ax.set_xscale("log")
ax.set_xticks([10, 20, 50, 100, 200, 500], ["10", "20", "50", "100", "200", "500"])
ax.minorticks_off()
ax.set(xlabel="evaluations", ylabel="regret: points of CIFAR-10 accuracy")
ax.legend(fontsize=8)
figures.show(
    fig,
    "regret-101",
    alt="Falling regret curves on NAS-Bench-101 against evaluations on a logarithmic axis, lowest at the end: "
    + ", ".join(last["searcher"].iloc[::-1]),
    caption="NAS-Bench-101: mean regret of the best cell found, with 95 % bootstrap intervals over runs.",
)
figures.glue("leader_101", last["searcher"].iloc[-1])
figures.glue("leader_101_regret", best_101 - last["test"].iloc[-1], ".2f")
random_101 = last.loc[last["searcher"] == "random", "test"].iloc[0]
figures.glue("random_101_regret", best_101 - random_101, ".2f")
ours_lanas = graph_curves[graph_curves["searcher"] == "LaNAS"].set_index("evaluations")
lanas = pd.DataFrame(
    {
        "published runs": {n: published.figure(f"wang2021lanas/best_at_{n}") for n in (50, 100, 200, 400)},
        "ours": ours_lanas["test"],
        "our sd": ours_lanas["test_sd"],
    }
).dropna()
lanas["difference"] = lanas["ours"] - lanas["published runs"]
lanas.rename_axis("evaluations").round(2)

# %% [markdown]
# After 500 evaluations, one cell in a thousand, {glue:text}`leader_101` is {glue:text}`leader_101_regret` points from
# the optimum, random search {glue:text}`random_101_regret`. The table sets our LaNAS beside the runs that its authors
# released {cite:p}`wang2021lanas`: the trees are grown more often here (every 5 evaluations, theirs every 20), by
# ridge regression instead of gradient steps.
#
# ### A budget in joules, measured
#
# Trainings of the same number of epochs do not cost the same energy. For all cells of at most five vertices
# EC-NAS {cite:p}`bakhtiarifard2024ecnas` *measured* the energy of four epochs on a Quadro RTX 6000. Here a query is
# that training: it shows the validation accuracy after four epochs and costs its joules, and the searchers move among
# these cells only. Reported is the benchmark's test accuracy after 108 epochs of the cell chosen. The left panel spends
# joules, the right one queries: a searcher that likes large cells pays for it on the left only.

# %%
spent = results.read("nb101/energy")
print("searched: validation accuracy after 4 epochs, NAS-Bench-101 cells of at most 5 vertices", *spent.stale)
print(attestation.again("nb101/energy_runs", seed, min(3, rederived)))
fig, panels = plt.subplots(1, 2, figsize=(figures.WIDTH, 4.4), sharey=True)
for ax, (unit, scale, label) in zip(
    panels, (("joules", 1e6, "energy of training (MJ)"), ("queries", 1, "trainings of 4 epochs")), strict=True
):
    for place, (searcher, one) in enumerate(spent.frame[spent.frame["unit"] == unit].groupby("searcher", sort=False)):
        colour = figures.PALETTE[place % len(figures.PALETTE)]
        ax.plot(one["spent"] / scale, one["test"], color=colour, label=searcher)
        ax.fill_between(one["spent"] / scale, one["test_low"], one["test_high"], color=colour, alpha=0.15, lw=0)
    ax.set(xlabel=label)
panels[0].set_ylabel("test accuracy (%)")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
last_joules = spent.frame[spent.frame["spent"] == nb101_energy.MOST].sort_values("test")
figures.show(
    fig,
    "joules-101",
    alt="Test accuracy of the chosen cell against joules and against trainings; at the last budget, from lowest to "
    "highest: " + ", ".join(last_joules["searcher"]),
    caption=f"NAS-Bench-101 cells with measured energy: mean of {spent.frame['runs'].min()} runs, 95 % bootstrap "
    "intervals.",
)
facts = spent.provenance.parameters["space"]
by_name = last_joules.set_index("searcher")
figures.glue("energy_cells", facts["cells"], ",d")
figures.glue("energy_all", facts["joules_of_all"] / 1e6, ".0f")
figures.glue("energy_budget", nb101_energy.MOST / 1e6, ".0f")
figures.glue("energy_leader", last_joules["searcher"].iloc[-1])
figures.glue("energy_leader_test", last_joules["test"].iloc[-1], ".2f")
figures.glue("energy_second", last_joules["searcher"].iloc[-2])
figures.glue("energy_second_test", last_joules["test"].iloc[-2], ".2f")
figures.glue("energy_random_test", by_name.loc["random", "test"], ".2f")
figures.glue("energy_rho", facts["spearman_valid4_test108"], ".2f")
figures.glue("energy_trap", facts["test108_of_best_valid4"], ".2f")
figures.glue("energy_best", facts["best_test108"], ".2f")
figures.glue("energy_cost4", facts["spearman_joules_valid4"], ".2f")
figures.glue("energy_cost108", facts["spearman_joules_test108"], ".2f")
figures.glue("energy_most", by_name.loc["LEMONADE", "queries"], ".0f")
figures.glue("energy_lemonade", by_name.loc["LEMONADE", "test"], ".2f")
figures.glue("energy_random_n", by_name.loc["random", "queries"], ".0f")
figures.glue("energy_least", by_name.loc["genetic algorithm", "queries"], ".0f")
energy_table = last_joules.iloc[::-1].set_index("searcher")[["test", "test_sd", "queries", "runs"]]
energy_table.rename(columns={"test": "test (%)", "test_sd": "sd", "queries": "trainings paid"}).round(2)

# %% [markdown]
# All {glue:text}`energy_cells` cells would take {glue:text}`energy_all` MJ; a search spends
# {glue:text}`energy_budget`. What is seen:
#
# * {glue:text}`energy_leader` and {glue:text}`energy_second` end highest, at {glue:text}`energy_leader_test` and
#   {glue:text}`energy_second_test` %; random search ends at {glue:text}`energy_random_test` %, and the intervals of
#   most others overlap with its own. Four epochs say little: their validation accuracy orders these cells with a
#   Spearman correlation of only {glue:text}`energy_rho` as 108 epochs do, and the cell that they like best reaches
#   {glue:text}`energy_trap` %, where the best one reaches {glue:text}`energy_best` %.
# * For the same joules LEMONADE, which likes the empty places of a front against parameters, buys
#   {glue:text}`energy_most` trainings, random search {glue:text}`energy_random_n`, a genetic algorithm
#   {glue:text}`energy_least` (it converges, asks for what it knows, and stops before the budget is spent). LEMONADE's
#   trainings are cheaper ones, and it ends at {glue:text}`energy_lemonade` %.
# * What a cell's training costs says nothing about its accuracy after four epochs (Spearman
#   {glue:text}`energy_cost4`) but much about that after 108 ({glue:text}`energy_cost108`): a short training is a proxy
#   that favours cells which learn fast and cheaply.
#
# ## Inherited weights: LEMONADE
#
# LEMONADE {cite:p}`elsken2019lemonade` evolves a front of accuracy against size. Two ideas are its own. Its *cheap*
# objectives choose: parents, and then children, are drawn with a chance that is the inverse of a kernel density over
# the front's parameters and multiply-accumulates, so that the expensive objective is paid only where the front is
# thin. And it is *Lamarckian*: a child begins with what its parent has learnt. Operators that add (a convolution put
# in as the identity, one widened by repeating channels and splitting what is read from them, a kernel padded with
# zeros, a skip with weights of zero) keep the function of the network exactly; those that take away keep it
# approximately.
#
# The first idea ran above, on a table. The second needs trainings, so here are some: scikit-learn's 8×8 digits, 1,000
# images to train, 400 to choose, 397 to report; chains of convolutions in two stages. All four searches below train
# for the same number of epochs in all. To see what the weights are worth, the same evolution runs with children that
# begin from scratch; to see what evolution is worth, random networks are trained as briefly, or ten times longer and
# ten times fewer.

# %%
lemonade = results.read("images/lemonade")
lemonade_runs = results.read("images/lemonade_runs").arrays
print(attestation.again("images/lemonade_runs", seed, min(1, rederived)), *lemonade.stale)
brief = lemonade.provenance.parameters
fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.2))
for colour, (method, one) in zip(figures.PALETTE, lemonade.frame.groupby("method", sort=False), strict=False):
    ax.plot(one["parameters"], one["test"], color=colour, label=method)
    ax.fill_between(one["parameters"], one["low"], one["high"], color=colour, alpha=0.15, lw=0)
ax.set_xscale("log")
ax.set(xlabel="parameters at most", ylabel="test accuracy on digits (%)", ylim=(50, 100))
ax.set_xticks([1000, 2000, 5000, 10000, 20000], ["1,000", "2,000", "5,000", "10,000", "20,000"])
ax.minorticks_off()
ax.legend(loc="lower right")
figures.show(
    fig,
    "lemonade",
    alt="Test accuracy against the number of parameters allowed, four searches; where 5,000 are allowed: "
    + "; ".join(
        f"{method} {one.loc[(one['parameters'] - 5000).abs().idxmin(), 'test']:.1f} per cent"
        for method, one in lemonade.frame.groupby("method", sort=False)
    ),
    caption=f"The front that {brief['evaluations'] * brief['epochs']} epochs in all find, as trained by the search: "
    f"mean test accuracy of what validation chooses under each number of parameters, {brief['seeds']} searches each, "
    "95 % bootstrap intervals. A search that holds no network so small counts as a guess among ten digits.",
)

# %%
fronts = digits_lemonade.quality(lemonade_runs).drop(columns="seed")
anew = {f"anew_{limit}": f"anew, at most {limit:,} parameters (%)" for limit in digits_lemonade.LIMITS}
verdict = fronts.groupby("method", sort=False).agg(["mean", "std"]).rename(columns=anew)
searched = pd.Series(lemonade_runs["searched"]).groupby(lemonade_runs["method"], sort=False).mean()
verdict[("seconds of a search", "mean")] = searched
by_seed = digits_lemonade.quality(lemonade_runs).pivot(index="seed", columns="method")
volumes, anew_at_most = by_seed["hypervolume"], by_seed[f"anew_{digits_lemonade.LIMITS[-1]}"]


def digits_at(method: str, parameters: int) -> str:
    """Mean test accuracy of a method where so many parameters are allowed, in words."""
    one = lemonade.frame[lemonade.frame["method"] == method]
    return f"{one.loc[(one['parameters'] - parameters).abs().idxmin(), 'test']:.1f}"


METHOD = {"lemonade": "LEMONADE", "scratch": "without inheritance", "brief": "random", "long": "random, longer"}
for key, method in METHOD.items():
    figures.glue(f"digits_{key}_5", digits_at(method, 5_000))
    figures.glue(f"digits_{key}_20", digits_at(method, 20_000))
    figures.glue(f"digits_{key}_volume", volumes[method].mean(), ".2f")
    figures.glue(f"digits_{key}_anew", anew_at_most[method].median(), ".1f")
figures.glue("digits_wins", f"{(volumes['LEMONADE'] > volumes['without inheritance']).sum()} of {len(volumes)}")
figures.glue("digits_worst", volumes["LEMONADE"].min(), ".2f")
figures.glue("digits_seeds", brief["seeds"], "d")
figures.glue("digits_doubt", (lemonade.frame["high"] - lemonade.frame["low"]).median() / 2, ".1f")
figures.glue("digits_small", f"{digits_lemonade.LIMITS[0]:,}")
figures.glue("digits_limit", f"{digits_lemonade.LIMITS[-1]:,}")
lamarckian = np.isin(lemonade_runs["run"], np.flatnonzero(lemonade_runs["method"] == "LEMONADE"))
figures.glue("digits_lineage", int(lemonade_runs["epochs"][lamarckian].max()), "d")
verdict.round(2)

# %% [markdown]
# *Hypervolume* is the share of a box (700 to 25,000 parameters on a logarithmic axis, accuracies from 70 to 100 %) that
# a search's front covers; *anew* is the chosen architecture trained once more, from scratch and ten times longer. What
# is seen:
#
# * The weights are worth much. With about 5,000 parameters LEMONADE shows {glue:text}`digits_lemonade_5` %, the same
#   evolution from scratch {glue:text}`digits_scratch_5` %, random networks {glue:text}`digits_brief_5` %; its front
#   covers {glue:text}`digits_lemonade_volume` of the box against {glue:text}`digits_scratch_volume` and
#   {glue:text}`digits_brief_volume`, more than from scratch in {glue:text}`digits_wins` seeds. A network of two
#   epochs carries up to {glue:text}`digits_lineage` epochs of its ancestors.
# * The architectures are not better. Trained anew, what LEMONADE chose under {glue:text}`digits_limit` parameters
#   reaches {glue:text}`digits_lemonade_anew` % (median), what the others chose {glue:text}`digits_scratch_anew`,
#   {glue:text}`digits_brief_anew` and {glue:text}`digits_long_anew` %: on digits this small any sound network will
#   do.
# * Fewer and longer trainings catch up where parameters are plenty ({glue:text}`digits_long_20` % against
#   {glue:text}`digits_lemonade_20` % under 20,000), but a handful of networks is no front
#   ({glue:text}`digits_long_volume`).
# * It is not safe: LEMONADE's worst search covers {glue:text}`digits_worst` and holds no good network below
#   {glue:text}`digits_small` parameters, which is the dip of the mean there. With {glue:text}`digits_seeds` searches
#   each, the intervals of {numref}`lemonade` are ±{glue:text}`digits_doubt` points wide in the median.
#
# ## What could not be reproduced, and why
#
# * The searches behind {numref}`famous-costs` at their own scale: that is the point of a benchmark.
# * BOHB as published, which stops trainings early along one learning curve of 12 epochs. The tables at hand hold no
#   curves, only two schedules of different length, so ours promotes from the short to the long one: another protocol.
#   The seconds of the long one are an estimate, by the number of epochs.
# * As many seeds for every searcher: Optuna's Gaussian process needs seconds of computation a run where the others need
#   hundredths, and has {glue:text}`runs_least` runs; the table says how many each has.
# * LEMONADE at its own scale, on CIFAR-10. What is shown here is its mechanism on small digits,
#   without normalisation of batches and with operators of our own choosing of its kinds.
# * Gradient methods train a supernet and cannot be replayed from a table.
# * NAS-Bench-101 under its own protocol (validation accuracy, training time): the official file has both, and
#   `luciole run nb101/search` uses it when it is there.
#
# ## Summary
#
# * A NAS method is a space, a strategy, an estimate and an evaluation; papers differ on all four.
# * The cost of a search fell from GPU years to minutes, mostly by cheaper estimates rather than cleverer strategies.
# * NAS-Bench-201 has few local optima: simple local moves go far, and random search is a hard baseline.
# * Under the published budget our reruns agree with the published means ({glue:text}`within` within 0.25 points). The
#   spread over seeds is of the size of most differences between strategies: hundreds of runs are needed to rank them.
# * A good score asked at every step is worth more than any strategy tried here; a bad one is worse than none, and the
#   number of parameters is a guide to be reckoned with.
# * Inherited weights give good networks of many sizes for the price of brief trainings; on the digits they did not lead
#   to better architectures.
#
# ## What is next
#
# [Efficiency](02_efficiency.ipynb) asks what accuracy should be weighed against; [the firefly
# search](03_ifa_reproduction.ipynb) replaces the 110 s of training behind each query by a score that takes
# milliseconds.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
