"""HAR-201 as columns: what is stored comes back cell by cell, what is not trained is counted, damage is named."""

import json

import numpy as np
import pytest

from luciole import files, tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import har201_table
from luciole.tables.har201_table import MISSING, har201


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A small table: class number k has accuracy k hundredths of a percent; the last ten are not trained."""
    classes = nb201.classes()
    shares = np.arange(len(classes)).astype(np.uint16)
    shares[-10:] = MISSING
    seconds = np.linspace(0.5, 1.5, len(classes)).astype(np.float32)
    seconds[-10:] = np.nan
    arrays = {
        "classes": classes.astype(np.int16),
        "position": np.searchsorted(classes, nb201.iso()).astype(np.int16),
        "wisdm_seconds": seconds,
        "wisdm_params": np.arange(nb201.SIZE, dtype=np.int32),
    }
    arrays |= {f"wisdm_{part}_acc_ep{epoch}": shares for part in ("valid", "test") for epoch in (2, 12)}
    (tmp_path / "data" / "results" / "har201").mkdir(parents=True)
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    path = files.results() / "har201/table.npz"
    np.savez_compressed(path, **arrays)
    record = {"sha256": files.sha256(path), "parameters": {"watts": 4.0}}
    (files.results() / "har201/table.json").write_text(json.dumps(record))
    return path


def test_every_cell_has_the_value_of_its_class(made):
    table = har201()
    classes = nb201.classes()
    for cell in (0, 1, 77, 8000, 15624):
        number = int(np.flatnonzero(classes == nb201.iso()[cell])[0])
        expected = np.nan if number >= len(classes) - 10 else number / 100
        np.testing.assert_allclose(table["wisdm_test_acc_ep12"][cell], expected, rtol=1e-6)
    np.testing.assert_array_equal(table["wisdm_params"], np.arange(nb201.SIZE))  # a cell's own, not its class's
    row = nb201.all_cells()[4321]
    assert table.at(row, "wisdm_test_acc_ep2") == table["wisdm_test_acc_ep2"][4321]


def test_missing_classes_are_nan_and_counted(made):
    table = har201()
    gone = np.isin(nb201.iso(), nb201.classes()[-10:])
    for name in ("wisdm_test_acc_ep12", "wisdm_seconds", "wisdm_joules_estimate"):
        np.testing.assert_array_equal(np.isnan(table[name]), gone)
    assert "wisdm 6,456 of 6,466 classes" in table.source


def test_the_roles_are_the_last_epoch(made):
    table = har201()
    assert table.roles["valid"].column == "wisdm_valid_acc_ep12"  # 12, not the 2 that sorts after it
    assert table.roles["test"].column == "wisdm_test_acc_ep12"
    with pytest.raises(LucioleError, match="no data set 'nothing'"):
        har201_table.last_epoch(table, "nothing")


def test_joules_are_seconds_times_the_stated_power(made):
    table = har201()
    known = np.isfinite(table["wisdm_seconds"])
    np.testing.assert_allclose(table["wisdm_joules_estimate"][known], 4 * table["wisdm_seconds"][known], rtol=1e-6)


def test_latency_is_the_mean_of_its_rounds_where_it_is_measured(made):
    assert "wisdm_latency_ms" not in har201()
    place = files.results() / "har201/latency.npz"
    rounds = np.array([np.arange(6466), np.arange(6466) + 2], dtype=np.float32)
    np.savez_compressed(place, milliseconds=rounds)
    place.with_suffix(".json").write_text(json.dumps({"sha256": files.sha256(place)}))
    position = np.searchsorted(nb201.classes(), nb201.iso())
    np.testing.assert_array_equal(har201()["wisdm_latency_ms"], position + 1)
    place.with_suffix(".json").write_text(json.dumps({"sha256": "another"}))
    with pytest.raises(LucioleError, match="run har201/latency"):
        har201()


def test_damage_is_one_line_that_says_what_to_do(made):
    whole = made.read_bytes()
    for content in (whole[:-20], b"", whole.replace(b"wisdm", b"wisdx", 1)):
        made.write_bytes(content)
        with pytest.raises(LucioleError, match="run") as caught:
            har201()
        assert "\n" not in str(caught.value)
    made.write_bytes(whole)
    (files.results() / "har201/table.json").write_text("{")
    with pytest.raises(LucioleError, match="luciole run har201/table"):
        har201()
    (files.results() / "har201/table.json").unlink()
    with pytest.raises(LucioleError, match="luciole run har201/table"):
        har201()


def test_the_committed_table_is_whole_and_current():
    from luciole import results
    from luciole.experiments.har201 import protocol as experiment
    from luciole.networks import counts

    table = tables.har201()
    for name in experiment.PROTOCOLS:
        if f"{name}_seconds" not in table:
            continue
        channels, classes, length = experiment.PROTOCOLS[name].shape
        skeleton = experiment.skeleton(channels, classes)
        rows = nb201.all_cells()
        np.testing.assert_array_equal(table[f"{name}_params"], counts.parameters(rows, skeleton))
        np.testing.assert_array_equal(table[f"{name}_macs"], counts.macs(rows, skeleton, length))
        accuracy = table[f"{name}_test_acc_ep4"]
        trained = np.isfinite(table[f"{name}_seconds"])
        np.testing.assert_array_equal(np.isfinite(accuracy), trained)
        assert trained.any()
        assert accuracy[trained].min() > 0
        assert accuracy[trained].max() <= 100
        f1 = table[f"{name}_test_f1_ep4"][trained]
        assert np.corrcoef(f1, accuracy[trained])[0, 1] > 0.8
    assert results.read("har201/table").stale == ()
