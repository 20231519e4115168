"""All tables below a path: which files hold some, and which are passed over, and why."""

from collections.abc import Callable
from pathlib import Path

from luciole.datasets.reading import beside, json_tables, legends, parquet, tables
from luciole.datasets.reading.account import FACT, LOSS, Account
from luciole.datasets.reading.content import ENDINGS
from luciole.datasets.reading.sheets import NoTable, Sheet
from luciole.errors import LucioleError

TABLES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".log", ".data", ".asc")
READERS: dict[str, Callable[[Path, tuple[str, ...]], list[Sheet]]] = {
    **{ending: lambda path, place: [tables.read(path, place)] for ending in TABLES},
    ".json": json_tables.read,
    ".jsonl": json_tables.read,
    ".ndjson": json_tables.read,
    ".parquet": parquet.read,
}
_SPOKEN = ("annotation", "annotations", "metadata", "tags", "readme", "info", "licence", "license", "device", "meta")
_FOLDERS = ("meta", "__macosx", "documentation", "docs")


def ending(path: Path) -> str:
    """What a file's name ends in, in small letters, compression aside.

    >>> ending(Path("a/walk.CSV")), ending(Path("walk.csv.gz"))
    ('.csv', '.csv')
    """
    name = path.name.lower()
    for packed in ENDINGS:
        name = name.removesuffix(packed)
    return Path(name).suffix


def sheets(path: Path, account: Account) -> tuple[list[Sheet], list[legends.Legend]]:
    """Read the tables of one file, or of a folder and those in it, and the legends that lie among them.

    Raises LucioleError where there is none, or a file that should hold one does not.
    """
    if path.is_file():
        reader = READERS.get(ending(path))
        if reader is None:
            raise LucioleError(f"{path}: expected a table ({', '.join(READERS)}), got {ending(path) or 'no ending'}")
        return reader(path, (_stem(path),)), []
    found: list[Sheet] = []
    told: list[legends.Legend] = []
    refused: list[LucioleError] = []
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        inside = file.relative_to(path)
        if any(part.startswith((".", "_")) or part.lower() in _FOLDERS for part in inside.parts):
            continue
        reader = READERS.get(ending(file))
        spoken = _stem(file).lower() in _SPOKEN
        if reader is None:
            if not spoken:
                account.say(FACT, f"passed over, no table: *{ending(file) or file.name}", str(inside))
            continue
        if legend := legends.read(file):
            told.append(legend)
            continue
        try:
            found += reader(file, (*inside.parts[:-1], _stem(file)))
        except LucioleError as error:
            if spoken:
                continue
            if isinstance(error, NoTable) and ending(file) in (".txt", ".log", ".json"):
                account.say(LOSS, "passed over, holds no table of numbers", str(inside))
                refused.append(error)
            else:
                raise
    if not found and refused:
        raise refused[0]
    if not found:
        others = sorted({file.suffix.lower() for file in path.rglob("*") if file.is_file() and file.suffix})
        there = f"none, but files that end in {', '.join(others)}; unpack or export them" if others else "none"
        raise LucioleError(f"{path}: expected CSV files or other tables ({', '.join(READERS)}), got {there}")
    return [sheet for sheet in found if not (_stem(sheet.path).lower() in _SPOKEN and not _speaks(sheet))], told


def _stem(path: Path) -> str:
    name = path.name
    for packed in ENDINGS:
        if name.lower().endswith(packed):
            name = name[: -len(packed)]
    return name[: -len(Path(name).suffix)] if Path(name).suffix else name


def _speaks(sheet: Sheet) -> bool:
    """Whether a file called like notes holds any: a table of labels."""
    _, notes = beside.sort([sheet])
    return bool(notes.annotations) or any("file" in name.lower() for name in sheet.columns)
