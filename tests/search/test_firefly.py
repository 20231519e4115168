"""Firefly searches against the released algorithm written as plain loops, one element at a time."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.search import Budget, Objective, Run, firefly, graph_swarm, improved_firefly, rank_firefly
from luciole.search.graph_swarm import GraphSwarm
from luciole.search.swarms import Flight, GeneSwarm
from luciole.spaces import nb101, nb201

PERMUTED = [0, 1, 4, 2, 3]


def convolutions(rows):
    return (rows == nb201.CONV3).sum(axis=1)


def edges(rows):
    return rows[:, : nb101.EDGE_GENES].sum(axis=1) + 0.1 * rows[:, nb101.EDGE_GENES :].sum(axis=1)


class Replay:
    """A generator that repeats draws made before, so that slow loops see the noise that fast code saw."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.drawn = []

    def random(self, shape):
        self.drawn.append(self.rng.random(shape))
        return self.drawn[-1]


@pytest.mark.parametrize("noise", ["one-sided", "centred"])
def test_genes_fly_as_in_the_double_loop(noise):
    swarm = GeneSwarm(nb201, np.random.default_rng(0), 9, PERMUTED)
    start, fitness = swarm.position.copy(), np.array([1, 1, 2, 3, 3, 3, 4, 5, 5.0])
    flight, replay = Flight(alpha=0.4, beta=0.8, gamma=0.3, noise=noise), Replay(1)
    moved = swarm.fly(fitness, flight, replay)

    (u,) = replay.drawn
    expected = start.copy()
    for x in range(8):
        for y in range(x + 1, 9):
            if fitness[y] > fitness[x]:
                squared = sum((expected[x][g] - expected[y][g]) ** 2 for g in range(6))
                pull = 0.8 * np.exp(-0.3 * squared)
                for g in range(6):
                    drift = 0.4 * (u[y, x, g] - (0.5 if noise == "centred" else 0))
                    step = expected[x][g] + (expected[y][g] - expected[x][g]) * pull + drift
                    expected[x][g] = min(1.0, max(0.0, step))
    np.testing.assert_allclose(swarm.position, expected, atol=1e-12)
    assert moved.tolist() == [True] * 7 + [False] * 2


@pytest.mark.parametrize("order", [None, PERMUTED])
def test_positions_and_genes_are_inverse(order):
    space = SimpleNamespace(ARITY=nb201.ARITY, sample=lambda rng, n: nb201.all_cells())
    swarm = GeneSwarm(space, np.random.default_rng(0), nb201.SIZE, order)
    assert (swarm.rows() == nb201.all_cells()).all()
    swarm.position[:] = 1.0
    assert (swarm.rows() == (order or range(5))[-1]).all()


def slow_longest(matrix, n):
    """Longest of the walks back from the output, each ending where the input feeds it, first found first."""
    found = []

    def back(walk):
        sources = [i for i in range(n) if matrix[i][walk[-1]]]
        if walk[-1] == 0:
            found.append(walk)
        elif 0 in sources:
            found.append([*walk, 0])
        else:
            for source in reversed(sources):
                back([*walk, source])

    for source in range(n):
        if matrix[source][n - 1]:
            back([n - 1, source])
    longest = max(found, key=len)
    return {(b, a) for a, b in pairwise(longest)}


def slow_thin(matrix, n, early):
    spared = slow_longest(matrix, n)
    delta = sum(map(sum, matrix)) - 9
    if delta <= 0:
        return
    for i in range(n):
        for j in range(n):
            if matrix[i][j] == 1 and (i, j) not in spared:
                matrix[i][j] = 0
                delta -= 1
                if delta == 0:
                    break
        if early and delta == 0:
            return


