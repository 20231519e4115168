"""Get every table and data set before the chapters run, which then never touch the network.

Each comes from the first source that has it (a folder of yours, the cache, a download, an installed package); what was
used is kept in ``sources.json`` of the cache, so that chapters run again when a better source turned up.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from luciole import files
from luciole.errors import LucioleError


def sources() -> dict[str, str]:
    """Where each table and data set came from at the last :func:`fetch`; empty before the first."""
    try:
        kept: dict[str, str] = json.loads(_record().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return kept


def fetch(say: Callable[[str], None] = print) -> dict[str, str]:
    """Open every table and data set once, so that it is fetched and prepared, and keep where it came from.

    What no source has is reported and left out: the chapters that need it say so themselves.
    """
    if size := to_download():
        say(f"about {size / 1e6:.0f} MB are downloaded now and kept in {files.cache()}")
    found = {}
    for name, opener in _openers():
        try:
            found[name] = str(opener().source)
            say(f"{name}: {found[name]}")
        except (LucioleError, OSError) as error:
            say(f"{name}: not available ({error})")
    with files.atomic(_record()) as temporary:
        temporary.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    return found


def to_download() -> int:
    """Bytes that :func:`fetch` will ask the network for; 0 offline, and where a folder or the cache has everything."""
    from luciole.datasets import uci_har
    from luciole.tables import nasbench201

    return 0 if files.offline() else nasbench201.to_download() + uci_har.to_download()


def _record() -> Path:
    return files.cache() / "sources.json"


def _openers() -> Iterator[tuple[str, Callable[[], Any]]]:
    from luciole import datasets, tables

    yield from tables.TABLES.items()
    yield from datasets.DATASETS.items()
