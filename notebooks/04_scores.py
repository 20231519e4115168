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
# A training-free score looks at a network with random weights, for some milliseconds, and says how good it would
# be. This chapter computes the scores of the field under one protocol, on the space of NAS-Bench-201, and asks
# how well each ranks the cells, what it costs, and what several together can do.
#
# ## Overview
#
# After this chapter you can
#
# 1. say what each family of scores measures, and what it needs (data, labels, gradients);
# 2. score a network, or thousands of cells, with one call;
# 3. read a score's quality in more than one number: the whole ranking, its top, and its noise;
# 4. tell how cheap the setting can be made before the ranking suffers;
# 5. combine scores without looking at a single accuracy, and know what that buys.
#
# ## Prerequisites
#
# [Chapter 1](01_state_of_the_art.ipynb) for the benchmark. Words are explained in the [glossary](../glossary.md).

# %% tags=["parameters"]
rederived = 3  # classes of cells whose committed scores are computed again and compared
shown_scores = 14  # scores in the figures, the best by tau
seed = 0  # of the choice of those classes

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from luciole import figures, files, ledger, published, results, tables
from luciole.errors import LucioleError
from luciole.experiments import nb201_quality as judging
from luciole.experiments import nb201_scores as scoring
from luciole.scores import SCORES, score_cells
from luciole.scores.aggregate import linear_rank, log_rank
from luciole.scores.cells import MEASURES
from luciole.scores.quality import interval, tau
from luciole.spaces import nb201

figures.use_style()
table = tables.nb201()
original = "c10_test200" in table
print(f"accuracies: {table.source}")

# %% [markdown]
# ## What a score may look at
#
# | family | the question it asks of an untrained network | scores here |
# | --- | --- | --- |
# | size | how much is there to learn with? | parameters, MACs, layers, depth, paths |
# | codes | do two inputs switch different ReLUs on? | NASWOT, ICD, SWAP, linear regions |
# | input gradients | is it another linear map at each input? | Jacobian covariance, EPE-NAS |
# | saliency | would pruning hurt? | gradient norm, SNIP, GraSP, Fisher, plain |
# | flow | how much passes, whatever the data? | SynFlow, LogSynFlow |
# | features | are the channels different from each other? | expressivity, progressivity, MeCo, Zen |
# | dynamics | would gradients be stable, and agree? | trainability, ZiCo, GradSign, KNAS, kernel, VKDNW |
#
# Papers: NASWOT {cite:p}`mellor2021naswot`, ICD {cite:p}`mokhtari2022ifa`, SWAP {cite:p}`peng2024swap`, linear
# regions and the tangent kernel {cite:p}`chen2021tenas`, the saliencies as scores
# {cite:p}`abdelfattah2021zerocost`, SynFlow {cite:p}`tanaka2020synflow`, the four of AZ-NAS
# {cite:p}`lee2024aznas`, MeCo {cite:p}`jiang2023meco`, VKDNW {cite:p}`tybl2025vkdnw`.
#
# Formula and source of each stand in its docstring: `help(luciole.scores.SCORES["naswot"])`. A score is a plain
# function of a network and a batch; what it needs is declared, so that its cost is part of the result.

# %%
costs = results.read("nb201_scores_costs")
priced = costs.frame.query("inputs == 'images'").set_index("score")
needs = pd.DataFrame(
    [
        (name, score.data, score.labels, score.gradients, priced["milliseconds"].get(name), priced["joules"].get(name))
        for name, score in SCORES.items()
        if name in priced.index or name in MEASURES
    ],
    columns=["score", "data", "labels", "gradients", "ms", "J (estimate)"],
).replace({True: "yes", False: ""})
print(f"energy: {costs.provenance.energy}")
needs.style.hide(axis="index").format("{:.3g}", subset=["ms", "J (estimate)"], na_rep="closed form")

