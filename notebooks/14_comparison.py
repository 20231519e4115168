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
# Against the best of a random sample as large by the same score: {glue:text}`sample_sentence`.
# ```

# %% tags=["parameters", "hide-input"]
rederived = 1  # of the committed choices that are made again, at least 1

# %% tags=["remove-input"]
from luciole import attestation, results
from luciole.book import figures, ledger
from luciole.report import checklists, curves, everything, operators, printed, show, skeleton_choice, verdict

figures.use_style()
pairs = printed.pairs()
told = verdict.numbers() | operators.numbers() | printed.numbers(pairs)
show.keep(told)
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
# {glue:text}`across_below`.
#
# Candidates were all sets of one to three of the shallow scores. With the skeleton (deep scores are of networks as
# trained, [chapter 4](04_scores.ipynb)) and whole weights chosen as well, read on the other half and held against the
# same rule without, {glue:text}`skeleton_choice`. Sets chosen by their ten highest share
# {glue:text}`skeleton_top_deep` % of the top 1 % of the other half when deep ({glue:text}`skeleton_top_shallow` %
# when shallow; {glue:text}`skeleton_top_asked` were asked), with an nDCG of {glue:text}`skeleton_ndcg_deep`
# ({glue:text}`skeleton_ndcg_asked` asked). No other table has scores of two skeletons, so that nothing here decides a
# target.

# %% tags=["remove-input"]
skeletons = skeleton_choice.differences()
show.keep(skeleton_choice.numbers(skeletons))
show.folded(skeleton_choice.table(skeletons), "Skeletons and weights, over fifty halves with intervals")
show.lines([attestation.again("choice/skeletons", 0, rederived)], "What was chosen again just now")

# %% [markdown]
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
# ### A search against as large a sample
#
# A search that follows a score need not beat the plainest use of it: score a random sample, take the best. Each search
# below followed one number a class until {glue:text}`sample_scored` of the classes were scored (a swarm that stands
# still scores fewer), with {glue:text}`sample_seeds` seeds; its cell is held against that of a random sample of just as
# many classes by the same number. Searches, scores, seeds and what counts as beating were committed before any run.
# Points of test accuracy over the sample, 95 % intervals, seed by seed; intervals are not widened for being many.

# %% tags=["remove-input"]
show.table(operators.against(operators.gains()).head(10))
show.folded(operators.against(operators.gains()), "Every search by every score")
again = [attestation.again(name, 0, rederived) for name in ("choice/operators", "choice/gains")]
show.lines(again, "What was run and read again just now")

# %% [markdown]
# Said plainly: {glue:text}`sample_sentence`. Regularised evolution, which is no firefly, is above on all three by:
# {glue:text}`sample_evolution`. The set of chapter 5 was chosen by CIFAR-100 accuracies of this table; the set chosen
# on HAR-201 has seen none of it. What the released fireflies gain is not the score's alone: their one-sided noise over
# operations ordered by strength drifts to convolutions whatever the score says
# ([chapter 3](03_ifa_reproduction.ipynb)).
#
# ### Operators, guides and the merit's rate, chosen here and read there
#
# The pair of an operator and a guide is a choice like a set of scores. Chosen by accuracies of one half of the classes
# with half of the seeds, and read on the other half of both, it gains {glue:text}`operator_halves` points over a random
# sample by the number of parameters; chosen on HAR-201, {glue:text}`operator_across`. Regrets in points:

# %% tags=["remove-input"]
show.table(operators.choices(operators.chosen()))

# %% [markdown]
# So is the merit's exchange rate ([chapter 2](02_efficiency.ipynb)). A chooser names a rate by the crowns on its own
# side; elsewhere the crown of that rate is among the best tenth by accuracy, or not. From table to table the surest is
# *{glue:text}`rate_best`*, right in {glue:text}`rate_best_share` % of the cases; ten is right in
# {glue:text}`rate_ten_share` %, the least rate that was right at home in {glue:text}`rate_least_share` %. A rate chosen
# on one side is no law on another.

# %% tags=["remove-input"]
show.table(operators.rate_choices())
show.lines([attestation.again("choice/rates", 0, rederived)], "What was chosen again just now")

# %% [markdown]
# ## Everything that ran, everywhere
#
# Every searcher, score, network, metric, supernet and way to prune of this study, on every table and task where it ran,
# with its interval, its seeds, what it cost and how it was chosen. The searchers of HAR-201 run live in
# [chapter 6](06_har201.ipynb).

