"""Drawings of the chapter on growing and pruning, from the tables of :mod:`luciole.report.sparsity`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from luciole import published
from luciole.book import figures
from luciole.errors import extra
from luciole.experiments.sparsity import protocol
from luciole.experiments.sparsity.protocol import DENSE, GRADUAL, OURS, PRUNING, RIGL, SPARSITIES, TICKET, WATTS
from luciole.report.sparsity import PUBLISHED, of
from luciole.sparsity.masks import Masks, prunable
from luciole.sparsity.run import Run

with extra("book"):
    import matplotlib.pyplot as plt

COLOURS = {GRADUAL: figures.PALETTE[0], OURS: figures.PALETTE[3], RIGL: figures.PALETTE[2], TICKET: figures.PALETTE[4]}


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
    shown = " and ".join(f"{100 * sparsity:.0f}" for sparsity in SPARSITIES)
    figures.show(
        fig,
        "sparsity-energy",
        alt=f"Panels, {shown} per cent sparse: test error against joules of training for gradual pruning and "
        "ours at a quarter, a half and the whole of the schedule, and for RigL.",
        caption="Error against the energy of training: a quarter, half and the whole of the schedule. Joules are "
        f"processor seconds at {WATTS:g} W, an estimate.",
    )


def sizes(held: Mapping[str, np.ndarray], seed: int = 0) -> None:
    """Draw how many connections were present, and how many came and went at each event."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4))
    weights = sum(weight.numel() for weight in prunable(protocol.network(seed)).values())
    for sparsity, style in zip(SPARSITIES, ("-", "--"), strict=True):
        for name in (GRADUAL, OURS, RIGL):
            history = held.get(f"{name}, sparsity {sparsity:g}, length 1, seed {seed}")
            if history is None:
                continue
            label = name if style == "-" else None
            steps = 100 * history[:, 0] / history[-1, 0]
            left.plot(steps, 100 * history[:, 1] / weights, style, color=COLOURS[name], label=label, linewidth=1.4)
            if name == OURS and style == "-":
                right.plot(steps[1:], history[1:, 2] / 1000, color=figures.PALETTE[2], label="joined")
                right.plot(steps[1:], history[1:, 3] / 1000, color=figures.PALETTE[1], label="removed")
    left.set(yscale="log", xlabel="training (%)", ylabel="weights present (%)")
    right.set(
        xlabel="training (%)",
        ylabel="connections an event (thousands)",
        title=f"ours, {100 * SPARSITIES[0]:.0f} % sparse",
    )
    for ax in (left, right):
        ax.legend(fontsize=8.5)
    figures.show(
        fig,
        "sparsity-sizes",
        alt="Left, weights present in per cent over training: gradual pruning falls from 100, RigL is constant, ours "
        "rises from a few per cent, peaks early and falls to the end. Right, connections that joined and were removed "
        "at each event of ours.",
        caption=f"Weights present over training (dashed: {100 * SPARSITIES[1]:.0f} % sparse), and what joined and went "
        "in ours.",
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
