import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.har201 import latency as har201_latency
from luciole.spaces import nb201


def test_every_class_is_timed_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    few = np.array([0, 4000, 9000, 15624])
    monkeypatch.setattr(nb201, "classes", lambda: few)
    har201_latency.run()
    kept = results.read("har201/latency")
    assert kept.arrays["milliseconds"].shape == (2, 4)
    assert (kept.arrays["milliseconds"] > 0).all()
    np.testing.assert_array_equal(kept.arrays["classes"], few)
    assert kept.stale == ()
    assert kept.provenance.energy.startswith("estimate")
    assert "3 numbers of 3 of 4 units" in attestation.again("har201/latency", units=3)
    kept.arrays["classes"][2] += 1
    with pytest.raises(LucioleError, match="classes of class 9000 is 9000 now, committed 9001"):
        sample = har201_latency.rederive("har201/latency", kept, np.random.default_rng(0), None)
        attestation.sentence(sample, "har201/latency")


def test_rounds_walk_in_other_orders_and_leave_no_cell_out():
    cells = np.array([15624, 3, 77])
    assert np.isfinite(har201_latency.timed(cells, 0, repeats=1)).all()


def test_a_cluster_is_refused():
    with pytest.raises(LucioleError, match="one named machine"):
        har201_latency.run(scheduler="tcp://somewhere:8786")
