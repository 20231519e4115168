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
# # Scores without training
#
# ```{admonition} In short
# Can a look at an untrained network say how good it would be? **It orders the crowd better than twelve epochs of
# training do, and misses the very best.** Over all cells of NAS-Bench-201 the best set of scores,
# {glue:text}`best_deep`, has a Kendall's tau of {glue:text}`best_deep_tau` in {glue:text}`best_deep_ms` ms a network;
# twelve epochs, {glue:text}`best_deep_ratio` times dearer, {glue:text}`trained_tau`. Of the hundredth of the cells that
# the set puts first {glue:text}`top_overlap` percent belong there; of those of twelve epochs
# {glue:text}`trained_overlap` percent do. A count of layers, which costs nothing, has {glue:text}`layers_tau`.
# ```

# %% tags=["remove-input"]
from luciole import attestation, tables
from luciole.book import figures, ledger
from luciole.report import scores, scores_figures, scores_page, show

figures.use_style()
kept, table = scores.Kept.read(), tables.nb201()
scores_page.opening(kept, table)

# %% [markdown]
# {numref}`quality-cost` is the figure to keep. To the right is dearer, upward is better. Look at where twelve epochs of
# training stand, and at the dashed line, which even 200 epochs do not pass.
#
# ## Overview
#
# After this chapter you can
#
# 1. say what each family of scores measures and needs, and score thousands of cells with one call;
# 2. read a score's quality in more than one number: the whole ranking, its top, and its noise;
# 3. combine scores by a rule instead of by accuracies, and know what that is worth.
#
# ## Prerequisites
#
# [Chapter 1](01_state_of_the_art.ipynb) for the benchmark. Words: [glossary](../glossary.md).

# %% tags=["parameters", "hide-input"]
rederived = 3  # classes of cells whose committed scores are computed again and compared
shown_scores = 14  # scores in the figure of three data sets, the best by tau; at least 1
seed = 0  # of the choice of those classes, and of the cells that are scored live

# %% [markdown]
# ## What a score may look at

# %% tags=["remove-input"]
scores_page.families(kept)

# %% [markdown]
# Papers: NASWOT {cite:p}`mellor2021naswot`, ICD {cite:p}`mokhtari2022ifa`, SWAP {cite:p}`peng2024swap`, regions and
# kernel {cite:p}`chen2021tenas`, saliencies as scores {cite:p}`abdelfattah2021zerocost`, SynFlow
# {cite:p}`tanaka2020synflow`, the four of AZ-NAS {cite:p}`lee2024aznas`, MeCo {cite:p}`jiang2023meco`, VKDNW
# {cite:p}`tybl2025vkdnw`; formula and source of each stand in its docstring. Scores that read the same pass share it:
# {glue:text}`group_size` together took {glue:text}`together_ms` ms a network, against {glue:text}`apart_ms` ms one
# after the other. So many cells are scored by one call, here twenty at the benchmark's own depth:

# %%
import numpy as np
import torch

from luciole.networks import Skeleton, build
from luciole.scores import SCORES, score_cells
from luciole.scores.aggregate import log_rank
from luciole.spaces import nb201

batch = torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
cells = nb201.prune(nb201.sample(np.random.default_rng(seed), 20))
network = build(cells[0], Skeleton(cells=1), torch.Generator().manual_seed(0))
print(f"one network: NASWOT {SCORES['naswot'](network, batch):.4g}, needs data: {SCORES['naswot'].data}")
names, deep = ["expressivity", "progressivity", "trainability"], Skeleton(cells=5)
scored = score_cells(cells, names, batch, skeleton=deep, seeds=(0,), lean=True)
together = log_rank([scored.values[name][:, 0] for name in names])
print("first of twenty:", nb201.format(cells[together.argmax()]).replace("+", "+\n"))

