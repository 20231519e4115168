"""A drawing of chapter 1: the four building blocks of a search, and what they hand to each other."""

from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.errors import extra

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch

BLOCKS = {  # title, what it answers, example: place of the middle, colour
    ("search space", "what may be built?", "cells of NAS-Bench-201"): ((0.0, 1.0), PALETTE[0]),
    ("search strategy", "which one is next?", "evolution, fireflies"): ((3.4, 1.0), PALETTE[1]),
    ("estimate", "how good may it be?", "12 epochs, a score"): ((3.4, -1.0), PALETTE[2]),
    ("evaluation", "how good is the answer?", "test once, count costs"): ((0.0, -1.0), PALETTE[4]),
}
ARROWS = (  # from, to, what is handed over, where that is written
    ((1.18, 1.0), (2.22, 1.0), "genotypes", (1.7, 1.13)),
    ((3.7, 0.42), (3.7, -0.42), "a candidate", (4.34, 0.0)),
    ((3.1, -0.42), (3.1, 0.42), "a value,\nits cost", (2.5, 0.0)),
    ((2.3, 0.5), (0.9, -0.42), "the choice", (1.25, 0.22)),
)


def blocks() -> Figure:
    """Draw the four blocks as boxes and what flows between them as arrows."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.4))
    for (title, question, example), ((x, y), colour) in BLOCKS.items():
        ax.add_patch(plt.Rectangle((x - 1.15, y - 0.55), 2.3, 1.1, fc="white", ec=colour, lw=2))
        ax.text(x, y + 0.3, title, ha="center", va="center", fontsize=11, weight="bold")
        ax.text(x, y, question, ha="center", va="center", fontsize=9.5)
        ax.text(x, y - 0.3, example, ha="center", va="center", fontsize=9.5, color="0.35", style="italic")
    for start, end, name, place in ARROWS:
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, lw=1.5, color="0.2"))
        ax.text(*place, name, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-1.3, 5.0), ylim=(-1.7, 1.7))
    ax.set_axis_off()
    return fig


def show() -> None:
    """Show the drawing in the book."""
    figures.show(
        blocks(),
        "building-blocks",
        alt="Four boxes. The search space hands genotypes to the search strategy; the strategy hands a candidate to "
        "the estimate, which gives back a value and its cost; at the end its choice goes to the evaluation.",
        caption="The four building blocks of a search, and what they hand to each other. Strategy and estimate go "
        "round until the budget is spent; the evaluation comes once, afterwards.",
    )
