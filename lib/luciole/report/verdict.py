"""The verdict: searchers, scores and networks beside each other, what was chosen where it was not read, what failed.

Everything here reads committed results; published figures stand in columns of their own.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from luciole import published, results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.choice import bench, nested, procedures
from luciole.experiments.choice import ranks as searchers_ranked
from luciole.experiments.nb201.search import GUIDED
from luciole.report import arena, choice, claims, rank_diagram
from luciole.report.titles import IMAGES

with extra("book"):
    import matplotlib.pyplot as plt

NAMES = IMAGES
TARGETS = {"regret": {"c10": 0.1, "c100": 0.5, "in16": 0.5}, "tau": {"c10": 0.80, "c100": 0.78, "in16": 0.76}}
TOP = {"overlap": 0.25, "ndcg": 0.90}  # asked of one ranking, nested


def choices() -> pd.DataFrame:
    """A row a procedure: regret of its first network (points) on halves, across tables, in the whole; tau, overlap."""
    frame = results.read("choice/nested").frame
    mine = frame[frame["read on"] == "NAS-Bench-201"]
    rows = {}
    for name in procedures.PROCEDURES:
        own = mine[mine["procedure"] == name]
        row = {}
        for how, title in (("halves", "other half"), ("across", "another table"), ("whole", "same classes")):
            each = own[own["how"] == how].groupby("dataset")["regret"].mean()
            row[f"regret, {title}"] = " / ".join(f"{each.to_dict()[one]:.2f}" for one in NAMES)
        halves = own[own["how"] == "halves"]
        row["tau, other half"] = " / ".join(
            f"{halves.groupby('dataset')['tau'].mean().to_dict()[one]:.2f}" for one in NAMES
        )
        row["top 1 % shared, other half (%)"] = f"{100 * halves['overlap'].mean():.0f}"
        row["nDCG, other half"] = f"{halves['ndcg'].mean():.2f}"
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("procedure")


def back() -> pd.DataFrame:
    """A row a table that is read: regret (points) and tau of what NAS-Bench-201 chose for it, beside its own choice."""
    frame = results.read("choice/nested").frame
    rows = []
    for table in nested.ACROSS:
        for name in ("averaged thirty", "best ten", "highest tau", "parameters"):
            told = frame[(frame["read on"] == table) & (frame["procedure"] == name)]
            row = told[told["how"] == "across"].to_dict("records")[0]
            rows.append({"read on": table, "procedure": name, "regret (points)": row["regret"], "tau": row["tau"]})
    return pd.DataFrame(rows).set_index(["read on", "procedure"])


def targets() -> pd.DataFrame:
    """The targets of nested choice, fixed before: asked, the best procedure on the other half, across, met or not."""
    frame = results.read("choice/nested").frame
    mine = frame[(frame["read on"] == "NAS-Bench-201") & (frame["how"] != "whole")]
    told = mine.groupby(["how", "procedure", "dataset"])[["regret", "tau", "overlap", "ndcg"]].mean()
    rows = []
    for figure, asked in TARGETS.items():
        for dataset, wanted in asked.items():
            each = {how: _best(told, how, dataset, figure) for how in ("halves", "across")}
            met = all(value <= wanted if figure == "regret" else value >= wanted for value, _ in each.values())
            rows.append(_row(f"{figure}, {NAMES[dataset]}", wanted, each, met))
    for figure, wanted in TOP.items():
        each = {how: _best(told, how, "c10", figure) for how in ("halves", "across")}
        rows.append(_row(f"{figure}, CIFAR-10", wanted, each, all(value >= wanted for value, _ in each.values())))
    return pd.DataFrame(rows).set_index("target")


def _best(told: pd.DataFrame, how: str, dataset: str, figure: str) -> tuple[float, str]:
    values = {name: float(told[figure].to_dict()[how, name, dataset]) for name in procedures.PROCEDURES}
    best = (min if figure == "regret" else max)(values, key=values.__getitem__)
    return values[best], best


def _row(target: str, wanted: float, each: Mapping[str, tuple[float, str]], met: bool) -> dict[str, object]:
    said = {how: f"{value:.2f} ({name})" for how, (value, name) in each.items()}
    return {
        "target": target,
        "asked": wanted,
        "best, other half": said["halves"],
        "best, another table": said["across"],
        "verdict": "met" if met else "not met",
    }


def ended() -> pd.DataFrame:
    """What each searcher had when its simulated seconds were spent."""
    return results.read("nb201/search").frame.groupby("searcher", as_index=False).tail(1).set_index("searcher")


def searchers() -> pd.DataFrame:
    """A row a searcher with all its simulated seconds spent, the best first: accuracy (%) with interval, seeds."""
    last = ended()
    half = {name: (last[f"{name}_high"] - last[f"{name}_low"]) / 2 for name in NAMES}
    shown = {
        f"{title} (%)": [f"{a:.2f} ± {h:.2f}" for a, h in zip(last[name], half[name], strict=True)]
        for name, title in NAMES.items()
    }
    table = pd.DataFrame(shown, index=last.index).assign(seeds=last["runs"], guided=last.index.isin(GUIDED))
    return table.iloc[np.argsort(-last["c10"].to_numpy(), kind="stable")]


def ranks() -> tuple[pd.Series, float, float]:
    """Mean ranks of searchers over seeds, the best first; Nemenyi's critical difference; Friedman's p."""
    frame = results.read("choice/ranks").frame
    return frame.set_index("searcher")["rank"], float(frame["critical"].iloc[0]), float(frame["friedman p"].iloc[0])


def diagram() -> None:
    """Show mean ranks of searchers, those that Nemenyi's test cannot tell apart joined."""
    mean, critical, _ = ranks()
    fig, ax = plt.subplots(figsize=(1.35 * figures.WIDTH, 3.6))
    rank_diagram.draw(ax, mean, critical)
    figures.show(
        fig,
        "verdict-ranks",
        alt=f"Mean ranks of {len(mean)} searchers, from {mean.index[0]} at {mean.iloc[0]:.1f} to {mean.index[-1]} at "
        f"{mean.iloc[-1]:.1f}; bars join those that differ by less than the critical difference.",
        caption=f"Mean ranks (1 is best) over {searchers_ranked.SEEDS} seeds, each the mean of {len(NAMES)} data sets, "
        f"{ended()['seconds'].max():,.0f} simulated seconds each. Those under one bar cannot be told apart by "
        "Nemenyi's test (5 %); seeds are the blocks.",
    )


