"""The classifier of WHAR Arena as C, other routes and the hour in a browser, as the chapter shows them."""

import json

import pandas as pd
import pytest

from luciole.report import devices_beside as report


def frame(flash: int = 30_000, layers: int = 30_000) -> pd.DataFrame:
    common = {"dataset": "uci_har", "hidden": 64, "core": "m4f", "macs": 10_000, "parameters": 10_240, "windows": 900,
              "statistics": 90_000, "memory": 6_144, "same": 0.9995, "macro_f1": 91.0,
              "onnx_apart": 1e-5, "largest": 250.0}  # fmt: skip
    return pd.DataFrame(
        [
            {**common, "bits": 32, "flash": 90_000, "layers": layers, "apart": 2e-5},
            {**common, "bits": 8, "flash": flash, "layers": layers // 2, "apart": 1e-3},
        ]
    )


@pytest.fixture
def kept(tmp_path, monkeypatch):
    rows = {
        "browser.processor": {"measured": 2.53, "target": "under 3 s", "met": True},
        "browser.clock": {"measured": 5.8, "target": "under 3 s", "met": False},
        "routes.tvm.flash": {"what": "flash in floats of our C", "measured": 19, "peer": 68, "peer_name": "TVM 0.27"},
        "routes.litert": {"what": "seconds after which it was given up", "measured": 300, "peer": None},
    }
    (tmp_path / "benchmarks.json").write_text(json.dumps(rows))
    monkeypatch.setattr(report.files, "results", lambda: tmp_path)


def test_a_target_is_met_by_what_was_measured(kept):
    told = {what: (asked, found, met) for what, asked, found, met in report.targets(frame())}
    assert told["Arena's classifier, flash in 8 bits"] == ("under 24,576", "30,000", False)
    assert told["Arena's, instructions a MAC, floats and 8 bits"] == ("5 and 3", "3.00 and 1.50", True)
    assert told["an hour in a browser, processor seconds"] == ("under 3 s", "2.5", True)
    floats = "Arena's classifiers, floats against ONNX Runtime"  # what 8 bits are apart does not count
    assert told[floats] == ("within 0.0001", "2.0e-05", True)
    far = frame().assign(apart=[1.1e-4, 0.0])
    assert (floats, False) in [(what, met) for what, _, _, met in report.targets(far)]
    other = {what: met for what, _, _, met in report.targets(frame(flash=24_575, layers=50_001))}
    assert other["Arena's classifier, flash in 8 bits"]
    assert not other["Arena's, instructions a MAC, floats and 8 bits"]


def test_the_table_of_classifiers_has_a_row_for_both_formats():
    (row,) = report.classifiers(frame()).to_dict("records")
    assert row["memory in 8 bits (kB)"] == 6 and row["instructions a MAC, floats"] == 3
    assert row["same class in 8 bits (%)"] == pytest.approx(99.95)


def test_routes_stand_beside_ours_and_what_was_not_installed_has_no_bytes(kept):
    told = report.routes()
    assert told.loc["TVM 0.27: flash in floats"].tolist() == [68, 19]
    assert told.loc["seconds after which it was given up"].isna().all()


def test_numbers_for_the_prose(kept):
    told = report.numbers(frame())
    assert told["dev_arena"] == "10.0" and told["dev_arena_statistics"] == "75" and told["dev_hour"] == "2.5"
    assert told["dev_arena_kept"] == "0 of 1"
