"""What the chapter on growing and pruning says: errors, what was ever trained, targets; its drawings are beside.

Reads ``sparsity/lenet``; how it is judged stands in :mod:`luciole.experiments.sparsity.protocol`.
"""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from luciole import files, published, results
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.protocol import DENSE, GRADUAL, OURS, PARTS, PRUNING, RIGL, SPARSITIES, TICKET, WATTS

LEAST = 2  # seeds of a method that may be called the best
POINTS, SHARE = 0.1, 0.5  # the targets, fixed before: points more error at most, for this share of the seconds
PUBLISHED = {  # key of data/published.csv: name, sparsity
    "lee2019snip/lenet300_95": ("SNIP", 0.95),
    "lee2019snip/lenet300_98": ("SNIP", 0.98),
    "dettmers2019sparse/lenet300_95": ("sparse momentum", 0.95),
    "dettmers2019sparse/lenet300_98": ("sparse momentum", 0.98),
    "gomez2019targeted/lenet300_95": ("targeted dropout", 0.95),
    "gomez2019targeted/lenet300_98": ("targeted dropout", 0.98),
    "molchanov2017vd/lenet300_985": ("sparse variational dropout", 0.985),
    "evci2020rigl/lenet300_976": ("RigL", 0.976),
}


def of(rows: pd.DataFrame, method: str, sparsity: float, length: float = 1.0) -> pd.DataFrame:
    """The rows of a method at a sparsity and a length of training, by seed."""
    same = (rows["method"] == method) & np.isclose(rows["length"], length)
    if method != DENSE:
        same &= np.isclose(rows["sparsity"], sparsity)
    return rows[same].set_index("seed").sort_index()


def best(rows: pd.DataFrame, sparsity: float) -> str:
    """The pruning method of least mean test error with the full schedule, among those with two seeds or more.

    Where none has two yet, among those that have one.
    """
    every = {name: of(rows, name, sparsity)["test_error"] for name in PRUNING}
    least = min(LEAST, max(map(len, every.values())))
    return min((name for name in every if len(every[name]) >= max(1, least)), key=lambda name: every[name].mean())


def paired(one: pd.DataFrame, other: pd.DataFrame, column: str = "test_error") -> tuple[float, float, int]:
    """Mean of one less the other over the seeds that both have, half its 95 % interval (Student's t), their number."""
    shared = one.index.intersection(other.index)
    apart = (one.loc[shared, column] - other.loc[shared, column]).to_numpy(float)
    count = len(apart)
    if not count:
        return float("nan"), float("nan"), 0
    half = float(stats.t.ppf(0.975, count - 1) * apart.std(ddof=1) / count**0.5) if count > 1 else float("nan")
    return float(apart.mean()), half, count


def said(apart: float, half: float, count: int) -> str:
    """A difference with its interval in words.

    >>> said(0.1, 0.25, 3), said(0.1, float("nan"), 1), said(float("nan"), float("nan"), 0)
    ('+0.10 ± 0.25', '+0.10 (one seed)', '–')
    """
    if not count:
        return "–"
    return f"{apart:+.2f} ± {half:.2f}" if count > 1 else f"{apart:+.2f} (one seed)"


def targets(rows: pd.DataFrame, points: float = POINTS) -> pd.DataFrame:
    """One row a sparsity and length of ours: error and seconds beside the best reproduced pruning's; met or not.

    ``points``: how many more error the target allows. A sparsity at which no pruning ran has no row.
    """
    found = []
    for sparsity in SPARSITIES:
        if not any(len(of(rows, name, sparsity)) for name in PRUNING):  # of a part, which has not come so far
            continue
        name = best(rows, sparsity)
        rival = of(rows, name, sparsity)
        for length in (1.0, 0.5):
            ours = of(rows, OURS, sparsity, length)
            apart, half, count = paired(ours, rival)
            shared = ours.index.intersection(rival.index)
            seconds = [float(one.loc[shared, "seconds"].sum()) for one in (ours, rival)]
            share = seconds[0] / seconds[1] if count else float("nan")
            met = "met" if apart + half <= points and share <= SHARE else "not met"  # one seed has no interval: not met
            found.append(
                {
                    "sparsity (%)": 100 * sparsity,
                    "best pruning": name,
                    "ours, schedule": "whole" if length == 1 else "half",
                    "points more error": said(apart, half, count),
                    "of its seconds (%)": 100 * share,
                    "paired seeds": count,
                    "target": met if length < 1 else "none was set",
                }
            )
    return pd.DataFrame(found).set_index("sparsity (%)")


