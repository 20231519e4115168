"""The explorer page: its data file decoded anew and compared with the tables, and the real page in a browser.

The page under test is the markup of book/explorer.md with the book's own scripts and style. Its data are the
replica, which is always here, with devices and scores that the test makes up.
"""

import base64
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from luciole import files, results, tables
from luciole.book import explorer
from luciole.errors import LucioleError
from luciole.spaces import nb201

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LIMIT = 1_600_000  # bytes of the data file

pytestmark = pytest.mark.check  # half a minute of a browser


# ---- the data file -----------------------------------------------------------------------------------------


def read(text: str) -> dict:
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def decode(text: str) -> dict[str, NDArray]:
    """Undo the coding as the module's documentation tells it, byte by byte: column name -> values."""
    content = read(text)
    stream = zlib.decompress(base64.b64decode(content["data"]))
    at = 0

    def numbers(count: int, width: int) -> list[bytes]:
        nonlocal at
        split = [bytes(stream[at + plane * count + i] for plane in range(width)) for i in range(count)]
        at += count * width
        return split

    found = {}
    for column in content["columns"]:
        levels = np.frombuffer(b"".join(numbers(column["levels"], 4)), "<f4").astype(float)
        places = [int.from_bytes(number, "little") for number in numbers(column["rows"], 2)]
        value = levels.__getitem__ if column["levels"] else (lambda n, d=column["decimals"]: n / 10**d)
        name = "_".join(filter(None, (column["dataset"], column["column"])))
        found[name] = np.array([np.nan if place == 65535 else value(place) for place in places])
    assert at == len(stream), "bytes are left over"
    return found


@pytest.fixture(scope="module")
def replica() -> tables.Table:
    return tables.nb201_replica()


@pytest.fixture(scope="module")
def devices(replica) -> tables.Table:
    """Made-up devices: one with many values, gaps and two equal cells on its front, one with few values."""
    rng = np.random.default_rng(5)
    cost = nb201.encode(nb201.all_cells()) @ rng.uniform(0.1, 3, 30)
    gaps = np.where(rng.random(nb201.SIZE) < 0.3, np.nan, cost + rng.uniform(0, 1, nb201.SIZE))
    accuracy = replica["c10_replica_test"]
    values, counts = np.unique(accuracy, return_counts=True)
    gaps[accuracy == values[counts > 1].max()] = np.nanmin(gaps)
    few = rng.integers(1, 40, nb201.SIZE) / 7
    return tables.Table(
        "demo", {"c10_edgetpu_latency_ms": gaps, "c10_eyeriss_energy_mj": few}, source="a made-up table"
    )


@pytest.fixture(scope="module")
def scores() -> explorer.Scores:
    rng = np.random.default_rng(6)
    naswot = rng.normal(700, 80, 6466)
    naswot[:9] = -np.inf
    return explorer.Scores({"naswot": naswot, "synflow": np.exp(rng.normal(20, 15, 6466))}, "made-up scores")


@pytest.fixture(scope="module")
def text(replica, devices, scores) -> str:
    return explorer.script(replica, devices, scores)


@pytest.fixture(scope="module")
def decoded(text) -> dict[str, NDArray]:
    return decode(text)


def test_cells_and_classes_are_those_of_the_space(decoded):
    digits = decoded["code"].astype(int)[:, None] // 5 ** np.arange(5, -1, -1) % 5
    assert (digits == nb201.all_cells()).all()
    first = nb201.classes()[decoded["class"].astype(int)]
    assert (first == nb201.iso()).all()


def test_accuracies_and_parameters_are_kept_exactly(decoded, replica):
    for name in ("c10_replica_test", "c10_replica_analog", "c10_params", "c100_params", "in16_params"):
        assert (decoded[name].astype(replica[name].dtype) == replica[name]).all(), name


def test_macs_and_devices_are_kept_to_the_decimals_shown(decoded, replica, devices):
    for name, exact, half in (
        ("c10_flops", replica["c10_flops"] / 1e6, 0.005),
        ("c10_cost12_estimate_s", replica["c10_cost12_estimate_s"], 0.005),
        ("c10_edgetpu_latency_ms", devices["c10_edgetpu_latency_ms"], 0.0005),
        ("c10_eyeriss_energy_mj", devices["c10_eyeriss_energy_mj"], 0.0005),
    ):
        gaps = np.isnan(exact)
        assert (np.isnan(decoded[name]) == gaps).all(), name
        assert np.abs(decoded[name] - exact)[~gaps].max() <= half + 1e-5, name


