"""The whole way on a data set made here: choices on the validation people, the test people read once."""

import numpy as np
import pytest

from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.search import leaders
from luciole.sensors.study import FOUND, Study, choose, load, shift, streams
from luciole.sensors.training import Settings
from luciole.training import Recipe

LIMIT = 6_000


def recorded(people=6, seconds=40, hz=10, seed=0):
    """Continuous recordings, two activities a person, cut into windows of 32 samples that overlap by half."""
    rng = np.random.default_rng(seed)
    X, y, subject, recording = [], [], [], []
    for person in range(people):
        for label in range(2):
            time = np.arange(seconds * hz)
            wave = np.sin((0.3 + 0.5 * label) * time[:, None] + rng.uniform(0, 6, size=3))
            signal = wave + 0.2 * rng.normal(size=(len(time), 3))
            for start in range(0, len(time) - 31, 16):
                X.append(signal[start : start + 32].T)
                y.append(label)
                subject.append(person)
                recording.append(2 * person + label)
    names = {"class_names": ("slow", "fast"), "channel_names": ("x", "y", "z"), "hz": float(hz)}
    return Dataset("toy", np.array(X), np.array(y), subject=np.array(subject), recording=np.array(recording), **names)


@pytest.fixture(scope="module")
def study():
    return Study(recorded(), LIMIT, Settings(Recipe(epochs=3, batch=16), Augmentation(rotation=5), averaging=0.9))


def test_the_way_from_search_to_contest(study):
    fitness, history = study.search(scored=12, reference=6)
    best = leaders(history, 2)
    assert fitness.allowed(best).all()
    short = study.audition(best, epochs=2)
    assert (short["macs"] <= LIMIT).all() and short["accuracy"].is_monotonic_decreasing
    assert (short["macs"] == fitness.macs(np.array(list(short["genotype"]), dtype=np.int8))).all()
    contest = study.contest(choose(short), ["MLP", "logistic regression"], epochs=4, seeds=[0, 1])
    assert len(contest.table) == 6 and set(contest.networks) == {FOUND, "MLP"}
    tested = set(np.unique(study.dataset.subject[study.split.test]).tolist())
    assert set(contest.people["subject"]) == tested
    assert contest.confusion.sum() == 2 * len(study.split.test)
    assert contest.table.groupby("model")["accuracy"].mean().loc["logistic regression"] > 0.9


def test_a_search_without_training_reads_neither_validation_nor_test(study):
    data = study.dataset
    spoiled = np.array(data.X)
    spoiled[np.concatenate([study.split.validation, study.split.test])] = 1e3
    other = Study(Dataset("toy", spoiled, data.y, data.class_names, data.channel_names, subject=data.subject), LIMIT)
    same = Study(Dataset("toy", data.X, data.y, data.class_names, data.channel_names, subject=data.subject), LIMIT)
    assert (other.search(8, reference=4)[1].values == same.search(8, reference=4)[1].values).all()


def test_streams_put_back_what_was_cut(study):
    data = study.dataset
    rows = np.flatnonzero(data.subject == 2)
    ((signal, labels),) = streams(data, rows)
    assert shift(data.X[rows]) == 16
    assert len(signal) == len(labels) == 2 * ((len(rows) // 2 - 1) * 16 + 32)
    np.testing.assert_array_equal(signal[:32].T, data.X[rows[0]])
    np.testing.assert_array_equal(signal[16:48].T, data.X[rows[1]])
    assert (np.unique(labels) == [0, 1]).all()
    assert shift(np.random.default_rng(0).normal(size=(4, 2, 8))) == 8


def test_names_and_paths_are_found(tmp_path, monkeypatch):
    data = recorded(people=3)
    path = tmp_path / "mine.npz"
    np.savez(path, X=data.X, y=data.y, subject=data.subject, hz=10.0)
    monkeypatch.chdir(tmp_path)
    assert len(load("mine.npz")) == len(data)
    monkeypatch.setattr("luciole.files.root", lambda: tmp_path)
    monkeypatch.chdir("/")
    assert len(load("mine.npz")) == len(data)
    with pytest.raises(LucioleError, match=r"'nowhere\.npz': expected a file"):
        load("nowhere.npz")


def test_an_unknown_rival_is_refused(study):
    with pytest.raises(LucioleError, match="no model 'VGG16' to compare with"):
        study.contest((3, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), ["VGG16"], epochs=1, seeds=[0])
