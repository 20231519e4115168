"""A drawing of a cell of NAS-Bench-201: four nodes, six edges with their operations, and the string that says the same.

    fig = cell(nb201.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"))

The colour of an operation is the same in every drawing of the book.
"""

from luciole.book.figures import PALETTE, WIDTH
from luciole.errors import extra
from luciole.spaces import Rows, nb201

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch

WORDS = ("nothing", "skip", "1×1 conv", "3×3 conv", "3×3 pool")  # in the order of nb201.OPS
COLOURS = ("0.75", PALETTE[6], PALETTE[5], PALETTE[0], PALETTE[1])
PLACES = ((0.0, 0.0), (1.5, 0.85), (3.0, -0.85), (4.5, 0.0))  # of the nodes
BENDS = (-0.15, 0.2, -0.05, -0.95, -0.2, 0.15)  # of the arrows, in the order of nb201.EDGES
NAMED = ((0.55, 0.62), (1.3, -0.68), (2.5, 0.18), (1.0, 1.72), (3.4, 0.72), (3.95, -0.68))  # where operations are named
NODES = ("input", "node 1", "node 2", "output")


def cell(row: Rows) -> Figure:
    """Draw one cell (6,) with its string beneath."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.1))
    draw(ax, row)
    _string(ax, row, -1.75)
    return fig


def draw(ax: Axes, row: Rows) -> None:
    """Draw the graph of a cell (6,) into empty axes; an edge of ``none`` is dotted, for nothing flows there."""
    ax.set(xlim=(-0.6, 5.1), ylim=(-2.1, 2.05))
    ax.set_axis_off()
    for (target, source), op, bend, place in zip(nb201.EDGES, row, BENDS, NAMED, strict=True):
        arrow = FancyArrowPatch(
            PLACES[source], PLACES[target], connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=13,
            shrinkA=19, shrinkB=19, lw=1.8, color=COLOURS[op], linestyle=":" if op == nb201.NONE else "-",
        )  # fmt: skip
        ax.add_patch(arrow)
        ax.text(*place, WORDS[op], color="0.45" if op == nb201.NONE else COLOURS[op], fontsize=10.5, ha="center")
    for place, name in zip(PLACES, NODES, strict=True):
        ax.text(*place, name, ha="center", va="center", fontsize=10, bbox={"boxstyle": "round,pad=0.45", "fc": "white"})


def _string(ax: Axes, row: Rows, height: float) -> None:
    """Write the benchmark's string in the middle, a plus between the nodes' parts."""
    ax.text(2.25, height, nb201.format(row), ha="center", va="center", family="monospace", fontsize=7.2)
