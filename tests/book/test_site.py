"""Every page of the built book in a real browser: from a folder and over http, on a desk and on a phone.

Skipped where the book is not built or not up to date (`make book`) or no Chromium is found; ``.ci/run`` has both.
"""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from luciole import files
from luciole.book import site as book

sys.path.insert(0, str(Path(__file__).parent))

import holes

SITE = files.root() / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("book/**/*.html"))
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
STACKS = {  # what a machine may have and nothing else: its sans serif, serif and monospace, the first stack a wide one
    "fonts-dejavu": ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"),
    "fonts-liberation": ("Liberation Sans", "Liberation Serif", "Liberation Mono"),
    "fonts-noto-core": ("Noto Sans", "Noto Serif", "Noto Sans"),  # it has no monospace
}
DESK, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.skipif(not book.current(), reason="the book is not built, or not as its sources are: run `make book`"),
    pytest.mark.skipif(not BROWSER, reason="no Chromium is installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the site over http."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=SITE)) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_address[1]}"
        site.shutdown()


class Watched:
    """A page that notes what went wrong while it loaded and what it asked for."""

    def __init__(self, browser: Browser, home: str, size: dict[str, int], theme: str = "light") -> None:
        self.context = browser.new_context(viewport=size, color_scheme=theme)
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("request", lambda r: self._asked(r.url, home))
        self.page.on("requestfailed", lambda r: self.wrong.append(f"failed: {r.url}"))
        self.page.on("response", lambda r: r.status >= 400 and self.wrong.append(f"{r.status}: {r.url}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        self.page.on("console", lambda m: m.type == "error" and self.wrong.append(f"console: {m.text}"))

    def _asked(self, url: str, home: str) -> None:
        if not url.startswith((home, "data:", "blob:")):
            self.wrong.append(f"asked a remote host: {url}")


@pytest.fixture
def watch(browser, request) -> Iterator:
    opened: list[Watched] = []

    def start(home: str, size: dict[str, int] = DESK, theme: str = "light") -> Watched:
        opened.append(Watched(browser, home, size, theme))
        return opened[-1]

    yield start
    for watched in opened:
        watched.context.close()


def test_every_page_of_the_contents_was_built():
    contents = yaml.safe_load((files.root() / "_toc.yml").read_text("utf-8"))
    listed = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert {f"{name}.html" for name in [contents["root"], *listed]} <= set(PAGES)
    assert (SITE / "index.html").exists()


@pytest.mark.parametrize("chapter", sorted(book.folder().glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_a_chapter_of_the_book_has_no_hole(chapter):
    assert list(holes.found(json.loads(chapter.read_text("utf-8")))) == []


@pytest.mark.parametrize("chapter", sorted(book.folder().glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_every_figure_of_a_chapter_is_referred_to(chapter):
    pages = [*files.root().glob("book/*.md"), *files.root().glob("notebooks/*.py")]
    referred = set(re.findall(r"\{numref\}`([^`]+)`", "".join(page.read_text("utf-8") for page in pages)))
    cells = json.loads(chapter.read_text("utf-8"))["cells"]
    shown = {cell["metadata"]["mystnb"]["figure"]["name"] for cell in cells if "mystnb" in cell["metadata"]}
    assert shown and shown <= referred, f"no sentence refers to {', '.join(sorted(shown - referred))}"


@pytest.mark.parametrize("chapter", sorted(book.folder().glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_a_chapter_is_there_to_download(chapter):
    page = SITE / "book" / "chapters" / f"{chapter.stem}.html"
    links = re.findall(r'class="reference download internal" download="" href="([^"]+)"', page.read_text("utf-8"))
    found = {(page.parent / link).resolve().read_bytes() for link in links}
    scripts = [files.root() / "notebooks" / f"{chapter.stem}{ending}" for ending in (".py", ".ipynb")]
    assert found == {path.read_bytes() for path in (*scripts, chapter)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_over_http(watch, server, name):
    watched = watch(server)
    watched.page.goto(f"{server}/{name}", wait_until="networkidle")
    assert watched.wrong == []
    shown = watched.page.locator(".cell_output").all_inner_texts()  # examples of the reference raise
    assert not any("Traceback (most recent call last)" in text for text in shown)
    assert str(files.root()) not in watched.page.content(), "the page shows a path of this machine"
    pictures = watched.page.eval_on_selector_all(
        "img", "all => all.map(i => [i.getAttribute('src'), i.complete && i.naturalWidth > 0, i.alt])"
    )
    for source, loaded, alt in pictures:
        assert loaded, f"missing image {source[:80]}"
        assert alt and not re.fullmatch(r"\S*\.(png|svg|jpg)", alt), f"no alternative text: {source[:80]}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_from_a_folder_on_a_phone(watch, name):
    watched = watch(SITE.as_uri(), PHONE, "dark")
    _open(watched.page, name)
    assert watched.wrong == []
    assert _excess(watched.page) <= 0, f"{_excess(watched.page)} pixels wider than a phone"
    formulas = watched.page.locator("span.math, div.math")
    if formulas.count():
        assert watched.page.locator("mjx-container").count() >= formulas.count(), "formulas are not drawn"
        assert watched.page.locator("mjx-merror").count() == 0, "MathJax refuses a formula"


def _open(page: Page, name: str) -> None:
    """Open a page from its folder: its files are loaded then, and its formulas set."""
    page.goto((SITE / name).as_uri(), wait_until="load")
    page.evaluate("window.MathJax && window.MathJax.startup.promise")


def _excess(page: Page) -> int:
    """Pixels by which a page is wider than its window, once its fonts are there and it is drawn with them."""
    drawn = (
        "document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))"
    )
    page.evaluate(drawn)
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture(scope="module", params=STACKS)
def elsewhere(request, tmp_path_factory) -> Iterator[tuple[Browser, str]]:
    """A browser on a machine with one package of fonts, and the family that its text is set in."""
    families = STACKS[request.param]
    if not shutil.which("fc-list"):
        pytest.skip("needs fontconfig's fc-list")
    listed = [
        subprocess.run(["fc-list", "-f", "%{file}\n", family], capture_output=True, text=True, check=True).stdout
        for family in families
    ]
    if not all(listed):
        pytest.skip(f"needs {families[listed.index('')]}: apt-get install {request.param}")
    folders = {str(Path(file).parent) for file in "".join(listed).splitlines()}
    generic = ("sans-serif", "system-ui"), ("serif",), ("monospace",)
    config = tmp_path_factory.mktemp("fonts") / "fonts.conf"
    config.write_text(
        "<fontconfig>"
        + "".join(f"<dir>{folder}</dir>" for folder in sorted(folders))
        + "".join(
            f"<match><test name='family'><string>{name}</string></test>"
            f"<edit name='family' mode='assign' binding='same'><string>{family}</string></edit></match>"
            for names, family in zip(generic, families, strict=True)
            for name in names
        )
        + f"<cachedir>{config.parent}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    with sync_playwright() as playwright:
        environment = {**os.environ, "FONTCONFIG_FILE": str(config)}
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=QUIET, env=environment)
        yield chromium, families[0]
        chromium.close()


def _fonts(page: Page, selector: str) -> set[str]:
    """The families that the browser really draws an element's text with."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    return {font["familyName"] for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]}


@pytest.mark.check
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_whatever_the_font(elsewhere, name):
    browser, family = elsewhere
    watched = Watched(browser, SITE.as_uri(), PHONE)
    _open(watched.page, name)
    excess, fonts = _excess(watched.page), _fonts(watched.page, "article h1")
    watched.context.close()
    assert fonts == {family}
    assert excess <= 0, f"{excess} pixels wider than a phone"


def _contrast(page: Page, selector: str) -> float:
    """Contrast of a text with its page, as WCAG 2 defines it."""
    colours = page.eval_on_selector(
        selector,
        """element => {
            const back = e => getComputedStyle(e).backgroundColor;
            let under = element;
            while (under && /, 0\\)$/.test(back(under))) under = under.parentElement;
            return [getComputedStyle(element).color, under ? back(under) : "rgb(255, 255, 255)"];
        }""",
    )

    def light(colour: str) -> float:
        parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(light, colours))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_are_read_in_both_themes(watch, theme):
    watched = watch(SITE.as_uri(), DESK, theme)
    watched.page.goto((SITE / "book" / "intro.html").as_uri())
    assert watched.page.get_attribute("html", "data-theme") == theme
    assert _contrast(watched.page, "article p") > 7
    assert _contrast(watched.page, "article p a:not(.headerlink)") > 4.5


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_front_page_says_all_on_its_first_screen(watch, size):
    """Question, figure, findings, commands and the ways to explore end above the fold."""
    watched = watch(SITE.as_uri(), size)
    watched.page.goto((SITE / "book" / "intro.html").as_uri(), wait_until="networkidle")
    assert watched.page.locator("figure#front-en img").count() == 1
    links = [
        watched.page.locator(f"article p a[href='{name}.html']").first for name in ("explorer", "try_it", "resume")
    ]
    assert max(box["y"] + box["height"] for box in (link.bounding_box() for link in links)) <= size["height"]


def test_the_first_page_leads_to_the_book(watch):
    watched = watch(SITE.as_uri())
    watched.page.goto((SITE / "index.html").as_uri())
    watched.page.wait_for_url("**/book/intro.html")
    assert watched.wrong == []


def test_search_finds_a_word_of_the_glossary(watch, server):
    watched = watch(server)
    watched.page.goto(f"{server}/search.html?q=isomorphic")
    watched.page.wait_for_selector("#search-results li a")
    found = watched.page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any("glossary" in address for address in found)
    assert watched.wrong == []


def test_the_page_of_costs_accounts_for_every_chapter(watch):
    watched = watch(SITE.as_uri())
    watched.page.goto((SITE / "book" / "computed.html").as_uri())
    rows = watched.page.eval_on_selector_all("table:first-of-type tr", "all => all.map(r => r.innerText)")
    for executed in book.folder().glob("[0-9]*.ipynb"):
        link = watched.page.locator(f"td a[href='chapters/{executed.stem}.html']")
        assert link.count() == 1, f"no row for {executed.stem}"
    assert len(rows) > 2
