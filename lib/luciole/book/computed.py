"""The tables of the page *How this book was computed*, from the records of the chapters and of the results."""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from luciole import files, results
from luciole.book import chapters, fetching
from luciole.costs import bill
from luciole.costs.accounts import kwh
from luciole.costs.energy import DEFAULT_COUNTRY, carbon_intensity
from luciole.errors import extra

PACKAGES = (*results.VERSIONED, "papermill", "jupyter-book")


def page(executed: Path) -> str:
    """The tables as MyST Markdown; ``executed`` is the folder of the executed chapters."""
    notebooks, accounts = _read(executed)
    machines = {json.dumps(notebook["metadata"]["luciole"]["machine"]) for notebook in notebooks.values()}
    blocks = [
        _totals(list(accounts.values())),
        _figure(notebooks, accounts),
        *_folded(
            "Each chapter in numbers, and how the joules are known",
            _costs(
                {f"[{_title(notebooks[name])}](chapters/{name}.ipynb)": account for name, account in accounts.items()}
            ),
            _list(sorted({account["mode"] for account in accounts.values()})),
        ),
        "## On which machine, from which data",
        _list(_machine(json.loads(text)) for text in sorted(machines)),
        _list(f"`{name}`: {source}" for name, source in fetching.sources().items()) or "No table was found.",
        *_folded("Versions of the packages", _table(["package", "version"], "lr", results.versions(PACKAGES).items())),
        "## The bill",
        *_bill(list(accounts.values())),
        *_folded(
            "Each committed result: seconds, joules, machine, day, and whether its code has changed since",
            _experiments() or "No result of a long computation is committed yet.",
        ),
    ]
    return "\n\n".join(blocks) + "\n"


def draw(executed: Path) -> None:
    """Draw a bar a chapter, the seconds that its last run took, beside the executed chapters."""
    with extra("book"):
        import matplotlib.pyplot as plt

        from luciole.book import figures

    notebooks, accounts = _read(executed)
    figures.use_style()
    fig, ax = plt.subplots(figsize=(figures.WIDTH, 0.9 + 0.3 * len(accounts)))
    titles, seconds = _bars(notebooks, accounts)
    ax.barh(titles, seconds, color=figures.PALETTE[0])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel="seconds of the last run")
    ax.tick_params(axis="y", labelsize=9.5)
    with files.atomic(executed / "computed.png") as temporary:
        fig.savefig(temporary, format="png", dpi=figures.DOTS)
    plt.close(fig)