def test_scores_are_kept_to_four_digits_a_class(decoded, scores):
    for name, exact in scores.values.items():
        kept = decoded[f"c10_{name}"]
        assert kept.shape == (6466,)
        finite = np.isfinite(exact)
        assert (kept[~finite] == exact[~finite]).all()
        np.testing.assert_allclose(kept[finite], exact[finite], rtol=5.1e-4)


@given(arrays(float, st.integers(1, 50), elements=st.floats(0, 600) | st.just(np.nan)), st.booleans())
def test_a_packed_column_comes_back(values, exact):
    packed, levels = explorer.pack("demo", values, 2, exact)
    places = np.frombuffer(packed[4 * levels :], np.uint8).reshape(2, -1).T.copy().view("<u2").ravel()
    kept = np.frombuffer(packed[: 4 * levels], np.uint8).reshape(4, -1).T.copy().view("<f4").ravel()
    assert (np.diff(kept) > 0).all()
    assert ((places == 65535) == np.isnan(values)).all()
    there = ~np.isnan(values)
    # what float32 loses, and half of the last decimal unless the values are exact
    allowed = 4e-5 + (0 if exact else 0.005)
    assert np.abs(kept[places[there]] - values[there]).max(initial=0) <= allowed


@pytest.mark.parametrize("values", [np.arange(300) * 4.0, np.linspace(-1, 5, 300)])
def test_values_that_steps_cannot_hold_are_refused(values):
    with pytest.raises(LucioleError, match=r"expected demo between 0 and 655\.34.*fewer decimals"):
        explorer.pack("demo", values, 2, exact=False)


def test_a_column_of_another_length_is_refused(replica, scores):
    with pytest.raises(LucioleError, match="expected 6466 values of naswot, one a row, got shape"):
        explorer.script(replica, None, explorer.Scores({"naswot": scores.values["naswot"][:-1]}, ""))


def test_what_no_source_has_is_left_out(replica):
    content = read(explorer.script(replica))
    assert {column["group"] for column in content["columns"]} == {"cell", "accuracy", "size", "training"}
    assert {column["dataset"] for column in content["columns"] if column["group"] == "accuracy"} == {"c10"}
    assert content["sources"] == [f"NAS-Bench-201: {replica.source}"]


def test_the_file_is_written_once_and_always_the_same(tmp_path, monkeypatch, replica):
    def nowhere():
        raise tables.NoSource("no devices here")

    monkeypatch.setattr(tables, "nb201", lambda: replica)
    monkeypatch.setattr(tables, "nb201_hw", nowhere)
    monkeypatch.setattr(explorer, "scores", lambda: explorer.NO_SCORES)
    target = explorer.write(tmp_path / "explorer_data.js")
    before = target.read_bytes(), target.stat().st_mtime_ns
    explorer.write(target)
    assert (target.read_bytes(), target.stat().st_mtime_ns) == before
    assert before[0].decode() == explorer.script(replica, sensors=tables.har201())


def test_a_broken_table_is_not_taken_for_an_absent_one(tmp_path, monkeypatch, replica):
    (tmp_path / "nb201_hw.npz").write_bytes(b"PK\x03\x04 cut off")
    monkeypatch.setenv("LUCIOLE_DATA", str(tmp_path))
    monkeypatch.setattr(tables, "nb201", lambda: replica)
    with pytest.raises(LucioleError, match="nb201_hw"):
        explorer.write(tmp_path / "explorer_data.js")
    assert not (tmp_path / "explorer_data.js").exists()


def test_the_prepared_tables_fit(data_folder):
    main, hardware = tables.nb201(), tables.nb201_hw()
    text = explorer.script(main, hardware, explorer.scores())
    assert len(text.encode()) < LIMIT
    decoded = decode(text)
    devices = [name for name in hardware if "arithmetic" not in name]
    assert len(devices) == 27
    for name in [name for name in main if re.search("test200|val12", name)]:
        assert (decoded[name].astype(np.float32) == main[name]).all(), name
    for name in devices:
        half = 0.005 if "raspi" in name else 0.0005
        assert np.nanmax(np.abs(decoded[name] - hardware[name])) <= half + 1e-5, name
        assert (np.isnan(decoded[name]) == np.isnan(hardware[name])).all(), name