# %% [markdown]
# ## The protocol
#
# One network stands for each class of isomorphic cells, without its idle edges: width 16, images of 16×16, weights as
# PyTorch draws them. (Some cells of an official class are not quite equal, and share a score all the same; counts are
# of every cell.) *Shallow* is one cell a stage, 32 images, every score. *Deep* is five cells a stage, as the benchmark
# has it, 8 images, and the scores that one pass gives. Both settings were chosen without reading an accuracy: for their
# cost, and because two seeds rank alike under them. Scores see CIFAR-10 training images. {glue:text}`judged` of the
# 15,625 cells are judged; {glue:text}`failed` scores could not be computed.
#
# Quality is told in five numbers. Kendall's tau-b compares two rankings pair by pair. With $C$ pairs in the same order,
# $D$ in the opposite one, $P$ pairs in all and $T_s$, $T_a$ ties in score and in accuracy,
#
# $$\tau = \frac{C - D}{\sqrt{(P - T_s)(P - T_a)}}.$$ (eq-tau)
#
# Spearman's rho is the correlation of the ranks. nDCG weighs the first thousand by their accuracy. The *overlap* is the
# share of the highest hundredth by score that is so by accuracy. The *regret* is the best accuracy of the space less
# the best of the ten cells that the score puts first, in points. Accuracies are of tests after 200 epochs.
#
# ## How well do they rank?

# %% tags=["remove-input"]
scores_figures.three_data_sets(kept, shown_scores)

# %% [markdown]
# The best single shallow score, {glue:text}`champion`, reaches tau {glue:text}`champion_tau` in
# {glue:text}`champion_ms` ms: {glue:text}`champion_against` than the {glue:text}`trained_tau` of twelve epochs of
# training, which took {glue:text}`trained_ratio` times as long, on a GPU. At the benchmark's own depth the best set,
# {glue:text}`best_deep`, reaches {glue:text}`best_deep_tau` in {glue:text}`best_deep_ms` ms. {numref}`three-data-sets`
# shows that the order carries over to images that no score has seen.
#
# ### The top of the ranking, which is what a search needs

# %% tags=["remove-input"]
scores_page.top(kept)

# %% [markdown]
# **A high tau is not a short list.** The set of highest tau, {glue:text}`best_deep`, shares {glue:text}`top_overlap`
# percent of its top hundredth with the true one, at an nDCG of {glue:text}`top_ndcg`; twelve epochs, whose tau is
# lower, share {glue:text}`trained_overlap` percent at {glue:text}`trained_ndcg`. The best of the ten cells that the set
# puts first misses the optimum by {glue:text}`top_regret` points, of the ten of twelve epochs by
# {glue:text}`trained_regret`, of {glue:text}`least_regret` by {glue:text}`least_regret_points`, and of the plain depth
# of the cell, which costs nothing, by {glue:text}`depth_regret`. Who wants one cell should not choose a score by tau.
#
# ## Another seed, and no images at all
#
# A score is a draw: other weights, another value. And does it need data? The same scores, with other weights on the
# same images, and with the first weights on standard normal noise; *agreement* is the tau between two such rankings.

# %% tags=["remove-input"]
scores_page.repeated(kept)

# %% [markdown]
# Two seeds move the tau of a shallow score by up to {glue:text}`seed_gap` ({glue:text}`seed_gap_of`): it can rank cells
# quite differently and be worth the same. **Images matter**: noise moves tau by up to {glue:text}`noise_gap`
# ({glue:text}`noise_gap_of`), upward for {glue:text}`noisier` of {glue:text}`noise_scores` alone. The mean of two seeds
# at depth changes the tau of a set by at most {glue:text}`mean_gain` ({glue:text}`deep_cells` cells).
#
# ## How cheap may it be?
#
# The authors of NASWOT score the whole network: five cells a stage, images of 32×32, a batch of 128. {numref}`cheaper`
# shows the same 100 cells under cheaper settings; what matters is the interval of the *difference*, in the fold.

# %% tags=["remove-input"]
scores_page.cheaper(kept, table, seed)

