"""NAS-Bench-101 networks: counts against the benchmark's own, the forward pass against a plain evaluation."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from luciole.costs.counts import count
from luciole.errors import LucioleError
from luciole.networks import nb101 as networks
from luciole.spaces import nb101

ROWS = nb101.sample(np.random.default_rng(4), 40)


def test_parameters_are_those_of_the_table(data_folder):
    from luciole.tables import nasbench101

    table = nasbench101.load()
    which = np.random.default_rng(0).integers(len(table), size=1_000)
    assert (networks.parameters(table.rows[which]) == table["params"][which]).all()


@pytest.mark.parametrize("stem", [5, 16])
def test_closed_form_is_what_torch_counts(stem):
    expected = [
        sum(w.numel() for w in networks.build(row, torch.Generator().manual_seed(0), stem=stem).parameters())
        for row in ROWS
    ]
    assert networks.parameters(ROWS, stem=stem).tolist() == expected


@pytest.mark.parametrize(("stem", "size"), [(16, 32), (8, 16)])
def test_macs_are_those_counted_while_it_runs(stem, size):
    built = [networks.build(row, torch.Generator().manual_seed(0), stem=stem) for row in ROWS]
    expected = [count(network, (3, size, size)).macs for network in built]
    assert networks.macs(ROWS, stem=stem, size=size).tolist() == expected


def test_the_two_vertex_cell_has_the_size_counted_by_hand():
    pairs = [(128, 128)] * 3 + [(128, 256)] + [(256, 256)] * 2 + [(256, 512)] + [(512, 512)] * 2
    expected = 27 * 128 + 256 + sum(a * b + 2 * b for a, b in pairs) + 513 * 10
    assert networks.parameters(nb101.from_matrix([[0, 1], [0, 0]], []))[0] == expected


def test_the_best_cell_of_the_benchmark_has_its_published_size():
    # the row of highest mean test accuracy in the benchmark, in its own bits
    matrix = np.zeros((7, 7), dtype=int)
    bits = 1101347
    for bit, (source, target) in enumerate(nb101.PAIRS):
        matrix[source, target] = bits >> bit & 1
    assert networks.parameters(nb101.from_matrix(matrix, [1, 0, 2, 0, 0]))[0] == 32_426_634


def test_every_width_adds_up_and_never_grows_along_an_edge():
    for row in ROWS:
        matrix, _ = networks.cell(row)
        width, last = networks.channels(matrix, 16, 37), len(matrix) - 1
        feeders = [v for v in range(1, last) if matrix[v, last]]
        assert sum(width[v] for v in feeders) == (37 if feeders else 0)
        assert all(
            0 <= width[u] - width[v] <= (37 if u == 0 else 1)
            for u in range(1, last)
            for v in range(u + 1, last)
            if matrix[u, v]
        )


def test_a_cell_computes_the_sum_of_its_paths():
    # input -> a (pool) -> output, input -> output: the output is the pooled projection plus a projection
    row = nb101.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["maxpool3x3"])[0]
    matrix, ops = networks.cell(row)
    cell = networks.Cell(matrix, ops, 4, 6).eval()
    x = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(1))

    def project(unit):
        convolution, norm, _ = unit.layers
        z = torch.einsum("oi,bihw->bohw", convolution.weight[:, :, 0, 0], x)
        return functional.relu(z / (1 + norm.eps) ** 0.5)

    expected = functional.max_pool2d(project(cell.projections["1"]), 3, 1, 1) + project(cell.projections["2"])
    torch.testing.assert_close(cell(x), expected)


def test_idle_vertices_change_nothing():
    row = nb101.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["conv3x3-bn-relu"])[0]
    idle = row.copy()
    idle[nb101.PAIRS.index((2, 6))] = 1  # vertex 2 feeds the output but nothing feeds it
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    one, other = (networks.build(r, torch.Generator().manual_seed(3), stem=8)(x) for r in (row, idle))
    torch.testing.assert_close(one, other)


def test_initial_weights_follow_the_generator_and_the_stated_law():
    row = ROWS[0]
    one, same, other = (networks.build(row, torch.Generator().manual_seed(s), stem=64) for s in (1, 1, 2))
    pairs = zip(one.parameters(), same.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    stem = one.layers[0].layers[0].weight.detach()
    assert not torch.equal(stem, other.layers[0].layers[0].weight)
    assert abs(float(stem.std()) / (2 / (9 * 64)) ** 0.5 - 1) < 0.1
    assert abs(float(one.classifier.weight.detach().std()) / 0.01 - 1) < 0.1 and not one.classifier.bias.any()


def test_a_row_without_a_path_is_refused():
    with pytest.raises(LucioleError, match="path from input to output"):
        networks.build(np.zeros(nb101.GENES, dtype=np.int8), torch.Generator())


def test_a_stem_too_narrow_for_the_cell_is_refused():
    several = nb101.from_matrix([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]], ["conv3x3-bn-relu"] * 2)[0]
    with pytest.raises(
        LucioleError, match="2 channels or more, one for each vertex that feeds the output, got 1; use a wider"
    ):
        networks.build(several, torch.Generator(), stem=1)
    with pytest.raises(LucioleError, match="2 channels or more"):
        networks.parameters(several[None], stem=1)
    assert networks.build(several, torch.Generator(), stem=2)(torch.zeros(1, 3, 8, 8)).shape == (1, 10)
