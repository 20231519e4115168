"""What the chapter on growing and pruning shows: errors against sparsity and energy, what was ever trained, targets.

Reads ``sparsity/lenet``; how it is judged stands in :mod:`luciole.experiments.sparsity.protocol`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from luciole import published, results
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.protocol import DENSE, GRADUAL, OURS, PARTS, PRUNING, RIGL, SPARSITIES, TICKET, WATTS
from luciole.sparsity.masks import Masks
from luciole.sparsity.run import Run

with extra("book"):
    import matplotlib.pyplot as plt

LEAST = 2  # seeds of a method that may be called the best
POINTS, SHARE = 0.1, 0.5  # the targets, fixed before: points more error at most, for this share of the seconds
COLOURS = {GRADUAL: figures.PALETTE[0], OURS: figures.PALETTE[3], RIGL: figures.PALETTE[2], TICKET: figures.PALETTE[4]}
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
    """The pruning method of least mean test error with the full schedule, among those with two seeds or more."""
    means = {
        name: float(mine["test_error"].mean()) for name in PRUNING if len(mine := of(rows, name, sparsity)) >= LEAST
    }
    return min(means, key=lambda name: means[name])


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


def targets(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a sparsity and length of ours: error and seconds beside the best reproduced pruning's; met or not."""
    found = []
    for sparsity in SPARSITIES:
        name = best(rows, sparsity)
        rival = of(rows, name, sparsity)
        for length in (1.0, 0.5):
            ours = of(rows, OURS, sparsity, length)
            apart, half, count = paired(ours, rival)
            shared = ours.index.intersection(rival.index)
            share = float(ours.loc[shared, "seconds"].sum() / rival.loc[shared, "seconds"].sum())
            met = "met" if apart + half <= POINTS and share <= SHARE else "not met"
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


