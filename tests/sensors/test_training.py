"""Training one sensor network: what it learns from, what it keeps, what it reports."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.sensors.augmentation import Augmentation
from luciole.sensors.training import Average, Learner, Report, Settings, mixed
from luciole.training import Recipe


def walking(n=240, seed=0):
    """Two activities, fast and slow waves, worn by six people."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    phase = rng.uniform(0, 6, size=(n, 1, 1))
    X = np.sin((0.3 + 0.5 * y)[:, None, None] * np.arange(32) + phase) + 0.1 * rng.normal(size=(n, 3, 32))
    return Dataset("toy", 5 + 2 * X, y, ("slow", "fast"), ("a_x", "a_y", "a_z"), subject=np.arange(n) % 6)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv1d(3, 8, 5), nn.BatchNorm1d(8), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 2)
    )


SETTINGS = Settings(
    Recipe(epochs=12, batch=16), Augmentation(rotation=5, speed=0.05, jitter=0.05, mixing=0.2), averaging=0.9
)
TRAIN, TEST = np.flatnonzero(np.arange(240) % 6 < 4), np.flatnonzero(np.arange(240) % 6 >= 4)


def test_it_learns_and_reports_by_person():
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    trained = network()
    assert learner.fit(trained, torch.Generator().manual_seed(0)) > 0
    report = learner.judge(trained, data, TEST)
    assert report.accuracy > 0.9 and set(report.subjects) == {4, 5}
    assert report.confusion.sum() == len(TEST)
    assert report.accuracy == pytest.approx(np.trace(report.confusion) / len(TEST))


def test_the_same_seed_trains_the_same_network_and_another_one_does_not():
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    trained = [network() for _ in range(3)]
    for one, seed in zip(trained, (0, 0, 1), strict=True):
        learner.fit(one, torch.Generator().manual_seed(seed))
    first, same, other = (learner.answers(one, data.X[TEST]) for one in trained)
    assert (first == same).all() and (first != other).any()


def test_constants_come_from_the_training_part_alone():
    data = walking()
    spoiled = replace(data, X=np.where((np.arange(240) % 6 >= 4)[:, None, None], 1e6, data.X))
    ours, theirs = (Learner.of(each, TRAIN, SETTINGS).normalisation for each in (data, spoiled))
    assert (ours.mean == theirs.mean).all() and (ours.deviation == theirs.deviation).all()


def test_the_average_follows_the_weights_and_forgets_the_first():
    linear = nn.Linear(1, 1, bias=False)
    kept = Average(linear, 0.5)
    values = []
    for step in range(40):
        with torch.no_grad():
            linear.weight.fill_(float(step >= 20))
        kept.add(step)
        values.append(float(kept.mean[0]))
    assert values[19] < 1e-3 and values[-1] > 0.999
    kept.put()
    assert float(linear.weight.detach()) == pytest.approx(values[-1])
    before = linear.weight.clone()
    last = Average(linear, 0.0)
    last.add(0)
    last.put()
    assert torch.equal(before, linear.weight)


def test_mixed_targets_are_shares_of_two_classes():
    X, targets = torch.arange(8.0)[:, None, None], torch.eye(8)
    windows, shares = mixed(X, targets, 0.4, torch.Generator().manual_seed(0))
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(8))
    torch.testing.assert_close(shares @ torch.arange(8.0), windows[:, 0, 0])
    assert (shares.max(dim=1).values >= 0.5).all()


def test_a_report_counts_what_occurs():
    report = Report.of(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]), np.array([7, 7, 8, 8]), 3)
    assert (report.accuracy, report.subjects) == (0.75, {7: 1.0, 8: 0.5})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Settings(averaging=1.0), "averaging from 0"),
        (lambda: Learner.of(walking(), TRAIN[:8], SETTINGS), "at least one batch of 16 training windows, got 8"),
        (
            lambda: Learner.of(walking(), TRAIN, Settings(Recipe(epochs=1, batch=16, rate=1e30))).fit(
                network(), torch.Generator().manual_seed(0)
            ),
            "not finite after epoch 1",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(LucioleError, match=message):
        call()
