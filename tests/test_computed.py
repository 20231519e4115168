"""The page of costs: sums, and estimates that are called so."""

import json

import numpy as np
import pytest

from luciole import computed, results

MACHINE = {"processor": "A processor", "cores": 2, "memory_gib": 8.0, "system": "Linux"}
MEASURED = {"seconds": 10.0, "joules": 1000.0, "grams": 0.5, "country": "FRA", "measured": True, "mode": "RAPL"}
ESTIMATE = {"seconds": 2.5, "joules": 234.0, "grams": 0.25, "country": "FRA", "measured": False, "mode": "power model"}
UNKNOWN = {"seconds": 1.0, "joules": None, "grams": None, "country": "FRA", "measured": False, "mode": "no reading"}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Write executed notebooks with given accounts and give the page's lines."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "notebooks").mkdir()

    def write(*accounts: dict) -> list[str]:
        for number, account in enumerate(accounts, start=1):
            (tmp_path / "notebooks" / f"0{number}_x.py").touch()
            cells = [{"source": [f"# Title {number}\n", "text"]}]
            record = {"metadata": {"luciole": {"account": account, "machine": MACHINE}}, "cells": cells}
            (tmp_path / f"0{number}_x.ipynb").write_text(json.dumps(record))
        return computed.page(tmp_path).splitlines()

    return write


def test_a_row_a_chapter_and_their_sum(page):
    lines = page(MEASURED, MEASURED | {"seconds": 2.5, "joules": 234.0, "grams": 0.25})
    assert "| [Title 1](chapters/01_x.ipynb) | 10.0 | 1,000 | 0.5 | measured |" in lines
    assert "| **all** | 12.5 | 1,234 | 0.75 | measured |" in lines
    assert "* A processor, 2 cores, 8.0 GiB, Linux" in lines


def test_a_sum_with_an_estimate_is_an_estimate(page):
    lines = page(MEASURED, ESTIMATE)
    assert "| [Title 2](chapters/02_x.ipynb) | 2.5 | ≈ 234 | ≈ 0.25 | estimate |" in lines
    assert "| **all** | 12.5 | ≈ 1,234 | ≈ 0.75 | estimate |" in lines
    assert {"* RAPL", "* power model"} <= set(lines)


def test_unknown_energy_is_not_nothing(page):
    lines = page(MEASURED, UNKNOWN)
    assert "| [Title 2](chapters/02_x.ipynb) | 1.0 | unknown | unknown | unknown |" in lines
    assert "| **all** | 11.0 | unknown | unknown | unknown |" in lines


def test_results_are_listed_and_a_stale_one_is_called_so(page, tmp_path, monkeypatch):
    said = {"function": results.read, "parameters": {}, "modules": ["luciole.files"], "inputs": {}, "seconds": 7200}
    results.write("kept", {"x": np.ones(1)}, **said, joules=1500.0, energy="estimate: a model")
    results.write("old", {"x": np.ones(1)}, **said)
    record = tmp_path / "data" / "results" / "old.json"
    record.write_text(record.read_text().replace(results.fingerprint("luciole.files"), "0" * 16))
    (tmp_path / "data" / "results" / "benchmarks.json").write_text("{}")
    lines = page(MEASURED)
    (kept,) = [line for line in lines if line.startswith("| `kept`")]
    (old,) = [line for line in lines if line.startswith("| `old`")]
    assert "| 7,200 | 1,500 (estimate: a model) |" in kept and kept.endswith("| current |")
    assert "not measured" in old and "stale: luciole.files has changed" in old
    assert not any("benchmarks" in line for line in lines)
