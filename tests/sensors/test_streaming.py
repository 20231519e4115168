"""What is chosen and heard on recordings made here: by people, with the waiting chosen away from the test people."""

from dataclasses import dataclass

import numpy as np
import pytest
from torch import nn

from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import cut, majority
from luciole.errors import LucioleError
from luciole.networks.initial import initialise
from luciole.sensors import streaming
from luciole.sensors.training import Settings
from luciole.training import Recipe


@dataclass(frozen=True)
class Level:
    """A signal that is low or high, for 60 samples at a time, with noise."""

    subject: int
    signal: np.ndarray
    labels: np.ndarray


def recordings(people=6):
    rng = np.random.default_rng(0)
    for person in range(people):
        labels = np.repeat(rng.permutation([0, 1, 0, 1, 0]), 60)
        labels[:5] = -1
        level = np.where(labels == 1, 1.0, -1.0)[:, None]
        yield Level(person, (level + 0.3 * rng.normal(size=(300, 2))).astype(np.float32), labels)


def windows(held):
    X = [cut(one.signal, 16, 8) for one in held]
    y = [majority(one.labels, 16, 8, share=0.1) for one in held]
    who = np.repeat([one.subject for one in held], [len(one) for one in X])
    return Dataset("toy", np.concatenate(X), np.concatenate(y), ("low", "high"), ("x", "y"), subject=who)


def build(generator):
    return initialise(nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2, 2)), generator)


SETTINGS = Settings(Recipe(epochs=20, batch=16, rate=0.1))


def test_the_test_people_are_heard_and_no_one_else():
    held = list(recordings())
    data = windows(held)
    split = splits.by_subject(data, seed=0)
    heard = streaming.hear(data, split, held, build, SETTINGS, hop=4)
    tested = set(data.subject[split.test].tolist())
    expected = [one.labels for one in held if one.subject in tested]
    assert [truth.tolist() for truth in heard.truth] == [labels.tolist() for labels in expected]
    assert heard.accuracy > 0.85 and heard.windows.accuracy > 0.85
    assert set(heard.holds) == set(streaming.HOLDS) and heard.holds[heard.hold] == max(heard.holds.values())
    assert heard.seconds > 0


def test_what_is_chosen_does_not_depend_on_the_test_people():
    held = list(recordings())
    data = windows(held)
    split = splits.by_subject(data, seed=0)
    tested = set(data.subject[split.test].tolist())
    spoiled = [Level(one.subject, one.signal + 50 * (one.subject in tested), one.labels) for one in held]
    first = streaming.hear(data, split, held, build, SETTINGS, hop=4)
    other = streaming.hear(windows(spoiled), split, spoiled, build, SETTINGS, hop=4)
    assert first.holds == other.holds
    assert other.accuracy < first.accuracy


def test_a_stream_that_is_answered_otherwise_is_refused(monkeypatch):
    held = list(recordings())
    data = windows(held)
    monkeypatch.setattr(streaming, "offline", lambda recogniser, signal: np.zeros(len(signal), dtype=np.int64))
    with pytest.raises(LucioleError, match="otherwise than windows cut beforehand"):
        streaming.hear(data, splits.by_subject(data, seed=0), held, build, SETTINGS, hop=4)


def test_the_same_seed_hears_the_same():
    held = list(recordings())
    data = windows(held)
    split = splits.by_subject(data, seed=0)
    one, two = (streaming.hear(data, split, held, build, SETTINGS, hop=4) for _ in range(2))
    assert [a.tolist() for a in one.said] == [b.tolist() for b in two.said]
