"""Training as the contest trains: weights of classes, stopping, the best state; a result that grows group by group."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.har import arena_protocol, arena_published, arena_training
from luciole.experiments.har.arena_training import Training


@pytest.fixture(scope="module")
def dataset(contest_windows):
    return contest_windows("invented")


class Small(nn.Module):
    """The channels' deviations, and a line."""

    def __init__(self, channels=2, classes=3):
        super().__init__()
        self.line, self.dropout = nn.Linear(channels, classes), nn.Dropout(0.1)

    def forward(self, x):
        return self.line(self.dropout(x.std(dim=2)))


def small(lesson, generator):
    torch.manual_seed(int(torch.randint(100, (1,), generator=generator)))
    return Small(lesson.X.shape[1], lesson.classes)


def test_weights_are_inverse_frequencies_and_an_absent_class_has_none():
    weights = arena_training.weights(np.array([0] * 6 + [2] * 2), 3)
    assert weights[0] * 6 == pytest.approx(float(weights[2] * 2))
    assert weights.tolist() == pytest.approx([0.5, 0, 1.5])


def test_the_best_state_is_kept_and_a_training_stops_without_a_better_one(dataset, monkeypatch):
    lesson, _, _ = arena_protocol.fold(dataset, 0)
    network = small(lesson, torch.Generator().manual_seed(0))
    told = iter([0.2, 0.5, 0.5, *[0.4] * 100])
    states = []

    def worth(counts):
        states.append(network.line.weight.detach().clone())
        return next(told)

    monkeypatch.setattr(arena_training, "macro_f1", worth)
    curve = arena_training.fit(network, lesson, Training())
    assert curve == [0.2, 0.5, 0.5, *[0.4] * (arena_training.PATIENCE - 1)]
    assert torch.equal(network.line.weight, states[1])
    assert not torch.equal(states[1], states[-1])


def test_a_training_learns_repeats_itself_and_sees_nobody_who_is_tested(dataset, monkeypatch):
    monkeypatch.setattr(arena_training, "RATE", 0.1)
    contestant = arena_training.trained(small, Training(most=25))
    assert arena_protocol.blind(contestant, dataset, group=3)
    lesson, X, y = arena_protocol.fold(dataset, 3)
    counts = arena_protocol.confusion(y, contestant(lesson)(X), lesson.classes)
    assert arena_protocol.macro_f1(counts) > 0.8
    assert np.array_equal(contestant(lesson)(X), contestant(lesson)(X))


def test_the_stopping_windows_are_not_trained_on(dataset):
    lesson, _, _ = arena_protocol.fold(dataset, 0)
    X, y = lesson.X.copy(), lesson.y.copy()
    X[lesson.stopping], y[lesson.stopping] = 0, 0
    networks = [small(lesson, torch.Generator().manual_seed(0)) for _ in range(2)]
    for network, told in zip(networks, (lesson, replace(lesson, X=X, y=y)), strict=True):
        arena_training.fit(network, told, Training(most=1))
    assert torch.equal(networks[0].line.weight, networks[1].line.weight)


def test_a_loss_that_is_not_finite_is_said(dataset):
    lesson, _, _ = arena_protocol.fold(dataset, 0)

    class Broken(Small):
        def forward(self, x):
            return super().forward(x) * float("nan")

    with pytest.raises(LucioleError, match="expected a finite loss, got nan in epoch 1"):
        arena_training.fit(Broken(), lesson, Training())


def test_the_result_holds_the_groups_that_are_there_and_is_begun_again(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(arena_protocol, "SETS", {"hapt": None})
    monkeypatch.setattr(arena_protocol, "load", lambda name: dataset)
    monkeypatch.setattr(arena_published, "Training", lambda most=3: Training(most=most))
    monkeypatch.setattr(arena_published, "FEATURES", 168)
    monkeypatch.setattr(arena_published, "PUBLISHED", {"CNN-HAR": lambda c, k, length, generator: Small(c, k)})
    tasks = [("hapt", model, group) for model in ("MiniRocket", "CNN-HAR") for group in (0, 2, 4)]
    assert {*tasks} < {*arena_published.tasks()}
    monkeypatch.setattr(arena_published, "tasks", lambda: tasks)
    arena_published.run(seconds=0)
    assert not results.names()
    arena_published.run()
    kept = results.read("har/arena_published")
    assert kept.arrays["hapt/CNN-HAR/groups"].tolist() == [0, 2, 4]
    tested = np.isin(arena_protocol.groups(dataset), [0, 2, 4])
    assert kept.arrays["hapt/CNN-HAR/counts"].sum() == tested.sum()
    assert np.isfinite(kept.arrays["hapt/CNN-HAR/worth"]).sum(axis=1).tolist() == [3, 3, 3]
    shutil.rmtree(tmp_path / "cache")
    with monkeypatch.context() as nothing:
        nothing.setattr(arena_published, "play", None)
        arena_published.run()  # all of it is in the result
    again = results.read("har/arena_published")
    assert all(np.array_equal(again.arrays[key], values, equal_nan=True) for key, values in kept.arrays.items())
    sample = arena_published.rederive("har/arena_published", kept, np.random.default_rng(0), None)
    assert len(sample.units) == 2
    assert arena_protocol.macro_f1(kept.arrays["hapt/MiniRocket/counts"][0]) > 0.8
    kept.arrays["hapt/CNN-HAR/worth"] += 0.2
    kept.arrays["hapt/MiniRocket/counts"] += 6
    with pytest.raises(LucioleError, match="hapt, .*, group .* is"):
        attestation.sentence(
            arena_published.rederive("har/arena_published", kept, np.random.default_rng(0), 3), "har/arena_published"
        )
