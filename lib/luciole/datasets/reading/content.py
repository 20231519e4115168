"""From the bytes of a file to its text: compressed or not, in whatever encoding."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path

from luciole.errors import LucioleError

_PACKED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress}
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ENDINGS = (".gz", ".bz2", ".xz", ".zip")


def content(path: Path) -> bytes:
    """Return what a file holds, unpacked where it is compressed (gzip, bzip2, xz, or a zip of one file)."""
    try:
        raw = path.read_bytes()
        for mark, unpack in _PACKED.items():
            if raw.startswith(mark):
                return unpack(raw)
        if raw.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(raw)) as packed:
                inside = [name for name in packed.namelist() if not name.endswith("/")]
                if len(inside) != 1:
                    raise LucioleError(
                        f"{path}: expected a zip of one file, got {len(inside)}; unpack it into a folder"
                    )
                return packed.read(inside[0])
    except LucioleError:
        raise
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise LucioleError(f"{path}: expected a file that can be read ({error})") from error
    return raw


def text(path: Path) -> tuple[str, str]:
    """Return the text of a file and the encoding it was read in: UTF-8 or 16, else Western European (cp1252)."""
    raw = content(path)
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), encoding
    if b"\x00" in raw[:4096]:
        raise LucioleError(f"{path}: expected a table as text, got binary data")
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), "cp1252"