def slow_path(matrix, n):
    reached = {0}
    for j in range(1, n):
        if any(matrix[i][j] for i in reached):
            reached.add(j)
    return n - 1 in reached


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["released", "nine"]), st.sampled_from(["one-sided", "centred"]))
def test_graphs_fly_as_in_the_double_loop(seed, repair, noise):
    rng = np.random.default_rng(seed)
    swarm = GraphSwarm(nb101, rng, 8, repair)
    fitness = np.sort(rng.integers(5, size=8)).astype(float)
    matrix = [m[:n, :n].astype(int).tolist() for m, n in zip(swarm.matrix, swarm.size, strict=True)]
    genes = [g[: n - 2].tolist() for g, n in zip(swarm.genes, swarm.size, strict=True)]
    flight, replay = Flight(noise=noise), Replay(seed)
    changed = swarm.fly(fitness, flight, replay)

    low, drawn, expected = 0.5 * (noise == "centred"), iter(replay.drawn), [False] * 8
    for y in range(1, 8):
        movers = [x for x in range(y) if fitness[x] < fitness[y]]
        for_genes, for_edges = next(drawn), next(drawn)
        for k, x in enumerate(movers):
            n, other = len(matrix[x]), len(matrix[y])
            there = [[matrix[y][i][j] if max(i, j) < other else 0 for j in range(n)] for i in range(n)]
            goal = [genes[y][g] if g < other - 2 else 0 for g in range(n - 2)]
            squared = sum((matrix[x][i][j] - there[i][j]) ** 2 for i in range(n) for j in range(n))
            squared += sum((a - b) ** 2 for a, b in zip(genes[x], goal, strict=True))
            pull = 0.95 * np.exp(-0.15 * squared)
            for g in range(min(n, other) - 2):
                a = genes[x][g] + (goal[g] - genes[x][g]) * pull + 0.5 * (for_genes[k, g] - low)
                genes[x][g] = min(1, max(0, a))
            new = [row[:] for row in matrix[x]]
            for i in range(min(n, other)):
                for j in range(i + 1, min(n, other)):
                    a = new[i][j] + (there[i][j] - new[i][j]) * pull + 0.5 * (for_edges[k, i, j] - low)
                    new[i][j] = min(1, max(0, round(a)))
            if slow_path(new, n):
                slow_thin(new, n, repair == "nine")
                matrix[x], expected[x] = new, True
    assert changed.tolist() == expected
    for k in range(8):
        assert swarm.matrix[k][: swarm.size[k], : swarm.size[k]].astype(int).tolist() == matrix[k]
        np.testing.assert_allclose(swarm.genes[k][: swarm.size[k] - 2], genes[k], atol=1e-12)
    assert nb101.valid(swarm.rows()).all()


def test_the_released_repair_overshoots_and_the_intended_one_does_not():
    dense = np.triu(np.ones((1, 7, 7)), 1)
    released, nine = dense.copy(), dense.copy()
    graph_swarm.repair(released, np.array([7]), early=False)
    graph_swarm.repair(nine, np.array([7]), early=True)
    assert nine.sum() == 9 and released.sum() < 9


def test_unpacked_cells_are_the_same_cells():
    rows = nb101.sample(np.random.default_rng(3), 300)
    matrix, ops, size = graph_swarm.unpack(rows)
    assert (size == nb101.vertices(rows)).all() and not np.tril(matrix).any()
    assert (nb101.digests(graph_swarm.pack(matrix, ops, size)) == nb101.digests(rows)).all()


def test_children_are_cut_at_half_of_the_first_parent():
    swarm = GeneSwarm(nb201, np.random.default_rng(5), 6)
    before = swarm.position.copy()
    first, second = np.array([0, 1, 2, 3, 4, 5]), np.array([5, 4, 3, 2, 1, 0])
    swarm.breed(first, second, np.zeros(6, dtype=bool), np.random.default_rng(0))
    assert (swarm.position[:, :3] == before[first, :3]).all()
    assert (swarm.position[:, 3:] == before[second, 3:]).all()
    swarm.breed(first, first, np.ones(6, dtype=bool), np.random.default_rng(0))
    assert ((swarm.position != np.hstack([before[first, :3], before[second, 3:]])).sum(axis=1) == 1).all()


def test_graph_children_have_rows_of_both_parents():
    rng = np.random.default_rng(8)
    swarm = GraphSwarm(nb101, rng, 200)
    matrix, genes, size = swarm.matrix.copy(), swarm.genes.copy(), swarm.size.copy()
    first, second = rng.integers(200, size=(2, 200))
    swarm.breed(first, second, np.zeros(200, dtype=bool), rng)
    assert nb101.valid(swarm.rows()).all()
    checked = 0
    for child, (a, b) in enumerate(zip(first, second, strict=True)):
        if size[a] == size[b] >= 5 and not (swarm.matrix[child] == matrix[a]).all():
            n, cut = size[a], size[a] // 2
            whole = np.vstack([matrix[a, :cut], matrix[b, cut:]])
            if whole.sum() <= 9:
                assert (swarm.matrix[child] == whole).all()
                assert swarm.genes[child, : n - 2].tolist() == [*genes[a, :cut], *genes[b, cut : n - 2]]
                checked += 1
    assert checked > 10


