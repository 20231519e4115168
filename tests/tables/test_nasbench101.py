"""NAS-Bench-101: the prepared file, and the official format read from a small true-format file made here."""

import base64
import json
import struct

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.spaces import nb101
from luciole.tables import nasbench101


@pytest.fixture(scope="module")
def table(data_folder):
    return nasbench101.open_prepared(data_folder / nasbench101.PREPARED)


def test_published_counts_and_optimum(table):
    assert len(table) == nb101.SIZE
    counts = np.cumsum(np.bincount(nb101.vertices(table.rows), minlength=8))
    assert counts[4] == 91  # EC-NAS publishes the cells of at most 4 and 5 vertices
    assert counts[5] == 2_532
    assert table["test_acc108"].max() == pytest.approx(0.9432, abs=5e-5)
    assert nb101.valid(table.rows).all()


def test_hashes_are_the_benchmarks(table):
    pick = np.random.default_rng(0).integers(len(table), size=1_500)
    assert (nb101.digests(table.rows[pick]) == table.hashes[pick]).all()


def test_every_valid_cell_is_found_under_any_order(table):
    rng = np.random.default_rng(1)
    rows = nb101.sample(rng, 2_000)
    found = table.index(rows)
    assert (nb101.canonical(table.rows[found]) == nb101.canonical(rows)).all()
    assert (table.at(rows, "params") == table["params"][found]).all()
    assert len(np.unique(table.sample(rng, 500), axis=0)) > 490


def test_unknown_cells_and_columns_are_refused(table):
    full = np.r_[np.ones(21, dtype=np.int8), np.zeros(5, dtype=np.int8)]
    with pytest.raises(LucioleError, match="at most 9 edges"):
        table.index(full[None])
    with pytest.raises(LucioleError, match="expected a column among params"):
        table["accuracy"]


def crc32c(data):
    """Bit by bit, for the checksums that the format wants."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def training(matrix, ops, epochs, params, valid, test, seconds):
    """One record as the official file holds it."""
    evaluations = b""
    for share in (0, 0.5, 1):
        numbers = (epochs * share, seconds * share, 0.99, valid * share, test * share)
        message = b"".join(varint(n + 1 << 3 | 1) + struct.pack("<d", x) for n, x in enumerate(numbers))
        message += varint(6 << 3 | 2) + varint(4) + b"path"
        evaluations += varint(1 << 3 | 2) + varint(len(message)) + message
    metrics = evaluations + varint(2 << 3) + varint(params) + varint(3 << 3 | 1) + struct.pack("<d", 9.0)
    rows = nb101.from_matrix(matrix, ops)
    digest = nb101.digests(rows)[0].tobytes().hex()
    text = "".join(str(int(bit)) for bit in np.ravel(matrix))
    payload = json.dumps(
        [digest, epochs, text, ",".join(["input", *ops, "output"]), base64.b64encode(metrics).decode()]
    ).encode()
    head = struct.pack("<Q", len(payload))
    return head + crc32c(head) + payload + crc32c(payload)


CHAIN = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
DIAMOND = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


@pytest.fixture
def official(tmp_path):
    path = tmp_path / nasbench101.OFFICIAL
    path.write_bytes(
        training(CHAIN, ["conv3x3-bn-relu"], 108, 300_000, 0.90, 0.88, 1000.0)
        + training(CHAIN, ["conv3x3-bn-relu"], 108, 300_000, 0.92, 0.90, 1100.0)
        + training(CHAIN, ["conv3x3-bn-relu"], 4, 300_000, 0.5, 0.5, 40.0)
        + training(DIAMOND, ["maxpool3x3", "conv1x1-bn-relu"], 108, 5_000, 0.8, 0.7, 500.0)
    )
    return path


def test_official_file_is_prepared_and_opened(official, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    table = nasbench101.load()
    assert set(table.columns) == {"params", "valid_acc108", "test_acc108", "seconds108"}
    rows = np.concatenate(
        [
            nb101.from_matrix(CHAIN, ["conv3x3-bn-relu"]),
            nb101.from_matrix(DIAMOND, ["conv1x1-bn-relu", "maxpool3x3"]),  # its vertices in the other order
        ]
    )
    assert table.at(rows, "params").tolist() == [300_000, 5_000]
    np.testing.assert_allclose(table.at(rows, "valid_acc108"), [0.91, 0.8], rtol=1e-6)
    np.testing.assert_allclose(table.at(rows, "test_acc108"), [0.89, 0.7], rtol=1e-6)
    np.testing.assert_allclose(table.at(rows, "seconds108"), [1050, 500], rtol=1e-6)
    official.unlink()
    assert (nasbench101.load().hashes == table.hashes).all()  # the prepared copy serves from now on


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-40], "it is cut"),
        (lambda data: b"\x01" + data[1:], "expected a tfrecord"),
        (lambda data: data.replace(b'", 108, "', b'", 108  "'), "a record with"),
        (lambda data: b"", "found none"),
    ],
)
def test_damaged_official_files_are_refused(official, tmp_path, monkeypatch, damage, said):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    official.write_bytes(damage(official.read_bytes()))
    with pytest.raises(LucioleError, match=said):
        nasbench101.load()
    assert not (tmp_path / "nb101_only108.npz").exists()


def test_absent_or_foreign_files_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    with pytest.raises(LucioleError, match=r"nb101\.npz or nasbench_only108\.tfrecord"):
        nasbench101.load()
    (tmp_path / "other.npz").write_bytes(b"not an archive")
    with pytest.raises(LucioleError, match="fetch it again"):
        nasbench101.open_prepared(tmp_path / "other.npz")
