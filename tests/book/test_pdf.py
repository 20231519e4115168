"""The book on paper: links and marks of several pages in one, and the text of what Chromium prints."""

import shutil

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from luciole import files
from luciole.book import pdf, site
from luciole.errors import LucioleError

HEAD = """<html><head><link rel="stylesheet" href="../_static/a.css"><script src="../_static/tex-svg.js"></script>
<script src="../_static/menu.js"></script></head><body><nav>menu</nav>"""
ONE = (
    HEAD
    + """<article class="bd-article"><h1 id="top">One</h1><img src="../_images/x.png"><img src="data:,">
<a href="#top">self</a><a href="b.html">two</a><a href="../c/d.html#top">three</a>
<a href="https://example.org/b.html">away</a><a href="explorer.html">screen</a><script>1</script></article>
</body></html>"""
)
OTHER = '<article class="bd-article"><h1 id="top">{}</h1></article>'


@pytest.fixture
def soup():
    return BeautifulSoup(
        pdf.together({"a/a": ONE, "a/b": OTHER.format("Two"), "c/d": OTHER.format("Three")}), "html.parser"
    )


def test_pages_stand_in_order_without_what_is_around_them(soup):
    assert [h1.text for h1 in soup.select("h1")] == ["One", "Two", "Three"]
    assert not soup.select("nav") and not soup.select("article script")
    assert [tag["src"] for tag in soup.select("script")] == ["_static/tex-svg.js"]
    assert [tag["href"] for tag in soup.select("link")] == ["_static/a.css"]


def test_links_lead_to_the_one_mark_that_they_meant(soup):
    marks = [tag["id"] for tag in soup.select("[id]")]
    assert len(marks) == len(set(marks))
    links = {tag.text: tag["href"] for tag in soup.select("a")}
    assert links == {
        "self": "#a-a--top", "two": "#a-b", "three": "#c-d--top", "away": "https://example.org/b.html"
    }  # fmt: skip
    assert {links[name].removeprefix("#") for name in ("self", "two", "three")} <= set(marks)
    assert "screen" in soup.text
    assert [tag["src"] for tag in soup.select("img")] == ["_images/x.png", "data:,"]


def test_a_page_without_an_article_is_named():
    with pytest.raises(LucioleError, match=r"an article in a/b.html, got none; run `make book`"):
        pdf.together({"a/b": "<html></html>"})


def test_every_page_that_paper_holds_is_printed():
    order = pdf.order()
    assert order[0] == "book/intro" and len(order) == len(set(order)) > 20
    chapters = sorted(path.stem for path in (files.root() / "notebooks").glob("[0-9]*.py"))
    assert [name.rpartition("/")[2] for name in order if "/chapters/" in name] == chapters
    assert not set(order) & set(pdf.SCREEN)


def test_a_site_that_is_not_current_is_not_printed(monkeypatch):
    monkeypatch.setattr(site, "current", lambda: False)
    with pytest.raises(LucioleError, match="run `make book` first"):
        pdf.build()


def test_without_a_browser_one_line_says_what_lacks(monkeypatch):
    monkeypatch.setattr(site, "current", lambda: True)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(LucioleError, match="got none; install Chromium"):
        pdf.build()


@pytest.mark.check
@pytest.mark.skipif(not any(map(shutil.which, pdf.BROWSERS)), reason="no Chromium is installed")
def test_the_whole_book_is_on_paper():
    if not site.current():
        pytest.skip("the book is not built, or not as its sources are: run `make book`")
    pages = [page.extract_text() for page in PdfReader(pdf.build()).pages]
    assert not (site.page().parent / "whole.html").exists()
    assert all(str(number) in text.split() for number, text in enumerate(pages, 1))
    text = "\n".join(pages)
    for name in pdf.order():
        title = BeautifulSoup(pdf.read(site.page().parent, name), "html.parser").select_one("h1")
        for mark in title.select(".headerlink"):
            mark.decompose()
        assert "".join(title.text.split()) in "".join(text.split()), name
    assert "\\frac" not in text and "Fig. 14.1" in text
