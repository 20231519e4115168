"""Write what a benchmark measured into ``data/results/benchmarks.json``; run as a program, show what is there.

A benchmark measures this library and its peer in one run on one machine, then calls :func:`record` with its
rows. Rows replace those of the same key; the rest of the file stays, so each benchmark can be run alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from luciole import files, results
from luciole.errors import LucioleError

VERSIONED = ("luciole", "numpy", "torch", "nas-bench-201", "pandas", "scipy", "pymoo", "optuna")


@dataclass(frozen=True)
class Row:
    """One question of speed or memory and its answer."""

    key: str  # file.question, unique
    what: str  # the question in words, with the protocol
    measured: float
    unit: str
    target: str  # in words, as asked for
    met: bool
    peer: float | None = None  # the peer's answer, in the same unit
    peer_name: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the peer needs what we need."""
        return None if self.peer is None else self.peer / self.measured


def place() -> Path:
    """The file of all rows."""
    return files.results() / "benchmarks.json"


def recorded() -> dict[str, dict]:
    """All rows on record: key -> row with machine, versions and date; LucioleError when the file is damaged."""
    if not place().exists():
        return {}
    try:
        held: dict[str, dict] = json.loads(place().read_text(encoding="utf-8"))
        return held
    except ValueError as error:
        raise LucioleError(f"expected JSON in {place()}, got {error}; restore it from the repository") from error


def record(rows: Sequence[Row]) -> None:
    """Print the rows and put them on record, whole or not at all."""
    where = {
        "machine": results.machine(),
        "versions": results.versions(VERSIONED),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }
    new = {row.key: {**asdict(row), "ratio": row.ratio, **where} for row in rows}
    held = recorded() | new
    with files.atomic(place()) as temporary:
        temporary.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    show(new)


def show(rows: dict[str, dict]) -> None:
    """Print rows as a table."""
    print(f"{'question':34} {'measured':>11} {'unit':5} {'peer':>11} {'ratio':>9}  target")
    for key, row in rows.items():
        peer, ratio = ("-", "-") if row["peer"] is None else (f"{row['peer']:.4g}", f"{row['ratio']:,.0f}x")
        met = "met" if row["met"] else "NOT MET"
        print(f"{key:34} {row['measured']:11.4g} {row['unit']:5} {peer:>11} {ratio:>9}  {row['target']}: {met}")


if __name__ == "__main__":
    show(recorded())
