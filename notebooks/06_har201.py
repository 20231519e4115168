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
# ```{admonition} In short
# Can searches for sensor networks be compared on a table, as those for images are? **Yes for coarse questions: it tells
# good cells from bad ones, and not the best from the next best.** On {glue:text}`har_first` two seeds order the classes
# with a Kendall τ of {glue:text}`har_tau`, and the best tenth of them with {glue:text}`har_tau_top`. Images say more
# about the watch than other sensors do: accuracy on CIFAR-10 ranks the same cells with a correlation of
# {glue:text}`har_images`, another sensor set with {glue:text}`har_sets_high` at most. Of {glue:text}`har_scores_tried`
# training-free scores, {glue:text}`har_beat_macs` rank them clearly better than a count of multiply-accumulates
# ({glue:text}`har_macs_alone`).
# ```

# %% tags=["parameters", "hide-input"]
seed = 0  # seeds every random draw of the chapter
live_cells = 2  # cells trained again here and compared with the table, at least 1
live_scored = 3  # cells that training-free scores are computed for again and compared, at least 1
tried = []  # names of searchers; none means all but Optuna GP, which takes seconds a run
queries = 60  # trainings' worth of seconds that a search may spend, at least 10
runs = 20  # of each searcher, at least 2
resamples = 1000  # draws behind the interval of each rank correlation, at least 20

# %% tags=["remove-input"]
import numpy as np

from luciole import tables
from luciole.book import figures, ledger
from luciole.report import har201, har201_figures, har201_numbers, show
from luciole.search import SEARCHERS

figures.use_style()
table = tables.har201()
noises = har201_numbers.noises(table)
rank = har201_numbers.ranks(table, seed, resamples)
pairs, carried = har201_numbers.carried(table, seed, resamples)
show.keep(har201_numbers.made_numbers(table) | har201_numbers.spread_numbers(table, noises))
show.keep(har201_numbers.rank_numbers(rank) | carried)
har201_figures.spread(table, noises)

# %% [markdown]
# HAR-201: NAS-Bench-201's cells in one dimension, trained to recognise what people do, tested on people never seen.
#
# ## Overview
#
# After this chapter you can tell a difference between two cells from the noise between two trainings, say which
# operations matter for sensors, judge what carries over from images, and run any searcher of the library on the table.
#
# ## Prerequisites
#
# [The state of the art](01_state_of_the_art.ipynb) for the cells and the searchers.
#
# ## What is in the table
#
# One cell, by its string, and its test accuracy after the last epoch:

# %%
from luciole import tables
from luciole.spaces import nb201

har = tables.har201()
cell = nb201.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
at = nb201.index(cell)
print(f"cell {at}: {har['wisdm_test_acc_ep4'][at]:.1f} %, {har['wisdm_macs'][at]:,.0f} multiply-accumulates")

# %% tags=["remove-input"]
show.table(har201_numbers.made(table))
har201_figures.skeleton()

# %% [markdown]
# Trained so far: {glue:text}`har_covered`, {glue:text}`har_trainings` trainings in all. The order of the classes is
# random, so that a table of some of them is an unbiased sample. `luciole run har201/table` goes on from here. What
# rounded the numbers, by data set and seed: {glue:text}`har_trained_with`. The [data card](../har201_card.md) says what
# to know before a figure of it goes into a paper.
#
# ## The protocol, and the pilot behind it
#
# A benchmark that cannot tell its entries apart measures luck. So a few other cells are trained under several
# protocols, twice each. With $a_{cs}$ the accuracy of cell $c$ with seed $s$ of $S$, *noise* is the deviation between
# trainings of a cell, *signal* the one between cells with the noise taken out, and two single trainings differ by more
# than chance (95 %) beyond $d$:
#
# $$\sigma^2 = \operatorname{mean}_c \operatorname{var}_s a_{cs}, \qquad
# \text{signal}^2 = \operatorname{var}_c \bar a_c - \frac{\sigma^2}{S}, \qquad d = 1.96\,\sqrt{2}\,\sigma.$$

# %% tags=["remove-input"]
tested, said = har201_numbers.pilot()
show.keep(said)
show.folded(tested, "Every condition of the pilot: rate, windows, skeleton, signal and noise")

# %% [markdown]
# Conditions measured: {glue:text}`har_pilot`. Signal over noise reaches {glue:text}`har_pilot_wisdm` on WISDM with the
# minimal skeleton, and {glue:text}`har_pilot_uci` on UCI HAR, where most cells recognise most windows: one training a
# cell orders them badly there. So WISDM was trained first, and whole. The protocol:
#
# * *Skeleton* ({numref}`har-skeleton`): no convolution of size 3 outside the cell.
# * *Rate*: neighbours averaged to 6.7 Hz (WISDM) and 8.3 Hz (the others), for it is cheaper.
# * *Training*: four epochs of 4,096 windows, AdamW, one cycle of the learning rate.
# * *Split*: three parts without a common person; normalised by the training part alone {cite:p}`hammerla2015`.
# * *Choice*: nothing was chosen by looking at a cell's test accuracy.
#
# ## How good, how different
#
# {numref}`har-spread` has the spread, and the bar within which two cells cannot be told apart by one training each.