# %% tags=["remove-input"]
for kind, make in everything.KINDS.items():
    rows_of = everything.table(list(make()))
    show.folded(rows_of, f"{kind}: {len(rows_of)} rows")

# %% [markdown]
# ## Images, with all their training images
#
# Chapter 5 trains on part of the images, or on a graphics card. Here the hand-made networks and one found cell, three
# of them of equal multiply-accumulates, see all training images of MNIST and Fashion-MNIST at 28x28 on one thread
# ({numref}`verdict-curves`). Of {glue:text}`curves_planned` trainings {glue:text}`curves_done` are done,
# {glue:text}`curves_seconds` minutes of one core in all, the shorter lengths first. It is a part of a curve and no
# record: the best are {glue:text}`curves_mnist` and {glue:text}`curves_fashion`, where {glue:text}`curves_mnist_asked`
# and {glue:text}`curves_fashion_asked` % were asked of a graphics card, which was not to be had. At equal size, error
# on MNIST with {glue:text}`curves_mnist_length` passes over the images: {glue:text}`curves_mnist_order`; on
# Fashion-MNIST with {glue:text}`curves_fashion_length`: {glue:text}`curves_fashion_order`.

# %% tags=["remove-input"]
trained = results.read("images/curves", part=True)
show.keep(curves.numbers(trained))
curves.drawn(curves.points(trained.frame))
show.folded(curves.table(curves.points(trained.frame)), "Every network and length")

# %% [markdown]
# ## Who should use what

# %% tags=["remove-input"]
show.table(verdict.readers())

# %% [markdown]
# ## Published beside measured: what came out, and what did not

# %% tags=["remove-input"]
show.table(verdict.reproduced())

# %% [markdown]
# Other people's searches on NAS-Bench-201, test accuracy on CIFAR-10 / CIFAR-100 / ImageNet16-120. A figure is shown
# with where it was read; what was read at third hand says so. RoBoT was not run here, TE-NAS in small; of VKDNW no
# search was read, its correlations stand in [chapter 4](04_scores.ipynb) beside ours.

# %% tags=["remove-input"]
show.table(printed.searches())

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
# ## Checklists
#
# That of Lindauer and Hutter {cite:p}`lindauer2020best` for architecture search and that of the
# [AutoML conference](https://github.com/automl-conf/LatexTemplate), their items in our words.

# %% tags=["remove-input"]
for says, items in checklists.LISTS.items():
    show.fold(checklists.markup(items, told), says)

# %% [markdown]
# Beyond lists: the number of parameters alone orders NAS-Bench-201 with a tau of {glue:text}`size_tau` (CIFAR-10), all
# scores of one pass at the same depth with {glue:text}`pass_tau`.
#
# ## What we could not reproduce, and why
#
# Of {glue:text}`printed_all` comparisons with a printed figure (a figure read in several ways counts so often)
# {glue:text}`printed_reached` are reached, to its deviation over runs where that is printed, else to
# {glue:text}`printed_near` points or {glue:text}`printed_near_tau` of tau.

# %% tags=["remove-input"]
show.folded(printed.missed(pairs), "Not reproduced: every figure, the difference, the likely reason")

# %% [markdown]
# Not tried, so not in that table:
#
# * *RoBoT as a search*, whose figures stand above; TE-NAS ran in small alone ([other code](../other_code.md)).
# * *Differentiable search on NAS-Bench-201*: supernets were trained on sensors' cells only, where the truth is known
#   too ([chapter 10](10_differentiable_search.ipynb)).
# * *The networks of the field's contest* under its protocol: only its classifiers were run again.
# * *VISAPP 2024 on OAD*: its recordings are not open; UTKinect stands in ([chapter 8](08_skeletons.ipynb)).
# * *A nested choice on images* other than these three sets: no other table of the space is open.
# * *MNIST and Fashion-MNIST in full*: the curve above is cut short.
#
# ## Summary
#
# * Where it was not chosen, a set of scores chosen by its first network holds {glue:text}`choice_price`. Nearer to the
#   best there on every data set: {glue:text}`choice_less`.
# * Chosen on another table, below the number of parameters on CIFAR-10: {glue:text}`across_below`.
# * {glue:text}`targets_met` of {glue:text}`targets_all` targets are met.
# * Against as large a random sample by the same score: {glue:text}`sample_sentence`.
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
