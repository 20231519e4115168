"""What the chapters' figures share: one style, one palette, alternative text, and numbers for the prose.

    figures.use_style()
    fig, ax = plt.subplots()
    ax.set(xlabel="simulated time (s)", ylabel="test accuracy (%)")
    figures.show(fig, "regret", alt="Two falling curves: ...", caption="Regret against simulated time.")

The palette is that of Okabe and Ito (2008), which stays apart for colour-blind readers. Figures stand on a white card,
so that they read the same in the light and in the dark theme.
"""

import io
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from luciole.errors import LucioleError, extra

with extra("book"):
    import matplotlib.pyplot as plt
    import matplotlib.style
    from cycler import cycler
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatter, LogLocator, NullFormatter

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#8C8C2E")
HAIR = 0.12  # of the smaller side of a text's box, by which it may reach into another's: boxes are larger than letters
WIDTH, HEIGHT = 6.4, 3.8  # inches; with letters of 12 points still read on a phone, where it is 3.6 inches wide
DOTS, SHOWN = 200, 115  # an inch: in the file, for dense screens, and on the page, to fill the column

STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 12,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "figure.figsize": (WIDTH, HEIGHT),
    "font.size": 12,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.facecolor": "white",
}


def use_style() -> None:
    """Give the figures that follow the style of the book."""
    matplotlib.style.use(STYLE)


def show(fig: Figure, name: str, *, alt: str, caption: str) -> None:
    """Display a figure in the book, numbered, and close it; one figure a cell.

    ``name`` is what the prose refers to, ``{numref}`name` ``, and is unique in the book. ``alt`` says what the figure
    shows to who cannot see it. ``caption`` may hold MyST markup. Raises LucioleError when a word is missing, when an
    axis with numbers has no label, or when two texts lie over each other.
    """
    with extra("book"):
        from IPython.display import display

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise LucioleError(f"a figure's name should be lower-case words joined by hyphens, got {name!r}")
    if len(alt) < 20 or not caption:
        raise LucioleError(f"figure {name} should have an alternative text that says what is seen, and a caption")
    for side in unlabelled(fig):
        raise LucioleError(f"figure {name}: {side} has no label; name the quantity and its unit")
    thin(fig)
    for one, other in overlapping(fig):
        raise LucioleError(f"figure {name}: {one!r} and {other!r} lie over each other; move or leave out one")
    image = io.BytesIO()
    fig.savefig(image, format="png", dpi=DOTS)
    plt.close(fig)
    words = {"alt": alt, "name": name, "caption": caption}
    display(
        {"image/png": image.getvalue(), "text/plain": alt},
        raw=True,
        metadata={"luciole": words, "image/png": {"width": round(SHOWN * fig.get_figwidth())}},
    )


