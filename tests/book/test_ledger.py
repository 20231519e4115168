"""The ledger of a chapter: what it notes, in a process of its own, since an audit hook cannot be taken off."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from luciole.book import ledger
from luciole.costs.energy import DEFAULT_COUNTRY

CHAPTER = """
from luciole.book import ledger
ledger.start()

for name in ["data/a.txt", "cache/b.txt", "mine/c.txt", "elsewhere/d.txt"]:
    open(name).read()
open("data/a.txt", "w").write("later")
open("data/a.txt").read()

import numpy as np, pandas as pd
from luciole import results
said = dict(function=results.read, parameters={}, modules=["luciole.files"], inputs={}, seconds=1)
results.write("table", pd.DataFrame({"x": [1]}), **said)
results.write("arrays", {"x": np.ones(1)}, **said)
results.read("table")
results.read("arrays")
ledger.report()
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study").resolve()
    for name in ("data/a.txt", "cache/b.txt", "mine/c.txt", "elsewhere/d.txt", "data/unread.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture(scope="module")
def report(study) -> dict:
    """What the ledger of the lines above says."""
    places = {"LUCIOLE_HOME": "", "LUCIOLE_CACHE": "cache", "LUCIOLE_DATA": "mine"}
    environment = os.environ | {name: str(study / place) for name, place in places.items()} | {"LUCIOLE_COUNTRY": ""}
    command = [sys.executable, "-c", CHAPTER]
    done = subprocess.run(command, cwd=study, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_files_of_data_are_noted_with_what_they_held_when_they_were_read(report, study):
    noted = {path: digest for path, digest in report["inputs"].items() if path.endswith(".txt")}
    read = ["data/a.txt", "cache/b.txt", "mine/c.txt"]  # and a.txt was overwritten afterwards
    assert noted == {str(study / name): hashlib.sha256(name.encode()).hexdigest() for name in read}


def test_results_are_seen_table_and_arrays_alike(report):
    """Arrow opens files behind Python's back; that results check the hash of what they read makes them visible."""
    names = {Path(path).name for path in report["inputs"]}
    assert {"table.parquet", "table.json", "arrays.npz", "arrays.json"} <= names
    assert not any(name.startswith(".tmp-") for name in names)


def test_modules_are_noted_by_their_source(report):
    names = {Path(path).name for path in report["inputs"]}
    assert {"results.py", "files.py", "ledger.py", "errors.py"} <= names
    assert not {"figures.py", "chapters.py"} & names
    assert not any(name.endswith(".pyc") for name in names)


def test_time_and_energy_are_accounted(report):
    account = report["account"]
    assert account["seconds"] > 0
    assert account["country"] == DEFAULT_COUNTRY
    assert account["mode"]


def test_an_estimate_is_called_one_and_an_unknown_energy_unknown():
    account = {"seconds": 1.0, "joules": 5.0, "grams": 0.1, "country": "FRA", "mode": "a sentence"}
    assert "an estimated **5 J**" in ledger.sentence(account | {"measured": False})
    assert "estimated" not in ledger.sentence(account | {"measured": True})
    assert "not known: a sentence" in ledger.sentence(account | {"joules": None, "measured": False})
    assert "not metered" in ledger.sentence({})
