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
# # A better firefly
#
# ```{admonition} In short
# Does a better swarm find better networks? **Hardly: the scores decide, and away from home they mislead.** With
# {glue:text}`few` scored cells *luciole*, built here part by part, returns {glue:text}`luciole_few` % on CIFAR-10,
# plain local search {glue:text}`local_few` %. With 1,000 it ends where its scores lead, at {glue:text}`reached` %;
# those scores were chosen with trained accuracies. On sensor data the cells of the released IFA, chosen for images,
# reach a macro-F1 of {glue:text}`motion_ifa` %, luciole's by the sensors' own scores {glue:text}`motion_luciole` %, a
# random cell {glue:text}`motion_any` %.
# ```

# %% tags=["remove-input"]
from luciole import tables
from luciole.book import figures, ledger
from luciole.report import better_firefly, better_live, better_page, show

figures.use_style()
kept, table = better_firefly.Kept.read(), tables.nb201()
better_page.opening(kept, table)

# %% [markdown]
# Read {numref}`luciole-parts` from below: random search on the same scores, then local search and the released IFA,
# then luciole's parts. Where intervals overlap that of the whole, a part is not shown to help.
#
# ## Overview
#
# After this chapter you can
#
# 1. say what each part of IFA and of luciole is worth, and where both lose to simpler searches on the same score;
# 2. choose scores on one data set and report on others, by a rule stated in code;
# 3. run luciole, alone and under a limit on cost, and say what it gives on other spaces and data.
#
# ## Prerequisites
#
# [The improved firefly algorithm](03_ifa_reproduction.ipynb) and [scores compared](04_scores.ipynb).

# %% tags=["parameters", "hide-input"]
seed = 0  # first seed of the live runs
live_runs = 10  # live runs of luciole and of its rivals on the table at hand, at least 2
live_scored = 150  # classes each live run may score, at least 30
rederived = 40  # committed runs, and as many committed class scores, that are computed again and compared
front_runs = 2  # live fronts a cost and set of scores, at least 1
graph_runs = 6  # live searches of NAS-Bench-101 that look accuracies up, of luciole and of evolution; at least 1
graph_trainings = 150  # accuracies that each of them may look up, at least 25
retrained = 1  # committed trainings on images that are done again, with the search behind them
regraphed = 1  # committed searches of NAS-Bench-101 that are run again and compared

# %% [markdown]
# ## Which scores
#
# A perfect search returns the cell that its score likes best, so the scores are the first part to choose. The
# candidates are those that [chapter 4](04_scores.ipynb) computed from images on one cell a stage.
#
# **The rule.** Of all sets of one to three scores, take the one whose five highest classes, by the sum of logarithms of
# their ranks, have the best mean **test accuracy on CIFAR-100**. So no run below trains anything (but where a last
# stage is named), yet the scores that guide it were chosen with the accuracies of trained networks:
#
# * **CIFAR-100** columns are not a test of this choice: it was made on them.
# * **CIFAR-10** columns are optimistic. The rule was first tried on pairs of cheaper scores, the listings showed
#   CIFAR-10 accuracies too, and the candidates were widened after these had been seen.
# * **ImageNet16-120** is the clean column. Its accuracies go together with those of CIFAR-100, so it says how the
#   choice carries over to other images, not to other spaces.

# %% tags=["remove-input"]
better_page.scores(kept, table)

# %% [markdown]
# Of {glue:text}`sets` sets the choice is {glue:text}`chosen`. All candidates together take {glue:text}`score_ms` ms of
# one core a class, which is what a scored class is charged below. The highest cell of the chosen scores has
# {glue:text}`ceiling` % ({glue:text}`source`): no search on them is expected to do better than by luck. How far such a
# choice flatters is measured in [chapter 14](14_comparison.ipynb): chosen on one half of the classes and read on the
# other, the best set is {glue:text}`single_halves` points from the best cell, not {glue:text}`single_whole`.
#
# ## What is each part of IFA worth?
#
# Every row of the fold changes one part of the released IFA and gives it the same {glue:text}`few` scored classes,
# guided by the chosen scores' ranks within the whole space (a number that no real run can know: the same gift to all).
# In sight: other searches on the same ranks.