# %% [markdown]
# Milliseconds are those of one processor core, of all that the score needs as if it were computed alone. Scores that
# read the same pass share it: the {glue:text}`group_size` scores of the first group together took
# {glue:text}`together_ms` ms a network, against {glue:text}`apart_ms` ms one after the other.

# %%
group = priced.loc[[name for name in scoring.SHARED if name in priced.index]]
figures.glue("group_size", len(group))
figures.glue("together_ms", priced.loc["all of images", "milliseconds"], ".0f")
figures.glue("apart_ms", group["milliseconds"].sum(), ".0f")

# %% [markdown]
# ## The protocol
#
# One network per class of isomorphic cells, built of the class's representative without its idle edges: one cell
# a stage instead of the benchmark's five, width 16, inputs of 16×16, weights as PyTorch draws them. The setting
# was chosen for its cost, before any accuracy was read; what it keeps of the authors' own setting is measured
# below. A score on images sees CIFAR-10 training images, and is judged on all three data sets.
#
# The official classes hold some cells that are not quite equal: one convolution heard twice reads the same as two
# convolutions heard once. The representative's score then stands for both; counts such as parameters are computed
# for every cell.
#
# Quality is Kendall's tau-b (ties counted), Spearman's rho, the overlap of the two top percents, and the
# *regret*: the best accuracy of the space less the best among the ten cells that the score puts first. Accuracies
# are test accuracies after 200 epochs, means over the benchmark's seeds.

# %%
committed = results.read("nb201_scores")
quality = results.read("nb201_scores_quality")
for name, result in (("nb201_scores", committed), ("nb201_scores_quality", quality)):
    for reason in result.stale:
        print(f"{name} is stale: {reason}; run `luciole run nb201_scores`")
data = committed.frame
found = scoring.spread(data)
judged = judging.scored(found)
share = judged.mean()
unfinished = committed.provenance.parameters["unfinished"]  # stages of which some classes are missing
print(f"{judged.sum():,} of {nb201.SIZE:,} cells judged; stages still unfinished: {', '.join(unfinished) or 'none'}")
figures.glue("judged", int(judged.sum()), ",d")
figures.glue("failed", committed.provenance.parameters["failed"], "d")

# %% [markdown]
# The committed result covers {glue:text}`judged` of the 15,625 cells; {glue:text}`failed` scores could not be
# computed.
#
# ### Computed again
#
# A result that nobody can repeat is a rumour. Some classes are scored again here, now, and must agree with the
# committed file.


# %%
def compare(names: list[str], live: dict, inputs: str, chosen: np.ndarray) -> float:
    """Return the largest relative difference of live scores from the committed ones; refuse 2 %."""
    worst = 0.0
    for score in names:
        kept = data.set_index("index").loc[chosen, f"{inputs}.{score}.0"].to_numpy(dtype=float)
        new = live[score][0]
        same = new == kept  # also minus infinity
        gap = np.abs(np.where(same, 0, new - kept)) / np.maximum(np.abs(np.where(same, 1, kept)), 1e-3)
        if not gap.max() < 0.02:
            raise LucioleError(f"{score} on {inputs} does not repeat: {new} now, {kept} committed")
        worst = max(worst, float(gap.max()))
    return worst


classes = data["index"].to_numpy()
chosen = np.sort(np.random.default_rng(seed).choice(classes, rederived, replace=False))
rows = nb201.all_cells()[chosen]
blind = [name for name in scoring.SHARED if not SCORES[name].data]  # these see the shape of the batch only
live = score_cells(rows, blind, scoring.noise(32)[0], skeleton=scoring.SKELETON).values
print(f"{', '.join(blind)}: {rederived} classes agree within {compare(blind, live, 'images', chosen):.1e}")
folder = files.data_folder()
if folder and (folder / "cifar10_subset.npz").exists():
    for stage in ("images", "vkdnw"):
        names = list(scoring.STAGES[stage][1])
        gap = compare(names, scoring.stage(stage, chosen).values, "images", chosen)
        print(f"{len(names)} scores on images: {rederived} classes agree within {gap:.1e}")