def label_points(ax: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str], size: float = 7.5) -> None:
    """Write each point's name to its right, names that would overlap one below the other, a line leading to them.

    Set the scales and limits of the axes first.

    >>> fig, ax = plt.subplots()
    >>> label_points(ax, [1, 1], [0.5, 0.5], ["one", "other"])
    >>> first, second = (text.get_position()[1] for text in ax.texts)
    >>> bool(first - second >= 7.5)
    True
    >>> plt.close(fig)
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise LucioleError("expected axes that stand in a figure, got axes taken out of theirs")
    figure.draw_without_rendering()
    dots = ax.transData.transform(np.column_stack([x, y])) * 72 / figure.dpi  # in points, as text sizes are
    taken: list[tuple[float, float, float]] = []  # left, right, height of the names written so far
    for place in np.argsort(-dots[:, 1], kind="stable"):
        left, height = dots[place] + (5, -size / 3)
        right = left + 0.62 * size * len(names[place])
        for begins, ends, above in sorted(taken, key=lambda name: -name[2]):
            if begins < right and left < ends and abs(above - height) < 1.15 * size:
                height = above - 1.15 * size
        taken.append((left, right, height))
        shift = (5, height - dots[place][1])
        line = {"arrowstyle": "-", "linewidth": 0.5, "color": "0.6", "shrinkA": 0} if shift[1] < -size else None
        ax.annotate(
            names[place], (x[place], y[place]), shift, textcoords="offset points", fontsize=size, arrowprops=line
        )


def thin(fig: Figure) -> None:
    """Label fewer of the numbers between the powers of ten where a logarithmic axis has no room for all of them.

    >>> fig, ax = plt.subplots(figsize=(1.5, 1.5))
    >>> _ = ax.set(xscale="log", xlim=(11, 53), yticks=[])
    >>> thin(fig)
    >>> overlapping(fig)
    []
    >>> plt.close(fig)
    """
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if axis.get_scale() == "log" and _crowded(fig, axis):
                axis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
                axis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 2)))
                if _crowded(fig, axis):
                    axis.set_minor_formatter(NullFormatter())


def _crowded(fig: Figure, axis: Axis) -> bool:
    said = {label.get_text() for label in axis.get_ticklabels(which="both")} - {""}
    return any(one in said and other in said for one, other in overlapping(fig))


def overlapping(fig: Figure) -> list[tuple[str, str]]:
    """Pairs of texts of ``fig`` whose boxes overlap by more than a hair: titles, labels, ticks, legends, annotations.

    Slanted texts are left out: their boxes overlap where they do not.

    >>> fig, ax = plt.subplots()
    >>> for words in ("one", "other"):
    ...     _ = ax.text(0.5, 0.5, words)
    >>> overlapping(fig)
    [('one', 'other')]
    >>> plt.close(fig)
    """
    fig.draw_without_rendering()
    boxes = []
    for text in _texts(fig):
        box = Text.get_window_extent(text)  # an annotation's own would hold its arrow
        hair = HAIR * min(box.width, box.height)
        if box.width > 2 * hair and text.get_rotation() % 90 == 0:
            boxes.append((text.get_text(), box.x0 + hair, box.x1 - hair, box.y0 + hair, box.y1 - hair))
    return [
        (one[0], other[0])
        for one, other in combinations(boxes, 2)
        if one[1] < other[2] and other[1] < one[2] and one[3] < other[4] and other[3] < one[4]
    ]


def _texts(fig: Figure) -> Iterator[Text]:
    """Every text that is drawn: those of ticks outside the limits of their axis are not."""
    outside = set()
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-9 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not (ax.axison and axis.get_visible() and low - room <= tick.get_loc() <= high + room):
                    outside |= {tick.label1, tick.label2}
    for text in fig.findobj(Text):
        if isinstance(text, Text) and text not in outside and text.get_visible() and text.get_text().strip():
            holder: Any = text.axes
            if holder is None or (holder.get_visible() and (holder.axison or text not in _labels(holder))):
                yield text


def _labels(ax: Axes) -> set[Text]:
    return {text for axis in (ax.xaxis, ax.yaxis) for text in (axis.label, axis.offsetText)}


def unlabelled(fig: Figure) -> list[str]:
    """The axes of ``fig`` that show tick labels but no label of their own; shared and hidden axes are left out.

    >>> fig, ax = plt.subplots()
    >>> _ = ax.set(xlabel="epochs")
    >>> unlabelled(fig)
    ['the y axis of panel 1']
    """
    fig.draw_without_rendering()
    missing = []
    shared = (fig.get_supxlabel(), fig.get_supylabel())
    for panel, ax in enumerate(fig.axes, start=1):
        for letter, axis, common in zip("xy", (ax.xaxis, ax.yaxis), shared, strict=True):
            ticks = any(label.get_visible() and label.get_text() for label in axis.get_ticklabels())
            seen = ax.axison and axis.get_visible() and ticks
            if seen and not axis.label.get_text() and not common and not _named(ax, letter):
                missing.append(f"the {letter} axis of panel {panel}")
    return missing


def _named(ax: Axes, letter: str) -> bool:
    """Whether the ticks of an axis are words (methods, data sets), which need no unit."""
    labels = (ax.get_xticklabels() if letter == "x" else ax.get_yticklabels()) or []
    texts = [label.get_text() for label in labels if label.get_text()]
    return bool(texts) and all(re.search(r"[A-Za-z]{2}", text) for text in texts)


def glue(name: str, value: Any, form: str = "") -> None:
    """Keep a number of this run for the prose, which shows it by ``{glue:text}`name` ``.

    ``form`` is a format specification such as ``.2f``; the text is fixed here, so that all mentions agree.
    """
    with extra("book"):
        from myst_nb import glue as keep

    keep(name, format(value, form), display=False)


def glue_markdown(name: str, text: str) -> None:
    """Keep words with markup for the prose, which shows them by ``{glue:md}`name` ``.

    Names of the library stand between back-ticks there, as elsewhere in the book.
    """
    with extra("book"):
        from IPython.display import Markdown
        from myst_nb import glue as keep

    keep(name, Markdown(text), display=False)


def names(*called: str) -> str:
    """Names of the library as the book writes them, for :func:`glue_markdown`.

    >>> names("az_nas", "icd")
    '`az_nas`, `icd`'
    """
    return ", ".join(f"`{name}`" for name in called)
