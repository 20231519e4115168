"""Daphnet's freezing of gait: 11 columns without names: milliseconds, three sensors of x, y, z in mg, annotation."""

import numpy as np

from luciole.datasets.reading.account import FACT
from luciole.datasets.reading.sheets import Sheet

NAME = "Daphnet"
_NAMES = ("time (ms)", *(f"{w} acceleration {a}" for w in ("ankle", "thigh", "trunk") for a in "xyz"), "label")


def recognise(sheet: Sheet) -> bool:
    """11 nameless columns of whole numbers, the first rising, the last 0, 1 or 2."""
    if sheet.named or len(sheet.columns) != 11:
        return False
    time, label = sheet.numbers(sheet.columns[0]), sheet.numbers(sheet.columns[-1])
    return bool(
        (np.diff(time) > 0).mean() > 0.99 and np.isin(label, (0, 1, 2)).all() and (time == np.round(time)).all()
    )


def translate(sheet: Sheet) -> Sheet:
    """Name the columns; annotation 0 is no part of the experiment."""
    sheet.frame = sheet.frame.set_axis(list(_NAMES), axis=1)
    sheet.frame["label"] = sheet.frame["label"].str.strip().where(sheet.frame["label"].str.strip() != "0", "")
    sheet._numbers.clear()
    sheet.named = True
    sheet.notes.append((FACT, "annotation 0, no part of the experiment, is none"))
    return sheet
