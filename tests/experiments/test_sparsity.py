"""The comparison of pruning and growing in small: what is written, gone on with, and derived again."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from luciole import attestation, results
from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.sparsity import grown, lenet, lenet5, minima, protocol, sensors
from luciole.networks.initial import initialise
from luciole.sparsity.joint import Joint
from luciole.sparsity.masks import prunable
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import train


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


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Windows of three invented people, in the place of UCI HAR's."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    y = np.arange(120) % 3
    X = np.random.default_rng(0).normal(size=(120, 3, 32)).astype(np.float32) + y[:, None, None].astype(np.float32)
    data = Dataset("toy", X, y, ("a", "b", "c"), ("x", "y", "z"), subject=np.arange(120) // 20, source="invented")
    rows = np.arange(120)
    monkeypatch.setattr(sensors.har, "data", lambda name: (data, splits.Split(rows[:80], rows[80:100], rows[100:])))
    sensors.windows.cache_clear()
    yield replace(sensors.TRIAL, settings=Settings(epochs=2, batch=20))
    sensors.windows.cache_clear()


def test_a_part_of_the_sensors_trainings_is_written_and_derived_again(toy, monkeypatch):
    dense, ours = (next(one for one in toy.trainings if one.method == name) for name in (protocol.DENSE, protocol.OURS))
    gentle = replace(toy, trainings=(dense, ours), method=lambda one: Joint(0.5, events=2, sample=20, parts=2))
    monkeypatch.setattr(sensors, "TRIAL", gentle)
    sensors.run(seconds=0)  # no time: nothing is written
    with pytest.raises(LucioleError):
        results.read(sensors.NAME)
    sensors.run()
    kept = results.read(sensors.NAME)
    assert kept.frame["method"].tolist() == [protocol.DENSE, protocol.OURS] and kept.provenance.holds == (2, 2)
    assert kept.frame["test_error"].between(0, 100).all() and (kept.frame["peak"] <= kept.frame["total"]).all()
    assert not kept.frame["diverged"].any()
    assert "of 1 of 2 units came out the same" in attestation.again(sensors.NAME)


def test_a_training_that_diverges_is_a_row_and_another_failure_is_none(toy):
    dense = toy.trainings[0]
    soon = Joint(0.5, events=2, sample=20, parts=2)  # sees at its first event that there are no numbers any more
    row = replace(toy, method=lambda one: soon, settings=Settings(2, 20, rate=1e30, warmup=0.0)).shard(dense)
    assert row["diverged"].tolist() == [True] and row["seconds"][0] > 0 and 0 <= row["test_error"][0] <= 100
    refused = replace(toy, method=lambda one: Joint(0.9999))  # leaves less than a weight a layer
    with pytest.raises(LucioleError, match="one would be empty"):
        refused.shard(dense)


def test_held_gradients_are_of_what_moves_and_a_price_may_be_the_same(toy):
    def began(method):
        run = Run(sensors.network(0), *toy.parts()[0]["train"], toy.settings, 0)
        train(run, method, until=1)
        return run, method

    how = {"events": 2, "sample": 20, "parts": 2}
    run, priced = began(sensors.Clipped(0.5, **how))
    assert float(nn.utils.get_total_norm([w.grad for w in run.network.parameters()])) <= 1 + 1e-5
    by_mac, alike = priced.worth(run), sensors.Clipped(0.5, **how, per_mac=False).worth(run)
    assert len({*run.per_weight.values()}) > 1
    assert all(torch.allclose(alike[name], by_mac[name] * run.per_weight[name]) for name in alike)


def test_the_sensors_comparison_holds_the_best_two_of_each_family():
    every = sensors.trainings()
    assert len(every) == len(set(every)) == 51 + 18
    assert {one.method for one in every[:51]} == {protocol.DENSE, protocol.OURS, *sensors.COMPARED}
    assert {(one.method, one.length) for one in every[51:]} == set(sensors.VARIANTS)
    lengths = {one.length for one in every if one.method == protocol.OURS}
    assert lengths == {1.0, 0.5}  # the target is of half the schedule


def test_lenet5_is_the_published_one_and_its_comparison_pairs_seeds():
    assert sum(weight.numel() for weight in prunable(lenet5.network(0)).values()) == 430_500
    every = lenet5.trainings()
    assert len(every) == len(set(every)) == 45
    of = {(one.method, one.sparsity, one.length): set() for one in every}
    for one in every:
        of[one.method, one.sparsity, one.length].add(one.seed)
    assert all(seeds == {*lenet5.SEEDS} for seeds in of.values())
    assert (protocol.OURS, 0.98, 0.5) in of and (protocol.GRADUAL, 0.98, 0.5) in of  # the target, and the front


def test_networks_are_looked_at_and_derived_again(small, monkeypatch):
    monkeypatch.setattr(minima, "_images", lenet._images)
    monkeypatch.setattr(minima, "BATCH", 32)
    one = protocol.Training(protocol.GRADUAL, 0.95, minima.HALF, 0)
    monkeypatch.setattr(minima, "trainings", lambda: (one, replace(one, length=minima.QUARTER)))
    minima.run()
    rows = results.read(minima.NAME).frame
    assert rows["entropy"].between(0, 1).all() and np.isfinite(rows["sharpness"]).all()
    assert rows[list(minima.SCORED)].isna().all(axis=1).tolist() == [True, False]  # scores of the short ones alone
    assert "of 1 of 2 units came out the same" in attestation.again(minima.NAME)


def test_the_look_pairs_its_claims_and_takes_every_method_once():
    every = minima.trainings()
    once = [(one.method, one.sparsity) for one in every if one.length == minima.QUARTER]
    assert len(once) == len(set(once)) and {protocol.OURS, protocol.RIGL} < {name for name, _ in once}
    claims = {(one.method, one.sparsity, one.seed) for one in every if one.length == minima.HALF}
    assert len(claims) == 2 * len(minima.CLAIMED) * len(minima.SEEDS)


@pytest.mark.parametrize("way", grown.WAYS)
def test_every_way_grows_to_the_width_that_was_asked_for(way):
    end = grown.grow(way, 4, 12, 4, Settings(epochs=1, batch=50), seed=0)
    assert end.kept == end.peak == (64 + 10) * 12 and len(end.network[0].weight) == 12
    sizes = [4 * 74] * 6 + [8 * 74] * 6 + [12 * 74] * 12  # at a quarter and at half of 24 steps
    assert end.macs == 3.0 * (50 * sum(sizes) + 1200 * (4 + 8) * 74)


def test_what_is_grown_and_pruned_ends_at_the_same_size(monkeypatch):
    monkeypatch.setattr(grown, "SETTINGS", Settings(epochs=2, batch=50))
    kept = {way: grown.same_size(way, 0) for way in (grown.PIPELINE, grown.ALONE, "magnitude, gradual")}
    wanted = round((1 - grown.SPARSITY) * grown.WIDE * 74)
    assert all(end.kept == pytest.approx(wanted, abs=3) for end in kept.values())
    assert kept[grown.PIPELINE].peak == 74 * grown.WIDE // 2 and kept[grown.ALONE].peak == wanted
    assert len(set(grown.trainings())) == len(grown.trainings())
