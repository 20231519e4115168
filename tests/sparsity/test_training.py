"""Every method in the one loop: exact sizes, absent weights that stay absent, the same digits after an interruption."""

import copy

import pytest
import torch
from torch import nn

from luciole.datasets import load
from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.at_start import AtStart
from luciole.sparsity.exchange import Exchange
from luciole.sparsity.gates import HardConcrete, Plastic, hard_concrete, open_chance
from luciole.sparsity.joint import Joint
from luciole.sparsity.lottery import tickets
from luciole.sparsity.magnitude import Gradual, OneShot
from luciole.sparsity.masks import prunable, remaining
from luciole.sparsity.run import Run, Settings
from luciole.sparsity.shrinking import Lobster, Sensitivity, Serene
from luciole.sparsity.training import Method, accuracy, train
from luciole.sparsity.variational import Variational

SETTINGS = Settings(epochs=2, batch=50, rate=0.1)
LONGER = {"epochs": 8, "rate": 0.2}
SPARSITY = 0.8
METHODS = [
    *(OneShot(SPARSITY), Gradual(SPARSITY, events=6), AtStart("snip", SPARSITY), AtStart("grasp", SPARSITY)),
    *(AtStart("synflow", SPARSITY), Exchange(SPARSITY, events=6), Exchange(SPARSITY, growth="random", events=6)),
    *(Exchange(SPARSITY, growth="none"), Lobster(SPARSITY), Sensitivity(SPARSITY), Serene(SPARSITY)),
    *(Joint(SPARSITY, events=8, sample=128, parts=4), Variational(SPARSITY), HardConcrete(SPARSITY)),
    Plastic(SPARSITY),
]


@pytest.fixture(scope="module")
def digits():
    data = load("digits")
    return torch.from_numpy(data.X).flatten(1)[:1500], torch.from_numpy(data.y).long()[:1500]


def network(seed=0, normalised=False):
    torch.manual_seed(seed)
    first = [nn.Linear(64, 24), nn.BatchNorm1d(24), nn.ReLU()] if normalised else [nn.Linear(64, 24), nn.ReLU()]
    return nn.Sequential(*first, nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 10))


def begin(digits, seed=0, **settings):
    return Run(network(seed), *digits, Settings(**{**vars(SETTINGS), **settings}), seed)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: repr(method)[:60])
def test_every_method_ends_at_its_size_and_what_is_absent_is_zero(method, digits):
    run = begin(digits, **LONGER)
    account = train(run, method)
    asked = remaining(run.masks.total, SPARSITY, 3)
    units = chain.alive(run.network, run.masks)
    assert asked * 0.85 <= run.masks.kept <= asked  # less what lies on no path
    for name, weight in prunable(run.network).items():
        assert bool((weight[~run.masks[name]] == 0).all()) and bool(run.masks[name].any())
    silenced = chain.silence(copy.deepcopy(run.network), units, run.masks)
    assert silenced.kept == run.masks.kept
    assert run.masks.kept <= account.peak <= account.total <= run.masks.total
    assert accuracy(run.network, *digits) > 0.25


@pytest.mark.parametrize("method", [Gradual(0.9, events=7), Joint(0.9, events=7, sample=64, parts=2), Exchange(0.9)])
def test_an_interrupted_run_gives_the_same_digits(method, digits, tmp_path):
    whole = begin(digits)
    train(whole, method)
    part = begin(digits)
    train(part, method, until=31)
    torch.save(part.state(method), tmp_path / "state.pt")
    train(part, method)  # to be asked for the state changes nothing
    other = begin(digits)
    other.restore(torch.load(tmp_path / "state.pt", weights_only=True), method)
    train(other, method)
    for again in (part, other):
        for name, value in whole.network.state_dict().items():
            assert torch.equal(value, again.network.state_dict()[name]), name
        assert again.history == whole.history and again.account.total == whole.account.total
        assert again.account.macs == whole.account.macs


def test_a_run_does_not_go_on_under_other_settings(digits):
    run = begin(digits)
    train(run, Gradual(0.9), until=20)
    held = run.state(Gradual(0.9))
    with pytest.raises(LucioleError, match=r"expected to go on with Gradual\(sparsity=0.95"):
        begin(digits).restore(held, Gradual(0.95))
    with pytest.raises(LucioleError, match="rate=0.2"):
        begin(digits, rate=0.2).restore(held, Gradual(0.9))


