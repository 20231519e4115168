"""What an operator of a search by scores is worth: against as large a random sample, and where it was not chosen.

Reads ``choice/gains``, ``choice/operator_choices`` and ``choice/rates`` (their experiments say what was fixed before).
"""

from collections.abc import Mapping

import pandas as pd

from luciole import results
from luciole.experiments.choice import operators, rates, readings
from luciole.report.titles import IMAGES

EVOLUTION = "regularised evolution"  # the rival that is no firefly


def gains() -> pd.DataFrame:
    """Every search over as large a sample: :func:`luciole.experiments.choice.readings.against`."""
    return results.read(readings.GAINS).frame


def chosen() -> pd.DataFrame:
    """Every nested choice: :func:`luciole.experiments.choice.readings.choices`."""
    return results.read(readings.CHOICES).frame


def word(rows: pd.DataFrame) -> str:
    """How a search stands to its sample over all data sets, by the intervals of its gains.

    >>> both = {"dataset": ["c10", "in16"], "low": [0.1, -0.4], "high": [0.3, -0.2]}
    >>> word(pd.DataFrame(both)), word(pd.DataFrame(both | {"high": [0.3, 0.4], "low": [-0.1, 0.2]}))
    ('above on CIFAR-10, below on ImageNet16-120', 'above on ImageNet16-120')
    """
    clear = {"above": rows["dataset"][rows["low"] > 0], "below": rows["dataset"][rows["high"] < 0]}
    for side, names in clear.items():
        if len(names) == len(rows):
            return side
    told = [f"{side} on {', '.join(map(IMAGES.__getitem__, names))}" for side, names in clear.items() if len(names)]
    return ", ".join(told) or "level"


def standing(told: pd.DataFrame) -> dict[tuple[str, str], str]:
    """How each search by each guide stands to its sample."""
    return {(str(one), str(by)): word(rows) for (one, by), rows in told.groupby(["operator", "guide"], sort=False)}


def against(told: pd.DataFrame) -> pd.DataFrame:
    """A row a search and a guide: points over as large a random sample on each data set, with interval; the word."""
    said = standing(told)
    rows = []
    for (operator, guide), beside in said.items():
        mine = told[(told["operator"] == operator) & (told["guide"] == guide)]
        row = {"search": operator, "by": guide, "classes scored": f"{mine['scored'].iloc[0]:.0f}"}
        for one in mine.to_dict("records"):
            half = (one["high"] - one["low"]) / 2
            row[f"{IMAGES[one['dataset']]} (points)"] = f"{one['gain']:+.2f} ± {half:.2f}"
        rows.append({**row, "beside a sample": beside})
    return pd.DataFrame(rows).set_index(["search", "by"])


def sentence(said: Mapping[tuple[str, str], str]) -> str:
    """The plain sentence: whether a firefly beats the best of a random sample as large, by the same score.

    >>> sentence({("luciole", "synflow"): "above", ("firefly", "synflow"): "level"})
    'of 2 pairs of a firefly and a score, 1 beats it on all three data sets (luciole by synflow), 0 stand below it'
    """
    mine = {pair: one for pair, one in said.items() if pair[0] in operators.FIREFLIES}
    above = [f"{operator} by {guide}" for (operator, guide), one in mine.items() if one == "above"]
    below = sum(one == "below" for one in mine.values())
    told = f" ({'; '.join(above)})" if above else ""
    beat = f"{len(above) or 'none'} {'beats' if len(above) == 1 else 'beat'} it"
    return f"of {len(mine)} pairs of a firefly and a score, {beat} on all three data sets{told}, {below} stand below it"


def choices(told: pd.DataFrame) -> pd.DataFrame:
    """A row a procedure: regret on the other half, from another table and in the whole; how often it chose what."""
    rows = {}
    mine = told[told["read on"] == "NAS-Bench-201"]
    for procedure, own in mine.groupby("procedure", sort=False):
        row = {}
        for how, title in (("halves", "other half"), ("across", "another table"), ("whole", "same classes")):
            means = own[own["how"] == how].groupby("dataset")["regret"].mean().to_dict()
            row[f"regret, {title}"] = " / ".join(f"{means[name]:.2f}" for name in IMAGES)
        halves = own[(own["how"] == "halves") & (own["dataset"] == "c10")]
        picks = (halves["operator"] + " by " + halves["guide"]).value_counts()
        row["chosen most often"] = f"{picks.index[0]} ({picks.iloc[0]} of {len(halves)})"
        rows[procedure] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("procedure")


def rate_choices() -> pd.DataFrame:
    """A row a way to choose the merit's rate: the rate, and how often its crown is in the best tenth elsewhere."""
    frame = results.read(rates.NAME).frame
    rows = {}
    for procedure, own in frame.groupby("procedure", sort=False):
        row = {}
        halves, away = (own[own["how"] == how] for how in ("halves", "across"))
        row["rate on halves"] = f"{halves['rate'].min():.1f} to {halves['rate'].max():.1f}"
        shares = halves.groupby("dataset")["accurate"].mean().to_dict()
        row["in the best tenth, other half (%)"] = " / ".join(f"{100 * shares[name]:.0f}" for name in IMAGES)
        row["cost over the cheapest there"] = f"{halves['cost'].median():.2f}"
        row["rate on tables"] = f"{away['rate'].min():.1f} to {away['rate'].max():.1f}"
        row["in the best tenth, another table"] = f"{int(away['accurate'].sum())} of {len(away)}"
        rows[procedure] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("procedure")


def numbers() -> dict[str, str]:
    """What the prose says."""
    told, frame = gains(), results.read(rates.NAME).frame
    away = frame[frame["how"] == "across"]
    share = away.groupby("procedure", sort=False)["accurate"].mean().to_dict()
    best = str(max(share, key=share.__getitem__))
    evolved = [guide for (one, guide), word in standing(told).items() if one == EVOLUTION and word == "above"]
    nested = chosen()
    mine = nested[(nested["read on"] == "NAS-Bench-201") & (nested["procedure"] == "operator and guide")]
    gain = {how: mine[(mine["how"] == how)].groupby("dataset")["gain"].mean().to_dict() for how in ("halves", "across")}
    return {
        "sample_sentence": sentence(standing(told)),
        "sample_evolution": "; ".join(evolved) or "none",
        "sample_scored": str(operators.SCORED),
        "sample_seeds": str(operators.SEEDS),
        **{f"operator_{how}": " / ".join(f"{one[name]:+.2f}" for name in IMAGES) for how, one in gain.items()},
        "rate_best": best,
        "rate_best_share": f"{100 * share[best]:.0f}",
        "rate_ten_share": f"{100 * share['ten, chosen by nobody']:.0f}",
        "rate_least_share": f"{100 * share['least rate']:.0f}",
    }
