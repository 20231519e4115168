"""OPPORTUNITY: 250 columns without names: milliseconds, 242 channels, seven tracks of labels to choose from."""

import numpy as np

from luciole.datasets.reading.account import FACT
from luciole.datasets.reading.sheets import Sheet

NAME = "OPPORTUNITY"
TRACKS = ("Locomotion", "HL_Activity", "LL_Left_Arm", "LL_Left_Arm_Object", "LL_Right_Arm", "LL_Right_Arm_Object",
          "ML_Both_Arms")  # fmt: skip


def recognise(sheet: Sheet) -> bool:
    """250 nameless columns, the first of them rising."""
    return (
        not sheet.named and len(sheet.columns) == 250 and (np.diff(sheet.numbers(sheet.columns[0])) > 0).mean() > 0.99
    )


def translate(sheet: Sheet) -> Sheet:
    """Name the time and the tracks; which track is the label is asked, since none is more right than another."""
    names = ["time (ms)", *(f"channel {k}" for k in range(2, 244)), *TRACKS]
    sheet.frame = sheet.frame.set_axis(names, axis=1)
    for track in TRACKS:
        cells = sheet.frame[track].str.strip()
        sheet.frame[track] = cells.where(cells != "0", "")
    sheet._numbers.clear()
    sheet.named = True
    sheet.roles = dict.fromkeys(TRACKS, "track")
    sheet.notes.append((FACT, "code 0 of a track is none"))
    return sheet