# %% tags=["remove-input"]
show.table(har201_numbers.spread(table, noises), digits=1)

# %% [markdown]
# On {glue:text}`har_first` two trainings of one cell differ by {glue:text}`har_noise` points (standard deviation); the
# spread between cells is {glue:text}`har_ratio` times that. Single trainings that differ by less than
# {glue:text}`har_needed` points are a tie. Over {glue:text}`har_seeded` classes trained with {glue:text}`har_seeds`
# seeds, on the same test people, the best tenth is a draw. The highest of many noisy numbers is too high by two or
# three times the noise: the accuracy of "the best cell" is an optimistic figure on any benchmark of single runs.
#
# ## Which operations matter for sensors
#
# The mean accuracy of the cells that have an operation on an edge, less the mean of all.

# %% tags=["remove-input"]
effects = har201.effects(har201.trained(table, "wisdm"), har201.final(table, "wisdm"), np.random.default_rng(seed))
show.keep(har201_numbers.cost_numbers(table, effects, seed, resamples))
har201_figures.worth(effects)

# %% tags=["remove-input"]
har201_figures.costs(table)

# %% [markdown]
# The best single choice ({numref}`har-operations`) is a {glue:text}`har_best_op` ({glue:text}`har_best_worth` points),
# the worst {glue:text}`har_worst_op` ({glue:text}`har_worst_worth`). Rank correlation of accuracy with depth:
# {glue:text}`har_depth_rho`; with multiply-accumulates ({numref}`har-costs`): {glue:text}`har_macs_rho` (95 %
# intervals).
#
# One answer takes {glue:text}`har_latency_low` to {glue:text}`har_latency_high` ms, one window at a time on one thread
# ({glue:text}`har_latency_machine`). Networks this small wait for their operations to start: the rank correlation of
# that time with multiply-accumulates is {glue:text}`har_latency_macs`, with the number of operations
# {glue:text}`har_latency_operations`; two rounds of timing agree to {glue:text}`har_latency_rounds`.
#
# ## From one data set to another, and from images
#
# Does a cell that is good here do well there? Spearman's correlations over the classes trained on both; CIFAR-10 is the
# accuracy of the same cell in NAS-Bench-201. The noise of single trainings pulls all of these towards zero.

# %% tags=["remove-input"]
show.table(pairs)

# %% [markdown]
# Between {glue:text}`har_first` and CIFAR-10 it is {glue:text}`har_images` (95 % interval {glue:text}`har_images_low`
# to {glue:text}`har_images_high`): 1 would mean that searching on images is searching for the watch, 0 that it is worth
# nothing. Between the sensor data sets it runs from {glue:text}`har_sets_low` to {glue:text}`har_sets_high`: a set of
# sensors does not choose a cell for another, partly for its noise. (seglearn's test is of two people only.)
#
# ## Do training-free scores hold off images?
#
# Every score of the library on {glue:text}`har_scored` classes, the first of the table's random order: one batch of 32
# training windows, one draw of the initial weights. Look at how far the points of {numref}`har-scores` stand from the
# diagonal, and at where the two counts (parameters `params`, multiply-accumulates `macs`) are among them.

# %% tags=["remove-input"]
shown = rank[["wisdm", "uci_har", "CIFAR-10"]].rename(columns=har201_numbers.TITLES)
show.folded(shown, "Every score: rank correlation with test accuracy on two sensor sets and on CIFAR-10")
show.lines([har201_numbers.scored_again(live_scored, seed)], "What was scored again just now")
har201_figures.scores(rank)

# %% [markdown]
# The highest is {glue:text}`har_best_score` with {glue:text}`har_best_score_rho`; counting multiply-accumulates gives
# {glue:text}`har_macs_alone`. Between images and the watch the *order of the scores* agrees with a rank correlation of
# {glue:text}`har_scores_hold`.
#
# ### Scores for a search on sensors
#
# Chapter 5 chose three scores on images. Which three would these benchmarks choose? Sets of three among the scores that
# agree best alone, their log ranks summed; the measure is the rank correlation with accuracy on the *validation*
# people, so that a search on the same data sets may use the answer and still be judged on the test people.

# %% tags=["remove-input"]
best, said = har201_numbers.threes(table)
show.keep(said)
show.table(best)

# %% [markdown]
# The three of chapter 5 (last row) reach {glue:text}`har_images_rho`, the best of {glue:text}`har_sets_tried` sets
# {glue:text}`har_guides_top`. [The contest](07_contest.ipynb) searches with {glue:text}`har_guides`
# ({glue:text}`har_guides_rho`, place {glue:text}`har_guides_place`): of sets as good as each other, one that counts
# parameters, since multiply-accumulates are bounded there anyway.
#
# ## Searching on it
#
# A search asks for the validation accuracy of a cell and pays for its training in seconds; what it found is judged by
# test accuracy. Every searcher of the library gets the same seconds, worth {glue:text}`har_queries` median trainings.
# Those that want a guide get the count of multiply-accumulates, those that screen get the accuracy at half of the
# epochs at half the price. One search:

