"""phyphox: names with their unit in brackets, the time ``Time (s)`` first."""

from luciole.datasets.reading.sheets import Sheet

NAME = "phyphox"


def recognise(sheet: Sheet) -> bool:
    """``Time (s)``, and other columns whose names end in a unit."""
    return "Time (s)" in sheet.columns and sum(name.endswith(")") for name in sheet.columns) > 1


def translate(sheet: Sheet) -> Sheet:
    """Nothing to do: names and units say all."""
    return sheet
