"""The headlines of the study, each with how it was chosen: ``data/claims.csv``, derived again by ``luciole claims``.

A claim is one number of a committed result: what it says, its interval where there is one, the protocol in words, how
what it is about was chosen, and the command that computes the result. "How chosen" is one of :data:`HOW`; nothing else
can stand here, nor in the README, whose findings name theirs.

* *nested*: chosen on one side, read on another.
* *preregistered*: what is compared and how it is judged was committed before any of its numbers was read.
* *reproduction*: the setting is that of a published work.
* *descriptive*: it says what a table holds; choices behind it have seen that table.
"""

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from luciole import files, results
from luciole.errors import LucioleError
from luciole.experiments.choice import nested, procedures
from luciole.experiments.choice import operators as experiment
from luciole.experiments.efficiency.tables import DEFAULT_K
from luciole.experiments.har import arena, arena_protocol
from luciole.experiments.nb201.stages import COMBINATIONS
from luciole.report import contest, operators
from luciole.report.titles import IMAGES, SENSORS
from luciole.spaces import nb201

HOW = ("nested", "preregistered", "reproduction", "descriptive")
EXACT = 1e-6  # relative: results are committed, so that what is derived from them is the same


@dataclass(frozen=True)
class Claim:
    """A headline: a row of ``data/claims.csv``. ``low`` and ``high`` are not numbers where no interval is known."""

    key: str
    statement: str
    value: float
    low: float
    high: float
    unit: str
    protocol: str
    how: str
    chapter: str
    command: str

    def __post_init__(self) -> None:
        if self.how not in HOW:
            raise LucioleError(f"claim {self.key}: expected it to be chosen by {', '.join(HOW)}, got {self.how!r}")
        empty = [field.name for field in fields(self) if getattr(self, field.name) == ""]
        if empty:
            raise LucioleError(f"claim {self.key}: expected a {empty[0]}, got nothing; a claim without one is none")


Maker = Callable[[], Iterator[Claim]]
NO = math.nan


def ranking() -> Iterator[Claim]:
    """The ranking without training, as a table holds it."""
    quality = results.read("nb201/quality").frame
    mine = quality[(quality["subset"] == "all") & (quality["score"] == "one_pass") & (quality["inputs"] == "deep")]
    for row in mine.to_dict("records"):
        yield Claim(
            f"ranking/tau_{row['dataset']}",
            f"{len(COMBINATIONS['one_pass'])} scores of one pass rank all cells of NAS-Bench-201 by "
            f"{IMAGES[row['dataset']]} accuracy",
            *(row["tau"], row["low"], row["high"], "Kendall's tau"),
            "scores of seed 0, test accuracies of the original table; interval over cells",
            *("descriptive", "04_scores", "luciole run nb201/scores"),
        )


def choosing() -> Iterator[Claim]:
    """Sets of scores, chosen on one half of the classes and read on the other, and across tables."""
    frame = results.read("choice/nested").frame
    mine = frame[(frame["procedure"] == "averaged thirty") & (frame["read on"] == "NAS-Bench-201")]
    for name, title in IMAGES.items():
        each = mine[(mine["how"] == "halves") & (mine["dataset"] == name)]["regret"].to_numpy()
        low, high = np.quantile(each, [0.025, 0.975])
        yield Claim(
            f"choice/halves_{name}",
            f"regret on {title} of the first network of {procedures.AVERAGED} averaged sets, chosen on the other half "
            "of the classes",
            *(float(each.mean()), float(low), float(high), "points"),
            f"{len(each)} splits of the classes, chosen by {IMAGES[procedures.BY]} accuracy of one half; interval over "
            "splits",
            *("nested", "14_comparison", "luciole run choice/nested"),
        )
        away = mine[(mine["how"] == "across") & (mine["dataset"] == name)]["regret"].to_numpy()
        yield Claim(
            f"choice/across_{name}",
            f"regret on {title} of the first network of {procedures.AVERAGED} averaged sets, chosen on another table",
            *(float(away.mean()), float(away.min()), float(away.max()), "points"),
            f"chosen on {', '.join(nested.ACROSS)}, read on NAS-Bench-201; from the least to the most of them",
            *("nested", "14_comparison", "luciole run choice/nested"),
        )


