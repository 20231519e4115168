"""Errors: what the machine lacked is told from what the network cannot do."""

import errno

import numpy as np
import pytest
import torch

from luciole import files
from luciole.errors import LucioleError, lacked

MACHINE = {
    MemoryError(): "memory",
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: 9 bytes"): "memory",
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"): "memory",
    RuntimeError("std::bad_alloc"): "memory",
    RuntimeError("could not create a primitive"): "memory",
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"): "memory",
    RuntimeError("can't start new thread"): "open files or processes",
    OSError(errno.ENOSPC, "No space left on device"): "room on the disk",
    OSError(errno.EMFILE, "Too many open files"): "open files or processes",
    TimeoutError("no answer"): "time",
}
WORK = [
    RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
    RuntimeError("Given groups=1, weight of size [4, 3, 1, 1], expected input[1, 2, 8, 8] to have 3 channels"),
    RuntimeError("one of the variables needed for gradient computation has been modified by an inplace operation"),
    np.linalg.LinAlgError("Eigenvalues did not converge"),
    torch.linalg.LinAlgError("linalg.eigh: The algorithm failed to converge"),
    ZeroDivisionError("division by zero"),
    FileNotFoundError(errno.ENOENT, "No such file or directory"),
    LucioleError("naswot is not defined on this network"),
]


@pytest.mark.parametrize("error", MACHINE, ids=str)
def test_what_the_machine_lacked(error):
    assert lacked(error) == MACHINE[error]
    try:
        raise LucioleError("the network does not accept this batch") from error
    except LucioleError as told:
        assert lacked(told) == MACHINE[error]
    try:
        try:
            raise error
        except type(error):
            raise ValueError("while it was handled")  # noqa: B904
    except ValueError as told:
        assert lacked(told) == MACHINE[error]


@pytest.mark.parametrize("error", WORK, ids=str)
def test_what_the_work_could_not_do(error):
    assert lacked(error) == ""


def test_a_cause_that_was_put_away_is_not_asked():
    try:
        try:
            raise MemoryError
        except MemoryError:
            raise ValueError("another matter") from None
    except ValueError as told:
        assert lacked(told) == ""


def test_memory_that_numpy_cannot_have():
    with pytest.raises(MemoryError) as caught:
        np.empty(2**60, dtype=np.int8)
    assert lacked(caught.value) == "memory"


def test_a_full_disk_is_known_behind_our_own_words(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LucioleError, match="cannot write") as caught, files.atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("x")
    assert lacked(caught.value) == "room on the disk"
