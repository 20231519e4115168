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
# ```{admonition} In short
# Which search finds a good network for little? On NAS-Bench-201, with 12,000 simulated seconds, {glue:text}`searchers`
# searchers end within {glue:text}`field` points of each other: {glue:text}`leader` at {glue:text}`leader_c10` %, random
# search at {glue:text}`random_c10` %, where the best cell there is has {glue:text}`optimum` %. A score of the untrained
# network, asked at every step, brings evolution to {glue:text}`guided_best_c10` %. Cheaper estimates made searches
# cheap, not cleverer strategies.
# ```
#
# Neural architecture search (NAS) lets a program choose the network. This chapter tells how, what it has cost since
# 2017, and runs the families side by side on one benchmark, under one budget, beside the published figures.

# %% tags=["remove-input"]
import warnings

from luciole import attestation, results
from luciole.book import figures, ledger
from luciole.experiments.nb201 import search as bench
from luciole.report import lemonade, search_drawings, show, space_maps, state, state_figures, state_graphs

figures.use_style()
kept = results.read("nb201/search")
curves, guided = state.parts(kept.frame)
show.keep(state.numbers(kept) | state.guided_numbers(kept.frame))
state_figures.regret(curves)

# %% [markdown]
# ## Overview
#
# After this chapter you can
#
# 1. place any NAS method on four axes, and say what its family cost when it appeared;
# 2. run any searcher of the library under a budget of simulated seconds;
# 3. tell which differences between searchers are larger than their noise.
#
# ## Prerequisites
#
# Nothing: this is the first chapter. Words are explained in the [glossary](../glossary.md).

# %% tags=["parameters", "hide-input"]
seed = 0  # first seed of the live runs
live_runs = 20  # live runs of each searcher on the table that was found, at least 2
rederived = 40  # committed runs that are run again and compared
budget = 12000  # simulated seconds of the live runs, at least 2000
live_searchers = ["random", "local search", "regularised evolution", "REINFORCE", "firefly"]  # names of SEARCHERS

# %% [markdown]
# ## Four axes
#
# The usual survey {cite:p}`elsken2019survey` names three dimensions; a fourth decides whether two papers can be
# compared at all.

# %% tags=["remove-input"]
search_drawings.show()

# %% [markdown]
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
# Weight sharing in a picture is {numref}`supernet-edge` of [chapter 10](10_differentiable_search.ipynb): an edge of a
# *supernet* holds every operation. *One-shot* methods train paths drawn at random and compare cells by the weights they
# share; *gradient* methods weigh the operations by a softmax whose parameters learn on validation data. Either costs
# one training instead of thousands. What the cells that they name are worth is measured there, against a table that
# knows all cells.
#
# ## What famous searches cost
#
# Every figure below was printed by others; `data/published.csv` holds it with its source. Look at the two falls: about
# 2018, when weights came to be shared, and about 2021, when training was left out.

# %% tags=["remove-input"]
state_figures.costs()

# %% [markdown]
# {numref}`famous-costs` spans from {glue:text}`dearest_hours` GPU hours to {glue:text}`cheapest_seconds` seconds. Two
# cautions: the early searches produced networks for CIFAR-10 and ImageNet from nearly nothing, the late ones choose
# among small cells in a given skeleton; and the hours are of GPUs that differ by more than a factor of ten.
#
# ## The benchmark, and how to search it
#
# A cell of NAS-Bench-201 is a graph of four nodes whose six edges carry one of five operations ({numref}`nb201-cell` in
# [chapter 3](03_ifa_reproduction.ipynb) draws one). The benchmark's authors trained all 15,625 of them on three data
# sets, so that a search is replayed by looking numbers up: 12,000 s of training take milliseconds.
#
# Every searcher has the same contract, `search(space, objective, budget, rng, **settings) -> History`:

# %%
import numpy as np

from luciole import tables
from luciole.search import SEARCHERS, Budget, Objective
from luciole.spaces import nb201

