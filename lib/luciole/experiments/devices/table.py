"""Write the table of operators, :mod:`luciole.devices.operators`, as the result devices/designs has it.

python -m luciole.experiments.devices.table     # after luciole run devices/cortex_m
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.devices import foretell
from luciole.devices.cortex_m import CORES
from luciole.experiments.devices import cortex_m


def _rounded(names: tuple[str, ...], values: object) -> dict[str, float]:
    return {name: float(f"{value:.3g}") for name, value in zip(names, values, strict=True)}  # type: ignore[call-overload]


def _printed(values: Mapping[str, float], indent: str = "") -> str:
    return "{\n" + "".join(f'{indent}    "{name}": {value:g},\n' for name, value in values.items()) + indent + "}"


def parted(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the designs that the table is fitted to, and of those held out."""
    seen = frame["genotype"].isin(set(frame["genotype"].drop_duplicates().iloc[: cortex_m.SEEN]))
    return frame[seen], frame[~seen]


def apart(frame: pd.DataFrame, core: str) -> NDArray[np.float64]:
    """Of each design held out, in floats: by how much its layers' instructions are foretold wrong, as a share."""
    seen, held = parted(frame)
    mine = held[(held["bits"] == 32) & (held["core"] == core)]
    foretold = mine[list(foretell.TERMS)].to_numpy(float) @ cortex_m.fitted(seen, core)
    return np.abs(foretold / mine["layers"].to_numpy(float) - 1)


def flash_apart(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Of each design held out, in floats: by how much its flash is foretold wrong, Cortex-M4F, as a share."""
    seen, held = parted(frame)
    mine = held[(held["bits"] == 32) & (held["core"] == "m4f")]
    code = mine[[f"code: {name}" for name in foretell.CODE]].to_numpy(float) @ cortex_m.fitted_code(seen)
    return np.abs((mine["weights"].to_numpy(float) + code) / mine["flash"].to_numpy(float) - 1)


def _error(shares: NDArray[np.float64]) -> str:
    return f"({np.median(shares):.3f}, {shares.max():.3f})"


def text(frame: pd.DataFrame) -> str:
    """The module's text, from rows of designs: those seen, three digits each; errors of those held out."""
    seen, _ = parted(frame)
    tables = {core: _rounded(foretell.TERMS, cortex_m.fitted(seen, core)) for core in CORES}
    samples = cortex_m.CHANNELS * cortex_m.LENGTH
    described = {
        str(core): float(f"{mine['statistics'].median() / samples:.3g}")
        for core, mine in seen[seen["bits"] == 32].groupby("core", sort=False)
    }
    inner = "".join(f'    "{core}": {_printed(table, "    ")},\n' for core, table in tables.items())
    errors = ", ".join(f'"{core}": {_error(apart(frame, core))}' for core in CORES)
    return (
        '"""The table of operators, written by :mod:`luciole.experiments.devices.table` from what was counted."""\n\n'
        f"# instructions of each of foretell.TERMS, by core\nTABLE: dict[str, dict[str, float]] = {{\n{inner}}}\n"
        "# instructions of the window's statistics for a channel and sample, by core\n"
        f"STATISTICS: dict[str, float] = {_printed(described)}\n"
        "# bytes of code of each of foretell.CODE, Cortex-M4F\n"
        f"BYTES: dict[str, float] = {_printed(_rounded(foretell.CODE, cortex_m.fitted_code(seen)))}\n"
        "# errors on designs held out, as shares of what was counted: median, largest\n"
        f"INSTRUCTIONS_APART = {{{errors}}}\n"
        f"FLASH_APART = {_error(flash_apart(frame))}\n"
    )


if __name__ == "__main__":
    place = Path(foretell.__file__).with_name("operators.py")
    with files.atomic(place) as temporary:
        temporary.write_text(text(results.read(cortex_m.DESIGNS).frame), encoding="utf-8")
    print(f"{place} is written")
