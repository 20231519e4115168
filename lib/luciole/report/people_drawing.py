"""A drawing of chapter 7: windows of invented people, split by window as one should not, and by person.

Colours are those of the three parts in both rows; the second row is made by :func:`luciole.datasets.splits.by_subject`.
"""

import numpy as np
from numpy.typing import NDArray

from luciole.book import figures
from luciole.book.figures import PALETTE, WIDTH
from luciole.datasets.dataset import Dataset
from luciole.datasets.splits import by_subject
from luciole.errors import extra

with extra("book"):
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

PEOPLE, WINDOWS = 10, 8
PARTS = {"train": PALETTE[5], "validation": PALETTE[1], "test": PALETTE[3]}


def parts() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part of each window, (people, windows), 0 train to 2 test: split by window, and split by person."""
    subject = np.repeat(np.arange(PEOPLE), WINDOWS)
    count = len(subject)
    windows, labels = np.zeros((count, 1, 2), np.float32), np.zeros(count, np.int64)
    split = by_subject(Dataset("drawn", windows, labels, ("a",), ("x",), subject=subject))
    by_person = np.zeros(count, dtype=np.int64)
    by_person[split.validation], by_person[split.test] = 1, 2
    by_window = np.random.default_rng(0).permutation(by_person)  # as many windows in each part
    return by_window.reshape(PEOPLE, WINDOWS), by_person.reshape(PEOPLE, WINDOWS)


def split() -> Figure:
    """Two panels of windows, a row a person."""
    fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 2.9))
    titles = ("by window: everybody is everywhere", "by person: nobody is in two parts")
    for ax, title, part in zip(panels, titles, parts(), strict=True):
        for (person, window), kind in np.ndenumerate(part):
            colour = list(PARTS.values())[kind]
            ax.add_patch(plt.Rectangle((window - 0.44, person - 0.4), 0.88, 0.8, fc=colour, ec="none"))
        ax.set(xlim=(-0.6, WINDOWS - 0.4), ylim=(PEOPLE - 0.4, -0.6), xlabel="window", ylabel="person")
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=10)
        ax.grid(False)
        ax.spines[:].set_visible(False)
    handles = [Patch(fc=colour, label=name) for name, colour in PARTS.items()]
    fig.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
    return fig


def show() -> None:
    """Show the drawing in the book."""
    _, by_person = parts()
    counts = [int((by_person[:, 0] == kind).sum()) for kind in range(len(PARTS))]
    figures.show(
        split(),
        "people-split",
        alt=f"Windows of {PEOPLE} people as rows of squares. Split by window, most rows hold several colours; split by "
        f"person, each row has one: {counts[0]} people to train on, {counts[1]} to validate on, {counts[2]} to test.",
        caption="Ten invented people, eight windows each. Split by window, the test holds near-copies of what was "
        "trained on; split by person, it holds people never seen.",
    )
