"""Drawings of chapter 3: the intra-cluster distance of a batch, one step of a firefly, and what IFA adds to it.

They show made-up data of a few points, computed by the library's own functions where one exists.
"""

import numpy as np
from numpy.typing import NDArray

from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.errors import extra
from luciole.search.swarms import Flight

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SAMPLES, UNITS = 4, 12


def codes(seed: int = 3) -> NDArray[np.bool_]:
    """Which of a few units are positive for each sample of a batch, (4, 12), drawn."""
    rng = np.random.default_rng(seed)
    return rng.random((SAMPLES, UNITS)) < np.linspace(0.1, 1.0, UNITS)


def distances(code: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of each sample's code from the mean of the batch: its mean over samples is the ICD.

    >>> distances(np.array([[True, False], [True, True]]))
    array([0.5, 0.5])
    """
    return np.sqrt(((code - code.mean(axis=0)) ** 2).sum(axis=1))


def icd_of_a_batch() -> Figure:
    """The codes of a batch as rows of squares, their mean beneath, and the distance of each row from it."""
    code = codes()
    mean, apart = code.mean(axis=0), distances(code)
    fig, ax = plt.subplots(figsize=(WIDTH, 2.9))
    for row in range(SAMPLES):
        _squares(ax, code[row].astype(float), SAMPLES - row)
        ax.text(-0.8, SAMPLES - row, f"sample {row + 1}", ha="right", va="center", fontsize=10)
        ax.text(UNITS + 0.3, SAMPLES - row, f"{apart[row]:.2f} from the mean", va="center", fontsize=10)
    _squares(ax, mean, -0.5, PALETTE[1])
    ax.text(-0.8, -0.5, "mean", ha="right", va="center", fontsize=10)
    ax.text(UNITS + 0.3, -0.5, f"ICD = {apart.mean():.2f}", va="center", fontsize=11, weight="bold")
    ax.text(UNITS / 2 - 0.5, SAMPLES + 0.85, "units of all modules: positive or not", ha="center", fontsize=10)
    ax.set(xlim=(-3.6, UNITS + 5), ylim=(-1.2, SAMPLES + 1.3))
    ax.set_axis_off()
    return fig


def _squares(ax: Axes, shares: NDArray[np.float64], height: float, colour: str = PALETTE[0]) -> None:
    for unit, share in enumerate(shares):
        ax.add_patch(plt.Rectangle((unit - 0.42, height - 0.36), 0.84, 0.72, fc=colour, alpha=float(share), lw=0))
        ax.add_patch(plt.Rectangle((unit - 0.42, height - 0.36), 0.84, 0.72, fill=False, ec="0.4", lw=0.7))


def step(noise: str = "one-sided", draws: int = 400, seed: int = 0) -> tuple[NDArray, NDArray, NDArray]:
    """Where a firefly at (0.25, 0.3) lands when it sees a brighter one at (0.7, 0.5): start, goal, (draws, 2)."""
    flight = Flight(noise="one-sided" if noise == "one-sided" else "centred")
    start, goal = np.array([0.25, 0.3]), np.array([0.7, 0.5])
    gap = goal - start
    pulled = start + gap * flight.pull(np.array([gap @ gap]))
    return start, goal, np.clip(pulled + flight.draw(np.random.default_rng(seed), (draws, 2)), 0, 1)


def steps() -> Figure:
    """One step of a firefly in two genes, with the textbook's centred noise and with the released one-sided noise."""
    fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharex=True, sharey=True)
    for ax, noise in zip(panels, ("centred", "one-sided"), strict=True):
        start, goal, landed = step(noise)
        ax.scatter(*landed.T, s=7, color=PALETTE[5], alpha=0.7, lw=0)
        ax.annotate("", goal, start, arrowprops={"arrowstyle": "->", "lw": 1.6, "color": "0.2"})
        ax.plot(*start, "o", color="black", ms=7)
        ax.plot(*goal, "*", color=PALETTE[1], ms=15, mec="black", mew=0.6)
        ax.plot(*landed.mean(axis=0), "X", color=PALETTE[3], ms=9, mec="white")
        ax.text(start[0], start[1] - 0.1, "firefly", ha="center", fontsize=9.5)
        ax.text(goal[0], goal[1] - 0.12, "brighter", ha="center", fontsize=9.5)
        ax.set(title=f"{noise} noise", xlabel="first gene", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        ax.set_aspect("equal")
    panels[0].set_ylabel("second gene")
    return fig


def restart() -> Figure:
    """What IFA does when five generations brought nothing better: crossover of two parents, and one gene redrawn."""
    rng = np.random.default_rng(5)
    first, second = rng.random(6), rng.random(6)
    child = np.concatenate([first[:3], second[3:]])
    mutant = child.copy()
    mutant[4] = 0.95
    fig, ax = plt.subplots(figsize=(WIDTH, 1.9))
    rows = (("one parent", first), ("another", second), ("their child", child), ("a gene redrawn", mutant))
    for place, (name, genes) in enumerate(rows):
        left, height = (0.0, 1.3 - place) if place < 2 else (9.5, 3.3 - place)
        for gene, value in enumerate(genes):
            of_first = place == 0 or (place >= 2 and gene < 3)
            colour = PALETTE[3] if place == 3 and gene == 4 else PALETTE[0] if of_first else PALETTE[2]
            ax.add_patch(plt.Rectangle((left + gene, height), 0.9, 0.7, fill=False, ec="0.4", lw=0.7))
            ax.add_patch(plt.Rectangle((left + gene, height), 0.9, 0.7 * value, fc=colour, lw=0))
        ax.text(left - 0.25, height + 0.35, name, ha="right", va="center", fontsize=9.5)
    ax.annotate("", (6.9, 1.2), (6.1, 1.2), arrowprops={"arrowstyle": "->", "lw": 1.4})
    ax.set(xlim=(-3, 15.8), ylim=(0.1, 2.2))
    ax.set_axis_off()
    return fig


WORDS = {  # name: what is drawn, its alternative text, its caption
    "icd-drawn": (
        icd_of_a_batch,
        "Four rows of squares, filled where a unit is positive, with their mean beneath; beside each row its distance "
        "from the mean. Units that are the same for all samples add nothing.",
        "ICD of a batch of four samples and twelve units. A unit that all samples agree on adds nothing to any "
        "distance; one that half of them switch on adds most.",
    ),
    "firefly-step": (
        steps,
        "Two panels with a firefly, a brighter one and 400 places where it may land. With centred noise they surround "
        "the brighter one; with one-sided noise they lie above and to the right, many at the upper edge.",
        "One step of a firefly in two genes: 400 draws (dots) and their mean (cross).",
    ),
    "firefly-restart": (
        restart,
        "Bars of six genes: two parents, their child with three genes of each, and the child with one gene redrawn.",
        "The restart of IFA: three genes of one parent, three of the other, then one gene redrawn.",
    ),
}


def show(name: str) -> None:
    """Show one of the drawings in the book."""
    draw, alt, caption = WORDS[name]
    figures.show(draw(), name, alt=alt, caption=caption)