# ---- the page ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    if not CHROMIUM:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium.new_context()
        chromium.close()


def site(folder: Path, text: str | None) -> str:
    """The markup of the book's page alone, with its scripts and style, in a folder: the page's address."""
    source = (files.root() / "book" / "explorer.md").read_text(encoding="utf-8")
    markup = re.search(r"```\{raw\} html\n(.*?)\n```", source, re.DOTALL)
    assert markup, "the page has no markup"
    for name in ("_static", "book"):
        (folder / name).mkdir()
    for path in (files.root() / "book" / "_static").glob("explorer*.*s"):
        if path.name != "explorer_data.js":
            shutil.copy(path, folder / "_static")
    if text is not None:
        (folder / "_static" / "explorer_data.js").write_text(text, encoding="utf-8")
    page = folder / "book" / "explorer.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Explorer</title>'
    page.write_text(f'<!doctype html><html lang="en" data-theme="light">{head}{markup[1]}</html>', encoding="utf-8")
    return page.as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory, text) -> str:
    return site(tmp_path_factory.mktemp("explorer"), text)


@pytest.fixture
def open_page(browser, address) -> Iterator:
    """Opens the page; at the end of the test nothing has gone wrong on it, and it has asked for nothing remote."""
    opened: list[Page] = []
    wrong: list[str] = []

    def start(hash: str = "", width: int = 1100, at: str = address) -> Page:
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.set_default_timeout(15_000)
        page.on("request", lambda r: r.url.startswith(("file:", "data:", "blob:")) or wrong.append(r.url))
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on("console", lambda m: m.type == "error" and wrong.append(f"console: {m.text}"))
        opened.append(page)
        page.goto(at + hash)
        page.wait_for_selector("#cell-explorer[aria-busy=false]")
        return page

    yield start
    for page in opened:
        page.close()
    assert wrong == []


def chosen(page: Page) -> int:
    """The chosen cell as the address has it."""
    return int(page.url.split("#")[1].split("&")[0])


def test_a_cell_chosen_by_its_operations(open_page, replica):
    row = [3, 3, 4, 1, 3, 1]
    cell = 1
    page = open_page("#7000")
    for edge, op in enumerate(row):
        page.select_option(f'[data-edge="{edge}"]', str(op))
    accuracy = replica["c10_replica_test"]
    rank = 1 + int((accuracy > accuracy[cell]).sum())
    status = page.inner_text("#ex-status")
    assert f"Cell 1: {accuracy[cell]:.2f} %" in status
    assert f"rank {rank:,} of 15,625" in status
    assert f"Parameters: {replica['c10_params'][cell]:,}" in status
    assert nb201.format(row) in page.inner_text("#ex-kin")
    assert chosen(page) == cell
    assert page.inner_text('[data-column="in16_flops"]') == f"{replica['in16_flops'][cell] / 1e6:.2f}"
    assert page.inner_text('[data-column="c10_replica_test"]').split()[0] == f"{accuracy[cell]:.2f}"


def test_devices_and_scores_of_a_cell(open_page, devices, scores):
    for cell in (12, 444, 15_001):
        page = open_page(f"#{cell}")
        energy = devices["c10_eyeriss_energy_mj"][cell]
        assert page.inner_text('[data-column="c10_eyeriss_energy_mj"]') == f"{energy:.3f}"
        latency = devices["c10_edgetpu_latency_ms"][cell]
        wanted = "–" if np.isnan(latency) else f"{latency:.3f}"
        assert page.inner_text('[data-column="c10_edgetpu_latency_ms"]') == wanted
        value = scores.values["synflow"][np.searchsorted(nb201.classes(), nb201.iso()[cell])]
        assert float(page.inner_text('[data-column="c10_synflow"]').split()[0]) == float(f"{value:.3e}")


