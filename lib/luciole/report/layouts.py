"""The five commonest layouts of recordings, drawn with what each part is taken for: written and read back for it.

layouts.picture()                    # on the page about columns and options
path = layouts.write(layouts.LAYOUTS[1], folder)
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from luciole import datasets
from luciole.book import figures
from luciole.errors import LucioleError, extra

with extra("book"):
    import matplotlib.pyplot as plt
    from IPython.display import Image
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PEOPLE, THINGS = ("lea", "max"), ("run", "walk")
HZ, SECONDS = 50, 10.24
COLOURS = {"the activity": figures.PALETTE[1], "the person": figures.PALETTE[5], "time": figures.PALETTE[2],
           "a channel": "#bbbbbb"}  # fmt: skip
WHO = {"label": "the activity", "subject": "the person", "time": "time"}  # of a column, or a part of a path
ARRAYS = {"X": "a channel", "y": "the activity", "subject": "the person", "hz": ""}
SIZE, BROAD, HIGH = 8.0, 0.602, 13.0  # points of a letter, its width beside that, points from line to line
TABLE = 32  # letters from the left to the table
ROWS = 2  # of a table, beside its header

Pieces = list[tuple[str, str]]  # a line: text, and what it was taken for ("": nothing)


@dataclass(frozen=True)
class Layout:
    """One way to lay recordings; the path's ``{subject}``, ``{label}`` and ``{sensor}`` are what changes."""

    title: str
    path: str
    columns: tuple[str, ...] = ("time", "x", "y", "z")
    sensors: tuple[str, ...] = ("",)


LAYOUTS = (
    Layout("a file a recording", "{subject}-{label}.csv", ("time", "x", "y", "z", "label", "subject")),
    Layout("folders", "{label}/{subject}.csv"),
    Layout("a file a sensor", "{subject}/{label}/{sensor}.csv", sensors=("Accelerometer", "Gyroscope")),
    Layout("all in one file", "all.csv", ("time", "x", "y", "z", "label", "subject")),
    Layout("windows already cut", "mine.npz", tuple(ARRAYS)),
)


def recordings(layout: Layout) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Every file's names and its table, of invented recordings."""
    rng = np.random.default_rng(0)
    t = np.arange(round(HZ * SECONDS)) / HZ
    for subject in PEOPLE:
        for label in THINGS:
            for sensor in layout.sensors:
                pace = 1.8 if label == "walk" else 2.9
                waves = np.sin(2 * np.pi * pace * t + rng.uniform(0, 6, (3, 1))) + rng.normal(0, 0.05, (3, len(t)))
                table = pd.DataFrame(waves.T.round(3), columns=["x", "y", "z"])
                table = table.assign(time=t.round(2), label=label, subject=subject)
                yield {"subject": subject, "label": label, "sensor": sensor}, table


def write(layout: Layout, folder: Path) -> Path:
    """Write a layout below ``folder``, and return what a reader is given: the folder, or the one file."""
    whole = []
    for names, table in recordings(layout):
        path = folder / layout.path.format(**names)
        if "{" not in layout.path:
            whole.append(table)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            table[list(layout.columns)].to_csv(path, index=False)
    if not whole:
        return folder
    if path.suffix == ".csv":
        pd.concat(whole)[list(layout.columns)].to_csv(path, index=False)
        return path
    windows = [table[["x", "y", "z"]].to_numpy().T.reshape(3, -1, 128).swapaxes(0, 1) for table in whole]
    told = {name: np.repeat([table[name].iloc[0] for table in whole], len(windows[0])) for name in ("label", "subject")}
    np.savez(path, X=np.concatenate(windows), y=told["label"], subject=told["subject"], hz=float(HZ))
    return path