table = tables.nb201()
valid, cost = table.role("valid"), table.role("cost_seconds")
objective = Objective(
    lambda rows: valid[nb201.index(rows)],
    seconds=lambda rows: cost[nb201.index(rows)],
    count="query",  # a cell asked for twice is paid twice
)
search = SEARCHERS["regularised evolution"]
history = search(nb201, objective, Budget(seconds=12_000), np.random.default_rng(seed))
found = nb201.index(history.best)
print(nb201.format(history.best).replace("+", "+\n"))
print(f"chosen of {len(history)}; test accuracy {table.role('test')[found]:.2f} %")

# %% [markdown]
# The protocol of everything that follows is that of the benchmark's authors: an evaluation trains 12 epochs and costs
# the seconds that the benchmark measured; a cell asked for twice is paid twice; an evaluation that would pass the
# budget is not made; the cell with the highest 12-epoch validation accuracy is chosen, and its test accuracy is read
# once.
#
# ### The searchers, ranked
#
# A few runs cannot separate searchers that differ by a tenth of a point. The experiment `nb201/search` has
# {glue:text}`runs_least` to {glue:text}`runs_most` seeds each (fewer where a library's optimiser is slow), on the
# original table; `luciole run nb201/search` makes it again, in {glue:text}`whole_minutes` minutes on two cores.

# %% tags=["remove-input"]
show.table(state.standing(curves, bench.BUDGET).head(8))
show.folded(state.standing(curves, bench.BUDGET), "All searchers after 12,000 simulated seconds")
show.folded(state.standing(curves, bench.BUDGETS[0]), "All searchers after 3,000 simulated seconds")

# %% [markdown]
# Accuracies are ± the deviation of a run. *Reach* is the share of runs whose choice was ever that good, *time* the
# median moment (–: fewer than half).
#
# * Of the searchers with at least 200 runs {glue:text}`leader` leads, at {glue:text}`leader_c10` %. The field lies
#   within {glue:text}`field` points, and runs of one searcher have a deviation of {glue:text}`run_sd`: a single run of
#   each says little.
# * The fireflies were made for scores that cost milliseconds. They flatten early when every query is a training.
# * Hyperband and BOHB choose by 200 epochs of training, which cost them 200/12 times as much a cell.
# * NSGA-II and LEMONADE spend their evaluations on a whole front of accuracy against cost, not on accuracy alone.
#
# ## Published beside measured

# %% tags=["remove-input"]
state_figures.beside(curves)

# %% tags=["remove-input"]
show.folded(state.beside(curves), "The same in numbers, with deviations and the noise of each difference")

# %% [markdown]
# {glue:text}`within` differences are within 0.25 points; the largest is {glue:text}`largest_difference`. What remains
# has two likely causes: the published runs read the first release of the benchmark, ours means over seeds of a later
# one, and theirs were charged the searcher's own time on top. BOHB is set beside with a grain of salt: ours promotes
# from 12 epochs to 200, theirs stopped within 12.
#
# ## Scores that cost milliseconds
#
# A score of an untrained network orders cells without a search. [Chapter 4](04_scores.ipynb) compares
# {glue:text}`scores_compared` of them; here is the short form, Kendall's tau with test accuracy over all cells.

# %% tags=["remove-input"]
ranks, told = state.ranking()
show.keep(told)
show.table(ranks)

# %% [markdown]
# The sum {glue:text}`best_sum` reaches {glue:text}`best_sum_tau`, twelve epochs of training
# {glue:text}`short_training_tau`. Such a score can guide a search in four ways {cite:p}`abdelfattah2021zerocost`. It
# chooses alone, and one cell is trained (*training-free selection*). It orders a thousand cells, and training goes down
# the list (*selection, then training*). It picks the first population of evolution (*warm-started*). Or it also screens
# every mutant before it is trained (*guided evolution*). What scoring costs is charged to the simulated seconds; the
# last guide is only the number of parameters, which is free: a score that does no better has told of nothing but size.

# %% tags=["remove-input"]
state_figures.guided(kept.frame)