def test_the_drawing_says_what_the_cell_computes(open_page):
    page = open_page(f"#{int(nb201.index([3, 0, 0, 1, 0, 2]))}")
    drawing = page.get_by_role("img", name="Cell")
    words = drawing.locator("desc").text_content()
    assert words == (
        "Node 1 is a 3×3 convolution of node 0. Node 2 is empty. "
        "Node 3 is a skip of node 0 plus a 1×1 convolution of node 2."
    )
    labels = page.eval_on_selector_all("#ex-drawing g:not(.ex-node) text", "all => all.map(one => one.textContent)")
    assert labels == ["3×3 conv", "none", "none", "skip", "none", "1×1 conv"]
    idle = page.eval_on_selector_all("#ex-drawing g:not(.ex-node)", "all => all.map(g => g.matches('.ex-idle'))")
    assert idle == [True, True, True, False, True, True], "only the skip reaches the output"


def test_neighbours(open_page, replica):
    cell = 2718
    page = open_page(f"#{cell}")
    accuracy = replica["c10_replica_test"].astype(float)
    around = nb201.index(nb201.neighbours(nb201.all_cells()[cell])).tolist()
    buttons = page.locator("#ex-neighbours button")
    assert [int(b.get_attribute("data-cell")) for b in buttons.all()] == around
    for button, other in zip(buttons.all(), around, strict=True):
        value, difference = button.inner_text().split()
        assert value == f"{accuracy[other]:.2f}"
        assert float(difference.replace("−", "-").replace("±", "")) == pytest.approx(
            accuracy[other] - accuracy[cell], abs=0.00501
        )
    better = sum(accuracy[other] > accuracy[cell] for other in around)
    assert f"{better} of 24 neighbours" in page.inner_text("#ex-neighbours")
    buttons.nth(7).click()
    assert chosen(page) == around[7]
    assert page.evaluate("document.activeElement.closest('#ex-neighbours') !== null"), "the focus is lost"


def test_the_best_cell_is_a_local_optimum(open_page, replica):
    page = open_page("#3")
    page.get_by_role("button", name="Best cell").click()
    assert chosen(page) == int(np.argmax(replica["c10_replica_test"]))
    assert "local optimum" in page.inner_text("#ex-neighbours")
    assert "rank 1 of" in page.inner_text("#ex-status")


def test_the_keyboard_alone(open_page, replica):
    page = open_page("#99")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.edge") == "0":
            break
    else:
        pytest.fail("the tab key does not reach the first operation")
    row = nb201.all_cells()[99].copy()
    page.keyboard.press("Home")
    row[0] = 0
    assert chosen(page) == int(nb201.index(row))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    row[0] = 2
    assert chosen(page) == int(nb201.index(row))
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    row[1] = 4
    assert chosen(page) == int(nb201.index(row))
    # the cloud: ranks
    page.focus("#ex-canvas")
    accuracy = replica["c10_replica_test"]
    page.keyboard.press("Home")
    best = accuracy[chosen(page)]
    page.keyboard.press("ArrowDown")
    assert accuracy[chosen(page)] == np.sort(accuracy)[-2]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert accuracy[chosen(page)] == best == accuracy.max()


def front(accuracy: NDArray, cost: NDArray) -> set[int]:
    """Cells that no cell dominates, by comparing each with all."""
    known = np.flatnonzero(~np.isnan(cost))
    a, c = accuracy[known], cost[known]
    kept = set()
    for cell in known:
        at_least = (a >= accuracy[cell]) & (c <= cost[cell])
        if not (at_least & ((a > accuracy[cell]) | (c < cost[cell]))).any():
            kept.add(int(cell))
    return kept


