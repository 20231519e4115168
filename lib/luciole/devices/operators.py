"""The table of operators, written by :mod:`luciole.experiments.devices.table` from what the experiment counted."""

TABLE: dict[str, dict[str, float]] = {}  # instructions of each of foretell.TERMS, by core
STATISTICS: dict[str, float] = {}  # instructions of the window's statistics for a channel and sample, by core
BYTES: dict[str, float] = {}  # bytes of code of each of foretell.CODE, Cortex-M4F
