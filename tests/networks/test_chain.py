"""Morphisms: those that add keep the function to rounding; all carry weights over and give a network that runs."""

import numpy as np
import pytest
import torch

from luciole.networks import chain as networks
from luciole.spaces import chain


def trained_like(row, seed=0):
    """A network in double precision with biases and weights of all sizes, as training leaves them."""
    generator = torch.Generator().manual_seed(seed)
    network = networks.build(row, generator).double()
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=generator, dtype=torch.float64)
    return network


def images(n=6, seed=1):
    return torch.randn(n, 1, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


BASE = np.array([3, 1, 0, 2, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 3, 1, 0], dtype=np.int8)
EXACT = {  # operator: genes that change
    "deepen in the middle": {12: 2, 13: 1},
    "deepen at the end of a stage": {6: 2},
    "widen a first slot": {0: 4},
    "widen what the next stage reads": {3: 6},
    "widen what the classifier reads": {15: 5},
    "enlarge a kernel": {4: 1},
    "add a skip": {5: 1},
    "add a skip over two": {17: 1},
    "all at once": {0: 5, 3: 4, 4: 1, 5: 1, 6: 4, 9: 6, 12: 6, 15: 4, 17: 1},
}


@pytest.mark.parametrize("operator", EXACT)
def test_operators_that_add_keep_the_function(operator):
    row = BASE.copy()
    row[list(EXACT[operator])] = list(EXACT[operator].values())
    parent, x = trained_like(BASE), images()
    child = networks.morph(parent, row, torch.Generator().manual_seed(2))
    assert (child.row == row).all()
    assert (child(x) - parent(x)).abs().max() < 1e-10
    assert parent(x).std() > 0.1  # a function that is worth keeping
    assert sum(w.numel() for w in child.parameters()) > sum(w.numel() for w in parent.parameters())


def test_long_lines_of_descent_keep_the_function():
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    for start in chain.sample(rng, 4):
        network = trained_like(start)
        x = images()
        y = network(x)
        for _ in range(12):
            around = chain.neighbours(network.row)
            growing = around[(around >= network.row).all(axis=1)]
            if not len(growing):
                break
            network = networks.morph(network, growing[rng.integers(len(growing))], generator)
        assert ((network(x) - y).abs() <= 1e-10 * y.abs().max().clamp(min=1)).all()


def test_every_neighbour_can_be_made_and_the_parent_stays():
    rng, generator = np.random.default_rng(1), torch.Generator().manual_seed(0)
    for row in chain.sample(rng, 8):
        parent = trained_like(row)
        before = {name: weight.clone() for name, weight in parent.state_dict().items()}
        for child in chain.neighbours(row):
            assert torch.isfinite(networks.morph(parent, child, generator)(images(2))).all()
        assert all((before[name] == weight).all() for name, weight in parent.state_dict().items())


def test_taking_out_what_was_put_in_gives_the_parent_back():
    parent, generator = trained_like(BASE), torch.Generator().manual_seed(0)
    for genes in ({6: 2, 7: 1}, {12: 2}, {5: 1}, {4: 1}):
        row = BASE.copy()
        row[list(genes)] = list(genes.values())
        back = networks.morph(networks.morph(parent, row, generator), BASE, generator)
        assert all(torch.allclose(w, back.state_dict()[name]) for name, w in parent.state_dict().items())


def test_narrowing_drops_the_weakest_channels():
    parent = trained_like(BASE)
    with torch.no_grad():
        parent.convolutions["0"].weight[[1, 4, 5, 8]] *= 1e-9
        parent.convolutions["0"].bias[[1, 4, 5, 8]] = 0
    row = BASE.copy()
    row[0] = 2  # 12 channels to 8
    child = networks.morph(parent, row, torch.Generator())
    torch.testing.assert_close(child(images()), parent(images()), atol=1e-6, rtol=0)


def test_repeated_channels_learn_different_things():
    row = BASE.copy()
    row[0] = 6
    child = networks.morph(trained_like(BASE), row, torch.Generator().manual_seed(0))
    child(images()).square().sum().backward()
    gradient = child.convolutions["0"].weight.grad.flatten(1)
    alive = gradient[gradient.abs().sum(dim=1) > 0]
    assert len(torch.unique(alive, dim=0)) == len(alive)


def test_counts_are_those_of_the_modules():
    rows = chain.sample(np.random.default_rng(5), 12)
    for row, parameters, macs in zip(rows, networks.parameters(rows), networks.macs(rows), strict=True):
        network, seen = networks.build(row, torch.Generator()), []
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(
                    lambda m, _, out, seen=seen: seen.append(m.weight.numel() * out.shape[2] * out.shape[3])
                )
        assert network(torch.zeros(3, 1, 8, 8)).shape == (3, 10)
        assert parameters == sum(weight.numel() for weight in network.parameters())
        assert macs == sum(seen)
