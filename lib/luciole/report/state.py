"""What chapter 1 says of searches on NAS-Bench-201: published costs, standings under a budget, guided searches.

Everything here reads committed results and ``data/published.csv``; accuracies are those of the original table.
"""

from typing import Any

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.experiments.nb201 import search as bench
from luciole.experiments.nb201 import stages as scoring
from luciole.report.titles import IMAGES
from luciole.scores.cells import MEASURES

HOURS = {"GPU-days": 24.0, "s": 1 / 3600}  # hours of one processor in each unit of a published cost
THEIRS = {"random": "random", "regularised evolution": "rea", "REINFORCE": "reinforce", "BOHB": "bohb"}
ENOUGH = 200  # runs below which a lead is not one
DEPTHS = {"images": "one cell a stage", "deep": "five cells a stage", "training": "training"}


def costs() -> pd.DataFrame:
    """What famous searches cost, as printed: family, name, year, hours of one processor, whether it was read.

    Rows of another unit, such as ratios of two costs, are no costs and are left out.

    >>> bool(costs()["hours"].gt(0).all()), costs()["name"].is_unique
    (True, True)
    """
    claims = published.read()
    found = claims[claims["key"].str.contains("/search_") & claims["unit"].isin(HOURS)].copy()
    found[["family", "name"]] = found["protocol"].str.split("; ", expand=True)[[0, 1]]
    found["year"] = found["key"].str.extract(r"(20\d\d)").astype(int)
    found["hours"] = found["figure"] * found["unit"].map(HOURS)
    found["read"] = found["seen"].str.startswith("read")
    return found[["family", "name", "year", "hours", "read"]]


