"""aeon's classifiers in small, with a stand-in for the package: everybody tested is counted, and a sample agrees."""

from types import SimpleNamespace

import numpy as np
import pytest

from luciole import results
from luciole.attestation import Unavailable
from luciole.design import rivals
from luciole.experiments.har import protocol, rockets

PARTS = SimpleNamespace(train=np.arange(20), validation=np.arange(20, 30), test=np.arange(30, 60))
SET = SimpleNamespace(X=np.arange(60.0)[:, None, None], y=np.arange(60) % 2, subject=np.arange(60) // 10)


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """Who learns nothing and answers 0, where aeon is said to be."""
    sizes = []

    def fit(name, X, y, seed):
        sizes.append((name, len(X)))
        return lambda windows: np.zeros(len(windows), dtype=np.int64)

    monkeypatch.setattr(protocol, "data", lambda name: (SET, PARTS))
    monkeypatch.setattr(rivals, "present", lambda name: True)
    monkeypatch.setattr(rivals, "fit", fit)
    monkeypatch.setattr(rockets, "MOST", 12)
    monkeypatch.setattr(rockets, "TASKS", (("uci_har", "MiniRocket", 0), ("wisdm", "MiniRocket", 12)))
    monkeypatch.setattr(rockets.importlib.metadata, "version", lambda name: "1")
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    write = results.write
    monkeypatch.setattr(results, "write", lambda *given, **more: write(*given, folder=tmp_path, **more))
    rockets.run()
    return results.read(rockets.NAME, tmp_path), sizes


def test_all_windows_or_those_drawn_are_learnt_from_and_everybody_is_counted(stand_in):
    held, sizes = stand_in
    assert sizes == [("MiniRocket", 30), ("MiniRocket", 12)]
    assert held.frame["learnt"].tolist() == [30] * 3 + [12] * 3
    assert held.frame["subject"].tolist() == [3, 4, 5] * 2
    assert (held.frame["windows"] == 10).all() and (held.frame["right"] == 5).all()
    assert held.provenance.holds == (2, 2) and held.provenance.parameters["versions"]["aeon"] == "1"


def test_a_sample_agrees_an_altered_count_is_seen_and_without_the_package_nothing_is_compared(stand_in, monkeypatch):
    held, _ = stand_in
    rng = np.random.default_rng(0)
    sample = rockets.rederive(rockets.NAME, held, rng, 2)
    assert sample.of == 2 and not any(column.differing().any() for column in sample.columns.values())
    altered = results.Result(held.frame.assign(right=7), held.provenance, held.stale)
    assert all(column.differing().all() for column in rockets.rederive(rockets.NAME, altered, rng, 2).columns.values())
    monkeypatch.setattr(rivals, "present", lambda name: False)
    with pytest.raises(Unavailable, match="aeon"):
        rockets.rederive(rockets.NAME, held, rng, 1)
