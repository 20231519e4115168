"""What chapter 1 says of NAS-Bench-101: searches against evaluations and against joules, LaNAS beside its authors'.

Everything here reads committed results and ``data/published.csv``.
"""

import pandas as pd

from luciole import published, results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.nb101 import energy

with extra("book"):
    import matplotlib.pyplot as plt

AT = (50, 100, 200, 400)  # evaluations at which LaNAS's authors' runs are read


def lanas(curves: pd.DataFrame) -> pd.DataFrame:
    """Our LaNAS beside the runs that its authors released: a row a number of evaluations."""
    ours = curves[curves["searcher"] == "LaNAS"].set_index("evaluations")
    printed = {n: published.figure(f"wang2021lanas/best_at_{n}") for n in AT}
    frame = pd.DataFrame({"published runs": printed, "ours": ours["test"], "our deviation": ours["test_sd"]}).dropna()
    return frame.assign(difference=frame["ours"] - frame["published runs"])


def numbers(curves: pd.DataFrame) -> dict[str, str]:
    """The leader after the last evaluation, its regret and that of random search, as text by name."""
    best = published.figure("ying2019nasbench101/optimum")
    last = curves[curves["evaluations"] == curves["evaluations"].max()].set_index("searcher")["test"]
    return {
        "leader_101": str(last.idxmax()),
        "leader_101_regret": f"{best - last.max():.2f}",
        "random_101_regret": f"{best - last['random']:.2f}",
    }


def joules_last(frame: pd.DataFrame) -> pd.DataFrame:
    """Where each searcher ends that spends measured joules, the best first: accuracy, deviation, trainings, runs."""
    last = frame[frame["spent"] == energy.MOST].sort_values("test", ascending=False).set_index("searcher")
    heads = {"test": "test (%)", "test_sd": "deviation", "queries": "trainings paid", "runs": "runs"}
    return last[list(heads)].rename(columns=heads)


def joules(frame: pd.DataFrame) -> None:
    """Show accuracy against joules of training, and against trainings, a line a searcher."""
    fig, panels = plt.subplots(1, 2, figsize=(figures.WIDTH, 4.2), sharey=True)
    kinds = (("joules", 1e6, "energy of training (MJ)"), ("queries", 1, "trainings of 4 epochs"))
    for ax, (unit, scale, label) in zip(panels, kinds, strict=True):
        for place, (searcher, one) in enumerate(frame[frame["unit"] == unit].groupby("searcher", sort=False)):
            colour = figures.PALETTE[place % len(figures.PALETTE)]
            ax.plot(one["spent"] / scale, one["test"], color=colour, label=searcher)
            ax.fill_between(one["spent"] / scale, one["test_low"], one["test_high"], color=colour, alpha=0.15, lw=0)
        ax.set(xlabel=label)
    panels[0].set_ylabel("test accuracy (%)")
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    figures.show(
        fig,
        "joules-101",
        alt="Test accuracy of the chosen cell against joules and against trainings; at the last budget, from highest "
        "to lowest: " + ", ".join(joules_last(frame).index),
        caption=f"NAS-Bench-101 cells with measured energy: mean of {frame['runs'].min()} runs, 95 % bootstrap "
        "intervals.",
    )


def joules_numbers(result: results.Result) -> dict[str, str]:
    """Numbers of the sentences about joules, as text by name."""
    last, facts = joules_last(result.frame), result.provenance.parameters["space"]
    test, paid = last["test (%)"], last["trainings paid"]
    return {
        "energy_cells": f"{facts['cells']:,d}",
        "energy_all": f"{facts['joules_of_all'] / 1e6:.0f}",
        "energy_budget": f"{energy.MOST / 1e6:.0f}",
        "energy_leader": str(test.index[0]),
        "energy_leader_test": f"{test.iloc[0]:.2f}",
        "energy_random_test": f"{test['random']:.2f}",
        "energy_rho": f"{facts['spearman_valid4_test108']:.2f}",
        "energy_trap": f"{facts['test108_of_best_valid4']:.2f}",
        "energy_best": f"{facts['best_test108']:.2f}",
        "energy_cost4": f"{facts['spearman_joules_valid4']:.2f}",
        "energy_cost108": f"{facts['spearman_joules_test108']:.2f}",
        "energy_most": f"{paid['LEMONADE']:.0f}",
        "energy_lemonade": f"{test['LEMONADE']:.2f}",
        "energy_random_n": f"{paid['random']:.0f}",
    }
