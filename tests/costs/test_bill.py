"""The bill of the study, from records that the test wrote."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luciole import published
from luciole.costs.bill import ERROR, bounds, famous, spent
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


RUNS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 1_000), st.none() | st.integers(0, 10_000)), min_size=1, max_size=12
)


@given(RUNS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_costs_add_up_exactly(tmp_path: Path, runs: list[tuple[int, int, int | None]]) -> None:
    """Every function once, with the longest of its records; what was not read, at the mean power of what was."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        folder = Path(name)
        for number, (function, seconds, joules) in enumerate(runs):
            (folder / f"study{number % 2}").mkdir(exist_ok=True)
            record(
                folder / f"study{number % 2}", f"r{number:02}", f"luciole.experiments.{function}.run", seconds, joules
            )
        bill = spent(folder)
    longest: dict[str, tuple[int, int | None]] = {}
    for study in (0, 1):  # in the order of their paths
        for number, (function, seconds, joules) in enumerate(runs):
            if number % 2 == study and seconds > longest.get(str(function), (0, None))[0]:
                longest[str(function)] = (seconds, joules)
    read = [one for one in longest.values() if one[1] is not None]
    watts = sum(joules for _, joules in read) / sum(seconds for seconds, _ in read) if read else np.nan
    assert list(bill.index) == list(longest)
    assert list(bill.columns) == ["seconds", "joules", "energy", "known"]
    for function, (seconds, joules) in longest.items():
        row = bill.loc[function]
        expected = watts * seconds if joules is None else joules
        assert row["seconds"] == seconds and bool(row["known"]) is (joules is not None)
        assert row["joules"] == pytest.approx(expected, nan_ok=True)
        assert row["energy"] == ("estimate" if joules else "not measured")
    assert bill["seconds"].sum() == sum(seconds for seconds, _ in longest.values())
    if read:
        assert bill["joules"].sum() == pytest.approx(watts * bill["seconds"].sum())


def test_only_records_of_results_are_added_up(tmp_path: Path) -> None:
    (tmp_path / "seconds.json").write_text(json.dumps({"seconds": 5, "joules": 1, "energy": "x"}))
    (tmp_path / "function.json").write_text(json.dumps({"function": "f", "joules": 1, "energy": "x"}))
    record(tmp_path, "other", "elsewhere.luciole.experiments.run.main", 2.0, 3.0)
    record(tmp_path, "part", "luciole.experiments.har.models.run", 2.0, 3.0)
    record(tmp_path, "runner", "luciole.experiments.har.runner", 2.0, 3.0)
    assert sorted(spent(tmp_path).index) == ["elsewhere.luciole.experiments.run.main", "har.models", "har.runner"]


def test_the_committed_results_are_the_bill_of_the_study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert len(spent()) > 10
    monkeypatch.setattr("luciole.files.results", lambda: tmp_path)
    assert spent().empty


@pytest.mark.parametrize("error", [0.0, 0.25, 0.4])
def test_every_truth_between_the_bounds_is_allowed_and_none_beyond(error: float) -> None:
    low, high = bounds(100.0, error)
    for truth in np.linspace(50, 200, 301):
        off = abs(100 - truth) / truth
        assert (low - 1e-9 <= truth <= high + 1e-9) == (off <= error + 1e-9)
    assert bounds(100.0) == bounds(100.0, 0.4) == bounds(100.0, ERROR)


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
    hours = published.figure("mokhtari2024oad/search_seconds") / 3600
    search = f"{round(60 * hours)}-minute search"
    assert table.loc[search, "kg"] == pytest.approx(1.58 * hours * 0.05 * carbon_intensity("FRA") / 1000)
    keys = {
        "NAS of a Transformer": "strubell2019energy/nas",
        "a car, whole life": "strubell2019energy/car",
        "New York to San Francisco and back": "strubell2019energy/flight",
        "NASNet's search": "zoph2018nasnet/search_days",
        search: "mokhtari2024oad/search_seconds",
    }
    figures = published.read().set_index("key")
    assert set(table.index) == set(keys) and list(table.columns) == ["kg", "known", "source", "seen"]
    for what, key in keys.items():
        assert table.loc[what, ["source", "seen"]].tolist() == figures.loc[key, ["source", "seen"]].tolist()
        if key.startswith("strubell"):
            assert table.loc[what, "known"] == "published"
            assert table.loc[what, "kg"] == pytest.approx(0.45359237 * published.figure(key))
    assert table.loc["NASNet's search", "known"] == "estimate from a published time, 100 W a GPU assumed"
    assert table.loc[search, "known"] == "estimate from a published time, 50 W assumed"
    assert famous().equals(famous(gpu_watts=250.0, cpu_watts=65.0))
    ours = table[table["known"] != "published"]
    assert len(ours) == 2 and ours["known"].str.contains("estimate").all() and ours["known"].str.contains("W").all()
    assert table["kg"].is_monotonic_decreasing and (table["seen"] != "").all()
