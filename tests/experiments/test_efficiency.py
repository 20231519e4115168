"""The experiments of chapter 2: small runs of them, and their committed results against slow or independent figures."""

import os
import types

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from luciole import attestation, results, tables
from luciole.efficiency import bcr, exchange_range, merit
from luciole.errors import LucioleError
from luciole.experiments.efficiency import latency as efficiency_latency
from luciole.experiments.efficiency import tables as efficiency_tables
from luciole.networks import NB201_C10, counts
from luciole.spaces import nb201


def test_whole_cells_are_those_of_the_benchmark_suite() -> None:
    assert efficiency_tables.whole().sum() == 9445


def test_timed_cells_have_what_the_errors_need() -> None:
    frame = efficiency_latency.timed(4, 1, 2, seed=0)
    assert (frame["measured"] > 0).all() and (frame["predicted"] > 0).all() and (frame["memory"] > 0).all()
    assert (frame["low"] <= frame["measured"]).all() and (frame["measured"] <= frame["high"]).all()
    assert sorted(frame["half"]) == ["calibration", "calibration", "held out", "held out"]
    cells = nb201.all_cells()[frame["index"]]
    assert (frame["macs"] == counts.macs(cells, NB201_C10, 32)).all()


def test_errors_are_of_the_held_out_half_only() -> None:
    macs = np.arange(1.0, 9.0)
    frame = pd.DataFrame({"half": ["calibration", "held out"] * 4, "macs": macs, "measured": 2 * macs + 1})
    frame["predicted"] = frame["measured"] / np.where(frame["half"] == "calibration", 4.0, 5.0)
    found = efficiency_latency.errors(frame)
    assert found.loc["operator table", "error"] == pytest.approx(0.8)
    assert found.loc["operator table, one factor", "error"] == pytest.approx(1 - 4 / 5)
    assert found.loc["line on MACs", "error"] == pytest.approx(0, abs=1e-9)
    assert (found["tau"] == 1).all()
    with pytest.raises(LucioleError, match="at least four"):
        efficiency_latency.errors(frame.head(3))


def test_a_cluster_is_refused_and_workers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LucioleError, match="no scheduler"):
        efficiency_latency.run(scheduler="tcp://somewhere:8786")
    calls, written = [], []
    frame = pd.DataFrame({"measured": [1.0]})
    monkeypatch.setattr(efficiency_latency, "timed", lambda *given: calls.append((os.getpid(), *given)) or frame)
    monkeypatch.setattr(results, "write", lambda name, data, **said: written.append((name, len(data), said)))
    efficiency_latency.run(workers=2)
    assert calls == [(os.getpid(), efficiency_latency.CELLS, batch, efficiency_latency.REPEATS, 0) for batch in (1, 8)]
    ((name, rows, said),) = written
    assert (name, rows) == ("efficiency/latency", 2) and said["parameters"]["load of other programs"] >= 0


def test_the_results_of_one_computation_have_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"x": [1.0]})
    said: list[dict] = []
    clock = iter(range(1000))
    monkeypatch.setattr(efficiency_tables, "compute", lambda: dict.fromkeys(efficiency_tables.NAMES, table))
    for name in ("nb201", "nb201_hw", "nb201_zcp", "nb101"):
        monkeypatch.setattr(tables, name, lambda: types.SimpleNamespace(source="a table"))
    monkeypatch.setattr(efficiency_tables.time, "perf_counter", lambda: float(next(clock)))
    monkeypatch.setattr(results, "write", lambda name, data, **given: said.append(given))
    efficiency_tables.run()
    assert len(said) == 3 and len({given["seconds"] for given in said}) == 1
    assert {given["joules"] for given in said} == {said[0]["joules"]}


def test_without_the_original_tables_there_is_nothing_to_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    monkeypatch.setattr(tables, "nb201", tables.nb201_replica)
    with pytest.raises(LucioleError):
        efficiency_tables.compute(("c10",))
    with pytest.raises(LucioleError, match="nb101_energy"):
        list(efficiency_tables.ecnas_sets())


@pytest.fixture(scope="module")
def committed() -> dict[str, pd.DataFrame]:
    return {name: results.read(name).frame for name in efficiency_tables.NAMES}


def test_the_committed_crowns_are_on_the_front_and_say_what_the_chapter_says(committed) -> None:
    crowns = committed["efficiency/crowns"]
    crowned = crowns[crowns["index"] >= 0]
    assert crowned["on_front"].all()
    of = crowns[crowns["cells"] == "all"].set_index(["dataset", "cost", "metric"])
    assert of.loc[("c10", "raspi4_latency_ms", "bcr"), "accuracy"] == pytest.approx(0.1)  # a network that guesses
    assert (of.xs("merit", level="metric")["tau"] > 0.3).all()
    assert (of.xs("merit", level="metric")["accuracy"] > 0.35).all()


