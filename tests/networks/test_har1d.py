"""Sensor networks: counts against what is built, and equal functions of one class."""

import numpy as np
import onnx
import pytest
import torch

from luciole.costs.counts import count
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.networks.statistics import multiplications
from luciole.sensors.deploy import export
from luciole.spaces import har1d, nb201


def build(row, seed=0):
    return networks.build(row, inputs=3, classes=4, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("length", [64, 101])
def test_closed_form_equals_what_is_built(length):
    rows = har1d.sample(np.random.default_rng(length), 60)
    parameters, macs = networks.counts(rows, inputs=3, classes=4, length=length)
    for row, expected in zip(rows, zip(parameters, macs, strict=True), strict=True):
        counted = count(build(row), (3, length))
        assert (counted.parameters, counted.macs + multiplications(3, length)) == expected


@pytest.mark.check  # a quarter of a minute
def test_operators_are_those_of_the_exported_file(tmp_path):
    """But for the last normalisation and what is computed twice alike, which an exporter folds; identities are free."""
    constants = Normalisation(np.zeros(3, np.float32), np.ones(3, np.float32))
    rows, exact = har1d.canonical(har1d.sample(np.random.default_rng(5), 25)), 0
    for row, expected in zip(rows, networks.operators(rows), strict=True):
        nodes = onnx.load(export(build(row).eval(), constants, 64, tmp_path / "net.onnx")).graph.node
        found = sum(node.op_type not in ("Constant", "Identity") for node in nodes)
        assert 0.9 * expected < found <= expected
        exact += found >= expected - 1
    assert exact > len(rows) / 2


def test_a_network_without_statistics_has_none():
    row = har1d.sample(np.random.default_rng(6), 1)[0]
    bare = networks.build(row, 3, 4, torch.Generator().manual_seed(0), kinds=None)
    assert bare.statistics is None and bare(torch.zeros(2, 3, 64)).shape == (2, 4)


def test_representatives_are_the_same_network():
    """Same costs for the whole class; and the same outputs whatever the genes that decide nothing."""
    rows = har1d.sample(np.random.default_rng(1), 2000)
    same = har1d.canonical(rows)
    assert (har1d.canonical(same) == same).all()
    mine, others = (networks.counts(each, 3, 4, 100) for each in (rows, same))
    assert (mine[0] == others[0]).all() and (mine[1] == others[1]).all()
    row = np.array([1, 0, 0, 2, 1, 3, 2, 1, 0, 3, 2, 1, 1, 1, 1, 1], dtype=np.int8)  # its wide convolution is dead
    idle = row.copy()
    idle[9:12] = 0  # kernel, dilation, kind
    swapped = idle.copy()
    swapped[:6] = [0, 1, 0, 2, 3, 1]
    assert (har1d.canonical(row) == har1d.canonical(swapped)).all()
    x = torch.randn(5, 3, 64, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(build(row)(x), build(idle)(x))
    assert (har1d.canonical(row[None]) == har1d.canonical(idle[None])).all()


def test_samples_have_a_path_and_learn():
    rows = har1d.sample(np.random.default_rng(3), 300)
    assert nb201.prune(rows[:, :6]).any(axis=1).all()
    x = torch.randn(6, 3, 64, generator=torch.Generator().manual_seed(0))
    for row in rows[:10]:
        network = build(row)
        network(x).square().sum().backward()
        assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_operators_stay_in_the_space():
    rng = np.random.default_rng(4)
    rows = har1d.sample(rng, 500)
    assert (har1d.distance(rows, har1d.mutate(rng, rows)) == 1).all()
    child = har1d.crossover(rng, rows, rows[::-1])
    assert ((child == rows) | (child == rows[::-1])).all()
    around = har1d.neighbours(rows[0])
    assert around.shape == (sum(har1d.ARITY) - har1d.GENES, har1d.GENES)
    assert (har1d.distance(around, rows[0]) == 1).all() and len(np.unique(around, axis=0)) == len(around)
    assert (har1d.encode(rows).sum(axis=1) == har1d.GENES).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: har1d.decode([0] * 6), r"shape \(6,\)"),
        (lambda: har1d.decode([0] * 14 + [3, 0]), r"gene 14 of sensor networks in 0\.\.2, got 3"),
        (lambda: networks.counts(har1d.sample(np.random.default_rng(0), 99), 3, 4, 6), "got 6 samples"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(LucioleError, match=message):
        call()