# %% tags=["remove-input"]
show.folded(state.guided_table(guided, bench.BUDGET), "The eight best after 12,000 s, on three data sets")
show.folded(state.guided_table(guided, bench.BUDGETS[0]), "The eight best after 3,000 s, on three data sets")

# %% [markdown]
# * After 12,000 s {glue:text}`guided_best` has {glue:text}`guided_best_c10` %, evolution alone
#   {glue:text}`unguided_late` %. {glue:text}`guided_best_share` % of its runs reach 94.3 %, half of them within
#   {glue:text}`guided_best_s` s.
# * After 3,000 s the best is {glue:text}`guided_early`, with {glue:text}`guided_early_all` on the three data sets.
#   RoBoT {cite:p}`he2024robot` prints {glue:text}`guided_early_robot` for 3,051 s.
# * Much of it is size. Screened by the number of parameters, evolution reaches {glue:text}`guided_params` %.
# * No score alone is enough: the best choice without training has {glue:text}`alone_best` %.
# * A score that misleads does harm when it is asked at every step: guided by {glue:text}`guided_worst`, evolution ends
#   at {glue:text}`guided_worst_c10` %. For {glue:text}`guided_wins` guides that is still the best of the four ways.
# * Which guide is best was read off these accuracies. Who had to name it beforehand would have done worse on average;
#   [chapter 5](05_better_firefly.ipynb) keeps choice and report apart.
#
# ## A space of graphs: NAS-Bench-101
#
# In NAS-Bench-101 {cite:p}`ying2019nasbench101` a cell is any graph of at most seven vertices and nine edges, and the
# same cell can be written in many ways. The searchers are the same; the space brings its own mutation, crossover and
# hash. The prepared table has neither validation accuracy nor times, so that the mean *test* accuracy is searched,
# which flatters all alike.

# %% tags=["remove-input"]
graphs = results.read("nb101/search")
show.keep(state_graphs.numbers(graphs.frame))
state_figures.regret_101(graphs.frame)

# %% tags=["remove-input"]
show.folded(state_graphs.lanas(graphs.frame), "Our LaNAS beside the runs that its authors released")

# %% [markdown]
# After 500 evaluations, one cell in a thousand, {glue:text}`leader_101` is {glue:text}`leader_101_regret` points from
# the optimum, random search {glue:text}`random_101_regret`. Our LaNAS grows its trees more often than that of its
# authors {cite:p}`wang2021lanas` (every 5 evaluations, theirs every 20), and by ridge regression instead of gradient
# steps.
#
# ### A budget in joules, measured
#
# For all cells of at most five vertices EC-NAS {cite:p}`bakhtiarifard2024ecnas` *measured* the energy of four epochs on
# a Quadro RTX 6000. A query here is that training: it shows the validation accuracy after four epochs and costs its
# joules. Reported is the test accuracy after 108 epochs of the cell chosen.

# %% tags=["remove-input"]
spent = results.read("nb101/energy")
show.keep(state_graphs.joules_numbers(spent))
state_graphs.joules(spent.frame)

# %% tags=["remove-input"]
show.folded(state_graphs.joules_last(spent.frame), "Where each searcher ends, and how many trainings it paid")

# %% [markdown]
# All {glue:text}`energy_cells` cells would take {glue:text}`energy_all` MJ; a search spends {glue:text}`energy_budget`.
#
# * {glue:text}`energy_leader` ends at {glue:text}`energy_leader_test` %, {glue:text}`energy_second` at
#   {glue:text}`energy_second_test` %, random search at {glue:text}`energy_random_test` %, and the intervals of most
#   others overlap with its own. Four epochs say little: their accuracies order these cells with a Spearman correlation
#   of {glue:text}`energy_rho` as 108 epochs do. The cell that they like best has {glue:text}`energy_trap` %, the best
#   one {glue:text}`energy_best` %.
# * LEMONADE likes the empty places of a front against parameters. For the same joules it buys {glue:text}`energy_most`
#   trainings, random search {glue:text}`energy_random_n`, a genetic algorithm {glue:text}`energy_least`. They are
#   cheaper ones, and it ends at {glue:text}`energy_lemonade` %.
# * What a training costs says nothing about accuracy after four epochs (Spearman {glue:text}`energy_cost4`) but much
#   about that after 108 ({glue:text}`energy_cost108`): a short training favours cells that learn fast and cheaply.
#
# ## Inherited weights: LEMONADE
#
# LEMONADE {cite:p}`elsken2019lemonade` evolves a front of accuracy against size. Its *cheap* objectives choose parents
# and children where the front is thin. And it is *Lamarckian*: a child begins with what its parent has learnt, by
# operators that keep the function of the network, exactly where they add and nearly where they take away. The second
# idea needs trainings: scikit-learn's 8×8 digits, chains of convolutions, four searches of as many epochs in all.