# %% tags=["remove-input"]
better_page.ifa(kept)

# %% [markdown]
# One change costs: truncating the fitness to an integer, as released, loses {glue:text}`ifa_integer` points. Every
# other moves the mean by {glue:text}`ifa_widest` points at most. Given the same number of *different* cells,
# attraction, distance, noise, restart, mutation, crossover and the size of the swarm hardly matter; IFA as released
# reaches {glue:text}`ifa_few` %, random search {glue:text}`random_few` %.
#
# ## Luciole
#
# ```{admonition} Algorithm: luciole
# 1. Draw 20 cells of different classes and score them. A cell's *fitness* is the sum over scores of the logarithm of
#    the share of cells met so far that it is not behind.
# 2. *Elite*: the swarm is the 20 brightest different cells met so far.
# 3. *Attraction*: each chooses a brighter one, a near one more likely ($e^{-\gamma d}$), and crosses with it.
# 4. *Noise that shrinks*: mutate the child as often as a Poisson draw says, of mean $2(1 - b)$, where $b$ is the share
#    of the budget that is spent.
# 5. *Novelty*: mutate a child of a class already met until it is new. Score the children.
# 6. *Restart*: after three generations that let nobody new into the elite, draw a generation at random.
# 7. Go to 2 until the budget is spent. The fittest cell met is the answer.
# ```
#
# Here on the committed scores; a class of isomorphic cells is paid once:

# %%
import numpy as np

from luciole.search import Budget, Objective, luciole
from luciole.spaces import nb201

first, *others = [lambda rows, name=name: kept.columns[name][nb201.index(rows)] for name in kept.chosen]
objective = Objective(first, key=nb201.canonical)
run = luciole.search(nb201, objective, Budget(evaluations=live_scored), np.random.default_rng(seed), criteria=others)
print(nb201.format(run.best).replace("+", "+\n"))
print(f"{len(run)} cells scored; test accuracy {table.role('test')[nb201.index(run.best)]:.2f} %")

# %% tags=["remove-input"]
live = better_live.beside_rank_based(kept, table, live_scored, live_runs, seed)
show.folded(live, "On the table at hand: luciole beside RB-IFA with MACs as its cost, at three weights")
better_page.parts(kept)

# %% [markdown]
# RB-IFA {cite:p}`nguyen2025rbifa`, with choices of our own, stands in the first fold. In the committed runs
# ({glue:text}`seeds` seeds, which no choice has seen) luciole and luciole without a part differ by up to
# {glue:text}`range_parts` points, with half-widths up to {glue:text}`few_half`; between single scores the same search
# differs by up to {glue:text}`range_alone`. **What it is told matters more than how it moves.**
#
# And beside no search at all, the best by the same score of a random sample as large (at most
# {glue:text}`sample_scored` classes, {glue:text}`sample_seeds` seeds; [chapter 14](14_comparison.ipynb)):
# {glue:text}`sample_sentence`. Regularised evolution, no firefly, beats it on all three by
# {glue:text}`sample_evolution`.
#
# ## Targets, and published beside measured
#
# Set before the work, of means over seeds. A last stage of 3,000 simulated seconds, of which scoring is charged, trains
# the cells of a run from its best down, 12 epochs each, and returns the one of best CIFAR-10 validation accuracy.

# %% tags=["remove-input"]
better_page.targets(kept)

