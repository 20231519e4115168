"""The page Try it in a browser: it answers as ONNX Runtime does, window for window, and asks for nothing remote.

The page under test is the markup of book/try_it.md with the book's own script and style; its networks are small ones
with drawn weights, its recordings drawn.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import BrowserContext, Page, sync_playwright
from torch import nn

from luciole import files
from luciole.book import try_it
from luciole.book.try_it import Recording, Shown
from luciole.datasets.windows import Normalisation
from luciole.devices.lower import plan
from luciole.networks import har1d as networks
from luciole.sensors.deploy import Runtime, export

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESIGN = "4 3 1 1 2 2 0 2 1 2 2 1 1 1 0 2"  # the one found for UCI HAR
LENGTH = 128
LABELS = ("elevation", "</script><b>bold", "rowing")

pytestmark = pytest.mark.check  # half a minute of a browser


def network(channels: int) -> nn.Module:
    generator = torch.Generator().manual_seed(channels)
    row = np.array([int(gene) for gene in DESIGN.split()], dtype=np.int8)
    made = networks.build(row, channels, len(LABELS), generator)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean = 0.3 * torch.randn(module.num_features, generator=generator)
    return made.eval()


@pytest.fixture(scope="module")
def signals() -> dict[int, np.ndarray]:
    """A minute of six channels and of nine, (time, channels): what is done changes every few seconds."""
    rng = np.random.default_rng(0)
    told = {}
    for channels in (6, 9):
        amplitude = np.repeat(np.exp(rng.normal(size=(12, channels))), 250, axis=0)
        told[channels] = (amplitude * rng.normal(size=(3000, channels)) + 1).astype(np.float32)
    return told


@pytest.fixture(scope="module")
def shown(signals) -> list[Shown]:
    made = []
    for channels, name, hop in ((6, "luciole_watch", 64), (9, "luciole_phone", 32)):
        constants = Normalisation.fit(signals[channels].T[None])
        ours = plan(network(channels), constants, LENGTH, LABELS, hop)
        made.append(Shown(name, name, ours, tuple(map(str, range(channels))), 50.0))
    return made


@pytest.fixture(scope="module")
def told(signals, shown, tmp_path_factory) -> Callable[[int, np.ndarray], list[int]]:
    """The class that ONNX Runtime gives to each window of a signal of so many channels."""
    runtimes = {}
    for channels in (6, 9):
        constants = Normalisation.fit(signals[channels].T[None])
        path = tmp_path_factory.mktemp("net") / "net.onnx"
        runtimes[channels] = Runtime(export(network(channels), constants, LENGTH, path))

    def ask(channels: int, signal: np.ndarray) -> list[int]:
        hop = next(one.plan.hop for one in shown if one.plan.channels == channels)
        starts = range(0, len(signal) - LENGTH + 1, hop)
        cut = np.stack([signal[start : start + LENGTH].T for start in starts])
        return runtimes[channels](cut).argmax(axis=1).tolist()

    return ask


@pytest.fixture(scope="module")
def expected(signals, told) -> dict[int, list[int]]:
    """What it gives to each window of the signals."""
    return {channels: told(channels, signal) for channels, signal in signals.items()}


def site(folder: Path, text: str | None) -> str:
    """The markup of the book's page alone, with its script and style, in a folder: the page's address."""
    source = (files.root() / "book" / "try_it.md").read_text(encoding="utf-8")
    markup = re.search(r"```\{raw\} html\n(.*?)\n```", source, re.DOTALL)
    assert markup, "the page has no markup"
    for name in ("_static", "book"):
        (folder / name).mkdir()
    for name in ("try_it.js", "try_it.css"):
        shutil.copy(files.root() / "book" / "_static" / name, folder / "_static")
    if text is not None:
        (folder / "_static" / "try_it_data.js").write_text(text, encoding="utf-8")
    page = folder / "book" / "try_it.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Try it</title>'
    page.write_text(f'<!doctype html><html lang="en">{head}{markup[1]}</html>', encoding="utf-8")
    return page.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    if not CHROMIUM:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium.new_context()
        chromium.close()


@pytest.fixture(scope="module")
def address(shown, signals, tmp_path_factory) -> str:
    recording = Recording("luciole_watch", "rowing, person 3", "rowing", signals[6])
    return site(tmp_path_factory.mktemp("try"), try_it.script(shown, [recording]))


@pytest.fixture
def open_page(browser, address) -> Iterator:
    """Opens the page; at the end of the test nothing has gone wrong on it, and it has asked for nothing remote."""
    opened: list[Page] = []
    wrong: list[str] = []

    def start(at: str = address, width: int = 1000) -> Page:
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.set_default_timeout(15_000)
        page.on("request", lambda r: r.url.startswith(("file:", "data:", "blob:")) or wrong.append(r.url))
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on("console", lambda m: m.type == "error" and "ERR_FILE_NOT_FOUND" not in m.text and wrong.append(m.text))
        opened.append(page)
        page.goto(at)
        return page

    yield start
    for page in opened:
        page.close()
    assert wrong == []


def answers(page: Page) -> list[int]:
    return page.evaluate("LUCIOLE_TRY.feed().answers")


def test_a_recording_by_the_keyboard(open_page, expected):
    """From the keyboard alone: every answer is ONNX Runtime's, the words are those of the last one."""
    page = open_page()
    page.select_option("#ti-speed", "0")
    page.focus("#ti-replay")
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('ti-word').textContent === 'The recording is over.'")
    assert answers(page) == expected[6]
    assert page.text_content("#ti-activity") == LABELS[expected[6][-1]]
    right = sum(LABELS[one] == "rowing" for one in expected[6])
    assert page.text_content("#ti-figures").startswith(f"{len(expected[6])} windows, ")
    assert f"; {right} right" in page.text_content("#ti-figures")
    assert page.get_attribute("#ti-activity", "aria-live") == "polite"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "ti-phone"


