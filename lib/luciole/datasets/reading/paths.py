"""Who and what out of the path: folders and parts of a file's name that say the person or the activity.

A *spot* is a folder of a given depth, or a part of the name at a given place, and holds one word for each file. Which
spot is what follows from how its words look (``subject3``, ``A05``, ``walking``) and how they cross: people do several
things, things are done by several people. Where that leaves two choices it is asked.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from luciole.datasets.reading import words
from luciole.datasets.reading.account import GUESS, HARM, Account
from luciole.errors import LucioleError


@dataclass(frozen=True)
class Spot:
    """A place in the paths of all files, by the name that options have for it, with its word in each."""

    name: str
    found: tuple[str, ...]

    @property
    def distinct(self) -> tuple[str, ...]:
        """The different words, in their order."""
        return tuple(sorted(set(self.found)))

    def shown(self) -> str:
        """How a message names it: the option's value and some of its words."""
        some = ", ".join(self.distinct[:4]) + (", …" if len(self.distinct) > 4 else "")
        return f"{self.name!r} ({some})"


def parts(stem: str) -> list[str]:
    """Cut a file's name into parts: at ``_ - . +`` and blanks, and between a word and a number that is no code.

    >>> parts("walk1-hand_ana"), parts("D01_SA01_R02")
    (['walk', '1', 'hand', 'ana'], ['D01', 'SA01', 'R02'])
    """
    cut = []
    for part in re.split(r"[\s_.+-]+", stem):
        if words.code(part) and not words.doing(part.rstrip("0123456789")):
            cut.append(part)
        else:
            cut += re.findall(r"\d+|[^\d]+", part)
    return [part for part in cut if part]


def _untaken(folder: str) -> str:
    """A folder's name without the number of a take at its end (``dws_1``); a code (``sub_1``) keeps its number.

    >>> _untaken("dws_11"), _untaken("sub_1"), _untaken("walk1-2023-11-14")
    ('dws', 'sub_1', 'walk')
    """
    stem = re.match(r"[^\W\d_]+", folder)
    if words.code(folder) and not (stem and words.doing(stem[0])):
        return folder
    return re.sub(r"(?<=[^\W\d_])[ _-]?\d[\d _:.T-]*$", "", folder)


def spots(places: Sequence[tuple[str, ...]]) -> list[Spot]:
    """All spots that every file has: folders from the top, then parts of the name."""
    found = []
    for depth in range(min(len(place) - 1 for place in places)):
        found.append(Spot(f"folder {depth + 1}", tuple(_untaken(place[depth]) for place in places)))
    cut = [parts(place[-1]) for place in places]
    for k in range(min(map(len, cut))):
        found.append(Spot(f"name {k + 1}", tuple(names[k] for names in cut)))
    coded = [_coded(names) for names in cut]
    for stem in coded[0]:
        if all(stem in codes for codes in coded):
            found.append(Spot(f"name {stem}", tuple(codes[stem] for codes in coded)))
    return found


def _coded(cut: Sequence[str]) -> dict[str, str]:
    """Words of a name that are a person's or an activity's code, by their stem, wherever they stand in it.

    >>> _coded(parts("walk_slowly_sub_1")), _coded(parts("take two S03")), _coded(parts("walk_1"))
    ({'sub': 'sub 1'}, {'s': 'S03'}, {})
    """
    found: dict[str, str] = {}
    for word, after in zip(cut, (*cut[1:], ""), strict=True):
        stem = word.rstrip("0123456789")
        whole = f"{word} {after}" if stem == word and after.isdigit() else word
        kind = words.code(whole)
        if kind in ("person", "maybe person") or (kind == "label" and len(stem) > 1):
            found.setdefault(stem.lower(), whole)
    return found


def at(places: Sequence[tuple[str, ...]], spot: str) -> tuple[str, ...] | None:
    """The words that an option such as ``"folder 2"`` or ``"name"`` means, a file each; None for another word."""
    match = re.fullmatch(r"(folder|name)\s*(\d+)?|name (\w+)", spot.strip().lower())
    if not match:
        return None
    if match[3]:
        return tuple(_code_of(place, match[3]) for place in places)
    kind, number = match[1], int(match[2]) if match[2] else None
    taken = []
    for place in places:
        row = [_untaken(word) for word in place[:-1]] if kind == "folder" else parts(place[-1])
        if number is None and kind == "name":
            row = [place[-1]]
        k = (number or (len(row) if kind == "folder" else 1)) - 1
        if not 0 <= k < len(row):
            raise LucioleError(f"{spot!r}: expected every path to have one, got {'/'.join(place)!r}")
        taken.append(row[k])
    return tuple(taken)


