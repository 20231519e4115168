"""Continuous skeletons on invented videos, small: folds by subject, every video heard once, and what the tables say."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from luciole import attestation, results
from luciole.datasets.skeleton_streams import streams, windows
from luciole.datasets.skeletons import Video
from luciole.errors import LucioleError
from luciole.experiments.skeletons import online as experiment
from luciole.training import Recipe

ACTIONS = ("wave", "clap")


def invented():
    rng = np.random.default_rng(0)
    for number in range(20):
        labels = np.repeat([-1, 0, -1, 1], 24)
        joints = rng.normal(0, 0.05, size=(96, 3, 3)).astype(np.float32)
        joints[:, 1, 1] += np.where(labels == 0, np.sin(np.arange(96)), 0)
        joints[:, 2, 0] += np.where(labels == 1, np.sin(0.5 * np.arange(96)), 0)
        yield Video(1 + number // 2, number, joints, labels)


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    held = streams(invented(), len(ACTIONS))
    monkeypatch.setattr(experiment, "data", lambda: (held, windows(held, ACTIONS, 32, 4)))
    monkeypatch.setattr(experiment.skeletons, "utkinect", lambda: windows(held, ACTIONS, 32, 4))
    monkeypatch.setattr(experiment, "SCORED", 2)
    quick = replace(experiment.SETTINGS, recipe=Recipe(epochs=2, batch=16, windows=64))
    monkeypatch.setattr(experiment, "SETTINGS", quick)
    monkeypatch.setattr(experiment, "FOLDS", ((1, 2, 3), (4, 5, 6)))
    monkeypatch.setattr("luciole.experiments.skeletons.pipeline.FOLDS", experiment.FOLDS)
    return experiment


@pytest.mark.check  # a quarter of a minute
def test_every_video_is_heard_once_and_the_tables_add_up(small, monkeypatch):
    small.run()
    result = results.read("skeletons/online")
    assert set(result.frame["arm"]) == set(small.ARMS)
    for arm in result.provenance.parameters["arms"]:
        assert arm["frames"] == 12 * 96 and len(arm["macro_f1_folds"]) == len(small.FOLDS)
        mine = result.frame[result.frame["arm"] == arm["arm"]]
        assert arm["macro_f1"] == pytest.approx(mine["f1"].mean())
        assert mine["class"].tolist() == ["wave", "clap", "background"]
        assert mine["events"].tolist() == [12, 12, 24]
        assert (np.array(arm["macs"]) > 0).all()
        if arm["arm"] != small.RIVAL:
            assert (np.array(arm["macs"]) <= small.LIMIT).all()

    monkeypatch.setattr(small, "shard", cache(small.shard))  # each fold is heard again once

    def again(units=2):
        sample = small.rederive("skeletons/online", result, np.random.default_rng(0), units)
        return attestation.sentence(sample, "skeletons/online")

    assert "numbers of 2 of 6 units" in again()
    kept = result.provenance.parameters["arms"]
    altered = [arm | {"macro_f1_folds": [f1 + 0.2 for f1 in arm["macro_f1_folds"]]} for arm in kept]
    result.provenance.parameters["arms"] = altered
    with pytest.raises(LucioleError, match="macro-F1 of recordings and windows of "):
        again()
    result.provenance.parameters["arms"] = kept
    result.frame.loc[2, "f1"] += 0.01
    with pytest.raises(LucioleError, match="macro-F1 of found"):
        again()
