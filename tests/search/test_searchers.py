"""What each searcher does beyond the contract, against independent readings of its description."""

import numpy as np
import pytest

from luciole.search import SEARCHERS, Budget, Guide, Objective, hyperband, landscape, nsga2, tree_search
from luciole.spaces import nb201


def peak(rows):
    return -np.abs(rows.astype(float) - 3).sum(axis=1)


def ones(rows):
    return np.ones(len(rows))


def run(name, budget, value=peak, seed=0, **settings):
    return SEARCHERS[name](
        nb201, Objective(value, seconds=ones, count="query"), budget, np.random.default_rng(seed), **settings
    )


def test_evolution_children_are_one_mutation_from_a_living_parent():
    history = run("regularised evolution", Budget(evaluations=80), population=7, sample=3)
    for child in range(7, 80):
        living = history.genotypes[child - 7 : child]  # age alone decides who leaves
        assert (nb201.distance(living, history.genotypes[child]) == 1).any()


def test_local_search_moves_uphill_to_a_neighbour():
    history = run("local search", Budget(evaluations=200))
    here = 0
    for step in range(1, len(history)):
        if nb201.distance(history.genotypes[here], history.genotypes[step]) != 1:
            near = nb201.neighbours(history.genotypes[here])  # left by a restart: nothing better was around
            assert peak(near).max() <= history.values[here]
            here = step
        elif history.values[step] > history.values[here]:
            here = step


def test_generations_of_the_genetic_algorithm_improve():
    generations = run("genetic algorithm", Budget(evaluations=400), population=10).values.reshape(-1, 10)
    assert generations[-5:].mean() > generations[:5].mean() + 2


def test_reinforce_ends_by_drawing_what_pays():
    history = run("REINFORCE", Budget(evaluations=600))
    assert history.values[-100:].mean() > history.values[:100].mean() + 2


def test_q_learning_explores_first_and_exploits_later():
    history = run("Q-learning", Budget(evaluations=300), episodes=150)
    assert history.values[-50:].mean() > history.values[:50].mean() + 2


def test_a_tree_splits_at_the_mean_by_least_squares():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4))
    values = features @ [2.0, -1.0, 0.0, 0.5]
    root = tree_search.grow(features, values, np.arange(60), 1)
    good = features @ root.plane[:-1] + root.plane[-1] >= 0
    assert set(root.halves[0].members) == set(np.flatnonzero(good))
    # with exact linear data the plane is the truth, up to the ridge: the halves are the values above and below the mean
    assert np.mean(good == (values >= values.mean())) > 0.95
    assert root.halves[0].mean > root.mean > root.halves[1].mean


def test_hyperband_passes_the_best_share_on():
    asked = []

    def cheap(rows):
        asked.append(rows.copy())
        return peak(rows)

    history = hyperband.search(
        nb201,
        Objective(peak, seconds=lambda rows: 4 * ones(rows), count="query"),
        Budget(seconds=16 + 4 * 4 + 4),
        np.random.default_rng(0),
        cheaper=[Objective(cheap, seconds=ones, count="query")],
        eta=4,
    )
    # eta^1 = 4 cheap ones (4 s), the best of them dear (4 s), then one dear alone (4 s): 12 s a round, three rounds
    assert [len(rows) for rows in asked] == [4, 4, 4]
    assert len(history) == 6
    assert (history.genotypes[0] == asked[0][np.argmax(peak(asked[0]))]).all()
    assert history.seconds.tolist() == [8, 12, 20, 24, 32, 36]


def test_the_model_of_bohb_draws_near_good_genotypes():
    rng = np.random.default_rng(1)
    rows = nb201.sample(rng, 300)
    drawn = hyperband.suggest(nb201, rows, peak(rows), rng, 100)
    assert peak(drawn).mean() > peak(rows).mean() + 2


@pytest.mark.parametrize("name", ["NSGA-II", "surrogate NSGA-II", "LEMONADE"])
def test_multi_objective_search_finds_a_better_front_than_chance(name):
    def costs(rows):
        return (rows == 3).sum(axis=1) + 0.1 * (rows == 2).sum(axis=1)

    def area(history):
        position = nsga2.front(history.values, costs(history.genotypes))
        best = np.full(7, -20.0)
        for value, cost in zip(history.values[position], costs(history.genotypes[position]), strict=True):
            best[int(np.ceil(cost)) :] = np.maximum(best[int(np.ceil(cost)) :], value)
        return best.sum()

    budget = Budget(evaluations=100)
    guided = np.mean([area(run(name, budget, seed=seed, costs=costs)) for seed in range(2)])
    chance = np.mean([area(run("random", budget, seed=seed)) for seed in range(8)])
    assert guided > chance + 1


def test_the_front_holds_exactly_what_nothing_beats():
    rng = np.random.default_rng(0)
    values, costs = rng.integers(0, 9, 60).astype(float), rng.integers(0, 9, (60, 2)).astype(float)
    losses = np.column_stack([-values, costs])
    beaten = [any((a <= b).all() and (a < b).any() for a in losses) for b in losses]
    assert sorted(nsga2.front(values, costs)) == [i for i in range(60) if not beaten[i]]


def test_training_free_selection_evaluates_the_best_scored_once_each():
    history = run("training-free selection", Budget(seconds=30), guide=Guide(peak, seconds=0.01), draws=500, keep=5)
    drawn = nb201.sample(np.random.default_rng(0), 500)
    highest = np.sort(peak(np.unique(drawn, axis=0)))[::-1][:5]
    assert history.values.tolist() == highest.tolist()
    assert len(np.unique(history.genotypes, axis=0)) == 5
    price = 0.01 * len(np.unique(drawn, axis=0))
    np.testing.assert_allclose(history.seconds, price + np.arange(1, 6))


def test_guided_evolution_starts_from_the_best_scored_and_never_repeats():
    history = run("guided evolution", Budget(evaluations=60), guide=Guide(peak), warm_up=300, population=10)
    drawn = nb201.sample(np.random.default_rng(0), 300)
    assert history.values[:10].tolist() == np.sort(peak(np.unique(drawn, axis=0)))[::-1][:10].tolist()
    assert len(np.unique(history.genotypes, axis=0)) == 60
    misled = run("guided evolution", Budget(evaluations=60), guide=Guide(lambda rows: -peak(rows)), warm_up=300)
    assert misled.best_value < history.best_value


def test_landscape_against_a_slow_walk():
    cells = nb201.all_cells()
    values = np.random.default_rng(0).normal(size=nb201.SIZE)
    near = landscape.neighbours(cells, nb201.ARITY, nb201.index)
    for cell in (0, 777, 15_624):
        assert set(near[cell]) == set(nb201.index(nb201.neighbours(cells[cell])))
    summit = landscape.summits(values, near)
    optima = landscape.local_optima(values, near)
    for start in (1, 5_000, 9_999):
        here = start
        while values[near[here]].max() > values[here]:
            here = near[here][np.argmax(values[near[here]])]
        assert summit[start] == here
        assert optima[here]
    assert optima.sum() == len(np.unique(summit))
    rings = landscape.by_distance(values, cells, 42)
    assert [len(ring) for ring in rings] == [1, 24, 240, 1280, 3840, 6144, 4096]
