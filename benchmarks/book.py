"""How long a newcomer waits for the book: ``python benchmarks/book.py`` (about ten minutes).

Clones this checkout's last commit into a temporary folder and runs ``make book`` there three times: from nothing
(environment and packages included, no cached data, no ``LUCIOLE_DATA``), again with nothing changed, and again
with one chapter edited. Wall-clock seconds; run it on a quiet machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import Row, record

from luciole import files

CHAPTER = "02_efficiency"


def make(clone: Path) -> float:
    """Seconds of ``make book``; the build's own words go to this program's output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUCIOLE_")}
    start = time.perf_counter()
    subprocess.run(["make", "book"], cwd=clone, env=environment, check=True)
    return time.perf_counter() - start


def rebuilt(clone: Path, since: dict[str, int]) -> list[str]:
    """Names of the executed chapters that are newer than ``since`` says."""
    return [name for name, stamp in stamps(clone).items() if stamp != since[name]]


def stamps(clone: Path) -> dict[str, int]:
    """When each executed chapter was written."""
    return {path.stem: path.stat().st_mtime_ns for path in (clone / "book/chapters").glob("[0-9]*.ipynb")}


def main() -> None:
    """Build three times and record the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(files.root()), str(clone)], check=True)
        first = make(clone)
        before = stamps(clone)
        second = make(clone)
        untouched = rebuilt(clone, before)
        script = clone / "notebooks" / f"{CHAPTER}.py"
        script.write_text(script.read_text("utf-8") + "\n# %%\n1 + 1\n", "utf-8")
        third = make(clone)
        again = rebuilt(clone, before)
    record(
        [
            Row(
                "book.fresh",
                "make book in a fresh clone, packages installed too",
                first,
                "s",
                "under 600 s",
                first < 600,
            ),
            Row(
                "book.unchanged",
                f"make book again with nothing changed; {len(untouched)} chapters ran",
                second,
                "s",
                "under 20 s, no chapter reruns",
                second < 20 and not untouched,
            ),
            Row(
                "book.one_edited",
                f"make book with one chapter edited; chapters that ran: {', '.join(again)}",
                third,
                "s",
                "only that chapter reruns",
                again == [CHAPTER],
            ),
        ]
    )


if __name__ == "__main__":
    main()
