"""The sensor experiments on a toy: every stage runs, resumes, and writes what the chapter reads."""

from dataclasses import replace

import numpy as np
import pytest

from luciole import attestation, files, results
from luciole.datasets import hapt
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.har import deployed as har_deployed
from luciole.experiments.har import models as har_models
from luciole.experiments.har import online as har_online
from luciole.experiments.har import protocol as har_protocol
from luciole.experiments.har import search as har_search
from luciole.networks.har_baselines import BASELINES
from luciole.sensors import streaming
from luciole.sensors.saturation import PAIR
from luciole.training import Recipe

CHANNELS = ("acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")


def signal(label, rng, length=160):
    wave = np.sin((0.3 + 0.4 * label) * np.arange(length)[:, None] + rng.uniform(0, 6, size=6))
    return (wave + 0.2 * rng.normal(size=(length, 6))).astype(np.float32)


def toy():
    """Eight people, two activities, windows of 32 samples."""
    rng = np.random.default_rng(0)
    X, y, subject = [], [], []
    for person in range(8):
        for label in range(2):
            pieces = signal(label, rng, 32 * 8).reshape(8, 32, 6)
            X += list(pieces.transpose(0, 2, 1))
            y += [label] * 8
            subject += [person] * 8
    return Dataset("toy", np.array(X), np.array(y), ("slow", "fast"), CHANNELS, hz=20.0, subject=np.array(subject))


def recordings():
    for person in range(8):
        rng = np.random.default_rng(person)
        pieces = [signal(label, rng) for label in (0, 1, 0)]
        labels = np.repeat([0, 1, 0], 160)
        labels[:10] = -1
        yield hapt.Recording(person, person, np.concatenate(pieces), labels)


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(files, "results", lambda: tmp_path / "results")
    (tmp_path / "results").mkdir()
    har_protocol.data.cache_clear()
    plan = har_protocol.Plan(toy, limits=(9_000,), windows=64, top=2, random=1, epochs=2)
    monkeypatch.setattr(har_protocol, "PLANS", {"uci_har": plan})
    quick = replace(har_protocol.TRIAL, recipe=Recipe(epochs=1, batch=16))
    monkeypatch.setattr(har_protocol, "RECIPES", {"one": quick, "other": replace(quick, averaging=0.0)})
    for name, value in (("SCORED", 4), ("SEEDS", (0, 1)), ("RECIPE_SEEDS", (0,)), ("LENGTHS", (1, 2))):
        monkeypatch.setattr(har_protocol, name, value)
    monkeypatch.setattr(har_protocol, "SHORT", Recipe(epochs=1, windows=48, batch=16))
    monkeypatch.setattr(har_protocol, "BASELINES", {"MLP": BASELINES["MLP"]})
    monkeypatch.setattr(har_deployed, "BASELINES", {"MLP": BASELINES["MLP"]})
    monkeypatch.setattr(har_deployed, "REPEATS", 5)
    monkeypatch.setattr(har_deployed, "ROUNDS", 2)
    monkeypatch.setattr(har_online, "TRANSITIONS", 1)
    monkeypatch.setattr(har_online, "HOP", 8)
    monkeypatch.setattr(hapt, "load", lambda **_: toy())
    monkeypatch.setattr(hapt, "recordings", recordings)
    yield tmp_path
    har_protocol.data.cache_clear()


def altered(module, name, column, by, units=None):
    """The committed numbers come out the same; where one is altered, it is named."""
    kept = results.read(name)

    def again():
        return attestation.sentence(module.rederive(name, kept, np.random.default_rng(0), units), name)

    assert "came out the same" in again()
    if isinstance(kept.data, dict):
        kept.arrays[next(key for key in kept.arrays if key.endswith(column))][0] += by
    else:
        kept.frame[column] += by
    with pytest.raises(LucioleError, match=f"{name} stays stale: "):
        again()


def derived_again():
    for name, column, units in (
        ("har/recipes", "macro_f1", 1),
        ("har/lengths", "accuracy", 1),
        ("har/candidates", "merit", 2),
        ("har/models", "macro_f1", 2),
        ("har/models_people", "accuracy", 1),
        ("har/models_weights", "classifier.bias", None),
        ("har/models_confusion", "logistic regression", 2),
    ):
        altered(har_search, name, column, 5 if "models_" in name else 0.3, units)
    altered(har_deployed, "har/deployed", "weights", 1)
    altered(har_deployed, "har/deployed", "joules", 1)


