"""Public counters beside counts by hand: the recorded figures, and the table that a page shows of them."""

import json

from luciole import files
from luciole.report import counters


def test_ours_is_the_count_by_hand_of_every_network():
    wide = counters.table()
    assert len(wide) >= 7 and wide["network"].is_unique
    assert (wide["ours"] == wide["by hand"]).all()
    assert len(wide.columns) <= 8


def test_the_counters_that_miss_a_network_are_counted(tmp_path, monkeypatch):
    said = {"a": (100, 100.0), "b": (100, 94.0), "c": (10, 0.0)}
    kept = {
        f"counters.{name}.x": {"what": f"of {name}; by hand {hand}", "measured": hand, "peer": says, "peer_name": "x 1"}
        for name, (hand, says) in said.items()
    }
    (tmp_path / "benchmarks.json").write_text(json.dumps(kept | {"other.row": {}}))
    monkeypatch.setattr(files, "results", lambda: tmp_path)
    assert counters.table()["x 1"].tolist() == [100, 94, 0]
    missed = counters.far().set_index("counter")["networks it misses"]
    assert missed.to_dict() == {"ours": 0, "x 1": 2}
    assert counters.far(0.5).set_index("counter")["networks it misses"]["x 1"] == 1
