"""``make env``: which torch it takes and why, tried with a Python that only notes what it was asked to install."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from luciole import files

CHECKOUT = files.PACKAGE.parents[1]
LOCKED = re.search(r"^torch==(.*)$", (CHECKOUT / "requirements.txt").read_text("utf-8"), re.MULTILINE)[1]
PYTHON = """#!/bin/sh
case "$*" in
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip install"*) echo "$*" >> "$NOTES" ;;
  *"import torch"*) echo "torch: as installed" ;;
  *) exec "$REAL" "$@" ;;
esac
"""


@pytest.fixture
def make(tmp_path):
    """``make`` in a folder with a space, with the repository's own files: what it said, and what pip was given."""
    folder = tmp_path / "a study"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "pyproject.toml", "setup.py"):
        shutil.copy(CHECKOUT / name, folder)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    notes = tmp_path / "notes"
    there = tmp_path / "site"

    def run(*arguments: str, torch: str = "", **variables: str) -> tuple[str, list[str]]:
        notes.write_text("")
        shutil.rmtree(there, ignore_errors=True)
        if torch:
            (there / f"torch-{torch}.dist-info").mkdir(parents=True)
            (there / f"torch-{torch}.dist-info" / "METADATA").write_text(f"Name: torch\nVersion: {torch}\n")
        known = {name: value for name, value in os.environ.items() if name not in ("TORCH", "MAKEFLAGS", "MAKELEVEL")}
        asked = {"NOTES": str(notes), "REAL": sys.executable, "PYTHONPATH": str(there)}
        done = subprocess.run(
            ["make", "env", f"PYTHON={python}", *arguments],
            cwd=folder, env=known | asked | variables, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout, notes.read_text().splitlines()

    return run


def _torch(installed: list[str]) -> list[str]:
    return [line.partition("install -q ")[2] for line in installed if "torch" in line]


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("", f"torch=={LOCKED}"),
        ("2.12.1", "torch==2.12.1"),
        ("/some where/torch-2.13.0-cp311-none-any.whl", "/some where/torch-2.13.0-cp311-none-any.whl"),
        ("https://index.example/cpu", f"--upgrade --index-url https://index.example/cpu torch=={LOCKED}"),
    ],
)
def test_torch_is_the_one_that_is_named(make, wanted, given):
    said, installed = make(*([f"TORCH={wanted}"] if wanted else []), torch="1.0")
    assert _torch(installed) == [given]
    assert f"torch: {given} (" in said and "torch: as installed" in said
    assert said.index("to download") < said.index("torch: as installed")


@pytest.mark.parametrize("build", ["", "+cpu"])
def test_a_tested_torch_is_kept(make, build):
    said, installed = make(torch=LOCKED + build)
    assert _torch(installed) == [] and "kept" in said
    assert len(installed) == 2  # the rest of the lock, and the library


def test_a_torch_named_on_the_command_line_replaces_one_that_is_there(make):
    make()
    assert make() == ("make: Nothing to be done for 'env'.\n", [])
    assert _torch(make("TORCH=2.12.1")[1]) == ["torch==2.12.1"]


def test_the_lower_bound_of_torch_counts_as_tested():
    requirements = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    tested = re.search(r"^TESTED := (\S+) ", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE)[1]
    assert f"torch>={tested.removesuffix('.0')}" in requirements
