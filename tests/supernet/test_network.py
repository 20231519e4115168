"""The supernet against the plain loop over operations, and its paths against the networks of the table."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.supernet.network import Supernet, gate_gradients

sys.path.insert(0, str(Path(__file__).parent))  # the plain loop is used by a benchmark too

from supernet_plain import PlainSupernet

SENSORS = Skeleton(inputs=3, classes=5, width=4, cells=1, dims=1, stem="conv1", reduction="pool")
IMAGES = Skeleton(inputs=3, classes=4, width=4, cells=1, stages=2, dims=2)
ALL = tuple(range(5))


def generators(count):
    return [torch.Generator().manual_seed(number) for number in range(count)]


def made(skeleton, count=2, **options):
    net = Supernet(skeleton, generators(count), **options).double()
    size = (13,) if skeleton.dims == 1 else (7, 7)
    x = torch.randn(count, 6, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    drawn = torch.rand(count, 6, len(net.operations), dtype=torch.float64, generator=torch.Generator().manual_seed(8))
    return net, x, drawn.requires_grad_()


@pytest.mark.parametrize(("skeleton", "partial"), [(SENSORS, 1), (IMAGES, 1), (SENSORS, 2)])
@pytest.mark.parametrize("operations", [ALL, (2, 3), (1, 3)])
def test_outputs_and_gradients_are_those_of_the_plain_loop(skeleton, partial, operations):
    net, x, mixed = made(skeleton, operations=operations, partial=partial)
    other = mixed.detach().clone().requires_grad_()
    plain = [PlainSupernet(net, seed) for seed in range(2)]
    ours = net(x, mixed)
    theirs = torch.stack([one(x[seed], other[seed]) for seed, one in enumerate(plain)])
    torch.testing.assert_close(ours, theirs)
    for logits in (ours, theirs):
        logits.sin().sum().backward()
    torch.testing.assert_close(mixed.grad, other.grad)
    for seed, one in enumerate(plain):
        torch.testing.assert_close(net.stem.weight.grad[seed], one.stem_gradient())


@pytest.mark.parametrize("skeleton", [SENSORS, IMAGES])
def test_a_path_is_the_network_of_its_cell(skeleton):
    net, x, _ = made(skeleton)
    rows = nb201.sample(np.random.default_rng(0), 6)
    rows[0] = 0
    seeds = [0, 1, 1, 0, 1, 0]
    logits = net(x[0], **net.paths(rows, seeds))
    for at, (row, seed) in enumerate(zip(rows, seeds, strict=True)):
        torch.testing.assert_close(logits[at], net.inherit(row, seed)(x[0]))


def test_a_supernet_does_not_depend_on_its_neighbours():
    net, x, mixed = made(SENSORS)
    alone = Supernet(SENSORS, [torch.Generator().manual_seed(1)]).double()
    torch.testing.assert_close(net(x, mixed)[1], alone(x[1:], mixed[1:])[0])
    net(x, mixed)[1].square().sum().backward()
    assert mixed.grad[0].abs().sum() == 0 and mixed.grad[1].abs().sum() > 0
    assert all(p.grad[0].abs().sum() == 0 for p in net.parameters() if p.grad is not None)


@pytest.mark.parametrize(("skeleton", "partial"), [(SENSORS, 1), (IMAGES, 1), (SENSORS, 2)])
def test_gradients_of_gates_are_those_by_the_coefficients(skeleton, partial):
    net, x, mixed = made(skeleton, partial=partial)
    watch = []
    net(x, mixed).sin().sum().backward()
    found = gate_gradients(net, net(x, mixed, watch=watch).sin().sum(), watch, torch.ones_like(mixed, dtype=torch.bool))
    torch.testing.assert_close(found, mixed.grad)
    only = torch.zeros_like(mixed, dtype=torch.bool)
    only[0, 3, 4] = only[1, 2, 3] = True
    watch = []
    found = gate_gradients(net, net(x, mixed, watch=watch).sin().sum(), watch, only)
    torch.testing.assert_close(found, torch.where(only, mixed.grad, 0.0))


def test_gradients_of_gates_of_what_did_not_run():
    net, x, _ = made(SENSORS)
    path = net.paths([[3, 0, 2, 1, 4, 3], [0, 0, 0, 3, 1, 1]])  # nothing arrives at two nodes of the second
    watch = []
    loss = net(x, **path, watch=watch).sin().sum()
    found = gate_gradients(net, loss, watch, torch.ones(2, 6, 5, dtype=torch.bool))
    assert all(p.grad is None for p in net.parameters())
    whole = path["coefficients"].requires_grad_()
    net(x, whole).sin().sum().backward()
    torch.testing.assert_close(found, whole.grad)
    assert found[..., nb201.NONE].abs().sum() == 0


def test_what_is_not_chosen_is_not_computed():
    net, x, _ = made(SENSORS)
    net(x, **net.paths([[3, 1, 1, 1, 0, 3], [3, 1, 1, 1, 0, 3]])).sum().backward()
    for cell in (block for block in net.body if hasattr(block, "layers")):
        ran = {name for name, layer in cell.layers.items() if layer.weight.grad is not None}
        assert ran == {"0 3", "2 3"}


def test_bad_input_is_refused_in_a_line():
    with pytest.raises(LucioleError, match="nothing to train"):
        Supernet(SENSORS, generators(1), operations=(0, 1, 4))
    for wrong in ((3, 2), (3, 3), (3, 7)):
        with pytest.raises(LucioleError, match="ascending"):
            Supernet(SENSORS, generators(1), operations=wrong)
    with pytest.raises(LucioleError, match="one generator"):
        Supernet(SENSORS, [])
    with pytest.raises(LucioleError, match="width that 3 divides"):
        Supernet(SENSORS, generators(1), partial=3)
    net = Supernet(SENSORS, generators(1), operations=(2, 3))
    with pytest.raises(LucioleError, match="of the operations"):
        net.paths([[0, 0, 0, 0, 0, 3]])
    with pytest.raises(LucioleError, match="expected coefficients of shape"):
        net(torch.zeros(4, 3, 16), torch.zeros(1, 6, 5))
    with pytest.raises(LucioleError, match="at least 2 windows"):
        net(torch.zeros(1, 3, 1), torch.full((1, 6, 2), 0.5))