def methods(rows: pd.DataFrame, sparsity: float) -> pd.DataFrame:
    """One row a method with the full schedule, least error first: error, weights trained, seconds, joules."""
    found = []
    for name in [*protocol.METHODS, TICKET]:
        mine = of(rows, name, sparsity)
        if not len(mine):
            continue
        error, weights = mine["test_error"], float(mine["weights"].iloc[0])
        found.append(
            {
                "method": name,
                "error (%)": error.mean(),
                "deviation over seeds": error.std(ddof=1) if len(error) > 1 else float("nan"),
                "seeds": len(error),
                "most trained at once (%)": 100 * mine["peak"].mean() / weights,
                "ever trained (%)": 100 * mine["total"].mean() / weights,
                "seconds": mine["seconds"].mean(),
                "joules (estimate)": WATTS * mine["seconds"].mean(),
            }
        )
    return pd.DataFrame(found).set_index("method").sort_values("error (%)")


def main(rows: pd.DataFrame, sparsity: float) -> pd.DataFrame:
    """The rows of :func:`methods` that the text speaks of: at most ten."""
    whole = methods(rows, sparsity)
    told = [name for name in whole.index if name not in PARTS]
    kept = {DENSE, OURS, RIGL, GRADUAL, TICKET, "SNIP"}
    for name in told:
        if len(kept) < 10:
            kept.add(name)
    return whole.loc[[name for name in told if name in kept]]


def parts(rows: pd.DataFrame) -> pd.DataFrame:
    """What each part of ours is worth: points of error more without it, paired, with intervals."""
    found = []
    for name in PARTS:
        row: dict[str, str | int] = {"without": name.removeprefix("ours, ")}
        for sparsity in SPARSITIES:
            apart, half, count = paired(of(rows, name, sparsity), of(rows, OURS, sparsity))
            row[f"points more error at {100 * sparsity:.0f} %"] = said(apart, half, count)
            row["paired seeds"] = count
        found.append(row)
    return pd.DataFrame(found).set_index("without")


def beside(rows: pd.DataFrame) -> pd.DataFrame:
    """Published errors, and ours of the method of that name or, where there is none, of gradual pruning's."""
    found = []
    for key, (name, sparsity) in PUBLISHED.items():
        nearest = min(SPARSITIES, key=lambda one: abs(one - sparsity))
        mine = of(rows, name, nearest) if name in protocol.METHODS else of(rows, "", nearest)
        found.append(
            {
                "method": name,
                "sparsity there (%)": 100 * sparsity,
                "error there (%)": published.figure(key),
                "sparsity here (%)": 100 * nearest if len(mine) else float("nan"),
                "error here (%)": mine["test_error"].mean() if len(mine) else float("nan"),
            }
        )
    return pd.DataFrame(found).set_index("method")


def speed() -> pd.DataFrame:
    """What ``benchmarks/sparsity.py`` measured last, target by target; a row a peer."""
    held = json.loads((files.results() / "benchmarks.json").read_text(encoding="utf-8"))
    found = [
        {
            "question": row["what"],
            "ours (ms)": 1000 * row["measured"],
            "peer": row["peer_name"],
            "peer (ms)": 1000 * row["peer"],
            "target": row["target"],
            "came out": "met" if row["met"] else "not met",
        }
        for key, row in sorted(held.items())
        if key.startswith("sparsity.")
    ]
    return pd.DataFrame(found).set_index("question")


