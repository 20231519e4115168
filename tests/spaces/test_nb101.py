"""The NAS-Bench-101 space against slow, independent readings of its definition."""

import hashlib
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.spaces import nb101


@pytest.fixture(scope="module")
def cells():
    return nb101.sample(np.random.default_rng(3), 300)


def slow_paths(matrix):
    """Vertices on some path 0 -> 6, by enumerating the paths."""
    on = set()

    def walk(path):
        if path[-1] == 6:
            on.update(path)
        for after in range(path[-1] + 1, 7):
            if matrix[path[-1], after]:
                walk([*path, after])

    walk([0])
    return on


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_pruning_keeps_exactly_the_paths(seed):
    row = np.random.default_rng(seed).integers(nb101.ARITY, size=(1, nb101.GENES))
    matrix = nb101.matrices(row)[0]
    on = slow_paths(matrix)
    pruned = nb101.matrices(nb101.prune(row))[0]
    expected = {(i, j) for i, j in nb101.PAIRS if matrix[i, j] and i in on and j in on}
    assert {(int(i), int(j)) for i, j in np.argwhere(pruned)} == expected
    assert nb101.vertices(row)[0] == len(on)
    assert bool(nb101.valid(row)[0]) == (0 < len(expected) <= 9)
    assert (nb101.prune(nb101.prune(row)) == nb101.prune(row)).all()


def slow_hash(row):
    """The benchmark's hash written on a dense matrix, one string at a time."""
    matrix = nb101.matrices(nb101.prune(row))[0].astype(int)
    keep = sorted(slow_paths(matrix))
    labels = [-1, *[int(row[0, nb101.EDGE_GENES + v - 1]) for v in keep[1:-1]], -2]
    matrix = matrix[np.ix_(keep, keep)]
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
    colours = [md5(str((int(matrix[v].sum()), int(matrix[:, v].sum()), labels[v]))) for v in range(len(keep))]
    for _ in keep:
        before = [sorted(colours[w] for w in np.flatnonzero(matrix[:, v])) for v in range(len(keep))]
        after = [sorted(colours[w] for w in np.flatnonzero(matrix[v])) for v in range(len(keep))]
        colours = [md5("".join(b) + "|" + "".join(a) + "|" + c) for b, a, c in zip(before, after, colours, strict=True)]
    return md5(str(sorted(colours)))


def test_hash_and_class_do_not_depend_on_the_order_of_vertices(cells):
    rng = np.random.default_rng(0)
    for row in cells[:60]:
        matrix, ops = nb101.matrices(row)[0], row[nb101.EDGE_GENES :]
        orders = [
            (0, *inner, 6)
            for inner in permutations(range(1, 6))
            if not np.tril(matrix[np.ix_((0, *inner, 6), (0, *inner, 6))]).any()
        ]
        order = np.array(orders[rng.integers(len(orders))])
        moved = nb101.from_matrix(matrix[np.ix_(order, order)], [int(ops[v - 1]) for v in order[1:-1]])
        assert (nb101.canonical(moved) == nb101.canonical(row)).all()
        assert nb101.digests(moved)[0].tobytes().hex() == slow_hash(row[None]) == slow_hash(moved)


def test_equal_class_means_equal_hash_and_the_other_way_round(cells):
    near = np.concatenate([nb101.neighbours(row) for row in cells[:40]])
    classes = np.unique(nb101.canonical(near), axis=0, return_inverse=True)[1].reshape(-1)
    hashes = np.unique(nb101.digests(near), axis=0, return_inverse=True)[1].reshape(-1)
    assert len(np.unique(classes)) > 200
    pairs = np.unique(np.stack([classes, hashes]), axis=1)
    assert pairs.shape[1] == len(np.unique(classes)) == len(np.unique(hashes))


def test_sampling_is_valid_pruned_and_repeatable(cells):
    assert nb101.valid(cells).all()
    assert (nb101.prune(cells) == cells).all()
    assert (nb101.sample(np.random.default_rng(3), 300) == cells).all()
    assert len(np.unique(cells, axis=0)) > 200
    only = cells[:5]
    drawn = nb101.sample(np.random.default_rng(0), 200, only)
    assert len(np.unique(drawn, axis=0)) == len(np.unique(only, axis=0))


def test_mutants_are_valid_and_different(cells):
    children = nb101.mutate(np.random.default_rng(1), cells)
    assert nb101.valid(children).all()
    assert (nb101.distance(children, cells) > 0).all()
    assert 1 < nb101.distance(children, cells).mean() < 8


def test_crossover_takes_genes_from_the_parents(cells):
    children = nb101.crossover(np.random.default_rng(1), cells, cells[::-1])
    assert nb101.valid(children).all()
    edges = slice(0, nb101.EDGE_GENES)
    assert (children[:, edges] <= (cells | cells[::-1])[:, edges]).all()
    assert (nb101.crossover(np.random.default_rng(1), cells, cells) == cells).all()


def test_neighbours_are_one_change_away(cells):
    for row in cells[:20]:
        near = nb101.neighbours(row)
        assert nb101.valid(near).all()
        assert len(np.unique(near, axis=0)) == len(near)
        flipped = [row.copy() for _ in range(nb101.EDGE_GENES)]
        for bit, other in enumerate(flipped):
            other[bit] ^= 1
        reachable = {nb101.prune(other)[0].tobytes() for other in flipped if nb101.valid(other)[0]}
        assert reachable - {row.tobytes()} <= {other.tobytes() for other in near}


def test_features_tell_different_pruned_cells_apart(cells):
    features = nb101.encode(cells)
    assert features.shape == (300, 36)
    assert len(np.unique(features, axis=0)) == len(np.unique(cells, axis=0))


@pytest.mark.parametrize(
    "call",
    [
        lambda: nb101.check(np.zeros((2, 25), dtype=int)),
        lambda: nb101.check(np.zeros((2, 26))),
        lambda: nb101.check(np.full((1, 26), 2)),
        lambda: nb101.from_matrix(np.ones((3, 3)), ["maxpool3x3"]),
        lambda: nb101.from_matrix(np.triu(np.ones((8, 8)), 1), [0] * 6),
        lambda: nb101.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["conv5x5"]),
        lambda: nb101.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], [3]),
        lambda: nb101.digests(np.zeros((1, 26), dtype=int)),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(LucioleError, match="expected"):
        call()
