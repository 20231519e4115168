"""A drawing of a cell of NAS-Bench-201: four nodes, six edges with their operations, and the string that says the same.

    fig = cell(nb201.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"))

The colour of an operation is the same in every drawing of the book.
"""

from luciole.book import figures
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
PLACES = ((0.0, 0.0), (1.6, 0.6), (3.1, -0.6), (4.7, 0.0))  # of the nodes
BENDS = (0.0, 0.0, 0.0, -0.52, 0.0, 0.0)  # of the arrows, in the order of nb201.EDGES
NODES = ("input", "node 1", "node 2", "output")


def cell(row: Rows) -> Figure:
    """Draw one cell (6,) with its string beneath."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.0))
    draw(ax, row)
    ax.text(2.35, -1.12, nb201.format(row), ha="center", va="center", family="monospace", fontsize=7.2)
    return fig


def show(row: Rows, name: str) -> None:
    """Show the drawing of a cell (6,) in the book."""
    figures.show(
        cell(row),
        name,
        alt="Graph of a cell: input, node 1, node 2 and output, joined by six arrows with their operations, "
        + ", ".join(f"{source} to {target} {WORDS[op]}" for (target, source), op in zip(nb201.EDGES, row, strict=True))
        + "; beneath it the benchmark's string of the same cell.",
        caption="A cell of NAS-Bench-201. An edge of `none` carries nothing; the string names each edge by its "
        "operation and the node that it comes from.",
    )


def draw(ax: Axes, row: Rows) -> None:
    """Draw the graph of a cell (6,) into empty axes; an edge of ``none`` is dotted, for nothing flows there."""
    ax.set(xlim=(-0.5, 5.2), ylim=(-1.3, 1.45), aspect="equal")
    ax.set_axis_off()
    for (target, source), op, bend in zip(nb201.EDGES, row, BENDS, strict=True):
        (x, y), (to_x, to_y) = PLACES[source], PLACES[target]
        style, colour = f"arc3,rad={bend}", COLOURS[op]
        arrow = FancyArrowPatch(
            (x, y), (to_x, to_y), connectionstyle=style, arrowstyle="-|>", mutation_scale=13, shrinkA=19, shrinkB=22,
            lw=1.8, color=colour, linestyle=":" if op == nb201.NONE else "-",
        )  # fmt: skip
        ax.add_patch(arrow)
        middle = (x + to_x) / 2 + bend * (to_y - y) / 2, (y + to_y) / 2 - bend * (to_x - x) / 2  # of the bent arrow
        ax.text(
            *middle, WORDS[op], color="0.4" if op == nb201.NONE else colour, fontsize=10, ha="center", va="center",
            bbox={"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none"},
        )  # fmt: skip
    for place, name in zip(PLACES, NODES, strict=True):
        box = {"boxstyle": "round,pad=0.45", "fc": "white"}
        ax.text(*place, name, ha="center", va="center", fontsize=10, bbox=box)
