"""Growing keeps the function, gains what is said, and a network that was pruned shrinks for real."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain, firefly_descent, gradmax
from luciole.sparsity.masks import Masks, full, prunable, strongest
from luciole.sparsity.net2net import deeper, wider
from luciole.sparsity.shrink import shrink
from luciole.sparsity.splitting import split, splits


def network(activation=nn.ReLU):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), activation(), nn.Linear(5, 4), activation(), nn.Linear(4, 3))


@pytest.fixture
def batch():
    torch.manual_seed(1)
    return torch.randn(60, 6), torch.arange(60) % 3


def test_a_wider_network_answers_the_same_and_noise_breaks_the_symmetry(batch):
    one = network()
    bigger = wider(one, "0", 9, torch.Generator().manual_seed(0))
    assert bigger[0].weight.shape == (9, 6) and one[0].weight.shape == (5, 6)
    torch.testing.assert_close(bigger(batch[0]), one(batch[0]), rtol=0, atol=1e-6)
    assert len(bigger[0].weight.unique(dim=0)) == 5
    noisy = wider(one, "0", 9, torch.Generator().manual_seed(0), noise=0.1)
    assert len(noisy[0].weight.unique(dim=0)) == 9
    with pytest.raises(LucioleError, match="at least the 5 units"):
        wider(one, "0", 3, torch.Generator())


def test_a_deeper_network_answers_the_same(batch):
    one = network()
    bigger = deeper(one, "0")
    assert len(chain.layers(bigger)) == 4
    torch.testing.assert_close(bigger(batch[0]), one(batch[0]), rtol=0, atol=1e-6)
    with pytest.raises(LucioleError, match="behind Sigmoid"):
        deeper(network(nn.Sigmoid), "0")
    with pytest.raises(LucioleError, match="hidden layer among 0, 2, got '4'"):
        deeper(one, "4")


def test_gradmax_keeps_the_function_and_no_outgoing_weights_of_that_norm_give_a_larger_gradient(batch):
    one = network()
    bigger = gradmax.grow(one, "0", 2, *batch)
    torch.testing.assert_close(bigger(batch[0]), one(batch[0]), rtol=0, atol=1e-6)

    def gain(candidate):
        loss = functional.cross_entropy(candidate(batch[0]), batch[1])
        return float(torch.autograd.grad(loss, candidate[0].weight)[0][5:].norm())

    best = gain(bigger)
    assert best > 0
    for seed in range(20):
        torch.manual_seed(seed)
        directions = torch.linalg.qr(torch.randn(4, 2)).Q * bigger[2].weight[:, 5:].norm(dim=0)
        with torch.no_grad():
            bias = bigger[2].bias + (bigger[2].weight[:, 5:] - directions) @ torch.full((2,), gradmax.LIFT)
            bigger[2].weight[:, 5:] = directions
            bigger[2].bias.copy_(bias)
        assert gain(bigger) <= best * (1 + 1e-4)
    with pytest.raises(LucioleError, match="1 to 4 new units"):
        gradmax.grow(one, "0", 5, *batch)


def test_a_split_gains_what_its_eigenvalue_says(batch):
    one = network(nn.Softplus).double()
    x, y = batch[0].double(), batch[1]
    found = splits(one, "0", x, y)
    unit = found.values.argmin(keepdim=True)
    loss = float(functional.cross_entropy(one(x), y).detach())
    changes = []
    for epsilon in (0.1, 0.05):
        bigger = split(one, "0", found, unit, epsilon)
        assert bigger[0].weight.shape == (6, 6)
        changes.append((float(functional.cross_entropy(bigger(x), y).detach()) - loss) / epsilon**2)
    assert changes[1] == pytest.approx(float(found.values[unit]) / 2, rel=0.05)
    assert abs(changes[1] - float(found.values[unit]) / 2) < abs(changes[0] - float(found.values[unit]) / 2)
    torch.testing.assert_close(split(one, "0", found, unit, 0.0)(x), one(x), rtol=0, atol=1e-9)
    with pytest.raises(LucioleError, match="ReLU or Softplus"):
        splits(network(nn.Tanh), "0", *batch)


def test_firefly_descent_moves_little_and_lowers_the_loss(batch):
    one = network()
    for parameter in one.parameters():
        parameter.requires_grad_(True)
    bigger = firefly_descent.grow(one, "0", 3, *batch, torch.Generator().manual_seed(0))
    assert bigger[0].weight.shape == (8, 6)
    assert float((bigger(batch[0]) - one(batch[0])).abs().max()) < 0.2
    before, after = (float(functional.cross_entropy(each(batch[0]), batch[1])) for each in (one, bigger))
    assert after < before
    again = firefly_descent.grow(one, "0", 3, *batch, torch.Generator().manual_seed(0))
    assert torch.equal(again[0].weight, bigger[0].weight)
    with pytest.raises(LucioleError, match="as there are candidates, got 30"):
        firefly_descent.grow(one, "0", 30, *batch, torch.Generator())


def pruned(one, kept):
    masks = strongest({name: weight.detach().abs() for name, weight in prunable(one).items()}, kept)
    masks.apply(one)
    return masks


@pytest.mark.parametrize("normalised", [False, True])
def test_a_shrunk_network_answers_the_same_with_narrower_layers(batch, normalised):
    torch.manual_seed(0)
    layers = [nn.Linear(6, 20), *([nn.BatchNorm1d(20)] if normalised else []), nn.ReLU(), nn.Linear(20, 10), nn.ReLU()]
    one = nn.Sequential(*layers, nn.Linear(10, 3))
    if normalised:
        one.train()(batch[0])
        nn.init.normal_(one[1].bias)
    masks = pruned(one.eval(), 70)
    smaller = shrink(one, masks)
    torch.testing.assert_close(smaller(batch[0]), one(batch[0]), rtol=0, atol=1e-5)
    count = sum(weight.numel() for weight in prunable(smaller).values())
    assert count < 0.8 * masks.total


def test_convolutions_shrink_and_inputs_that_nothing_reads_go():
    torch.manual_seed(0)
    one = nn.Sequential(
        nn.Conv2d(2, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(20, 3)
    ).eval()
    masks = full(one)
    masks = Masks({name: mask.clone() for name, mask in masks.items()})
    masks["0.weight"][:, 1] = False  # the second channel is not read
    masks["0.weight"][2] = False  # a constant, read by what follows
    masks["3.weight"][:, 4] = False  # not read
    masks["6.weight"][:, 4:8] = False  # the second map of four values
    masks.apply(one)
    x = torch.randn(7, 2, 10, 10)
    smaller = shrink(one, masks)
    torch.testing.assert_close(smaller(x), one(x), rtol=0, atol=1e-5)
    assert [tuple(weight.shape[:2]) for weight in prunable(smaller).values()] == [(4, 1), (4, 4), (3, 16)]


def test_a_network_without_a_path_does_not_shrink():
    one = network()
    masks = Masks({name: torch.zeros_like(mask) for name, mask in full(one).items()})
    with pytest.raises(LucioleError, match="no path leads through 0, 2, 4"):
        shrink(one, masks)


def test_what_is_no_chain_is_refused():
    with pytest.raises(LucioleError, match="chains of layers can be cut: 0 is a LSTM"):
        shrink(nn.Sequential(nn.LSTM(3, 3), nn.Linear(3, 2)), full(nn.Linear(3, 2)))
    assert "grouped" in chain.supported(nn.Sequential(nn.Conv1d(2, 2, 3, groups=2)))
