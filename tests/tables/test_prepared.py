"""Prepared files: opened when their digest is known, refused in one line when they are damaged or foreign."""

import errno
import hashlib

import numpy as np
import pytest

from luciole import files
from luciole.errors import LucioleError
from luciole.tables import prepared

COLUMNS = {"a": np.arange(5.0), "b": np.arange(10, dtype=np.int8).reshape(5, 2), "name": np.array([b"x"] * 5)}


@pytest.fixture
def path(tmp_path):
    prepared.write(tmp_path / "table.npz", COLUMNS)
    return tmp_path / "table.npz"


def vouch(path):
    path.with_name(path.name + ".sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest() + "  x\n")


def refused(path, said):
    with pytest.raises(LucioleError, match=said) as caught:
        prepared.read(path, 5)
    assert "\n" not in str(caught.value)


def test_columns_come_back(path):
    columns, digest = prepared.read(path, 5)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()  # held in memory: what was checked is what is read
    assert {name: read().tolist() for name, read in columns.items()} == {
        name: values.tolist() for name, values in COLUMNS.items()
    }


def test_every_truncation_is_refused(path):
    whole = path.read_bytes()
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(path, rf"truncated or foreign file \({size} bytes")


def test_every_altered_byte_is_refused(path):
    whole = path.read_bytes()
    for place in range(0, len(whole), 29):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refused(path, "altered or foreign|truncated or foreign")


def test_a_file_that_nobody_vouches_for_is_refused(path):
    path.with_name(path.name + ".sha256").unlink()
    assert not prepared.finished(path)
    refused(
        path, "expected SHA-256 none known .* vouch for a table of your own: sha256sum table.npz > table.npz.sha256"
    )
    vouch(path)
    assert prepared.finished(path)
    assert len(prepared.read(path, 5)[0]) == 3


def test_another_file_under_a_documented_name_is_refused(tmp_path):
    np.savez(tmp_path / "nb201.npz", x=np.zeros(5))
    refused(tmp_path / "nb201.npz", "expected SHA-256 1705e623783a7f86 for .*altered or foreign")


def test_foreign_contents_are_refused_even_when_vouched_for(tmp_path):
    path = tmp_path / "table.npz"
    np.savez(path, a=np.array([{"run": "me"}] * 5, dtype=object))
    vouch(path)
    refused(path, "got Python objects in 'a'; they are never loaded")
    np.savez(path, a=np.zeros(4))
    vouch(path)
    refused(path, r"expected 5 rows .* got shape \(4,\) in 'a'")
    np.savez(path, a=np.array(1.0))
    vouch(path)
    refused(path, r"got shape \(\) in 'a'")
    np.save(path.with_suffix(".npy"), np.zeros(5))
    path.write_bytes(path.with_suffix(".npy").read_bytes())
    vouch(path)
    refused(path, "truncated or foreign")
    refused(tmp_path / "absent.npz", "cannot read")
    with pytest.raises(LucioleError, match="Python objects in 'a'"):
        prepared.write(path, {"a": np.array([None], dtype=object)})


def test_a_full_disk_leaves_nothing_to_pick_up(tmp_path, monkeypatch):
    def full(file, **columns):
        file.write(b"PK half of a file")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", full)
        with pytest.raises(LucioleError, match=r"cannot write .*table\.npz: No space left on device; free space"):
            prepared.write(tmp_path / "table.npz", COLUMNS)
    assert list(tmp_path.iterdir()) == []
    prepared.write(tmp_path / "table.npz", COLUMNS)
    assert prepared.finished(tmp_path / "table.npz")


def test_killed_between_table_and_digest_it_was_never_finished(path, monkeypatch):
    atomic = files.atomic

    def killed(where):
        if where.suffix == ".sha256":
            raise KeyboardInterrupt
        return atomic(where)

    monkeypatch.setattr(files, "atomic", killed)
    with pytest.raises(KeyboardInterrupt):
        prepared.write(path, {"a": np.zeros(5)})
    assert not prepared.finished(path)  # the digest of the earlier table is gone as well


def test_writing_the_same_table_again_never_leaves_it_unvouched(path, monkeypatch):
    """Two processes prepare the same table: the second must not take away what the first relies on."""
    unlinked = []
    monkeypatch.setattr(type(path), "unlink", lambda self, missing_ok=False: unlinked.append(self.name))
    prepared.write(path, COLUMNS)
    assert path.name + ".sha256" not in unlinked
    assert len(prepared.read(path, 5)[0]) == 3
