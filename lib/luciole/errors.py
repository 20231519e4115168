"""The error that users of Luciole are meant to read; whether an extra is missing, or something of the machine's."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_MEMORY, _DISK, _FILES = "memory", "room on the disk", "open files or processes"
_NUMBERS = {
    errno.ENOMEM: _MEMORY,
    errno.ENOSPC: _DISK,
    errno.EDQUOT: _DISK,
    errno.EIO: "a disk that answers",
    errno.EROFS: "a disk that can be written",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EAGAIN: _FILES,
}
_WORDS = {  # of torch and what lies below it, which raise RuntimeError whatever happened
    "allocate memory": _MEMORY,
    "out of memory": _MEMORY,
    "bad_alloc": _MEMORY,
    "unable to mmap": _MEMORY,
    "alloc_failed": _MEMORY,
    "could not create a memory": _MEMORY,
    "could not create a primitive": _MEMORY,  # oneDNN's words when its compiled kernels find no room
    "could not execute a primitive": _MEMORY,
    "start new thread": _FILES,
    "cuda error": "a graphics card that answers",
    "cuda driver error": "a graphics card that answers",
    "cudnn_status": "a graphics card that answers",
    "no space left": _DISK,
}


class LucioleError(ValueError):
    """Bad input, said in one line: what was expected, what came, what to do.

    The command line prints it without a traceback.

    >>> raise LucioleError("expected a cell of six integers 0..4, got 7 integers; drop one")
    Traceback (most recent call last):
        ...
    luciole.errors.LucioleError: expected a cell of six integers 0..4, got 7 integers; drop one
    """


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Surround the imports that need the extra ``name`` of pyproject.toml; where one is absent, say which extra.

    Raises LucioleError in place of ModuleNotFoundError.

    >>> with extra("search"):
    ...     import no_such_package
    Traceback (most recent call last):
        ...
    luciole.errors.LucioleError: expected the package no_such_package, got none; it needs ... 'luciole[search]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise LucioleError(
            f"expected the package {error.name}, got none; it needs the extra: pip install 'luciole[{name}]'"
        ) from error


def lacked(error: BaseException | None) -> str:
    """What the machine lacked (memory, room on the disk, time …) where that is why ``error`` was raised, else "".

    Such an error says nothing about the network, the data or the code at work: it ends a run and is never a result.
    What the error was raised from is asked too.

    >>> lacked(MemoryError()), lacked(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    ('memory', '')
    """
    while error is not None:
        if found := _lacked(error):
            return found
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return ""


def _lacked(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, TimeoutError):
        return "time"
    if isinstance(error, OSError):
        return _NUMBERS.get(error.errno or 0, "")
    if isinstance(error, RuntimeError):
        said = str(error).lower()
        return next((what for words, what in _WORDS.items() if words in said), "")
    return ""
