"""mHealth's logs: 24 columns without names, 50 Hz, the activity (0: none) last."""

import numpy as np

from luciole.datasets.reading.account import FACT
from luciole.datasets.reading.sheets import Sheet

NAME = "mHealth"
_NAMES = (
    *(f"chest acceleration {a}" for a in "xyz"), "ecg 1", "ecg 2",
    *(f"{w} {s} {a}" for w in ("ankle", "arm") for s in ("acceleration", "rotation", "magnetic") for a in "xyz"),
    "label",
)  # fmt: skip


def recognise(sheet: Sheet) -> bool:
    """24 nameless columns, the last of them whole numbers from 0 to 12."""
    if sheet.named or len(sheet.columns) != 24:
        return False
    last = sheet.numbers(sheet.columns[-1])
    return bool(np.isin(last, np.arange(13)).all())


def translate(sheet: Sheet) -> Sheet:
    """Name the columns; activity 0 is none."""
    sheet.frame = sheet.frame.set_axis(list(_NAMES), axis=1)
    sheet.frame["label"] = sheet.frame["label"].str.strip().where(sheet.frame["label"].str.strip() != "0", "")
    sheet._numbers.clear()
    sheet.named, sheet.hz = True, 50.0
    sheet.notes.append((FACT, "50 Hz as the set's description says; activity 0 is none"))
    return sheet
