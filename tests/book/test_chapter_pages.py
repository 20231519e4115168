"""What the book adds to the page of a chapter: its files and command under the title, links to the glossary."""

import re
from urllib.parse import unquote

import pytest

from luciole import files
from luciole.book import chapters

CONF = """import sys
sys.path.insert(0, {extensions!r})
extensions = ["luciole_files", "luciole_terms"]
exclude_patterns = ["out"]
"""
COPIES = {
    "script (.py)": "notebooks/07_stars.py",
    "notebook (.ipynb)": "notebooks/07_stars.ipynb",
    "executed notebook (.ipynb)": "book/chapters/07_stars.ipynb",
}


PAGES = {
    "index": "Front\n=====\n\nWords of Front: a cell.\n\n.. toctree::\n\n   words\n   book/chapters/07_stars\n",
    "words": "Words\n=====\n\n.. glossary::\n\n"
    "   cell\n      A part.\n\n   FLOPs, MACs\n      Work.\n\n   mask\n      A cover.\n",
    "book/chapters/07_stars": "Stars\n=====\n\nWords of Stars: ``cell``, excellent flops.\n\n"
    "Cells and a cell, MACs or FLOPs.\n\nMask\n----\n\nThe `mask <https://example.org>`_ of a mask.\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of a chapter and a page, built: its folder, and a function from a page to its HTML."""
    application = pytest.importorskip("sphinx.application", reason="needs Sphinx, of the extra [book]")
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    root = tmp_path_factory.mktemp("study")
    for path in ("notebooks", "book/chapters"):
        (root / path).mkdir(parents=True)
    (root / "conf.py").write_text(CONF.format(extensions=str(files.root() / "book" / "_ext")))
    for page, text in PAGES.items():
        (root / f"{page}.rst").write_text(text)
    for path in COPIES.values():
        (root / path).write_text(f"what stands in {path}")
    with patch_docutils(str(root)), docutils_namespace():
        built = application.Sphinx(
            root, root, root / "out", root / "trees", "html", status=None, warning=None, warningiserror=True
        )
        built.build(force_all=True)
    return root / "out"


def test_a_chapter_offers_its_files_and_its_command_under_the_title(site):
    text = (site / "book/chapters/07_stars.html").read_text("utf-8")
    assert text.index("<h1>Stars") < text.index("Download this chapter: ") < text.index("Words of Stars")
    links = dict(re.findall(r'download="" href="([^"]+)"><span>([^<]+)</span>', text))
    found = {words: (site / "book/chapters" / unquote(place)).resolve().read_text() for place, words in links.items()}
    assert found == {words: f"what stands in {path}" for words, path in COPIES.items()}
    assert "make chapter NAME=07" in re.sub(r"<[^>]+>", "", text)


def test_another_page_offers_none(site):
    assert "Download" not in (site / "index.html").read_text("utf-8")


def test_the_first_use_of_a_word_leads_to_the_glossary(site):
    text = (site / "book/chapters/07_stars.html").read_text("utf-8")
    linked = re.findall(r'<a class="reference internal" href="../../words.html#([^"]+)">([^<]+)</a>', text)
    assert [word for _, word in linked] == ["Cells", "MACs", "mask"]
    marks = (site / "words.html").read_text("utf-8")
    assert all(f'id="{mark}"' in marks for mark, _ in linked)
    assert "of a <a" in text and "excellent flops" in text
    assert "words.html#" not in (site / "index.html").read_text("utf-8")


def test_the_command_finds_every_chapter():
    for name in chapters.names():
        assert chapters.find(name.partition("_")[0]).stem == name