def parts(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of ``nb201/search`` of searchers alone, and of those that a score guides."""
    guided = frame["searcher"].isin(bench.GUIDED)
    return frame[~guided], frame[guided]


def last(curves: pd.DataFrame, seconds: int = bench.BUDGET) -> pd.DataFrame:
    """Where each searcher stands after so many simulated seconds, the best on CIFAR-10 first."""
    return curves[curves["seconds"] == seconds].sort_values("c10", ascending=False)


def standing(curves: pd.DataFrame, seconds: int) -> pd.DataFrame:
    """A row a searcher after so many seconds: accuracies ± deviation of a run, runs, share and time to a good cell."""
    rows = last(curves, seconds).set_index("searcher")
    told = {IMAGES[name]: rows[name].map("{:.2f}".format) + " ± " + rows[f"{name}_sd"].map("{:.2f}".format)
            for name in bench.DATASETS}  # fmt: skip
    good = f"{bench.GOAL} %"
    return pd.DataFrame(
        told
        | {
            "runs": rows["runs"],
            f"reach {good}": (100 * rows["goal_share"]).map("{:.0f} %".format),
            f"time to {good} (s)": rows["goal_median_s"].map(lambda s: f"{s:,.0f}" if np.isfinite(s) else "–"),
        }
    )


def beside(curves: pd.DataFrame) -> pd.DataFrame:
    """The searchers that the benchmark's authors ran, beside ours: a row a searcher and data set.

    ``noise`` is the standard error of the difference, from both numbers of runs.
    """
    ours: Any = last(curves).set_index("searcher").loc
    rows = []
    for searcher, name in THEIRS.items():
        for dataset in bench.DATASETS:
            mean = published.figure(f"dong2020nasbench201/{name}_{dataset}")
            spread = published.figure(f"dong2020nasbench201/{name}_{dataset}_sd")
            mine, sd = ours[searcher, dataset], ours[searcher, f"{dataset}_sd"]
            noise = np.sqrt(sd**2 / ours[searcher, "runs"] + spread**2 / 500)
            rows.append([searcher, IMAGES[dataset], mean, spread, mine, sd, mine - mean, noise])
    heads = ["searcher", "data set", "published", "its deviation", "ours", "our deviation", "difference", "noise"]
    return pd.DataFrame(rows, columns=heads).set_index("searcher")


def numbers(result: results.Result) -> dict[str, str]:
    """Numbers of the sentences about searchers alone, as text by name."""
    curves, _ = parts(result.frame)
    final, both, counts = last(curves), beside(curves), curves.groupby("searcher")["runs"].first()
    enough = final[final["runs"] >= ENOUGH]
    fame = costs()
    return {
        "dearest_hours": f"{fame['hours'].max():,.0f}",
        "cheapest_seconds": f"{fame['hours'].min() * 3600:,.0f}",
        "enough": f"{ENOUGH}",
        "runs_least": f"{counts.min():d}",
        "runs_most": f"{counts.max():d}",
        "searchers": f"{len(counts)}",
        "whole_minutes": f"{result.provenance.seconds / 2 / 60:.0f}",
        "within": f"{(both['difference'].abs() <= 0.25).sum()} of {len(both)}",
        "largest_difference": f"{both['difference'].abs().max():.2f}",
        "leader": enough.iloc[0]["searcher"],
        "leader_c10": f"{enough.iloc[0]['c10']:.2f}",
        "random_c10": f"{final.loc[final['searcher'] == 'random', 'c10'].iloc[0]:.2f}",
        "field": f"{final['c10'].max() - final['c10'].min():.2f}",
        "run_sd": f"{final['c10_sd'].median():.2f}",
        "optimum": f"{published.figure('dong2020nasbench201/optimum_c10'):.2f}",
    }


def ranking() -> tuple[pd.DataFrame, dict[str, str]]:
    """Scores in short, Kendall's tau on three data sets and milliseconds, with the numbers of the sentence about them.

    The counts that cost nothing, the three single scores of highest mean, the combination of highest mean at either
    depth of the untrained network, and training.
    """
    frame = results.read("nb201/quality").frame.query("subset == 'all' and cells == cells.max()")
    ranks = frame.pivot(index=["inputs", "score"], columns="dataset", values="tau")[list(bench.DATASETS)]
    price = results.read("nb201/costs").frame.set_index(["inputs", "score"])["milliseconds"]
    sums, closed = list(scoring.COMBINATIONS), ["params", "layers"]
    means: Any = ranks.mean(axis=1)
    alone: Any = ranks.loc["images"].drop(index=[*sums, "vkdnw_single", "swap_regularised", *MEASURES])
    listed = [("images", name) for name in [*closed, *alone.mean(axis=1).nlargest(3).index]]
    listed += [(depth, str(means[depth][sums].idxmax())) for depth in ("images", "deep")]
    listed += [("training", name) for name in ("12 epochs", "200 epochs")]
    rows = {}
    for depth, name in listed:
        label = {"params": "number of parameters", "layers": "number of layers"}.get(name, name.replace("_", " "))
        label = label if depth == "training" else f"{label}, {DEPTHS[depth]}"
        cost = price.get((depth, name), np.nan)
        rows[label] = {f"tau, {IMAGES[key]}": ranks.loc[(depth, name), key] for key in bench.DATASETS} | {
            "ms of one core": "–" if np.isnan(cost) else f"{cost:,.0f}"
        }
    best, training = (" / ".join(f"{value:.2f}" for value in ranks.loc[listed[at]]) for at in (-3, -2))
    told = {
        "best_sum": f"“{listed[-3][1].replace('_', ' ')}”",
        "best_sum_tau": best,
        "short_training_tau": training,
        "scores_compared": f"{len(alone)}",
    }
    return pd.DataFrame(rows).T, told


def guided_table(guided: pd.DataFrame, seconds: int, most: int = 8) -> pd.DataFrame:
    """The best guided searches after so many seconds, as :func:`standing` has them."""
    return standing(guided, seconds).drop(columns="runs").head(most)


def guided_numbers(frame: pd.DataFrame) -> dict[str, str]:
    """Numbers of the sentences about guided searches, as text by name."""
    curves, guided = parts(frame)
    at = {budget: last(guided, budget).set_index("searcher") for budget in bench.BUDGETS}
    end, early = at[bench.BUDGET], at[bench.BUDGETS[0]]
    c10 = end["c10"].to_dict()
    plain = curves[curves["searcher"] == "regularised evolution"].set_index("seconds")["c10"]
    ends = {way: [c10[f"{way}, {score}"] for score in bench.GUIDES] for way in bench.WAYS}
    asked = np.argmax(np.array(list(ends.values())), axis=0) == list(bench.WAYS).index("guided evolution")
    best = end.iloc[0]
    return {
        "guided_best": str(best.name).replace(", ", " by "),
        "guided_best_c10": f"{best['c10']:.2f}",
        "guided_early": str(early.index[0]).replace(", ", " by "),
        "guided_early_all": " / ".join(f"{early.iloc[0][name]:.2f}" for name in bench.DATASETS),
        "guided_early_robot": " / ".join(
            f"{published.figure(f'he2024robot/robot_{name}'):.2f}" for name in bench.DATASETS
        ),
        "robot_seconds": f"{published.figure('he2024robot/search_seconds'):,.0f}",
        "unguided_late": f"{plain[bench.BUDGET]:.2f}",
        "guided_params": f"{c10['guided evolution, params']:.2f}",
        "guided_wins": f"{asked.sum()} of {len(bench.GUIDES)}",
        "guided_worst": bench.GUIDES[int(np.argmin(ends["guided evolution"]))].replace("_", " "),
        "guided_worst_c10": f"{min(ends['guided evolution']):.2f}",
        "alone_best": f"{max(ends['training-free selection']):.2f}",
    }
