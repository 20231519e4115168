"""The minutes of a run, over as many beginnings as it takes, and words for what is left.

>>> words(125.4)
'2:05'
"""

import json
import time
from pathlib import Path
from typing import Any

from luciole import files


def words(seconds: float) -> str:
    """Minutes and seconds."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class Clock:
    """Seconds that were spent on a run, kept in a file beside its pieces: a run that goes on has spent them."""

    def __init__(self, path: Path, minutes: float, began: float | None = None):
        self.path, self.total = path, 60 * minutes
        self.began = time.monotonic() if began is None else began
        self._noted = self._read()
        self.before = float(self._noted.get("seconds", 0.0))

    def _read(self) -> dict[str, Any]:
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # begun anew, or broken: time counts from now
            return {}
        return told if isinstance(told, dict) else {}

    @property
    def spent(self) -> float:
        """Seconds of all beginnings."""
        return self.before + time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds until the minutes are over; negative beyond."""
        return self.total - self.spent

    @property
    def laddered(self) -> float:
        """The minutes for which short trainings are over; 0 where they are not."""
        return float(self._noted.get("laddered", 0.0))

    def note(self, **more: float) -> None:
        """Keep what was spent."""
        self._noted |= {"seconds": round(self.spent, 3), **more}
        with files.atomic(self.path) as temporary:
            temporary.write_text(json.dumps(self._noted), encoding="utf-8")
