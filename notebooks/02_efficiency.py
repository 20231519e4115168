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
# # Efficiency
#
# ```{admonition} In short
# Does dividing accuracy by cost find efficient networks? **No: it finds the cheapest.** Of {glue:text}`cells` cells of
# NAS-Bench-201 the benefit-cost ratio (BCR) crowns one that {glue:text}`ratio_beaten` others beat, and on
# {glue:text}`guessers` of {glue:text}`judged_sets` costs and data sets a network that guesses. *Merit*, proposed here,
# crowns a cell of rank {glue:text}`merit_rank` on CIFAR-10; but of rank {glue:text}`merit_rank_c100` on CIFAR-100.
# Whatever the formula, the cost of crowns in the best tenth cannot rise more than {glue:text}`span_most` times.
# ```

# %% tags=["remove-input"]
from luciole import tables
from luciole.book import figures, ledger
from luciole.report import efficiency, efficiency_measured, efficiency_page

# %% tags=["parameters", "hide-input"]
k = 10  # the exponent, at least 2: halving the wrong answers per right one is worth k times the cost
country = "FRA"  # whose electricity: three letters
seed = 0  # of the refutations, of random cells and of their weights
rederived = 6  # committed sets of models, of all costs and data sets, whose figures are computed again
timed_cells = 6  # networks timed here, live, besides the committed ones; at least 2
repeats = 10  # timings of each, at least 2
busy_seconds = 3.0  # how long the processor is kept busy for the readings of energy
inferences = [1e3, 1e6, 1e8, 1e10]  # how often a network is used in its life
gpu_watts = 250.0  # draw that is assumed for a GPU of 2018, where a search was published in GPU-days
search_seconds = 12_000  # of a search whose energy is spread over the life of the network that it found, at least 1
cpu_watts = 65.0  # draw that is assumed for a CPU, where a search was published in hours of one

# %% tags=["remove-input"]
figures.use_style()
kept, table = efficiency.kept(), tables.nb201()
efficiency_page.opening(kept, table, k)

# %% [markdown]
# Look at the lines of {numref}`crowns`: on the left, to BCR, nearly nothing but cost counts. Along the front cost grows
# by a factor of {glue:text}`front_dearer` while accuracy grows by {glue:text}`front_better` points, so that a quotient
# of the two is the cost, upside down.
#
# ## Overview
#
# *Green AI* {cite:p}`schwartz2020greenai` asks that AI be judged by its efficiency as well. After this chapter you can
#
# 1. say why accuracy / cost ranks networks by cheapness, and check any metric against definitions;
# 2. choose an exponent by what it means, and show how far the answer hangs on it;
# 3. measure latency, memory and energy, and say of each joule how it came to be known.
#
# ## Prerequisites
#
# [The state of the art](01_state_of_the_art.ipynb) for NAS-Bench-201.
#
# ## A ratio, reproduced
#
# Mokhtari et al. {cite:p}`mokhtari2024oad` weigh a network by its benefit-cost ratio, with accuracy $a$ and cost $c$
# (of training, or floating point operations (FPO) of an inference),
#
# $$\mathrm{BCR} = 100\,a / c.$$ (eq-bcr)
#
# The definition is not in the text that we could read; it follows from their Table 5. A printed ratio can be *computed*
# from the printed figures, only *possible* given their rounding, or *impossible*.

# %% tags=["remove-input"]
efficiency_page.ratios(k)

# %% [markdown]
# {glue:text}`bcr_computed` of the six ratios come out to the printed digits; the other {glue:text}`bcr_possible` differ
# in the last one, because their FPO were rounded before they were printed. By either cost the ratio crowns IFA 2.1, the
# least accurate of the three; up to $k$ = {glue:text}`ifa_until` merit does too (VGG16 costs {glue:text}`vgg_times`
# times as much for {glue:text}`vgg_fewer` % fewer mistakes). Three models separate no metrics.
#
# ## What ratios crown
#
# Each metric crowns a cell by multiply-accumulates (MACs). Tau says whether its order of all cells goes with accuracy.