def _read(executed: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The executed chapters and their accounts, by name."""
    notebooks = {name: json.loads((executed / f"{name}.ipynb").read_text("utf-8")) for name in chapters.names()}
    return notebooks, {name: notebook["metadata"]["luciole"]["account"] for name, notebook in notebooks.items()}


def _bars(notebooks: dict[str, Any], accounts: dict[str, Any]) -> tuple[list[str], list[float]]:
    """Short titles of the chapters, and seconds."""
    titles = [_title(notebook).partition(":")[0].partition(",")[0] for notebook in notebooks.values()]
    return titles, [account["seconds"] for account in accounts.values()]


def _figure(notebooks: dict[str, Any], accounts: dict[str, Any]) -> str:
    told = "; ".join(f"{title} {seconds:.0f}" for title, seconds in zip(*_bars(notebooks, accounts), strict=True))
    alt = f"Bars of the seconds that each chapter took: {told}."
    caption = "What each chapter took when it last ran, in seconds of wall-clock time."
    return "\n".join(
        ["```{figure} chapters/computed.png", f":alt: {alt}", ":name: chapter-seconds", "", caption, "```"]
    )


def _totals(accounts: list[dict[str, Any]]) -> str:
    """What one build of all chapters cost, and what the long computations did, in a sentence."""
    seconds, joules = sum(account["seconds"] for account in accounts), [account["joules"] for account in accounts]
    energy = "an unknown energy" if None in joules else f"{kwh(sum(joules)):.3f} kWh"
    long = bill.spent()
    drawn = f"{kwh(float(long['joules'].sum())):.1f} kWh" if len(long) and long["joules"].notna().all() else "unknown"
    return (
        f"**One build of the chapters** takes {seconds / 60:.0f} minutes and {energy}. **The long computations** "
        f"behind the committed results took {float(long['seconds'].sum()) / 3600:,.0f} hours; their energy: {drawn}."
    )


def _folded(words: str, *blocks: str) -> list[str]:
    """Blocks of Markdown behind words that a reader clicks to open."""
    return [f'<details class="fold"><summary>{words}</summary>', *blocks, "</details>"]


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
    for name in results.names():
        result = results.read(name, part=True)
        origin = result.provenance
        energy = f"{origin.joules:,.0f} ({origin.energy})" if origin.joules is not None else origin.energy
        state = "current" if not result.stale else f"stale: {', '.join(result.stale)}"
        where = f"{origin.machine['processor']}, {origin.machine['cores']} cores"
        rows.append([f"`{name}`", f"{origin.seconds:,.0f}", energy, where, origin.written[:10], state])
    return _table(["result", "seconds", "joules", "machine", "on", "state"], "lrllll", rows) if rows else ""


def _bill(chapters_cost: list[dict[str, Any]]) -> Iterator[str]:
    """What the long computations and one build of the chapters cost together, and what others are known for."""
    country = os.environ.get("LUCIOLE_COUNTRY") or DEFAULT_COUNTRY
    grid = carbon_intensity(country)
    spent = bill.spent()
    rows = []
    for name, one in spent.iterrows():
        how = "measured" if one["energy"].startswith("measured") else "estimate"
        known = how if one["known"] else "no reading: mean power of the others"
        rows.append([f"`{name}`", one["seconds"], one["joules"], known])
    joules = [math.nan if account["joules"] is None else account["joules"] for account in chapters_cost]
    how = "measured" if all(account["measured"] for account in chapters_cost) else "estimate"
    how = how if math.isfinite(sum(joules)) else "unknown"
    seconds = sum(account["seconds"] for account in chapters_cost)
    rows.append(["the chapters, built once", seconds, sum(joules), how])
    total, exact = sum(row[2] for row in rows), all(row[3] == "measured" for row in rows)
    how = ("measured" if exact else "estimate") if math.isfinite(total) else "unknown"
    rows.append(["**all**", sum(row[1] for row in rows), total, how])
    listed = [[name, f"{took / 3600:.2f}", *_carbon(drawn, grid, known), known] for name, took, drawn, known in rows]
    heads = ["computation", "hours of computation", "kWh", "g CO₂e", "energy"]
    yield _table(heads, "lrrrl", listed[-2:])
    yield from _folded("Each long computation", _table(heads, "lrrrl", listed[:-2]))
    if not exact and math.isfinite(total):
        low, high = (kwh(end) for end in bill.bounds(total))
        yield (
            f"If the estimate is off by up to {100 * bill.ERROR:.0f} %, the largest error found against power meters "
            f"(Fischer 2025), the truth lies between {low:.3f} and {high:.3f} kWh, or {low * grid:.3g} and "
            f"{high * grid:.3g} g CO₂e. It is farther off where the settings of the power model are wrong: chapter 2 "
            "shows by what factor. No overhead of a data centre is added."
        )
    yield "Beside it, figures that made the debate:"
    yield _table(
        ["what", "kg CO₂e", "known as", "source", "seen"],
        "lrlll",
        [
            [
                name,
                ("" if one["known"] == "published" else "≈ ") + f"{float(format(one['kg'], '.3g')):,g}",
                *one[["known", "source", "seen"]],
            ]
            for name, one in _with_own(total, grid).iterrows()
        ],
    )


def _with_own(joules: float, grid: float) -> pd.DataFrame:
    """The famous figures with this study's among them, dearest first."""
    table = bill.famous()
    if not math.isfinite(joules):
        return table
    own = {"kg": kwh(joules) * grid / 1000, "known": "estimate", "source": "the table above", "seen": "computed"}
    table = pd.concat([table, pd.DataFrame([own], index=["**this study**"])])
    return table.sort_values("kg", ascending=False)


def _carbon(joules: float, grid: float, known: str) -> list[str]:
    if not math.isfinite(joules):
        return ["unknown", "unknown"]
    mark = "" if known == "measured" else "≈ "
    return [f"{mark}{kwh(joules):.4f}", f"{mark}{kwh(joules) * grid:.3g}"]


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