else:
    print("no images here (LUCIOLE_DATA): scores that read them are not computed again")

# %% [markdown]
# ## How well do they rank?
#
# {numref}`quality-cost` is the figure to keep. To the right is dearer, upward is better. Look at where twelve
# epochs of real training stand, and at the line that even 200 epochs of training reach only.

# %%
shown = quality.frame.query("subset == 'all' and inputs == 'images' and dataset == 'c10'").set_index("score")
milliseconds = priced["milliseconds"].to_dict()
milliseconds |= dict.fromkeys(MEASURES, 0.01)
ceiling = quality.frame.query("subset == 'all' and inputs == 'training'").set_index(["score", "dataset"])
training_ms = 1e3 * float(table["c10_cost12_s"].mean()) if "c10_cost12_s" in table else 109.7e3

single = [name for name in shown.index if name not in scoring.COMBINATIONS and name != "vkdnw_single"]
WRITTEN = {"params", "layers", "l2_norm", "synflow", "naswot", "meco", "expressivity", "jacov", "icd", "grad_norm"}
told: list[str] = []  # names written into the figure; all are in the table
fig, ax = plt.subplots(figsize=(figures.WIDTH, 5.0))
for names, marker, colour, label in (
    ([name for name in single if name in MEASURES], "s", figures.PALETTE[6], "counts (closed form)"),
    ([name for name in single if name not in MEASURES and name in milliseconds], "o", figures.PALETTE[0], "scores"),
    (list(scoring.COMBINATIONS), "D", figures.PALETTE[3], "combinations"),
):
    names = [name for name in names if name in shown.index and shown.loc[name, "tau"] > 0]
    height = shown.loc[names, "tau"]
    ax.scatter([milliseconds[name] for name in names], height, marker=marker, color=colour, s=34, label=label, zorder=3)
    told += [name for name in names if name in WRITTEN or name in scoring.COMBINATIONS]
trained = float(ceiling.loc[("12 epochs", "c10"), "tau"])
ax.scatter(
    [training_ms], [trained], marker="*", s=160, color=figures.PALETTE[2], label="12 epochs of training (GPU)", zorder=3
)
limit = float(ceiling.loc[("200 epochs", "c10"), "tau"])
ax.axhline(limit, color=figures.PALETTE[2], linestyle="--", linewidth=1)
ax.text(0.012, limit + 0.012, "validation accuracy after 200 epochs", fontsize=8.5)
ax.set(
    xscale="log", xlabel="cost of one network (ms)", ylabel="Kendall tau-b with CIFAR-10 test accuracy", ylim=(0.1, 1)
)
figures.label_points(ax, [milliseconds[name] for name in told], shown.loc[told, "tau"].to_list(), told)
ax.legend(loc="lower right", fontsize=8.5)
figures.show(
    fig,
    "quality-cost",
    alt="Scatter of ranking quality against cost on a logarithmic axis: scores of tens of milliseconds rank "
    "better than twelve epochs of training, which cost a hundred seconds; validation accuracy is the ceiling.",
    caption="Quality of ranking against cost. Counts are closed forms, drawn at 0.01 ms. Scores: one core of the "
    "machine that the result names. Training: as the benchmark records it, on a GPU, so distances mix two devices.",
)
champion = shown.loc[single, "tau"].idxmax()
figures.glue("champion", champion)
figures.glue("champion_tau", shown.loc[champion, "tau"], ".3f")
figures.glue("champion_ms", milliseconds[champion], ".0f")
figures.glue("union_tau", shown.loc["union", "tau"], ".3f")
figures.glue("union_ms", milliseconds["union"], ".0f")
figures.glue("trained_tau", trained, ".3f")
figures.glue("trained_ratio", training_ms / milliseconds[champion], ",.0f")

