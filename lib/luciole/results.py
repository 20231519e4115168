"""Results measured by this project: a data file, and beside it where every number of it came from.

``write`` puts ``STUDY/NAME.parquet`` (a table) or ``STUDY/NAME.npz`` (arrays) and ``STUDY/NAME.json`` into
``data/results``; ``read`` gives both back, refuses what is not as it was written, and says when the code that made it
has changed since: such a result is shown as stale, never silently used.

The record is sealed: a digest over all that it says, the data's digest among it, so that an edited figure of seconds or
a fingerprint taken out is noticed. A seal is no signature. Who computes it anew passes here, and is caught only by
deriving a sample of the numbers again: :mod:`luciole.attestation`, whose findings are kept behind the record, and which
make a result current again when its code was changed and its numbers were not.

A result may hold a part of what was planned. It never replaces one that holds more, and who reads it has to ask for a
part.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files
from luciole.errors import LucioleError, extra

VERSIONED = ("luciole", "torch", "numpy", "scipy", "scikit-learn", "pandas", "codecarbon")


@dataclass(frozen=True)
class Provenance:
    """Where a result came from; one JSON object beside the data."""

    function: str  # what ran, as module.function
    parameters: dict[str, Any]  # with the seeds
    inputs: dict[str, str]  # each input's name: its SHA-256 or its source in words
    code: dict[str, str]  # fingerprint of each module that decides the numbers
    commit: str  # of the checkout that ran; "+" behind it when files had changed since
    versions: dict[str, str]
    machine: dict[str, Any]
    seconds: float
    joules: float | None
    energy: str  # how the joules were measured, or that they were not
    written: str  # UTC
    sha256: str  # of the data file
    holds: tuple[int, int] | None = None  # pieces in it, and pieces planned; None: all there ever was


@dataclass(frozen=True)
class Result:
    """A result as read: its table or its arrays, its provenance, and what makes it stale (nothing: current)."""

    data: pd.DataFrame | dict[str, NDArray]
    provenance: Provenance
    stale: tuple[str, ...]
    attestations: tuple[dict[str, Any], ...] = ()  # what was derived again since, oldest first

    @property
    def code(self) -> dict[str, str]:
        """Fingerprints of the code that last made these numbers: of the latest attestation, else of the first run."""
        return self.attestations[-1]["code"] if self.attestations else self.provenance.code

    @property
    def frame(self) -> pd.DataFrame:
        """The table; LucioleError if the result holds arrays."""
        if isinstance(self.data, pd.DataFrame):
            return self.data
        raise LucioleError(f"expected a table, but this result holds arrays: {', '.join(self.data)}; use .arrays")

    @property
    def arrays(self) -> dict[str, NDArray]:
        """The arrays by name; LucioleError if the result holds a table."""
        if isinstance(self.data, dict):
            return self.data
        raise LucioleError("expected arrays, but this result holds a table; use .frame")


@cache
def fingerprint(module: str) -> str:
    """Return 16 hexadecimal digits of a module's code: the same under every Python from 3.11.

    Comments, docstrings and layout do not change them.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise LucioleError(f"expected the name of a Python module, got {module!r}")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    return hashlib.sha256(repr(_skeleton(tree)).encode()).hexdigest()[:16]


def _skeleton(node: Any) -> Any:
    """Syntax as nested tuples, without what one Python has and another lacks: ``ast.unparse`` quotes by version.

    Empty fields are left out, because newer Pythons add some (type parameters) to every function and class.
    """
    if isinstance(node, list):
        return tuple(_skeleton(item) for item in node)
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    if isinstance(node, ast.Constant):
        fields = {"value": node.value}  # None is a value, and what kind of quotes it had is not
    described = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if described and ast.get_docstring(node, clean=False):  # type: ignore[arg-type]
        fields["body"] = fields["body"][1:]
    return type(node).__name__, *((name, _skeleton(value)) for name, value in sorted(fields.items()))