def searching() -> Iterator[Claim]:
    """Searchers under one budget of simulated seconds."""
    last = results.read("nb201/search").frame.groupby("searcher", as_index=False).tail(1)
    for row in last.to_dict("records"):
        if row["searcher"] in ("random", "regularised evolution", "LaNAS"):
            yield Claim(
                f"search/{row['searcher'].replace(' ', '_')}_c10",
                f"{row['searcher']} ends at this CIFAR-10 test accuracy",
                *(row["c10"], NO, NO, "%"),
                f"NAS-Bench-201, {row['seconds']:,.0f} simulated seconds, {row['runs']} seeds, mean",
                "descriptive" if row["searcher"] == "LaNAS" else "reproduction",
                *("01_state_of_the_art", "luciole run nb201/search"),
            )


def fireflies() -> Iterator[Claim]:
    """The improved firefly as released, and the better one."""
    arrays = results.read("firefly/ifa_nb201").arrays
    final = dict(zip(arrays["variants"].tolist(), arrays["c10_mean"][:, -1].tolist(), strict=True))
    for name in ("IFA", "FA"):
        yield Claim(
            f"firefly/{name.lower()}_c10",
            f"{name} with the released one-sided noise ends at this CIFAR-10 test accuracy",
            *(final[f"{name}, one-sided, strength, icd"], NO, NO, "%"),
            "NAS-Bench-201, ICD of untrained networks, as released; mean over seeds",
            *("reproduction", "03_ifa_reproduction", "luciole run firefly/ifa_nb201"),
        )
    held = results.read("firefly/luciole_nb201").arrays
    scored = 2000
    at = held["plans"].tolist().index(f"luciole, {scored}")
    for name, title in IMAGES.items():
        yield Claim(
            f"firefly/luciole_{name}",
            f"the better firefly's cell, {scored:,} scored and none trained, has this {title} test accuracy",
            *(float(held[f"{name}_best_mean"][at]), NO, NO, "%"),
            "NAS-Bench-201; the set of scores was chosen by CIFAR-100 test accuracies of the same table",
            *("descriptive", "05_better_firefly", "luciole run firefly/luciole_nb201"),
        )


def weighing() -> Iterator[Claim]:
    """What the merit crowns."""
    crowns = results.read("efficiency/crowns").frame
    rates = results.read("efficiency/exponents").frame
    least = {
        row["dataset"]: row["k_from"] for row in rates[_by_macs(rates) & (rates["k"] == DEFAULT_K)].to_dict("records")
    }
    mine = crowns[_by_macs(crowns) & (crowns["metric"] == "merit")]
    for row in mine[mine["dataset"].isin([*IMAGES])].to_dict("records"):
        above = 100 * (DEFAULT_K / least[row["dataset"]] - 1)
        yield Claim(
            f"efficiency/merit_rank_{row['dataset']}",
            f"rank by {IMAGES[row['dataset']]} accuracy of the cell that the merit crowns with an exchange rate of "
            f"{DEFAULT_K}",
            *(float(row["rank"]), NO, NO, f"of {nb201.SIZE:,}"),
            f"all cells of NAS-Bench-201, cost in multiply-accumulates; {DEFAULT_K} is {above:.0f} % above the least "
            "rate that crowns it",
            *("descriptive", "02_efficiency", "luciole run efficiency/tables"),
        )


def _by_macs(frame: pd.DataFrame) -> pd.Series:
    return (frame["cost"] == "macs") & (frame["cells"] == "all")


def sensing() -> Iterator[Claim]:
    """Networks for sensors: found ones, and the field's own contest."""
    models, deployed = (results.read(f"har/{name}", part=True).frame for name in ("models", "deployed"))
    table = contest.standing(models, deployed)
    for _, model, metric, _ in contest.TARGETS:
        told = contest.of(table, "uci_har")[model]
        mean, error = contest.over_seeds(told, metric)
        half = error * float(stats.t.ppf(0.975, told["seeds"] - 1))
        yield Claim(
            f"sensors/uci_har_{metric}",
            f"{model} reaches this {metric.replace('_', '-')} on UCI HAR's official test people",
            *(mean, mean - half, mean + half, "%"),
            f"{told['seeds']:.0f} seeds; choices by validation people; earlier versions of the study had read the test "
            "people",
            *("descriptive", "07_contest", "luciole run har/search"),
        )
    for row in arena.table(results.read("har/arena").arrays).to_dict("records"):
        if row["model"] == "LDA, statistics":
            yield Claim(
                f"arena/linear_{row['dataset']}",
                f"a linear discriminant on statistics of a window has this macro-F1 on {SENSORS[row['dataset']]}",
                *(row["macro_f1"], row["macro_f1"] - 2 * row["error"], row["macro_f1"] + 2 * row["error"], "%"),
                f"WHAR Arena: {arena_protocol.GROUPS} groups of people, each tested once; two standard errors over "
                "groups",
                *("descriptive", "07_contest", "luciole run har/arena"),
            )


