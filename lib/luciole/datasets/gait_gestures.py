"""Nine ways to walk with a phone: its accelerometer, 15 people, 675 recordings of five steps each.

Zou, Ni, Wang, Li and Wang, "Robust Gait Recognition by Integrating Inertial and RGBD Sensors", IEEE
Transactions on Cybernetics 2018. The files are read as a stranger's recordings would be, by :mod:`reading`; a file's
name says who walked and how (``ls_m3na_2``: person ls, the third way, at normal speed).
"""

import hashlib
from pathlib import Path

from luciole.datasets import reading
from luciole.datasets.sources import prepared
from luciole.errors import LucioleError

CLONE = "gait_gestures"  # folder in LUCIOLE_DATA or in the cache
REPOSITORY = "https://github.com/palewithout/Gait_Datasets"
COMMIT = "c1354a7b48f4d131778f9013d2edd0e137368834"
FOLDER = "9_gestures_of_15 tester/output_step_length_5"
SHA256 = "67b58aeae1fc0dd9044a0969f7b29082e3d342656b8445e736a83e0b6aaa9890"  # of names and contents, by digest
OPTIONS = {"label": "name 3", "person": "name 1"}  # as the origin explains its files' names
LICENCE = "not stated at the origin; cite Zou et al., IEEE Transactions on Cybernetics 2018"


def digest(folder: Path) -> str:
    """SHA-256 of the names and contents of a folder's files, in the order of their names; nothing is understood."""
    told = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        told.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return told.hexdigest()


def load(seconds: float = 2.56, overlap: float = 0.5) -> reading.Recordings:
    """Load the recordings as windows of ``seconds`` that overlap by the share ``overlap``.

    Raises LucioleError when the repository's clone is neither in ``LUCIOLE_DATA`` nor in the cache, or holds other
    files.
    """
    found = prepared(CLONE)
    if found is None:
        raise LucioleError(
            f"the nine ways to walk need a clone of {REPOSITORY} at {COMMIT[:12]}, named {CLONE}; "
            "put it in the folder LUCIOLE_DATA names, or in data/cache"
        )
    folder = found[0] / FOLDER
    if not folder.is_dir() or digest(folder) != SHA256:
        raise LucioleError(f"{folder}: expected the files of {REPOSITORY} at {COMMIT[:12]}, got others; clone it again")
    return reading.read(folder, window=seconds, overlap=overlap, **OPTIONS)