def test_without_their_data_nothing_is_compared(monkeypatch):
    monkeypatch.setattr(har_protocol, "here", lambda names: ([], [f"{name}: not here" for name in names]))
    for name in ("har/recipes", "har/candidates", "har/models", "har/deployed"):
        assert "nothing was compared" in attestation.again(name)


@pytest.mark.check  # twenty seconds
def test_all_stages_and_what_stands_on_them(small, monkeypatch):
    har_search.run(seconds=0)
    assert not (small / "results" / "har/models.json").exists()
    har_search.run()
    before = (small / "results" / "har" / "models.parquet").read_bytes()
    har_search.run()  # everything is there already
    assert (small / "results" / "har" / "models.parquet").read_bytes() == before
    models = results.read("har/models").frame
    found = har_protocol.found(9_000)
    assert set(models["model"]) == {found, "MLP", "random forest", "logistic regression"}
    assert (models[models["model"] == found]["macs"] <= 9_000).all()
    people = results.read("har/models_people").frame
    _, split = har_protocol.data("uci_har")
    assert set(people["subject"]) == set(toy().subject[split.test].tolist())
    chosen = results.read("har/candidates").frame
    mine = chosen[chosen["searched"]]
    row = " ".join(map(str, har_models.choose(chosen, 9_000)))
    assert mine.loc[mine["genotype"] == row, "accuracy"].max() == mine["accuracy"].max()
    assert set(results.read("har/ablation").frame["variant"]) == set(har_protocol.VARIANTS)
    assert results.read("har/lengths").frame["epochs"].tolist() == [1, 2]

    har_deployed.run()
    deployed = results.read("har/deployed").frame
    committed = models[(models["model"] == found) & (models["seed"] == 0)]["accuracy"].item()
    exported = deployed[(deployed["model"] == found) & (deployed["bits"] == 32)]["accuracy"].item()
    assert exported == pytest.approx(committed)
    assert (deployed["latency"] > 0).all()
    assert (deployed.loc[deployed["bits"] == 8, "pair"] <= PAIR).all() and deployed["pair"].notna().any()

    derived_again()

    har_online.run()
    online = results.read("har/online")
    assert online.provenance.parameters["hold"] in streaming.HOLDS
    assert list(online.frame["class"]) == ["slow", "fast"]
    assert online.frame["events"].sum() > 0
    altered(har_online, "har/online", "f1", 0.2)
    heard = results.read("har/online_heard")
    heard.arrays["said"][:] = 1 - heard.arrays["said"]
    with pytest.raises(LucioleError, match="har/online_heard stays stale: precision of slow"):
        attestation.sentence(
            har_online.rederive("har/online_heard", heard, np.random.default_rng(0), 1), "har/online_heard"
        )
    altered(har_online, "har/online_heard", "classifier.bias", 9)
    monkeypatch.setattr(har_online, "hear", None)  # nothing is trained to hear a recording again
    for units in (1, 2):
        sample = har_online.rederive("har/online", online, np.random.default_rng(0), units)
        again = [title for title in sample.columns if title.startswith("share of samples heard otherwise")]
        assert len(sample.units) == len(again) == units

    with pytest.raises(LucioleError, match="no trained network 'uci_har/MLP'; there are: uci_har/found, 9 k MACs"):
        har_models.trained("uci_har", "MLP")


def test_data_sets_that_are_not_here_are_left_out_and_named(small, monkeypatch):
    def nowhere():
        raise LucioleError("expected a folder, got none")

    plan = har_protocol.PLANS["uci_har"]
    monkeypatch.setattr(har_protocol, "PLANS", {"wisdm": replace(plan, load=nowhere), "uci_har": plan})
    assert har_protocol.here() == (["uci_har"], ["wisdm: expected a folder, got none"])
    assert har_protocol.here(["wisdm"]) == ([], ["wisdm: expected a folder, got none"])