# %% tags=["remove-input"]
efficiency_page.crowned(kept)

# %% [markdown]
# (NetScore is that of {cite:t}`wong2018netscore`.) One cell, of {glue:text}`ratio_accuracy` % and rank
# {glue:text}`ratio_rank`, is crowned by {glue:text}`same_crown`. Merit crowns one of {glue:text}`merit_accuracy` %,
# rank {glue:text}`merit_rank`, for every exponent from {glue:text}`merit_range`. BCR orders the space against accuracy
# (tau {glue:text}`ratio_tau`), merit with it ({glue:text}`merit_tau`). Cut-off edges are not the reason: of the
# {glue:text}`whole_cells` cells that use all theirs BCR crowns rank {glue:text}`whole_rank`, merit rank
# {glue:text}`whole_merit_rank`. Any metric can be asked:

# %%
from luciole.costs import counts, latency
from luciole.efficiency import exchange_range, league, merit

accuracy, macs = table.role("test").astype(float) / 100, table["c10_flops"].astype(float)
told = league(accuracy, macs, reference=float(macs.max()), k=k, floor=0.1, chance=0.1, parameters=macs, macs=macs)
print(told.loc[["bcr", "mnasnet", "merit"], ["accuracy", "rank", "tau"]].round(2))

# %% [markdown]
# ## What a metric should guarantee
#
# Each property is a definition that a program tries to refute with random models, the same for all metrics
# (`luciole.efficiency.properties`). Property 5 has two readings, of which a metric can hold one.

# %% tags=["remove-input"]
efficiency_page.properties(seed)

# %% [markdown]
# Merit holds {glue:text}`held_merit` of {glue:text}`properties`, the missing one being the other reading of property 5;
# BCR holds {glue:text}`held_bcr`. A sum of ranks, as in RB-IFA {cite:p}`nguyen2025rbifa`, does well, but a model's
# value changes with the models beside it, so it cannot be reported. MnasNet's reward {cite:p}`tan2019mnasnet` gives its
# exponent a meaning in accuracy (five percent more for twice the latency, as it is usually quoted): near the top, where
# five percent more no longer exist, it has none.
#
# ## A proposal
#
# Let $f$ be a stated floor, at least the accuracy of guessing; $s = (a - f)/(1 - f)$ the skill above it; $w = (1 -
# s)/s$ the wrong answers per right one; $c$ the cost and $r$ a reference cost in the same unit. Then
#
# $$\mathrm{merit}_k = \frac{1}{1 + w\,(c/r)^{1/\log_2 k}}, \quad \text{and 0 where } a \le f.$$ (eq-merit)
#
# *The exponent has a meaning*: halving the wrong answers per right one is worth $k$ times the cost. *The value has
# one*: the skill that the model is worth at the reference cost. *The order depends on no reference and no unit*: $r$
# multiplies all $w\,(c/r)^{1/\log_2 k}$ by one factor. *The best model is on the Pareto front*: merit is strictly
# monotone in accuracy and in cost, so that what dominates a model has the greater merit. ($10^{-4}$, half a mistake on
# 5,000 examples, is added to the error, for a perfect score would make all costs tie.)
#
# What no such formula can do: its level lines are straight in $(\log w, \log c)$, so a model in a hollow of the front
# is never crowned. Where that matters, show the front. A second member of the family, `error_merit`, puts the error in
# place of $w$. It reads stricter, and is worse on hard data sets: where all networks err on half the images, nothing
# but cost is left to rank by.
#
# ## On measured costs
#
# All cells of the original NAS-Bench-201, on three data sets, by MACs, parameters, and the latency and energy of six
# devices that HW-NAS-Bench {cite:p}`li2021hwnasbench` measured or simulated; cells of NAS-Bench-101 by the training
# energy that EC-NAS {cite:p}`bakhtiarifard2024ecnas` measured. Accuracy (%) of the crowned cell:

# %% tags=["remove-input"]
efficiency_page.measured(kept, seed, rederived)

