"""One run at a time in a folder: the second is told who is at work there.

with held(folder, "luciole run recurrent_icd"):
    ...
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from luciole.errors import LucioleError


@contextmanager
def held(folder: Path, what: str) -> Iterator[None]:
    """Keep ``folder`` for this process while the block runs; ``what`` says for people what it is kept for.

    The system lets go of it when the process ends, however it ends: a dead process holds nothing. Raises LucioleError
    when another process (or another run in this one) holds it, with its number and machine, or when the folder cannot
    be written.
    """
    told = folder / ".held-by"
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise LucioleError(
            f"{what} is at work already ({_read(told)}) and keeps {folder}; wait until it is done, or end it"
        ) from None
    except OSError as error:
        raise LucioleError(
            f"cannot write in {folder}: {error.strerror}; free space or choose another folder"
        ) from error
    try:
        since = datetime.now().astimezone().isoformat(timespec="minutes")
        told.write_text(f"process {os.getpid()} on {platform.node()}, since {since}", encoding="utf-8")
        yield
    finally:
        told.unlink(missing_ok=True)
        lock.release()


def _read(told: Path) -> str:
    try:
        return told.read_text(encoding="utf-8") or "it has just begun"
    except OSError:
        return "it has just begun"
