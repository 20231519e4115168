"""How much CodeCarbon's estimate depends on its settings: one run of the same work, read under all of them at once.

    >>> dear = {"as shipped": {}, "PUE 2": {"pue": 2.0}}
    >>> table = under_settings(lambda: time.sleep(0.2), dear)
    >>> bool(table.loc["PUE 2", "ram"] > 1.5 * table.loc["as shipped", "ram"])
    True

Each setting gets a tracker of its own over the same block, so that what differs is the accounting and nothing else.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from luciole.costs.energy import JOULES_PER_KWH, carbon_intensity, charge, offline_tracker, read

SETTINGS: dict[str, dict[str, Any]] = {
    "whole machine, France": {},
    "this process only": {"tracking_mode": "process"},
    "processor of 65 W": {"force_cpu_power": 65.0},
    "processor of 200 W": {"force_cpu_power": 200.0},
    "memory of 3 W": {"force_ram_power": 3.0},
    "data centre, PUE 1.58": {"pue": 1.58},
    "Poland": {"country_iso_code": "POL"},
    "Sweden": {"country_iso_code": "SWE"},
}


def under_settings(
    work: Callable[[], object], settings: Mapping[str, Mapping[str, Any]] = SETTINGS, country: str = "FRA"
) -> pd.DataFrame:
    """Run ``work`` once under a tracker for each of ``settings``, and return what each of them says it cost.

    Settings are keyword arguments of CodeCarbon's tracker, over those of :class:`luciole.costs.energy.Meter`; watts
    forced on the processor or the memory are taken as constants by CodeCarbon. Columns: seconds, joules, of which
    cpu, ram and gpu, and grams of CO2e. Raises LucioleError for an unknown country or setting.
    """
    for given in settings.values():  # CodeCarbon would take another country's without a word
        carbon_intensity(given.get("country_iso_code", country))
    trackers = {name: offline_tracker(country, **given) for name, given in settings.items()}
    first = {name: read(tracker) for name, tracker in trackers.items()}
    begin = time.perf_counter()
    try:
        work()
    finally:
        seconds = time.perf_counter() - begin
        parts = {name: charge(tracker, first[name], seconds) for name, tracker in trackers.items()}
    table = pd.DataFrame.from_dict(parts, orient="index")
    table.insert(0, "seconds", seconds)
    table.insert(1, "joules", table[["cpu", "gpu", "ram"]].sum(axis=1))
    grids = [carbon_intensity(given.get("country_iso_code", country)) for given in settings.values()]
    table["grams"] = table["joules"] / JOULES_PER_KWH * grids
    return table