@pytest.mark.parametrize("search", [firefly.search, improved_firefly.search])
@pytest.mark.parametrize(("space", "value"), [(nb201, convolutions), (nb101, edges)])
def test_searches_repeat_keep_their_budget_and_beat_their_start(search, space, value):
    runs = [
        search(space, Objective(value, count="query"), Budget(evaluations=300), np.random.default_rng(s))
        for s in (1, 1, 2)
    ]
    assert (runs[0].genotypes == runs[1].genotypes).all()
    assert runs[0].genotypes.shape != runs[2].genotypes.shape or (runs[0].genotypes != runs[2].genotypes).any()
    for history in runs:
        assert len(history) <= 300
        assert history.best_value > history.values[:20].mean()


def test_one_sided_noise_finds_the_last_value_whatever_the_score():
    # the study's finding about the released operator, on a score that knows nothing: genes drift upwards
    noise = np.random.default_rng(0).random(nb201.SIZE)
    last = {}
    for kind in ("one-sided", "centred"):
        objective = Objective(lambda rows: noise[nb201.index(rows)], count="query")
        history = firefly.search(
            nb201, objective, Budget(evaluations=1500), np.random.default_rng(0), flight=Flight(noise=kind)
        )
        last[kind] = (history.genotypes[20:] == nb201.POOL).mean()
    assert last["one-sided"] > 0.6 > 0.45 > last["centred"]


def test_improved_firefly_restarts_when_firefly_has_converged():
    budget = Budget(evaluations=600)
    settled = firefly.search(nb201, Objective(convolutions), budget, np.random.default_rng(0), order=PERMUTED)
    bred = improved_firefly.search(nb201, Objective(convolutions), budget, np.random.default_rng(0), order=PERMUTED)
    assert settled.stopped == "converged" and len(bred) > len(settled)
    same = len(settled)
    assert (bred.genotypes[:same] == settled.genotypes).all()  # until the first restart they are one search


def test_stagnation_is_counted_in_generations():
    constant = Objective(lambda rows: np.zeros(len(rows)), count="query")
    history = improved_firefly.search(
        nb201, constant, Budget(evaluations=1000), np.random.default_rng(0), generations=14, chances=3
    )
    # nothing flies; generation 3 restarts, generation 4 finds a "new" best, 7 restarts, then 11
    assert len(history) == 20 * (1 + 3)


def test_a_tie_is_no_improvement_for_ranks_either():
    constant = Objective(lambda rows: np.zeros(len(rows)), count="query")
    history = rank_firefly.search(
        nb201, constant, Budget(evaluations=1000), np.random.default_rng(0), generations=14, chances=3
    )
    # nothing flies; generations 3, 6, 9 and 12 restart
    assert len(history) == 20 * (1 + 4)
    assert history.stopped == "generations"


@pytest.mark.parametrize("search", [improved_firefly.search, rank_firefly.search])
def test_a_swarm_where_nobody_moves_loses_patience(search, monkeypatch):
    """Restarts that breed but one genotype: generations are counted although none of them evaluates."""
    monkeypatch.setattr(Run.__init__, "__defaults__", ((), 100))
    one = SimpleNamespace(ARITY=(2, 2), sample=lambda rng, n: np.zeros((n, 2), dtype=np.int8))
    constant = Objective(lambda rows: np.zeros(len(rows)))
    history = search(one, constant, Budget(evaluations=50), np.random.default_rng(0), chances=10**9, mutation=0.0)
    assert history.stopped == "stalled"


@pytest.mark.parametrize("selection", ["random", "fitness", "rank"])
def test_selection_prefers_as_it_says(selection):
    fitness = np.array([1.0, 9.0, 2.0, 3.0])
    rng = np.random.default_rng(0)
    counts = np.bincount(
        np.concatenate([np.concatenate(improved_firefly.parents(fitness, selection, rng)) for _ in range(2000)]),
        minlength=4,
    ) / (2000 * 8)
    expected = {"random": [0.25] * 4, "fitness": [0, 8 / 11, 1 / 11, 2 / 11], "rank": [0.1, 0.4, 0.2, 0.3]}
    np.testing.assert_allclose(counts, expected[selection], atol=0.02)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 1}, "two fireflies"),
        ({"order": [0, 1, 2]}, "permutation"),
        ({"chances": 0}, "one chance"),
        ({"selection": "tournament", "chances": 1}, "'random', 'fitness' or 'rank'"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(LucioleError, match=message):
        improved_firefly.search(
            nb201, Objective(convolutions), Budget(evaluations=500), np.random.default_rng(0), **settings
        )


def test_unknown_noise_and_repair_are_named():
    with pytest.raises(LucioleError, match="one-sided"):
        Flight(noise="gaussian")
    with pytest.raises(LucioleError, match="released"):
        firefly.search(nb101, Objective(edges), Budget(evaluations=50), np.random.default_rng(0), repair="none")
