"""What a learning search remembers: every evaluation, and who is new."""

import numpy as np

from luciole.search import Budget, Objective, Run
from luciole.search.evaluated import Evaluated, firsts, forest
from luciole.spaces import nb201


def test_firsts_against_a_slow_walk():
    rows = np.random.default_rng(0).integers(3, size=(60, 3))
    seen, expected = set(), []
    for place, row in enumerate(rows.tolist()):
        if tuple(row) not in seen:
            seen.add(tuple(row))
            expected.append(place)
    assert firsts(rows).tolist() == expected
    assert len(firsts(rows[:0])) == 0


def test_it_remembers_repeats_and_offers_each_new_genotype_once():
    cells = nb201.all_cells()
    run = Run(nb201, Objective(lambda rows: nb201.index(rows)), Budget(evaluations=100))
    known = Evaluated(run, cells[[5, 5, 7]])
    known.evaluate(cells[[9]])
    assert known.values.tolist() == nb201.index(known.rows).tolist() == [5, 5, 7, 9]
    assert nb201.index(known.new(cells[[3, 9, 1, 3, 5, 1]])).tolist() == [3, 1]
    assert len(known.new(cells[[5, 7]])) == 0
    assert run.history.values.tolist() == known.values.tolist()


def test_the_forest_follows_the_seed_and_learns():
    rng = np.random.default_rng(3)
    run = Run(nb201, Objective(lambda rows: (rows == nb201.CONV3).sum(axis=1)), Budget(evaluations=300))
    known = Evaluated(run, nb201.sample(rng, 200))
    others = nb201.encode(nb201.sample(rng, 50))
    one, same, other = (forest(nb201, known, 20, np.random.default_rng(s)).predict(others) for s in (1, 1, 2))
    assert (one == same).all() and (one != other).any()
    for seed in range(3):  # trees have generators of an old kind, which a whole number seeds: one of many
        drawn = int(np.random.default_rng(seed).integers(2**31))
        assert forest(nb201, known, 1, np.random.default_rng(seed)).random_state == drawn > 1
    assert np.corrcoef(one, (nb201.sample(np.random.default_rng(3), 250)[200:] == nb201.CONV3).sum(axis=1))[0, 1] > 0.5
