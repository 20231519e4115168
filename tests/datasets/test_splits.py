"""Splits: nobody, and no recording, on two sides."""

from dataclasses import FrozenInstanceError

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


@pytest.mark.parametrize("windows", [[12], [12, 13, 14], range(10, 20)])
def test_a_recording_of_two_people_is_refused(windows):
    """Its windows would stand on both sides as soon as the two people do, however many of them there are."""
    subject, recording = np.repeat(np.arange(6), 10), np.repeat(np.arange(12), 5)
    assert_disjoint(splits.by_subject(make(subject, recording)), recording, 60)
    recording[[*windows]] = 40
    recording[30] = 40
    with pytest.raises(LucioleError, match="^made: .* of one subject each, got 1 and 3 in recording 40"):
        make(subject, recording)


@given(st.integers(1, 5), st.integers(3, 6), st.integers(0, 9))
def test_no_recording_is_on_two_sides(recordings, people, seed):
    rng = np.random.default_rng(seed)
    recording = np.append(np.arange(people * recordings), rng.integers(people * recordings, size=40))
    subject = recording % people
    data = make(subject, recording, n=len(subject))
    assert_disjoint(splits.by_subject(data, seed), recording, len(subject))
    for _, split in splits.leave_one_subject_out(data, seed):
        assert_disjoint(split, recording, len(subject))


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


@pytest.mark.parametrize("elsewhere", [TRAIN, VALIDATION])
def test_a_person_on_both_sides_of_a_published_split_is_refused(elsewhere):
    """One window is enough; the person is named; a split of one's own does not mind."""
    subject = np.repeat(np.arange(6) + 10, 10)
    official = np.where(subject >= 14, TEST, TRAIN)
    official[55] = elsewhere
    data = make(subject, official=official)
    with pytest.raises(LucioleError, match="made: subject 15 is on both sides of its official split"):
        splits.by_subject(data)
    assert_disjoint(splits.by_subject(data, official=False), subject, 60)


def test_a_person_between_published_training_and_validation_is_refused_too():
    subject = np.repeat(np.arange(6) + 10, 10)
    official = np.select([subject == 15, subject == 14], [TEST, VALIDATION], TRAIN)
    official[3] = VALIDATION
    with pytest.raises(LucioleError, match="subject 10 is on both sides"):
        splits.by_subject(make(subject, official=official))


@pytest.mark.parametrize("held", [[TRAIN], [VALIDATION, TRAIN], [TEST, VALIDATION]])
def test_a_published_split_without_a_part_to_train_or_to_test_is_refused(held):
    subject = np.repeat(np.arange(6), 10)
    official = np.array(held)[subject % len(held)]
    with pytest.raises(LucioleError, match="made: expected training and test windows in its official split"):
        splits.by_subject(make(subject, official=official))


@given(st.data())
def test_whatever_the_data_nobody_is_on_two_sides_or_lost(data):
    """Numbers with gaps, people of very different sizes in any order, published splits sound or not, any shares."""
    people = data.draw(st.lists(st.integers(-5, 10**6), min_size=1, max_size=7, unique=True))
    n = data.draw(st.integers(len(people), 40))
    subject = np.array([*people, *data.draw(st.lists(st.sampled_from(people), min_size=n - len(people), max_size=n))])
    n = len(subject)
    subject = subject[data.draw(st.permutations(range(n)))]
    official = None
    if data.draw(st.booleans()):
        side = {who: data.draw(st.sampled_from([TRAIN, VALIDATION, TEST])) for who in people}
        official = np.array([side[who] for who in subject.tolist()])
        for place in data.draw(st.lists(st.integers(0, n - 1), max_size=1)):
            official[place] = data.draw(st.sampled_from([TRAIN, VALIDATION, TEST]))
    published = official is not None and data.draw(st.booleans())
    share = st.floats(0.0, 1.0)

    def split():
        return splits.by_subject(
            make(subject, official=official, n=n), 0, data.draw(share), data.draw(share), published
        )

    refused = len(people) < 3
    if published:
        held = [set(official[subject == who].tolist()) for who in people]
        apart = all(len(parts) == 1 for parts in held)
        trained, chosen, tested = (sum(parts == {part} for parts in held) for part in (TRAIN, VALIDATION, TEST))
        refused = not (apart and trained and tested and (chosen or trained > 1))
    if refused:
        with pytest.raises(LucioleError):
            split()
        return
    split = split()
    assert_disjoint(split, subject, n)
    assert all(part.dtype == np.int64 and (np.diff(part) > 0).all() for part in sides(split).values())


