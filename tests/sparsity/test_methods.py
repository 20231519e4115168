"""What each method of pruning does by itself, in one step or one event, beside definitions and closed forms."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional

from luciole.sparsity.exchange import Exchange
from luciole.sparsity.gates import HardConcrete, Plastic, open_chance
from luciole.sparsity.joint import Joint, certain, signal, worth
from luciole.sparsity.lottery import tickets
from luciole.sparsity.magnitude import Gradual, OneShot
from luciole.sparsity.masks import prunable, remaining
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.shrinking import Lobster
from luciole.sparsity.training import Method, train
from luciole.sparsity.variational import Variational, divergence, log_alpha


def begin(epochs=4, **settings):
    """Three classes of twelve numbers, of which the first two tell them apart; 40 steps of 20."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(200) % 3
    x = torch.randn(200, 12, generator=generator) + 2 * functional.one_hot(y, 12)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))
    return Run(network, x, y, Settings(epochs=epochs, batch=20, **settings), 0)


def test_rates_warm_up_and_fall_and_what_is_left_is_their_sum_with_momentum():
    settings = Settings(rate=0.4, momentum=0.75, warmup=0.25)
    rates = [settings.rate_at(step, 40) for step in range(40)]
    assert rates[0] == pytest.approx(0.4 * 0.5 / 10) and rates.index(max(rates)) in (9, 10)
    assert all(one < other for one, other in itertools.pairwise(rates[:10]))
    assert all(one > other for one, other in itertools.pairwise(rates[10:])) and rates[-1] < 0.01
    run = begin(rate=0.4, momentum=0.75, warmup=0.25)
    assert run.learning_left(30) == pytest.approx(4 * sum(rates[30:]))


def test_a_training_is_charged_three_products_a_present_weight_and_example():
    run = begin()
    train(run, Method())
    assert run.account.macs == run.account.executed == 3 * (12 * 8 + 8 * 3) * 20 * 40
    rounds = list(tickets(begin, [0.5]))
    assert rounds[0].account.macs == run.account.macs
    assert rounds[1].account.macs == pytest.approx(run.account.macs * (1 + rounds[1].masks.kept / 120))


def test_pruning_at_once_happens_when_it_says_and_gradual_pruning_by_the_cube():
    run = begin()
    train(run, OneShot(0.5, at=0.25))
    assert [(step, size) for step, size, *_ in run.history] == [(0, 120), (10, run.history[1][1])]
    assert run.history[1][1] <= 60
    run = begin()
    train(run, Gradual(0.8, begin=0.0, end=0.5, events=2))
    asked = [remaining(120, 0.8 * (1 - (1 - share) ** 3), 2) for share in (0.5, 1.0)]
    sizes = {step: size for step, size, *_ in run.history}
    assert sizes[10] == pytest.approx(asked[0], abs=6) and asked[1] - 4 <= sizes[20] <= asked[1]
    assert [*sizes] == [0, 10, 20]


def test_connections_are_exchanged_until_the_end_and_no_longer():
    run = begin()
    train(run, Exchange(0.5, end=0.5, events=4))
    assert {step for step, _, grown, _ in run.history if grown} == {5, 10, 15}


def test_insensitive_weights_shrink_by_the_strength_and_sensitive_ones_stay():
    run, method = begin(), Lobster(0.5, strength=0.25, events=1, end=1.0)
    kept = {name: weight.detach().clone() for name, weight in run.active.items()}
    slopes = {name: torch.linspace(0, 2, weight.numel()).view_as(weight) for name, weight in run.active.items()}
    for name, weight in run.active.items():
        weight.grad = -slopes[name]
    method.graded(run)
    run.step = 1
    method.stepped(run)
    for name, weight in run.active.items():
        torch.testing.assert_close(weight.detach(), kept[name] * (1 - 0.25 * (1 - slopes[name]).clamp_min(0)))


def test_a_threshold_cuts_as_far_as_the_held_out_loss_tolerates():
    run = begin()
    train(run, Method())
    x, y = run.sample("held", 100)

    def loss(masks):
        network = begin().network
        network.load_state_dict(run.network.state_dict())
        masks.apply(network)
        return float(functional.cross_entropy(network(x), y))

    little, much = (Lobster(0.9, tolerance=share, held=100).cut(run) for share in (0.02, 100.0))
    assert loss(little) <= 1.02 * loss(run.masks) and 12 < little.kept < 120
    assert much.kept <= 14  # the size asked for, where all is tolerated
    assert all(bool((weight != 0).all()) for weight in prunable(run.network).values())  # it only looked


def closed(method, run):
    """Mean chance that the gates of a run are open, a step before they are folded in."""
    train(run, method, until=round(method.at * run.steps) - 1)
    sharp = getattr(method, "sharpness", None)
    chance = open_chance if sharp is None else (lambda gate: torch.sigmoid(sharp * gate))
    return float(torch.cat([chance(gate.detach()) for gate in run.kept["gates"].values()]).mean())


