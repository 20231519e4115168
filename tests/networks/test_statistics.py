"""The statistics of a window against their definitions, one number at a time; and what is exported of them."""

import numpy as np
import onnx
import pytest
import torch

from luciole.datasets.windows import Normalisation
from luciole.networks.statistics import FLOOR, KINDS, OPERATORS, PARTS, SPANS, Statistics, multiplications, width
from luciole.sensors.deploy import export


def slow(x):
    """The numbers of one window (C, time), each computed where it is defined; the order is that of the module."""
    channels, length = x.shape
    size = length // PARTS
    moves = [[[(c[t] - c[max(t - by, 0)]) ** 2 for t in range(length)] for c in x] for by in SPANS]
    quarters = [[c[part * size : (part + 1) * size] for part in range(PARTS)] for c in x]
    plain = (
        [c.mean() for c in x] + [q.mean() for c in quarters for q in c] + [c.max() for c in x] + [c.min() for c in x]
    )
    scaled = [(c - c.mean()) / np.sqrt(c.var() + FLOOR) for c in x]
    plain += [(scaled[at] * scaled[at - by]).mean() for by in (1, 2) for at in range(by, channels)]
    squares = [c.var() for c in x] + [np.mean(c) for span in moves for c in span]
    squares += [q.var() for c in quarters for q in c]
    squares += [np.mean(c[part * size : (part + 1) * size]) for c in moves[0] for part in range(PARTS)]
    return np.array(plain + [np.log(one + FLOOR) for one in squares])


@pytest.mark.parametrize(("channels", "length"), [(1, 64), (2, 20), (3, 101), (6, 33)])
def test_every_number_is_what_it_is_said_to_be(channels, length):
    x = torch.randn(4, channels, length, generator=torch.Generator().manual_seed(length), dtype=torch.float64)
    x[0, 0] = 0.7  # a channel that does not move
    told = Statistics()(x).numpy()
    assert told.shape == (4, width(channels))
    np.testing.assert_allclose(told, [slow(window) for window in x.numpy()], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kinds", [(), KINDS[:1], KINDS[1:2], KINDS[2:3], KINDS[3:]])
def test_a_kind_adds_its_own_numbers_alone(kinds):
    x = torch.randn(2, 4, 40, generator=torch.Generator().manual_seed(0))
    some, every = Statistics(kinds)(x), Statistics()(x)
    assert some.shape == (2, width(4, kinds))
    assert all((every == column[:, None]).all(dim=0).any() for column in some.T)


def test_multiplications_are_those_of_the_definitions():
    """Counted on three channels of 16 samples: variances, six spans, quarters, and two and one pairs of neighbours."""
    assert multiplications(3, 16) == 3 * (16 + 6 * 16 + 16 + 16) + 3 * 16
    assert multiplications(1, 17) == 17 + 6 * 17 + 16 + 17


def test_the_operators_counted_are_those_exported(tmp_path):
    constants = Normalisation(np.zeros(3, np.float32), np.ones(3, np.float32))
    nodes = onnx.load(export(Statistics().eval(), constants, 100, tmp_path / "net.onnx")).graph.node
    mine = [node for node in nodes if node.op_type not in ("Constant", "Identity")]
    assert OPERATORS - 10 < len(mine) < OPERATORS  # the rest: two normalisations, a product, an activation, a join
