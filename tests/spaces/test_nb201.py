"""The NAS-Bench-201 space: its order, its strings, its classes, its operators."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from luciole.errors import LucioleError
from luciole.spaces import nb201

cells = hnp.arrays(np.int8, st.tuples(st.integers(0, 30), st.just(6)), elements=st.integers(0, 4))
seeds = st.integers(0, 2**32 - 1)


def output_of(row, x):
    """Run a cell on a vector, each operation a fixed non-linear map: equal cells must give equal numbers."""
    maps = {
        2: lambda v: np.tanh(1.7 * v + 0.3),
        3: lambda v: np.sin(2.3 * v + 0.1),
        4: lambda v: np.cos(1.1 * v) - 1,
    }
    nodes = [x]
    genes = iter(row)
    for target in range(1, 4):
        total = np.zeros_like(x)
        for source in range(target):
            op = int(next(genes))
            if op == 1:
                total = total + nodes[source]
            elif op > 1 and nodes[source].any():  # what is fed nothing gives nothing, as the benchmark assumes
                total = total + maps[op](nodes[source])
        nodes.append(total)
    return nodes[3]


def test_every_cell_once():
    everything = nb201.all_cells()
    assert everything.shape == (nb201.SIZE, 6) and everything.dtype == np.int8
    assert {tuple(row) for row in everything.tolist()} == set(itertools.product(range(5), repeat=6))
    assert (nb201.index(everything) == np.arange(nb201.SIZE)).all()
    with pytest.raises(ValueError):
        everything[0, 0] = 0


def test_published_anchors():
    """Cells whose official index is printed by the benchmark or by those who relayed its table."""
    first = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    second = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
    assert nb201.index(nb201.parse([first, second])).tolist() == [0, 1]


def test_agrees_with_the_prepared_table(data_folder):
    table = np.load(data_folder / "nb201.npz")
    assert (nb201.all_cells() == table["ops"]).all()
    assert (nb201.iso() == table["iso"]).all()
    assert (np.array(nb201.format(nb201.all_cells()), dtype="S") == table["arch"]).all()


def test_classes():
    iso = nb201.iso()
    assert len(np.unique(iso)) == 6466
    assert (iso[iso] == iso).all() and (iso <= np.arange(nb201.SIZE)).all()
    assert (nb201.classes() == np.flatnonzero(iso == np.arange(nb201.SIZE))).all()


def test_isomorphic_cells_compute_the_same_function():
    x = np.array([0.31, -0.77, 1.9])
    outputs = np.array([output_of(row, x) for row in nb201.all_cells()])
    np.testing.assert_allclose(outputs, outputs[nb201.iso()], rtol=0, atol=1e-9)


def test_pruning_keeps_the_function_and_removes_all_that_is_dead():
    x = np.array([0.31, -0.77, 1.9])
    everything = nb201.all_cells()
    pruned = nb201.prune(everything)
    assert ((pruned == everything) | (pruned == 0)).all() and (nb201.prune(pruned) == pruned).all()
    for before, after in zip(everything[::7], pruned[::7], strict=True):
        np.testing.assert_array_equal(output_of(before, x), output_of(after, x))
    paths = [(3,), (0, 4), (1, 5), (0, 2, 5)]  # the genes of each way from input to output
    on_a_path = np.zeros(everything.shape, dtype=bool)
    for path in paths:
        open_path = (everything[:, path] != 0).all(axis=1)
        on_a_path[np.ix_(open_path, path)] = True
    assert ((pruned != 0) == on_a_path).all()


@given(cells)
def test_parse_undoes_format(rows):
    assert (nb201.parse(nb201.format(rows)) == rows).all()
    assert (nb201.all_cells()[nb201.index(rows)] == rows).all()


@given(cells, seeds)
def test_mutants_differ_in_one_operation(rows, seed):
    mutants = nb201.mutate(np.random.default_rng(seed), rows)
    assert (nb201.distance(rows, mutants) == 1).all()
    assert mutants.min(initial=0) >= 0 and mutants.max(initial=0) <= 4


def test_every_mutant_is_equally_likely():
    rows = np.tile(np.int8([0, 1, 2, 3, 4, 0]), (24_000, 1))
    mutants = nb201.index(nb201.mutate(np.random.default_rng(0), rows))
    found, counts = np.unique(mutants, return_counts=True)
    assert set(found) == set(nb201.index(nb201.neighbours(rows[0])))
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)


@given(cells, seeds)
def test_children_take_each_gene_from_a_parent(rows, seed):
    rng = np.random.default_rng(seed)
    others = nb201.sample(rng, len(rows))
    child = nb201.crossover(rng, rows, others)
    assert ((child == rows) | (child == others)).all()


@given(st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_neighbours_are_the_cells_at_distance_one(row):
    around = nb201.neighbours(row)
    everything = nb201.all_cells()
    expected = np.flatnonzero(nb201.distance(everything, np.int8(row)) == 1)
    assert sorted(nb201.index(around)) == expected.tolist()


def test_sample_is_seeded_and_covers_the_space():
    draw = nb201.sample(np.random.default_rng(3), 200_000)
    assert (draw == nb201.sample(np.random.default_rng(3), 200_000)).all()
    assert len(np.unique(nb201.index(draw))) == nb201.SIZE


def test_codes_are_one_hot():
    codes = nb201.encode(nb201.all_cells())
    assert codes.shape == (nb201.SIZE, 30) and codes.dtype == np.float32
    assert (codes.reshape(-1, 6, 5).sum(axis=2) == 1).all()
    assert (codes.reshape(-1, 6, 5).argmax(axis=2) == nb201.all_cells()).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nb201.parse("nor_conv_3x3"), "expected a cell such as"),
        (lambda: nb201.parse(nb201.format(nb201.all_cells()[0]).replace("avg", "max")), "'max_pool_3x3'"),
        (lambda: nb201.index([0, 1, 2]), r"shape \(3,\)"),
        (lambda: nb201.index([0, 1, 2, 3, 4, 5]), r"gene 5 of cells in 0\.\.4, got 5"),
        (lambda: nb201.index([0.5] * 6), "float64"),
        (lambda: nb201.neighbours(nb201.all_cells()[:2]), "one genotype"),
    ],
)
def test_bad_input_is_named_in_one_line(call, message):
    with pytest.raises(LucioleError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
