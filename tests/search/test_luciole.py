"""Ranks, the rank-based firefly and luciole: what each part promises, on spaces small enough to know the answer."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.search import Budget, Objective, luciole, rank_firefly
from luciole.search.rank_firefly import Archive
from luciole.spaces import nb101, nb201

SMOOTH = np.array([0.0, 1.0, 2.0, 4.0, 1.5])  # value of each operation on an edge


def rough(rows):
    return SMOOTH[rows] @ np.array(
        [1.0, 1.25, 1.5, 1.75, 2.0, 2.25]
    )  # exact in binary: no rounding makes or breaks ties


def skips(rows):
    return (rows == nb201.SKIP).sum(axis=1)


def edges(rows):
    return rows[:, : nb101.EDGE_GENES].sum(axis=1)


@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=1, max_size=12), st.booleans())
@settings(deadline=None)
def test_fitness_is_the_weighted_sum_of_ranks_counted_by_hand(genes, log):
    rows = np.unique(np.array(genes, dtype=np.int8), axis=0)
    archive = Archive([lambda r: r[:, 0]], [lambda r: r[:, 1]], weight=0.3, log=log)
    archive.add(rows[: len(rows) // 2])
    archive.add(rows)
    n = len(rows)
    for row, fitness in zip(rows, archive.fitness(rows), strict=True):
        better = [sum(r[0] > row[0] for r in rows), sum(r[1] < row[1] for r in rows)]
        equal = [sum(r[g] == row[g] for r in rows) for g in (0, 1)]
        ranks = [b + (e + 1) / 2 for b, e in zip(better, equal, strict=True)]
        terms = [np.log((n + 1 - rank) / n) if log else -rank for rank in ranks]
        assert fitness == pytest.approx(0.3 * terms[0] + 0.7 * terms[1])
    assert len(archive) == n and rows[0] in archive


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=1, max_size=10),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
@settings(deadline=None)
def test_ranks_of_several_criteria_are_averaged_within_each_side(genes, rising, falling, weight):
    """However many costs there are, they weigh 1 - weight together: R = w mean(ranks) + (1 - w) mean(cost ranks)."""
    rows = np.unique(np.array(genes, dtype=np.int8), axis=0)
    columns = [lambda r, gene=gene: r[:, gene] for gene in range(5)]
    archive = Archive(columns[:rising], columns[3 : 3 + falling], weight=weight)
    archive.add(rows)

    def rank(row, gene, sign):
        better = sum(sign * other[gene] < sign * row[gene] for other in rows)
        return better + (1 + sum(other[gene] == row[gene] for other in rows)) / 2

    for row, fitness in zip(rows, archive.fitness(rows), strict=True):
        quality = np.mean([rank(row, gene, -1) for gene in range(rising)])
        cost = np.mean([rank(row, gene, 1) for gene in range(3, 3 + falling)]) if falling else 0.0
        assert fitness == pytest.approx(-weight * quality - (1 - weight) * cost)


def test_the_rank_based_search_weighs_two_costs_as_much_as_one():
    """The same cost given twice changes nothing; without a cost performance decides alone."""

    def play(cost):
        objective = Objective(rough, count="query")
        return rank_firefly.search(nb201, objective, Budget(evaluations=120), np.random.default_rng(0), cost=cost)

    once, twice, never = play([skips]), play([skips, skips]), play([])
    assert (once.genotypes == twice.genotypes).all()
    np.testing.assert_allclose(once.values, twice.values)
    quality = rough(never.genotypes)
    order = np.argsort(never.values, kind="stable")
    assert (np.diff(quality[order]) >= 0).all()


def test_ranks_do_not_change_with_the_unit_of_a_criterion():
    rows = nb201.sample(np.random.default_rng(0), 50)
    found = []
    for scale in (1.0, 1e6):
        archive = Archive([rough], [lambda r, scale=scale: scale * skips(r) ** 3], weight=0.5)
        archive.add(rows)
        found.append(archive.fitness(rows))
    np.testing.assert_allclose(*found)


def test_a_criterion_that_is_not_finite_is_named():
    with pytest.raises(LucioleError, match="finite"):
        Archive([lambda rows: np.full(len(rows), np.nan)]).add(nb201.sample(np.random.default_rng(0), 3))


def test_weight_moves_the_choice_from_performance_to_cost():
    def choice(weight):
        history = rank_firefly.search(
            nb201, Objective(rough), Budget(evaluations=400), np.random.default_rng(0), cost=[rough], weight=weight
        )
        return rough(history.best[None])[0]

    assert choice(0.95) > choice(0.05)


def test_rank_based_firefly_repeats_and_values_stand_in_one_ranking():
    runs = [
        rank_firefly.search(nb201, Objective(rough), Budget(evaluations=250), np.random.default_rng(3), cost=[skips])
        for _ in range(2)
    ]
    assert (runs[0].genotypes == runs[1].genotypes).all()
    archive = Archive([rough], [skips], weight=0.5)
    archive.add(runs[0].genotypes)
    np.testing.assert_allclose(runs[0].values, archive.fitness(runs[0].genotypes))


@pytest.mark.parametrize(("space", "value", "evaluations"), [(nb201, rough, 300), (nb101, edges, 80)])
def test_luciole_never_scores_a_class_twice(space, value, evaluations):
    objective = Objective(value, key=space.canonical)
    history = luciole.search(space, objective, Budget(evaluations=evaluations), np.random.default_rng(0))
    assert len(history) == evaluations == len(np.unique(space.canonical(history.genotypes), axis=0))


def test_luciole_repeats_with_its_seed_and_finds_the_top():
    histories = [
        luciole.search(nb201, Objective(rough), Budget(evaluations=250), np.random.default_rng(5)) for _ in range(2)
    ]
    assert (histories[0].genotypes == histories[1].genotypes).all()
    assert histories[0].best.tolist() == [nb201.CONV3] * 6


def test_luciole_keeps_out_what_is_not_allowed():
    history = luciole.search(
        nb201, Objective(rough), Budget(evaluations=200), np.random.default_rng(1), allowed=lambda r: skips(r) >= 2
    )
    assert (skips(history.genotypes) >= 2).all()
    assert sorted(history.best.tolist())[:2] == [nb201.SKIP] * 2


def test_luciole_stops_when_everything_allowed_was_met():
    history = luciole.search(
        nb201,
        Objective(rough),
        Budget(evaluations=500),
        np.random.default_rng(1),
        allowed=lambda rows: (rows[:, :3] == nb201.CONV3).all(axis=1),
    )
    assert history.stopped == "exhausted" and 60 < len(history) <= 125


def test_criteria_share_the_choice():
    alone, shared = (
        luciole.search(
            nb201, Objective(rough), Budget(evaluations=400), np.random.default_rng(2), criteria=criteria
        ).best
        for criteria in ([], [lambda rows: np.minimum(skips(rows), 1)])
    )
    assert skips(alone[None]) == 0 and skips(shared[None]) == 1


@pytest.mark.parametrize(
    "part",
    [
        {"attraction": False},
        {"shrink": False},
        {"novelty": False},
        {"elitism": False},
        {"chances": None},
        {"log": False},
    ],
)
def test_every_part_can_be_taken_away(part):
    whole, without = (
        luciole.search(
            nb201, Objective(rough), Budget(evaluations=150), np.random.default_rng(4), criteria=[skips], **kept
        )
        for kept in ({}, part)
    )
    if part == {"log": False}:
        assert (whole.values <= 0).all() and (without.values <= -1).all()
    if part != {"chances": None}:  # a run this short may not restart
        assert whole.genotypes.shape != without.genotypes.shape or (whole.genotypes != without.genotypes).any()


def test_without_novelty_repeats_are_met():
    history = luciole.search(
        nb201, Objective(rough, count="query"), Budget(evaluations=600), np.random.default_rng(0), novelty=False
    )
    assert len(np.unique(history.genotypes, axis=0)) < len(history) == 600


def test_a_swarm_that_stagnates_draws_a_generation_at_random():
    drawn = []

    def sample(rng, n):
        drawn.append(nb201.sample(rng, n))
        return drawn[-1]

    needs = ("mutate", "crossover", "distance", "canonical")
    space = SimpleNamespace(sample=sample, **{name: getattr(nb201, name) for name in needs})

    def run(chances):
        """Two fireflies below a plateau that holds most cells: once both are on it, hardly anybody new enters."""
        drawn.clear()
        plateau = Objective(lambda rows: np.minimum(rough(rows), 8.0))
        history = luciole.search(
            space, plateau, Budget(evaluations=120), np.random.default_rng(0), population=2, chances=chances
        )
        return history.genotypes, len(drawn)

    (never, draws), (restarted, more) = run(None), run(2)
    assert draws == 1 < more  # the start, and the restarts
    differ = (never != restarted).any(axis=1)
    assert not differ[:6].any() and differ.any()  # the same run until patience is spent


def test_followers_follow_only_brighter_ones():
    swarm = np.array([[3] * 6, [0] * 6, [1] * 6], dtype=np.int8)
    children = np.concatenate([luciole.fly(nb201, swarm, np.random.default_rng(s), 0.1, 0.0) for s in range(60)])
    second, third = children[1::3], children[2::3]
    assert set(np.unique(second)) == {0, 3} and set(np.unique(third)) == {0, 1, 3}
    assert ((children[::3] != 3).sum(axis=1) == 1).all()  # the brightest only mutates


def test_bad_settings_are_named():
    with pytest.raises(LucioleError, match="two fireflies"):
        luciole.search(nb201, Objective(rough), Budget(evaluations=9), np.random.default_rng(0), population=1)
    with pytest.raises(LucioleError, match="let a cell in"):
        luciole.search(
            nb201,
            Objective(rough),
            Budget(evaluations=9),
            np.random.default_rng(0),
            allowed=lambda rows: np.zeros(len(rows), dtype=bool),
        )
    with pytest.raises(LucioleError, match="weight from 0 to 1"):
        Archive([rough], weight=2.0)
