"""WISDM's raw text, of 2010 and of 2019: person, activity, nanoseconds since the phone's start, x, y, z; no header."""

from luciole.datasets.reading.clocks import step
from luciole.datasets.reading.sheets import Sheet

NAME = "WISDM's raw text"
_NAMES = ("person", "activity", "time", "x", "y", "z")


def recognise(sheet: Sheet) -> bool:
    """Six cells a row: a whole number, a word, a great whole number, three numbers."""
    if sheet.named or len(sheet.columns) != 6:
        return False
    head = sheet.frame.head(50)
    whole = all(head[sheet.columns[k]].str.strip().str.fullmatch(r"\d+").all() for k in (0, 2))
    word = head[sheet.columns[1]].str.strip().str.fullmatch(r"[A-Za-z]\w*").all()
    return bool(whole and word and sheet.numbers(sheet.columns[2])[:50].max() > 1e9)


def translate(sheet: Sheet) -> Sheet:
    """Name the columns, with the unit of the time."""
    unit = "ns" if step(sheet.numbers(sheet.columns[2])) > 1e5 else "ms"
    names = [*_NAMES[:2], f"time ({unit})", *_NAMES[3:]]
    sheet.frame = sheet.frame.set_axis(names, axis=1)
    sheet._numbers.clear()
    sheet.named = True
    return sheet
