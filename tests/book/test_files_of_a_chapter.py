"""The line under a chapter's title: its files, which the site then holds, and the command; no other page has one."""

import re
from urllib.parse import unquote

import pytest

from luciole import files
from luciole.book import chapters

CONF = """import sys
sys.path.insert(0, {extensions!r})
extensions = ["luciole_files"]
exclude_patterns = ["out"]
"""
COPIES = {
    "script (.py)": "notebooks/07_stars.py",
    "notebook (.ipynb)": "notebooks/07_stars.ipynb",
    "executed notebook (.ipynb)": "book/chapters/07_stars.ipynb",
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
    for page, title in (("index", "Front"), ("book/chapters/07_stars", "Stars")):
        inside = ".. toctree::\n\n   book/chapters/07_stars\n" if page == "index" else ""
        (root / f"{page}.rst").write_text(f"{title}\n=====\n\nWords of {title}.\n\n{inside}")
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
    assert text.index("<h1>Stars") < text.index("Download this chapter: ") < text.index("Words of Stars.")
    links = dict(re.findall(r'download="" href="([^"]+)"><span>([^<]+)</span>', text))
    found = {words: (site / "book/chapters" / unquote(place)).resolve().read_text() for place, words in links.items()}
    assert found == {words: f"what stands in {path}" for words, path in COPIES.items()}
    assert "make chapter NAME=07" in re.sub(r"<[^>]+>", "", text)


def test_another_page_offers_none(site):
    assert "Download" not in (site / "index.html").read_text("utf-8").partition("Words of Front.")[0]


def test_the_command_finds_every_chapter():
    for name in chapters.names():
        assert chapters.find(name.partition("_")[0]).stem == name
