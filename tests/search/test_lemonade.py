"""LEMONADE against its description: fronts, densities, descent."""

import numpy as np
import pytest
from scipy import stats

from luciole.errors import LucioleError
from luciole.search import SEARCHERS, Budget, Objective, lemonade, nsga2
from luciole.spaces import nb201


def value(rows):
    return -np.abs(rows.astype(float) - 3).sum(axis=1)


def costs(rows):
    return (rows == 3).sum(axis=1) + 0.1 * rows[:, 0]


def run(evaluations=120, **settings):
    return lemonade.search(
        nb201, Objective(value), Budget(evaluations=evaluations), np.random.default_rng(0), costs=costs, **settings
    )


def test_the_density_is_scipys_for_one_column():
    sample, points = np.random.default_rng(0).normal(size=(2, 30, 1))
    ours = lemonade.density(sample, points)
    theirs = stats.gaussian_kde(sample[:, 0])  # Scott's rule too, with the unbiased deviation
    theirs.set_bandwidth(theirs.factor * sample.std() / sample.std(ddof=1))
    np.testing.assert_allclose(ours / ours.sum(), theirs(points[:, 0]) / theirs(points[:, 0]).sum(), rtol=1e-9)


def test_a_front_of_one_point_has_a_density():
    assert lemonade.density(np.ones((1, 2)), np.array([[1.0, 1.0], [9.0, 9.0]])) == pytest.approx([1, np.exp(-64)])


def test_parents_are_told_before_their_children_are_evaluated_and_stand_on_the_front():
    told, asked = [], []

    def watched(rows):
        asked.extend(row.tobytes() for row in rows)
        return value(rows)

    def inherit(parents, children):
        known = np.array([np.frombuffer(row, dtype=np.int8) for row in asked])
        on_front = {known[place].tobytes() for place in nsga2.front(value(known), costs(known))}
        for parent, child in zip(parents, children, strict=True):
            told.append(child.tobytes())
            assert parent.tobytes() in on_front
            assert child.tobytes() not in asked
            assert nb201.distance(parent, child) == 1

    history = lemonade.search(
        nb201, Objective(watched), Budget(evaluations=70), np.random.default_rng(0), costs=costs, inherit=inherit
    )
    assert told[:60] == asked[10:70]
    assert len(np.unique(history.genotypes, axis=0)) == len(history) == 70


def test_the_expensive_objective_is_paid_for_accepted_children_only():
    paid = Objective(value)
    lemonade.search(
        nb201, paid, Budget(evaluations=40), np.random.default_rng(0), costs=costs, proposed=200, accepted=3
    )
    assert paid.evaluations == 40


def test_children_go_where_the_front_is_thin():
    history = run(evaluations=200)
    chance = SEARCHERS["random"](nb201, Objective(value), Budget(evaluations=200), np.random.default_rng(0))
    ours, theirs = (nsga2.front(one.values, costs(one.genotypes)) for one in (history, chance))
    assert len(ours) >= len(theirs)
    assert np.ptp(costs(history.genotypes[ours])) >= np.ptp(costs(chance.genotypes[theirs]))


def test_an_initial_population_can_be_given():
    initial = np.zeros((2, 6), dtype=np.int8)
    initial[1] = 1
    assert (run(initial=initial).genotypes[:2] == initial).all()


def test_an_exhausted_neighbourhood_is_left():
    class Ring:
        """Thirty genotypes, each with one mutant: the front's are soon known."""

        @staticmethod
        def sample(rng, n):
            return rng.integers(30, size=(n, 1), dtype=np.int8)

        @staticmethod
        def mutate(rng, rows):
            return (rows + 1) % 30

    history = lemonade.search(
        Ring,
        Objective(lambda rows: np.isin(rows[:, 0], (3, 4))),
        Budget(evaluations=25),
        np.random.default_rng(0),
        costs=lambda rows: rows[:, 0],
        population=2,
    )
    assert history.evaluations[-1] == 25


def test_costs_are_needed():
    with pytest.raises(LucioleError, match="this search needs costs"):
        lemonade.search(nb201, Objective(value), Budget(evaluations=3), np.random.default_rng(0))
