"""Where things are on disk, and how they are written: whole or not at all."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from luciole.errors import LucioleError

PACKAGE = Path(__file__).resolve().parent


def study() -> Path | None:
    """The study's own folder: ``LUCIOLE_HOME``, else the checkout this library runs from; None where it is installed.

    Chapters, the book and committed results are there and nowhere else.
    """
    if home := os.environ.get("LUCIOLE_HOME"):
        return Path(home)
    checkout = PACKAGE.parents[1]
    return checkout if (checkout / "data" / "published.csv").exists() else None


def root() -> Path:
    """The folder that holds ``data/``: :func:`study`, else one of the user's, never the one where somebody stands."""
    return study() or platformdirs.user_data_path("luciole")


def cache() -> Path:
    """Folder of everything that can be fetched or computed again.

    ``LUCIOLE_CACHE``, else ``data/cache`` of the study, else, outside a checkout, the user's cache (platformdirs).
    """
    if place := os.environ.get("LUCIOLE_CACHE"):
        return Path(place)
    home = study()
    return home / "data" / "cache" if home else platformdirs.user_cache_path("luciole")


def results() -> Path:
    """Folder of results with their provenance; those of the study are committed."""
    return root() / "data" / "results"


def data_file(name: str) -> Path:
    """A file of ``data/``, as ``published.csv``: in :func:`root`, else the copy that the installed package carries.

    Where neither is there the path in the root is given, which is where to restore it.
    """
    path, carried = root() / "data" / name, PACKAGE / "data" / name
    return carried if carried.exists() and not path.exists() else path


def data_folder() -> Path | None:
    """The user's folder of prepared tables and data sets (``LUCIOLE_DATA``), or None when it is not set.

    Raises LucioleError when the variable names something that is not a folder.
    """
    name = os.environ.get("LUCIOLE_DATA")
    if not name:
        return None
    folder = Path(name)
    if not folder.is_dir():
        raise LucioleError(f"LUCIOLE_DATA should name a folder, got {name!r}; correct it or unset it")
    return folder


def offline() -> bool:
    """Whether the network is off limits (``LUCIOLE_OFFLINE=1``, as in chapters: data is fetched before them)."""
    return os.environ.get("LUCIOLE_OFFLINE", "") not in ("", "0")


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` to write to; it replaces ``path`` only if the block succeeds.

    The temporary name keeps the suffix, so that writers that look at it work. A killed process leaves at most
    a hidden ``.tmp-`` file, which nothing reads.

    >>> import tempfile, pathlib
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> with atomic(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise LucioleError(f"cannot write {path}: {error.strerror}; free space or choose another folder") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise LucioleError(f"cannot write {path}: {error.strerror}; free space or choose another folder") from error
    finally:
        temporary.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
