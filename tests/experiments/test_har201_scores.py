import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import scores as har201_scores
from luciole.spaces import nb201


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Two cheap scores of three classes, on the windows that are always there."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(har201_scores, "DATASETS", ("seglearn",))
    monkeypatch.setattr(har201_scores, "CLASSES", 3)
    monkeypatch.setattr(har201_scores, "NAMES", ("params", "naswot", "synflow"))


def test_a_row_a_class_and_a_column_a_score(small):
    har201_scores.run()
    kept = results.read("har201/scores")
    frame = kept.frame
    np.testing.assert_array_equal(frame["index"], np.sort(protocol.order()[:3]))
    assert list(frame.columns) == ["dataset", "index", "params", "naswot", "synflow"]
    again = har201_scores.scored("seglearn", frame["index"].to_numpy()[[2]])
    assert again.values["naswot"][0, 0] == pytest.approx(frame.loc[2, "naswot"], rel=1e-5)
    assert kept.stale == () and kept.provenance.parameters["failed"] == 0
    assert "5 numbers of 1 of 3 units" in attestation.again("har201/scores", units=1)
    frame.loc[1, "naswot"] *= 1.01
    with pytest.raises(LucioleError, match=f"naswot of seglearn, class {frame.loc[1, 'index']} is"):
        sample = har201_scores.rederive("har201/scores", kept, np.random.default_rng(0), None)
        attestation.sentence(sample, "har201/scores")


def test_an_unfinished_run_writes_nothing(small):
    with pytest.raises(LucioleError, match="run it again"):
        har201_scores.run(seconds=0.0)
    with pytest.raises(LucioleError):
        results.read("har201/scores")


def test_the_batch_is_of_training_windows(small):
    windows, labels = har201_scores.batch("seglearn")
    train = protocol.data("seglearn")[0].train[0]
    assert windows.shape == (har201_scores.BATCH, *train.shape[1:]) and len(labels) == len(windows)
    assert all((train == window.numpy()).all(axis=(1, 2)).any() for window in windows)
    assert len(nb201.classes()) >= har201_scores.CLASSES