@pytest.mark.parametrize("column", ["params", "edgetpu_latency_ms"])
def test_walking_along_the_front(open_page, decoded, column):
    cost = decoded[f"c10_{column}"]
    wanted = front(decoded["c10_replica_test"], cost)
    dearest = max(wanted, key=lambda cell: (cost[cell], decoded["c10_replica_test"][cell]))
    page = open_page(f"#{dearest}")
    page.select_option("#ex-cost", column)
    page.focus("#ex-canvas")
    walked = [dearest]
    for _ in wanted:
        assert "On the Pareto front." in page.inner_text("#ex-status")
        page.keyboard.press("ArrowLeft")
        if chosen(page) == walked[-1]:
            break
        walked.append(chosen(page))
    assert set(walked) == wanted
    assert len(walked) == len(wanted) > 5
    if column == "edgetpu_latency_ms":
        assert len(np.unique(cost[walked])) < len(walked), "two equal cells are both on the front"
    assert (np.diff(cost[walked]) <= 0).all()
    page.keyboard.press("ArrowRight")
    assert chosen(page) == walked[-2]
    other = next(cell for cell in range(nb201.SIZE) if cell not in wanted and not np.isnan(cost[cell]))
    page.evaluate(f"location.hash = '#{other}'")
    expect(page.locator("#ex-status")).to_contain_text("Not on the Pareto front")
    accuracy = decoded["c10_replica_test"]
    over = ((accuracy >= accuracy[other]) & (cost <= cost[other])) & (
        (accuracy > accuracy[other]) | (cost < cost[other])
    )
    expect(page.locator("#ex-status")).to_contain_text(f"{over.sum():,} cell")


def test_cells_without_the_cost_are_counted(open_page, devices):
    gaps = np.isnan(devices["c10_edgetpu_latency_ms"])
    page = open_page(f"#{int(np.flatnonzero(gaps)[0])}")
    page.select_option("#ex-cost", "edgetpu_latency_ms")
    assert f"{gaps.sum():,} cells have no value of this cost" in page.inner_text("#ex-absent")
    assert "Without that cost it has no place on the front." in page.inner_text("#ex-status")


