"""How a chapter shows what its report made: numbers for the prose, tables, and what is folded behind a sentence.

show.keep({"ifa": "93.19"})                     # the prose writes {glue:text}`ifa`
show.table(frame, digits=2)
show.folded(frame, "All 28 variants, with the cells that each met")
"""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from luciole import files
from luciole.book import figures
from luciole.errors import LucioleError, extra

IDENTIFIER = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
PROSE = 25  # letters of a cell, from which its column is read and not compared from row to row
COLUMNS, ROWS = 8, 12  # of a table in sight; more is folded


def keep(numbers: Mapping[str, str]) -> None:
    """Keep the numbers of a report for the prose, by name."""
    for name, text in numbers.items():
        figures.glue(name, text)


def table(frame: pd.DataFrame, *, digits: int = 2) -> None:
    """Show a table of at most eight columns and twelve rows; LucioleError for a larger one, which should be folded."""
    with extra("book"):
        from IPython.display import HTML, display

    wide = frame.shape[1] + frame.index.nlevels
    if len(frame) > ROWS or wide > COLUMNS:
        raise LucioleError(
            f"expected a table of at most {COLUMNS} columns and {ROWS} rows in sight, got {wide} and {len(frame)}; "
            "show its most telling part and fold the whole"
        )
    display(HTML(markup(frame, digits)))


def folded(frame: pd.DataFrame, says: str, *, digits: int = 2) -> None:
    """Show a table behind the words ``says``, which a reader clicks to open."""
    fold(markup(frame, digits), says)


def lines(texts: Iterable[str], says: str) -> None:
    """Show lines of text behind the words ``says``: where numbers come from, what was compared."""
    root = f"{files.root()}/"  # a page shows no path of the machine that built it
    fold("".join(f"<p>{html.escape(text.replace(root, ''))}</p>" for text in texts), says)


def fold(inner: str, says: str) -> None:
    """Show ready HTML behind the words ``says``."""
    with extra("book"):
        from IPython.display import HTML, display

    display(HTML(f'<details class="fold"><summary>{html.escape(says)}</summary>{inner}</details>'))


def markup(frame: pd.DataFrame, digits: int = 2) -> str:
    """A table as HTML: numbers rounded to ``digits``, thousands parted, a missing one a dash; headers in words.

    >>> text = markup(pd.DataFrame({"runs": [1200], "mean": [0.126]}, index=["l2_norm"]))
    >>> "<td>1,200</td>" in text and "<td>0.13</td>" in text and "<th>l2 norm</th>" in text
    True
    """
    frame = frame.rename(index=words, columns=words)
    named = frame.rename_axis(None) if frame.index.nlevels == 1 else frame  # a name would be a row of its own
    told = named.to_html(
        border=0,
        classes="report",
        escape=True,
        float_format=lambda value: f"{value:,.{digits}f}",
        formatters=_whole(frame),
        na_rep="–",
    )
    prose = {place for place in range(frame.shape[1]) if frame.iloc[:, place].astype(str).str.len().max() >= PROSE}
    head, body = told.split("<tbody>")
    head = "</tr>".join(_aligned(row, "th", frame.shape[1], prose) for row in head.split("</tr>"))
    return head + "<tbody>" + "</tr>".join(_aligned(row, "td", frame.shape[1], prose) for row in body.split("</tr>"))


def _aligned(row: str, tag: str, columns: int, prose: set[int]) -> str:
    """A row whose cells (``td``) or heads (``th``, those of the index before them) are marked where they are prose."""
    first, *cells = row.split(f"<{tag}>")
    before = len(cells) - columns
    said = (f'<{tag} class="prose">' if place - before in prose else f"<{tag}>" for place in range(len(cells)))
    return first + "".join(opening + cell for opening, cell in zip(said, cells, strict=True))


def words(name: Any) -> Any:
    """A name of the code as a reader reads it; what is no name stays.

    >>> words("linear_regions"), words("UCI HAR_2"), words(3)
    ('linear regions', 'UCI HAR_2', 3)
    """
    return name.replace("_", " ") if isinstance(name, str) and IDENTIFIER.fullmatch(name) else name


def _whole(frame: pd.DataFrame) -> Any:
    whole = [name for name in frame if pd.api.types.is_integer_dtype(frame[name])]
    return dict.fromkeys(whole, "{:,}".format)