# %% tags=["remove-input"]
digits, digit_runs = results.read("images/lemonade"), results.read("images/lemonade_runs").arrays
show.keep(lemonade.numbers(digits, digit_runs))
lemonade.fronts(digits)

# %% tags=["remove-input"]
show.folded(lemonade.table(digit_runs), "Share of the box that each front covers, and what was chosen, trained anew")

# %% [markdown]
# * **The weights are worth much.** With about 5,000 parameters LEMONADE shows {glue:text}`digits_lemonade_5` %, the
#   same evolution from scratch {glue:text}`digits_scratch_5` %, random networks {glue:text}`digits_brief_5` %. A
#   network of two epochs carries up to {glue:text}`digits_lineage` epochs of its ancestors. Its front covers more of
#   the box (700 to 25,000 parameters, 70 to 100 %) than from scratch in {glue:text}`digits_wins` seeds.
# * **The architectures are not better.** Trained anew, what LEMONADE chose under {glue:text}`digits_limit` parameters
#   has {glue:text}`digits_lemonade_anew` % (median), what the others chose {glue:text}`digits_scratch_anew`,
#   {glue:text}`digits_brief_anew` and {glue:text}`digits_long_anew` %: on digits this small any sound network will do.
# * **It is not safe.** Its worst search covers {glue:text}`digits_worst` of the box and holds no good network below
#   {glue:text}`digits_small` parameters. With {glue:text}`digits_seeds` searches each, the intervals
#   are ±{glue:text}`digits_doubt` points in the median.
#
# ## What could not be reproduced, and why
#
# * The searches behind {numref}`famous-costs` at their own scale: that is the point of a benchmark.
# * BOHB as published, which stops trainings along one curve of 12 epochs. The tables hold two schedules and no curves.
# * As many seeds for every searcher: Optuna's Gaussian process needs seconds a run, and has {glue:text}`runs_least`
#   runs.
# * LEMONADE on CIFAR-10. What is shown is its mechanism, with operators of our own choosing of its kinds.
# * Gradient methods train a supernet and cannot be replayed from a table: [chapter 10](10_differentiable_search.ipynb)
#   trains some.
# * NAS-Bench-101 under its own protocol: `luciole run nb101/search` uses the official file when it is there.
#
# ## Demonstration on the table at hand
#
# Everything above rests on committed results, of the original tables. What follows is computed now, from the table that
# this build found: {glue:text}`source`. Where the original cannot be downloaded, another training of all cells stands
# in (the *replica*, carried by the package `analog-nasbench`); over the whole space it orders cells as the original
# does with a Spearman correlation of {glue:text}`replica_rho`, within the best tenth with {glue:text}`replica_rho_top`.
# It shows how searches behave, not which of two good cells is better.

# %% tags=["remove-input"]
ground = space_maps.Ground(table)
agreement = results.read("nb201/replica").frame
figures.glue("replica_rho", agreement["spearman"].iloc[0], ".2f")
figures.glue("replica_rho_top", agreement["spearman_top"].iloc[0], ".2f")
show.keep(ground.numbers())
ground.show_map()