@pytest.mark.parametrize("normalised", [False, True])
def test_the_narrow_network_learns_what_the_masked_one_does(digits, normalised):
    found = []
    for lean in (True, False):
        run = Run(network(normalised=normalised), *digits, SETTINGS, 0)
        masks = AtStart("snip", 0.95).masks(run)
        run.set_masks(masks, lean)
        run.history.append((0, 0, 0, 0))
        assert (run.trained is not run.network) == lean
        train(run, Method())
        found.append(run)
    for one, other in zip(*(prunable(run.network).values() for run in found), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    assert found[0].account.executed < found[1].account.executed
    assert found[0].account.macs == found[1].account.macs


def test_momentum_and_decay_do_not_move_what_is_absent(digits):
    run = begin(digits, decay=0.1)
    train(run, Method(), until=10)
    run.set_masks(AtStart("snip", 0.9).masks(run), lean=False)
    train(run, Method(), until=20)
    for name, weight in prunable(run.network).items():
        assert bool((weight[~run.masks[name]] == 0).all())
        assert bool((run.optimiser.state[weight]["momentum_buffer"][~run.masks[name]] == 0).all())


def test_rigl_keeps_sizes_grows_at_zero_where_the_gradient_is_largest(digits):
    run = begin(digits)
    method = Exchange(SPARSITY)
    train(run, method, until=20)
    run.whole()
    before = {name: (weight.detach().clone(), run.masks[name]) for name, weight in prunable(run.network).items()}
    answer = run.network(digits[0][:20])
    gradients = run.gradients(*run.sample("grow", run.settings.batch))
    after = method.exchange(run, 0.3)
    for name, (weight, mask) in before.items():
        going = min(round(0.3 * int(mask.sum())), int(mask.sum()) - 1)
        assert int(after[name].sum()) == int(mask.sum())
        removed, grown = mask & ~after[name], after[name] & ~mask
        assert int(removed.sum()) <= going
        sizes = weight.abs()
        if bool(removed.any()):
            assert sizes[removed].max() <= sizes[mask & after[name]].sort().values[going:].min()
        if bool(grown.any()):
            assert gradients[name].abs()[grown].min() >= gradients[name].abs()[~mask & ~after[name]].max()
    grown = {name: after[name] & ~mask for name, (_, mask) in before.items()}
    joined = run.masks.joined(after)
    run.set_masks(joined, lean=False)
    torch.testing.assert_close(run.network(digits[0][:20]), answer, rtol=0, atol=1e-6)
    assert all(bool((weight[grown[name]] == 0).all()) for name, weight in prunable(run.network).items())


def test_a_ticket_goes_back_to_where_it_was_and_the_survivors_are_nested(digits):
    rounds = list(tickets(lambda: begin(digits), [0.5, 0.8]))
    assert [round(ticket.masks.sparsity, 1) for ticket in rounds] == [0.0, 0.5, 0.8]
    for name, mask in rounds[2].masks.items():
        assert bool((rounds[1].masks[name] | ~mask).all())
    alone = begin(digits)
    alone.set_masks(rounds[1].masks)
    alone.history.append((0, 0, 0, 0))
    train(alone, Method())
    for one, other in zip(prunable(alone.network).values(), prunable(rounds[1].network).values(), strict=True):
        assert torch.equal(one, other)  # the round trained from the initial weights
    assert rounds[2].account.seconds > rounds[1].account.seconds and rounds[2].account.total == 1936 + 144
    late = list(tickets(lambda: begin(digits), [0.5], rewind=10))
    assert not torch.equal(late[1].network[0].weight, rounds[1].network[0].weight)
    with pytest.raises(LucioleError, match="that rise"):
        next(tickets(lambda: begin(digits), [0.8, 0.5]))


def test_a_network_without_a_path_is_refused(digits):
    run = begin(digits)
    masks = {name: torch.zeros_like(mask) for name, mask in run.masks.items()}
    masks["0.weight"][0, 0] = masks["2.weight"][0, 1] = masks["4.weight"][0, 0] = True
    with pytest.raises(LucioleError, match="no path leads through"):
        run.set_masks(type(run.masks)(masks))


def test_hard_concrete_gates_are_open_as_often_as_said():
    uniform = torch.rand(200_000, generator=torch.Generator().manual_seed(0)).clamp(1e-6, 1 - 1e-6)
    for value in (-2.0, 0.0, 1.0):
        log_alpha = torch.tensor(value)
        share = float((hard_concrete(log_alpha, uniform) > 0).double().mean())
        assert share == pytest.approx(float(open_chance(log_alpha)), abs=0.005)


def test_bad_settings_have_a_line(digits):
    with pytest.raises(LucioleError, match="begin < end"):
        Gradual(0.9, begin=0.8, end=0.5)
    with pytest.raises(LucioleError, match="snip, grasp, synflow, got 'best'"):
        AtStart("best", 0.9)
    with pytest.raises(LucioleError, match="gradient, random, none"):
        Exchange(0.9, growth="all")
    with pytest.raises(LucioleError, match="above 0 and up to 1"):
        Joint(0.9, energy=0.0)
    with pytest.raises(LucioleError, match="a batch"):
        Settings(batch=0)
    with pytest.raises(LucioleError, match="as many labels as examples"):
        Run(network(), digits[0], digits[1][:10], SETTINGS)
    with pytest.raises(LucioleError, match="not finite"):
        train(begin(digits, rate=1e9), Method())
