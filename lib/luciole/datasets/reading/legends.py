"""Names of activities that recordings give as numbers or codes: a small file beside, a number and a name a line."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from luciole.datasets.reading import words
from luciole.datasets.reading.account import FACT, GUESS, Account
from luciole.datasets.reading.content import text
from luciole.datasets.reading.recordings import Recording
from luciole.errors import LucioleError

LARGEST = 20_000  # bytes of a file
SPOKEN = ("activ", "label", "class", "gesture", "legend", "mapping", "codebook", "key", "categor", "motion", "names")
NO_CODES = (*words.TIME, "file", "filename", "file name", "path")  # headers of numbers that are something else
_CODE = r"\"?(?P<code>[A-Za-z]{0,3}\d{1,3}|[A-Za-z])\"?"
_NAME = r"\"?(?P<name>[^\W\d].*?)\"?"
_FORMS = tuple(
    re.compile(form) for form in (rf"{_CODE}[\s,;:=|.)\]-]+{_NAME}[\s,;]*", rf"{_NAME}[\s,;:=|(\[-]+{_CODE}[\s,;)\]]*")
)


@dataclass(frozen=True)
class Legend:
    """What the numbers or codes of activities mean."""

    path: Path
    names: dict[str, str]

    @property
    def spoken(self) -> bool:
        """Whether the file is called like names of activities; else its names may be those of people."""
        return any(word in self.path.stem.lower() for word in SPOKEN)


def read(path: Path) -> Legend | None:
    """Read a file as a legend; None where it is written otherwise, and for letters that no name of a file explains."""
    if path.stat().st_size > LARGEST:
        return None
    try:
        whole, _ = text(path)
        pairs = _of_json(whole) if path.name.lower().endswith(".json") else _of_lines(whole)
    except (LucioleError, json.JSONDecodeError):  # no text, or broken: whoever reads tables says what is wrong
        return None
    names = {_plain(code): name for code, name in pairs}
    alike = len({name.casefold() for name in names.values()}) < len(pairs) or len(names) < len(pairs)
    legend = Legend(path, names)
    return legend if len(pairs) > 1 and not alike and (legend.spoken or "".join(names).isdigit()) else None


def _of_lines(whole: str) -> list[tuple[str, str]]:
    """Codes and names of lines that all have one of each, a header aside.

    >>> _of_lines("id,activity\\n1,walk\\n2,lie down"), _of_lines("walk = A\\nrun = B"), _of_lines("0.1 0.2")
    ([('1', 'walk'), ('2', 'lie down')], [('A', 'walk'), ('B', 'run')], [])
    """
    lines = [line.strip() for line in whole.lstrip("\ufeff").splitlines() if line.strip()]
    if lines and any(words.plain(cell) in NO_CODES for cell in re.split(r"[\t,;]", lines[0])):
        return []  # numbers that are times, or files
    for form in _FORMS:
        for rows in (lines, lines[1:]):
            found = [form.fullmatch(row) for row in rows]
            if len(rows) > 1 and all(found):
                return [(match["code"], match["name"].strip()) for match in found if match]
    return []


def _of_json(whole: str) -> list[tuple[str, str]]:
    held = json.loads(whole)
    if isinstance(held, dict) and len(held) == 1 and isinstance(inner := next(iter(held.values())), dict):
        held = inner
    if not isinstance(held, dict) or not all(isinstance(value, str | int) for value in held.values()):
        return []
    pairs = [(str(key), str(value)) for key, value in held.items()]
    return [(b, a) for a, b in pairs] if all(b.isdigit() for _, b in pairs) else pairs


def _plain(code: str) -> str:
    return code.lstrip("0").casefold() or "0" if code.isdigit() else code.casefold()


def apply(legends: Sequence[Legend], made: list[Recording], account: Account) -> list[Recording]:
    """Give activities their names, where a legend has one for each.

    Raises LucioleError for a legend that names some of them only.
    """
    said = {_plain(str(word)) for one in made for word in set(one.labels) if word}
    for legend in sorted(legends, key=lambda legend: len(legend.names)):
        lacking = sorted(said - set(legend.names))
        if not legend.spoken or len(lacking) == len(said):
            account.say(FACT, "passed over: names of numbers, not of the activities here", legend.path.name)
            continue
        if lacking:
            raise LucioleError(
                f"{legend.path}: expected a name for each activity of the recordings, got none for "
                f"{', '.join(lacking)}; add it, or move the file away"
            )
        account.say(GUESS, "activities have the names that a file beside gives their numbers", legend.path.name)
        return [replace(one, labels=_named(one, legend)) for one in made]
    return made


def _named(one: Recording, legend: Legend) -> np.ndarray:
    words, at = np.unique(one.labels.astype(str), return_inverse=True)
    return np.array([legend.names[_plain(word)] if word else "" for word in words], dtype=object)[at]