# %% [markdown]
# {glue:text}`targets_met` of {glue:text}`targets_judged` are met; that of CIFAR-100 cannot be judged, since the scores
# were chosen on it. Under {glue:text}`light_limit` million MACs a mean of 94.0 % asks for nearly the best cell every
# time: {glue:text}`light_enough` of {glue:text}`light_cells` cells there reach it, the best
# {glue:text}`light_highest` %. The last stage moved the result by {glue:text}`moved_300` points with 300 scored
# classes, and by {glue:text}`moved_1000` with 1,000.
#
# ## A front, not a winner
#
# Cost enters as a limit: cells above it are never scored, since MACs are known in closed form. There are
# {glue:text}`limits` limits, {glue:text}`front_scored` scored classes each at most; what was scored under one limit is
# known under all ({glue:text}`front_classes` classes a front). The measure is the share of a box that the cells
# dominate (MACs on a logarithmic axis, accuracy from chance), as a part of what the true front dominates; the table
# says what is lost. A second set of scores is chosen for *fronts*, on CIFAR-100 again: the one that loses least there.

# %% tags=["remove-input"]
better_page.fronts(better_live.Fronts(kept, table, live_scored, front_runs, seed))

# %% [markdown]
# With the scores chosen for the top {glue:text}`hv_top` % is lost on CIFAR-10 (the target of 1 % is
# {glue:text}`hv_top_verdict`), with those chosen for fronts, {glue:text}`for_fronts`, {glue:text}`hv_fronts` % (target
# {glue:text}`hv_fronts_verdict`). That rule was added after the first loss had been seen, and so were the number of
# limits and the memory they share. The clean column is ImageNet16-120's, where more is lost ({numref}`firefly-front`).
# Energy of an image is of HW-NAS-Bench {cite:p}`li2021hwnasbench`, and no choice was made on it: lost
# {glue:text}`energy_lost`; within 1 %: {glue:text}`energy_met`.
#
# ## On another space: NAS-Bench-101
#
# The search, its settings and its scores stay as they are. *Of the best k*: the k highest cells by rank are looked up
# and the most accurate is returned; for want of validation accuracies that reads **test** accuracy, so it flatters.

# %% tags=["remove-input"]
better_page.graphs(graph_trainings, graph_runs, seed)

# %% [markdown]
# With {glue:text}`graph_scored` scored classes ({glue:text}`graph_ms` ms each) luciole returns
# {glue:text}`graph_luciole` ± {glue:text}`graph_luciole_sd` % over {glue:text}`graph_seeds` runs, random search on the
# same ranks {glue:text}`graph_random` ± {glue:text}`graph_random_sd` %. The printed bar of IFA,
# {glue:text}`graph_bar` %, is {glue:text}`graph_verdict`; of the best {glue:text}`graph_last` luciole has
# {glue:text}`graph_luciole_last` %, random search {glue:text}`graph_random_last` %. {glue:text}`graph_told`
#
# ## On other data: HAR-201
#
# The same cells in one dimension, trained to recognise activities from a watch ([chapter 6](06_har201.ipynb)): those
# chosen for *images*, and those chosen by the *sensors' own* scores, computed live on windows of the watch.

# %% tags=["remove-input"]
better_page.sensors(kept)

# %% [markdown]
# **Here luciole loses** ({numref}`worn`). Cells of the released IFA, chosen for images, reach
# {glue:text}`motion_ifa` %, luciole's {glue:text}`motion_images` %, those of random search
# {glue:text}`motion_random_images` %. The sensors' own scores do worse: luciole {glue:text}`motion_luciole` %, random
# search on the same ranks {glue:text}`motion_random` %. A random cell of the table has {glue:text}`motion_any` %, the
# best one {glue:text}`motion_best` %. What those scores like best on a watch is not what is good there; IFA's drift
# towards 3×3 convolutions ([chapter 3](03_ifa_reproduction.ipynb)) helps where its score knows nothing.
#
# ## Trained for real
#
# Accuracies above are looked up. Here cells are trained from nothing beside networks drawn by hand, by one recipe.
# First a rehearsal: {glue:text}`real_epochs` epochs of at most {glue:text}`real_windows` images of
# {glue:text}`real_sets`, seconds a network on a processor. **So few images settle nothing**: no sentence of this study
# on what is more accurate rests on them. *Found here* is luciole's cell when the scores see the data set's images,
# *found on CIFAR-10* the cell of the same seed's search there.

