"""NAS-Bench-101 as columns: 423,624 cells trained on CIFAR-10, in the order of the benchmark's graph hash.

Two sources: the prepared ``nb101.npz`` in the folder ``LUCIOLE_DATA`` (parameters, test accuracy, no
times), or the official ``nasbench_only108.tfrecord`` in the same folder or in ``data/cache``, read here
once without TensorFlow (then also validation accuracy and training time) and kept as
``data/cache/nb101_only108.npz``.

Columns: ``params``; ``test_acc108``, fraction, mean of 3 trainings of 108 epochs; from the tfrecord also
``valid_acc108`` and ``seconds108``. Source: Ying et al., ICML 2019 (Apache-2.0).
"""

import base64
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError
from luciole.spaces import Rows, nb101

PREPARED = "nb101.npz"
OFFICIAL = "nasbench_only108.tfrecord"
EPOCHS = 108


@dataclass(frozen=True)
class NB101Table:
    """The cells of NAS-Bench-101 and what was measured of them.

    ``rows`` are genotypes of :mod:`luciole.spaces.nb101`, int8 (n, 26), one a class of isomorphic cells,
    sorted by ``hashes``, uint8 (n, 16).
    """

    rows: Rows
    hashes: NDArray[np.uint8]
    values: Mapping[str, NDArray]
    source: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.values)

    @cached_property
    def _keys(self) -> NDArray[np.uint64]:
        return _high(self.hashes)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> NDArray:
        if name not in self.values:
            raise LucioleError(f"expected a column among {', '.join(self.columns)}, got {name!r}")
        return self.values[name]

    def index(self, rows: Rows) -> NDArray[np.int64]:
        """Row number of each genotype, found by the benchmark's hash; LucioleError for a cell that is not there."""
        wanted = nb101.digests(rows)
        found = np.minimum(np.searchsorted(self._keys, _high(wanted)), len(self) - 1)
        missing = (self.hashes[found] != wanted).any(axis=1)
        if missing.any():
            row = np.atleast_2d(rows)[int(np.argmax(missing))]
            raise LucioleError(
                f"expected cells of NAS-Bench-101 (at most {nb101.MAX_EDGES} edges), got {row.tolist()}; "
                "see luciole.spaces.nb101.valid"
            )
        return found

    def at(self, rows: Rows, name: str) -> NDArray:
        """Values of column ``name`` for genotypes (n, 26)."""
        return self[name][self.index(rows)]

    def sample(self, rng: np.random.Generator, n: int) -> Rows:
        """Draw ``n`` cells uniformly among the different ones."""
        return nb101.sample(rng, n, self.rows)


