"""Recorders that are known by the layout of what they write: a short file each, tried in order, the first that fits.

A dialect has a ``NAME``, ``recognise(sheet)``, which looks at layout alone (names of columns, lines above them, first
rows; never the file's own name), and ``translate(sheet)``, which gives the sheet with what only this recorder's readers
know: which rows are no samples, which lines are a rate, which columns have no name. A layout that general rules read
right needs no dialect; one that is only named here has an empty ``translate``.
"""

from types import ModuleType

from luciole.datasets.reading.account import FACT, Account
from luciole.datasets.reading.dialects import (
    actigraph,
    daphnet,
    empatica,
    mhealth,
    opportunity,
    pamap2,
    phyphox,
    sensor_logger,
    wisdm,
)
from luciole.datasets.reading.sheets import Sheet

DIALECTS: tuple[ModuleType, ...] = (
    actigraph, daphnet, empatica, mhealth, opportunity, pamap2, phyphox, sensor_logger, wisdm,
)  # fmt: skip


def translate(sheet: Sheet, account: Account) -> Sheet:
    """Give a sheet to the dialect that recognises it, and say so."""
    for dialect in DIALECTS:
        if dialect.recognise(sheet):
            account.say(FACT, f"layout of {dialect.NAME}", "/".join(sheet.place))
            return dialect.translate(sheet)
    return sheet
