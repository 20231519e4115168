"""The library as others get it: a wheel, installed where there is no checkout, with no more than was asked for."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from luciole import files

pytestmark = pytest.mark.check

CHECKOUT = files.PACKAGE.parents[1]
TORCH = next(line for line in (CHECKOUT / "requirements.txt").read_text("utf-8").splitlines() if line[:7] == "torch==")
BUILT_FROM = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "lib", "data")
PAGE = (CHECKOUT / "book" / "use_the_library.md").read_text("utf-8")
PROGRAM = "".join(re.findall(r"^```\{code-cell\}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
EXTRAS = {  # each with two lines that use what it brings
    "search": """
import numpy as np
from luciole.efficiency import hypervolume
from luciole.search import SEARCHERS, NEEDS, Budget, Objective
from luciole.spaces import nb201
for name in set(SEARCHERS) - set(NEEDS):
    objective = Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1))
    assert len(SEARCHERS[name](nb201, objective, Budget(evaluations=12), np.random.default_rng(0))) >= 12, name
assert hypervolume([0.9, 0.5], [10.0, 1.0], costs=(1.0, 100.0), floor=0.0) > 0
""",
    "sensors": """
from luciole import datasets
from luciole.sensors import search, streaming, study, training
data = datasets.load("seglearn")
assert study.Study(data, limit=20_000).parts()["people"].sum() == 10
""",
    "devices": """
import onnx, onnxruntime
from luciole.sensors import deploy
""",
    "energy": """
from luciole.costs.energy import Meter
with Meter(country="FRA") as meter: sum(range(1_000_000))
assert meter.seconds > 0 and meter.mode
""",
    "nas201-api": """
from luciole import tables
api = tables.as_api(tables.nb201_replica())
assert api.query_index_by_arch(api[1]) == 1
""",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of the checkout, so that nothing is left there and nothing old gets in."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(
                CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("cache", "__pycache__", "*.egg-info")
            )
        else:
            shutil.copy(CHECKOUT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(output), "."]
    subprocess.run(build, cwd=source, check=True)
    return next(output.glob("*.whl"))


@pytest.fixture(scope="module")
def core(wheel, tmp_path_factory) -> Path:
    """A fresh environment with the wheel and what its core asks for; its Python."""
    folder = tmp_path_factory.mktemp("core")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    for wanted in (TORCH, str(wheel)):
        subprocess.run([python, "-m", "pip", "install", "-q", wanted], check=True)
    return python


@pytest.fixture
def run(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program somewhere else, as a user whose home is empty."""
    home, here = tmp_path / "home", tmp_path / "somewhere else"
    home.mkdir()
    here.mkdir()
    kept = {"PATH": os.environ["PATH"], "HOME": str(home), "OMP_NUM_THREADS": "1", "LUCIOLE_OFFLINE": "1"}

    def program(python: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", code], cwd=here, env=kept | variables, capture_output=True, text=True, check=False
        )

    yield program
    assert list(here.iterdir()) == [], "something was written where somebody happened to stand"


def test_the_wheel_carries_the_table_and_the_published_figures_and_nothing_strange(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith("luciole-")}
    modules = {path.relative_to(CHECKOUT / "lib").as_posix() for path in files.PACKAGE.rglob("*.py")}
    carried = {name for name in names if not name.endswith(".py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert "luciole/data/published.csv" in carried and "luciole/py.typed" in carried
    assert any(name.endswith(".npz") for name in carried)
    assert wheel.stat().st_size < 2_000_000


def _percent(line: str) -> float:
    return float(re.search(r"([\d.]+) %", line)[1])


def test_the_program_of_the_book_runs_on_the_core_alone(core, run):
    done = run(core, PROGRAM)
    assert done.returncode == 0, done.stderr
    best, cell, *scores, trained, found = done.stdout.splitlines()
    *scores, smooth = scores
    assert cell.count("~") == 6 and "Gelu" in smooth
    assert len(scores) == 8 and all(math.isfinite(float(line.split()[-1])) for line in scores)
    assert trained.endswith(" in 100 s")
    assert _percent(best) >= _percent(found) > 40
    assert run(core, PROGRAM).stdout == done.stdout  # the same digits


def test_what_is_cached_and_written_is_the_users(core, run):
    code = "from luciole import files, published; print(files.cache(), files.root(), len(published.read()), sep='\\n')"
    cache, root, published = run(core, code).stdout.splitlines()
    assert cache.endswith("/home/.cache/luciole") and root.endswith("/home/.local/share/luciole")
    assert int(published) > 50
    assert run(core, code, LUCIOLE_CACHE="/elsewhere").stdout.splitlines()[0] == "/elsewhere"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from luciole.sensors import study", "sensors"),
        ("from luciole import tables; tables.as_api", "nas201-api"),
        ("from luciole.efficiency import hypervolume; hypervolume([.9], [1.], costs=(1., 2.), floor=0.)", "search"),
        ("from luciole.costs.energy import Meter; Meter('FRA')", "energy"),
        ("from luciole.book import figures", "book"),
    ],
)
def test_what_needs_an_extra_says_which(core, run, code, name):
    done = run(core, code)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"pip install 'luciole[{name}]'")


@pytest.mark.parametrize("command", ["book", "chapter 1"])
def test_the_chapters_are_refused_in_one_line(core, run, command):
    done = run(core, f"import sys; sys.argv[1:] = {command.split()}; from luciole.cli import main; main()")
    assert done.returncode == 1
    assert done.stderr.startswith("luciole: ") and "checkout" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", EXTRAS)
def test_a_room_runs_with_its_own_extra_alone(core, run, wheel, tmp_path, name):
    venv.create(tmp_path / "one", with_pip=False)
    site = next((tmp_path / "one").glob("lib/*/site-packages"))
    below = subprocess.run(
        [core, "-c", "import json, site; print(json.dumps(site.getsitepackages()))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (site / "core.pth").write_text("\n".join(json.loads(below.stdout)))
    python = tmp_path / "one" / "bin" / "python"
    install = [core, "-m", "pip", "--python", python, "install", "-q", f"luciole[{name}] @ {wheel.as_uri()}"]
    subprocess.run(install, check=True)
    done = run(python, EXTRAS[name])
    assert done.returncode == 0, done.stderr