def numbers(rows: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says."""
    weights = float(rows["weights"].iloc[0])
    told = {
        "grow_dense": f"{of(rows, DENSE, 0.0)['test_error'].mean():.2f}",
        "grow_rows": f"{len(rows):,}",
        "grow_epochs": f"{protocol.SETTINGS.epochs:g}",
        "grow_weights": f"{weights:,.0f}",
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


def progress(result: results.Result) -> Mapping[str, str]:
    """How many of the planned trainings the result holds."""
    done, planned = result.provenance.holds or (len(result.frame), len(result.frame))
    return {"grow_held": str(done), "grow_planned": str(planned)}


def against_sparsity(rows: pd.DataFrame) -> None:
    """Draw error against the weights kept: reproduced methods filled, published ones hollow."""
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.2))
    rest = [name for name in PRUNING if name not in COLOURS]
    for name in [*rest, *COLOURS]:
        mine = rows[(rows["method"] == name) & np.isclose(rows["length"], 1.0)].assign(
            kept=lambda frame: 100 * (1 - frame["sparsity"])
        )
        if mine.empty:
            continue
        by = mine.groupby("kept")["test_error"].agg(["mean", "std"]).sort_index()
        shown, colour = name in COLOURS, COLOURS.get(name, "0.75")
        label = name if shown else ("other pruning, reproduced" if name == rest[0] else None)
        ax.errorbar(by.index, by["mean"], yerr=by["std"], fmt="o-", color=colour, label=label, markersize=4, capsize=2)
    for number, (key, (_, sparsity)) in enumerate(PUBLISHED.items()):
        label = "published, longer trainings" if number == 0 else None
        ax.plot(100 * (1 - sparsity), published.figure(key), "D", mfc="white", color="black", markersize=5, label=label)
    ax.axhline(of(rows, DENSE, 0.0)["test_error"].mean(), color="black", linewidth=1, linestyle=":", label="dense")
    ax.set(xscale="log", xlabel="weights kept (%)", ylabel="test error (%)", ylim=(1, 8))
    ax.set_xticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    ax.set_xticks([], minor=True)
    ax.legend(fontsize=8.5)
    figures.show(
        fig,
        "sparsity-error",
        alt="Test error against the share of weights kept: gradual magnitude pruning, ours, RigL and lottery tickets "
        "in colour, other reproduced methods grey, published figures as hollow diamonds, the dense network dotted.",
        caption="Error of LeNet-300-100 on MNIST against the weights kept; bars are deviations over seeds. Published "
        "figures come from trainings many times as long.",
    )


def against_energy(rows: pd.DataFrame) -> None:
    """Draw error against the joules of training, an estimate, for three lengths of gradual pruning and of ours."""
    fig, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.6), sharex=True)
    for ax, sparsity in zip(axes, SPARSITIES, strict=True):
        for name in (GRADUAL, OURS, RIGL):
            mine = rows[(rows["method"] == name) & np.isclose(rows["sparsity"], sparsity)]
            by = mine.groupby("length")[["seconds", "test_error"]].agg(["mean", "std"])
            ax.errorbar(
                WATTS * by["seconds"]["mean"],
                by["test_error"]["mean"],
                yerr=by["test_error"]["std"],
                fmt="o-",
                color=COLOURS[name],
                label=name,
                capsize=2,
                markersize=4,
            )
        ax.set(title=f"{100 * sparsity:.0f} % sparse", xlabel="joules of training (estimate)", ylabel="test error (%)")
    axes[0].legend(fontsize=8.5)
    figures.show(
        fig,
        "sparsity-energy",
        alt="Two panels, 95 and 98 per cent sparse: test error against joules of training for gradual pruning and ours "
        "at a quarter, a half and the whole of the schedule, and for RigL.",
        caption="Error against the energy of training: a quarter, half and the whole of the schedule. Joules are "
        "processor seconds at 4 W, an estimate.",
    )


def sizes(held: Mapping[str, np.ndarray], seed: int = 0) -> None:
    """Draw how many connections were present, and how many came and went at each event."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4))
    for sparsity, style in zip(SPARSITIES, ("-", "--"), strict=True):
        for name in (GRADUAL, OURS, RIGL):
            history = held.get(f"{name}, sparsity {sparsity:g}, length 1, seed {seed}")
            if history is None:
                continue
            label = name if style == "-" else None
            steps = 100 * history[:, 0] / history[-1, 0]
            left.plot(steps, 100 * history[:, 1] / 266_200, style, color=COLOURS[name], label=label, linewidth=1.4)
            if name == OURS and style == "-":
                right.plot(steps[1:], history[1:, 2] / 1000, color=figures.PALETTE[2], label="joined")
                right.plot(steps[1:], history[1:, 3] / 1000, color=figures.PALETTE[1], label="removed")
    left.set(yscale="log", xlabel="training (%)", ylabel="weights present (%)")
    right.set(xlabel="training (%)", ylabel="connections an event (thousands)", title="ours, 95 % sparse")
    for ax in (left, right):
        ax.legend(fontsize=8.5)
    figures.show(
        fig,
        "sparsity-sizes",
        alt="Left, weights present in per cent over training: gradual pruning falls from 100, RigL is constant, ours "
        "rises from a few per cent, peaks early and falls to the end. Right, connections that joined and were removed "
        "at each event of ours.",
        caption="Weights present over training (dashed: 98 % sparse), and what joined and went in ours.",
    )


def drawn(run: Run, seen: Mapping[int, Masks], side: int) -> None:
    """Draw the connections of each input pixel, a picture of ``side`` pixels a side, at the steps that were seen."""
    fig, axes = plt.subplots(1, len(seen) + 1, figsize=(figures.WIDTH, 2.1), width_ratios=[1] * len(seen) + [1.6])
    top = max(int(masks["0.weight"].sum(dim=0).max()) for masks in seen.values())
    for ax, (step, masks) in zip(axes, seen.items(), strict=False):
        ax.imshow(masks["0.weight"].sum(dim=0).view(side, side).numpy(), cmap="Blues", vmin=0, vmax=top)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"step {step}:\n{masks.kept:,}", fontsize=9)
        ax.grid(False)
    history = np.array(run.history)
    axes[-1].plot(history[:, 0], history[:, 1], color=COLOURS[OURS])
    axes[-1].set(xlabel="step", ylabel="connections")
    axes[-1].tick_params(labelsize=8)
    figures.show(
        fig,
        "sparsity-mask",
        alt="Pictures of how many connections each input pixel has, at several steps: few and random at first, most "
        "in the middle of training, fewer and in the centre at the end; and the number of connections over steps.",
        caption="A mask that grows and shrinks: connections of each pixel (darker: more), and all of them over steps.",
    )