def _high(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """First eight bytes of each hash as a number: distinct for all cells of the benchmark, and in hash order."""
    return np.ascontiguousarray(hashes[:, :8]).view(">u8").reshape(-1).astype(np.uint64)


def load() -> NB101Table:
    """Open the table from the first source that is there.

    Raises LucioleError, saying where the files are looked for, when there is none, and when one is damaged.
    """
    folder = files.data_folder()
    if folder is not None and (folder / PREPARED).exists():
        return open_prepared(folder / PREPARED)
    kept = files.cache() / "nb101_only108.npz"
    for place in filter(None, (folder, files.cache())):
        if (place / OFFICIAL).exists() and not kept.exists():
            prepare(place / OFFICIAL, kept)
    if kept.exists():
        return open_prepared(kept)
    raise LucioleError(
        f"expected {PREPARED} or {OFFICIAL} in the folder LUCIOLE_DATA, or {OFFICIAL} in {files.cache()}, found "
        "neither; put one there (github.com/google-research/nasbench links the official file)"
    )


def open_prepared(path: Path) -> NB101Table:
    """Read a prepared file: arrays hash, n_vertices, adj_bits, ops, and columns of one number a cell."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        n_vertices, bits, ops = arrays.pop("n_vertices"), arrays.pop("adj_bits"), arrays.pop("ops")
        hashes = arrays.pop("hash")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise LucioleError(f"expected prepared NAS-Bench-101 in {path}, got {error}; fetch it again") from error
    return NB101Table(_rows(n_vertices, bits, ops), hashes, arrays, f"prepared file {path.name}")


def _rows(n_vertices: NDArray, bits: NDArray, ops: NDArray) -> Rows:
    """Genotypes of cells stored with as many vertices as they need: the output moves to vertex 6."""
    rows = np.zeros((len(bits), nb101.GENES), dtype=np.int8)
    source, target = np.array(nb101.PAIRS).T
    for n in range(2, nb101.VERTICES + 1):
        which = np.flatnonzero(n_vertices == n)
        place = np.r_[np.arange(n - 1), nb101.VERTICES - 1]
        inside = np.flatnonzero(target < n)
        gene = {pair: position for position, pair in enumerate(nb101.PAIRS)}
        moved = [gene[(place[source[k]], place[target[k]])] for k in inside]
        rows[which[:, None], moved] = bits[which, None] >> inside & 1
    rows[:, nb101.EDGE_GENES :] = np.maximum(ops, 0)
    return rows


def prepare(official: Path, prepared: Path) -> None:
    """Turn the official tfrecord into the prepared form, means over the repeats of 108 epochs."""
    cells: dict[bytes, tuple[str, str, list[tuple[float, ...]]]] = {}
    for line in records(official):
        try:
            digest, epochs, adjacency, ops, metrics = json.loads(line)
            params, evaluations = parse_metrics(base64.b64decode(metrics, validate=True))
            key, final = bytes.fromhex(digest), evaluations[-1]
            measured = (float(params), final[4], final[5], final[2])
        except (ValueError, TypeError, KeyError, struct.error, IndexError) as error:
            raise LucioleError(
                f"expected trainings of NAS-Bench-101 in {official}, got a record with {error}"
            ) from error
        if epochs == EPOCHS:
            cells.setdefault(key, (adjacency, ops, []))[2].append(measured)
    if not cells:
        raise LucioleError(f"expected trainings of {EPOCHS} epochs in {official}, found none")
    order = sorted(cells)
    rows = np.concatenate(
        [nb101.from_matrix(_square(cells[digest][0]), cells[digest][1].split(",")[1:-1]) for digest in order]
    )
    means = np.array([np.mean(cells[digest][2], axis=0) for digest in order])
    with files.atomic(prepared) as temporary:
        np.savez_compressed(
            temporary,
            hash=np.frombuffer(b"".join(order), dtype=np.uint8).reshape(-1, 16),
            n_vertices=np.full(len(rows), nb101.VERTICES, dtype=np.uint8),
            adj_bits=(rows[:, : nb101.EDGE_GENES] @ (1 << np.arange(nb101.EDGE_GENES))).astype(np.int32),
            ops=rows[:, nb101.EDGE_GENES :],
            params=means[:, 0].astype(np.int32),
            valid_acc108=means[:, 1].astype(np.float32),
            test_acc108=means[:, 2].astype(np.float32),
            seconds108=means[:, 3].astype(np.float32),
        )


def _square(text: str) -> NDArray[np.int64]:
    side = int(len(text) ** 0.5)
    return np.array([int(bit) for bit in text]).reshape(side, side)


def records(path: Path) -> Iterator[bytes]:
    """Yield the payload of each record of a tfrecord file: length, its checksum, payload, its checksum.

    Raises LucioleError for a file of another kind or one that is cut. Only lengths are checked by their sum:
    a damaged payload fails to parse.
    """
    with path.open("rb") as file:
        while head := file.read(12):
            if len(head) < 12 or _masked_crc(head[:8]) != struct.unpack("<I", head[8:])[0]:
                raise LucioleError(f"expected a tfrecord, got a broken record before byte {file.tell()} of {path}")
            length = struct.unpack("<Q", head[:8])[0]
            payload = file.read(length)
            if len(payload) < length or len(file.read(4)) < 4:
                raise LucioleError(f"expected {length} more bytes at the end of {path}: it is cut; fetch it again")
            yield payload


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _crc_table()


def _masked_crc(data: bytes) -> int:
    """CRC-32C of ``data``, rotated and offset as the tfrecord format stores it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes | float]]:
    """Yield (number, value) of each field of a protocol-buffer message: varint, double or bytes."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
            shift += 7

    while position < len(data):
        tag = varint()
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            yield number, varint()
        elif kind == 1:
            yield number, struct.unpack_from("<d", data, position)[0]
            position += 8
        elif kind == 2:
            length = varint()
            yield number, data[position : position + length]
            position += length
        else:
            raise ValueError(f"field {number} of an unexpected kind {kind}")


def parse_metrics(data: bytes) -> tuple[int, list[dict[int, float]]]:
    """Read one ModelMetrics message: trainable parameters, and per evaluation the doubles by field number.

    Field numbers of an evaluation: 1 epoch, 2 training seconds, 3 train, 4 validation and 5 test accuracy.
    """
    params, evaluations = 0, []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            evaluations.append({inner: x for inner, x in _fields(value) if isinstance(x, float)})
        elif number == 2 and isinstance(value, int):
            params = value
    return params, evaluations