# %% [markdown]
# The best single score, {glue:text}`champion`, reaches tau {glue:text}`champion_tau` in
# {glue:text}`champion_ms` ms: more than the {glue:text}`trained_tau` of twelve epochs of training, which cost
# {glue:text}`trained_ratio` times as long. The combination `union` reaches {glue:text}`union_tau` in
# {glue:text}`union_ms` ms.
#
# ### On the three data sets
#
# Scores saw CIFAR-10 only. {numref}`three-data-sets` shows whether their ranking carries over; bars are 95 %
# bootstrap intervals over cells.

# %%
every = quality.frame.query("subset == 'all' and inputs == 'images'")
order = every.groupby("score")["tau"].mean().sort_values().index[-shown_scores:]
fig, ax = plt.subplots(figsize=(figures.WIDTH, 0.34 * len(order) + 1.2))
for shift, (dataset, colour) in enumerate(zip(judging.DATASETS, figures.PALETTE, strict=False)):
    rows = every.query("dataset == @dataset").set_index("score").loc[order]
    place = np.arange(len(order)) + 0.22 * (shift - 1)
    ax.errorbar(rows["tau"], place, xerr=[rows["tau"] - rows["low"], rows["high"] - rows["tau"]], fmt="o", color=colour,
                markersize=4, linewidth=1.2, label=judging.DATASETS[dataset])  # fmt: skip
ax.set_yticks(np.arange(len(order)), order)
ax.set(xlabel="Kendall tau-b with test accuracy")
ax.legend(fontsize=8.5, loc="lower right")
figures.show(
    fig,
    "three-data-sets",
    alt="Dot plot of the best scores by tau on three data sets: the order of scores is much the same on all, "
    "CIFAR-10 mostly highest.",
    caption="The best scores and combinations on three data sets.",
)

# %% [markdown]
# ### Against the accuracies at hand
#
# The figures above are of the committed result. Here tau is computed again from the committed scores and the
# accuracies of the table that this run found. With the benchmark's own table the two must agree; with the replica (an
# independent training on CIFAR-10) they are another measurement, and stand beside each other.

# %%
columns = {name: f"{name}_test200" for name in judging.DATASETS} if original else {"c10": table.roles["test"].column}
known = {name: values for name, values in judging.candidates(data).items() if not np.isnan(values[judged]).any()}
accuracies = {name: table[column].astype(float)[judged] for name, column in columns.items()}
retold = pd.DataFrame(
    {name: {score: tau(values[judged], truth) for score, values in known.items()} for name, truth in accuracies.items()}
)
told = every.pivot(index="score", columns="dataset", values="tau").loc[retold.index]
if original:
    gap = (retold - told).abs().to_numpy().max()
    if not gap < 1e-6:
        raise LucioleError(
            f"tau computed again differs from the committed one by {gap}; run `luciole run nb201_scores`"
        )
    print(f"{retold.size} values of tau computed again, all within {gap:.0e} of the committed ones")
else:
    print(f"tau with {table.roles['test'].meaning}, beside the committed tau with the benchmark's CIFAR-10")
    print(
        pd.DataFrame({"replica": retold["c10"], "benchmark": told["c10"]}).sort_values("replica").round(3).to_string()
    )

# %% [markdown]
# ### The top of the ranking
#
# A search does not need the whole ranking, it needs the best cell. The table holds, beside tau and rho, the
# overlap of the top percents, nDCG, and the regret of training the ten best-scored cells (points of CIFAR-10
# accuracy). All cells first; then only those without idle edges, the subset on which several papers report.

# %%
both = quality.frame.query("inputs in ['images', 'training'] and dataset == 'c10'")
wide = both.pivot(index="score", columns="subset", values=["tau", "rho", "overlap", "regret", "ndcg"])
chosen = [(measure, "all") for measure in ("tau", "rho", "ndcg", "overlap", "regret")]
chosen += [("tau", "reachable"), ("rho", "reachable")]
wide[chosen].sort_values(("tau", "all"), ascending=False).style.format("{:.3f}")

