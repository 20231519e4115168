"""The figures of the contest on UCI HAR and WISDM, and what its prose says, from committed results.

Tables are :mod:`luciole.report.contest`'s; energies are estimates, processor time at a stated power.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from luciole import results
from luciole.book import figures
from luciole.efficiency import pareto_front
from luciole.errors import extra
from luciole.experiments.efficiency import operators as starts
from luciole.experiments.har import protocol
from luciole.report import contest
from luciole.sensors.search import OPERATOR

with extra("book"):
    import matplotlib.pyplot as plt

SETS = tuple(contest.TITLES)
READ = ("recipes", "lengths", "ablation", "candidates", "models", "models_people", "deployed")
PLAIN = "the window's three alone"  # the ablation with level, spread and steps


def committed() -> Mapping[str, pd.DataFrame]:
    """The committed results of the contest, a frame a name, as far as each has come."""
    return {name: results.read(f"har/{name}", part=True).frame for name in READ}


def pareto(table: pd.DataFrame) -> None:
    """Show accuracy against energy of a window for every network of :func:`contest.standing`, a panel a data set."""
    fig, axes = plt.subplots(1, len(SETS), figsize=(1.35 * figures.WIDTH, 4.2))
    for ax, name in zip(axes, SETS, strict=True):
        drawn = _of(table, name).dropna(subset=["joules", "macs"])
        found = drawn.index.str.startswith("found")
        x, y = 1e6 * drawn["joules"].to_numpy(), 100 * drawn["accuracy"].to_numpy()
        spread = 100 * drawn["spread"].fillna(0).to_numpy()
        for kept, colour, label in ((found, figures.PALETTE[0], "found"), (~found, figures.PALETTE[1], "hand-made")):
            ax.errorbar(x[kept], y[kept], yerr=spread[kept], fmt="o", capsize=3, color=colour, label=label)
        front = pareto_front(drawn["accuracy"], drawn["joules"])
        ax.step(x[front], y[front], where="post", lw=1, color="0.5")
        ax.set(xscale="log", title=contest.TITLES[name], xlabel="µJ a window (estimate)", ylabel="test accuracy (%)")
        ax.margins(0.35, 0.15)
        ax.xaxis.set_major_locator(plt.LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.xaxis.set_minor_formatter(plt.NullFormatter())
        figures.label_points(ax, x.tolist(), y.tolist(), drawn.index.tolist())
    axes[0].legend(fontsize=8.5, loc="lower right")
    figures.show(
        fig,
        "app-pareto",
        alt="Test accuracy against estimated energy of one window for every network, one panel a data set, with the "
        "front: found networks and hand-made ones.",
        caption="Accuracy against energy of one window on a desk's processor, networks alone. Bars: standard deviation "
        "between seeds; line: Pareto front.",
    )


def _of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table.index.get_level_values("dataset") == name].droplevel("dataset")


def people(persons: pd.DataFrame, table: pd.DataFrame, name: str = SETS[0]) -> None:
    """Show the accuracy of every model on every test person of a data set, the best mean first."""
    mine = persons[persons["dataset"] == name]
    by_person = mine.pivot_table(values="accuracy", index="subject", columns="model").mul(100)
    order = _of(table, name).sort_values("accuracy", ascending=False).index
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.0))
    ax.boxplot([by_person[model] for model in order], widths=0.5, showfliers=False)
    for place, model in enumerate(order, start=1):
        ax.plot(np.full(len(by_person), place), by_person[model], "o", ms=4, alpha=0.6, color=figures.PALETTE[0])
    ax.set(ylabel="accuracy on one person (%)", title=contest.TITLES[name])
    ax.set_xticks(range(1, len(order) + 1), order.tolist(), rotation=40, ha="right", fontsize=9)
    figures.show(
        fig,
        "app-people",
        alt="Boxes and points of the accuracy on each test person for every model, best mean first.",
        caption="Every test person, mean over seeds. The spread between people is wider than between most models.",
    )


def few(table: pd.DataFrame) -> pd.DataFrame:
    """Of :func:`contest.readable`: on each data set what was found, the best other network and the best classifier."""
    rows = []
    for name in SETS:
        models = contest.of(table, name)
        ours, others = contest.found_and_others(models)
        without = next(model for model in others if np.isnan(models[model]["macs"]))
        rows += [(contest.TITLES[name], model) for model in (*ours, contest.hand_made(models), without)]
    columns = ["seeds", "accuracy (%)", "± seeds", "macro-F1 (%)", "kMACs", "µJ a window (estimate)"]
    return contest.readable(table)[columns].reindex(pd.MultiIndex.from_tuples(rows, names=["data set", "model"]))


def recipe_numbers(recipes: results.Result, lengths: pd.DataFrame, ablation: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of how to train, for how long, and what statistics are worth, on validation people."""
    tried = recipes.frame.groupby("recipe", sort=False)["accuracy"].mean()
    numbers = {
        "app_recipe": str(recipes.provenance.parameters["chosen"]),
        "app_recipe_gain": f"{100 * (tried.max() - tried.iloc[0]):.1f}",
        "app_epochs": str(protocol.PLANS["uci_har"].epochs),
        "app_ablation_seeds": str(ablation["seed"].nunique()),
    }
    by_length, by_kind = contest.by_set(lengths, "epochs"), contest.by_set(ablation, "variant")
    for name, plan in protocol.PLANS.items():
        means = by_length[name]["mean"].to_dict()
        numbers[f"app_shorter_{name}"] = f"{means[plan.epochs] - means[plan.epochs // 2]:.1f}"
        numbers[f"app_longer_{name}"] = f"{means[2 * plan.epochs] - means[plan.epochs]:+.1f}"
        kinds = by_kind[name]["mean"].to_dict()
        numbers[f"app_statistics_{name}"] = f"{kinds['all statistics'] - kinds['no statistics']:.1f}"
        numbers[f"app_more_{name}"] = f"{kinds['all statistics'] - kinds[PLAIN]:.1f}"
    return numbers


