"""Who is where: nobody on two sides, everybody tested once where they are few, blocks that share no sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.datasets.dataset import TEST, TRAIN, Dataset
from luciole.design.parts import hop, part
from luciole.errors import LucioleError


def _data(subject=None, y=None, recording=None, official=None, X=None):
    n = len(subject if subject is not None else y if y is not None else recording)
    rng = np.random.default_rng(0)
    return Dataset(
        "toy",
        rng.normal(size=(n, 2, 8)) if X is None else X,
        np.arange(n) % 2 if y is None else y,
        tuple(f"class {k}" for k in range(20)),
        ("x", "y"),
        subject=subject,
        recording=recording,
        official=official,
    )


def _apart(parts):
    for bench in parts.benches:
        sides = [set(parts.unit[rows].tolist()) for rows in (bench.train, bench.validation, bench.test)]
        assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
        assert len(bench.train) and len(bench.validation)


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.integers(3, 30))
def test_nobody_is_on_two_sides_and_all_are_tested_where_they_are_few(seed, people):
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(people), rng.integers(4, 12, size=people))
    data = _data(subject, rng.integers(0, 3, size=len(subject)))
    parts = part(data, seed)
    _apart(parts)
    tested = np.concatenate([bench.test for bench in parts.benches])
    assert len(tested) == len(set(tested.tolist()))
    if people <= 20:
        assert not len(parts.benches[0].test)
        assert parts.folds and set(subject[tested]) == set(range(people))
        assert len(parts.benches) == 1 + (people if people <= 6 else 5)
    else:
        assert not parts.folds and 0.1 < len(tested) / len(data) < 0.35
    again = part(data, seed)
    assert all((one.train == other.train).all() for one, other in zip(parts.benches, again.benches, strict=True))


def test_people_who_did_a_few_things_each_still_teach_and_test_every_class():
    """The shape of a real set: sixteen people, fourteen classes, one who did all."""
    rng = np.random.default_rng(7)
    rows = [
        (label, person)
        for person in range(16)
        for label in (range(14) if person == 0 else rng.choice(14, rng.integers(2, 7), replace=False))
        for _ in range(4)
    ]
    y, subject = np.array(rows).T
    parts = part(_data(subject, y))
    _apart(parts)
    for bench in parts.benches:
        several = [label for label in range(14) if len(set(subject[y == label]) - set(subject[bench.test])) > 1]
        assert set(several) <= set(y[bench.train].tolist())
    alone = [label for label in range(14) if len(set(subject[y == label])) == 1]
    assert all(any(f"'class {label}'" in line for line in parts.said) for label in alone)


def test_two_people_are_tested_in_turn_and_choices_are_made_within_the_other():
    subject = np.repeat([0, 1], 40)
    parts = part(_data(subject, np.tile(np.repeat([0, 1], 20), 2), recording=np.arange(80) // 10))
    assert [set(subject[bench.test].tolist()) for bench in parts.benches] == [set(), {0}, {1}]
    for bench in parts.benches[1:]:
        assert not set(subject[bench.train].tolist()) & set(subject[bench.test].tolist())
        assert not set(bench.train.tolist()) & set(bench.validation.tolist())


@pytest.mark.parametrize("subject", [None, np.zeros(60, dtype=int)])
def test_without_people_recordings_are_kept_whole_and_it_is_said(subject):
    recording = np.arange(60) // 5
    parts = part(_data(subject, recording % 2, recording))
    assert parts.level == "recordings"
    _apart(parts)
    assert "too good for new people" in " ".join(parts.said)


def test_twenty_people_are_few_and_one_more_is_not():
    few, many = (part(_data(np.repeat(np.arange(people), 4))) for people in (20, 21))
    assert few.folds and not many.folds


def test_a_class_of_a_single_recording_leaves_blocks_of_time():
    recording = np.arange(60) // 5
    y = np.where(recording == 0, 2, recording % 2)
    parts = part(_data(y=y, recording=recording))
    assert parts.level == "blocks"
    assert all(set(y[rows].tolist()) == {0, 1, 2} for rows in (parts.benches[0].train, parts.benches[0].test))


@pytest.mark.parametrize("step", [1, 2, 4])
def test_blocks_of_one_class_share_no_sample_however_far_windows_overlap(step):
    starts = np.arange(100) * step
    signal = np.random.default_rng(0).normal(size=(2, starts[-1] + 8))
    X = np.stack([signal[:, start : start + 8] for start in starts])
    bench = part(_data(y=np.zeros(100, dtype=int), recording=np.zeros(100, dtype=int), X=X)).benches[0]
    ends = [(starts[rows].min(), starts[rows].max() + 8) for rows in (bench.train, bench.validation, bench.test)]
    assert ends[0][1] <= ends[1][0] and ends[1][1] <= ends[2][0]
    assert ends[1][0] - ends[0][1] < 2 * step  # and no more is left out than that takes


def test_one_recording_is_cut_into_blocks_that_share_no_sample():
    signal = np.random.default_rng(0).normal(size=(2, 4 * 300 + 8))
    starts = np.arange(300) * 4
    X = np.stack([signal[:, start : start + 8] for start in starts])
    y = (np.arange(300) // 50) % 2
    data = _data(y=y, recording=np.zeros(300, dtype=int), X=X)
    assert hop(data) == 4
    bench = part(data).benches[0]
    samples = [
        {sample for row in rows for sample in range(starts[row], starts[row] + 8)}
        for rows in (bench.train, bench.validation, bench.test)
    ]
    assert len(bench.train) > len(bench.test) > 20
    same = [set(y[rows].tolist()) for rows in (bench.train, bench.validation, bench.test)]
    assert same == [{0, 1}] * 3
    for first, second in ((0, 1), (1, 2), (0, 2)):
        within = samples[first] & samples[second]
        # runs of different classes border on each other; of one class none shares a sample
        assert len(within) <= 4 * 6


def test_a_published_split_stays_as_it_is():
    subject, official = np.arange(60) // 6, np.where(np.arange(60) < 42, TRAIN, TEST)
    parts = part(_data(subject, official=official))
    assert parts.published and (parts.benches[0].test == np.arange(42, 60)).all()
    _apart(parts)
    with pytest.raises(LucioleError, match="subject 6 is on both sides of its published split"):
        part(_data(subject, official=np.where(np.arange(60) < 40, TRAIN, TEST)))


def test_a_still_sensor_does_not_look_like_windows_that_repeat():
    assert hop(_data(y=np.zeros(5, dtype=int), X=np.ones((5, 2, 8)))) == 8
