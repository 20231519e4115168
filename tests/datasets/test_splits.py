"""Splits: nobody, and no recording, on two sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luciole import datasets
from luciole.datasets import TEST, TRAIN, VALIDATION, Dataset, splits
from luciole.errors import LucioleError


def make(subject=None, recording=None, official=None, n=60, X=None):
    X = np.random.default_rng(0).normal(size=(n, 2, 8)) if X is None else X
    y = np.arange(n) % 3
    return Dataset("made", X, y, ("a", "b", "c"), ("x", "y"), 10.0, subject, recording, official)


def sides(split):
    return {"train": split.train, "validation": split.validation, "test": split.test}


def assert_disjoint(split, group, n):
    """Every window is in exactly one part, and no group in two."""
    parts = list(sides(split).values())
    assert sorted(np.concatenate(parts)) == list(range(n))
    held = [set(group[part].tolist()) for part in parts]
    assert all(held)
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])


@given(
    people=st.integers(3, 12),
    seed=st.integers(0, 5),
    validation=st.floats(0.05, 0.6),
    test=st.floats(0.05, 0.6),
)
def test_parts_share_no_subject(people, seed, validation, test):
    subject = np.random.default_rng(people).permutation(np.arange(60) % people)
    split = splits.by_subject(make(subject), seed, validation, test)
    assert_disjoint(split, subject, 60)


def test_windows_of_one_recording_are_never_on_both_sides():
    """Also where nobody is named: overlapping windows of a recording would be near-copies."""
    data = datasets.load("seglearn", overlap=0.75)
    for split in (splits.by_subject(data, seed=3), next(splits.leave_one_subject_out(data))[1]):
        assert_disjoint(split, data.recording, len(data))
        assert_disjoint(split, data.subject, len(data))
    unnamed = make(recording=np.repeat(np.arange(12), 5))
    assert_disjoint(splits.by_subject(unnamed, seed=1), unnamed.recording, 60)


def test_the_check_above_can_fail():
    leaking = splits.Split(np.arange(0, 60, 3), np.arange(1, 60, 3), np.arange(2, 60, 3))
    with pytest.raises(AssertionError):
        assert_disjoint(leaking, np.repeat(np.arange(12), 5), 60)


def test_the_official_test_subjects_are_kept_and_validation_comes_from_training():
    subject = np.repeat(np.arange(6), 10)
    official = np.where(subject >= 4, TEST, TRAIN)
    split = splits.by_subject(make(subject, official=official), seed=2)
    assert set(subject[split.test]) == {4, 5}
    assert_disjoint(split, subject, 60)


def test_an_official_validation_part_is_used():
    subject = np.repeat(np.arange(6), 10)
    official = np.select([subject == 5, subject == 4], [TEST, VALIDATION], TRAIN)
    split = splits.by_subject(make(subject, official=official))
    assert set(subject[split.validation]) == {4}


def test_without_subject_or_recording_no_split_is_made():
    with pytest.raises(LucioleError, match="near-copies"):
        splits.by_subject(make())


def test_two_subjects_cannot_make_three_parts():
    with pytest.raises(LucioleError, match="at least 3 subjects"):
        splits.by_subject(make(np.repeat([1, 2], 30)))


def test_leave_one_out_tests_everybody_once():
    subject = np.repeat(np.arange(5), 12)
    seen = []
    for who, split in splits.leave_one_subject_out(make(subject), seed=0):
        assert_disjoint(split, subject, 60)
        assert set(subject[split.test]) == {who}
        seen.append(who)
    assert seen == list(range(5))


def test_normalisation_sees_the_training_part_only():
    """Changing the test windows changes neither the constants nor the training part."""
    subject = np.repeat(np.arange(6), 10)
    data = make(subject)
    split = splits.by_subject(data, seed=0)
    changed = data.X.copy()
    changed[np.concatenate([split.validation, split.test])] += 1000
    one, other = splits.parts(data, split), splits.parts(make(subject, X=changed), split)
    np.testing.assert_array_equal(one.train[0], other.train[0])
    np.testing.assert_array_equal(one.normalisation.mean, other.normalisation.mean)
    assert abs(float(one.train[0].mean())) < 1e-6


def test_the_same_seed_gives_the_same_split_and_another_another():
    subject = np.repeat(np.arange(10), 6)
    one, same, other = (splits.by_subject(make(subject), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.test, same.test)
    assert set(subject[one.test]) != set(subject[other.test])