def test_replay_keeps_time_and_stops(open_page):
    page = open_page()
    page.select_option("#ti-speed", "10")
    page.click("#ti-replay")
    page.wait_for_function("LUCIOLE_TRY.feed() && LUCIOLE_TRY.feed().answers.length >= 2")
    assert len(answers(page)) < 40  # of 45: a minute takes six seconds
    page.click("#ti-replay")
    assert page.evaluate("LUCIOLE_TRY.feed()") is None
    assert page.text_content("#ti-replay") == "Replay"


@pytest.mark.parametrize("channels", [6, 9])
@pytest.mark.parametrize("mark", [",", ";"])
def test_a_file(open_page, signals, expected, channels, mark, tmp_path):
    page = open_page()
    page.select_option("#ti-speed", "0")
    rows = [mark.join(f"{value:.9g}" for value in row) for row in signals[channels]]
    names = mark.join(f"c{place}" for place in range(channels))
    (tmp_path / "mine.csv").write_text("\r\n".join([names] * (mark == ",") + rows) + "\r\n")
    page.set_input_files("#ti-file", tmp_path / "mine.csv")
    page.wait_for_function("document.getElementById('ti-word').textContent === 'The recording is over.'")
    assert answers(page) == expected[channels]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2,3\n4,5,6\n", "Expected 6 or 9 columns of numbers, mine.csv has 3."),
        ("a,b,c,d,e,f\n1,2,3,4,5,6\n1,2,3,4,5\n", "Row 3 of mine.csv does not hold"),
        ("1,2,3,4,5,6\n1,2,x,4,5,6\n", "Row 2 of mine.csv does not hold"),
        ("", "mine.csv has 0"),
    ],
)
def test_a_file_that_is_refused(open_page, tmp_path, text, says):
    page = open_page()
    (tmp_path / "mine.csv").write_text(text)
    page.set_input_files("#ti-file", tmp_path / "mine.csv")
    page.wait_for_selector("#ti-problem:not([hidden])")
    assert says in page.text_content("#ti-problem")


def test_a_phone(open_page, signals, told):
    """Motion events at 50 Hz: units and axes are converted, the answers are those of the converted signal."""
    page = open_page()
    page.click("#ti-phone")
    page.wait_for_function("LUCIOLE_TRY.feed()")
    page.evaluate(
        """(rows) => {
          const axes = (v, by, names) => Object.fromEntries(names.map((name, i) => [name, v[i] * by]));
          rows.forEach((v, t) => {
            const event = new DeviceMotionEvent("devicemotion", {
              accelerationIncludingGravity: axes(v.slice(0, 3), 9.80665, ["x", "y", "z"]),
              acceleration: axes(v.slice(3, 6), 9.80665, ["x", "y", "z"]),
              rotationRate: axes(v.slice(6, 9), 180 / Math.PI, ["beta", "gamma", "alpha"]), interval: 20 });
            Object.defineProperty(event, "timeStamp", { value: 1000 + 20 * t });
            dispatchEvent(event);
          });
        }""",
        signals[9][:1000].tolist(),
    )
    theirs = told(9, signals[9][1:1000])  # the first sample only sets the clock
    same = np.array(answers(page)) == np.array(theirs)
    assert same.mean() > 0.95  # a unit there and back rounds
    assert page.text_content("#ti-word") == "Listening to this phone."


def test_words_where_nothing_moves(open_page):
    page = open_page()
    page.click("#ti-phone")
    page.wait_for_selector("#ti-problem:not([hidden])")
    assert "tells no motion" in page.text_content("#ti-problem")


def test_words_without_data(open_page, tmp_path):
    page = open_page(at=site(tmp_path, None))
    assert "make book" in page.text_content("#ti-problem")


def test_fits_a_phone(open_page):
    page = open_page(width=340)
    assert page.evaluate("document.documentElement.scrollWidth") <= 340


def test_an_hour_takes_seconds(open_page):
    """No time is asserted: an hour at once is replayed to its end, and every window is counted."""
    page = open_page()
    count = page.evaluate(
        """() => {
          const net = luciole_watch, sample = new Float32Array(6);
          net.reset();
          let count = 0;
          for (let t = 0; t < 3600 * 50; t++) { sample[t % 6] = Math.sin(t); count += net.step(sample) >= 0; }
          return count;
        }"""
    )
    assert count == (3600 * 50 - LENGTH) // 64 + 1


def test_the_script_is_made_once(tmp_path, monkeypatch):
    """It is kept while it is made of the same; a part whose source is absent is left out."""
    monkeypatch.setattr(try_it, "watch", lambda: (_ for _ in ()).throw(try_it.LucioleError("no seglearn")))
    target = try_it.write(tmp_path / "data.js")
    text = target.read_text()
    assert text.startswith("// Made by `make book`") and '"recordings": []' in text
    before = target.stat().st_mtime_ns
    assert try_it.write(target).stat().st_mtime_ns == before
    target.write_text("// older\n")
    assert try_it.write(target).read_text() == text
