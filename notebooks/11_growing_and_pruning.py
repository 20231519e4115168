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
# # Growing and pruning: one dynamics for both
#
# ```{admonition} In short
# Can a sparse network be learnt without ever training the whole? **{glue:text}`grow_answer`.** One signal and one clock
# decide here what grows and what goes. At 98 % sparsity it ends at an error of {glue:text}`grow_ours_98` % where the
# best pruning that was reproduced ({glue:text}`grow_best_98`) has {glue:text}`grow_best_error_98` %, and it never
# trained more than {glue:text}`grow_peak_98` % of the weights at once, {glue:text}`grow_total_98` % of them ever
# ({numref}`sparsity-sizes`). On
# this processor it takes {glue:text}`grow_seconds_98` % of that pruning's seconds. Of {glue:text}`grow_targets` targets
# fixed before, {glue:text}`grow_met` are met. {glue:text}`grow_held` of {glue:text}`grow_planned` planned trainings
# have run, ours on {glue:text}`grow_seeds_98` seeds.
# ```

# %% tags=["parameters", "hide-input"]
sparsity = 0.9  # of the live demonstration, from 0.5 to 0.95
epochs = 40  # that the live demonstration trains for, at least 2
rederived = 1  # trainings of the committed result that are run again, a quarter of a minute each; needs MNIST
seed = 0  # of every draw

# %% tags=["remove-input"]
from luciole import attestation, results
from luciole.book import figures, ledger
from luciole.report import show, sparsity_figures
from luciole.report import sparsity as report
from luciole.report import sparsity_nas as nas
from luciole.report import sparsity_small as beyond

figures.use_style()
lenet, sizes = (results.read(name, part=True) for name in ("sparsity/lenet", "sparsity/lenet_sizes"))
rows = lenet.frame
show.keep({**report.numbers(rows), **report.progress(lenet), "grow_peak_at": report.peaked(sizes.arrays, 0.98)})
show.keep({**beyond.numbers(rows), **nas.numbers()})
sparsity_figures.sizes(sizes.arrays)

# %% [markdown]
# ## Overview
#
# After this chapter you can
#
# 1. prune a network before, while and after it is trained, and say what each way costs;
# 2. grow a network without changing what it answers;
# 3. write growth and pruning as one choice, and say where that choice becomes a known method.
#
# ## Prerequisites
#
# [Scores without training](04_scores.ipynb): several of them are pruning's own measures, summed.
#
# ## Two ways to a small network
#
# An infant's cortex makes more synapses than it keeps: at one to two years of age their density in the frontal cortex
# is about {glue:text}`grow_child` % above the adult's {cite:p}`huttenlocher1979`. It is a picture, no proof. Networks
# are mostly pruned: trained whole, then thinned by magnitude, at once or little by little {cite:p}`zhu2017prune`; set
# back to their first weights and trained again, as lottery tickets {cite:p}`frankle2019lottery`; thinned before
# training, by SNIP {cite:p}`lee2019snip`, GraSP {cite:p}`wang2020grasp` or SynFlow {cite:p}`tanaka2020synflow`; or by
# noise, gates and decay that training itself sets {cite:p}`molchanov2017vd,louizos2018l0,li2021npn,tartaglione2018`.
# Others exchange connections at a constant size {cite:p}`mocanu2018set,evci2020rigl`. And networks grow, unit by unit
# or layer by layer {cite:p}`chen2016net2net,wu2019splitting,evci2022gradmax`.
#
# *Firefly neural architecture descent* {cite:p}`wu2020firefly` is one of the latter and only shares its name with the
# [firefly algorithm](03_ifa_reproduction.ipynb) of this book: there one network moves by gradients to the best of the
# wider networks next to it, here a swarm moves through encoded architectures, and nothing is inherited.
#
# Growth should not change the answers at the moment it happens. Each of these lines makes a wider network:

# %%
import torch
from torch import nn

from luciole.sparsity import firefly_descent, gradmax
from luciole.sparsity.net2net import deeper, wider

