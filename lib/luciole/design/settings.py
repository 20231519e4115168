"""What a design was asked for: everything that reruns it, and the folder that belongs to it alone.

>>> Settings("mine.csv", "mine", minutes=5, options={"hz": 50.0}).command()
'luciole design mine.csv --minutes 5 --out mine --hz 50'
"""

import json
import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from luciole import __version__, files
from luciole.devices.foretell import Limits
from luciole.errors import LucioleError

FILE = "settings.json"
WORK = "work"  # the folder's own, of finished pieces
FREE = ("out", "minutes", "workers")  # may be others when a run goes on


@dataclass(frozen=True)
class Settings:
    """Options of one design."""

    recordings: str  # a file, a folder, or the name of a data set
    out: str  # the folder that is made
    minutes: float = 20.0
    macs: int | None = None  # multiply-accumulates of a window, at most; None: by the data
    seed: int = 0
    workers: int = 1  # processes
    options: dict[str, Any] = field(default_factory=dict)  # of the reading
    scored: int = 48  # untrained designs that each search scores
    steps: int = 200  # of the shortest training
    limits: Limits = field(default_factory=Limits)  # of the device that its C is for

    def __post_init__(self) -> None:
        if not 0 < self.minutes < float("inf"):
            raise LucioleError(f"expected minutes above 0, got {self.minutes:g}")
        for name, least in (("macs", 1), ("seed", 0), ("workers", 1), ("scored", 4), ("steps", 2)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise LucioleError(f"expected {name} of at least {least}, got {value}")

    def command(self) -> str:
        """The command line that does this again, or goes on with it."""
        words = ["luciole", "design", self.recordings, "--minutes", f"{self.minutes:g}", "--out", self.out]
        if self.macs is not None:
            words += ["--macs", str(self.macs)]
        for name, most in asdict(self.limits).items():
            if most is not None:
                words += [f"--{name}", f"{most:.0f}"]
        if self.seed:
            words += ["--seed", str(self.seed)]
        for name, value in self.options.items():
            told = ",".join(value) if isinstance(value, list | tuple) else value
            words += [f"--{name}", f"{told:g}" if isinstance(told, float) else str(told)]
        return shlex.join(words)

    def identity(self, data: str) -> dict[str, Any]:
        """What decides the pieces of a run, ``data`` being the fingerprint of what was read."""
        told = {name: value for name, value in asdict(self).items() if name not in FREE}
        if self.limits == Limits():
            del told["limits"]  # a folder begun without any is of the same run as before there were limits
        return told | {"recordings": Path(self.recordings).name, "data": data, "version": __version__}

    def settle(self, data: str, more: dict[str, Any]) -> None:
        """Make the folder this run's, with ``settings.json`` in it, or refuse it as another's."""
        path, identity = Path(self.out) / FILE, self.identity(data)
        if path.exists():
            begun = _read(path)["identity"]
            if begun != json.loads(json.dumps(identity)):
                apart = ", ".join(sorted(key for key in {*begun, *identity} if begun.get(key) != identity.get(key)))
                raise LucioleError(
                    f"{self.out} holds another run (it differs in {apart}); choose another --out, or delete it"
                )
        told = {
            "command": self.command(),
            "version": __version__,
            **more,
            "settings": asdict(self),
            "identity": identity,
        }
        with files.atomic(path) as temporary:
            temporary.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")


def check(out: Path) -> None:
    """Refuse a folder that is not empty and not a design's, before anything is read."""
    if out.exists() and not out.is_dir():
        raise LucioleError(f"expected a folder for --out, got the file {out}; choose another name")
    others = [path for path in out.iterdir() if path.name != WORK] if out.is_dir() else []
    if others and not (out / FILE).exists():
        raise LucioleError(f"{out} holds other files; choose a folder that is new or empty for --out")
    if (out / FILE).exists():
        _read(out / FILE)


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(told, dict) and isinstance(told.get("identity"), dict):
            return told
    except (OSError, ValueError):
        pass
    raise LucioleError(f"{path.parent} holds no design of luciole (its {FILE} is another's); choose another --out")
