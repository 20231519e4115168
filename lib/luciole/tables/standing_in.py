"""Other people's scripts, unmodified, on a table: what they import is answered by the bridges.

    with standing_in(tables.nb201()):
        runpy.run_path("regularized_ea.py", run_name="__main__")

Within the block ``nats_bench``, ``nas_201_api``, ``nasbench.api`` and ``hw_nas_bench_api`` are the bridges, whether or
not those packages are installed; paths that the script gives them are ignored. The modules of before are back after it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from luciole.errors import LucioleError, extra
from luciole.spaces import nb201
from luciole.tables.nasbench101 import NB101Table
from luciole.tables.table import Table


def _module(name: str, **held: Any) -> ModuleType:
    module = ModuleType(name, "Stands in for the package of this name, on a table.")
    module.__dict__.update(held)
    return module


def _opener(bridge: Callable[[Any], Any], table: Any) -> Callable[..., Any]:
    """A function that takes whatever the package's constructor takes, and returns the bridge."""

    def opened(*_: Any, **__: Any) -> Any:
        return bridge(table)

    return opened


def _topology(table: Table, costs: str) -> dict[str, ModuleType]:
    with extra("nas201-api"):
        import nas_201_api as package

    from luciole.tables.bridge import as_api, topology
    from luciole.tables.nats import as_nats

    topology(table)

    def create(file_path_or_dict: Any = None, search_space: str = "tss", *_: Any, **__: Any) -> Any:
        if search_space not in ("tss", "topology"):
            raise LucioleError(f"expected the search space tss, got {search_space!r}: the table has no other")
        return as_nats(table, costs)

    def search_space_info(main_tag: str, aux_tag: str | None = None) -> dict[str, Any]:
        return {"op_names": list(nb201.OPS), "num_nodes": 4}

    names = {"ArchResults": package.ArchResults, "ResultsCount": package.ResultsCount}
    opened = _opener(lambda held: as_api(held, costs), table)
    return {
        "nats_bench": _module("nats_bench", create=create, search_space_info=search_space_info, **names),
        "nas_201_api": _module("nas_201_api", NASBench201API=opened, **names),
    }


def _cells_101(table: NB101Table) -> dict[str, ModuleType]:
    from luciole.tables import nasbench

    names = {name: getattr(nasbench, name) for name in ("ModelSpec", "OutOfDomainError")}
    api = _module("nasbench.api", NASBench=_opener(nasbench.as_nasbench, table), **names)
    return {"nasbench": _module("nasbench", api=api, __path__=[]), "nasbench.api": api}


def _hardware(table: Table) -> dict[str, ModuleType]:
    from luciole.tables.hwnas import as_hw_nas_bench

    held = _module("hw_nas_bench_api", HWNASBenchAPI=_opener(as_hw_nas_bench, table))
    return {"hw_nas_bench_api": held}


@contextmanager
def standing_in(*held: Table | NB101Table, costs: str = "published") -> Iterator[None]:
    """Let scripts that import the benchmarks' packages run on these tables, for as long as the block lasts.

    ``held``: tables of NAS-Bench-201, NAS-Bench-101, HW-NAS-Bench, in any order; ``costs``: see
    :func:`luciole.tables.bridge.as_api`. Raises LucioleError for a table that no package serves.
    """
    modules: dict[str, ModuleType] = {}
    for table in held:
        if isinstance(table, NB101Table):
            modules |= _cells_101(table)
        elif table.name == "nb201_hw":
            modules |= _hardware(table)
        else:
            modules |= _topology(table, costs)
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