@given(st.integers(3, 30), st.integers(0, 20), st.integers(0, 20), st.integers(0, 3))
def test_parts_have_the_share_of_people_that_was_asked_for(people, validation, test, seed):
    """Shares in twentieths of all people, rounded; at least one person each, and one at least is left to train on."""
    subject = np.repeat(np.arange(people), 2)
    split = splits.by_subject(make(subject, n=2 * people), seed, validation / 20, test / 20)
    tested, chosen = (len(np.unique(subject[part])) for part in (split.test, split.validation))
    assert tested == min(max(1, round(test / 20 * people)), people - 2)
    assert abs(chosen - min(max(1, validation / 20 * people), people - tested - 1)) <= 0.5


def test_defaults_are_a_fifth_each():
    split = splits.by_subject(make(np.arange(60)))
    assert [len(part) for part in sides(split).values()] == [36, 12, 12]
    for who, one in splits.leave_one_subject_out(make(np.arange(60))):
        assert [len(part) for part in sides(one).values()] == [47, 12, 1] and one.test.tolist() == [who]


def test_without_a_seed_it_is_zero():
    data = make(np.arange(60))
    unsaid, zero, one = splits.by_subject(data), splits.by_subject(data, seed=0), splits.by_subject(data, seed=1)
    assert all((sides(unsaid)[name] == rows).all() for name, rows in sides(zero).items())
    assert (unsaid.test != one.test).any()


def test_validation_people_are_a_share_of_all_people_also_beside_a_published_test_part():
    subject = np.arange(60)
    official = np.where(subject < 30, TEST, TRAIN)
    split = splits.by_subject(make(subject, official=official), validation=0.1)
    assert [len(part) for part in sides(split).values()] == [24, 6, 30]
    assert (split.test == np.arange(30)).all()
    drawn = splits.by_subject(make(subject, official=official), test=0.1, official=False)
    assert len(drawn.test) == 6 and not (drawn.test < 30).all()


def test_who_is_drawn_depends_on_the_seed_alone():
    """Everybody gets a turn in each part over the seeds, and neither names nor the order of windows matter."""
    subject = np.repeat(np.arange(8), 5)
    drawn = {name: set() for name in ("train", "validation", "test")}
    for seed in range(40):
        for name, part in sides(splits.by_subject(make(subject, n=40), seed)).items():
            drawn[name] |= set(subject[part].tolist())
    assert all(people == set(range(8)) for people in drawn.values())
    order = np.random.default_rng(0).permutation(40)
    one, shuffled = (splits.by_subject(make(who, n=40), 3) for who in (subject, subject[order]))
    assert set(subject[one.test]) == set(subject[order][shuffled.test])


def test_people_are_grouped_by_name_before_recording():
    subject, recording = np.repeat(np.arange(4), 15), np.repeat(np.arange(12), 5)
    assert splits.groups(make(subject, recording)) is not None
    assert (splits.groups(make(subject, recording)) == subject).all()
    assert (splits.groups(make(None, recording)) == recording).all()


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


def test_leaving_one_out_draws_validation_people_anew_each_time():
    subject = np.repeat(np.arange(10), 3)
    data = make(subject, n=30)
    for seed in (0, 1):
        rounds = [split for _, split in splits.leave_one_subject_out(data, seed, validation=1 / 3)]
        again = [split for _, split in splits.leave_one_subject_out(data, seed, validation=1 / 3)]
        assert all((a.validation == b.validation).all() for a, b in zip(rounds, again, strict=True))
        assert {len(np.unique(subject[split.validation])) for split in rounds} == {3}
        assert len({tuple(np.unique(subject[split.validation])) for split in rounds}) > 5
    first, second = (next(splits.leave_one_subject_out(data, seed))[1] for seed in (0, 1))
    assert set(subject[first.validation]) != set(subject[second.validation])


def test_leaving_one_out_needs_three_people_and_leaves_one_to_train_on():
    with pytest.raises(LucioleError, match="made: expected at least 3 subjects"):
        next(splits.leave_one_subject_out(make(np.repeat([1, 2], 30))))
    for _, split in splits.leave_one_subject_out(make(np.repeat([1, 2, 3], 20)), validation=1.0):
        assert [len(part) for part in sides(split).values()] == [20, 20, 20]


def test_splits_and_parts_are_not_changed_afterwards():
    data = make(np.repeat(np.arange(6), 10))
    split = splits.by_subject(data)
    for one in (split, splits.parts(data, split)):
        with pytest.raises(FrozenInstanceError):
            one.test = one.train


def test_parts_hold_the_windows_and_labels_of_their_rows():
    data = make(np.repeat(np.arange(6), 10))
    split = splits.by_subject(data)
    made = splits.parts(data, split)
    mean, deviation = (made.normalisation.mean[:, None], made.normalisation.deviation[:, None])
    np.testing.assert_allclose(mean[:, 0], data.X[split.train].mean(axis=(0, 2)), atol=1e-6)
    for name, rows in sides(split).items():
        windows, labels = getattr(made, name)
        assert (labels == data.y[rows]).all()
        np.testing.assert_allclose(windows * deviation + mean, data.X[rows], atol=1e-5)


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
