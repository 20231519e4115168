"""The page of costs: sums, and estimates that are called so."""

import json

import numpy as np
import pytest

from luciole import results
from luciole.book import computed
from luciole.costs.energy import carbon_intensity

MACHINE = {"processor": "A processor", "cores": 2, "memory_gib": 8.0, "system": "Linux"}
MEASURED = {"seconds": 10.0, "joules": 1000.0, "grams": 0.5, "country": "FRA", "measured": True, "mode": "RAPL"}
ESTIMATE = {"seconds": 2.5, "joules": 234.0, "grams": 0.25, "country": "FRA", "measured": False, "mode": "power model"}
PUBLISHED = """key,figure,unit,protocol,source,seen
strubell2019energy/nas,1000,lb CO2e,p,Strubell,second-hand
strubell2019energy/car,100,lb CO2e,p,Strubell,second-hand
strubell2019energy/flight,10,lb CO2e,p,Strubell,second-hand
zoph2018nasnet/search_days,2000,GPU-days,p,Sun,a later table
mokhtari2024oad/search_seconds,2880,s,p,Mokhtari,read in the paper
"""
UNKNOWN = {"seconds": 1.0, "joules": None, "grams": None, "country": "FRA", "measured": False, "mode": "no reading"}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Write executed notebooks with given accounts and give the page's lines."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "published.csv").write_text(PUBLISHED)

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


def test_the_first_words_are_the_totals_and_the_bars_are_drawn(page, tmp_path):
    lines = page(MEASURED | {"seconds": 90.0, "joules": 3.6e6}, ESTIMATE | {"seconds": 30.0, "joules": 3.6e6})
    assert lines[0].startswith("**One build of the chapters** takes 2 minutes and 2.000 kWh.")
    assert any(line.startswith(":alt: Bars") and "Title 1 90; Title 2 30" in line for line in lines)
    computed.draw(tmp_path)
    assert (tmp_path / "computed.png").read_bytes().startswith(b"\x89PNG")


def test_long_tables_are_folded_and_the_sums_are_not(page):
    text = "\n".join(page(MEASURED, ESTIMATE))
    assert text.count("<details") == text.count("</details>") == 4
    folded = "".join(part.partition("</details>")[0] for part in text.split("<details")[1:])
    assert "| **all** | 0.00 |" in text and "| **all** | 0.00 |" not in folded
    assert "[Title 2](chapters/02_x.ipynb)" in folded


def test_unknown_energy_is_not_nothing(page):
    lines = page(MEASURED, UNKNOWN)
    assert "| [Title 2](chapters/02_x.ipynb) | 1.0 | unknown | unknown | unknown |" in lines
    assert "| **all** | 11.0 | unknown | unknown | unknown |" in lines


def test_results_are_listed_and_a_stale_one_is_called_so(page, tmp_path, monkeypatch):
    said = {"function": results.read, "parameters": {}, "modules": ["luciole.files"], "inputs": {}, "seconds": 7200}
    results.write("kept", {"x": np.ones(1)}, **said, joules=1500.0, energy="estimate: a model")
    results.write("old", {"x": np.ones(1)}, **said)
    record = tmp_path / "data" / "results" / "old.json"
    said = json.loads(record.read_text())
    said["code"]["luciole.files"] = "0" * 16
    record.write_text(json.dumps(said | {"seal": results.seal(said)}))
    (tmp_path / "data" / "results" / "benchmarks.json").write_text("{}")
    lines = page(MEASURED)
    (kept,) = [line for line in lines if line.startswith("| `kept`")]
    (old,) = [line for line in lines if line.startswith("| `old`")]
    assert "| 7,200 | 1,500 (estimate: a model) |" in kept and kept.endswith("| current |")
    assert "not measured" in old and "stale: luciole.files has changed" in old
    assert not any("benchmarks" in line for line in lines)


def test_the_bill_adds_computations_and_chapters_and_bounds_the_estimate(page, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_COUNTRY", "POL")
    grid = carbon_intensity("POL")
    said = {"function": results.read, "parameters": {}, "modules": ["luciole.files"], "inputs": {}, "seconds": 7200}
    results.write("kept", {"x": np.ones(1)}, **said, joules=3.6e6, energy="estimate: a model")
    lines = page(ESTIMATE | {"seconds": 3600.0, "joules": 1.8e6})
    assert f"| `luciole.results.read` | 2.00 | ≈ 1.0000 | ≈ {grid:.3g} | estimate |" in lines
    assert f"| **all** | 3.00 | ≈ 1.5000 | ≈ {1.5 * grid:.3g} | estimate |" in lines
    (bounds,) = [line for line in lines if line.startswith("If the estimate is off")]
    assert "up to 40 %" in bounds and f"between {1.5 / 1.4:.3f} and {1.5 / 0.6:.3f} kWh" in bounds
    famous = [line for line in lines if line.endswith(("second-hand |", "computed |", "later table |", "paper |"))]
    amounts = [float(line.split("|")[2].replace("≈", "").replace(",", "")) for line in famous]
    assert len(famous) == 6 and amounts == sorted(amounts, reverse=True)
    assert any(line.startswith("| a car, whole life | 45.4 | published | Strubell |") for line in famous)
    (own,) = [line for line in famous if "this study" in line]
    assert f"≈ {1.5 * grid / 1000:,.3g} |" in own
    assert all("≈" in line for line in famous if "estimate" in line)


def test_a_bill_that_is_not_known_is_not_compared(page):
    lines = page(UNKNOWN)
    assert "| **all** | 0.00 | unknown | unknown | unknown |" in lines
    assert not any("off by up to" in line or "this study" in line for line in lines)
