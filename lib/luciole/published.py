"""Figures that others published, apart from ours: ``data/published.csv``, one row a figure.

Columns: ``key`` (the citation in book/references.bib, a slash, and a name), ``figure``, ``unit``, ``protocol`` (what
was measured, how), ``source`` (the work, the table or page), ``seen`` (where the number was read: the paper's own text,
its abstract, its code, or a third party).
"""

import pandas as pd

from luciole import files
from luciole.errors import LucioleError

COLUMNS = ["key", "figure", "unit", "protocol", "source", "seen"]


def read() -> pd.DataFrame:
    """All published figures as a table with the columns above; ``figure`` is a number.

    Raises LucioleError when the file lacks a column, repeats a key, or has an empty field.
    """
    path = files.data_file("published.csv")
    table = pd.read_csv(path, dtype={name: str for name in COLUMNS if name != "figure"}, keep_default_na=False)
    if list(table.columns) != COLUMNS:
        raise LucioleError(f"{path.name} should have the columns {', '.join(COLUMNS)}, got {', '.join(table.columns)}")
    for row in table.itertuples():
        if "" in row:
            raise LucioleError(f"{path.name}: the row of {row.key!r} has an empty field; say what is known")
    repeated = table["key"][table["key"].duplicated()]
    if len(repeated):
        raise LucioleError(f"{path.name}: the key {repeated.iloc[0]!r} stands twice; keys should be unique")
    try:
        return table.astype({"figure": float})
    except ValueError as error:
        raise LucioleError(f"{path.name}: the column figure should hold numbers: {error}") from error


def figure(key: str) -> float:
    """The published figure called ``key``; LucioleError when there is none."""
    table = read()
    rows = table.loc[table["key"] == key, "figure"]
    if rows.empty:
        raise LucioleError(f"expected a key of data/published.csv, got {key!r}; add a row with its source")
    return float(rows.iloc[0])