generator = torch.Generator().manual_seed(seed)
x, y = torch.randn(100, 8, generator=generator), torch.arange(100) % 3
small = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
grown = {
    "Net2Net, wider": wider(small, "0", 10, generator),
    "Net2Net, deeper": deeper(small, "0"),
    "GradMax": gradmax.grow(small, "0", 3, x, y),
    "firefly descent": firefly_descent.grow(small, "0", 4, x, y, generator),
}
for name, bigger in grown.items():
    print(f"{name}: answers moved by {(bigger(x) - small(x)).abs().max().item():.0e}")

# %% [markdown]
# Firefly descent moves them, on purpose, by a small step downhill.
#
# ## One dynamics
#
# Weights $\theta$ and a mask $m$ minimise a loss and a price of multiplications,
#
# $$J(\theta, m) = L(\theta \odot m) + \lambda \sum_j c_j m_j,$$
#
# with $c_j$ how often connection $j$ multiplies for one example. **One signal.** A connection, there or not, is worth
# the loss that it spares *by the end of training*: the loss without it, less the loss once it has learnt for as long as
# learning lasts. On a parabola with gradient $g_j$ and curvature $h_j$, and $M$ the sum of the learning rates to come,
#
# $$u_j(M) = \tfrac12 h_j\theta_j^2 - g_j\theta_j + \frac{g_j^2}{2h_j}\bigl(1 - e^{-2h_jM}\bigr). \tag{1}$$
#
# An absent one has only the last term, what it can still learn. A present one has what would be lost now as well. $g_j$
# of a present one is the mean gradient on its way since it joined; of an absent one that of a sample, shrunk by its
# noise; $h_j$ is the diagonal of the Fisher information on that sample.
#
# **Two rates, no phases.** At an event, let $T$ be the $n_f$ connections of highest $u/c$, and $q$ the share of it that
# is absent: what growth still gains.
#
# $$n' = n + q\,n_f, \qquad n \leftarrow n'\,(n_f/n')^{s}, \qquad
# s = \frac{\text{learning until the next event}}{\text{learning that is left}}. \tag{2}$$
#
# Absent connections are worth less as gradients fade and as $M$ runs out, so growth decays; $s$ goes to 1, so pruning
# wins, and the size is met exactly. In words of a program:
#
# ```
# m <- as many random connections as there will be at the end
# for each step:
#     train the present connections
#     at an event:  g, h <- a sample;  u by (1)
#                   the absent ones among the n_f best join, at zero, as far as the budget of training allows
#                   the worst of the present leave, as many as (2) says
# ```
#
# One event in a picture ({numref}`mask-event`):

# %% tags=["remove-input"]
from luciole.report import sparsity_drawing

sparsity_drawing.show()

# %% [markdown]
# **Limits.** With $M \to 0$ it is optimal brain damage with its first-order term: pruning alone. With equal curvature,
# a constant size and a cosine for the share exchanged it is RigL: $|g|$ for the absent, $|\theta|$ for the present.
# From a full network it is gradual magnitude pruning on a geometric course. A connection present with probability
# $\sigma(k(u/c - \lambda))$ would be a gate of neural plasticity networks.
#
# ## A demonstration
#
# On scikit-learn's digits, with the connections of each pixel drawn on the way ({numref}`sparsity-mask`):

# %%
from luciole import datasets
from luciole.sparsity.joint import Joint
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import accuracy, train

digits = datasets.load("digits")
x, y = torch.from_numpy(digits.X).flatten(1), torch.from_numpy(digits.y).long()
torch.manual_seed(seed)
network = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
run = Run(network, x[:1200], y[:1200], Settings(epochs=epochs, batch=50), seed)
method, seen = Joint(sparsity, events=20, sample=480), {}
for share in (0.02, 0.2, 0.5, 1.0):
    train(run, method, until=max(1, round(share * run.steps)))
    seen[run.step] = run.masks
print(f"{run.masks.kept:,} of {run.masks.total:,} weights, never more than {run.account.peak:,}: ", end="")
print(f"{100 * (1 - accuracy(network, x[1200:], y[1200:])):.1f} % error")

# %% tags=["remove-input"]
sparsity_figures.drawn(run, seen, side=8)

# %% [markdown]
# A pruned network becomes a really smaller one where whole units or inputs are left without a path:

# %%
from luciole.costs.counts import count
from luciole.sparsity.shrink import shrink

smaller = shrink(network, run.masks)
print(f"{count(network, (64,)).macs:,} multiply-accumulates before, {count(smaller, (64,)).macs:,} after")
print(f"answers differ by {(smaller(x) - network.eval()(x)).abs().max().item():.0e}")

