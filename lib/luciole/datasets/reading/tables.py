"""A tolerant reader of tables: finds the separator, the decimal mark, the header, and where the rows begin.

By what most lines look like, never by a list of makers:

1. comment lines (``#``, ``%``, ``//``) are set aside; a ``;`` that ends every record is no separator;
2. the separator is the one that cuts most lines into equally many cells, most of them numbers;
3. rows begin with the first line whose cells are of the kinds (number, date) that the later lines have, the header is
   the line before, lines above it are kept for what they may say (a rate, a maker);
4. lines of dashes between rows, and the header repeated, part recordings;
5. rows with too few or too many cells are left out and counted, up to one in fifty; more are refused, the first named.
"""

import csv
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from luciole.datasets.reading import serial
from luciole.datasets.reading.account import FACT, GUESS, LOSS
from luciole.datasets.reading.content import text
from luciole.datasets.reading.sheets import MISSING, NoTable, Sheet
from luciole.errors import LucioleError

SEPARATORS = (",", ";", "\t", "|", " ")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]+\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?([.,:]\d+)?)\s*([AP]M)?"
)
_COMMENT = re.compile(r"\s*(#|%|//)\s?")
_DASHES = re.compile(r"[\s,;|]*[-=*_][-=*_\s,;|]*")
_UNIT = re.compile(
    r"[\[(]?([mun]?s|[mun]?sec\w*|hz|(mm?|cm)/\(?s.*|m?g|°c?|deg\S*|rad\S*|[µum]t|yyyy\S*|cal|raw|no units|unix\S*"
    r"|%|m?v|local|-|)[\])]?",
    re.IGNORECASE,
)
_SPARE = 50  # one broken row in so many is left out and said


