"""Getting the public originals: from a folder that has them, else downloaded, and in both cases verified.

Every file is checked by size and SHA-256 before anything reads it. A download is tried once a process with short
time-outs, never when the network is off limits (``LUCIOLE_OFFLINE=1``), and never twice for the same bytes.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from luciole import files
from luciole.errors import LucioleError
from luciole.tables import manifest

TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds between two pieces of an answer

_failed = False  # whether a download failed in this process: the next would wait as long for nothing


def verify(path: Path, original: manifest.Original) -> Path:
    """Return ``path`` if it holds the bytes of ``original``; LucioleError when absent, cut short or altered."""
    if not path.is_file():
        raise LucioleError(f"expected {original.place} in {path}, got no file; get it from {original.url}")
    if (size := path.stat().st_size) != original.size:
        raise LucioleError(f"expected {original.size} bytes in {path}, got {size}; get it again from {original.url}")
    if (digest := files.sha256(path)) != original.sha256:
        raise LucioleError(
            f"expected SHA-256 {original.sha256[:16]} for {path}, got {digest[:16]}: altered; "
            f"get it again from {original.url}"
        )
    return path


def local(places: Iterable[str]) -> dict[str, Path] | None:
    """Find originals in ``raw/`` of the folder LUCIOLE_DATA, verified: place -> path. None when none is there.

    Raises LucioleError when some are there and others are not, or are damaged.
    """
    folder = files.data_folder()
    if folder is None or not any((folder / "raw" / place).is_file() for place in places):
        return None
    return {place: verify(folder / "raw" / place, manifest.original(place)) for place in places}


def download(places: Iterable[str]) -> dict[str, Path]:
    """Download originals that the cache does not hold yet, verified: place -> path.

    Raises LucioleError when offline, when the network fails and when the bytes are not the pinned ones.
    """
    global _failed
    if files.offline():
        raise LucioleError("the network is off limits (LUCIOLE_OFFLINE); unset it to download")
    if _failed:
        raise LucioleError("no download, as said before; check the network and try again")
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    wanted = [manifest.original(place) for place in places]
    keeper = pooch.create(
        path=files.cache() / "originals",
        base_url="",
        registry={one.place: f"sha256:{one.sha256}" for one in wanted},
        urls={one.place: one.url for one in wanted},
        retry_if_failed=0,
    )
    web = pooch.HTTPDownloader(timeout=TIMEOUT)
    got: dict[str, Path] = {}
    for one in wanted:
        try:
            got[one.place] = Path(keeper.fetch(one.place, downloader=web))
        except (OSError, ValueError) as error:  # the network's errors are OSErrors; ValueError: other bytes came
            _failed = True
            what = type(error).__name__ if isinstance(error, OSError) else "other bytes than the pinned ones"
            host = urlsplit(one.url).hostname
            raise LucioleError(
                f"expected to download {one.place} from {host}, got {what}; check the network and try again"
            ) from error
    return got
