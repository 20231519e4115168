"""The bill of the study, from records that the test wrote."""

import json
from pathlib import Path

import numpy as np
import pytest

from luciole import published
from luciole.costs.bill import bounds, famous, spent
from luciole.costs.energy import carbon_intensity


def record(folder: Path, name: str, function: str, seconds: float, joules: float | None) -> None:
    text = {
        "function": function,
        "seconds": seconds,
        "joules": joules,
        "energy": "estimate" if joules else "not measured",
    }
    (folder / f"{name}.json").write_text(json.dumps(text))


def test_a_run_counts_once_and_an_unread_one_is_charged_the_mean_power(tmp_path: Path) -> None:
    record(tmp_path, "a1", "luciole.experiments.a.run", 100.0, 2000.0)
    record(tmp_path, "a2", "luciole.experiments.a.run", 101.0, 2020.0)
    record(tmp_path, "b", "luciole.experiments.b.run", 50.0, None)
    (tmp_path / "notes.json").write_text("{}")
    bill = spent(tmp_path)
    assert list(bill.index) == ["a", "b"]
    assert bill["seconds"].sum() == 151
    assert bill.loc["b", "joules"] == pytest.approx(50 * 20)
    assert list(bill["known"]) == [True, False]


def test_without_any_reading_the_joules_stay_unknown(tmp_path: Path) -> None:
    record(tmp_path, "b", "luciole.experiments.b.run", 50.0, None)
    assert np.isnan(spent(tmp_path).loc["b", "joules"])
    assert spent(tmp_path / "nowhere").empty


def test_the_bounds_are_the_truths_that_the_estimate_allows() -> None:
    low, high = bounds(100.0, 0.4)
    assert low * 1.4 == pytest.approx(100) and high * 0.6 == pytest.approx(100)


def test_the_famous_figures_are_the_published_ones_and_the_rest_is_called_ours() -> None:
    table = famous(gpu_watts=100.0, cpu_watts=50.0)
    assert table.loc["a car, whole life", "kg"] == pytest.approx(
        0.45359237 * published.figure("strubell2019energy/car")
    )
    days = published.figure("zoph2018nasnet/search_days")
    assert table.loc["NASNet's search", "kg"] == pytest.approx(1.58 * 24 * days * 0.1 * carbon_intensity("USA") / 1000)
    ours = table[table["known"] != "published"]
    assert len(ours) == 2 and ours["known"].str.contains("estimate").all() and ours["known"].str.contains("W").all()
    assert table["kg"].is_monotonic_decreasing and (table["seen"] != "").all()