# %%
top = shown.drop(index="vkdnw_single")
figures.glue("least_regret", top["regret"].idxmin())
figures.glue("least_regret_points", top["regret"].min(), ".2f")
figures.glue("union_regret", shown.loc["union", "regret"], ".2f")
figures.glue("depth_regret", shown.loc["depth", "regret"], ".2f")

# %% [markdown]
# A high tau does not find the best cell. The ten cells that `union` puts first miss the optimum by
# {glue:text}`union_regret` points, the ten of {glue:text}`least_regret` by {glue:text}`least_regret_points`;
# the plain depth of the cell, which costs nothing, by {glue:text}`depth_regret`.
#
# ## Images or noise
#
# Does a score need data? The same scores were computed on standard normal noise.

# %%
noisy = quality.frame.query("subset == 'all' and dataset == 'c10'").pivot(
    index="score", columns="inputs", values=["tau", "cells"]
)
if "noise" in noisy["tau"]:
    compared = noisy["tau"][["images where noise", "noise"]].dropna()
    compared["difference"] = compared["noise"] - compared["images where noise"]
    compared["cells"] = noisy["cells"]["noise"].astype("Int64")
    figures.glue("noise_gap", compared["difference"].abs().max(), ".3f")
    figures.glue("noise_cells", int(compared["cells"].max()), ",d")
else:
    raise LucioleError("the stage on noise has not begun: run `luciole run nb201_scores`")
compared.sort_values("noise", ascending=False).style.format("{:+.3f}", subset=["difference"]).format(
    "{:.3f}", subset=["images where noise", "noise"]
)

# %% [markdown]
# The cells here are the {glue:text}`noise_cells` first ones of the official, random order, for which both are there.
# Noise changes tau by up to {glue:text}`noise_gap`: scores of codes and features differ in how much of their ranking
# comes from the data, and the sign of the difference says which way.
#
# ## How cheap may it be?
#
# The authors of NASWOT score the whole network: five cells a stage, images of 32×32, a batch of 128.
# {numref}`cheaper` shows the same 100 random cells under settings that cost less and less. Bars are bootstrap
# intervals over the cells; the interval that matters is that of the *difference*, on the same cells, and it is in
# the table.

# %%
settings = results.read("nb201_scores_settings").frame
settings["setting"] = settings.apply(lambda row: f"{row['cells']} × {row['side']}² × {row['batch']}", axis=1)
watts = float((priced["joules"] / priced["milliseconds"]).median())  # joules a millisecond
held = settings.pivot(index=["setting", "index"], columns="score", values="value").dropna()
for setting, part in held.groupby(level=0):  # AZ-NAS as a whole, on the sample: its three scores and MACs
    indices = part.index.get_level_values("index")
    macs = found["macs"][indices]
    mixed = log_rank([*(part[name] for name in ("expressivity", "progressivity", "trainability")), macs])
    cost = settings.query("setting == @setting and score == 'trainability'").sort_values("index")["milliseconds"]
    added = pd.DataFrame({"index": indices, "value": mixed, "milliseconds": cost.to_numpy()})
    settings = pd.concat([settings, added.assign(score="az_nas", setting=setting)], ignore_index=True)
accuracy = table.role("test").astype(float)
rng = np.random.default_rng(seed)
rows = []
reference = settings.query("score == 'naswot'").groupby("setting")["milliseconds"].mean().idxmax()
for (score, name), part in settings.groupby(["score", "setting"], sort=False):
    part = part.sort_values("index")
    truth = accuracy[part["index"]]
    whole = settings.query("score == @score and setting == @reference").sort_values("index")
    low, high = interval(part["value"], truth, rng)
    gap = [np.nan, np.nan]
    if len(whole):
        draws = [rng.integers(len(truth), size=len(truth)) for _ in range(200)]
        one, other = part["value"].to_numpy(), whole["value"].to_numpy()
        gap = np.quantile([tau(one[d], truth[d]) - tau(other[d], truth[d]) for d in draws], [0.025, 0.975])
    rows.append((score, name, part["milliseconds"].mean(), tau(part["value"], truth), low, high, *gap))
