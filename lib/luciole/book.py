"""The book: chapters run where they are stale, a page that says how they were computed, the site.

    make book     (or: luciole book)

The site is built again when any of its sources has changed, always as a whole: Sphinx keeps stale numbers on pages
that it does not read again.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from luciole import chapters, files
from luciole.errors import LucioleError

SHOWN = ("python", "torch", "numpy", "pandas", "scikit-learn", "jupyter-book")  # versions worth a line


def folder() -> Path:
    """Where the executed chapters are."""
    return files.root() / "book" / "chapters"


def build(say: Any = print) -> Path:
    """Run the stale chapters, build the site with warnings as errors, and give its first page.

    Raises LucioleError with the tracebacks when a chapter fails, or with Sphinx's words when the site does.
    """
    failures = chapters.run_stale(folder(), say)
    if failures:
        raise LucioleError("\n\n".join(failures))
    with files.atomic(folder() / "computed.txt") as temporary:
        temporary.write_text(computed(), encoding="utf-8")
    site = files.root() / "_build" / "html"
    stamp = files.root() / "_build" / "built-from"
    page, wanted = site / "index.html", _sources()
    if page.exists() and stamp.exists() and stamp.read_text() == wanted:
        say("site: kept, nothing has changed")
        return page
    say("site: building")
    stamp.unlink(missing_ok=True)
    sphinx = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    options = ["build", "--all", "-W", "-n", "--keep-going", "-q", "."]
    built = subprocess.run(sphinx + options, cwd=files.root(), capture_output=True, text=True, check=False)
    if built.returncode or not page.exists():
        raise LucioleError(f"the site could not be built:\n{built.stdout}\n{built.stderr}")
    with files.atomic(stamp) as temporary:
        temporary.write_text(wanted)
    return page


def computed() -> str:
    """The tables of the page *How this book was computed*, as Markdown, from the records of the executed chapters."""
    records = {name: _record(folder() / f"{name}.ipynb") for name in chapters.names()}
    rows = ["| chapter | seconds | joules | g CO2e | how the joules are known |", "| --- | ---: | ---: | ---: | --- |"]
    total = {"seconds": 0.0, "joules": 0.0, "grams": 0.0}
    for name, record in records.items():
        account = record["account"]
        for part in total:
            total[part] += account[part] or 0.0
        estimated = "" if account["measured"] else "≈ "
        rows.append(
            f"| [{name}](chapters/{name}.ipynb) | {account['seconds']:.1f} | {estimated}{account['joules'] or 0:,.0f} "
            f"| {estimated}{account['grams'] or 0:.2g} | {account['mode']} |"
        )
    rows.append(f"| **all** | {total['seconds']:.1f} | {total['joules']:,.0f} | {total['grams']:.2g} | |")
    return "\n".join(rows)


def _record(executed: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(executed.read_text(encoding="utf-8"))["metadata"]["luciole"]
    return record


def _sources() -> str:
    """One hash of everything that the site is made of."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(f"{path.relative_to(files.root())} {files.sha256(path)}\n".encode())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    root = files.root()
    yield from (root / name for name in ("_config.yml", "_toc.yml", "requirements.txt"))
    for path in sorted((root / "book").rglob("*")):
        if (
            path.is_file()
            and not path.name.startswith(".")
            and "__pycache__" not in path.parts
            and path.parent.name != "runs"
        ):
            yield path