def numbers(rows: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says."""
    weights = float(rows["weights"].iloc[0])
    told = {
        "grow_dense": f"{of(rows, DENSE, 0.0)['test_error'].mean():.2f}",
        "grow_rows": f"{len(rows):,}",
        "grow_epochs": f"{protocol.SETTINGS.epochs:g}",
        "grow_weights": f"{weights:,.0f}",
        "grow_answer": answer(rows),
        **lacking(rows),
        "grow_child": f"{published.figure('huttenlocher1979/peak'):.0f}",
        "grow_ticket_published": f"{published.figure('frankle2019lottery/dense_again'):.1f}",
        "grow_met": str(int((targets(rows)["target"] == "met").sum())),
        "grow_targets": str(int(targets(rows)["target"].isin(["met", "not met"]).sum())),
    }
    for sparsity in SPARSITIES:
        label = f"{100 * sparsity:.0f}"
        name = best(rows, sparsity)
        rival, ours, half_way = of(rows, name, sparsity), of(rows, OURS, sparsity), of(rows, OURS, sparsity, 0.5)
        apart, half, count = paired(ours, rival)
        told |= {
            f"grow_best_{label}": name,
            f"grow_best_error_{label}": f"{rival['test_error'].mean():.2f}",
            f"grow_ours_{label}": f"{ours['test_error'].mean():.2f}",
            f"grow_apart_{label}": said(apart, half, count),
            f"grow_seeds_{label}": str(count),
            f"grow_short_{label}": said(*paired(half_way, rival)),
            f"grow_short_share_{label}": f"{100 * half_way['seconds'].mean() / rival['seconds'].mean():.0f}",
            f"grow_peak_{label}": f"{100 * ours['peak'].mean() / weights:.0f}",
            f"grow_total_{label}": f"{100 * ours['total'].mean() / weights:.0f}",
            f"grow_macs_{label}": f"{100 * ours['macs'].mean() / of(rows, DENSE, 0.0)['macs'].mean():.0f}",
            f"grow_seconds_{label}": f"{100 * ours['seconds'].mean() / rival['seconds'].mean():.0f}",
            f"grow_rigl_{label}": f"{of(rows, RIGL, sparsity)['test_error'].mean():.2f}",
            f"grow_width_{label}": "-".join(f"{ours[layer].mean():.0f}" for layer in ("pixels", "first", "second")),
        }
    return told


def answer(rows: pd.DataFrame) -> str:
    """Whether ours, which never trains the whole, comes within :data:`POINTS` of the best pruning; by the intervals.

    Yes where the upper ends of all are within, no where a lower end is beyond, else undecided.
    """
    told = [paired(of(rows, OURS, sparsity), of(rows, best(rows, sparsity), sparsity)) for sparsity in SPARSITIES]
    counts = sorted({count for *_, count in told})
    seeds = f"on {' to '.join(map(str, {counts[0]: 0, counts[-1]: 0}))} seeds"
    if all(apart + half <= POINTS for apart, half, _ in told):
        return f"Yes, to within {POINTS:g} points of the best pruning, {seeds}"
    if any(apart - half > POINTS for apart, half, _ in told):
        return f"Not to within {POINTS:g} points of the best pruning, {seeds}"
    return f"Undecided: {seeds} the intervals hold both {POINTS:g} points more error than the best pruning and less"


def lacking(rows: pd.DataFrame) -> Mapping[str, str]:
    """Seeds of a method with the full schedule, from the fewest to the most, and the methods that have none."""
    seeds = {
        name: min(len(of(rows, name, sparsity)) for sparsity in SPARSITIES) for name in [*protocol.METHODS, TICKET]
    }
    had = [count for count in seeds.values() if count]
    return {
        "grow_fewest": str(min(had)),
        "grow_most": str(max(had)),
        "grow_lacking": ", ".join(name for name, count in seeds.items() if not count) or "none",
    }


def peaked(held: Mapping[str, np.ndarray], sparsity: float, seed: int = 0) -> str:
    """After which share of training (%) ours has the most connections."""
    history = held[f"{OURS}, sparsity {sparsity:g}, length 1, seed {seed}"]
    return f"{100 * history[history[:, 1].argmax(), 0] / history[-1, 0]:.0f}"


def progress(result: results.Result) -> Mapping[str, str]:
    """How many of the planned trainings the result holds."""
    done, planned = result.provenance.holds or (len(result.frame), len(result.frame))
    return {"grow_held": str(done), "grow_planned": str(planned)}
