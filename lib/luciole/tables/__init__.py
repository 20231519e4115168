"""Tabular benchmarks as columns: what training a cell costs and gives, already measured.

    >>> from luciole import tables
    >>> table = tables.nb201()
    >>> table.role("test").shape
    (15625,)

:func:`nb201` is NAS-Bench-201, :func:`nb201_hw` and :func:`nb201_zcp` what others measured on the same cells,
:func:`nb101` NAS-Bench-101, :func:`har201` the cells of NAS-Bench-201 trained on sensor data by this project, in two
versions; :mod:`luciole.tables.reliability` says how far such figures order cells by anything but luck.
:func:`from_api` reads the official NAS-Bench-201 file. Other people's code runs on a table through the interfaces that
it calls: :func:`as_api` (``nas_201_api``), :func:`as_nats` (``nats_bench``), :func:`as_nasbench` (``nasbench``),
:func:`as_hw_nas_bench`, :func:`as_zc_api` (NAS-Bench-Suite-Zero), and unmodified within :func:`standing_in`.
``table.describe(name)`` says what a column means. ``TABLES`` has all that is opened by name.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from luciole.tables.har201_table import har201
from luciole.tables.nasbench101 import load as nb101
from luciole.tables.nasbench201 import NoSource, nb201, nb201_hw, nb201_replica, nb201_zcp, replica_agreement
from luciole.tables.prepared import save
from luciole.tables.table import Role, Table

if TYPE_CHECKING:
    from luciole.tables.bridge import as_api
    from luciole.tables.hwnas import as_hw_nas_bench
    from luciole.tables.nasbench import as_nasbench
    from luciole.tables.nats import as_nats
    from luciole.tables.official import from_api
    from luciole.tables.standing_in import standing_in
    from luciole.tables.suite_zero import as_zc_api

TABLES = {"nb201": nb201, "nb201_hw": nb201_hw, "nb201_zcp": nb201_zcp, "nb101": nb101, "har201": har201}

__all__ = [
    "TABLES",
    "NoSource",
    "Role",
    "Table",
    "as_api",
    "as_hw_nas_bench",
    "as_nasbench",
    "as_nats",
    "as_zc_api",
    "from_api",
    "har201",
    "nb101",
    "nb201",
    "nb201_hw",
    "nb201_replica",
    "nb201_zcp",
    "replica_agreement",
    "save",
    "standing_in",
]


_BRIDGES = {
    "as_api": "bridge",
    "as_nats": "nats",
    "from_api": "official",
    "as_nasbench": "nasbench",
    "as_hw_nas_bench": "hwnas",
    "as_zc_api": "suite_zero",
    "standing_in": "standing_in",
}


def __getattr__(name: str) -> Any:
    """Import a bridge, some of which need torch, only when it is asked for."""
    if name in _BRIDGES:
        return getattr(import_module(f"luciole.tables.{_BRIDGES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