# %% tags=["remove-input"]
better_page.real()

# %% [markdown]
# Of these trainings ({numref}`trained-for-real`) merit crowns: {glue:text}`merit_crowns`. By MACs a perceptron is so
# cheap that accuracy does not outweigh it; who wants the accurate one has a larger exponent
# ([chapter 2](02_efficiency.ipynb)).
#
# With all training images, at equal MACs and {glue:text}`curves_mnist_length` passes over them, the errors on MNIST are
# {glue:text}`curves_mnist_order`; on Fashion-MNIST, {glue:text}`curves_fashion_length` passes:
# {glue:text}`curves_fashion_order` ([chapter 14](14_comparison.ipynb) has the curve).
#
# In full, in the skeleton of NAS-Bench-201, {glue:text}`full_epochs` epochs of at most {glue:text}`full_windows`
# images, an {glue:text}`full_gpu` finished {glue:text}`full_done` trainings. Data sets on which found cells are among
# them:

# %% tags=["remove-input"]
better_page.full()

# %% [markdown]
# **In full the found cell is the poorer one**: on {glue:text}`full_sets` it differs from the ResNet-like one by
# {glue:text}`full_hand` points (of the seeds: {glue:text}`full_hand_range`), at {glue:text}`full_hand_macs` times its
# MACs. The others remain to be done: `luciole run images/training_full --workers 4` on a machine with a GPU.
#
# ## What did not help, and what could not be done
#
# * The restart changed the choice of {glue:text}`restarted` of {glue:text}`seeds` runs at {glue:text}`few` scored
#   classes: runs this short hardly stagnate, so they say nothing for or against it.
# * With 1,000 scored classes the runs end at {glue:text}`ends` different cells, {glue:text}`at_top` of
#   {glue:text}`seeds` at the class that the scores rank first: there the score decides. Rivals were not run so long.
# * Under the limit on MACs 300 scored classes give {glue:text}`light_300` % and 1,000 give {glue:text}`light_1000` %:
#   what the chosen scores like most there is not what is best.
# * The replica has no 12-epoch accuracies: the last stage is shown from the committed result only.
#
# ## Summary
#
# * Given as many different cells, the parts of a swarm hardly matter, and plain local search does as well.
# * The scores do: they were chosen on CIFAR-100, so that ImageNet16-120 is the column to trust
#   ({glue:text}`reached_in16` % with 1,000 scored classes).
# * Unchanged on NAS-Bench-101 luciole has {glue:text}`graph_luciole` % without training; on sensor data it loses to
#   IFA.
#
# ## Exercises
#
# **1.** In {numref}`luciole-parts`, which single part would you keep? **2.** How many of the cells that a run scores
# are 3×3 convolutions on the edge from input to output, early and late? **3.** Give luciole one score that knows
# nothing.
#
# <details class="fold"><summary>Answers</summary>
#
# No part is shown to be needed at the larger budget: the intervals overlap. And a search on a random score returns a
# random cell, unlike the released swarm, which drifts:

# %%
late = run.genotypes[len(run) // 2 :]
print(f"3x3 on the direct edge: {(run.genotypes[:20, 3] == nb201.CONV3).mean():.0%} of the first 20 cells,", end=" ")
print(f"{(late[:, 3] == nb201.CONV3).mean():.0%} of the last half")
drawn = np.random.default_rng(seed).random(nb201.SIZE)
blind = Objective(lambda rows: drawn[nb201.index(rows)], key=nb201.canonical)
lost = luciole.search(nb201, blind, Budget(evaluations=live_scored), np.random.default_rng(seed))
print(f"guided by nothing: {table.role('test')[nb201.index(lost.best)]:.2f} %")

# %% [markdown]
# </details>
#
# ## What is next
#
# [HAR-201](06_har201.ipynb): a benchmark for sensors, made the same way.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
again = better_page.again(kept, seed, rederived, regraphed, retrained)
show.lines(again, "Which committed numbers this build computed again")
ledger.show()
