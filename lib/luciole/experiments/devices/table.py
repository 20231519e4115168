"""Write the table of operators, :mod:`luciole.devices.operators`, as the result devices/designs has it.

python -m luciole.experiments.devices.table     # after luciole run devices/cortex_m
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from luciole import files, results
from luciole.devices import foretell
from luciole.devices.cortex_m import CORES
from luciole.experiments.devices import cortex_m


def _rounded(names: tuple[str, ...], values: object) -> dict[str, float]:
    return {name: float(f"{value:.3g}") for name, value in zip(names, values, strict=True)}  # type: ignore[call-overload]


def _printed(values: Mapping[str, float], indent: str = "") -> str:
    return "{\n" + "".join(f'{indent}    "{name}": {value:g},\n' for name, value in values.items()) + indent + "}"


def text(frame: pd.DataFrame) -> str:
    """The module's text, from rows of designs: those seen, three digits each."""
    seen = frame[frame["genotype"].isin(set(frame["genotype"].drop_duplicates().iloc[: cortex_m.SEEN]))]
    tables = {core: _rounded(foretell.TERMS, cortex_m.fitted(seen, core)) for core in CORES}
    samples = cortex_m.CHANNELS * cortex_m.LENGTH
    described = {
        str(core): float(f"{mine['statistics'].median() / samples:.3g}")
        for core, mine in seen[seen["bits"] == 32].groupby("core", sort=False)
    }
    inner = "".join(f'    "{core}": {_printed(table, "    ")},\n' for core, table in tables.items())
    return (
        '"""The table of operators, written by :mod:`luciole.experiments.devices.table` from what was counted."""\n\n'
        f"# instructions of each of foretell.TERMS, by core\nTABLE: dict[str, dict[str, float]] = {{\n{inner}}}\n"
        "# instructions of the window's statistics for a channel and sample, by core\n"
        f"STATISTICS: dict[str, float] = {_printed(described)}\n"
        "# bytes of code of each of foretell.CODE, Cortex-M4F\n"
        f"BYTES: dict[str, float] = {_printed(_rounded(foretell.CODE, cortex_m.fitted_code(seen)))}\n"
    )


if __name__ == "__main__":
    place = Path(foretell.__file__).with_name("operators.py")
    with files.atomic(place) as temporary:
        temporary.write_text(text(results.read(cortex_m.DESIGNS).frame), encoding="utf-8")
    print(f"{place} is written")
