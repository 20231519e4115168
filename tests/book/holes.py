"""What a reader would stumble over in a page: a number that is missing, a word written twice, a table without a row.

    for hole in found(notebook): print(hole)          # of an executed chapter; prose(text) of a page by hand

The text is read as it is shown: glued values in their places, without code, formulas and references, which are not
sentences.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

COUNTED = (
    "cells|classes|runs|networks|trainings|searches|seeds|people|windows|designs|devices|scores|graphs|cases|sets|"
    "models|times|figures|rows|numbers"
)
WRONG = {  # what is wrong: how it looks in a sentence
    "a word twice": r"\b([A-Za-z]{2,}) \1\b",
    "no number": r"(?<![\w-])(None|nan|NaN|NaT|inf|<NA>)(?![\w-])",
    "of nothing": rf"\b(on|On|of|over|Over|from|the|all|All|in|with|With|by|for) 0 ({COUNTED})\b|"
    r"\bof the 0\b(?!\.)",
    "left as written": r"\{[a-z:-]+\}|\]\(|\\[a-z]+\b",
    "no digits for people": r"\d\.\d{7,}|\bnp\.\w+\(|\bdtype=| object at 0x",
    "a name of the code": r"\b[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+\b",
    "nothing between signs": r"\(\s*[),;]|[(,;:]\s*[,;:)]| [,;:.](?=\s|$)|^[,;:.]",
}
BLOCKS = re.MULTILINE | re.DOTALL
KEPT = "application/papermill.record/"  # before the kind of what is glued and not shown
EMPTY = {"", "None", "nan", "NaN", "inf", "[]", "()", "{}"}
MISSING = {"None", "nan", "NaN", "NaT", "inf", "<NA>"}


def found(notebook: Any) -> Iterator[str]:
    """Every hole of an executed chapter (a dictionary as its JSON has it), in words."""
    glued = dict(_glued(notebook))
    for name, value in glued.items():
        if value.strip() in EMPTY:
            yield f"glued {name} is {value!r}"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield from prose("".join(cell["source"]), glued)
        for out in cell.get("outputs", []):
            if "scrapbook" in out.get("metadata", {}):
                continue
            yield from prose(out.get("metadata", {}).get("luciole", {}).get("caption", ""), glued)
            data = out.get("data", {})
            if "text/html" in data:
                yield from table("".join(data["text/html"]))
            for text in (out.get("text", ""), data.get("text/markdown", "")):
                for line in "".join(text).splitlines():
                    if match := re.search(WRONG["no number"], line):
                        yield f"no number, printed: {_around(line, match)}"


def prose(text: str, glued: dict[str, str] | None = None) -> Iterator[str]:
    """Every hole of the sentences of a MyST text, ``{glue:text}`` replaced by its value."""

    def value(match: re.Match[str]) -> str:
        return (glued or {}).get(match.group(1), "{glue:text}")

    text = re.sub(r"\A---\n.*?^---$", "", text, flags=BLOCKS)
    text = re.sub(r"^(```+|~~~+|:::+)\{?(code|math|glue|toc|bib|auto|raw|figure|image).*?^\1", "", text, flags=BLOCKS)
    text = re.sub(r"^(```+|~~~+)[a-z]*\n.*?^\1", "", text, flags=BLOCKS)
    text = re.sub(r"\{glue:text\}`([^`]+)`", value, text)
    text = re.sub(r"\{glue:md\}`([^`]+)`", value, text)
    text = re.sub(r"\{\{ \w+ \}\}", "7", text)  # a number that the build puts there, or stops
    text = re.sub(r"\{[a-z:]+\}`+[^`]+`+", "Reference", text)
    text = re.sub(r"(`+)[^`]+\1", "Code", text)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]+\$", "Formula", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<[^>]+>|https?://\S+|\b\S+@\S+\b", "", text)
    for piece in re.split(r"\n\s*\n|\n(?=\s*(?:[*|#:+-]|\d+\.)\s*)", text):
        sentence = re.sub(r"^\s*(?:[*#:+|-]+|\d+\.)\s*", "", piece)
        if "|" in sentence:  # a row of a table
            continue
        # a space that does not break stays: French has one before ; : ? !
        sentence = re.sub(r"[^\S\u00a0\u202f]+", " ", sentence.replace("*", "")).strip()
        for what, pattern in WRONG.items():
            for match in re.finditer(pattern, sentence):
                if what != "a word twice" or match.group(1) not in {"Reference", "Code", "Formula"}:
                    yield f"{what}: {_around(sentence, match)}"


def table(html: str) -> Iterator[str]:
    """Holes of the tables of an output: one without a row, a cell that is no number."""

    class Cells(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.cells: list[str] = []
            self.open = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag == "td":
                self.cells.append("")
                self.open = True

        def handle_endtag(self, tag: str) -> None:
            self.open = self.open and tag != "td"

        def handle_data(self, data: str) -> None:
            if self.open:
                self.cells[-1] += data.strip()

    if "<table" not in html:
        return
    parser = Cells()
    parser.feed(html)
    if not parser.cells:
        yield "a table without a row"
    for missing in sorted(MISSING.intersection(parser.cells)):
        yield f"{parser.cells.count(missing)} of {len(parser.cells)} cells of a table are {missing}"


def _glued(notebook: Any) -> Iterator[tuple[str, str]]:
    for cell in notebook["cells"]:
        for out in cell.get("outputs", []):
            if name := out.get("metadata", {}).get("scrapbook", {}).get("name"):
                data = {kind.removeprefix(KEPT): "".join(text) for kind, text in out["data"].items()}
                yield name, data.get("text/markdown") or data["text/plain"].strip("'\"")


def _around(text: str, match: re.Match[str]) -> str:
    return f"…{text[max(0, match.start() - 40) : match.end() + 30]}…"