def sampling() -> Iterator[Claim]:
    """Fireflies against the best of as large a random sample by the same score, and a search chosen elsewhere."""
    told = operators.gains()
    shown = {("luciole", "set of chapter 5"): "descriptive"}
    shown |= {(name, "set chosen on HAR-201"): "preregistered" for name in ("luciole", "firefly")}
    for row in told.to_dict("records"):
        pair = row["operator"], row["guide"]
        if pair in shown:
            yield Claim(
                f"sample/{'_'.join(' '.join(pair).split())}_{row['dataset']}",
                f"{pair[0]} by the {pair[1]} over the best of as large a random sample, {IMAGES[row['dataset']]}",
                *(row["gain"], row["low"], row["high"], "points"),
                f"NAS-Bench-201, {row['scored']:.0f} classes scored and none trained, {experiment.SEEDS} seeds, paired",
                *(shown[pair], "14_comparison", "luciole run choice/readings"),
            )
    chosen = operators.chosen()
    mine = chosen[(chosen["procedure"] == "operator and guide") & (chosen["how"] == "halves")]
    for name, title in IMAGES.items():
        each = mine[mine["dataset"] == name]["regret"].to_numpy()
        low, high = np.quantile(each, [0.025, 0.975])
        yield Claim(
            f"choice/operator_{name}",
            f"regret on {title} of an operator and a score, chosen together on the other half of the classes",
            *(float(each.mean()), float(low), float(high), "points"),
            f"{len(each)} splits of the classes and of the seeds; interval over splits",
            *("nested", "14_comparison", "luciole run choice/readings"),
        )


MAKERS: tuple[Maker, ...] = (ranking, choosing, sampling, searching, fireflies, weighing, sensing)


def derive() -> list[Claim]:
    """Every claim, from the committed results."""
    made = [claim for maker in MAKERS for claim in maker()]
    keys = [claim.key for claim in made]
    if len({*keys}) < len(keys):
        raise LucioleError(f"expected every claim once, got {max(keys, key=keys.count)} twice")
    return made


def path() -> Path:
    """Where the claims stand."""
    return files.root() / "data" / "claims.csv"


def write() -> None:
    """Write ``data/claims.csv`` from the committed results."""
    with files.atomic(path()) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow([field.name for field in fields(Claim)])
        for claim in derive():
            values = [getattr(claim, field.name) for field in fields(Claim)]
            rows.writerow(["" if isinstance(v, float) and math.isnan(v) else _text(v) for v in values])


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def read() -> list[Claim]:
    """The claims as they stand in the file; LucioleError for a row that lacks something or chooses otherwise."""
    with path().open(encoding="utf-8", newline="") as rows:
        table = csv.DictReader(rows)
        wanted = [field.name for field in fields(Claim)]
        if table.fieldnames != wanted:
            raise LucioleError(f"claims.csv should have the columns {', '.join(wanted)}, got {table.fieldnames}")
        return [_claim(row) for row in table]


def _claim(row: dict[str, str]) -> Claim:
    numbers = {}
    for name in ("value", "low", "high"):
        try:
            numbers[name] = float(row[name] or "nan")
        except ValueError:
            raise LucioleError(f"claim {row['key']}: expected a number, got {row[name]!r}") from None
    return Claim(**{**row, **numbers})  # type: ignore[arg-type]


def check() -> list[str]:
    """Derive every claim of the file again: what differs, a line each; LucioleError for rows without a derivation."""
    now = {claim.key: claim for claim in derive()}
    kept = {claim.key: claim for claim in read()}
    if missing := [*(kept.keys() - now.keys()), *(now.keys() - kept.keys())]:
        raise LucioleError(f"expected the same claims in claims.csv and in the code, {missing[0]} is in one alone")
    lines = []
    for key, claim in kept.items():
        for name in ("value", "low", "high"):
            one, other = getattr(claim, name), float(_text(getattr(now[key], name)))
            if not math.isclose(one, other, rel_tol=EXACT) and not (math.isnan(one) and math.isnan(other)):
                lines.append(f"{key}: {name} is {other:.6g} by the results, {one:.6g} in claims.csv")
        for name in ("statement", "unit", "protocol", "how", "chapter", "command"):
            if getattr(claim, name) != getattr(now[key], name):
                lines.append(f"{key}: the {name} was changed; `luciole claims --write` writes it")
    return lines
