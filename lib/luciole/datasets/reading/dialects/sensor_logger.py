"""Sensor Logger: one file a sensor, ``time`` in nanoseconds since 1970, ``seconds_elapsed``, then z, y, x."""

from luciole.datasets.reading.sheets import Sheet

NAME = "Sensor Logger"


def recognise(sheet: Sheet) -> bool:
    """Both of its clocks."""
    return {"time", "seconds_elapsed"} <= set(sheet.columns)


def translate(sheet: Sheet) -> Sheet:
    """The clock that several sensors share is ``time``; the other counts from each file's own start."""
    sheet.roles = {"time": "time", **sheet.roles}
    return sheet
