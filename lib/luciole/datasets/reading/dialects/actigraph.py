"""ActiGraph (ActiLife, GT3X): ten lines of header, the rate in the first of them, no column of times."""

import re

from luciole.datasets.reading.sheets import Sheet

NAME = "ActiGraph"
_RATE = re.compile(r"\bat (\d+(?:\.\d+)?) Hz\b")


def recognise(sheet: Sheet) -> bool:
    """``Data File Created By ActiGraph`` above the table."""
    return any("ActiGraph" in line for line in sheet.above)


def translate(sheet: Sheet) -> Sheet:
    """Take the rate from the line that states it."""
    rates = [match[1] for line in sheet.above if (match := _RATE.search(line))]
    sheet.hz = float(rates[0]) if rates else sheet.hz
    return sheet