# %% [markdown]
# Single absent weights inside what is left are multiplied as zeros: dense kernels gain nothing from them.
#
# ## Every method on LeNet-300-100
#
# MNIST, {glue:text}`grow_weights` weights that can be absent, {glue:text}`grow_epochs` epochs for every method, seeds
# paired; settings were chosen on validation images, the protocol was fixed before the test images were read. Dense, the
# error is {glue:text}`grow_dense` %. Look at who is lowest at 2 % of the weights ({numref}`sparsity-error`).

# %% tags=["remove-input"]
sparsity_figures.against_sparsity(rows)

# %% tags=["remove-input"]
show.table(report.main(rows, 0.98))
for share in (0.95, 0.98):
    show.folded(
        report.methods(rows, share), f"Every method at {100 * share:.0f} % sparsity, and parts of ours left out"
    )

# %% [markdown]
# At 95 % sparsity ours ends {glue:text}`grow_apart_95` points from {glue:text}`grow_best_95`, at 98 %
# {glue:text}`grow_apart_98` points from {glue:text}`grow_best_98` ({glue:text}`grow_seeds_98` paired seeds, 95 %
# intervals). RigL, which like ours never trains the whole, ends at {glue:text}`grow_rigl_95` and
# {glue:text}`grow_rigl_98` % in so short a training: it holds its size, where ours may overshoot.
#
# ### Can the substructure be learnt without ever training the whole?
#
# Two numbers answer it, in the table above: the most weights trained at once, and the different ones ever trained.
# Pruning and tickets train everything, 100 % by both. Ours at 95 % sparsity: {glue:text}`grow_peak_95` % at once and
# {glue:text}`grow_total_95` % ever; at 98 %: {glue:text}`grow_peak_98` and {glue:text}`grow_total_98` %. It keeps
# {glue:text}`grow_width_98` of the 784-300-100 inputs and units: widths were not set, they are what is left.
#
# ## Equal joules
#
# In multiplications with present weights ours takes {glue:text}`grow_macs_98` % of the dense training at 98 % sparsity.
# The processor sees less of that: dense blocks of what is left, and a gradient of everything at each event
# ({numref}`sparsity-energy`).

# %% tags=["remove-input"]
sparsity_figures.against_energy(rows)

# %% [markdown]
# ### Targets that were fixed before
#
# At most .1 points more error than the best pruning, the upper end of the interval included, for half of its seconds:

# %% tags=["remove-input"]
show.table(report.targets(rows), digits=0)

# %% [markdown]
# {glue:text}`grow_met` of {glue:text}`grow_targets` are met. With half the schedule ours takes
# {glue:text}`grow_short_share_98` % of the seconds at 98 % sparsity and has {glue:text}`grow_short_98` points more
# error.
#
# ### What masks cost
#
# Targets of speed, as measured last beside other people's functions in one run (processor time, one thread).

# %% tags=["remove-input"]
show.table(report.speed(), digits=1)

# %% [markdown]
# ### What each part is worth

# %% tags=["remove-input"]
show.table(report.parts(rows))

# %% [markdown]
# A dash: not run yet, `luciole run sparsity/lenet` goes on. A part whose interval holds 0 cannot be told from nothing.
#
# ## Other networks
#
# LeNet-5, {glue:text}`grow_lenet5_held` of {glue:text}`grow_lenet5_planned` planned trainings on few images, where
# the computing time ended, and the sensor network designed for UCI HAR, {glue:text}`grow_sensors_held` of
# {glue:text}`grow_sensors_planned`. Target: at half the schedule at most {glue:text}`grow_small_points` points more
# error than the best pruning, for half of its seconds.

# %% tags=["remove-input"]
show.table(beyond.judged())
for network, held in beyond.ran().items():
    show.folded(beyond.compared(held.frame), f"Every method on {network}")

