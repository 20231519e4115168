"""The book on paper: its built pages one after another in one file, printed by Chromium.

    make pdf     (or: luciole pdf)

The pages are those of the site, in the order of its table of contents, without the two that only work on a screen.
What is folded there stays folded here. Links between pages become links within the file.
"""

import posixpath
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from luciole import files
from luciole.book import site
from luciole.errors import LucioleError, extra

with extra("book"):
    import yaml
    from bs4 import BeautifulSoup, Tag

SCREEN = ("book/explorer", "book/try_it")  # what a reader moves
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer")
FORMULAS = 120_000  # milliseconds of the page's own clock that its formulas may take
PAPER = """
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
html { font-size: 10.5pt; } body { background: #fff; }
.bd-article { padding: 0; } .bd-article h1 { break-before: page; margin-top: 0; }
.bd-article:first-of-type h1 { break-before: avoid; }
h1, h2, h3, summary { break-after: avoid; }
figure, img, tr, .admonition, .cell_input, mjx-container { break-inside: avoid; }
.bd-article img { max-width: 100%; max-height: 220mm; }
.headerlink, .copybtn, .chapter-files { display: none; }
pre, code { white-space: pre-wrap; overflow-wrap: anywhere; }
.cell_output, .pst-scrollable-table-container { overflow: visible; }
.bd-article table { font-size: 8pt; }
"""


def build() -> Path:
    """Print the site that is built, and give the file.

    Raises LucioleError where the site is not built or not as its sources are, and where there is no Chromium.
    """
    if not site.current():
        raise LucioleError("expected the site as its sources are, got an older one or none; run `make book` first")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise LucioleError(f"expected one of {', '.join(BROWSERS)} to print with, got none; install Chromium")
    root, target = site.page().parent, files.root() / "_build" / "luciole.pdf"
    whole = root / "whole.html"
    with files.atomic(whole) as temporary:
        temporary.write_text(together({name: read(root, name) for name in order()}), encoding="utf-8")
    try:
        with files.atomic(target) as temporary, TemporaryDirectory() as profile:
            asked = [f"--print-to-pdf={temporary}", f"--virtual-time-budget={FORMULAS}", f"--user-data-dir={profile}"]
            told = subprocess.run(
                [browser, *QUIET, *asked, whole.as_uri()], capture_output=True, text=True, check=False
            )
            if told.returncode or not temporary.exists():
                raise LucioleError(f"the book could not be printed: {told.stderr.strip().splitlines()[-1:]}")
    finally:
        whole.unlink()
    return target


def order() -> list[str]:
    """The pages of the table of contents that paper can hold, as ``book/chapters/02_efficiency``."""
    toc = yaml.safe_load((files.root() / "_toc.yml").read_text(encoding="utf-8"))
    every = [toc["root"], *(one["file"] for part in toc["parts"] for one in part["chapters"])]
    return [name for name in every if name not in SCREEN]


def read(root: Path, name: str) -> str:
    """A built page."""
    return (root / f"{name}.html").read_text(encoding="utf-8")


def together(pages: Mapping[str, str]) -> str:
    """One page of several, by their names: their articles in order, with the styles and formulas of the first.

    Marks within a page get its name before them, since two pages may have the same; pictures and styles are found from
    the top of the site; a link to a page that is not among them keeps its words alone.

    >>> page = '<head></head><article class="bd-article"><h1 id="a">{}</h1><a href="{}">see</a></article>'
    >>> text = together({"x/one": page.format("One", "two.html#a"), "x/two": page.format("Two", "../genindex.html")})
    >>> 'href="#x-two--a"' in text, 'id="x-two--a"' in text, "genindex" in text
    (True, True, False)
    """
    soups = {name: BeautifulSoup(text, "html.parser") for name, text in pages.items()}
    articles = [_article(name, soup, tuple(pages)) for name, soup in soups.items()]
    first, soup = next(iter(soups.items()))
    head = [_moved(tag, "href", first) for tag in soup.select("link[rel=stylesheet]")]
    head += [_moved(tag, "src", first) for tag in soup.select("script") if "MathJax" in tag.text or _formulas(tag)]
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Luciole</title>'
        f"{''.join(map(str, head))}<style>{PAPER}</style></head><body>{''.join(map(str, articles))}</body></html>"
    )


def _article(name: str, soup: BeautifulSoup, among: Sequence[str]) -> Tag:
    article = soup.select_one("article.bd-article")
    if article is None:
        raise LucioleError(f"expected an article in {name}.html, got none; run `make book` again")
    for script in article.select("script"):
        script.decompose()
    for tag in article.select("[id]"):
        tag["id"] = _mark(name, str(tag["id"]))
    article["id"] = _mark(name)
    for tag in article.select("[src]"):
        _moved(tag, "src", name)
    for tag in article.select("a[href]"):
        address = str(tag["href"])
        if "://" in address or address.startswith("mailto:"):
            continue
        page, _, mark = address.partition("#")
        to = _from_top(page, name).removesuffix(".html") if page else name
        if to in among:
            tag["href"] = f"#{_mark(to, mark)}"
        else:
            tag.unwrap()
    return article


def _mark(name: str, mark: str = "") -> str:
    slug = name.replace("/", "-")
    return f"{slug}--{mark}" if mark else slug


def _from_top(address: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def _moved(tag: Tag, attribute: str, name: str) -> Tag:
    address = str(tag.get(attribute, ""))
    if address and "://" not in address and not address.startswith("data:"):
        tag[attribute] = _from_top(address, name)
    return tag


def _formulas(tag: Tag) -> bool:
    return "tex-svg.js" in str(tag.get("src", ""))