def check(layout: Layout, path: Path) -> None:
    """Read what was written; LucioleError where the reading takes it for something else than is drawn."""
    data = datasets.load(path)
    people = len(np.unique(data.subject)) if data.subject is not None else 0
    if data.class_names != THINGS or people != len(PEOPLE) or data.channels != 3 * len(layout.sensors):
        raise LucioleError(f"layout {layout.title!r}: expected two activities and two people, got {data.describe()}")


def tree(layout: Layout) -> list[Pieces]:
    """The files' paths, a line each, their parts with what they were taken for, where no column says it."""
    lines: list[Pieces] = []
    said = {name for name in WHO if name not in layout.columns}
    for names, _ in recordings(layout):
        line: Pieces = []
        for part in layout.path.replace("{", "}").split("}"):
            line.append((names.get(part, part), WHO[part] if part in said else ""))
        if line not in lines:
            lines.append(line)
    return lines[: 2 * ROWS]


def table(layout: Layout, path: Path) -> list[Pieces]:
    """The first lines of a file, or the arrays of an ``.npz`` with their shapes."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as held:
            shown = {name: held[name] for name in layout.columns}
        return [
            [(f"{name:<9}", ARRAYS[name]), (f"{array.shape or array.item()!s:<14}", ""), (_first(array), "")]
            for name, array in shown.items()
        ]
    first = sorted(path.rglob("*.csv"))[0] if path.is_dir() else path
    texts = [line.split(",") for line in first.read_text(encoding="utf-8").splitlines()[: 1 + ROWS]]
    roles = [WHO.get(name, "a channel") for name in layout.columns]
    return [[(f"{text:<8}", role) for text, role in zip(line, roles, strict=True)] for line in texts]


def _first(array: np.ndarray) -> str:
    """What an array of an ``.npz`` holds, in words."""
    if array.ndim == 3:
        return "windows, channels, time"
    return f"{array[0]}, {array[1]}, …" if array.ndim else "samples a second"


def draw() -> Figure:
    """Write, read and draw the five layouts; LucioleError where one is not read as drawn."""
    blocks: list[tuple[str, list[Pieces], list[Pieces]]] = []
    with TemporaryDirectory() as folder:
        for number, layout in enumerate(LAYOUTS):
            below = Path(folder) / f"layout {number}"
            below.mkdir()
            path = write(layout, below)
            check(layout, path)
            blocks.append((layout.title, tree(layout), table(layout, path)))
    count = 2 + sum(2 + max(len(left), len(right)) for _, left, right in blocks)
    fig = plt.figure(figsize=(figures.WIDTH, count * HIGH / 72), layout="none")
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 72 * figures.WIDTH / (SIZE * BROAD)), ylim=(count, 0))
    ax.set_axis_off()
    _write(ax, 1, 1, [piece for name in COLOURS for piece in ((name, name), ("   ", ""))])
    at = 3
    for title, left, right in blocks:
        ax.text(1, at, title, fontsize=SIZE + 1.5, weight="bold", va="center")
        for x, block in ((1, left), (TABLE, right)):
            for number, pieces in enumerate(block, start=1):
                _write(ax, x, at + number, pieces)
        at += 2 + max(len(left), len(right))
    return fig


def picture() -> Image:
    """The drawing as an image of the page's width; its words stand on the page."""
    held = io.BytesIO()
    with plt.style.context([figures.STYLE, {"text.hinting": "none"}]):  # letters as broad as they are counted
        fig = draw()
        fig.savefig(held, format="png", dpi=figures.DOTS)
        plt.close(fig)
    return Image(held.getvalue(), format="png", width=round(figures.SHOWN * figures.WIDTH))


def _write(ax: Axes, x: float, y: float, pieces: Pieces) -> None:
    """Write pieces one behind the other, on the colour of what they are taken for."""
    for text, role in pieces:
        if role:
            ax.barh(y, len(text.rstrip()), 0.84, left=x, color=COLOURS[role], alpha=0.45)
        ax.text(x, y, text, fontsize=SIZE, family="DejaVu Sans Mono", va="center_baseline")
        x += len(text)
