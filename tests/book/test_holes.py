"""Holes of a page are found, and what only looks like one is left alone; the pages written by hand have none."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import holes

from luciole import files

PAGES = sorted((files.root() / "book").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_no_hole(page):
    assert list(holes.prose(page.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("It is the the best.", "a word twice"),
        ("It is the\nthe best.", "a word twice"),
        ("A tau of nan.", "no number"),
        ("* None of them\n* None", "no number"),
        ("On 0 cells: nothing", "of nothing"),
        ("three of the 0 that", "of nothing"),
        ("It has {glue:text}`lost` %.", "left as written"),
        ("See [this](page.md.", "left as written"),
        ("It has 0.123456789 of it", "no digits for people"),
        ("crowned by np.float64(3)", "no digits for people"),
        ("guided by az_nas here", "a name of the code"),
        ("with accuracy (), it", "nothing between signs"),
        ("under  , the limit", "nothing between signs"),
        ("the best: , and", "nothing between signs"),
    ],
)
def test_a_hole_is_named(text, what):
    assert any(hole.startswith(f"{what}: ") for hole in holes.prose(text)), list(holes.prose(text))


@pytest.mark.parametrize(
    "text",
    [
        "# Luciole\n\nLuciole is French.",
        "the\n\nthe",
        "* a list\n* a list",
        "guided by `az_nas`, `None`, `nan`",
        "A quotient, $a$, of $\\tau$ = 0.12 is (), no: $$x_1 $$ done.".replace("(), ", ""),
        "{glue:text}`name`, {cite:p}`mellor2021naswot`: {numref}`quality-cost`",
        "changed 0 of 100 runs, seed 0 and a factor of 0.37",
        "```python\nNone, nan_1, ()\n```",
        "| nan_x | None |",
        "nothing; information, banana, infinite",
    ],
)
def test_what_is_none_is_left_alone(text):
    assert list(holes.prose(text, {"name": "value"})) == []


def _notebook(*outputs, source="text"):
    cells = [{"cell_type": "code", "source": "", "outputs": list(outputs)}, {"cell_type": "markdown", "source": source}]
    return {"cells": cells}


def _glued(name, text):
    return {"metadata": {"scrapbook": {"name": name}}, "data": {f"{holes.KEPT}text/plain": text}}


@pytest.mark.parametrize(
    ("notebook", "what"),
    [
        (_notebook(_glued("best", "'nan'")), "glued best is 'nan'"),
        (_notebook(_glued("best", "''")), "glued best is ''"),
        (_notebook(_glued("best", "'a_b'"), source="It is\n{glue:text}`best`."), "a name of the code: "),
        (_notebook({"data": {"text/html": ["<table><thead></thead>", "</table>"]}}), "a table without a row"),
        (
            _notebook({"data": {"text/html": "<table><tr><td>NaN</td><td>1</td></tr></table>"}}),
            "1 of 2 cells of a table are NaN",
        ),
        (_notebook({"text": ["a\n", "tau nan\n"]}), "no number, printed: "),
        (_notebook({"metadata": {"luciole": {"caption": "of the the best"}}}), "a word twice: "),
    ],
)
def test_a_hole_of_a_chapter_is_named(notebook, what):
    assert [hole for hole in holes.found(notebook) if hole.startswith(what)]


def test_a_chapter_without_holes_has_none():
    table = {"data": {"text/html": "<table><tr><th>NaN</th><td>2.5</td><td>None of these</td></tr></table>"}}
    notebook = _notebook(_glued("best", "'2'"), table, {"text": "fine\n"}, source="It is {glue:text}`best`, of 3.")
    assert list(holes.found(notebook)) == []
