"""The streaming recogniser answers as windows cut beforehand do, however the stream arrives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.sensors.events import events_of
from luciole.sensors.recogniser import Recogniser

CENTER, SCALE = np.array([0.5, -1.0]), np.array([2.0, 3.0])


def classify(windows):
    """Three classes by the sign of a weighted mean: any function of the window alone will do."""
    value = (windows * np.linspace(0.2, 1, windows.shape[-1])).mean(axis=(1, 2))
    return np.stack([-value, np.full_like(value, 0.05), value], axis=1)


def offline(stream, length, hop):
    """Labels from windows cut beforehand: each decision stands for the samples it is the newest of."""
    labels = np.zeros(0, int)
    for start in range(0, len(stream) - length + 1, hop):
        window = (((stream[start : start + length] - CENTER) / SCALE).T[None]).astype(np.float32)
        decision = classify(window).argmax()
        labels = np.append(labels, np.full(length if start == 0 else hop, decision))
    return labels


@settings(deadline=None)
@given(
    seed=st.integers(0, 1000),
    cuts=st.lists(st.integers(0, 200), max_size=12),
    length=st.integers(1, 30),
    data=st.data(),
)
def test_same_as_offline_however_it_is_cut(seed, cuts, length, data):
    hop = data.draw(st.integers(1, length))
    stream = np.cumsum(np.random.default_rng(seed).standard_normal((200, 2)), axis=0)
    recogniser = Recogniser(classify, 2, length, hop, CENTER, SCALE)
    found = []
    for piece in np.split(stream, sorted(cuts)):
        found += recogniser.push(piece)
    found += recogniser.finish()
    assert found == events_of(offline(stream, length, hop))


def test_holding_suppresses_short_changes():
    script = iter([0, 0, 1, 0, 1, 1, 1, 0, 0])
    recogniser = Recogniser(lambda windows: np.eye(2)[[next(script) for _ in windows]], 1, 2, 2, hold=2)
    events = recogniser.push(np.zeros((18, 1))) + recogniser.finish()
    assert [(e.label, e.start, e.stop) for e in events] == [(0, 0, 8), (1, 8, 14), (0, 14, 18)]


def test_the_class_in_force_and_forgetting():
    recogniser = Recogniser(classify, 2, 5, 1)
    assert recogniser.current is None
    recogniser.push(np.full((5, 2), 9.0))
    assert recogniser.current == 2
    recogniser.finish()
    assert recogniser.current is None and recogniser.push(np.full((4, 2), 9.0)) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Recogniser(classify, 2, 4, 5), "samples would be lost"),
        (lambda: Recogniser(classify, 0, 4, 1), "channels of at least 1"),
        (lambda: Recogniser(classify, 2, 4, 1).push(np.zeros((3, 3))), r"\(n, 2\), got \(3, 3\)"),
        (lambda: Recogniser(classify, 2, 4, 1).push([[0, 0], [0, np.nan]]), "sample 1 of this push"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(LucioleError, match=message):
        call()