# %% [markdown]
# {glue:text}`grow_small_met` of {glue:text}`grow_small_targets` are met; one that was not measured is not met. On
# sensors {glue:text}`grow_sensors_diverged` of ours diverged: priced per multiplication, a convolution's weight costs
# as many times as there are samples, feature maps are left a weight or two, and normalisation throws what joins there.
# Dense, this network errs by {glue:text}`grow_sensors_dense` %.
#
# **Growing units**, on scikit-learn's digits, {glue:text}`grow_grown_seeds` seeds: {glue:text}`grow_grown_better`.
# Grown first and pruned then ends {glue:text}`grow_pipeline` points from ours for as many steps; neural plasticity
# {glue:text}`grow_npn`. **Minima**: gradual pruning is said to reach sharper ones, with units of more entropy, and to
# err less {cite:p}`tartaglione2020sharp`; {glue:text}`grow_claims`. **On a Cortex-M4F**, foretold by the table of
# [chapter 13](13_devices.ipynb), ours cut to the widths left at 98 % takes {glue:text}`grow_flash_ours` kB of flash,
# the dense network {glue:text}`grow_flash_dense`: absent weights inside the blocks are stored as zeros.
#
# ### Where it meets architecture search
#
# Paths of [chapter 10](10_differentiable_search.ipynb)'s supernets, pruned by gate times gradient, leave cells of
# {glue:text}`grow_path_uniform` % (uniform sampling) and {glue:text}`grow_path_darts` % (DARTS) true accuracy; the
# methods name ones of {glue:text}`grow_named_uniform` and {glue:text}`grow_named_darts` %. Growing in the steps of
# HAR-201 after what an operation gains per multiplication ends at {glue:text}`grow_step` %;
# {glue:text}`grow_step_random` % of random searches with as many looks are as good. What scores of
# [chapter 4](04_scores.ipynb) say of pruned and grown networks of one size: {glue:text}`grow_scores`. LEMONADE's
# morphisms are measured in [chapter 1](01_state_of_the_art.ipynb).

# %% tags=["remove-input"]
for title, table in beyond.tables(rows).items():
    show.folded(table, title)

# %% [markdown]
# ## Published beside measured
#
# Published trainings are tens of times as long; the methods, where they were reproduced, stand beside. A ticket was
# back at the dense network's accuracy with {glue:text}`grow_ticket_published` % of the weights
# {cite:p}`frankle2019lottery`, after trainings of 50,000 steps.

# %% tags=["remove-input"]
show.table(report.beside(rows))
show.lines([attestation.again("sparsity/lenet", seed, rederived)], "Derived again, here")

# %% [markdown]
# ## What we did not do, and why
#
# {glue:text}`grow_fewest` to {glue:text}`grow_most` seeds a method stand behind LeNet-300-100, which makes intervals
# wide; not yet at both sparsities: {glue:text}`grow_lacking`. Processor time was shared: LeNet-5 is short and in
# part, sensors have few seeds; WISDM, two moons and architecture search for the same joules are left out. Masks of
# nni and networks of torch-pruning are the same as ours; gromo, which also moves the weights that are there, leaves
# less loss than GradMax. No sparse kernels were used: joules are those of dense blocks, and an estimate.
#
# ## Summary
#
# * One signal, what a connection will spare by the end, ranks present and absent ones alike.
# * Growth fades and pruning rises without phases; at 98 % sparsity the network is largest after
#   {glue:text}`grow_peak_at` % of training, with {glue:text}`grow_peak_98` % of the weights, and ends
#   {glue:text}`grow_apart_98` points from the best pruning's error.
# * It trains {glue:text}`grow_total_98` % of the weights ever, in {glue:text}`grow_seconds_98` % of the best pruning's
#   seconds on this processor.
#
# ## Exercises
#
# 1. Foresee the live demonstration without a horizon (`Joint(sparsity, horizon=False)`): does it grow for longer?
# 2. Why does a present connection not take its gradient from the sample, as an absent one does?

# %% tags=["hide-cell"]
torch.manual_seed(seed)
network = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
again = Run(network, x[:1200], y[:1200], Settings(epochs=epochs, batch=50), seed)
train(again, Joint(sparsity, events=20, sample=480, horizon=False))
print(f"1. joined in the second half: {sum(row[2] for row in again.history[-10:])} without, ", end="")
print(f"{sum(row[2] for row in run.history[-10:])} with the horizon")
print("2. Its sampled gradient is mostly noise once it is trained; summed over many that leave together, it misleads.")

# %% [markdown]
# ## What is next
#
# [Devices](13_devices.ipynb) puts networks on a microcontroller, where a smaller one is really cheaper.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
