"""PAMAP2's protocol: 54 columns without names: time, activity (0: none), heart rate, three sensors of 17 columns."""

import numpy as np

from luciole.datasets.reading.account import LOSS
from luciole.datasets.reading.sheets import Sheet

NAME = "PAMAP2"
_SENSOR = (
    "temperature",
    *(f"{s} {a}" for s in ("acceleration 16g", "acceleration 6g", "rotation", "magnetic") for a in "xyz"),
    *(f"orientation {k}" for k in range(1, 5)),
)  # fmt: skip
_NAMES = ("time (s)", "label", "heart rate", *(f"{w} {s}" for w in ("hand", "chest", "ankle") for s in _SENSOR))


def recognise(sheet: Sheet) -> bool:
    """54 nameless columns, the first of them rising, the second whole numbers up to 24."""
    if sheet.named or len(sheet.columns) != 54:
        return False
    time, label = (sheet.numbers(name) for name in sheet.columns[:2])
    return bool((np.diff(time) > 0).mean() > 0.99 and np.isin(label, np.arange(25)).all())


def translate(sheet: Sheet) -> Sheet:
    """Name the columns; leave out the orientation, invalid in this set, and the heart rate, at 9 Hz."""
    sheet.frame = sheet.frame.set_axis(list(_NAMES), axis=1)
    sheet.frame["label"] = sheet.frame["label"].str.strip().where(sheet.frame["label"].str.strip() != "0", "")
    sheet._numbers.clear()
    sheet.named = True
    sheet.roles = {name: "skip" for name in _NAMES if "orientation" in name or "heart" in name}
    sheet.notes.append((LOSS, "activity 0 is none; orientation (invalid in this set) and heart rate (9 Hz)"))
    return sheet
