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
# # The comparison, and a verdict
#
# ```{admonition} In short
# What holds where it was not chosen? **{glue:text}`choice_price`.** The set of scores whose first network is best is
# {glue:text}`single_whole` points below the best cell on the classes that chose it (CIFAR-10 / CIFAR-100 /
# ImageNet16-120), and {glue:text}`single_halves` on the other half. {glue:text}`choice_averaged` good sets averaged
# come to {glue:text}`nested_halves` there, and to {glue:text}`nested_across` where another table chose; the number of
# parameters, which nobody chose, to {glue:text}`nested_params`. Of {glue:text}`targets_all` targets of nested choice
# {glue:text}`targets_met` are met. Among searchers {glue:text}`rank_best` has the best mean rank; evolution guided by
# the mere number of parameters is {glue:text}`rank_apart` ranks from it, where {glue:text}`rank_critical` would count.
# ```

# %% tags=["parameters", "hide-input"]
rederived = 1  # of the committed choices that are made again, at least 1

# %% tags=["remove-input"]
from luciole import attestation
from luciole.book import figures, ledger
from luciole.report import show, verdict

figures.use_style()
show.keep(verdict.numbers())
verdict.diagram()

# %% [markdown]
# ## Overview
#
# After this chapter you can
#
# 1. tell a figure that was chosen from one that was read, and say what the difference is worth;
# 2. choose a searcher, a score or a network for what you want to do;
# 3. find for every headline of this study its interval, how it was chosen, and the command that derives it.
#
# ## Prerequisites
#
# All chapters before; each can be read alone after this one.
#
# ## Chosen here, read there
#
# A set of training-free scores is chosen by accuracies. On the accuracies that chose it, it looks better than it is.
# Let $A$ be the networks that the choice saw and $B$ others; with $s_A$ the set that is best on $A$, what counts is its
# regret on $B$,
#
# $$r_B(s_A) = \max_{b \in B} a_b - a_{\arg\max_{b \in B} s_A(b)} .$$
#
# A chooser gets its own side in hand and nothing else:

# %%
from luciole.experiments.choice import bench, procedures

side = bench.har201_side("wisdm")
rows, others = next(bench.halves(len(side.accuracy["wisdm"])))
ranking = procedures.by_ten(side.part(rows))
print(f"{len(rows)} of {len(side.accuracy['wisdm'])} cells, {len(side.scores)} scores: {ranking.sets[0]}")
print(f"the same if the accuracies of the rest were noise: {bench.blind(procedures.by_ten, side, rows)}")

# %% [markdown]
# Every procedure that was tried is here. The procedures, the seeds of the {glue:text}`choice_splits` splits, and that
# the figure across tables decides, were committed before any figure was read. Regrets are points on CIFAR-10 /
# CIFAR-100 / ImageNet16-120.

# %% tags=["remove-input"]
show.table(verdict.choices())
show.folded(verdict.back(), "And back: what NAS-Bench-201 chose, read on sensors and on NAS-Bench-101")
show.lines([attestation.again("choice/nested", 0, rederived)], "What was chosen again just now")

# %% [markdown]
# ### Targets, fixed before

# %% tags=["remove-input"]
show.table(verdict.targets())

# %% [markdown]
# The set chosen by its first network goes from {glue:text}`single_whole` to {glue:text}`single_halves`; what lies
# between is the price of the choice. {glue:text}`choice_averaged` sets averaged, chosen by their first five to ten, go
# from {glue:text}`nested_whole` to {glue:text}`nested_halves`. Across tables, where fewer scores are known to both
# sides, the procedures whose mean regret on CIFAR-10 is below that of the number of parameters:
# {glue:text}`across_below`. Candidates were all sets of one to three of the shallow scores; larger sets, and the deep
# skeleton of [chapter 4](04_scores.ipynb), were not among them.
#
# ## Searchers
#
# All with {glue:text}`budget` simulated seconds on NAS-Bench-201 ({numref}`verdict-ranks`). A run ends with one cell,
# which three data sets read: its three ranks are averaged, and only seeds are blocks. Over {glue:text}`rank_seeds`
# seeds Friedman's test that none differs has p {glue:text}`rank_p`, and two mean ranks differ by Nemenyi's test when
# they are {glue:text}`rank_critical` apart. {glue:text}`rank_best` has a mean rank of {glue:text}`rank_first`, guidance
# by the number of parameters {glue:text}`rank_params`, random search {glue:text}`rank_random`; not to be told from the
# first: {glue:text}`rank_level`.

