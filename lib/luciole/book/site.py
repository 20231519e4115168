"""The book: chapters run where they are stale, a page that says how they were computed, the site.

    make book     (or: luciole book)

The site is built again when any of its sources has changed, always as a whole: Sphinx keeps stale numbers on pages
that it does not read again.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from luciole import files
from luciole.book import chapters, comments, computed, explorer
from luciole.errors import LucioleError


def folder() -> Path:
    """Where the executed chapters are."""
    return files.root() / "book" / "chapters"


def build(say: Callable[[str], None] = print) -> Path:
    """Run the stale chapters, build the site with warnings as errors, and give its first page.

    Raises LucioleError with the tracebacks when a chapter fails, or with Sphinx's words when the site does.
    """
    failures = chapters.run_stale(folder(), say)
    if failures:
        raise LucioleError("\n\n".join(failures))
    computed.draw(folder())
    costs = computed.page(folder())
    comments.refuse(costs, "the page of costs")
    with files.atomic(folder() / "computed.txt") as temporary:
        temporary.write_text(costs, encoding="utf-8")
    explorer.write()
    from luciole.book import front, try_it  # what they draw and train with are extras: no chapters, that is said first

    front.write(folder())
    try_it.write()
    if current():
        say("site: kept, nothing has changed")
        return page()
    say("site: building")
    wanted = _sources()
    stamp().unlink(missing_ok=True)
    sphinx = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    options = ["build", "--all", "-W", "-n", "--keep-going", "-q", "."]
    plain = {**os.environ, "NO_COLOR": "1"}
    built = subprocess.run(sphinx + options, cwd=files.root(), env=plain, capture_output=True, text=True, check=False)
    if built.returncode or not page().exists():
        raise LucioleError(f"the site could not be built:\n{built.stderr.strip() or built.stdout}")
    with files.atomic(stamp()) as temporary:
        temporary.write_text(wanted)
    return page()


def page() -> Path:
    """The first page of the site."""
    return files.root() / "_build" / "html" / "index.html"


def stamp() -> Path:
    """The file that says what the site was built from; there is none while it is being built."""
    return files.root() / "_build" / "built-from"


def current() -> bool:
    """Whether the site is there and was built from its sources as they are now."""
    return page().exists() and stamp().exists() and stamp().read_text() == _sources()


def _sources() -> str:
    """One hash of everything that the site is made of."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(f"{path.relative_to(files.root())} {files.sha256(path)}\n".encode())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    root = files.root()
    yield from (root / name for name in ("_config.yml", "_toc.yml", "requirements.txt"))
    yield from sorted((root / "lib").rglob("*.py"))  # the reference is made from its docstrings
    for path in sorted((root / "book").rglob("*")):
        if (
            path.is_file()
            and not path.name.startswith(".")
            and "__pycache__" not in path.parts
            and path.parent.name != "runs"
        ):
            yield path
