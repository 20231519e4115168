"""Sensor networks: counts against what is built, and equal functions of one class."""

import numpy as np
import pytest
import torch

from luciole.costs.counts import count
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.spaces import har1d, nb201


def build(row, seed=0):
    return networks.build(row, inputs=3, classes=4, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("length", [64, 101])
def test_closed_form_equals_what_is_built(length):
    rows = har1d.sample(np.random.default_rng(length), 60)
    parameters, macs = networks.counts(rows, inputs=3, classes=4, length=length)
    for row, expected in zip(rows, zip(parameters, macs, strict=True), strict=True):
        counted = count(build(row), (3, length))
        unseen = networks.squares(3, length) if har1d.decode(row).statistics else 0
        assert (counted.parameters, counted.macs + unseen) == expected


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
