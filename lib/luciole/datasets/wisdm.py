"""WISDM 2019: 18 daily activities, accelerometer of a smart watch (or of a phone in the pocket), 20 Hz.

Weiss, Yoneda and Hayajneh, "Smartphone and Smartwatch-Based Biometrics Using Activities of Daily Living", IEEE
Access 2019. The prepared file has 46 of the 51 subjects for the watch and 22 for the phone, the accelerometer
alone; time stamps are not kept, so 20 Hz is nominal. No published split: split by subject.
"""

import numpy as np

from luciole.datasets.dataset import Dataset
from luciole.datasets.sources import arrays, prepared
from luciole.datasets.windows import cut
from luciole.errors import LucioleError

HZ = 20.0
LICENCE = "terms of the origin (UCI repository 507); cite Weiss, Yoneda and Hayajneh, IEEE Access 2019"


def load(device: str = "watch", seconds: float = 3.0, overlap: float = 0.0) -> Dataset:
    """Load WISDM 2019 as windows of ``seconds``, a segment (one subject, one activity) being one recording.

    Parameters
    ----------
    device: "watch" (46 subjects) or "phone" (22).
    overlap: share of a window that the next one repeats, 0 up to but not including 1.

    Raises LucioleError when the prepared file is neither in ``LUCIOLE_DATA`` nor in the cache.
    """
    if device not in ("watch", "phone"):
        raise LucioleError(f"expected device 'watch' or 'phone', got {device!r}")
    found = prepared("wisdm_accel_20hz.npz")
    if found is None:
        raise LucioleError(
            "WISDM 2019 needs the prepared file wisdm_accel_20hz.npz; put it in the folder LUCIOLE_DATA names, "
            "or use load('seglearn'), which comes with a package"
        )
    path, source = found
    data = arrays(path, f"{device}_signal", f"{device}_segments", "class_names")
    signal, segments = data[f"{device}_signal"], data[f"{device}_segments"]
    size = round(seconds * HZ)
    hop = max(1, round(size * (1 - overlap)))
    pieces = [cut(signal[first : first + rows], size, hop) for _, _, first, rows in segments]
    counts = [len(piece) for piece in pieces]
    return Dataset(
        name=f"wisdm-{device}",
        X=np.concatenate(pieces) * np.float32(1e-3),  # stored in 0.001 m/s²
        y=np.repeat(segments[:, 1], counts),
        class_names=tuple(str(name) for name in data["class_names"]),
        channel_names=("x", "y", "z"),
        hz=HZ,
        subject=np.repeat(segments[:, 0], counts),
        recording=np.repeat(np.arange(len(segments)), counts),
        source=source,
        licence=LICENCE,
    )