# %% [markdown]
# In the authors' setting ({glue:text}`authors_ms` ms here) NASWOT reaches tau {glue:text}`authors_tau`; where the
# interval of the gap includes zero, 100 cells show no loss. Not every score is as patient. From one cell a stage to
# five, trainability goes from {glue:text}`trainability_shallow` to {glue:text}`trainability_deep`, MeCo from
# {glue:text}`meco_shallow` to {glue:text}`meco_deep`, AZ-NAS as a whole from {glue:text}`az_nas_shallow` to
# {glue:text}`az_nas_deep`: what looks at how blocks follow one another needs blocks. Most of what depth costs is not
# arithmetic but calling hundreds of modules; with `lean=True` a network runs as plain functions (exercise 2).
#
# ## Together
#
# A set adds the logarithms of ranks, with $r_m(x)$ the rank of cell $x$ among $n$ by score $m$ (the best has rank $n$):
#
# $$S(x) = \sum_m \log \frac{r_m(x)}{n}.$$ (eq-logrank)
#
# No accuracy weighs anything. Each set follows a rule: the two best published sets as they are, their union, one score
# an aspect of a network, what one pass gives, and MeCo beside. That does not make them blind: authors reported the
# members of the published sets on this very benchmark, and the sets of one pass and those with MeCo were written down
# here after every member had been judged on it. *Chosen on NAS-Bench-101* is as free of that as a choice of ours can
# be: of all sets of eight scores, the best on {glue:text}`choice_cells` cells of another space
# ({glue:text}`elsewhere`).
#
# The aim, set beforehand: tau of at least {glue:text}`aims` on the three data sets, above the best published set
# ({glue:text}`published_best`, at {glue:text}`published_ms` ms a network on a GPU), in at most {glue:text}`aim_ms` ms
# on this processor, which other computations kept busy.

# %% tags=["remove-input"]
scores_page.together(kept, table)

# %% [markdown]
# * **Within {glue:text}`aim_ms` ms** ({numref}`frontier`): {glue:text}`aim_within`.
# * **At any cost**: {glue:text}`aim_any`.
# * Depth is not free of loss: {glue:text}`deep_scores_up` of {glue:text}`deep_scores` single scores rank better deep on
#   8 images than shallow on 32, and {glue:text}`deep_sets_up` of {glue:text}`deep_sets` sets.
#
# ## Published beside measured
#
# The *published setting* (five cells a stage, 32×32, batches of 64, CIFAR-10) on a sample of cells, corrected by what
# is known of all cells; each score's farthest figure:

# %% tags=["remove-input"]
scores_page.beside(kept, table)

# %% [markdown]
# Of {glue:text}`setting_figures` figures {glue:text}`setting_agree` agree within .05, {glue:text}`setting_open` lie
# farther off but within our interval, {glue:text}`setting_differ` outside. Two differences were ours: Zero-cost NAS
# judged networks trained on half of the images (SynFlow {glue:text}`synflow_published`, so judged
# {glue:text}`synflow_half`), and AZ-NAS's GradSign is a mean over a supernet's weights, as many for every cell, which
# ranks as the sum. Cell by cell ours follow Suite-Zero's (rho {glue:text}`suite_least` or more), but for plain
# ({glue:text}`suite_plain`), of both signs. Cheaply, {glue:text}`large` of {glue:text}`compared` rows differ by
# more than .03. VKDNW's table is of cells without idle edges, it seems: counts of layers agree there within
# {glue:text}`layers_gap`. On equal networks authors' codes are slower than ours, but for {glue:text}`slower`.
#
# **VKDNW** is $J^T \Sigma J$, `vkdnw` here; the released code multiplies by $L$ of $\Sigma = L L^T$ where its transpose
# belongs, `vkdnw_released`. **GradSign** is a sum over weights in the paper, `gradsign`, and a mean in public code,
# `gradsign_mean`. On {glue:text}`gradsign_classes` classes the mean's rho is {glue:text}`gradsign_mean`, the sum's
# {glue:text}`gradsign_sum`, that of the count of weights {glue:text}`gradsign_size`. `fisher` counts a channel once.
#
# ## What we could not reproduce, and why
#
# * **The strongest published combination, cheaply**, AZ-NAS and SynFlow, {glue:text}`published_best`: here shallow
#   {glue:text}`az_synflow_tau`, deep {glue:text}`az_synflow_deep`; at its setting {glue:text}`az_synflow_setting`.
# * **Scores of single samples on the whole space.** GradSign, KNAS, the tangent kernel, GraSP, ZiCo and Zen together
#   take {glue:text}`own_ms` ms a network on 8 images, and are judged on a random sample of classes.
# * **Regularised SWAP** needs a centre and a spread that the paper leaves to the user. With mean and variance of the
#   space's own parameter counts its tau is {glue:text}`swap_regularised_tau`, that of SWAP {glue:text}`swap_tau`.
#
# ## Demonstration on the table at hand
#
# All above but {numref}`cheaper` rests on committed results. Here tau is computed again, with the accuracies that this
# build found; what helps is what we learnt afterwards.

