"""The tables of the page *How this book was computed*, from the records of the chapters and of the results."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from luciole import chapters, fetching, files, results
from luciole.errors import LucioleError

PACKAGES = (*results.VERSIONED, "papermill", "jupyter-book")


def page(executed: Path) -> str:
    """The tables as MyST Markdown; ``executed`` is the folder of the executed chapters."""
    notebooks = {name: json.loads((executed / f"{name}.ipynb").read_text("utf-8")) for name in chapters.names()}
    accounts = {name: notebook["metadata"]["luciole"]["account"] for name, notebook in notebooks.items()}
    machines = {json.dumps(notebook["metadata"]["luciole"]["machine"]) for notebook in notebooks.values()}
    blocks = [
        _costs({f"[{_title(notebooks[name])}](chapters/{name}.ipynb)": account for name, account in accounts.items()}),
        "How the joules are known:",
        _list(sorted({account["mode"] for account in accounts.values()})),
        "## On which machine",
        _list(_machine(json.loads(text)) for text in sorted(machines)),
        "## From which data",
        _list(f"`{name}`: {source}" for name, source in fetching.sources().items()) or "No table was found.",
        "## With which versions",
        _table(["package", "version"], "lr", results.versions(PACKAGES).items()),
        "## The long computations",
        _experiments() or "No result of a long computation is committed yet.",
    ]
    return "\n\n".join(blocks) + "\n"


def _costs(accounts: dict[str, dict[str, Any]]) -> str:
    """A row a chapter and their sum: an estimate when a part is one, unknown when a part is unknown."""
    rows = [[name, *_cost(account)] for name, account in accounts.items()]
    total: dict[str, Any] = {"measured": all(account["measured"] for account in accounts.values())}
    for unit in ("seconds", "joules", "grams"):
        parts = [account[unit] for account in accounts.values()]
        total[unit] = None if None in parts else sum(parts)
    return _table(["chapter", "seconds", "joules", "g CO₂e", "energy"], "lrrrl", [*rows, ["**all**", *_cost(total)]])


def _cost(account: dict[str, Any]) -> list[str]:
    seconds, joules, grams = (account[unit] for unit in ("seconds", "joules", "grams"))
    if joules is None:
        return [f"{seconds:.1f}", "unknown", "unknown", "unknown"]
    mark, known = ("", "measured") if account["measured"] else ("≈ ", "estimate")
    return [f"{seconds:.1f}", f"{mark}{joules:,.0f}", f"{mark}{grams:.2g}", known]


def _experiments() -> str:
    """A row a committed result: what ran, where, for how long, and whether its code has changed since."""
    rows = []
    for path in sorted(files.results().glob("*.json")):
        try:
            result = results.read(path.stem)
        except LucioleError:
            continue  # a record without data, as the benchmarks' own
        origin = result.provenance
        energy = f"{origin.joules:,.0f} ({origin.energy})" if origin.joules is not None else origin.energy
        state = "current" if not result.stale else f"stale: {', '.join(result.stale)}"
        where = f"{origin.machine['processor']}, {origin.machine['cores']} cores"
        rows.append([f"`{path.stem}`", f"{origin.seconds:,.0f}", energy, where, origin.written[:10], state])
    return _table(["result", "seconds", "joules", "machine", "on", "state"], "lrllll", rows) if rows else ""


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}"


def _title(notebook: dict[str, Any]) -> str:
    first = "".join(notebook["cells"][0]["source"])
    return first.partition("\n")[0].lstrip("# ")


def _list(lines: Any) -> str:
    return "\n".join(f"* {line}" for line in lines)


def _table(heads: list[str], sides: str, rows: Any) -> str:
    def lines() -> Iterator[list[str]]:
        yield heads
        yield [{"l": "---", "r": "---:"}[side] for side in sides]
        yield from rows

    return "\n".join(f"| {' | '.join(line)} |" for line in lines())