def machine() -> dict[str, Any]:
    """Describe this machine: processor, logical cores, memory in GiB, system."""
    import psutil

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1] for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].strip() if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def versions(packages: Iterable[str] = VERSIONED) -> dict[str, str]:
    """Return the installed version of each package, without local build tags."""
    found = {}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit() -> str:
    """Return the checkout's commit, with "+" when tracked files differ from it; "unknown" outside a checkout."""
    try:
        ran = [
            subprocess.run(
                ["git", *arguments], cwd=files.root(), capture_output=True, text=True, timeout=20, check=True
            ).stdout.strip()
            for arguments in (["rev-parse", "--short=12", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return ran[0] + ("+" if ran[1] else "")


def write(
    name: str,
    data: pd.DataFrame | Mapping[str, NDArray],
    *,
    function: Callable[..., Any],
    parameters: Mapping[str, Any],
    modules: Iterable[str],
    inputs: Mapping[str, str],
    seconds: float,
    joules: float | None = None,
    energy: str = "not measured",
    holds: tuple[int, int] | None = None,
    folder: Path | None = None,
) -> Path | None:
    """Write a result and its provenance, each whole or not at all, and return the data file's path.

    ``modules`` names the modules whose code decides the numbers: when one changes, the result is stale.
    ``inputs`` names each input with its SHA-256 or its source. ``holds`` says of how many planned pieces the data
    holds how many. A part does not replace a result that holds more: that one stays, a line says so, and None is
    returned. Raises LucioleError if the data cannot be written, holds Python objects or no piece, or names no module.
    """
    folder = folder or files.results()
    modules = sorted(modules)
    if not modules:
        raise LucioleError(f"expected the modules whose code decides the numbers of {name!r}, got none; name them")
    if holds is not None and not 0 < holds[0] <= holds[1]:
        raise LucioleError(
            f"expected between one and all of the planned pieces of {name!r}, got {holds[0]} of {holds[1]}"
        )
    if holds is not None and (more := _holds_more(name, holds, folder)):
        print(f"{name}: {holds[0]} of {holds[1]} pieces are done and kept; {more} stays. Run again to go on")
        return None
    if isinstance(data, pd.DataFrame):
        _need_parquet()
        path = folder / f"{name}.parquet"
        with files.atomic(path) as temporary:
            data.to_parquet(temporary, compression="zstd", index=False)
    else:
        path = folder / f"{name}.npz"
        arrays = {key: np.asarray(value) for key, value in data.items()}
        if objects := [key for key, value in arrays.items() if value.dtype == object]:
            raise LucioleError(f"expected arrays of numbers or fixed-length text, got Python objects in {objects}")
        with files.atomic(path) as temporary:
            np.savez_compressed(temporary, allow_pickle=False, **arrays)
    provenance = Provenance(
        function=f"{function.__module__}.{function.__qualname__}",
        parameters=dict(parameters),
        inputs=dict(inputs),
        code={module: fingerprint(module) for module in modules},
        commit=commit(),
        versions=versions(),
        machine=machine(),
        seconds=round(seconds, 3),
        joules=None if joules is None else round(joules, 3),
        energy=energy,
        written=datetime.now(UTC).isoformat(timespec="seconds"),
        sha256=files.sha256(path),
        holds=holds,
    )
    record = asdict(provenance)
    _write_record(folder / f"{name}.json", record | {"seal": seal(record)})
    return path


def _need_parquet() -> None:
    """Say which extra brings what pandas reads and writes Parquet with; its own error names none."""
    with extra("book"):
        import pyarrow  # noqa: F401


def _holds_more(name: str, holds: tuple[int, int], folder: Path) -> str:
    """What is there already and holds more than ``holds``, in words; empty where nothing does."""
    if holds[0] == holds[1]:
        return ""
    try:
        kept = read(name, folder, part=True).provenance.holds
    except LucioleError:
        return ""  # nothing there, or nothing that can be read
    if kept is None or kept[0] == kept[1]:
        return "the whole result that is there"
    return f"the result of {kept[0]} of {kept[1]} that is there" if kept[0] / kept[1] > holds[0] / holds[1] else ""


def seal(record: Mapping[str, Any]) -> str:
    """Return the digest (64 hexadecimal digits) of all that a record says, but for what is added behind it later."""
    said = {key: value for key, value in record.items() if key not in ("seal", "attestations")}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def attest(name: str, attestation: Mapping[str, Any], folder: Path | None = None) -> None:
    """Add an attestation, made by :mod:`luciole.attestation`, behind the record of a result, which stays as it is."""
    path = (folder or files.results()) / f"{name}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    sealed = {**attestation, "record": record["seal"]}
    attestations = [*record.get("attestations", []), sealed | {"seal": seal(sealed)}]
    _write_record(path, record | {"attestations": attestations})


def _write_record(path: Path, record: Mapping[str, Any]) -> None:
    with files.atomic(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def names(folder: Path | None = None) -> list[str]:
    """Names of the results in ``folder``, as STUDY/NAME, sorted."""
    folder = folder or files.results()
    records = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.json"))
    return sorted(path.as_posix() for path in records if list(folder.glob(f"{path}.[pn]*")))


def read(name: str, folder: Path | None = None, *, part: bool = False) -> Result:
    """Read a result with its provenance; ``part`` says that one that holds a part of its plan is welcome too.

    Raises LucioleError when there is none of that name (listing those there are), when it holds a part and that was
    not asked for, when its record is missing, unreadable or not as it was sealed, or when the data is not, byte for
    byte, what the record describes.
    """
    folder = folder or files.results()
    record = folder / f"{name}.json"
    found = [path for path in (folder / f"{name}.parquet", folder / f"{name}.npz") if path.exists()]
    if not found or not record.exists():
        raise LucioleError(f"no result {name!r} in {folder}; there are: {', '.join(names(folder)) or 'none'}")
    provenance, attestations = _record(record)
    if provenance.holds and provenance.holds[0] < provenance.holds[1] and not part:
        done, planned = provenance.holds
        raise LucioleError(f"expected the whole result {name!r}, got {done} of {planned} pieces; luciole run goes on")
    path = next((path for path in found if files.sha256(path) == provenance.sha256), None)
    if path is None:
        raise LucioleError(f"{found[0]} is not the data that {record.name} describes; restore both, or run it again")
    data: pd.DataFrame | dict[str, NDArray]
    if path.suffix == ".parquet":
        _need_parquet()
        data = pd.read_parquet(path)
    else:
        with np.load(path, allow_pickle=False) as archive:
            data = dict(archive)
    code = attestations[-1]["code"] if attestations else provenance.code
    return Result(data, provenance, tuple(_changed(code)), attestations)


def _record(path: Path) -> tuple[Provenance, tuple[dict[str, Any], ...]]:
    """The provenance in a file and what was attested since, once all its seals hold."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        attestations = tuple(said.pop("attestations", ()))
        sealed = said.pop("seal")
        provenance = Provenance(**said | {"holds": tuple(said["holds"]) if said.get("holds") else None})
        whole = seal(said) == sealed and bool(provenance.code)
        for one in attestations:
            told = {key: value for key, value in one.items() if key != "seal"}
            whole &= seal(told) == one["seal"] and bool(one["code"])
            whole &= one["record"] == sealed and one["sha256"] == provenance.sha256
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LucioleError(f"{path} is not a provenance record ({error}); restore it or run the experiment") from None
    if not whole:
        raise LucioleError(f"{path} does not say what it said when it was sealed; restore it or run the experiment")
    return provenance, attestations


def _changed(code: Mapping[str, str]) -> Iterable[str]:
    for module, recorded in code.items():
        try:
            current = fingerprint(module)
        except (LucioleError, ModuleNotFoundError):
            yield f"{module} is gone"
            continue
        if current != recorded:
            yield f"{module} has changed"
