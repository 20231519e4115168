"""Compile a C++ source of this library once, and open it: for inner loops that no library has.

PyTorch's extension builder does the compiling (it wants a C++ compiler and Ninja). What it made stays in the cache,
under a digest of the source, the flags and the processor's kind, so that a cache shared by several machines holds one
for each.
"""

import ctypes
import hashlib
import logging
import tempfile
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock

from luciole import files
from luciole.errors import LucioleError, lacked

log = logging.getLogger("luciole")

_PROCESSOR = {"AVX512": ["-march=x86-64-v4"], "AVX2": ["-march=x86-64-v3"]}  # of PyTorch's names for what it uses


@cache
def library(source: Path, *headers: Path, sha256: str) -> ctypes.CDLL | None:
    """Open the compiled ``source``; None where it cannot be compiled here, which is said once, with the reason.

    sha256: of source and headers together. Raises LucioleError when they are others.
    """
    text = b"".join(path.read_bytes() for path in (source, *headers))
    if (digest := hashlib.sha256(text).hexdigest()) != sha256:
        raise LucioleError(f"expected {source.name} to have the SHA-256 {sha256}, got {digest}; restore it")
    try:
        return ctypes.CDLL(str(_built(source, digest)))
    except (ImportError, OSError, RuntimeError) as error:
        if lacked(error):
            raise
        reason = next((line for line in str(error).splitlines() if "error" in line.lower()), str(error).split("\n")[0])
        log.warning(
            "%s is not compiled here, PyTorch does its work: slower, the same numbers (%s)", source.name, reason
        )
        return None


def _built(source: Path, digest: str) -> Path:
    """The compiled library in the cache, made if it is not there."""
    flags = ["-O3", *_PROCESSOR.get(torch.backends.cpu.get_cpu_capability(), [])]
    key = hashlib.sha256(f"{digest} {flags}".encode()).hexdigest()[:16]
    made = files.cache() / "compiled" / f"{source.stem}-{key}.so"
    if made.exists():
        return made
    from torch.utils import cpp_extension  # imports setuptools

    made.parent.mkdir(parents=True, exist_ok=True)
    # The builder's own lock outlives a killed process, and the next one would wait for ever: ours does not, and each
    # build has a folder of its own.
    with FileLock(f"{made}.lock"), tempfile.TemporaryDirectory(dir=made.parent, prefix=".tmp-") as folder:
        if not made.exists():
            name = f"luciole_{source.stem}"
            cpp_extension.load(
                name, [str(source)], extra_cflags=flags, build_directory=folder, with_cuda=False, is_python_module=False
            )
            (Path(folder) / f"{name}.so").replace(made)
    return made