def training_folds(har: Mapping[str, pd.DataFrame]) -> list[tuple[pd.DataFrame, str]]:
    """Every recipe and every length of training that :func:`committed` has, each with what its fold says."""
    tried = har["recipes"].groupby("recipe", sort=False)["accuracy"].agg(["mean", "std"]).mul(100)
    lengths = contest.by_set(har["lengths"], "epochs").rename(columns=contest.TITLES)
    return [
        (tried.sort_values("mean", ascending=False), "How windows are varied in training: every recipe tried"),
        (lengths, "For how many epochs: every length tried"),
    ]


def worth_in_short(worth: pd.DataFrame) -> pd.DataFrame:
    """Of :func:`contest.worth`: how skill and merit rank designs, and the designs searched beside random ones."""
    columns = ["skill", "merit", "searched, best (%)", "random, best (%)", "searched, mean (%)", "random, mean (%)"]
    return worth[columns].rename(index=contest.TITLES, level="data set")


def search_numbers(worth: pd.DataFrame, candidates: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of the searches, from :func:`contest.worth` and the designs that were trained shortly."""
    sizes = candidates.groupby(["dataset", "limit"]).size()
    by_chance = 1.96 / np.sqrt(sizes - 1)  # of a rank correlation where there is none
    ahead = (worth["searched, best (%)"] > worth["random, best (%)"]).groupby(level="data set")
    wins = {f"app_best_wins_{name}": f"{int(won.sum())} of {len(won)}" for name, won in ahead}
    return wins | {
        "app_skill_low": f"{worth['skill'].min():.2f}",
        "app_skill_high": f"{worth['skill'].max():.2f}",
        "app_wins": str(int((worth["searched, mean (%)"] > worth["random, mean (%)"]).sum())),
        "app_searches": str(len(worth)),
        "app_designs": f"{sizes.min()} to {sizes.max()}",
        "app_chance_low": f"{by_chance.min():.1f}",
        "app_chance_high": f"{by_chance.max():.1f}",
    }


def exchange_numbers(measured: results.Result) -> Mapping[str, str]:
    """What the start of an operator is worth in multiply-accumulates: the setting, and the fit to measured times."""
    fitted, low, high = starts.rate(measured.frame)
    return {
        "app_operator": f"{OPERATOR:,d}",
        "app_operator_fit": f"{fitted:,.0f}",
        "app_operator_low": f"{low:,.0f}",
        "app_operator_high": f"{high:,.0f}",
        "app_operator_designs": str(len(measured.frame)),
        "app_operator_error": f"{100 * starts.fit(measured.frame)[2]:.0f}",
    }


def standing_numbers(table: pd.DataFrame, persons: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of who stands where: targets, the best hand-made networks, people."""
    uci = contest.of(table, "uci_har")
    outcome = contest.targets(table)
    error = contest.error_over_people(persons, "uci_har")
    rival = contest.hand_made(uci)
    numbers = {
        "app_limit": f"{contest.LIMIT / 1e3:.0f}",
        "app_met": str(int((outcome["verdict"] == "met").sum())),
        "app_targets": str(len(outcome)),
        "app_rival": rival,
        "app_rival_accuracy": f"{100 * uci[rival]['accuracy']:.1f}",
        "app_rival_macs": f"{uci[rival]['macs'] / 1e6:.1f}",
        "app_people": str(persons.loc[persons["dataset"] == "uci_har", "subject"].nunique()),
        "app_people_error": f"{error.to_dict()[contest.LARGE]:.1f}",
        "app_lacking": "; ".join(contest.lacking(table)) or "none",
    }
    for key, model in (("small", contest.SMALL), ("mlp", "MLP")):
        numbers[f"app_{key}_joules"] = f"{1e6 * uci[model]['joules']:,.0f}"
        numbers[f"app_{key}_macs"] = f"{uci[model]['macs']:,.0f}"
    for _, model, metric, _ in contest.TARGETS:
        seen, spread = contest.over_seeds(uci[model], metric)
        numbers[f"app_target_{metric}"] = f"{seen:.1f} ± {spread:.1f}"
    for name in SETS:
        models = contest.of(table, name)
        best = contest.hand_made(models)
        ahead, small = models[best], models[contest.smaller(models)[0]]
        numbers[f"app_hand_{name}"] = best
        numbers[f"app_behind_{name}"] = f"{100 * (small['accuracy'] - ahead['accuracy']):+.1f}"
        numbers[f"app_energy_{name}"] = f"{small['joules'] / ahead['joules']:.1f}"
    return numbers


def eight_numbers(committed: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of 8 bits, over the committed networks found."""
    eight = contest.eight_bits(committed)
    return {
        "app_int8_loss": f"{eight['lost (points)'].max():.2f}",
        "app_int8_networks": str(len(eight)),
        "app_int8_smaller": str(int(eight["smaller"].sum())),
        "app_int8_faster": str(int(eight["faster"].sum())),
        "app_int8_kept": str(int(eight["kept"].sum())),
        "app_int8_times_low": f"{eight['time, times'].min():.1f}",
        "app_int8_times_high": f"{eight['time, times'].max():.1f}",
        "app_int8_weights": f"{100 * eight['weights, share'].mean():.0f}",
        "app_int8_file_low": f"{100 * eight['file, share'].min():.0f}",
        "app_int8_file_high": f"{100 * eight['file, share'].max():.0f}",
        "app_int8_pair": f"{int(committed['pair'].max()):,}",
    }
