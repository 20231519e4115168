"""Recurrent cells: what is drawn is valid, what is read is read, and the networks compute what the cell says."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks import recurrent as networks
from luciole.scores.icd import icd
from luciole.scores.streamed import icd_streamed
from luciole.spaces import recurrent

LAST = recurrent.INPUTS + recurrent.NODES - 1


def row(**nodes):
    """A cell whose nodes, by number ("n2"), are (operation, inputs...); the others read x."""
    genes = np.zeros((recurrent.NODES, 4), dtype=np.int8)
    for name, (op, *reads) in nodes.items():
        genes[int(name[1:]) - recurrent.INPUTS, : 1 + len(reads)] = (recurrent.OPS.index(op), *reads)
    return genes.reshape(-1)


def test_samples_are_valid_and_repeat():
    rows = recurrent.sample(np.random.default_rng(3), 60)
    assert rows.shape == (60, recurrent.GENES) and recurrent.valid(rows).all()
    assert (rows == recurrent.sample(np.random.default_rng(3), 60)).all()


def test_idle_nodes_are_left_out():
    cell = row(n2=("tanh", 1), n3=("relu", 0), n7=("linear", 0, 2))
    assert recurrent.decode(cell) == [(2, recurrent.TANH, (1,)), (7, recurrent.LINEAR, (0, 2))]


@pytest.mark.parametrize(
    "cell",
    [
        row(n7=("linear", 0, 0)),  # forgets
        row(n7=("linear", 1, 1)),  # sees nothing
        row(n7=("sum", 0, 1)),  # learns nothing
    ],
)
def test_cells_that_cannot_learn_to_remember_are_not_valid(cell):
    assert not recurrent.valid(cell)[0]


def test_genes_out_of_range_are_refused():
    with pytest.raises(LucioleError, match="earlier nodes"):
        recurrent.check(row(n2=("tanh", 2)))
    with pytest.raises(LucioleError, match="integers"):
        recurrent.check(np.zeros(5, dtype=int))


def test_a_step_is_what_the_cell_says():
    cell = row(n2=("linear", 0, 1), n3=("tanh", 2), n4=("product", 3, 1), n7=("blend", 2, 3, 4))
    network = networks.build(cell, 20, 6, torch.Generator().manual_seed(0))
    x, h = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(1))
    linear = network.cell.operations[0]
    a = x @ linear.first.weight.T + linear.first.bias + h @ linear.second.weight.T
    gate, tanh = torch.sigmoid(a), torch.tanh(a)
    expected = functional.layer_norm(gate * tanh + (1 - gate) * tanh * h, (6,))
    torch.testing.assert_close(network.cell(x, h), expected)


def test_every_drawn_cell_runs_and_the_streamed_score_is_the_score():
    text = torch.randint(20, (9, 7), generator=torch.Generator().manual_seed(0))
    for number, cell in enumerate(recurrent.sample(np.random.default_rng(0), 6)):
        network = networks.build(cell, 20, 8, torch.Generator().manual_seed(number))
        logits = network(text)
        assert logits.shape == (9, 7, 20) and torch.isfinite(logits).all()
        assert icd_streamed(network, text) == pytest.approx(icd(network, text), rel=1e-6)


def test_a_state_carries_over():
    network = networks.build(row(n7=("linear", 0, 1)), 20, 8, torch.Generator().manual_seed(0))
    one, other = torch.tensor([[1, 5, 5]]), torch.tensor([[2, 5, 5]])
    assert not torch.allclose(network(one)[0, 2], network(other)[0, 2])
