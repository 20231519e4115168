"""The contest's protocol: windows, groups, macro-F1; contestants that see nothing of whom they are tested on."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.har import arena
from luciole.experiments.har import arena_protocol as protocol

HZ, CLASSES = 10.0, ("still", "slow", "fast")


def recordings(people=11, length=100):
    """Three activities of each person: a wave of another pace each, and noise."""
    rng = np.random.default_rng(0)
    for person in range(people):
        for activity in range(len(CLASSES)):
            wave = np.sin(np.arange(length) * activity * 0.7)[:, None] * (1 + 0.1 * person)
            yield wave + 0.3 * rng.normal(size=(length, 2)), 7 * person + 3, activity


@pytest.fixture
def dataset():
    return protocol.windows("invented", recordings(), CLASSES, ("x", "y"), HZ)


@pytest.mark.parametrize(("length", "count"), [(30, 0), (31, 1), (45, 1), (46, 2), (61, 3)])
def test_a_window_needs_one_sample_more_than_three_seconds(length, count):
    signal = np.arange(length)[:, None].astype(float)
    other = np.zeros((100, 1))
    held = protocol.windows("one", iter([(signal, 1, 0), (other, 2, 1)]), ("a", "b"), ("x",), HZ)
    mine = held.X[held.subject == 1]
    assert mine.shape == (count, 1, 30)
    assert [window[0, 0] for window in mine] == [15 * number for number in range(count)]


def test_groups_are_dealt_out_by_number_and_each_is_tested_once(dataset):
    group = protocol.groups(dataset)
    assert {int(person): int(group[dataset.subject == person][0]) for person in np.unique(dataset.subject)} == {
        7 * number + 3: number % 10 for number in range(11)
    }
    tested = np.zeros(len(dataset), dtype=int)
    for number in range(10):
        lesson, X, y = protocol.fold(dataset, number)
        here = group == number
        tested += here
        assert (len(X), len(lesson.X)) == (here.sum(), (~here).sum())
        np.testing.assert_array_equal(y, dataset.y[here])
        assert not {*lesson.subject} & {*dataset.subject[here]}
        assert lesson.stopping.mean() == pytest.approx(0.2, abs=0.01)
        learnt = lesson.X[~lesson.stopping]
        np.testing.assert_allclose(learnt.mean(axis=(0, 2)), 0, atol=1e-4)
        np.testing.assert_allclose(learnt.std(axis=(0, 2)), 1, atol=1e-4)
    assert (tested == 1).all()
    few = dataset.subject < 60
    with pytest.raises(LucioleError, match="invented: expected 10 people or more for ten groups, got 9"):
        protocol.groups(replace(dataset, X=dataset.X[few], y=dataset.y[few], subject=dataset.subject[few],
                                recording=dataset.recording[few]))  # fmt: skip
    with pytest.raises(LucioleError, match="among uci_har, hapt, got 'mnist'"):
        protocol.load("mnist")


def test_folds_inside_a_lesson_are_by_people(dataset):
    lesson, _, _ = protocol.fold(dataset, 0)
    held = 0
    for part, X, y in protocol.inner(lesson):
        assert len(part.X) + len(X) == len(lesson.X)
        assert len(part.stopping) == len(part.y) == len(part.subject) == len(part.X)
        assert len(X) == len(y)
        outside = np.setdiff1d(lesson.subject, part.subject)
        assert len(X) == np.isin(lesson.subject, outside).sum()
        held += len(X)
    assert held == len(lesson.X)


def test_macro_f1_counts_a_class_that_is_absent_as_nothing():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(3, size=200), rng.integers(3, size=200)
    counts = protocol.confusion(true, predicted, 4)
    assert counts.sum() == 200
    theirs = f1_score(true, predicted, average="macro", labels=range(4), zero_division=0)
    assert protocol.macro_f1(counts) == pytest.approx(theirs)
    assert protocol.macro_f1(np.diag([5, 5, 0, 5])) == pytest.approx(0.75)


def test_a_choice_that_reads_the_tested_people_is_caught(dataset):
    def nearest(X, y):
        return lambda asked: y[[np.square(X - one).sum(axis=(1, 2)).argmin() for one in asked]]

    def honest(lesson):
        return nearest(lesson.X, lesson.y)

    def leaking(lesson):
        """Chooses between two classifiers by the tested people, whom it takes from the data set itself."""
        tested = protocol.groups(dataset) == 2
        rivals = [nearest(lesson.X[lesson.y != lost], lesson.y[lesson.y != lost]) for lost in range(len(CLASSES))]
        return max(rivals, key=lambda one: np.mean(one(dataset.X[tested]) == dataset.y[tested]))

    before = dataset.X.copy(), dataset.y.copy()
    assert protocol.blind(honest, dataset, group=2)
    assert not protocol.blind(leaking, dataset, group=2)
    np.testing.assert_array_equal(dataset.X, before[0])
    np.testing.assert_array_equal(dataset.y, before[1])


def test_every_contestant_is_blind_and_learns(dataset):
    for name, contestant in arena.contestants().items():
        assert protocol.blind(contestant, dataset, group=1), name
        if name.startswith("SVM"):
            continue  # its kernel is as wide as the columns spread, unscaled: the length drowns the rest
        lesson, X, y = protocol.fold(dataset, 1)
        counts = protocol.confusion(y, contestant(lesson)(X), lesson.classes)
        assert protocol.macro_f1(counts) > 0.6, name


def test_minimal_features_are_those_of_tsfresh():
    window = np.array([[[3.0, -5.0, 1.0, 1.0]]])
    expected = [0, 1, 0, 4, 3, 9, 3, 3, 5, -5]  # sum, median, mean, length, deviation, variance, rms, max, |max|, min
    np.testing.assert_allclose(arena.minimal(window), [expected])


def test_the_contest_is_written_and_derived_again(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(protocol, "SETS", {"hapt": None})
    monkeypatch.setattr(protocol, "load", lambda name: dataset)
    monkeypatch.setattr(arena, "TREES", 3)
    arena.run()
    kept = results.read("har/arena")
    shown = arena.table(kept.arrays).set_index("model")
    assert {*shown.index} == {*arena.contestants()}
    assert kept.arrays["hapt/LDA, statistics/counts"].sum() == len(dataset)
    assert shown.loc["LDA, statistics", "macro_f1"] > 90
    assert (shown["present"] >= shown["macro_f1"] - 1e-9).all()
    sample = arena.rederive("har/arena", kept, np.random.default_rng(0), None)
    assert "came out the same" in attestation.sentence(sample, "har/arena")
    for counts in kept.arrays.values():
        counts += 6
    with pytest.raises(LucioleError, match="hapt, .*, group .* is"):
        attestation.sentence(arena.rederive("har/arena", kept, np.random.default_rng(0), 1), "har/arena")


@pytest.mark.check
def test_the_real_windows_are_as_many_as_the_contest_has():
    counts = {}
    for name in protocol.SETS:
        try:
            counts[name] = np.bincount(protocol.load(name).y)
        except LucioleError as reason:
            pytest.skip(str(reason))
    assert counts["uci_har"].sum() == 8188
    assert (counts["hapt"].sum(), counts["hapt"].min()) == (9056, 15)