traded = pd.DataFrame(rows, columns=["score", "setting", "ms", "tau", "low", "high", "gap low", "gap high"])
traded["J (estimate)"] = traded["ms"] * watts

fig, ax = plt.subplots()
for score, colour in zip(traded["score"].unique(), figures.PALETTE, strict=False):
    part = traded.query("score == @score").sort_values("ms")
    bars = [part["tau"] - part["low"], part["high"] - part["tau"]] if score == "naswot" else None
    ax.errorbar(part["ms"], part["tau"], yerr=bars, fmt="o-", color=colour, markersize=4, label=score)
ax.set(xscale="log", xlabel="cost of one network (ms of one core)", ylabel="Kendall tau-b, CIFAR-10")
ax.secondary_xaxis("top", functions=(lambda x: x * watts, lambda x: x / watts)).set_xlabel("joules (estimate)")
ax.legend(fontsize=8, ncols=2)
figures.show(
    fig,
    "cheaper",
    alt="Tau against cost for several scores under settings from a few milliseconds to over a second.",
    caption="The same scores on the same 100 cells, from cheap settings to the authors' (rightmost point of naswot).",
)
kept = traded.query("score == 'naswot'").set_index("setting")
deep = traded.set_index(["score", "setting"])["tau"]
for name in ("trainability", "meco", "az_nas"):
    figures.glue(f"{name}_shallow", deep[(name, "1 × 16² × 32")], ".3f")
    figures.glue(f"{name}_deep", deep[(name, "5 × 16² × 32")], ".3f")
figures.glue("authors_ms", kept.loc[reference, "ms"], ",.0f")
figures.glue("authors_tau", kept.loc[reference, "tau"], ".3f")

# %%
traded.query("score == 'naswot'").drop(columns="score").style.hide(axis="index").format(precision=3)

# %% [markdown]
# In the authors' setting ({glue:text}`authors_ms` ms here) NASWOT reaches tau {glue:text}`authors_tau` on these
# cells. A setting whose gap interval (cheap less authors') includes zero or lies above it has lost nothing that
# 100 cells could show.
#
# Not every score is as patient. With five cells a stage instead of one, at the same size of image and batch, the
# tau of trainability goes from {glue:text}`trainability_shallow` to {glue:text}`trainability_deep` on these
# cells, that of MeCo from {glue:text}`meco_shallow` to {glue:text}`meco_deep`, and that of AZ-NAS as a whole from
# {glue:text}`az_nas_shallow` to {glue:text}`az_nas_deep`: what looks at how blocks follow one another needs
# blocks. This is the price of our cheap sweep, and the first place to spend more.
#
# ## Together
#
# The combinations add the logarithms of ranks, with weight one. Which scores go in was written down before any
# accuracy was read: the two best published sets as they are, their union, and one cheap score an aspect
# (`luciole.experiments.nb201_scores` holds the wording).

# %%
together = every.query("score in @scoring.COMBINATIONS").pivot(index="score", columns="dataset", values="tau")
together.columns = [judging.DATASETS[name] for name in together.columns]
together["ms"] = [milliseconds[name] for name in together.index]
together.sort_values("CIFAR-10").style.format("{:.3f}")

# %% [markdown]
# ### What did not help, and what would have
#
# From here on accuracies are looked at, so nothing below is a training-free result: it is what we learnt
# afterwards. Each member is taken out of `union`, each other score added, and the sum of ranks put in place of
# the sum of their logarithms.

# %%
members = list(scoring.COMBINATIONS["union"])
tried = {"union": members, **{f"without {name}": [m for m in members if m != name] for name in members}}
tried |= {
    f"with {name}": [*members, name] for name in known if name not in members and name not in scoring.COMBINATIONS
}
rows = []
for label, names in tried.items():
    mixed = log_rank([known[name][judged] for name in names])
    rows.append((label, *(tau(mixed, truth) for truth in accuracies.values())))
