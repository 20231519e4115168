"""No line of the book is a comment that no reader sees: in every source, and in what the parser is asked."""

import jupytext
import pytest
import yaml

from luciole import files
from luciole.book import chapters, comments
from luciole.errors import LucioleError

PAGES = sorted((files.root() / "book").glob("*.md"))


@pytest.mark.parametrize("name", chapters.names())
def test_no_sentence_of_a_chapter_vanishes(name):
    for cell in jupytext.read(files.root() / "notebooks" / f"{name}.py").cells:
        if cell.cell_type == "markdown":
            comments.refuse(cell.source, name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_sentence_of_a_page_vanishes(page):
    comments.refuse(page.read_text("utf-8"), page.name)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("94\n% of them", ["% of them"]),
        ("94\n  % of them\n% twice", ["% of them", "% twice"]),
        ("> quoted\n> % lost", ["% lost"]),
        ("1. one\n   % lost", ["% lost"]),
        ("Term\n: meaning\n\n  % lost", ["% lost"]),
        ("```{note}\n94\n% of them\n```", ["% of them"]),
        (":::{note}\n94\n% of them\n:::", ["% of them"]),
        ("````{note}\n```{tip}\n94\n% of them\n```\n````", ["% of them"]),
        ("94 %\nof them", []),
        ("94\n\\% of them", []),
        ("    % indented code", []),
        ("```latex\n% shown\n```", []),
        ("```{code} latex\n% shown\n```", []),
        ("$$\n% of TeX\nx\n$$", []),
        ("<!-- a note -->", []),
        ("", []),
    ],
)
def test_comments_are_those_of_the_parser(text, lost):
    assert list(comments.comments(text)) == lost


def test_the_refusal_is_one_line_that_says_where_and_what():
    with pytest.raises(LucioleError, match=r"^glossary\.md: .*'% of them'.*line before$") as caught:
        comments.refuse("94\n% of them", "glossary.md")
    assert "\n" not in str(caught.value)


def test_the_extensions_are_those_of_the_book():
    config = yaml.safe_load((files.root() / "_config.yml").read_text("utf-8"))
    assert set(config["parse"]["myst_enable_extensions"]) == comments.EXTENSIONS
