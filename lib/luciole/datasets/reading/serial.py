"""What a serial port says, as its monitor keeps it: a stamp before an arrow, and values behind their names."""

import re

MOST = 0.9  # of all lines, at least
SAMPLE = 60  # lines that are looked at first: tables may be long
_ARROW = re.compile(r"(\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?)\s*->\s*")
_NAMED = re.compile(r"(?:(?<=^)|(?<=[\s,;|]))([^\W\d][\w ]*?)\s*[:=]\s*([+-]?[\d.]\S*?)(?=$|[\s,;|])")

Line = tuple[int, str]  # its number in the file, and what it holds


def table(lines: list[Line]) -> list[Line]:
    """Lines as those of a table: stamps in a column of their own, names in a line above; others as they are.

    >>> table([(1, "12:00:01.5 -> ax:0.1,ay:0.2"), (2, "12:00:02.5 -> ax:0.3,ay:0.4")])
    [(1, 'time,ax,ay'), (1, '12:00:01.5,0.1,0.2'), (2, '12:00:02.5,0.3,0.4')]
    """
    some = lines[:SAMPLE]
    if not any(_ARROW.match(line) or len(_NAMED.findall(line)) > 1 for _, line in some):
        return lines
    stamped = sum(_ARROW.match(line) is not None for _, line in lines) >= MOST * len(lines)
    bare = [(number, _ARROW.sub("", line, count=1) if stamped else line) for number, line in lines]
    spoken = [(tuple(name for name, _ in _NAMED.findall(line)), number, line) for number, line in bare]
    names, _, example = spoken[len(spoken) // 2]
    named = len(names) > 1 and sum(said == names for said, _, _ in spoken) >= MOST * len(spoken)
    if not stamped and not named:
        return lines
    mark = next((mark for mark in ",;\t" if mark in example), " ")
    body = [(number, _NAMED.sub(r"\2", line)) for said, number, line in spoken if said == names] if named else bare
    if stamped:
        stamps = {number: match[1] for number, line in lines if (match := _ARROW.match(line))}
        body = [(number, f"{stamps[number]}{mark}{line}") for number, line in body if number in stamps]
    header = [mark.join(["time"] * stamped + [name.replace(" ", "_") for name in names])] if named else []
    return [(body[0][0], head) for head in header] + body