mixed = linear_rank([known[name][judged] for name in members])
rows.append(("linear ranks", *(tau(mixed, truth) for truth in accuracies.values())))
explored = pd.DataFrame(rows, columns=["what", *columns]).set_index("what")
changes = (explored - explored.loc["union"]).loc[explored.index[1:]].sort_values("c10")
fig, ax = plt.subplots(figsize=(figures.WIDTH, 0.2 * len(changes) + 1))
ax.barh(
    np.arange(len(changes)), changes["c10"], color=np.where(changes["c10"] > 0, figures.PALETTE[2], figures.PALETTE[3])
)
ax.set_yticks(np.arange(len(changes)), changes.index, fontsize=8)
ax.set(xlabel="change of tau from the union, CIFAR-10")
figures.show(
    fig,
    "what-helps",
    alt="Horizontal bars: taking members out of the union mostly lowers tau, adding others changes little.",
    caption="What taking out or adding a score does to `union`, judged on "
    f"{'the benchmark' if original else 'the replica'}.",
)
figures.glue("worst_member", changes.index[-1].replace("without ", "").replace("with ", ""))
figures.glue("best_change", changes["c10"].max(), "+.3f")
figures.glue("best_change_what", changes["c10"].idxmax())
figures.glue("linear_change", changes.loc["linear ranks", "c10"], "+.3f")

# %% [markdown]
# The largest gain would come from {glue:text}`best_change_what` ({glue:text}`best_change`). Adding ranks
# instead of their logarithms changes tau by {glue:text}`linear_change`.
#
# ## Published beside measured
#
# Published figures of the same quantity, and ours. AZ-NAS reports on all cells; the table of VKDNW seems to be of
# the cells without idle edges: our count of layers, which nothing random enters, agrees with it to the third
# decimal there and not on all cells.

# %%
claims = published.read()
claims = claims[
    claims["key"].str.contains("/tau_") & claims["source"].str.contains("NAS-Bench|Table 1|Figure 3")
].copy()
parts = claims["key"].str.extract(r"^(?P<work>\w+)/tau_(?P<score>\w+)_(?P<dataset>c10|c100|in16)$")
claims = claims.join(parts).dropna(subset="score")
claims["subset"] = np.where(claims["work"] == "tybl2025vkdnw", "reachable", "all")
ours = quality.frame.query("inputs == 'images'")[["score", "dataset", "subset", "tau", "cells"]]
beside = claims.merge(ours, on=["score", "dataset", "subset"])
beside["difference"] = beside["tau"] - beside["figure"]
pivot = beside.pivot_table(index=["score", "work"], columns="dataset", values=["figure", "tau", "difference"])
named = pivot.rename(columns={"figure": "published", "tau": "ours"})
named.style.format("{:+.3f}", subset=[c for c in named.columns if c[0] == "difference"]).format(
    "{:.3f}", subset=[c for c in named.columns if c[0] != "difference"]
)

