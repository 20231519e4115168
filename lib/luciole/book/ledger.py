"""The ledger of one chapter: which files it read while it ran, and what it cost.

The book engine (:mod:`luciole.book.chapters`) starts the ledger in the kernel before the first cell and reads it after
the last one. Files are noted by Python's audit hook when they are first opened, modules of the library included,
with the hash that they had then: a file edited while the chapter runs cannot pass for the one that was used.

A chapter ends with ``ledger.show()``, which displays its cost so far.
"""

import json
import math
import os
import sys
import threading
from pathlib import Path
from typing import Any

from luciole import files
from luciole.costs.energy import DEFAULT_COUNTRY, Meter
from luciole.errors import extra

PACKAGE = Path(__file__).resolve().parents[1]

_inputs: dict[Path, str] = {}
_folders: list[Path] = []
_guard = threading.local()  # hashing a file opens it, which calls the hook again
_meter: Meter | None = None
_account: dict[str, Any] = {}


def start() -> None:
    """Begin to note the files that are read and to meter time and energy; called once, by the book engine."""
    global _meter
    if _folders:
        return
    folders = [PACKAGE, files.root() / "data", files.cache(), files.data_folder()]
    _folders.extend(folder.resolve() for folder in folders if folder)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "luciole" and module.__file__:
            _note(Path(module.__file__))
    sys.addaudithook(_hook)
    _meter = Meter(os.environ.get("LUCIOLE_COUNTRY") or DEFAULT_COUNTRY)
    _meter.__enter__()


def stop() -> dict[str, Any]:
    """End the metering, if it has not ended, and give the account: seconds, joules, grams, country, mode."""
    global _meter
    if _meter:
        _meter.__exit__(None, None, None)
        finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in _meter.account().items()}
        _account.update(finite)  # JSON has no NaN
        _meter = None
    return _account


def show() -> None:
    """Display what the chapter has cost so far: the last cell of every chapter."""
    with extra("book"):
        from IPython.display import Markdown, display

    display(Markdown(sentence(stop())))


def sentence(account: dict[str, Any]) -> str:
    """Say an account in words, an estimate called an estimate.

    >>> account = {"seconds": 12.34, "joules": 250.0, "grams": 0.004, "country": "FRA", "measured": False}
    >>> sentence(account | {"mode": "estimate from a power model"})  # doctest: +NORMALIZE_WHITESPACE
    'This chapter took **12.3 s** and an estimated **250 J** of the whole machine (0.004 g of CO2e at the mean
    carbon intensity of FRA). How the joules are known: estimate from a power model.'
    """
    if not account:
        return "This session was not metered: run the chapter by `make chapter` to see its cost."
    if account["joules"] is None:
        return f"This chapter took **{account['seconds']:.1f} s**; its energy is not known: {account['mode']}."
    estimated = "" if account["measured"] else "an estimated "
    return (
        f"This chapter took **{account['seconds']:.1f} s** and {estimated}**{account['joules']:,.0f} J** of the whole "
        f"machine ({account['grams']:.3g} g of CO2e at the mean carbon intensity of {account['country']}). "
        f"How the joules are known: {account['mode']}."
    )


def report() -> None:
    """Hand the ledger to the book engine, as the output of the cell that the engine adds at the end."""
    # what is gone by now, or is another file in the cache, the chapter made itself: no input of the next run
    inputs = {
        str(path): digest
        for path, digest in sorted(_inputs.items())
        if path.is_file() and (not path.is_relative_to(files.cache().resolve()) or files.sha256(path) == digest)
    }
    print(json.dumps({"account": stop(), "inputs": inputs}))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str) and not getattr(_guard, "busy", False):
        _note(Path(arguments[0]))


def _note(path: Path) -> None:
    """Keep the hash of ``path`` if it is a file of ours that is met for the first time."""
    _guard.busy = True
    try:
        path = path.resolve()
        if path.parent.name == "__pycache__":  # compiled from, and checked by the import system against, its source
            path = path.parent.parent / f"{path.name.split('.')[0]}.py"
        if path.name.startswith(".tmp-") or path in _inputs or not any(map(path.is_relative_to, _folders)):
            return
        if path.is_file():
            _inputs[path] = files.sha256(path)
    except OSError:
        return  # whoever opens it meets the same error, and says it better
    finally:
        _guard.busy = False