def _code_of(place: tuple[str, ...], stem: str) -> str:
    codes = _coded(parts(place[-1]))
    if stem not in codes:
        raise LucioleError(f"'name {stem}': expected a number after {stem!r} in every name, got {'/'.join(place)!r}")
    return codes[stem]


def _spoken(spot: Spot) -> bool:
    """Whether the words of a spot could name people or activities at all."""
    vocabulary = (*words.PLACES, *words.SENSORS, *words.PARTS)
    return (
        len(spot.distinct) > 1
        and not all(word.lower() in vocabulary for word in spot.distinct)
        and not all(words.code(word) in ("number", "trial") for word in spot.distinct)
    )


def _copy(one: Spot, other: Spot) -> bool:
    """Whether two spots say the same, one word being the beginning of the other in every file (walk, walk1-2023)."""
    pairs = set(zip(one.found, other.found, strict=True))
    return all(a.lower().startswith(b.lower()) or b.lower().startswith(a.lower()) for a, b in pairs)


def _without_copies(candidates: list[Spot]) -> list[Spot]:
    kept: list[Spot] = []
    for spot in sorted(candidates, key=lambda spot: len(spot.distinct)):
        if not any(_copy(spot, other) for other in kept):
            kept.append(spot)
    return kept


def _share(spot: Spot, test: Callable[[str], bool]) -> float:
    return sum(map(test, spot.distinct)) / len(spot.distinct)


def _is_code(kind: str, word: str) -> bool:
    return words.code(word) == kind


def _crossed(spot: Spot, others: Sequence[frozenset[str]]) -> bool:
    """Whether most words of a spot come with two others at least: people who do several things."""
    with_: dict[str, set[str]] = {}
    for word, other in zip(spot.found, others, strict=True):
        with_.setdefault(word, set()).update(other)
    return 2 * sum(len(found) > 1 for found in with_.values()) > len(with_)


def label(places: Sequence[tuple[str, ...]], account: Account) -> tuple[str, ...] | None:
    """The activity of each file by its path; None where no part of the path can be one.

    Raises LucioleError where two can.
    """
    candidates = [spot for spot in spots(places) if _spoken(spot)]
    likely = _without_copies([spot for spot in candidates if _share(spot, words.doing) >= 0.5])
    coded = _without_copies([s for s in candidates if _share(s, lambda w: words.code(w) == "label") == 1])
    rest = _without_copies(
        [s for s in candidates if _share(s, lambda w: words.code(w) in ("person", "maybe person")) < 1]
    )
    rest = [spot for spot in rest if len(spot.distinct) < len(places)]
    for found in (likely, coded, rest):
        if len(found) > 1:
            names = " or ".join(f"label={spot.shown()}" for spot in found)
            raise LucioleError(f"expected to see which part of the path is the activity, got several: say {names}")
        if found:
            known = found is not rest
            account.say(GUESS if known else HARM, f"the label is {found[0].shown()} of the path")
            return found[0].found
    return None


def person(
    places: Sequence[tuple[str, ...]], labels: Sequence[frozenset[str]], taken: Sequence[str] | None, account: Account
) -> tuple[str, ...] | None:
    """The person of each file by its path; None where no part of the path looks like one.

    ``labels`` are the activities in each file; ``taken`` the words that were already read as the activity.
    Raises LucioleError where two parts look alike.
    """
    candidates = [spot for spot in spots(places) if _spoken(spot)]
    if taken is not None:
        candidates = [spot for spot in candidates if not _copy(spot, Spot("", tuple(taken)))]
    candidates = [s for s in candidates if _share(s, lambda w: words.doing(w) or words.code(w) == "label") < 0.5]
    crossed = [s for s in candidates if _crossed(s, labels) and len(s.distinct) < len(places)]
    crossed = _without_copies([s for s in crossed if not any(words.code(w) in ("number", "trial") for w in s.distinct)])
    for kind in ("person", "maybe person"):
        coded = _without_copies([s for s in candidates if _share(s, partial(_is_code, kind)) == 1])
        doubt = kind == "maybe person" and any(not _copy(s, one) for s in crossed for one in coded)
        if len(coded) == 1 and not doubt:
            account.say(GUESS, f"the person is {coded[0].shown()} of the path")
            return coded[0].found
    if len(crossed) > 1:
        names = " or ".join(f"person={spot.shown()}" for spot in crossed)
        raise LucioleError(f"expected to see which part of the path is the person, got several: say {names}")
    if crossed:
        account.say(GUESS, f"the person is {crossed[0].shown()} of the path")
        return crossed[0].found
    alone = _without_copies([s for s in candidates if _crossed(s, labels)])  # in one file each, with several activities
    if alone:
        account.say(HARM, f"are {alone[0].shown()} of the path people? Then say person={alone[0].name!r}")
    return None