# %%
from luciole.report.har201_searchers import Contest

contest = Contest(har, "wisdm")
history = contest.play("regularised evolution", queries=60, seed=0)
print(f"{len(history)} trainings asked for, found {contest.test[contest.found(history)]:.1f} % on the test people")

# %% tags=["remove-input"]
searchers = tried or [name for name in SEARCHERS if name != "Optuna GP"]
standing = contest.standing(searchers, queries, runs)
show.keep(har201_numbers.search_numbers(standing, contest, queries))
har201_figures.searchers(standing, contest, runs)
columns = {"test": "test accuracy (%)", "error": "standard error", "regret": "regret (points)", "asked": "trainings"}
show.folded(standing.rename(columns=columns), "Every searcher: what it found, its error, its regret, its trainings")

# %% [markdown]
# The highest mean of {glue:text}`har_searchers` searchers ({numref}`har-searchers`) is {glue:text}`har_best_found` %
# ({glue:text}`har_best_searcher`), a regret of {glue:text}`har_best_regret` points against
# {glue:text}`har_random_regret` of random search; the intervals of {glue:text}`har_tied` others reach it. The cell with
# the most multiply-accumulates, which needs no search, has {glue:text}`har_most_macs` %. {glue:text}`har_measured` % of
# the cells are measured; a random forest stands in for others, fitted to those that are {cite:p}`zela2022surrogate`
# (held-out rank agreement {glue:text}`har_surrogate`; 1.00 where nothing is predicted).
#
# ## Published beside measured
#
# No tabular benchmark on inertial sensors was found to set this one beside. The nearest are NAS-Bench-360
# {cite:p}`tu2022nasbench360`, which has all NAS-Bench-201 cells on muscle signals drawn as images, and tables of a few
# hand-made networks on many data sets. Accuracies here are of networks of {glue:text}`har_params_low` to
# {glue:text}`har_params_high` parameters, trained for seconds; they rank cells, and are not claims on the state of the
# art of a data set. Some cells are trained again here, from the same initial weights and windows: what differs is
# rounding, and a cell beyond four times the noise between seeds fails the chapter.

# %% tags=["remove-input"]
print(har201_numbers.again(table, noises, live_cells, seed))

# %% [markdown]
# ## What is not here, and why
#
# * Three seeds for all classes: processor time. The noise is measured on a sample.
# * Other test people: all figures are of one group. The [data card](../har201_card.md) describes a second version.
# * Latency on a watch or a phone: one machine only was timed. Joules are estimates (seconds times a stated power).
#
# ## Summary
#
# * Two single trainings must differ by {glue:text}`har_needed` points on {glue:text}`har_first` to be told apart; the
#   best tenth keeps no order between seeds (τ {glue:text}`har_tau_top`).
# * The best single choice is a {glue:text}`har_best_op`, worth {glue:text}`har_best_worth` points; the rank correlation
#   of accuracy with cost is {glue:text}`har_macs_rho`.
# * With the accuracy of the same cells on CIFAR-10 it is {glue:text}`har_images`; between sensor data sets it runs from
#   {glue:text}`har_sets_low` to {glue:text}`har_sets_high`.
# * The scores chosen on images are not those that sensors would choose: rank correlations of
#   {glue:text}`har_images_rho` and {glue:text}`har_guides_top`.
#
# ## Exercises
#
# **1.** Two cells, each trained once, are two points apart on the watch. How often does a second pair of trainings keep
# their order, if the first gap was the true one?

# %% tags=["hide-cell"]
from scipy import stats

print(f"In {100 * stats.norm.cdf(2 / (2**0.5 * noises['wisdm'].noise)):.0f} % of cases; 50 % is a coin.")

# %% [markdown]
# **2.** Give random search a third of the trainings. Foresee how much it loses.

# %% tags=["hide-cell"]
for asked in (queries // 3, queries):
    print(f"{asked} trainings: {contest.standing(['random'], asked, runs)['regret'].iloc[0]:.1f} points of regret")

# %% [markdown]
# **3.** How many cells lie so near to the best of the watch that one training each cannot tell them from it?

# %% tags=["hide-cell"]
accuracy = har["wisdm_test_acc_ep4"]
near = accuracy > np.nanmax(accuracy) - 1.96 * 2**0.5 * noises["wisdm"].noise
print(f"{near.sum():,} of {np.isfinite(accuracy).sum():,}")

# %% [markdown]
# ## What is next
#
# More seeds: with larger `STAGES`, `luciole run har201/table` goes on from the committed table. Then
# [small networks for sensors](07_contest.ipynb), and your own recordings, which load the same way as these
# ([how to rerun it](../how_to_rerun.md)).
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
