"""The front page and its French sister: every number that they write is made by the build, in both languages."""

import json
import re

import pytest

from luciole import files
from luciole.book import front as pages
from luciole.report import front

PAGES = ("intro", "resume")
NAME = re.compile(r"\{\{ (\w+) \}\}")


@pytest.fixture(scope="module")
def numbers():
    return front.numbers()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chapters")
    cells = [
        {"cell_type": "markdown", "source": ["word " * 360]},
        {"cell_type": "code", "source": "", "outputs": [{"data": {"image/png": ""}}, {"text": "x"}]},
    ]
    (folder / "03_x.ipynb").write_text(json.dumps({"cells": cells}))
    pages.write(folder)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_every_number_of_a_page_is_made(page, written):
    text = (files.root() / "book" / f"{page}.md").read_text("utf-8")
    made = json.loads((written / "front.json").read_text("utf-8"))
    wanted = {name for name in NAME.findall(text) if not re.fullmatch(r"minutes_\d\d", name)}
    assert wanted and wanted <= set(made)


def test_the_french_page_writes_french_numbers(numbers):
    text = (files.root() / "book" / "resume.md").read_text("utf-8")
    assert all(name.endswith("_fr") for name in NAME.findall(text))
    assert numbers["har_macs_fr"] == numbers["har_macs"].replace(",", "\u202f")
    assert not re.search(r"\d\.\d", "".join(value for name, value in numbers.items() if name.endswith("_fr")))


@pytest.mark.parametrize("page", PAGES)
def test_no_figure_is_typed(page):
    """Apart from what names things (CIFAR-10, 12 epochs, 2017, 3x3), the prose has no digits of its own."""
    text = (files.root() / "book" / f"{page}.md").read_text("utf-8")
    text = re.sub(r"\{\{.*?\}\}|\{doc\}`[^`]*`|\{cite:p\}`[^`]*`|\{ref\}`[^`]*`|chapters/\S+", "", text)
    digits = re.findall(r"(?<![\w-])\d[\d.,]*", text)
    assert set(digits) <= {"12", "2017,", "3"}


def test_chapters_and_pages_take_time_to_read(written):
    made = json.loads((written / "front.json").read_text("utf-8"))
    assert made["minutes_03"] == "3"  # 360 words at 180 a minute, and half a minute for the figure
    assert int(made["minutes_glossary"]) >= 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_figure_says_what_its_lines_end_at(language, written, numbers):
    text = (written / f"front_{language}.txt").read_text("utf-8")
    assert text.startswith(f"```{{figure}} chapters/front_{language}.png\n:alt: ")
    optimum = numbers["optimum" if language == "en" else "optimum_fr"]
    assert optimum in text.splitlines()[1]
    assert (written / f"front_{language}.png").read_bytes().startswith(b"\x89PNG")


def test_what_the_page_says_is_so(numbers):
    at = {name: float(value.replace(",", "")) for name, value in numbers.items() if not name.endswith("_fr")}
    assert at["tau"] > at["tau_training"]  # scores order better than 12 epochs
    assert at["guided"] > at["plain_best"] > at["random"]  # the score matters
    assert at["fa"] > at["ifa"] and at["fa_printed"] < at["ifa_printed"]  # the order is the other way round
    assert at["har"] < at["har_hand"] and at["har_fewer"] > 10
    assert at["har_drawn"] >= at["har_searched"]  # the search is not all of it
    lines = front.lines()
    assert {line.kind for line in lines} == set(range(4)) and any(line.published for line in lines)
    assert all(line.accuracy.max() <= at["optimum"] + 0.005 for line in lines)