# %% [markdown]
# A space of six genes has no natural plane; {numref}`space-map` shows every cell without distortion. Operations are
# ordered from `none` to 3×3 convolution, so that neighbouring pixels are often one mutation apart. Look for the
# plateaus, and for how few the local optima are: {glue:text}`local_optima`. Steepest ascent reaches the best accuracy,
# {glue:text}`space_best` %, from {glue:text}`climb_share` % of all cells; a cell drawn blindly has
# {glue:text}`space_mean` %. [The explorer](../explorer.md) lets you walk from cell to cell yourself.
#
# <details class="fold"><summary>How far is the optimum, and a few searches run in this build</summary>
#
# The median accuracy falls from {glue:text}`ring_one` % one edge away from the best cell to {glue:text}`ring_six` % six
# edges away. Training every cell for 12 epochs would take {glue:text}`days` days.

# %% tags=["remove-input"]
ground.show_rings()

# %% tags=["remove-input"]
show.table(space_maps.live(table, live_searchers, live_runs, budget, seed))

# %% [markdown]
# </details>
#
# ## Summary
#
# * A NAS method is a space, a strategy, an estimate and an evaluation; papers differ on all four.
# * The cost of a search fell from GPU years to minutes, mostly by cheaper estimates rather than cleverer strategies.
# * Under the published budget our reruns agree with the published means ({glue:text}`within` within 0.25 points). The
#   spread over seeds is of the size of most differences between strategies: it takes hundreds of runs to rank them.
# * A good score asked at every step is worth more than any strategy tried here; a bad one is worse than none, and the
#   number of parameters is a guide to be reckoned with.
# * Inherited weights give good networks of many sizes for brief trainings; on digits they led to no better
#   architectures.
#
# ## Exercises
#
# **1.** In {numref}`regret`, which searcher would you take for a budget of 1,000 simulated seconds?
#
# <details class="fold"><summary>Answer</summary>
#
# Hardly any: at so few trainings the curves of nearly all lie within their intervals. Here they are, in numbers.

# %%
early = curves[curves["seconds"] == 1000].set_index("searcher")["c10"]
for name in (*early.nlargest(3).index, "random"):
    print(f"{name:12} {early[name]:.2f} %")

# %% [markdown]
# </details>
#
# **2.** A budget may be stated in evaluations instead. How many cells does evolution ask for in 12,000 s, and how many
# of them are different?
#
# <details class="fold"><summary>Answer</summary>
#
# A mutant may be a cell that was tried before; by the protocol it is paid again.

# %%
different = len(np.unique(nb201.index(history.genotypes)))
print(f"{len(history)} asked for, {different} different")

# %% [markdown]
# </details>
#
# **3.** Change `"regularised evolution"` into `"local search"` in the code above. Foresee whether it ends higher.
#
# <details class="fold"><summary>Answer</summary>
#
# Higher, on the average of many runs: the space has few local optima. A single run may say the contrary.

# %%
last = curves[curves["seconds"] == bench.BUDGET].set_index("searcher")
for name in ("local search", "regularised evolution"):
    row = last.loc[name]
    print(f"{name:22} {row['c10']:.2f} % [{row['c10_low']:.2f}, {row['c10_high']:.2f}]")

# %% [markdown]
# </details>
#
# ## What is next
#
# [Efficiency](02_efficiency.ipynb) asks what accuracy should be weighed against;
# [the firefly search](03_ifa_reproduction.ipynb) replaces the training behind each query by a score that takes
# milliseconds.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
warnings.filterwarnings("ignore", message="IProgress not found")  # of a progress bar that Optuna imports
units = {"nb201/search_runs": rederived, "nb101/search_runs": min(2, rederived), "nb101/energy_runs": min(3, rederived)}
compared = [attestation.again("nb201/replica")]
compared += [attestation.again(name, seed, drawn) for name, drawn in units.items()]
compared += [attestation.again("images/lemonade_runs", seed, min(1, rederived))]
stale = [f"stale: {', '.join(one.stale)}" for one in (kept, graphs, spent, digits) if one.stale]
show.lines(compared + stale, "Which committed numbers this build computed again")
ledger.show()
