"""Every chapter: equal to its notebook, without outputs, and running from end to end on tiny parameters."""

import json
import os
import sys
from pathlib import Path

import jupytext
import numpy as np
import pytest

from luciole import files
from luciole.book import chapters
from luciole.errors import LucioleError

sys.path.insert(0, str(Path(__file__).parent / "book"))

import holes

TINY = {  # parameters that make a chapter cheap: a few seconds each
    "01_state_of_the_art": {"live_runs": 2, "rederived": 1, "budget": 2000},
    "02_efficiency": {
        "k": 2,
        "rederived": 1,
        "timed_cells": 2,
        "repeats": 2,
        "busy_seconds": 0.5,
        "search_seconds": 1,
    },
    "03_ifa_reproduction": {
        "scored": 6,
        "live_evaluations": 40,
        "rederived": 3,
        "resamples": 5,
    },
    "04_scores": {"rederived": 1, "shown_scores": 1},
    "05_better_firefly": {
        "live_runs": 2,
        "live_scored": 30,
        "rederived": 1,
        "regraphed": 0,
        "front_runs": 1,
        "graph_runs": 1,
        "graph_trainings": 25,
        "retrained": 0,
    },
    "06_har201": {
        "live_cells": 1,
        "live_scored": 1,
        "tried": ["random"],
        "queries": 10,
        "runs": 2,
        "resamples": 20,
    },
    "07_contest": {
        "limit": 20_000,
        "scored": 8,
        "kept": 1,
        "short_epochs": 1,
        "epochs": 1,
        "seeds": 1,
        "rivals": ["MLP"],
        "timed": 3,
    },
    "08_skeletons": {"live_skeletons": 1},
    "09_streams": {"epochs": 1},
    "10_differentiable_search": {"epochs": 1, "seeds": 1},
    "11_growing_and_pruning": {"epochs": 2, "rederived": 0},
    "12_your_data": {"minutes": 0.02, "macs": 20_400, "window": 5.12, "overlap": 0.01, "scored": 4, "steps": 2},
    "13_devices": {"rederived": 1},
    "14_comparison": {"rederived": 1},
}
QUICK = ("03_ifa_reproduction", "08_skeletons")  # run by `make test`, the others by `make check`
NAMES = chapters.names()


def _script(name: str) -> Path:
    return files.root() / "notebooks" / f"{name}.py"


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_is_its_script(name):
    script, notebook = _script(name), _script(name).with_suffix(".ipynb")
    assert notebook.exists(), "run `make pair`"
    written, kept = (
        [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in jupytext.read(path).cells]
        for path in (script, notebook)
    )
    assert written == kept, f"{name}: the notebook is not its script, run `make pair`"
    raw = json.loads(notebook.read_text("utf-8"))
    assert raw["metadata"]["kernelspec"]["name"] == "python3"
    for cell in raw["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None, f"{name}: committed with outputs"


@pytest.mark.parametrize("name", NAMES)
def test_no_prose_is_swallowed_by_the_line_that_opens_its_cell(name):
    """Words after ``# %% [markdown]`` are a cell's title to jupytext, and stand on no page."""
    for line in _script(name).read_text("utf-8").splitlines():
        assert not line.startswith("# %% [markdown] "), f"{name}: {line}"


@pytest.mark.parametrize("name", NAMES)
def test_the_parameters_cell_says_what_each_one_does(name):
    known = chapters.defaults(_script(name))
    assert known, f"{name} has no cell tagged parameters"
    cell = next(c for c in chapters.read(_script(name)).cells if "parameters" in c.metadata.get("tags", []))
    for line in filter(str.strip, cell.source.splitlines()):
        assert "#" in line, f"{name}: say in a comment what this parameter does: {line}"


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_number_that_would_leave_nothing_to_show_is_refused(name, tmp_path, monkeypatch):
    """The least values are tried: the tiny run takes them, and test_states.py 0 where it may be 0."""
    least, defaults = chapters.least(_script(name)), chapters.defaults(_script(name))
    monkeypatch.setattr(chapters, "least", lambda script: least)  # reading a chapter takes a while
    for parameter, lowest in least.items():
        tiny = TINY[name].get(parameter, defaults[parameter])
        assert lowest in (0, tiny), f"{name}: {parameter} is tried with {tiny}, and its comment says at least {lowest}"
        with pytest.raises(LucioleError, match=f"^parameter {parameter} of chapter {name} should be at least {lowest}"):
            chapters.run(_script(name), tmp_path / "never.ipynb", {parameter: lowest - 1})


@pytest.mark.parametrize("name", NAMES)
def test_the_chapter_follows_the_template(name):
    text = "\n".join(cell.source for cell in chapters.read(_script(name)).cells)
    order = ["# ", "## Overview", "## Prerequisites", "## Summary", "## What is next", "## References"]
    places = [text.find(heading) for heading in order]
    assert -1 not in places and places == sorted(places), f"{name}: headings {order} are missing or out of order"
    assert text.rstrip().endswith("ledger.show()"), f"{name} should end on its cost, ledger.show()"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.check) for name in NAMES]
)
def test_the_chapter_runs_on_tiny_parameters(name, tmp_path, monkeypatch):
    assert name in TINY, f"add cheap parameters for {name} to TINY"
    unknown = set(TINY[name]) - set(chapters.defaults(_script(name)))
    assert not unknown, f"{name} has no parameter {unknown}"
    for variable in chapters.ENVIRONMENT:  # `run` sets them in this process; they go back after the test
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    output = tmp_path / f"{name}.ipynb"
    chapters.run(_script(name), output, TINY[name])
    done = json.loads(output.read_text("utf-8"))
    assert done["metadata"]["luciole"]["account"]["seconds"] > 0
    for cell in done["cells"]:
        for out in cell.get("outputs", []):
            assert out.get("name") != "stderr", f"{name} writes to stderr, which fails the book: {out['text']}"
    assert list(holes.found(done)) == []


@pytest.mark.check  # half a minute
def test_the_sensor_chapter_runs_on_a_data_set_of_your_own(tmp_path, monkeypatch):
    """Windows of four people in an .npz, as a reader would bring them: figures, and the exported model at the end."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=160)
    phase = rng.uniform(0, 6, size=(160, 4, 1))
    X = np.sin((0.2 + 0.3 * y)[:, None, None] * np.arange(40) + phase) + 0.1 * rng.normal(size=(160, 4, 40))
    mine = tmp_path / "mine.npz"
    np.savez(mine, X=X, y=np.array(["rest", "walk", "run"])[y], subject=np.arange(160) // 40, hz=20.0)
    for variable in chapters.ENVIRONMENT:
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    script, output = _script("07_contest"), tmp_path / "mine.ipynb"
    parameters = TINY["07_contest"] | chapters.parse(f"dataset={mine}", chapters.defaults(script))
    chapters.run(script, output, parameters)
    text = output.read_text("utf-8")
    assert "mine: 160 windows of 4 x 40 at 20 Hz, 3 classes, 4 subjects" in text
    assert text.count("image/png") >= 5
    models = tmp_path / "cache" / "models"
    assert (models / "mine-found.onnx").stat().st_size > 1000
    small = models / "mine-found.int8.onnx"
    assert ("of use here" in text) != ("of no use here" in text)
    assert small.exists() == ("of use here" in text) and (not small.exists() or small.stat().st_size > 1000)
