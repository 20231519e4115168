"""Tabular benchmarks as columns: what training a cell costs and gives, already measured by others.

    >>> from luciole import tables
    >>> table = tables.nb201()
    >>> table.role("test").shape
    (15625,)

:func:`nb201` is NAS-Bench-201, :func:`nb201_hw` and :func:`nb201_zcp` what others measured on the same cells,
:func:`nb101` NAS-Bench-101. :func:`from_api` reads the official NAS-Bench-201 file, and :func:`as_api` lets code
written for ``nas_201_api`` run on a table. ``TABLES`` has all that is opened by name.
"""

from luciole.tables.nasbench101 import load as nb101
from luciole.tables.nasbench201 import nb201, nb201_hw, nb201_replica, nb201_zcp, replica_agreement
from luciole.tables.table import Role, Table

TABLES = {"nb201": nb201, "nb201_hw": nb201_hw, "nb201_zcp": nb201_zcp, "nb101": nb101}

__all__ = [
    "TABLES",
    "Role",
    "Table",
    "nb101",
    "nb201",
    "nb201_hw",
    "nb201_replica",
    "nb201_zcp",
    "replica_agreement",
]
