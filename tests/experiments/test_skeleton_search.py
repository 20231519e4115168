"""The skeleton pipeline on invented videos, small; its parts by subject, its memory, and what its results say."""

import numpy as np
import pandas as pd
import pytest

from luciole import attestation, results
from luciole.datasets import skeleton_images
from luciole.datasets.skeletons import Video
from luciole.errors import LucioleError
from luciole.experiments.skeletons import pipeline as experiment
from luciole.experiments.skeletons import search
from luciole.report import skeletons as analysis
from luciole.spaces import nb101
from luciole.training import Recipe


def invented():
    """Two videos a subject; in each, three actions that move another joint each."""
    rng = np.random.default_rng(0)
    for number in range(20):
        labels = np.repeat([7, 8, 9], 24)
        joints = rng.normal(0, 0.05, size=(72, 20, 3)).astype(np.float32)
        joints[np.arange(72), labels - 4, 1] += np.sin(np.arange(72))
        yield Video(1 + number // 2, number, joints, labels)


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(skeleton_images, "utkinect_videos", invented)
    monkeypatch.setattr(experiment, "space", lambda: (nb101, "drawn edge by edge"))
    settings = {"POPULATION": 3, "GENERATIONS": 1, "STEM": 5, "BATCH": 12, "PRICED": 1, "STEPS": 1, "REPEATS": 1}
    for name, value in {"HOP": 16, **settings}.items():
        monkeypatch.setattr(experiment, name, value)
    monkeypatch.setattr(experiment, "RECIPE", Recipe(epochs=2, batch=8, windows=16, evaluate=(1, 2)))
    names = ("found, 2.1", "random a, 2.1", "random b, 2.1", "small CNN")
    monkeypatch.setattr(experiment, "ARMS", tuple((name, "STIE") for name in names))
    experiment.data.cache_clear()
    yield experiment
    experiment.data.cache_clear()


def test_no_subject_and_no_video_is_in_two_parts(small):
    data = small.data()
    tested = []
    for fold in range(len(small.FOLDS)):
        parts = small.split(data, fold)
        subjects = [set(data.subject[rows]) for rows in (parts.train, parts.validation, parts.test)]
        videos = [set(data.recording[rows]) for rows in (parts.train, parts.validation, parts.test)]
        assert [len(group) for group in subjects] == [6, 2, 2]
        for group in (subjects, videos):
            assert len(set.union(*group)) == sum(map(len, group))
        tested.append(parts.test)
    assert sorted(np.concatenate(tested)) == list(range(len(data)))  # every window is tested once


def test_a_search_sees_training_windows_only_and_the_same_twice(small):
    data = small.data()
    train = data.X[small.split(data, 2).train]
    windows, _ = small.cut("STIE", 2).train
    assert len(windows) == len(train)
    once, again = small.search(2), small.search(2)
    assert once["asked"].sum() == once["evaluations"]
    for name in ("rows", "values", "asked", "found", "largest"):
        np.testing.assert_array_equal(once[name], again[name])
    at = np.trunc(once["values"]).argmax()
    np.testing.assert_array_equal(nb101.digests(once["found"]), nb101.digests(once["rows"][at]))


@pytest.mark.check  # a quarter of a minute
def test_a_run_goes_on_where_it_stopped_and_writes_both_results(small):
    search.run(seconds=0)
    assert not list(results.files.results().glob("*")) if results.files.results().exists() else True
    search.run()
    trainings, cells = results.read("skeletons/search"), results.read("skeletons/search_cells")
    assert trainings.stale == cells.stale == ()
    frame = trainings.frame
    assert frame["chosen"].sum() == 5 * 4 and len(frame) == 5 * 4 + 3  # for three networks one rate of two is given up
    assert set(frame["epochs"]) <= {1, 2}
    assert frame.loc[frame["chosen"]].groupby("network")["rate"].nunique().max() == 1
    table = analysis.table(frame).set_index("network")
    assert list(table.index) == ["found, 2.1", analysis.RANDOM, "small CNN"]
    assert (table["FPO"] == 2 * table["MACs"]).all() and table["accuracy"].between(0, 100).all()
    np.testing.assert_allclose(table["BCR FPO"], table["accuracy"] / table["FPO"])
    pairs = analysis.against(frame, "found, 2.1")
    assert pairs["better in"].between(0, 5).all()

    def again(name, kept, units):
        return attestation.sentence(search.rederive(name, kept, np.random.default_rng(0), units), name)

    assert "of 2 of 23 units" in again("skeletons/search", trainings, 2)
    frame["test_f1"] += 0.2
    with pytest.raises(LucioleError, match="test_f1 of .*, STIE, fold"):
        again("skeletons/search", trainings, 2)
    assert "of 3 of " in again("skeletons/search_cells", cells, 3)
    for column, message in (("values", "values of fold"), ("largest", "largest of fold"), ("evaluations", "")):
        kept = cells.arrays[column].copy()
        cells.arrays[column][...] = np.roll(kept, 1, axis=0) + (column != "largest")
        with pytest.raises(LucioleError, match=message):
            again("skeletons/search_cells", cells, 3)
        cells.arrays[column][...] = kept


def test_factors_compare_evaluation_with_evaluation():
    kept = {
        "evaluations": np.array([100, 100]),
        "cells": np.array([10, 10]),
        "seconds": np.array([6.0, 6.0]),
        "scoring": np.array([5.0, 5.0]),
        "window": np.full((2, 1), 0.01),
        "found": nb101.sample(np.random.default_rng(0), 2),
        "largest": nb101.sample(np.random.default_rng(1), 2),
    }
    told = analysis.factors(kept, windows=900).loc["100 epochs"]
    assert told["seconds a training"] == pytest.approx(0.01 * 900 * 100)
    assert told["factor"] == pytest.approx(900 / 0.5)
    assert told["factor remembered"] == pytest.approx(900 * 100 / 6)
    assert analysis.searches(kept)["forgetful seconds"].tolist() == [51, 51]


def test_pairs_are_within_folds():
    rows = [
        {"network": name, "encoding": "STIE", "fold": fold, "chosen": True, "test_accuracy": 0.5 + gap + fold / 10}
        for name, gap in (("a", 0.0), ("b", 0.05))
        for fold in range(4)
    ]
    told = analysis.against(pd.DataFrame(rows), "a").loc["b"]
    assert told["mean"] == pytest.approx(5) and told["error"] == pytest.approx(0, abs=1e-9) and told["better in"] == 4
    with pytest.raises(LucioleError, match="expected a network among a, b"):
        analysis.against(pd.DataFrame(rows), "c")
