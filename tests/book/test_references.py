"""The bibliography: every work can be found, and every work that a page cites is there."""

import re

import pytest

from luciole import files

BOOK = files.root() / "book"
WORKS = dict(
    re.findall(r"^@\w+\{([^,]+),(.*?)^\}", (BOOK / "references.bib").read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
PAGES = sorted([*BOOK.glob("*.md"), *(files.root() / "notebooks").glob("[0-9]*.py")])


@pytest.mark.parametrize("key", WORKS)
def test_a_work_has_an_address(key):
    said = WORKS[key]
    assert re.search(r"^  (doi|url|eprint)\s*= \{[^}]{6,}\}|arXiv:\d{4}\.\d{5}", said, re.MULTILINE), said


def test_what_is_cited_is_there_and_each_address_once():
    cited = {
        key.strip()
        for page in PAGES
        for keys in re.findall(r"\{cite:[pt]\}`([^`]+)`", page.read_text("utf-8"))
        for key in keys.split(",")
    }
    assert len(cited) > 50 and cited <= set(WORKS)
    addresses = re.findall(r"^  (?:doi|url|eprint)\s*= \{([^}]+)\}", "\n".join(WORKS.values()), re.MULTILINE)
    assert len(addresses) == len(set(addresses))
