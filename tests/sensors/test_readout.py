"""Designs that read statistics: families that are whole and none twice, counted multiplications, trained readers."""

import numpy as np
import pytest
import torch

from luciole.errors import LucioleError
from luciole.networks import statistics
from luciole.sensors import readout
from luciole.sensors.features import features

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 3, 40)).astype(np.float32)


def test_families_are_all_the_statistics_and_the_features_beside_the_level():
    families = readout.described(X)
    assert tuple(families) == readout.FAMILIES
    whole = statistics.Statistics()(torch.from_numpy(X)).numpy()
    of_network = np.concatenate([families[name] for name in readout.FAMILIES[:5]], axis=1)
    np.testing.assert_array_equal(np.sort(of_network, axis=1), np.sort(whole, axis=1))  # each number once
    by_hand = features(X)
    np.testing.assert_array_equal(np.concatenate([families["bands"], families["pairs"]], axis=1), by_hand[:, 15:])
    numbers, _ = readout.Space(3, 40, 2, 100_000)._told()
    assert [family.shape[1] for family in families.values()] == numbers.tolist()


def row(*families, hidden=0, linear=0):
    return np.array([*(int(name in families) for name in readout.FAMILIES), hidden, linear, 0, 0])


def test_multiplications_by_hand():
    space = readout.Space(channels=2, length=8, classes=3, limit=10_000)
    rows = [row("extremes"), row("extremes", hidden=1), row("extremes", hidden=1, linear=1)]
    told = space.multiplications(np.array([*rows, row("level", linear=1), row("neighbours"), row("bands")]))
    four, six, one, ten = 4 * (1 + 3), 6 * (1 + 3), 1 * (1 + 3), 10 * (1 + 3)  # scaled, then three classes
    assert told.tolist() == [
        four,
        4 * (1 + 16) + 16 * 3,
        4 * (1 + 16 + 3) + 16 * 3,
        2 * 8 * 2 + six,
        8 * (2 + 1) + one,
        2 * (2 * 8 * 3 + 8) + ten,
    ]


def test_all_statistics_cost_no_less_than_the_networks_own_count():
    space = readout.Space(9, 150, 6, 10**6)
    _, products = space._told()
    assert products[:5].sum() >= statistics.multiplications(9, 150)


def test_draws_and_children_stay_within_the_limit():
    space = readout.Space(channels=6, length=150, classes=12, limit=9_000)
    rows = space.sample(np.random.default_rng(1), 30)
    children = space.mutate(np.random.default_rng(2), rows)
    assert rows.shape == children.shape == (30, len(readout.SIZES))
    assert space.valid(rows).all()
    assert space.valid(children).all()
    changed = (rows != children).sum(axis=1)
    assert changed.min() >= 1
    assert changed.max() <= 2
    assert not space.valid(row("level", "bands", hidden=4)[None])[0]
    assert not space.valid(row(hidden=1)[None])[0]  # nothing to read
    with pytest.raises(LucioleError, match=r"a limit of at least 156 .* got 100; raise it"):
        readout.Space(channels=6, length=150, classes=12, limit=100)


@pytest.mark.parametrize(("hidden", "linear"), [(0, 0), (2, 0), (2, 1)])
def test_a_design_learns_what_its_statistics_tell(hidden, linear):
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(3), 1000)
    windows = rng.normal(size=(3000, 2, 32)) * 2.0 ** y[:, None, None]  # classes differ by their spread
    families = readout.described(windows)
    odd = np.arange(3000) % 2 == 1
    learnt, asked = ({name: values[side] for name, values in families.items()} for side in (odd, ~odd))
    answers = readout.train(row("level", hidden=hidden, linear=linear), learnt, y[odd], 4, seed=0)(asked)
    assert answers.shape == (1500, 4)
    assert (answers.argmax(axis=1) == y[~odd]).mean() > 0.9
    again = readout.train(row("level", hidden=hidden, linear=linear), learnt, y[odd], 4, seed=0)(asked)
    np.testing.assert_array_equal(answers, again)
    blind = readout.train(row("pairs", hidden=hidden, linear=linear), learnt, y[odd], 4, seed=0)(asked)
    assert (blind.argmax(axis=1) == y[~odd]).mean() < 0.55  # a correlation does not tell the spread


def blurred(rare=40, common=760):
    """Statistics of two classes that overlap, one of them rare; a third statistic never changes."""
    rng = np.random.default_rng(5)
    y = np.repeat([0, 1], [common, rare])
    level = np.stack([y + rng.normal(size=len(y)), rng.normal(size=len(y)), np.full(len(y), 3.0)], axis=1)
    return {"level": level.astype(np.float32)}, y


def answers(families, y, **more):
    numbers = {"hidden": 1, "linear": 0, "decay": 0, "weighed": 0} | more
    design = row("level", hidden=numbers["hidden"], linear=numbers["linear"])
    design[-2:] = numbers["decay"], numbers["weighed"]
    return readout.train(design, families, y, 2, seed=0)(families)


def test_a_weighed_loss_finds_the_rare_class_more_often():
    families, y = blurred()
    plain, weighed = (answers(families, y, weighed=choice).argmax(axis=1)[y == 1].mean() for choice in (0, 1))
    assert plain < 0.2
    assert weighed > 0.5


def test_more_decay_makes_answers_less_sure_and_what_never_changes_stays_finite():
    families, y = blurred(rare=400, common=400)
    sure = [np.abs(np.diff(answers(families, y, decay=choice))).mean() for choice in range(len(readout.DECAY))]
    assert np.isfinite(sure).all()
    assert sure[2] < sure[1] < sure[0]


def test_both_readers_answer_together():
    families, y = blurred(rare=400, common=400)
    network, linear = answers(families, y), answers(families, y, hidden=0)
    np.testing.assert_allclose(answers(families, y, linear=1), network + linear)


def test_children_differ_in_one_number_or_two():
    space = readout.Space(channels=3, length=150, classes=6, limit=10**6)
    rows = space.sample(np.random.default_rng(1), 60)
    changed = (rows != space.mutate(np.random.default_rng(2), rows)).sum(axis=1)
    assert set(changed.tolist()) == {1, 2}