def readers() -> pd.DataFrame:
    """Who should use what: a row a reader; points are those of the searchers' committed means."""
    last = ended()[[*NAMES]]
    plain = last[~last.index.isin(GUIDED)]
    above = [str(name) for name in plain.index[plain["c10"] > plain.loc["local search", "c10"]]]
    short = (last.max() - last.loc[["random", "regularised evolution"]]).to_numpy()
    size, base = last.loc["guided evolution, params"], last.loc["regularised evolution"]
    scores = [name for name in last.index if str(name).startswith("guided evolution") and name != size.name]
    guide = last.loc[max(scores, key=last["c10"].to_dict().__getitem__)]
    gains, more = size - base, guide - size
    level = arena.level(results.read("har/arena").arrays)
    rows = {
        "a student, an afternoon": {
            "wants": "to see a search work",
            "should use": "random search, regularised evolution and local search on the table",
            "because": f"they cost nothing on a table; the first two end {short.min():.1f} to {short.max():.1f} points "
            f"below the best searcher, and above local search, of {len(plain)} without a guide, end "
            f"{', '.join(above) or 'none'} (CIFAR-10)",
        },
        "a researcher without a cluster": {
            "wants": "good cells for few trainings",
            "should use": f"{guide.name}; the number of parameters as guide is its control",
            "because": f"over plain evolution the size as guide brings {gains.min():.1f} to {gains.max():.1f} points, "
            f"the score in its place {more.min():.1f} to {more.max():.1f} more",
        },
        "an engineer with recordings": {
            "wants": "a small network on a device",
            "should use": "a linear discriminant on statistics of the window first; then what `luciole design` finds",
            "because": f"under the field's own protocol the matrix is {level} the best published networks, with "
            f"{arena.cheaper():.0f} times fewer multiplications than TinierHAR",
        },
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("reader")


def reproduced() -> pd.DataFrame:
    """Published figures beside ours, the difference, and what came out: a reason where it did not."""
    arrays = results.read("firefly/ifa_nb201").arrays
    final = dict(zip(arrays["variants"].tolist(), arrays["c10_mean"][:, -1].tolist(), strict=True))
    improved, plain = (float(final[f"{name}, one-sided, strength, icd"]) for name in ("IFA", "FA"))
    printed, printed_plain = (published.figure(f"mokhtari2022ifa/{name}_nb201_c10") for name in ("ifa", "fa"))
    rows = {
        "IFA on NAS-Bench-201, CIFAR-10 (%)": (printed, improved, reached(improved, printed)),
        "FA on NAS-Bench-201, CIFAR-10 (%)": (
            *(printed_plain, plain),
            f"{side(plain, improved)} the improved one here, {side(printed_plain, printed)} it in print"
            + (": the restart costs evaluations and brings nothing" if plain >= improved else ""),
        ),
    }
    last = ended()
    for searcher, key in (("random", "random"), ("regularised evolution", "rea")):
        figure, spread = (published.figure(f"dong2020nasbench201/{key}_c10{end}") for end in ("", "_sd"))
        mine, budget = (float(last[name].to_dict()[searcher]) for name in ("c10", "seconds"))
        rows[f"{searcher}, {budget:,.0f} s, CIFAR-10 (%)"] = (figure, mine, came_out(mine - figure, spread))
    told = {
        name: {"printed": figure, "ours": mine, "difference": mine - figure, "what came out": words}
        for name, (figure, mine, words) in rows.items()
    }
    return pd.DataFrame.from_dict(told, orient="index").rename_axis("figure")


def side(one: float, other: float) -> str:
    """Where one accuracy stands beside another; equal ones are said to be above, where nothing was gained."""
    return "below" if one < other else "above"


def reached(mine: float, printed: float) -> str:
    """Whether a printed accuracy whose spread is not known was reached, and the likely reason where not.

    >>> reached(93.6, 93.58)
    'reached'
    """
    why = "the score depends on how a network is written, and the released step drifts by itself"
    return "reached" if mine >= printed else f"not reached; likely: {why}"


def came_out(difference: float, spread: float) -> str:
    """Whether a mean lies within the printed standard deviation over seeds.

    >>> came_out(-0.07, 0.36), came_out(0.4, 0.36)
    ('came out: within the printed deviation (0.36)', 'did not: beyond the printed deviation (0.36)')
    """
    if abs(difference) <= spread:
        return f"came out: within the printed deviation ({spread:.2f})"
    return f"did not: beyond the printed deviation ({spread:.2f})"


def headlines() -> pd.DataFrame:
    """Every claim of ``data/claims.csv``: value, interval, how it was chosen."""
    rows = [
        {
            "claim": claim.statement,
            "value": f"{claim.value:.4g}",
            "interval": "–" if np.isnan(claim.low) else f"{claim.low:.4g} to {claim.high:.4g}",
            "unit": claim.unit,
            "how chosen": claim.how,
        }
        for claim in claims.read()
    ]
    return pd.DataFrame(rows).set_index("claim")


def nested_numbers() -> Mapping[str, str]:
    """What prose says of nested choice: regrets (points) by data set, of sets chosen here and there."""
    told = choice.told
    return {
        **{f"nested_{how}": told("averaged thirty", how) for how in ("halves", "across", "whole")},
        **{f"single_{how}": told("best first", how) for how in ("halves", "whole")},
        "nested_params": told("parameters", "whole"),
    }


def seeds() -> dict[str, str]:
    """Seeds behind a mean, from the fewest to the most: of searchers on tables, networks on sensors, supernets."""
    models = results.read("har/models", part=True).frame
    supernets = results.read("supernet/comparison", part=True).arrays
    counts = {
        "tables": ended()["runs"],
        "sensors": models.groupby(["dataset", "model"]).size(),
        "supernets": pd.Series([cells.shape[1] for name, cells in supernets.items() if name.endswith(": cells")]),
    }
    return {
        f"seeds_{name}": f"{each.min()}" if each.min() == each.max() else f"{each.min()} to {each.max()}"
        for name, each in counts.items()
    }


def numbers() -> Mapping[str, str]:
    """What the prose says."""
    frame = results.read("choice/nested").frame
    other = frame[(frame["read on"] == "NAS-Bench-201") & (frame["how"] == "across") & (frame["dataset"] == "c10")]
    away = other.groupby("procedure")["regret"].mean().to_dict()
    mean, critical, p = ranks()
    verdict = targets()["verdict"]
    first = choice.regrets("best first", "halves")
    less = [
        name
        for name in procedures.PROCEDURES
        if all(regret < first[at] for at, regret in choice.regrets(name, "halves").items())
    ]
    quality = results.read("nb201/quality").frame
    rows = quality[(quality["subset"] == "all") & (quality["inputs"] == "images") & (quality["dataset"] == "c10")]
    tau = rows.set_index("score")["tau"]
    return {
        **nested_numbers(),
        **seeds(),
        "choice_price": choice.price("best first"),
        "choice_less": ", ".join(less) or "none",
        "choice_splits": str(bench.SPLITS),
        "choice_averaged": str(procedures.AVERAGED),
        "budget": f"{ended()['seconds'].max():,.0f}",
        "size_tau": f"{tau.to_dict()['params']:.2f}",
        "pass_tau": f"{tau.to_dict()['one_pass']:.2f}",
        "across_below": ", ".join(name for name in procedures.PROCEDURES if away[name] < away["parameters"]) or "none",
        "rank_best": str(mean.index[0]),
        "rank_apart": f"{mean.to_dict()['guided evolution, params'] - mean.iloc[0]:.1f}",
        "rank_params": f"{mean.to_dict()['guided evolution, params']:.1f}",
        "rank_first": f"{mean.iloc[0]:.1f}",
        "rank_random": f"{mean.to_dict()['random']:.1f}",
        "rank_critical": f"{critical:.1f}",
        "rank_level": ", ".join(map(str, mean.index[1:][mean.iloc[1:] - mean.iloc[0] < critical])) or "none",
        "rank_seeds": str(searchers_ranked.SEEDS),
        "rank_p": "below 0.001" if p < 0.001 else f"{p:.3f}",
        "targets_met": str(int((verdict == "met").sum())),
        "targets_all": str(len(verdict)),
        "claims": str(len(claims.read())),
    }