# %% [markdown]
# **Where merit loses.** At $k$ = {glue:text}`exponent_shown` merit crowns the very cell that BCR crowns
# ({glue:text}`merit_is_bcr`). On ImageNet16-120 by the energy of an edge GPU that cell has
# {glue:text}`imagenet_energy_merit` %, where MnasNet's reward, which weighs cost less the lower accuracies are, finds
# one of {glue:text}`imagenet_energy_mnasnet` %. The second table counts costs by which each of the two is ahead.

# %% tags=["remove-input"]
efficiency_page.ranks(kept)

# %% [markdown]
# In {numref}`ranks` merit's order goes with accuracy on every cost, from tau {glue:text}`merit_tau_least` to
# {glue:text}`merit_tau_most`. That of BCR goes with it on {glue:text}`bcr_with` of {glue:text}`bcr_columns`, on
# ImageNet16-120 on {glue:text}`bcr_with_imagenet` of {glue:text}`columns_imagenet`, from {glue:text}`bcr_tau_least` to
# {glue:text}`bcr_tau_most`; the error form falls to {glue:text}`error_tau_least`. A high tau is no aim in itself
# (accuracy alone has 1); an order *against* accuracy is a fault.
#
# ## How far the crown hangs on the exponent

# %% tags=["remove-input"]
efficiency_page.exponents(kept, k)

# %% [markdown]
# Crowns are few ({numref}`exponents`) and hold over wide ranges of the exponent, in the median a factor of
# {glue:text}`range_factor`; an honest report gives the range. By MACs on CIFAR-100, $k$ = {glue:text}`exponent_shown`
# crowns a cell of {glue:text}`hundred_crown` % where the best has {glue:text}`hundred_best` %: there the next points
# cost more than tenfold for each halving.
#
# Could another metric let its crown's cost rise tenfold and never leave the most accurate tenth? Among the most
# accurate tenth of the cells the dearest costs {glue:text}`span_any` times the cheapest (MACs; {glue:text}`span_sets`),
# and on the Pareto front, where every strictly monotone metric crowns, {glue:text}`span_front` times. So *no* metric
# can: a tenfold range of cost and the best tenth exclude each other here.
#
# ## Multiply-accumulates are not seconds

# %% tags=["remove-input"]
efficiency_page.devices(kept)

# %% [markdown]
# In {numref}`stand-in`, from {glue:text}`tau_fpga` on an FPGA to {glue:text}`tau_gpu` for an edge GPU's latency and
# {glue:text}`tau_tpu` on an edge TPU. What a GPU spends is launches and traffic, which MACs do not count.
#
# ## Measuring
#
# Latency is a median of passes after a warm-up, memory the peak of live tensors; MACs are counted while a network runs:

# %%
bench = efficiency_measured.Bench(timed_cells, seed, country, busy_seconds)
network = bench.networks[0]
seen, timed = counts.count(network, (3, 32, 32)), latency.measure_latency(network, bench.one, repeats=repeats)
print(f"{seen.macs / 1e6:.1f} million MACs, {seen.parameters:,} parameters; {1e3 * timed.median:.1f} ms an image")

# %% tags=["remove-input"]
readings = efficiency_page.measuring(bench, table, repeats, k)