def test_each_exponent_lies_in_the_range_of_its_crown(committed) -> None:
    exponents = committed["efficiency/exponents"]
    assert (exponents["k_from"] <= exponents["k"] * 1.001).all()
    assert (exponents["k"] <= exponents["k_to"] * 1.001).all()
    rising = exponents.groupby(["dataset", "cost"])["accuracy"].apply(lambda a: a.is_monotonic_increasing)
    assert rising.all()  # whoever pays more for accuracy gets no less of it


def test_the_committed_results_follow_from_the_original_tables(data_folder, committed) -> None:
    table, devices = tables.nb201(), tables.nb201_hw()
    accuracy = table["c10_test200"].astype(float) / 100
    energy = devices["c10_edgegpu_energy_mj"].astype(float)
    crowns = committed["efficiency/crowns"]
    kept = crowns[(crowns["dataset"] == "c10") & (crowns["cost"] == "edgegpu_energy_mj") & (crowns["cells"] == "all")]
    kept = kept.set_index("metric")
    reference = float(energy[accuracy.argmax()])
    for name, values in (("bcr", bcr(accuracy, energy)), ("merit", merit(accuracy, energy, reference, floor=0.1))):
        assert kept.loc[name, "index"] == values.argmax()
        assert kept.loc[name, "tau"] == pytest.approx(kendalltau(values, accuracy).statistic)
    low, high = exchange_range(accuracy, energy, int(kept.loc["merit", "index"]), floor=0.1)
    assert low < 10 < high
    costs = committed["efficiency/costs"].set_index(["dataset", "cost", "cells"])
    assert costs.loc[("c10", "fpga_latency_ms", "whole"), "flops_pooled_tau"] == pytest.approx(0.867, abs=0.001)
    assert costs.loc[("c10", "edgegpu_latency_ms", "whole"), "flops_pooled_tau"] == pytest.approx(0.442, abs=0.001)


@pytest.mark.parametrize("name", [*efficiency_tables.NAMES, efficiency_tables.REPEATS])
def test_the_committed_tables_are_derived_again_and_an_altered_number_is_named(data_folder, name) -> None:
    kept = results.read(name)

    def again() -> str:
        sample = efficiency_tables.rederive(name, kept, np.random.default_rng(0), 3)
        assert sample.of == len(kept.frame)
        return attestation.sentence(sample, name)

    assert "came out the same" in again()
    column = {"efficiency/costs": "volume", "efficiency/repeats": "merit"}.get(name, "accuracy")
    kept.frame[column] += 1e-6
    with pytest.raises(LucioleError, match=f"{column} of (c10|c100|in16|nb101), "):
        again()


def test_what_no_clock_decides_is_derived_again_from_the_timed_cells() -> None:
    kept = results.read("efficiency/latency")

    def again() -> str:
        sample = efficiency_latency.rederive("efficiency/latency", kept, np.random.default_rng(0), 2)
        return attestation.sentence(sample, "efficiency/latency")

    assert "numbers of 2 of 120 units" in again()
    kept.frame.loc[3, "macs"] += 1
    with pytest.raises(LucioleError, match="macs of place"):
        again()


def test_repeats_resample_the_three_trainings_of_each_cell(data_folder) -> None:
    frame = efficiency_tables.repeats()
    assert len(frame) == 91 and frame["merit"].is_monotonic_decreasing
    assert ((frame["low"] <= frame["merit"]) & (frame["merit"] <= frame["high"])).all()
    with np.load(data_folder / "nb101_energy.npz") as held:
        mine = (held["nb101_row"] == frame.loc[0, "index"]) & (held["space"] == b"4V")
        assert frame.loc[0, "accuracy"] == pytest.approx(held["test_acc4"][mine].mean(dtype=float))
        assert frame.loc[0, "joules"] == pytest.approx(3.6e6 * held["energy4_kwh"][mine].mean(dtype=float))
    pd.testing.assert_frame_equal(frame, results.read("efficiency/repeats").frame)


def test_netscore_is_judged_on_nasbench101_too(committed) -> None:
    crowns = committed["efficiency/crowns"]
    found = crowns[(crowns["dataset"] == "nb101") & (crowns["metric"] == "netscore")]
    assert found["cost"].tolist() == ["macs"]
