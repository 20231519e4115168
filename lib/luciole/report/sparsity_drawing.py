"""A drawing of chapter 11: a mask at one event of its dynamics, before it, grown, and pruned.

The worths are invented; what joins and what leaves follows from them by the rule of :mod:`luciole.sparsity.joint`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.errors import extra
from luciole.sparsity.schedules import geometric
from luciole.sparsity.select import largest

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 8  # of the layer that is drawn: as many units before it as in it
FINAL, SHARE = 14, 0.5  # connections at the end, and how far this event goes towards them


@dataclass(frozen=True)
class Event:
    """Masks of one layer, all of one shape: what was present, what joins, what leaves."""

    present: Tensor
    joining: Tensor
    leaving: Tensor

    @property
    def after(self) -> Tensor:
        """What is present after the event."""
        return (self.present | self.joining) & ~self.leaving


def event(worth: Tensor, present: Tensor, final: int, share: float) -> Event:
    """Let the absent among the ``final`` of highest worth join, and the least of the others go, by ``share``.

    >>> worth = torch.tensor([3.0, 1.0, 2.0, 0.0])
    >>> told = event(worth, torch.tensor([True, True, False, False]), final=2, share=1.0)
    >>> told.joining.tolist(), told.leaving.tolist()
    ([False, False, True, False], [False, True, False, False])
    """
    joining = largest(worth, final) & ~present
    grown = present | joining
    size = round(geometric(int(grown.sum()), final, share))
    kept = largest(worth.masked_fill(~grown, -torch.inf).masked_fill(joining, torch.inf), size)
    return Event(present, joining, grown & ~kept)


def drawn(seed: int = 4) -> Event:
    """An event of a small layer whose worths are drawn; what is present is worth more, as after some training."""
    generator = torch.Generator().manual_seed(seed)
    present = largest(torch.rand(SIDE, SIDE, generator=generator), FINAL)
    worth = torch.rand(SIDE, SIDE, generator=generator) + 0.5 * present
    return event(worth, present, FINAL, SHARE)


def mask(told: Event) -> Figure:
    """Three panels: the connections before the event, those that join, and those that leave."""
    fig, panels = plt.subplots(1, 3, figsize=(WIDTH, 2.7))
    counts = [int(part.sum()) for part in (told.present, told.present | told.joining, told.after)]
    titles = (f"before: {counts[0]}", f"grown: {counts[1]}", f"pruned: {counts[2]}")
    for place, (ax, title) in enumerate(zip(panels, titles, strict=True)):
        _squares(ax, told.present, PALETTE[0])
        if place:
            _squares(ax, told.joining, PALETTE[2])
        if place == 2:
            _squares(ax, told.leaving, "white")
            rows, columns = torch.nonzero(told.leaving, as_tuple=True)
            ax.scatter(columns, rows, marker="x", color=PALETTE[3], s=42, lw=2)
        ax.set(title=title, xlim=(-0.6, SIDE - 0.4), ylim=(SIDE - 0.4, -0.6), aspect="equal")
        ax.set_axis_off()
    return fig


def _squares(ax: Axes, part: Tensor, colour: str) -> None:
    ax.add_patch(plt.Rectangle((-0.5, -0.5), SIDE, SIDE, fill=False, ec="0.6", lw=0.8))
    for row, column in torch.nonzero(part).tolist():
        ax.add_patch(plt.Rectangle((column - 0.43, row - 0.43), 0.86, 0.86, fc=colour, ec="none"))


def show() -> None:
    """Show the drawing in the book."""
    told = drawn()
    figures.show(
        mask(told),
        "mask-event",
        alt=f"Three squares of {SIDE} by {SIDE} places. The first has {int(told.present.sum())} filled, the second "
        f"{int(told.joining.sum())} more in another colour, in the third {int(told.leaving.sum())} of the first ones "
        "are crossed out.",
        caption="A mask at one event: a square is a connection of a unit (row) to one before it (column). Absent ones "
        "among the best join (green), then the worst of the others leave (crosses). Invented worths.",
    )
