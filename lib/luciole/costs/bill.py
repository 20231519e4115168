"""What the long computations of this study have cost so far, added up from the records beside their results.

>>> bill = spent()
>>> list(bill.columns)
['seconds', 'joules', 'energy', 'known']

``seconds`` are seconds of computation as each run recorded them, and not all of one clock: the sum over its shards
(processor time for trainings and scores, each search's own clock for searches) where a run is cut into shards, wall
clock elsewhere; a run that was resumed may have recorded its last part only. Hours of two kinds are added up here, so
the sum is one of work done, not of waiting, and is to be called so.

A run that wrote several results counts once. A run without a reading of its energy is charged the mean power of those
that have one, and is marked: an omission would look like thrift.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from luciole import files, published
from luciole.costs import accounts
from luciole.costs.energy import carbon_intensity

ERROR = 0.40  # relative: the largest error found against power meters (Fischer 2025, in data/published.csv)


def spent(folder: Path | None = None) -> pd.DataFrame:
    """One row a computation (its function): seconds as recorded, joules, how they are known, whether they were read.

    ``folder`` is that of the results. Where no run has a reading of its energy, unknown joules stay NaN.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for path in sorted((folder or files.results()).rglob("*.json")):
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


def famous(gpu_watts: float = 250.0, cpu_watts: float = 65.0) -> pd.DataFrame:
    """What others are said to have emitted, dearest first: kg of CO2e, how known, the source and where it was seen.

    Figures printed as CO2e are only converted from pounds. Of searches only a time is published: its CO2e is *ours*,
    by :func:`luciole.costs.accounts.strubell` with the draws assumed here (``known`` says so), on the mean grid of the
    United States or of France. The published figures are those of data/published.csv.

    >>> famous().loc["a car, whole life", "known"]
    'published'
    """
    table = published.read().set_index("key")
    days = table["figure"]["zoph2018nasnet/search_days"]
    hours = table["figure"]["mokhtari2024oad/search_seconds"] / 3600
    american, french = carbon_intensity("USA"), carbon_intensity("FRA")
    on_gpu = accounts.strubell(24 * days, cpu=0, ram=0, gpu=gpu_watts, gpus=1, intensity=american)
    on_cpu = accounts.strubell(hours, cpu=cpu_watts, ram=0, gpu=0, gpus=0, intensity=french)
    rows = {
        "NAS of a Transformer": ("strubell2019energy/nas", None, ""),
        "a car, whole life": ("strubell2019energy/car", None, ""),
        "New York to San Francisco and back": ("strubell2019energy/flight", None, ""),
        "NASNet's search": ("zoph2018nasnet/search_days", on_gpu.kg, f"{gpu_watts:g} W a GPU"),
        f"{60 * hours:.0f}-minute search": ("mokhtari2024oad/search_seconds", on_cpu.kg, f"{cpu_watts:g} W"),
    }
    found = {
        what: {
            "kg": table["figure"][key] / accounts.POUNDS_PER_KG if kg is None else kg,
            "known": "published" if kg is None else f"estimate from a published time, {draw} assumed",
            "source": table["source"][key],
            "seen": table["seen"][key],
        }
        for what, (key, kg, draw) in rows.items()
    }
    return pd.DataFrame.from_dict(found, orient="index").sort_values("kg", ascending=False)
