"""Distillation in small: targets of people unseen, weights that differ, and a sample that is trained again."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

from luciole import results
from luciole.datasets.dataset import Dataset
from luciole.design import rivals, tasks
from luciole.experiments.har import distilled
from luciole.networks import har1d


@pytest.fixture(scope="module")
def six():
    """Six people; of the last one all labels of the first two classes are exchanged."""
    rng = np.random.default_rng(0)
    y = np.arange(6 * 18) % 3
    who = np.arange(len(y)) // 18
    X = np.sin((0.2 + 0.25 * y)[:, None, None] * np.arange(32) + rng.uniform(0, 6, (len(y), 2, 1)))
    X = (X + 0.1 * rng.normal(size=X.shape)).astype(np.float32)
    odd = np.where(who == 5, np.array([1, 0, 2])[y], y)
    return Dataset("six", X, odd, ("a", "b", "c"), ("ax", "ay"), hz=25.0, subject=who)


@pytest.fixture(scope="module")
def ran(six, tmp_path_factory):
    """The experiment with short trainings, and the calls that it makes."""
    folder = tmp_path_factory.mktemp("distilled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUCIOLE_CACHE", str(folder / "cache"))
        patch.setattr(distilled, "read", lambda name, options: six)
        patch.setattr(distilled, "STEPS", 6)
        patch.setitem(rivals.ON_FEATURES, distilled.TEACHER, lambda seed: RandomForestClassifier(9, random_state=seed))
        patch.setattr(distilled, "SEEDS", 1)
        patch.setattr(distilled, "benches", lambda dataset, made=distilled.benches: made(dataset)[:2])
        write = results.write
        patch.setattr(results, "write", lambda *given, **more: write(*given, folder=folder, **more))
        distilled.run()
        yield results.read(distilled.NAME, folder)


def test_probabilities_of_a_person_come_from_forests_that_never_saw_them(six):
    rows = np.arange(len(six))
    told = distilled.taught_by(six, rows, 0).numpy()
    np.testing.assert_allclose(told.sum(axis=1), 1, atol=1e-6)
    odd = (six.subject == 5) & (six.y != 2)
    assert (told.argmax(axis=1) == six.y)[six.subject != 5].mean() > 0.9
    assert (told.argmax(axis=1) == six.y)[odd].mean() < 0.1  # who had seen them would know


def test_targets_that_are_labels_train_as_the_learner_does(six):
    taught = tasks.learner(six, np.arange(72), 4)
    hard = torch.nn.functional.one_hot(taught.y, 3).float()
    pair = [har1d.build(distilled.genes(), 2, 3, torch.Generator().manual_seed(1)) for _ in range(2)]
    taught.fit(pair[0], torch.Generator().manual_seed(2))
    distilled.fit(taught, pair[1], hard, torch.Generator().manual_seed(2))
    for one, other in zip(pair[0].state_dict().values(), pair[1].state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_everybody_is_judged_with_every_weight_and_the_weights_differ(ran, six):
    frame = ran.frame
    assert set(frame["weight"]) == set(distilled.WEIGHTS)
    for _, mine in frame.groupby(["bench", "weight"]):
        assert mine["person"].is_unique
        assert (mine["windows"] == 18).all()
    sides = [frame[frame["weight"] == weight].drop(columns="weight").to_numpy() for weight in distilled.WEIGHTS]
    assert not all(np.array_equal(sides[0], other) for other in sides[1:])
    assert ran.provenance.holds == (2, 2)


def test_a_sample_is_trained_again_and_an_altered_count_is_seen(ran):
    sample = distilled.rederive(distilled.NAME, ran, np.random.default_rng(0), 1)
    assert (sample.of, len(sample.units)) == (2, 1)
    assert not any(column.differing().any() for column in sample.columns.values())
    altered = ran.frame.assign(right=(ran.frame["right"] + 9) % 19)
    sample = distilled.rederive(
        distilled.NAME, results.Result(altered, ran.provenance, ran.stale), np.random.default_rng(0), 1
    )
    assert all(column.differing().any() for column in sample.columns.values())
