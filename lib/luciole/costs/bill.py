"""What the long computations of this study have cost so far, added up from the records beside their results.

>>> bill = spent()
>>> list(bill.columns)
['seconds', 'joules', 'energy', 'known']

A run that wrote several results counts once. A run without a reading of its energy is charged the mean power of those
that have one, and is marked: an omission would look like thrift.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from luciole import files

ERROR = 0.40  # relative: the largest error found against power meters (Fischer 2025, in data/published.csv)


def spent(folder: Path | None = None) -> pd.DataFrame:
    """One row a computation (its function): seconds, joules, how they are known, and whether they are ``known``.

    ``folder`` is that of the results. Where no run has a reading of its energy, unknown joules stay NaN.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for path in sorted((folder or files.results()).glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if "seconds" not in record or "function" not in record:
            continue  # not the record of a result
        name = record["function"].removeprefix("luciole.experiments.").removesuffix(".run")
        joules = np.nan if record["joules"] is None else float(record["joules"])
        known = rows.get(name)
        if known is None or record["seconds"] > float(known["seconds"]):
            rows[name] = {"seconds": float(record["seconds"]), "joules": joules, "energy": record["energy"]}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["seconds", "joules", "energy"])
    table["known"] = table["joules"].notna()
    metered = table[table["known"]]
    watts = metered["joules"].sum() / metered["seconds"].sum() if len(metered) else np.nan
    table["joules"] = table["joules"].astype(float).fillna(watts * table["seconds"])
    return table


def bounds(joules: float, error: float = ERROR) -> tuple[float, float]:
    """The range of true energies for which an estimate of ``joules`` is off by at most ``error`` of the truth.

    >>> tuple(round(end, 1) for end in bounds(100.0, error=0.4))
    (71.4, 166.7)
    """
    return joules / (1 + error), joules / (1 - error)