# %% tags=["remove-input"]
agrees = scores_page.at_hand(kept, table)

# %% [markdown]
# The table of {numref}`what-helps` is {glue:text}`source`. The largest change upward would come
# *{glue:text}`best_change_what`* ({glue:text}`best_change`), the largest downward *{glue:text}`least_change_what`*
# ({glue:text}`least_change`); ranks instead of their logarithms change tau by {glue:text}`linear_change`.
#
# ## Summary
#
# * Most scores read the same few passes: shared, a cell gets all of them for the price of a few.
# * Cheap counts are hard to beat. Hold a new score against the number of layers, not against nothing.
# * The best ranking is not the best shortlist: look at overlap and regret before you trust a tau.
# * Chosen on one half of the classes and read on the other, the best set of up to three scores is
#   {glue:text}`single_halves` points from the best cell, not {glue:text}`single_whole`; the number of parameters, which
#   nobody chose, {glue:text}`nested_params` ([chapter 14](14_comparison.ipynb)).
#
# ## Exercises
#
# **1.** In {numref}`quality-cost`, which points are dominated, dearer *and* worse than another?
#
# <details class="fold"><summary>Answer</summary>
#
# Most single scores: they cost milliseconds and lie below the counts, which cost nothing.

# %%
points = scores_figures.cloud(kept).sort_values(["ms", "tau"], ascending=[True, False])
print("dominated by none:", ", ".join(points[points["tau"] == points["tau"].cummax()]["word"].unique()))

# %% [markdown]
# </details>
#
# **2.** Score the twenty cells once more, with networks of modules. Do the values change?
#
# <details class="fold"><summary>Answer</summary>
#
# Not beyond the rounding of single precision.

# %%
modules = score_cells(cells, names, batch, skeleton=deep, seeds=(0,), lean=False)
same = [np.allclose(modules.values[name], scored.values[name], rtol=1e-3) for name in names]
print(f"{sum(same)} of {len(same)} scores are equal within one part in a thousand")

# %% [markdown]
# </details>
#
# **3.** A score of random numbers has a tau of about zero. Foresee the regret of its ten highest cells, then draw.
#
# <details class="fold"><summary>Answer</summary>
#
# About what ten random trainings miss, a baseline that belongs beside every regret of ten.

# %%
accuracy, rng = table.role("test"), np.random.default_rng(seed)
missed = [accuracy.max() - rng.choice(accuracy, 10, replace=False).max() for _ in range(1000)]
print(f"ten random cells miss the best by {np.mean(missed):.2f} points on average, on the table at hand")

# %% [markdown]
# </details>
#
# ## What is next
#
# [Chapter 5](05_better_firefly.ipynb) gives the firefly such scores, [chapter 6](06_har201.ipynb) networks of sensors.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
again = [attestation.again("nb201/scores", seed, rederived), agrees, *kept.stale]
show.lines(again, "Which committed numbers this build computed again")
ledger.show()