def read(path: Path, place: tuple[str, ...]) -> Sheet:
    """Read one file of text as a table.

    Raises LucioleError naming the file and the line where it holds no table, or one that can be read in two ways.
    """
    whole, encoding = text(path)
    lines = [(number, line) for number, line in enumerate(re.split(r"\r\n|\n|\r", whole), 1) if line.strip()]
    if not lines:
        raise NoTable(f"{path}: expected a table, got an empty file")
    notes: list[tuple[int, str]] = []
    if encoding == "cp1252":
        notes.append((GUESS, "no UTF-8: accents were read as Western European (cp1252)"))
    said = ""
    if match := re.fullmatch(r'"?sep=(.)"?', lines[0][1].strip()):
        said, lines = match[1], lines[1:]
    comments = [(number, line) for number, line in lines if _COMMENT.match(line)]
    if len(comments) < len(lines):
        lines = [pair for pair in lines if not _COMMENT.match(pair[1])]
    lines = serial.table(_records(lines))
    sample = [line for _, line in lines[: 2 * _SPARE * 6]]
    sample = sample[len(sample) // 2 :]
    separator = said or _separator(sample)
    sample = [line for line in sample if not _DASHES.fullmatch(line)] or sample
    width = Counter(len(fields(line, separator)) for line in sample).most_common(1)[0][0]
    kinds = _kinds([cells for line in sample if len(cells := fields(line, separator)) == width], width)
    first = next((k for k, (_, line) in enumerate(lines) if _is_row(fields(line, separator), kinds)), None)
    if (
        first is None
        and len(lines) > 1
        and width > 1
        and all(len(fields(line, separator)) == width for _, line in lines)
    ):
        first = 1  # a table of texts alone: a list of files, as a rule
    if first is None:
        fault = "rows below the header, got none" if len(lines) == 1 else "rows of numbers, got none"
        raise NoTable(f"{path}: expected a CSV file or another table with {fault}")
    names, header = _header(path, [*comments, *lines[:first]], separator, kinds, lines[first][0])
    body, breaks = _body(path, lines[first:], separator, width, lines, header, notes)
    decimal = _decimal(path, body, separator, names, lines[first][0])
    frame = _frame(body, separator, width)
    frame.columns = pd.Index(names or [f"column {k + 1}" for k in range(width)])
    for k in reversed(range(width)):  # a separator at the end of every line
        if not str(frame.columns[k]).strip() and not (frame.iloc[:, k].str.strip() != "").any():
            frame = frame.iloc[:, [i for i in range(frame.shape[1]) if i != k]]
            notes.append((FACT, "a column without name or values was passed over"))
    frame.columns = pd.Index(_distinct([str(name) for name in frame.columns], notes))
    above = [line for number, line in sorted([*comments, *lines[:first]]) if number != header]
    rows = np.array([number for number, _ in body], dtype=np.int64)
    if separator != "," or decimal == ",":
        what = {";": "semicolons", "\t": "tabs", " ": "blanks", "|": "bars"}.get(separator, f"{separator!r}")
        notes.append((FACT, f"separated by {what}" + (", decimal commas" if decimal == "," else "")))
    if above:
        notes.append((FACT, f"{len(above)} lines of comment or above the header"))
    return Sheet(path, place, frame, rows, bool(names), above, header, decimal, breaks, notes=notes)


def fields(line: str, separator: str) -> list[str]:
    """Cut a line into its cells; a separator inside quotes is none; blanks count as one."""
    if separator == " ":
        return line.split()
    if '"' in line:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    return line.split(separator)


def _records(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Take the ``;`` from lines that end with one, each of which is a record; two records in a line are two."""
    ends = [line for _, line in lines if line.rstrip().endswith(";")]
    single = [line for line in ends if line.count(";") == 1 and any(s in line for s in (",", "\t"))]
    if len(single) < 0.6 * len(lines):
        return lines
    return [(number, piece) for number, line in lines for piece in line.split(";") if piece.strip()]


def _separator(sample: list[str]) -> str:
    """The separator under which most lines have equally many cells, most of them numbers."""
    best, found = 0.0, ""
    for separator in SEPARATORS:
        cut = [fields(line, separator) for line in sample]
        (width, times) = Counter(map(len, cut)).most_common(1)[0]
        cells = [cell.strip() for row in cut if len(row) == width for cell in row]
        known = sum(_kind(cell) in "nde" for cell in cells) / max(1, len(cells))
        worth = times / len(cut) * (0.05 + known)
        if width > 1 and worth > best + 1e-9:
            best, found = worth, separator
    return found or ","


def _kind(cell: str) -> str:
    cell = cell.strip()
    if cell.lower() in MISSING:
        return "e"
    return "n" if _NUMBER.fullmatch(cell) else "d" if _DATE.fullmatch(cell) else "t"


def _kinds(rows: list[list[str]], width: int) -> list[str]:
    """Kind of each column by its cells: n number, d date or clock, t text, e empty."""
    kinds = []
    for k in range(width):
        counted = Counter(kind for row in rows if (kind := _kind(row[k])) != "e")
        kinds.append(counted.most_common(1)[0][0] if counted else "e")
    return kinds


def _is_row(cells: list[str], kinds: list[str]) -> bool:
    typed = [k for k, kind in enumerate(kinds) if kind in "nd"]
    if len(cells) < len(kinds) or not typed:
        return False
    right = sum(_kind(cells[k]) == kinds[k] for k in typed)
    return right > 0 and 2 * sum(_kind(cells[k]) in (kinds[k], "e") for k in typed) >= len(typed)


def _header(
    path: Path, above: list[tuple[int, str]], separator: str, kinds: list[str], first: int
) -> tuple[list[str], int]:
    """Names of the columns and the line they stand in; no names where no line above can hold them."""
    units: list[str] = []
    width = len(kinds)
    candidates = sorted((pair for pair in above if pair[0] <= first), reverse=True)
    for number, line in candidates:
        cells = [cell.strip().strip('"') for cell in fields(_COMMENT.sub("", line, count=1), separator)]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if separator == "," and (number, line) == candidates[0] and 1 < len(cells) < width - 1:
            _refuse_commas(path, number, len(cells), width)
        if len(cells) == width - 1 and width > 2:  # row numbers have no name, or the last column holds nothing
            cells = [*cells, ""] if kinds[-1] == "e" else ["", *cells]
        if len(cells) != width or all(_DASHES.fullmatch(cell) or not cell for cell in cells):
            continue
        if not units and all(_UNIT.fullmatch(cell) for cell in cells):
            units = cells
            continue
        both = zip(cells, units or [""] * width, strict=True)
        return [f"{name} ({unit.strip('[]()')})" if unit.strip("[]()-") else name for name, unit in both], number
    return [], first


def _refuse_commas(path: Path, number: int, names: int, width: int) -> None:
    raise LucioleError(
        f"{path}, row {number + 1}: expected {names} cells as the header has, got {width}: decimal commas between "
        "commas can be read in several ways; export it with semicolons, or with decimal points"
    )


def _body(
    path: Path,
    lines: list[tuple[int, str]],
    separator: str,
    width: int,
    all_: list[tuple[int, str]],
    header: int,
    notes: list[tuple[int, str]],
) -> tuple[list[tuple[int, str]], tuple[int, ...]]:
    """The rows that have all their cells, and those with which another recording begins."""
    again = next((line for number, line in all_ if number == header), None)
    body: list[tuple[int, str]] = []
    broken: list[tuple[int, int]] = []
    breaks: list[int] = []
    simple = len(separator) == 1 and separator != " "
    dashed = sum(bool(_DASHES.fullmatch(line)) for _, line in all_)
    for number, line in lines:
        count = line.count(separator) + 1 if simple and '"' not in line else len(fields(line, separator))
        if (dashed and _DASHES.fullmatch(line)) or (line == again and number != header):
            breaks.append(len(body))
        elif count == width:
            body.append((number, line))
        elif count > width and not "".join(fields(line, separator)[width:]).strip():
            body.append((number, separator.join(fields(line, separator)[:width])))
        else:
            broken.append((number, count))
    if len(broken) > max(1, len(lines) // _SPARE):
        number, count = broken[0]
        raise LucioleError(
            f"{path}, row {number}: expected {width} cells as most rows have, got {count}, and so in {len(broken)} of "
            f"{len(lines)} rows; mend or delete them"
        )
    if broken:
        notes.append((LOSS, f"{len(broken)} rows with too few or too many cells, the first in line {broken[0][0]}"))
    if breaks:
        notes.append((FACT, "lines of dashes, or the header again, begin another recording"))
    return body, tuple(breaks)


def _decimal(path: Path, body: list[tuple[int, str]], separator: str, names: list[str], first: int) -> str:
    if separator == ",":
        quoted = [cell for _, line in body[:200] if '"' in line for cell in fields(line, separator)]
        return "," if any(re.fullmatch(r"[+-]?\d+,\d+", cell.strip()) for cell in quoted) else "."
    cells = [cell.strip() for _, line in body[:200] for cell in fields(line, separator)]
    commas = [cell for cell in cells if re.fullmatch(r"[+-]?\d*,\d+([eE][+-]?\d+)?", cell)]
    points = [cell for cell in cells if re.fullmatch(r"[+-]?\d*\.\d+([eE][+-]?\d+)?", cell)]
    if commas and points:
        raise LucioleError(
            f"{path}, row {first}: expected one decimal mark, got {commas[0]!r} and {points[0]!r}; export it with one"
        )
    return "," if commas else "."


def _frame(body: list[tuple[int, str]], separator: str, width: int) -> pd.DataFrame:
    """All cells as texts: words that pandas takes for missing values are words here."""
    joined = io.StringIO("\n".join(line.strip() if separator == " " else line for _, line in body))
    return pd.read_csv(
        joined,
        sep=r"\s+" if separator == " " else separator,
        header=None,
        names=list(range(width)),
        index_col=False,
        dtype=str,
        na_filter=False,
        skipinitialspace=True,
    )


def _distinct(names: list[str], notes: list[tuple[int, str]]) -> list[str]:
    """Names without blanks around them; a name met before gets a number."""
    seen: Counter[str] = Counter()
    given = []
    for name in (name.strip().strip('"').strip() for name in names):
        seen[name] += 1
        given.append(name if seen[name] == 1 else f"{name} {seen[name]}".strip())
        if seen[name] == 2 and name:
            notes.append((GUESS, f"two columns are called {name!r}: the second is read as '{name} 2'"))
    return given
