"""Tabular benchmarks as columns: what training a cell costs and gives, already measured.

    >>> from luciole import tables
    >>> table = tables.nb201()
    >>> table.role("test").shape
    (15625,)

:func:`nb201` is NAS-Bench-201, :func:`nb201_hw` and :func:`nb201_zcp` what others measured on the same cells,
:func:`nb101` NAS-Bench-101, :func:`har201` the cells of NAS-Bench-201 trained on sensor data by this project.
:func:`from_api` reads the official NAS-Bench-201 file, and :func:`as_api` lets code written for ``nas_201_api`` run on
a table. ``TABLES`` has all that is opened by name.
"""

from typing import TYPE_CHECKING, Any

from luciole.tables.har201_table import har201
from luciole.tables.nasbench101 import load as nb101
from luciole.tables.nasbench201 import NoSource, nb201, nb201_hw, nb201_replica, nb201_zcp, replica_agreement
from luciole.tables.prepared import save
from luciole.tables.table import Role, Table

if TYPE_CHECKING:
    from luciole.tables.bridge import as_api
    from luciole.tables.official import from_api

TABLES = {"nb201": nb201, "nb201_hw": nb201_hw, "nb201_zcp": nb201_zcp, "nb101": nb101, "har201": har201}

__all__ = [
    "TABLES",
    "NoSource",
    "Role",
    "Table",
    "as_api",
    "from_api",
    "har201",
    "nb101",
    "nb201",
    "nb201_hw",
    "nb201_replica",
    "nb201_zcp",
    "replica_agreement",
    "save",
]


def __getattr__(name: str) -> Any:
    """Import the bridge to ``nas_201_api``, which needs torch, only when it is asked for."""
    if name == "as_api":
        from luciole.tables.bridge import as_api

        return as_api
    if name == "from_api":
        from luciole.tables.official import from_api

        return from_api
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
