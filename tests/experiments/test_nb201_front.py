"""Fronts without training: what is chosen and found where the answer is known."""

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.experiments.firefly import fronts as study
from luciole.networks import NB201_C10, counts
from luciole.spaces import nb201

MACS = counts.macs(nb201.all_cells(), NB201_C10, 32).astype(float)
CLASSES = nb201.classes()


def test_a_score_that_is_accuracy_loses_little_and_is_chosen():
    rng = np.random.default_rng(0)
    accuracy = (20 + 60 * rng.random(nb201.SIZE))[nb201.iso()]
    scores = {"good": accuracy[CLASSES], "bad": -accuracy[CLASSES], "chance": rng.random(len(CLASSES))}
    ranked = study.choose(scores, accuracy, MACS, chance=0.1)
    assert ranked[0][1] == ("good",) and len(ranked) == 3 + 3 + 1
    assert ranked[0][0] < 2 and [loss for loss, _ in ranked] == sorted(loss for loss, _ in ranked)


def test_found_cells_keep_their_limits_and_all_cells_lose_nothing():
    scores = {"params": counts.parameters(nb201.all_cells()[CLASSES], NB201_C10).astype(float)}
    found = study.find(("params",), scores, MACS, scored=45, seed=0, n=5)
    assert (MACS[found.cells] <= study.limits(MACS, 5)).all() and len(found.cells) == 5
    assert 45 <= found.scored <= 5 * 45
    accuracy = np.full(nb201.SIZE, 50.0)
    assert study.lost(accuracy, MACS, np.arange(nb201.SIZE)) == pytest.approx(0)
    assert study.lost(accuracy, MACS, found.cells[-1:]) > study.lost(accuracy, MACS, found.cells)


def test_a_class_stands_for_its_cheapest_cell():
    price = np.random.default_rng(0).random(nb201.SIZE) + 1
    cells = study.cheapest_cells(price)
    assert (nb201.iso()[cells] == CLASSES).all()
    lowest = np.full(nb201.SIZE, np.inf)
    np.minimum.at(lowest, nb201.iso(), price)
    assert (price[cells] == lowest[CLASSES]).all()
    scores = {"good": np.random.default_rng(1).random(len(CLASSES))}
    found = study.find(("good",), scores, price, scored=30, seed=0, n=4)
    assert np.isin(found.cells, cells).all() and (price[found.cells] <= study.limits(price, 4)).all()


def test_what_was_scored_under_one_limit_is_known_under_all():
    """What a limit gets cannot fall in score as limits rise: a looser one knows all that a tighter one does."""
    scores = {"good": np.random.default_rng(1).random(len(CLASSES))}
    found = study.find(("good",), scores, MACS, scored=30, seed=0, n=8)
    reached = scores["good"][np.searchsorted(CLASSES, nb201.iso()[found.cells])]
    assert (np.diff(reached) >= 0).all()


def test_an_unknown_score_is_named():
    with pytest.raises(LucioleError, match="params"):
        study.find(("naswot",), {"params": np.zeros(len(CLASSES))}, MACS, scored=30, seed=0)