@pytest.mark.parametrize("kind", [HardConcrete, Plastic])
def test_a_higher_price_closes_gates(kind):
    free, dear = (closed(kind(0.5, penalty=price, share=0.5), begin()) for price in (0.0, 200.0))
    assert dear < free - 0.05


def test_gates_are_folded_into_the_weights_behind_them():
    run, method = begin(), HardConcrete(0.0)
    method.start(run)
    gates = run.kept["gates"]
    with torch.no_grad():
        for gate in gates.values():
            gate.copy_(torch.linspace(-1, 1.5, len(gate)))
    layers = dict(run.network.named_children())
    with torch.no_grad():
        value = {name: method.closed_or(gate) for name, gate in gates.items()}
        answer = layers["2"](layers["1"](layers["0"](run.x * value["0"])) * value["2"])
    run.step = round(method.at * run.steps)
    method.stepped(run)
    torch.testing.assert_close(run.answer(run.x), answer)


def test_the_slope_of_plastic_gates_is_that_of_the_expected_loss():
    """Over all ways in which the gates can fall, for three of them; two-point estimates average to it."""
    x, y = torch.randn(20, 3, generator=torch.Generator().manual_seed(1)), torch.arange(20) % 2
    torch.manual_seed(0)
    run = Run(nn.Sequential(nn.Linear(3, 2)), x, y, Settings(epochs=10_000, batch=20), 0)
    method = Plastic(0.0, penalty=0.0, sharpness=2.0)
    method.start(run)
    run.charge()
    gate = run.kept["gates"]["0"]
    with torch.no_grad():
        gate.copy_(torch.tensor([0.3, -0.2, 0.5]))
    chance = torch.sigmoid(2.0 * gate)
    expected = sum(
        torch.where(torch.tensor(fallen), chance, 1 - chance).prod()
        * functional.cross_entropy(run.network(x * torch.tensor(fallen).float()), y).detach()
        for fallen in itertools.product((True, False), repeat=3)
    )
    (exact,) = torch.autograd.grad(expected, gate)
    mean = torch.zeros(3)
    for run.step in range(3000):
        (slope,) = torch.autograd.grad(method.loss(run, x, y), gate)
        mean += slope / 3000
    torch.testing.assert_close(mean, exact, rtol=0, atol=0.1 * float(exact.abs().max()))


def test_the_prior_of_variational_dropout_has_its_weight_and_the_noisiest_weights_go():
    run, method = begin(), Variational(0.5)
    method.start(run)
    variances = run.kept["variances"]
    with torch.no_grad():
        for variance in variances.values():
            variance.fill_(-30.0)  # no noise to speak of: the loss is that of the means and of the prior
    plain = functional.cross_entropy(run.network(run.x), run.y)
    prior = sum(divergence(log_alpha(w, variances[name])) for name, w in prunable(run.network).items()) / len(run.x)
    for step, share in ((1, 0.0), (7, (7 / 40 - 0.05) / 0.25), (12, 1.0)):
        run.step = step
        torch.testing.assert_close(method.loss(run, run.x, run.y), plain + share * prior, rtol=0, atol=2e-3)
    assert float(prior) > 0.1
    with torch.no_grad():
        for variance in variances.values():
            variance.copy_(torch.linspace(-9, 1, variance.numel()).view_as(variance))
    noise = {name: log_alpha(weight, variances[name]).detach() for name, weight in prunable(run.network).items()}
    run.step = 20
    method.stepped(run)
    for name, mask in run.masks.items():
        assert noise[name][mask].mean() < noise[name][~mask].mean() - 1


@pytest.mark.parametrize("horizon", [True, False])
def test_the_signal_of_the_joint_method_is_its_equation_per_multiplication(horizon):
    """A convolution's weight multiplies at many places, a dense one's at one."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv1d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2))
    x, y = torch.randn(60, 1, 8), torch.arange(60) % 2
    run = Run(network, x, y, Settings(epochs=4, batch=20), 0)
    method = Joint(0.5, sample=40, parts=2, events=4, horizon=horizon)
    train(run, method, until=5)
    run.whole()
    found = method.worth(run)
    gradient, curvature = signal(run, 40, 2)
    left = run.learning_left() if horizon else run.learning_left(0)
    for name, places in (("0.weight", 6), ("3.weight", 1)):
        weight, absent = prunable(run.network)[name].detach(), ~run.masks[name]
        sampled = certain(gradient[name], curvature[name], absent, 40)
        expected = worth(weight, sampled, curvature[name], left) / places
        torch.testing.assert_close(found[name][absent], expected[absent])
    assert all(bool((run.kept["birth"][name][run.masks[name]].abs() < 2).all()) for name in run.masks)


def test_a_connection_that_joins_is_born_at_zero():
    run, method = begin(), Joint(0.5, sample=40, parts=2, events=4)
    method.start(run)
    first = run.masks
    train(run, method, until=11)
    joined = {name: mask & ~first[name] for name, mask in run.masks.items()}
    assert sum(int(mask.sum()) for mask in joined.values()) > 0
    for name, mask in joined.items():
        assert bool((run.kept["birth"][name][mask] == 0).all())
        assert bool((run.kept["birth"][name][run.masks[name] & first[name]] != 0).all())
