"""Event metrics against a plain walk over the time line, and against cases drawn by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.sensors.events import compare, delays, events_of

binary = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def piece_names(truth, guess):
    """Name every sample by walking to the nearest piece of another kind on either side."""
    names = []
    for t in range(len(truth)):
        kind = (truth[t], guess[t])
        left = right = t
        while left >= 0 and (truth[left], guess[left]) == kind:
            left -= 1
        while right < len(truth) and (truth[right], guess[right]) == kind:
            right += 1
        beside = sum(0 <= end < len(truth) and truth[end] and guess[end] for end in (left, right))
        if kind == (True, False):
            names.append(("deletion", "underfill", "fragmentation")[beside])
        elif kind == (False, True):
            names.append(("insertion", "overfill", "merge")[beside])
        else:
            names.append("correct" if truth[t] else "quiet")
    return names


@given(binary)
def test_samples_are_named_as_by_a_plain_walk(pairs):
    truth, guess = (list(each) for each in zip(*pairs, strict=True))
    scores = compare(np.array(truth, int), np.array(guess, int), label=1)
    names = piece_names(truth, guess)
    for name in ("correct", "deletion", "underfill", "fragmentation", "insertion", "overfill", "merge"):
        assert getattr(scores, name) == names.count(name), name
    assert scores.correct + scores.deletion + scores.underfill + scores.fragmentation == scores.positive
    assert scores.insertion + scores.merge + scores.overfill <= scores.negative
    assert scores.positive + scores.negative == len(pairs)
    assert (
        scores.recognised + scores.deleted
        <= scores.events
        == len([e for e in events_of(np.array(truth, int)) if e.label == 1])
    )


def test_a_perfect_and_an_absent_recogniser():
    truth = np.repeat([0, 1, 0, 1, 0], [3, 4, 2, 6, 1])
    perfect = compare(truth, truth, 1)
    assert (perfect.recognised, perfect.deleted, perfect.inserted, perfect.correct) == (2, 0, 0, 10)
    absent = compare(truth, np.zeros_like(truth), 1)
    assert (absent.recognised, absent.deleted, absent.deletion, absent.found) == (0, 2, 10, 0)


def test_one_long_guess_merges_two_events():
    scores = compare(np.array([1, 1, 0, 1, 1]), np.ones(5, int), 1)
    assert (scores.merge, scores.merged, scores.recognised, scores.found) == (1, 2, 0, 1)


def test_delays_wait_for_a_guess_that_holds():
    truth = np.repeat([0, 2, 0, 1], [2, 6, 2, 3])
    guess = np.array([0, 2, 0, 2, 0, 2, 2, 2, 0, 0, 0, 0, 0])
    assert delays(truth, guess, ignore=0)[0] == 1
    assert delays(truth, guess, hold=2, ignore=0)[0] == 3
    assert np.isnan(delays(truth, guess, ignore=0)[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare(np.zeros(3), np.zeros(4), 1), r"\(3,\) and \(4,\)"),
        (lambda: compare(np.zeros(0), np.zeros(0), 1), "one shape"),
        (lambda: events_of(np.zeros((2, 2))), r"\(2, 2\)"),
        (lambda: delays(np.zeros(3), np.zeros(3), hold=0), "at least one"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(LucioleError, match=message):
        call()