# %% tags=["remove-input"]
every = verdict.searchers()
show.table(every.head(10))
show.folded(every, "Every searcher, the best first")

# %% [markdown]
# ## Who should use what

# %% tags=["remove-input"]
show.table(verdict.readers())

# %% [markdown]
# ## Published beside measured: what came out, and what did not

# %% tags=["remove-input"]
show.table(verdict.reproduced())

# %% [markdown]
# ## Every headline, and how it was chosen
#
# `data/claims.csv` holds {glue:text}`claims` headlines of this study; `luciole claims` derives each again from the
# committed results and fails where one differs. *Nested*: chosen on one side, read on another. *Preregistered*:
# committed before any of its numbers was read. *Reproduction*: the setting of a published work. *Descriptive*: it says
# what a table holds, and choices behind it have seen that table.

# %% tags=["remove-input"]
show.folded(verdict.headlines(), "All headlines: value, interval, how chosen")

# %% [markdown]
# ## A checklist
#
# The best practices of Lindauer and Hutter {cite:p}`lindauer2020best`, and where this study stands.
#
# * *Code, of the search and of the training, is released*: the library and every chapter; `make book` reruns them.
# * *The same space, data and recipe for all methods*: the tables' and, on sensors, one recipe
#   ([the contest](07_contest.ipynb)).
# * *Comparisons with random search and with ablations*: in [chapter 1](01_state_of_the_art.ipynb),
#   [chapter 5](05_better_firefly.ipynb) and [the contest](07_contest.ipynb).
# * *Several seeds, and intervals*: {glue:text}`seeds_tables` on tables, {glue:text}`seeds_sensors` on sensors,
#   {glue:text}`seeds_supernets` for supernets ([chapter 10](10_differentiable_search.ipynb)).
# * *Time and hardware are reported*: every result's record and [how this book was computed](../computed.md).
# * *How hyper-parameters were set*: on validation people or other tables; where that failed, the claim says
#   *descriptive*.
# * *Confounding factors are named*: the number of parameters alone orders NAS-Bench-201 with a tau of
#   {glue:text}`size_tau` (CIFAR-10), all scores of one pass at the same depth with {glue:text}`pass_tau`.
#
# ## What we could not reproduce, and why
#
# * Of the improved firefly, what the table above says ({doc}`chapter 3 <03_ifa_reproduction>`).
# * A nested choice on images other than these three sets: no other table of the space is open.
# * Networks of the field's contest under its protocol: only its classifiers were run again.
#
# ## Summary
#
# * Where it was not chosen, a set of scores chosen by its first network holds {glue:text}`choice_price`. Nearer to the
#   best there on every data set: {glue:text}`choice_less`.
# * Chosen on another table, below the number of parameters on CIFAR-10: {glue:text}`across_below`.
# * {glue:text}`targets_met` of {glue:text}`targets_all` targets are met.
#
# ## Exercises
#
# 1. Foresee the regret of a set that is chosen by lot. Why can it be smaller than that of the chosen one?
# 2. Which claims would you move from *descriptive* to *nested*, and what would it take?

# %% tags=["hide-cell"]
import numpy as np

names = sorted(side.scores)
lot = bench.Ranking((tuple(np.random.default_rng(0).choice(names, 2, replace=False).tolist()),))
accuracy = side.accuracy["wisdm"][others]
for name, one in {"by lot": lot, "chosen": ranking}.items():
    first = one.values(side.part(others)).argmax()
    print(f"{name}, {one.sets[0]}: regret {accuracy.max() - accuracy[first]:.1f} points on the other half")

# %% [markdown]
# ## What is next
#
# [Use the library](../use_the_library.md), or give a chapter [your recordings](../your_recordings.md).
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