# %% [markdown]
# A table of the latencies of operations, summed over a network, predicts its latency {cite:p}`cai2019proxylessnas`; the
# errors are of networks that were not used to calibrate. The plain sum misses by {glue:text}`predictor_raw` % for one
# image, with one factor by {glue:text}`predictor_scaled` %, for a batch of eight by {glue:text}`predictor_many` %,
# where a line on MACs is off by {glue:text}`macs_many` %: pooling is free in MACs and not in time. (Load of other
# programs: {glue:text}`latency_load`.)
#
# ### Energy
#
# `Meter` reads joules through CodeCarbon and says how they came to be known. Where no counter can be read they are an
# estimate, mostly of the *clock*: the power at rest is most of it. Between settings joules differ by a factor of
# {glue:text}`settings_joules` and grams of CO₂e by {glue:text}`settings_grams`, for one and the same run. Against power
# meters, estimates of this kind have been found off by up to {glue:text}`meter_error` %
# {cite:p}`fischer2025groundtruthing`. They, and the joules of this book, are good for orders of magnitude. Where seeds
# *and* readings are known, merit has an interval of both ({numref}`merit-intervals`). The first has a merit of
# {glue:text}`merit_first`; the intervals of {glue:text}`merit_tied` others reach it. These are one place in the order,
# not many. (EC-NAS trained these for four epochs.)
#
# ### A life of n inferences
#
# What a network costs is search, training and use, $c = c_\mathrm{search} + c_\mathrm{train} +
# n\,c_\mathrm{inference}$, and merit takes the sum. An inference costs here what it takes on {glue:text}`inference_on`.
# Training is Green AI's $E \cdot D \cdot H$ (as a third party quotes it), the search the benchmark's budget on a GPU.

# %% tags=["remove-input"]
efficiency_page.lives(table, bench, inferences, search_seconds * gpu_watts, k)

# %% [markdown]
# While a network is used little, finding it weighs most and is the same for all: accuracy decides. Used more, its own
# appetite counts. The crown without $n$ stated is half an answer.
#
# ## The study's own bill
#
# [*How this book was computed*](../computed.md) lists the chapters too.

# %% tags=["remove-input"]
efficiency_page.bill(readings, country, gpu_watts, cpu_watts)

# %% [markdown]
# {glue:text}`own_hours` hours of computation ({numref}`own-bill`), as each recorded them. By estimate
# {glue:text}`own_kwh` kWh: between {glue:text}`own_low` and {glue:text}`own_high` if the estimate is off by up to
# {glue:text}`meter_error` %, and more if its settings are wrong (the bar). The machines were shares of a server, which
# CodeCarbon charges few watts, without a data centre's overhead. {glue:text}`own_unread` of the
# {glue:text}`own_computations` computations had no reading of their own and are charged the mean power of the others.
# (The famous figures {cite:p}`strubell2019energy` were read in summaries.)
#
# ## Published beside measured
#
# Of the six printed ratios {glue:text}`bcr_explained` are what the printed figures give, or within their rounding. Of
# CodeCarbon's largest printed error, {glue:text}`meter_error` %, nothing could be checked without a power meter.
#
# ## What could not be reproduced, and why
#
# * What VISAPP 2024 calls training cost is not defined in the text that could be read; ratios need only its values.
# * RB-IFA's equation, weights and set of ranks were not readable; `rank_sum` is as a third party implements it.
# * Joules of this book are mostly estimates: the machines it was built on let no program read their counters.
#
# ## Summary
#
# * Merit holds {glue:text}`held_merit` of {glue:text}`properties` definitions, with one exponent that has a meaning. It
#   is no winner everywhere: by MACs its crown has rank {glue:text}`merit_rank_c100` on CIFAR-100 and
#   {glue:text}`merit_rank_in16` on ImageNet16-120.
# * No metric keeps its crown in the best tenth while the crown's cost rises more than {glue:text}`span_most` times.
#
# ## Exercises
#
# **1.** In {numref}`crowns`, why are the lines of BCR nearly vertical?
#
# <details class="fold"><summary>Answer</summary>Along that axis cost changes by orders of magnitude, accuracy by a
# tenth: equal ratio means nearly equal cost.</details>
#
# **2.** A network is right 9 times of 10, another 19 of 20 at twelve times the cost: which has more merit at $k$ = 10?

# %% tags=["hide-cell"]
print(merit([0.9, 0.95], [1.0, 12.0], 1.0, k=10).round(4))

# %% [markdown]
# **3.** From which exponent on does merit crown the most accurate cell of all?

# %% tags=["hide-cell"]
print(f"{exchange_range(accuracy, macs, int(accuracy.argmax()), floor=0.1)[0]:,.0f}: a front's last steps are dear")

# %% [markdown]
# ## What is next
#
# [The firefly search](03_ifa_reproduction.ipynb) looks for accurate cells without training any.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
