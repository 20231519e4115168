"""The training-free search: limits kept, ranks right, the best leaders first."""

import numpy as np
import pytest
import torch

from luciole.efficiency import merit
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.search import SEARCHERS, Budget, Objective
from luciole.sensors.search import OPERATOR, Fitness, leaders, score, small, tell
from luciole.spaces import har1d

LIMIT = 15_000


@pytest.fixture(scope="module")
def fitness():
    batch = torch.randn(8, 3, 48, generator=torch.Generator().manual_seed(0))
    return Fitness(batch, classes=4, limit=LIMIT, rng=np.random.default_rng(0), reference=10)


def test_random_designs_keep_the_limit_and_differ():
    rows = small(np.random.default_rng(0), 40, 3, 4, 48, LIMIT)
    assert len(np.unique(rows, axis=0)) == 40
    assert (har1d.canonical(rows) == rows).all()


def test_skill_is_the_place_among_the_reference(fitness):
    rows = fitness.sample
    scores, skill = fitness.scores(rows), fitness.skill(rows)
    for row, value in zip(scores, skill, strict=True):
        places = [(scores[:, column] <= row[column]).sum() for column in range(scores.shape[1])]
        assert value == pytest.approx(np.prod([(place + 0.5) / 11 for place in places]) ** (1 / len(places)))
    assert (skill > 0).all() and (skill < 1).all()


def test_the_value_is_merit_within_the_limit_and_negative_beyond(fitness):
    inside = fitness.sample
    cost = fitness.macs(inside) + OPERATOR * networks.operators(inside)
    np.testing.assert_allclose(
        fitness(inside), merit(fitness.skill(inside), cost, np.median(cost), k=fitness.k), rtol=1e-12
    )
    large = har1d.sample(np.random.default_rng(1), 500)
    large = large[~fitness.allowed(large)]
    cost = fitness.macs(large)
    values = fitness(large)
    assert (values < 0).all() and values[cost.argmax()] == values.min()


@pytest.mark.parametrize("name", ["luciole", "improved firefly"])
def test_a_search_keeps_the_limit_and_its_leaders_lead(fitness, name):
    settings = {"allowed": fitness.allowed, "population": 6} if name == "luciole" else {"population": 6}
    history = SEARCHERS[name](
        har1d, Objective(fitness, key=har1d.canonical), Budget(evaluations=30), np.random.default_rng(0), **settings
    )
    best = leaders(history, 4)
    values = fitness(best)
    assert values[0] == pytest.approx(history.best_value) and (np.diff(values) <= 1e-12).all()
    assert fitness.allowed(best[:1]).all()
    assert len(np.unique(best[:, har1d.SIZES], axis=0)) == len(best)  # no two of one size


def test_a_score_that_is_not_defined_is_the_lowest():
    batch = torch.randn(8, 3, 16)
    values = score(har1d.sample(np.random.default_rng(0), 1)[0], batch, 4, ["params", "grad_norm"])
    assert values[0] > 0 and values[1] == -np.inf  # no labels were given


def test_words_name_every_choice():
    assert tell(np.array([3, 3, 3, 3, 3, 3, 0, 0, 1, 3, 2, 0, 0, 0, 0, 0])) == (
        "stem 1/1, 1 stage of 2 cells, 4 channels, full 9 dilated 4, statistics 16"
    )


def test_a_limit_too_low_is_refused():
    with pytest.raises(LucioleError, match="expected 5 designs within 10 multiply-accumulates, found 0"):
        small(np.random.default_rng(0), 5, 3, 4, 48, 10)
