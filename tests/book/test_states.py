"""The book as others have it: with and without the prepared data, with and without the packages of [nas201-api].

The state in which the tests run is that of test_notebooks.py; in each of the others every chapter runs here on its
tiny parameters, with an empty cache and offline, and what a reader would read is searched for holes.
"""

import importlib.metadata
import json
import os
import sys
from pathlib import Path

import pytest

from luciole import files
from luciole.book import chapters
from luciole.errors import LucioleError

sys.path.insert(0, str(Path(__file__).parent))

import holes

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_notebooks import TINY

HIDING = """import importlib.metadata as metadata
import sys

PACKAGES = {"nas-bench-201", "analog-nasbench"}


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "nas_201_api":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def distribution(name, found=metadata.distribution):
    if name in PACKAGES:
        raise metadata.PackageNotFoundError(name)
    return found(name)


sys.meta_path.insert(0, Absent())
metadata.distribution = distribution
"""
STATES = {  # name: prepared data, packages
    "both": (True, True),
    "data alone": (True, False),
    "packages alone": (False, True),
    "neither": (False, False),
}


def _installed() -> bool:
    try:
        importlib.metadata.distribution("analog-nasbench")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


FROM_TABLE = [name for name in chapters.names() if name[:2] in ("01", "02", "03", "04", "05", "06")]
ZEROS = "data alone"  # the state in which whole numbers that may be 0 are 0
HERE = (files.data_folder() is not None, _installed())
OTHERS = [name for name, state in STATES.items() if state != HERE and not (state[0] and not HERE[0])]

pytestmark = [
    pytest.mark.check,
    pytest.mark.skipif(not HERE[1], reason="needs the packages of [nas201-api], to be without them in turn"),
]


@pytest.fixture(scope="module")
def caches(tmp_path_factory) -> dict[str, Path]:
    return {name: tmp_path_factory.mktemp("cache") for name in OTHERS}


@pytest.mark.parametrize("state", OTHERS)
@pytest.mark.parametrize("name", chapters.names())
def test_a_chapter_has_no_hole_in_any_state(name, state, caches, tmp_path, monkeypatch):
    data, packages = STATES[state]
    for variable in (*chapters.ENVIRONMENT, "LUCIOLE_DATA"):  # `run` sets them in this process
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    monkeypatch.setenv("LUCIOLE_CACHE", str(caches[state]))
    if not data:
        monkeypatch.setenv("LUCIOLE_DATA", "")
    if not packages:
        (tmp_path / "sitecustomize.py").write_text(HIDING)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH")))))
    script, output = files.root() / "notebooks" / f"{name}.py", tmp_path / f"{name}.ipynb"
    if state == "neither" and name in FROM_TABLE:
        with pytest.raises(LucioleError, match=r"stopped: .*pip install 'luciole\[nas201-api\]'") as stopped:
            chapters.run(script, output, TINY[name])
        assert "\n" not in str(stopped.value)
        return
    zeros = {parameter: 0 for parameter, least in chapters.least(script).items() if least == 0}
    chapters.run(script, output, TINY[name] | (zeros if state == ZEROS else {}))
    assert list(holes.found(json.loads(output.read_text("utf-8")))) == []
