"""The comparison of pruning and growing in small: what is written, gone on with, and derived again."""

import numpy as np
import pytest
import torch
from torch import nn

from luciole import attestation, results
from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.sparsity import lenet, protocol, sensors
from luciole.networks.initial import initialise
from luciole.sparsity.joint import Joint
from luciole.sparsity.run import Settings


def narrow(seed):
    layers = [nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 10)]
    return initialise(nn.Sequential(*layers), torch.Generator().manual_seed(seed))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Three trainings of two epochs on invented images."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(300) % 10
    x = torch.randn(300, 784, generator=generator) / 4 + torch.nn.functional.one_hot(y, 784)
    parts = {"train": (x[:200], y[:200]), "validation": (x[200:250], y[200:250]), "test": (x[250:], y[250:])}
    monkeypatch.setattr(lenet, "_images", lambda: (parts, "invented"))
    monkeypatch.setattr(protocol, "SETTINGS", Settings(epochs=2, batch=20))
    monkeypatch.setitem(protocol.METHODS, protocol.OURS, lambda sparsity: Joint(sparsity, events=4, sample=64, parts=2))
    monkeypatch.setattr(protocol, "network", narrow)
    monkeypatch.setattr(protocol, "ROUNDS", (0.5, 0.9))
    every = [
        protocol.Training(protocol.OURS, 0.95, 1.0, 0),
        protocol.Training(protocol.GRADUAL, 0.95, 0.5, 1),
        protocol.Training(protocol.TICKET, 0.9, 1.0, 0),
    ]
    monkeypatch.setattr(protocol, "trainings", lambda: every)
    return every


def test_trainings_are_written_and_derived_again(small):
    lenet.run()
    kept = results.read(lenet.NAME)
    rows = kept.frame
    assert rows["method"].tolist() == [protocol.OURS, protocol.GRADUAL, protocol.TICKET, protocol.TICKET]
    assert rows["sparsity"].tolist() == [0.95, 0.95, 0.5, 0.9]
    assert (rows["kept"] <= np.ceil((1 - rows["sparsity"]) * rows["weights"])).all() and (
        rows["total"] >= rows["peak"]
    ).all()
    assert rows["seconds"].is_monotonic_increasing or rows["seconds"].iloc[3] > rows["seconds"].iloc[2]
    assert kept.provenance.seconds == pytest.approx(rows["seconds"].iloc[[0, 1, 3]].sum(), abs=0.01)
    assert kept.provenance.holds == (3, 3) and kept.stale == ()
    sizes = results.read(lenet.SIZES).arrays
    assert sizes[lenet.named(small[0])][-1, 1] == rows["kept"].iloc[0]
    for name in (lenet.NAME, lenet.SIZES):
        assert "of 2 of 2 units came out the same" in attestation.again(name)


def test_a_part_of_the_sensors_trainings_is_written_and_derived_again(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    y = np.arange(120) % 3
    X = np.random.default_rng(0).normal(size=(120, 3, 32)).astype(np.float32) + y[:, None, None].astype(np.float32)
    toy = Dataset("toy", X, y, ("a", "b", "c"), ("x", "y", "z"), subject=np.arange(120) // 20, source="invented")
    rows = np.arange(120)
    monkeypatch.setattr(sensors.har, "data", lambda name: (toy, splits.Split(rows[:80], rows[80:100], rows[100:])))
    monkeypatch.setattr(sensors, "SETTINGS", Settings(epochs=2, batch=20))
    every = sensors.trainings()
    dense, ours = every[0], next(one for one in every if one.method == protocol.OURS)
    monkeypatch.setattr(sensors, "trainings", lambda: [dense, ours])
    monkeypatch.setattr(sensors, "method", lambda one: Joint(0.5, events=2, sample=20, parts=2))
    sensors.windows.cache_clear()
    sensors.run(seconds=0)  # no time: nothing is written
    with pytest.raises(LucioleError):
        results.read(sensors.NAME)
    sensors.run()
    kept = results.read(sensors.NAME)
    sensors.windows.cache_clear()
    assert kept.frame["method"].tolist() == [protocol.DENSE, protocol.OURS] and kept.provenance.holds == (2, 2)
    assert kept.frame["test_error"].between(0, 100).all() and (kept.frame["peak"] <= kept.frame["total"]).all()
    assert "of 1 of 2 units came out the same" in attestation.again(sensors.NAME)
    sensors.windows.cache_clear()


def test_the_sensors_comparison_holds_the_best_two_of_each_family():
    every = sensors.trainings()
    assert len(every) == len(set(every)) == 51
    assert {one.method for one in every} == {protocol.DENSE, protocol.OURS, *sensors.COMPARED}
    lengths = {one.length for one in every if one.method == protocol.OURS}
    assert lengths == {1.0, 0.5}  # the target is of half the schedule
