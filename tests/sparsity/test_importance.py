"""Importances and the joint signal against autograd, finite differences and closed forms."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import importance
from luciole.sparsity.joint import Joint, certain, signal, worth
from luciole.sparsity.masks import prunable
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.training import train
from luciole.sparsity.variational import divergence


@pytest.fixture
def small():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    return network, torch.randn(30, 5).double(), torch.arange(30) % 3


def test_snip_is_what_a_weight_less_changes_of_the_loss(small):
    network, x, y = small
    found = importance.snip(network, x, y)
    assert sum(float(value.sum()) for value in found.values()) == pytest.approx(1)
    slopes = {}
    with torch.no_grad():
        for name, weight in prunable(network).items():
            slopes[name] = torch.zeros_like(weight)
            for at in np.ndindex(*weight.shape):
                kept, losses = weight[at].clone(), []
                for mask in (1 + 1e-6, 1 - 1e-6):
                    weight[at] = kept * mask
                    losses.append(float(functional.cross_entropy(network(x), y)))
                weight[at] = kept
                slopes[name][at] = abs(losses[0] - losses[1]) / 2e-6
    total = sum(float(value.sum()) for value in slopes.values())
    for name, value in slopes.items():
        torch.testing.assert_close(found[name], value / total, rtol=1e-4, atol=1e-8)


def test_grasp_is_weight_times_hessian_times_gradient(small):
    network, x, y = small
    found = importance.grasp(network, x, y, temperature=1.0)
    weights = list(prunable(network).values())

    @torch.enable_grad()
    def gradient():
        return torch.autograd.grad(functional.cross_entropy(network(x), y), weights)

    first, step = gradient(), 1e-5
    moved = []
    for sign in (1, -1):
        with torch.no_grad():
            for weight, value in zip(weights, first, strict=True):
                weight += sign * step * value
            moved.append(gradient())
            for weight, value in zip(weights, first, strict=True):
                weight -= sign * step * value
    for name, weight, plus, minus in zip(found, weights, *moved, strict=True):
        torch.testing.assert_close(found[name], weight.detach() * (plus - minus) / (2 * step), rtol=1e-4, atol=1e-8)


def test_synflow_is_conserved_and_no_layer_is_emptied():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 4), nn.ReLU(), nn.Linear(4, 20))
    sums = [float(value.sum()) for value in importance.synflow(network, torch.zeros(1, 20)).values()]
    assert sums == pytest.approx([sums[0]] * 3)
    before = [weight.clone() for weight in network.parameters()]
    masks = importance.synflow_masks(network, torch.zeros(1, 20), 0.95)
    assert masks.kept == 40 and min(int(mask.sum()) for mask in masks.values()) > 1
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))


def test_snip_without_a_gradient_has_a_line():
    network = nn.Sequential(nn.Linear(3, 2))
    nn.init.zeros_(network[0].weight)
    with pytest.raises(LucioleError, match="no gradient"):
        importance.snip(network, torch.randn(4, 3), torch.zeros(4, dtype=torch.long))


@pytest.mark.parametrize("horizon", [0.0, 0.3, 5.0, 1e6])
@pytest.mark.parametrize("weight", [0.0, 0.7, -1.2])
def test_worth_is_the_loss_without_less_the_loss_after_learning(horizon, weight):
    """On a parabola, where gradient flow is known: it is integrated here in small steps."""
    h, optimum = 0.8, 0.5
    theta, steps = weight, 20_000
    length = min(horizon, 40.0)
    for _ in range(steps):
        theta -= length / steps * h * (theta - optimum)
    spared = h / 2 * optimum**2 - h / 2 * (theta - optimum) ** 2
    found = worth(*(torch.tensor(value) for value in (weight, h * (weight - optimum), h)), horizon)
    assert float(found) == pytest.approx(spared, abs=1e-4)


def test_worth_with_nothing_left_to_learn_is_optimal_brain_damage_and_absent_ones_are_worth_nothing():
    weight, g, h = torch.tensor([0.5, 0.0]), torch.tensor([0.1, 0.4]), torch.tensor([2.0, 2.0])
    torch.testing.assert_close(worth(weight, g, h, 0.0), torch.tensor([2 * 0.25 / 2 - 0.05, 0.0]))


def test_where_curvature_does_not_matter_absent_ones_rank_by_gradient_and_present_ones_by_size():
    g = torch.linspace(-1, 1, 9)
    absent = worth(torch.zeros(9), g, torch.full((9,), 1e-9), 2.0)
    assert torch.equal(absent.argsort(), g.square().argsort())
    torch.testing.assert_close(absent, 2 * g.square())
    present = worth(g, torch.zeros(9), torch.full((9,), 0.1), 2.0)
    assert torch.equal(present.argsort(), g.square().argsort())


def test_the_signal_is_the_mean_gradient_and_the_mean_square_of_single_ones():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    x, y = torch.randn(4000, 4), torch.randint(2, (4000,))
    run = Run(network, x, y, Settings(epochs=1, batch=100))
    mean, square = signal(run, sample=4000, parts=400)
    singles = []
    for one, label in zip(x[:1500], y[:1500], strict=True):
        loss = functional.cross_entropy(network(one[None]), label[None])
        singles.append(torch.autograd.grad(loss, network[0].weight)[0])
    exact = torch.autograd.grad(functional.cross_entropy(network(x), y), network[0].weight)[0]
    torch.testing.assert_close(mean["0.weight"], exact, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(square["0.weight"], torch.stack(singles).square().mean(dim=0), rtol=0.25, atol=2e-3)


def test_noise_is_worth_little_and_a_true_gradient_keeps_its_worth():
    generator = torch.Generator().manual_seed(0)
    curvature = torch.ones(10_000)
    noise = torch.randn(10_000, generator=generator) / 10  # of 100 examples
    absent = torch.ones(10_000, dtype=torch.bool)
    assert float(certain(noise, curvature, absent, 100).square().mean()) < 0.05 * float(noise.square().mean())
    true = torch.randn(10_000, generator=generator)
    assert float((certain(true + noise, curvature, absent, 100) - true).square().mean()) < 0.0105
    assert float(certain(torch.full((3,), 0.01), torch.ones(3), torch.ones(3, dtype=torch.bool), 100).sum()) == 0


def test_growth_fades_pruning_rises_and_the_size_is_met():
    torch.manual_seed(0)
    x = torch.randn(2000, 30)
    y = ((x[:, 0] > 0) + 2 * (x[:, 1] * x[:, 2] > 0)).long()
    network = nn.Sequential(nn.Linear(30, 40), nn.ReLU(), nn.Linear(40, 4))
    run = Run(network, x, y, Settings(epochs=12, batch=50, rate=0.1))
    method = Joint(0.9, events=20, sample=400, parts=4)
    train(run, method)
    kept = np.array([size for _, size, _, _ in run.history])
    grown = np.array([count for _, _, count, _ in run.history[1:]])
    assert kept.max() > 1.3 * 136 and 100 <= kept[-1] <= 136
    assert grown[:5].sum() > 3 * grown[-5:].sum()
    used = run.masks["0.weight"].sum(dim=0)
    assert float(used[:3].float().mean()) > 3 * float(used[3:].float().mean())  # it found what the answer depends on


def test_a_budget_of_training_holds_growth_back():
    torch.manual_seed(0)
    x, y = torch.randn(1000, 30), torch.randint(4, (1000,))
    spent = {}
    for energy in (1.0, 0.3):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(30, 40), nn.ReLU(), nn.Linear(40, 4))
        run = Run(network, x, y, Settings(epochs=4, batch=50, rate=0.1))
        train(run, Joint(0.9, energy=energy, events=8, sample=64, parts=2))
        spent[energy] = run.account.macs / (3.0 * run.masks.total * 50 * run.steps)
    assert spent[0.3] <= 0.3 < spent[1.0] + 0.3 and spent[0.3] <= spent[1.0]


def test_the_divergence_of_variational_dropout_has_its_known_values():
    for value, known in ((3.0, 0.0254), (0.0, 0.4312), (-8.0, 4.636)):
        assert float(divergence(torch.tensor(value))) == pytest.approx(known, abs=1e-3)