def test_a_clicked_point_is_chosen(open_page, decoded):
    """Where a cell was marked, a click chooses it again; cells of the front stand apart from the others."""
    accuracy, cost = decoded["c10_replica_test"], decoded["c10_edgetpu_latency_ms"]
    page = open_page()
    page.select_option("#ex-cost", "edgetpu_latency_ms")
    box = page.locator("#ex-canvas").bounding_box()
    mark = """() => {
        const canvas = document.getElementById('ex-canvas'), scale = canvas.width / canvas.clientWidth;
        const seen = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0, x = 0, y = 0;
        for (let i = 0; i < seen.length; i += 4) if (seen[i] === 213 && seen[i + 1] === 94 && seen[i + 2] === 0) {
            count += 1; x += (i / 4) % canvas.width; y += Math.floor(i / 4 / canvas.width);
        }
        return [x / count / scale, y / count / scale, count];
    }"""
    crowd = sorted(front(accuracy, cost), key=lambda cell: cost[cell])
    for cell in (crowd[2], crowd[len(crowd) // 2], int(np.nanargmax(cost))):
        page.evaluate(f"location.hash = '#{cell}'")
        expect(page.locator("#ex-status")).to_contain_text(f"Cell {cell}:")
        across, down, count = page.evaluate(mark)
        assert count > 50, "the chosen cell is not marked"
        page.evaluate("location.hash = '#12'")
        expect(page.locator("#ex-status")).to_contain_text("Cell 12:")
        page.mouse.click(box["x"] + across, box["y"] + down)
        assert (accuracy[chosen(page)], cost[chosen(page)]) == (accuracy[cell], cost[cell])
    page.mouse.click(box["x"] + box["width"] - 15, box["y"] + 0.8 * box["height"])
    assert chosen(page) == cell, "a click far from every point chooses one"


def test_the_address_holds_the_cell(open_page, replica):
    page = open_page("#4321")
    assert f"Cell 4321: {replica['c10_replica_test'][4321]:.2f} %" in page.inner_text("#ex-status")
    values = page.eval_on_selector_all("[data-edge]", "all => all.map(one => Number(one.value))")
    assert values == nb201.all_cells()[4321].tolist()
    page.evaluate("location.hash = '#17'")
    expect(page.locator("#ex-status")).to_contain_text("Cell 17:")
    page.evaluate("location.hash = '#how-to-read-it'")
    expect(page.locator("#ex-problem")).to_be_hidden()


def test_the_address_holds_the_view(open_page, replica):
    page = open_page("#4321&accuracy=c100_params&cost=nothing&show=0.5")  # what there is not is passed over
    assert page.url.endswith("#4321&show=0.5")
    page.select_option("#ex-accuracy", "c10_replica_ptq")
    page.select_option("#ex-cost", "flops")
    address = page.url
    assert address.endswith("#4321&accuracy=c10_replica_ptq&cost=flops&show=0.5")
    again = open_page("#" + address.split("#")[1])
    assert again.url == address
    assert again.input_value("#ex-zoom") == "0.5" and again.input_value("#ex-cost") == "flops"
    assert f"Cell 4321: {replica['c10_replica_ptq'][4321]:.2f} %" in again.inner_text("#ex-status")
    again.evaluate("location.hash = '#17'")
    expect(again.locator("#ex-status")).to_contain_text(f"Cell 17: {replica['c10_replica_test'][17]:.2f} %")
    assert again.input_value("#ex-zoom") == "1"


def test_a_slider_leaves_the_best_and_the_address_follows_when_it_rests(open_page):
    page = open_page("#7")
    drawn = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
        const canvas = document.getElementById('ex-canvas');
        const seen = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let dark = 0;
        for (let i = 0; i < seen.length; i += 4) dark += seen[i + 3] > 100;
        done(dark);
    })))"""
    drag = """(share) => {
        const bar = document.getElementById('ex-zoom');
        bar.value = share;
        bar.dispatchEvent(new Event('input'));
    }"""
    everything, address = page.evaluate(drawn), page.url
    page.evaluate(drag, "0.1")
    assert page.evaluate(drawn) != everything  # fewer points, on axes of their own
    assert page.inner_text("#ex-share") == "the best 10 %" and page.url == address
    page.evaluate(drag, "1")
    assert page.evaluate(drawn) == everything and page.inner_text("#ex-share") == "all cells"
    page.focus("#ex-zoom")
    page.keyboard.press("ArrowLeft")
    assert page.url == f"{address}&show=0.99" and page.inner_text("#ex-share") == "the best 99 %"


def test_a_cell_is_taken_away(open_page, replica, scores):
    page = open_page("#4321")
    page.click("summary")
    with page.expect_download() as download:
        page.click("#ex-csv")
    assert download.value.suggested_filename == "cell-4321.csv"
    row = pd.read_csv(download.value.path()).iloc[0]
    assert (row["cell"], row["operations"]) == (4321, nb201.format(nb201.all_cells()[4321]))
    assert row["c10_params"] == replica["c10_params"][4321]
    assert row["c10_replica_test"] == pytest.approx(replica["c10_replica_test"][4321], abs=1e-5)
    names: dict = {}
    code = page.inner_text("#ex-code").splitlines()
    exec("\n".join(line for line in code if not line.startswith("print")), names)
    assert (names["cell"], list(names["table"])) == (4321, list(tables.nb201()))
    assert code[-1] == "print({name: table[name][cell] for name in table})"


def test_sensors_stand_beside_images(open_page, tmp_path, replica):
    sensors = tables.har201()
    page = open_page(
        "#7&accuracy=wisdm_test_acc_ep4&cost=macs", at=site(tmp_path, explorer.script(replica, sensors=sensors))
    )
    first = page.locator("#ex-accuracy option").first
    assert first.inner_text().startswith("CIFAR-10")  # what the page opens with, whatever tables are here
    status = page.inner_text("#ex-status")
    assert f"Cell 7: {sensors['wisdm_test_acc_ep4'][7]:.2f} %\nWISDM watch, HAR-201" in status
    assert "tables.har201()" in page.text_content("#ex-code")
    costs = page.locator("#ex-cost option").all_inner_texts()
    assert costs == ["parameters", "multiply-accumulates (MACs) (million)"]


@pytest.mark.parametrize("hash", ["#15625", "#99999999999999999999"])
def test_an_address_out_of_range_is_told(open_page, hash):
    page = open_page(hash)
    expect(page.get_by_role("alert")).to_have_text(
        f"Expected the index of a cell, 0 to 15624, in the address; got {hash[1:]}."
    )
    page.click("#ex-random")
    expect(page.locator("#ex-problem")).to_be_hidden()


def test_finding_a_cell(open_page):
    page = open_page("#5")
    row = nb201.all_cells()[9876]
    page.get_by_label("Index or cell string").fill(f"  {nb201.format(row)} ")
    page.keyboard.press("Enter")
    assert chosen(page) == 9876
    page.get_by_label("Index or cell string").fill("<b>conv</b>")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("alert")).to_contain_text("Expected an index, 0 to 15624, or a cell such as |avg_pool")
    expect(page.get_by_role("alert")).to_contain_text("<b>conv</b>")
    assert chosen(page) == 9876


def test_the_replica_alone_shows_what_it_has(open_page, tmp_path, replica):
    page = open_page(at=site(tmp_path, explorer.script(replica)))
    assert replica.source in page.inner_text("#ex-sources")
    assert page.locator("#ex-devices, #ex-scores").all_inner_texts() == ["", ""]
    for empty in ("#ex-devices", "#ex-scores"):
        expect(page.locator(empty)).to_be_hidden()
    assert page.locator("#ex-cost option").all_inner_texts() == [
        "parameters",
        "multiply-accumulates (MACs) (million)",
        "training for 12 epochs, estimate (s)",
    ]


def test_without_its_data_the_page_says_what_to_do(browser, tmp_path):
    page = browser.new_page()
    page.goto(site(tmp_path, None))
    expect(page.get_by_role("alert")).to_contain_text("build the book with `make book`")
    page.close()


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_screen(open_page, width):
    page = open_page("#12", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_has_a_name(open_page):
    page = open_page()
    unnamed = page.evaluate(
        """[...document.querySelectorAll('select, input, button, canvas')].filter(one => !(one.labels?.length
            || one.getAttribute('aria-label') || one.textContent.trim())).map(one => one.outerHTML)"""
    )
    assert unnamed == []
    names = [page.get_by_label(f"{source} → {target}", exact=False) for target, source in nb201.EDGES]
    assert all(one.count() == 1 for one in names)
    assert page.locator("#ex-status").get_attribute("aria-live") == "polite"


def test_the_prepared_tables_on_the_page(open_page, tmp_path, data_folder):
    text = explorer.script(tables.nb201(), tables.nb201_hw())
    page = open_page("#1", at=site(tmp_path, text))
    for edge, op in enumerate((3, 3, 3, 1, 3, 2)):
        page.select_option(f'[data-edge="{edge}"]', str(op))
    status = page.inner_text("#ex-status")
    assert "Cell 6111: 94.37 %" in status  # the optimum that the benchmark's authors print
    assert "rank 1 of 15,625" in status
    page.select_option("#ex-accuracy", label="ImageNet16-120, test accuracy, 200 epochs")
    page.click("#ex-best")
    assert "Cell 857: 47.31 %" in page.inner_text("#ex-status")
    assert page.locator("#ex-devices tbody tr").count() == 9


# ---- scores of this project --------------------------------------------------------------------------------


def test_only_current_scores_are_shown(tmp_path, monkeypatch, scores):
    import pandas as pd

    monkeypatch.setattr(files, "results", lambda: tmp_path)
    assert explorer.scores() == explorer.NO_SCORES
    naswot, synflow = scores.values["naswot"], scores.values["synflow"]
    columns = {"index": nb201.classes(), "images.naswot.0": naswot, "images.synflow.0": synflow, "images.synflow.1": 3}
    part = np.where(np.arange(6466) < 1000, 1.0, np.nan)
    frame = pd.DataFrame({**columns, "noise.naswot.0": 0.0, "images.ntk.0": part})
    modules = ["luciole.spaces.nb201"]
    results.write("nb201/scores", frame, function=explorer.script, parameters={}, modules=modules, inputs={}, seconds=1)
    found = explorer.scores()
    assert set(found.values) == {"naswot", "synflow", "depth", "paths"}, "shown: what is known once for each class"
    assert (found.values["naswot"] == naswot).all()
    assert (found.values["synflow"] == synflow).all(), "of the first seed, as every other score"
    record = tmp_path / "nb201/scores.json"
    changed = json.loads(record.read_text())
    changed["code"]["luciole.spaces.nb201"] = "0" * 16
    record.write_text(json.dumps(changed | {"seal": results.seal(changed)}))
    stale = explorer.scores()
    assert stale.values == {}
    assert "not shown, since luciole.spaces.nb201 has changed" in stale.source


def test_a_value_beyond_float32_is_refused():
    with pytest.raises(LucioleError, match="expected demo within the range of float32, got up to 1e"):
        explorer.pack("demo", np.array([1.0, 1e60]), 4, exact=True)