# %%
large = beside[beside["difference"].abs() > 0.03]
figures.glue("large", large.groupby(["work", "score"]).ngroups, "d")
figures.glue("compared", beside.groupby(["work", "score"]).ngroups, "d")
layers_gap = beside.query("work == 'tybl2025vkdnw' and score == 'layers'")["difference"].abs().max()
figures.glue("layers_gap", layers_gap, ".3f")
words = {
    "naswot": "32 images, one cell a stage, and idle edges not built (where they are, their ReLUs count)",
    "synflow": "no data enters, so depth and the initial weights differ",
    "jacov": "32 images against 64 or more (its tau falls with the batch, see the settings), Kaiming weights in theirs",
    "grad_norm": "PyTorch's initial weights and one cell a stage change the scale of gradients from layer to layer",
    "snip": "as the gradient norm",
    "grasp": "as the gradient norm, on a sample of classes and 8 images",
    "zen": "on a sample of classes and 8 noise inputs; cells whose normalisation sees zeros are put last here",
    "zico": "on a sample of classes, two batches of 4 against two of 64 or more",
    "gradsign": "a sample of classes, 8 images; a mean over weights, few of which are the cell's in so short a network",
    "az_nas": "its trainability ranks poorly with one cell a stage (see the settings above)",
    "az_synflow": "as AZ-NAS",
    "vkdnw_single": "8 images for the Fisher information against 64, and one cell a stage",
    "vkdnw_aggregated": "as VKDNW and AZ-NAS",
    "params": "the same count, so a difference would be one of cells judged",
    "macs": "as parameters",
    "layers": "as parameters",
}
worst = large.assign(size=large["difference"].abs()).sort_values("size").groupby(["work", "score"]).tail(1)
missing = set(worst["score"]) - set(words)
if missing:
    raise LucioleError(f"a difference above .03 needs a word: {', '.join(sorted(missing))}")
worst.assign(word=worst["score"].map(words))[
    ["score", "work", "dataset", "figure", "tau", "difference", "cells", "word"]
].rename(columns={"figure": "published", "tau": "ours"}).style.hide(axis="index").format(precision=3)

# %%
published_best = claims.query("work == 'lee2024aznas' and score == 'az_synflow'").set_index("dataset")["figure"]
figures.glue("published_best", " / ".join(f"{published_best[name]:.3f}" for name in judging.DATASETS))
az = every.query("score == 'az_synflow'").set_index("dataset")["tau"]
figures.glue("az_synflow_tau", " / ".join(f"{az[name]:.3f}" for name in judging.DATASETS))

# %% [markdown]
# {glue:text}`large` of {glue:text}`compared` published rows differ by more than .03 on some data set. The words
# beside them are our reading; only the first comparison was taken apart to the end: run by `benchmarks/scores.py`
# on the same networks and batch, the program of NASWOT's authors and ours give the same value to the last digit,
# once it is known that theirs hooks every module whose class name contains "ReLU" and so counts most units twice.
#
# ## What we could not reproduce, and why
#
# * **The strongest published combination.** `az_synflow` is reported at tau {glue:text}`published_best`; under
#   our setting it reaches {glue:text}`az_synflow_tau`. A user of the released code reported less than the paper
#   as well (issue 8 of its repository).
# * **The target of .78.** `union`, fixed beforehand, is the best that we could do without looking; the figure
#   above shows what looking would have given.
# * **Scores of single samples on the whole space.** GradSign, KNAS and the tangent kernel cost a backward pass a
#   sample; they, GraSP, ZiCo and Zen are judged on a random sample of classes.
# * **Linear regions** at the published size (thousands of 3×3 inputs, a network one channel wide) were not swept:
#   on a batch of 32 every live cell reaches the maximum.
# * **Regularised SWAP** needs a centre and a spread that the paper leaves to the user; it is in the library, not
#   in the ranking.
#
# ## Summary
#
# * Most scores read the same few passes: shared, a class of isomorphic cells gets all of them for the price of a few.
# * Cheap counts are hard to beat: a new score has to be held against the number of layers, not against nothing.
# * A score of some milliseconds ranks this space better than twelve epochs of training do.
# * Adding the log ranks of many aspects (`union`) beats every single score, without an accuracy in the choice; a small
#   set need not.
# * The best ranking is not the best shortlist: look at the regret before you trust a tau.
#
# ## What is next
#
# [Chapter 5](05_better_firefly.ipynb) gives the firefly such scores to follow; [chapter 6](06_har201.ipynb) asks
# them of networks for sensor data.
#
# ## References
#
# The works cited here are listed in the [bibliography](../references.md).
#
# ## What this chapter cost

# %% tags=["remove-input"]
ledger.show()
