"""Each method's formula against what it should be; on the contract see test_search.py."""

import math

import pytest
import torch

from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.supernet import METHODS, Budget, Run, Settings, Task, darts
from luciole.supernet.beta_darts import BetaDarts
from luciole.supernet.curvature import dominant, hessians
from luciole.supernet.darts import Darts, second_order
from luciole.supernet.darts_minus import DartsMinus
from luciole.supernet.early_stopping import RUNNING, DartsEs, DartsPlus
from luciole.supernet.enas import policy_gradient
from luciole.supernet.fair_darts import FairDarts
from luciole.supernet.gdas import Gdas, straight_through
from luciole.supernet.pc_darts import PcDarts
from luciole.supernet.perturbation import OPEN, Perturbation
from luciole.supernet.smooth_darts import SmoothDarts
from luciole.supernet.snas import Snas

SKELETON = Skeleton(inputs=2, classes=3, width=4, cells=1, stages=2, dims=1, stem="conv1", reduction="pool")


@pytest.fixture(scope="module")
def task():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(48) % 3
    x = torch.randn(48, 2, 9, generator=generator) + y[:, None, None]
    return Task((x[:32], y[:32]), (x[32:], y[32:]))


def begun(method, task, seeds=(0, 1), share=0.0, **options):
    steps = 100
    settings = Settings(batch=8, alpha_scale=0.5, **options)
    extra = {"partial": method.partial, "betas": method.betas, "decay": method.decay}
    run = Run(task, SKELETON, seeds, settings, Budget(steps=steps), tuple(range(5)), **extra)
    method.begin(run)
    run.net.double()
    for name, one in run.architecture.items():
        run.architecture[name] = torch.nn.Parameter(one.detach().double())
    run.spent = (share * steps, 0.0, 0.0)
    batches = [
        tuple((x.double(), y) for x, y in pair)
        for pair in run.batches(2)  # two, of which the first is what a step takes
    ]
    return run, batches[0]


def moved(run, step):
    """The gradient that a step of the architecture would take, caught before the optimiser takes it."""
    caught = []
    run.step_architecture = caught.append
    step()
    return caught[0]


def agrees(function, at, gradient, size=1e-5, rtol=1e-5):
    """Whether a gradient of losses (K,) summed is theirs by differences, along three random directions."""
    generator = torch.Generator().manual_seed(0)
    old = at.detach().clone()
    for _ in range(3):
        way = torch.randn(at.shape, dtype=at.dtype, generator=generator)
        sides = []
        for sign in (1, -1):
            at.data.copy_(old + sign * size * way)
            sides.append(function().detach().sum())
        at.data.copy_(old)
        torch.testing.assert_close((gradient * way).sum(), (sides[0] - sides[1]) / (2 * size), rtol=rtol, atol=1e-8)


@pytest.mark.parametrize(
    "method", [Darts(), BetaDarts(), DartsMinus(), FairDarts(), PcDarts()], ids=lambda method: type(method).__name__
)
def test_gradients_of_the_architecture_are_those_of_differences(method, task):
    run, (train, validation) = begun(method, task, share=0.5)

    def loss():
        return run.loss(validation, **method.mixture(run)) + method.penalty(run)

    gradients = moved(run, lambda: method.architecture(run, train, validation))
    for one, gradient in zip(run.architecture.values(), gradients, strict=True):
        agrees(loss, one, gradient)


def test_the_second_order_is_that_of_the_weights_after_one_step(task, monkeypatch):
    monkeypatch.setattr(darts, "EPSILON", 1e-5)  # so small that only rounding is left of its error
    method = Darts(order=2)
    run, (train, validation) = begun(method, task, seeds=(0, 1))
    weights = list(run.net.parameters())
    run.descend(run.loss(train, **method.mixture(run)))  # so that there is momentum
    buffers = [0.9 * buffer for buffer in run.momentum()]
    kept = [weight.detach().clone() for weight in weights]

    def ahead():
        steps = torch.autograd.grad(run.loss(train, **method.mixture(run)).sum(), weights)
        with torch.no_grad():
            for weight, step, buffer in zip(weights, steps, buffers, strict=True):
                weight -= run.rate * (step + buffer + 3e-4 * weight)
        loss = run.loss(validation, **method.mixture(run)).detach()
        with torch.no_grad():
            for weight, old in zip(weights, kept, strict=True):
                weight.copy_(old)
        return loss

    (run_gradient,) = moved(run, lambda: method.architecture(run, train, validation))
    assert all(torch.equal(weight, old) for weight, old in zip(weights, kept, strict=True))
    agrees(ahead, run.alpha, run_gradient, rtol=1e-3)


@pytest.mark.parametrize(("xi", "answer"), [(0.0, 2.0), (0.01, 2 / 1.02), (0.1, 2 / 1.2), (0.5, 1.0)])
def test_the_toy_of_the_article_ends_where_it_should(xi, answer):
    """L_V = aw - 2a + 1, L_T = (w - a)^2 from (2, -2): alternating steps end at a = w = 2 / (1 + 2 xi)."""
    a, w = (torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in (2.0, -2.0))

    def training():
        return (w - a) ** 2

    def validation():
        return a * w - 2 * a + 1

    for _ in range(300):
        (gradient,) = second_order(training, validation, [w], [a], rate=xi)
        with torch.no_grad():
            a.sub_(0.1 * gradient)
            w.sub_(0.4 * (w - a))
    assert a.item() == pytest.approx(answer, abs=1e-4) and w.item() == pytest.approx(answer, abs=1e-4)


def test_on_a_quadratic_the_difference_is_exact():
    w, a = (torch.randn(1, 3, dtype=torch.float64).requires_grad_() for _ in range(2))
    matrix = torch.randn(3, 3, dtype=torch.float64)
    (found,) = second_order(lambda: (w @ matrix * a).sum(1), lambda: (w**2).sum(1), [w], [a], rate=0.1)
    ahead = w.detach() - 0.1 * (a.detach() @ matrix.T)
    torch.testing.assert_close(found, -0.1 * (2 * ahead @ matrix))


def test_the_penalty_of_beta_darts_has_the_softmax_for_gradient(task):
    run, _ = begun(BetaDarts(), task, share=0.5)
    (gradient,) = torch.autograd.grad(BetaDarts().penalty(run).sum(), run.alpha)
    torch.testing.assert_close(gradient, 25 * torch.softmax(run.alpha, dim=-1).detach() / 6)
    before = BetaDarts().penalty(run)
    run.alpha.data[:, 2] += 3.0
    torch.testing.assert_close(BetaDarts().penalty(run) - before, torch.full((2,), 25 * 3 / 6, dtype=torch.float64))
    assert float(BetaDarts().penalty(begun(BetaDarts(), task)[0]).sum().detach()) == 0


def test_the_auxiliary_skip_fades_away(task):
    for share, beside in ((0.0, 1.0), (0.25, 0.75), (1.0, 0.0)):
        run, _ = begun(DartsMinus(), task, share=share)
        added = DartsMinus().mixture(run)["coefficients"] - torch.softmax(run.alpha, dim=-1)
        torch.testing.assert_close(added[..., nb201.SKIP], torch.full((2, 6), beside, dtype=torch.float64))
        assert added.sum().item() == pytest.approx(12 * beside)


def test_operations_of_fair_darts_do_not_compete(task):
    run, _ = begun(FairDarts(), task)
    before = FairDarts().mixture(run)["coefficients"].detach()
    run.alpha.data[0, 0, 3] += 5
    apart = FairDarts().mixture(run)["coefficients"].detach() != before
    assert apart.sum() == 1 and apart[0, 0, 3]
    assert float(FairDarts().penalty(run)[0].detach()) < float(FairDarts().penalty(run)[1].detach()) <= 0


@pytest.mark.parametrize("temperature", [10.0, 1.0, 0.1])
def test_straight_through_draws_by_the_softmax_whatever_the_temperature(temperature):
    alpha = torch.tensor([0.0, 1.0, -1.0]).repeat(20_000, 1, 1)
    noise = -torch.empty_like(alpha).exponential_(generator=torch.Generator().manual_seed(0)).log()
    _, drawn = straight_through(alpha, noise, temperature)
    torch.testing.assert_close(drawn.float().mean(dim=(0, 1)), torch.softmax(alpha[0, 0], 0), atol=0.012, rtol=0)


def test_gradients_straight_through_are_those_of_the_soft_sample(task):
    run, (train, validation) = begun(Gdas(), task, share=0.3)
    noise = run.gumbel().double()
    run.gumbel = lambda: noise
    temperature = 10 + 0.3 * (0.1 - 10)
    (gradient,) = moved(run, lambda: Gdas().architecture(run, train, validation))
    soft = torch.softmax((torch.log_softmax(run.alpha, dim=-1) + noise) / temperature, dim=-1)
    one = torch.nn.functional.one_hot(soft.argmax(-1), 5).double().requires_grad_()
    (by_gate,) = torch.autograd.grad(run.loss(validation, coefficients=one).sum(), one)
    (expected,) = torch.autograd.grad((soft * (by_gate * one).detach()).sum(), run.alpha)
    torch.testing.assert_close(gradient, expected)


def test_samples_of_snas_approach_one_operation(task):
    sharp = []
    for share in (0.0, 0.5, 1.0):
        run, _ = begun(Snas(), task, share=share)
        coefficients = Snas().mixture(run)["coefficients"].detach()
        torch.testing.assert_close(coefficients.sum(-1), torch.ones(2, 6, dtype=torch.float64))
        sharp.append(float(coefficients.max(dim=-1).values.mean()))
    assert sharp[0] < sharp[1] < sharp[2] and sharp[2] > 0.95


def test_snas_moves_both_by_the_training_loss(task):
    run, (train, validation) = begun(Snas(), task)
    noise = run.gumbel().double()
    run.gumbel = lambda: noise
    kept = [weight.detach().clone() for weight in run.net.parameters()]
    (gradient,) = moved(run, lambda: Snas().step(run, train, validation))
    assert not torch.equal(run.net.weight, kept[-2])
    with torch.no_grad():
        for weight, old in zip(run.net.parameters(), kept, strict=True):
            weight.copy_(old)
    agrees(lambda: run.loss(train, **Snas().mixture(run)), run.alpha, gradient)


def test_pc_darts_rests_at_first(task):
    run, (train, validation) = begun(PcDarts(), task, share=0.29)
    before = run.alpha.detach().clone()
    PcDarts().architecture(run, train, validation)
    assert torch.equal(run.alpha, before)
    run.spent = (30.0, 0.0, 0.0)
    PcDarts().architecture(run, train, validation)
    assert not torch.equal(run.alpha, before) and run.architecture["beta"].grad is not None


def test_disturbed_architectures_stay_within_bounds_and_the_worst_is_worse(task):
    method = SmoothDarts(first=0.3, last=0.3, ascent=5)
    run, (train, _) = begun(method, task)
    seen = []
    run.descend = lambda loss: seen.append(loss.detach()) or loss
    plain = run.loss(train, coefficients=torch.softmax(run.alpha, -1)).detach()
    for _ in range(5):
        method.weights(run, train)
    deltas = []
    inner = method._mixture
    object.__setattr__(
        method, "_mixture", lambda run, delta: deltas.append(delta.detach().clone()) or inner(run, delta)
    )
    method.weights(run, train)
    assert all(float(delta.abs().max()) <= 0.3 + 1e-12 for delta in deltas) and len(deltas) == 6
    assert bool((torch.stack(seen) > plain).all())


def test_reinforce_follows_the_expected_reward():
    """The mean over draws is the gradient of the expected reward, whatever the baseline."""
    alpha = torch.tensor([[[0.3, -0.2, 0.5]]], dtype=torch.float64, requires_grad=True)
    rewards = torch.tensor([1.0, 3.0, -2.0], dtype=torch.float64)
    p = torch.softmax(alpha, dim=-1)
    (exact,) = torch.autograd.grad(-(p * rewards).sum(), alpha)
    for baseline in (0.0, 0.7):
        mean = sum(
            p[0, 0, at].detach()
            * policy_gradient(alpha.detach(), torch.eye(3)[at].view(1, 1, 3), rewards[at : at + 1] - baseline)
            for at in range(3)
        )
        torch.testing.assert_close(mean, exact)


def test_second_derivatives_are_those_of_differences(task):
    run, (_, validation) = begun(Darts(), task)

    def loss(alpha):
        return run.loss(validation, coefficients=torch.softmax(alpha, dim=-1))

    found = hessians(loss, run.alpha)
    other = run.alpha.detach().clone().requires_grad_()
    for at in (7, 29):
        agrees(
            lambda at=at: torch.autograd.grad(loss(other).sum(), other)[0].flatten(1)[:, at],
            other,
            found[:, at].view_as(other),
            rtol=1e-4,
        )


def test_the_dominant_eigenvalue_is_the_largest():
    turned = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))).Q
    matrix = turned @ torch.diag(torch.tensor([-5.0, 1.0, 3.0], dtype=torch.float64)) @ turned.T
    found = dominant(lambda a: 0.5 * ((a @ matrix) * a).sum(dim=1), torch.zeros(2, 3, dtype=torch.float64))
    torch.testing.assert_close(found, torch.full((2,), 3.0, dtype=torch.float64))


def test_a_search_stops_by_itself_when_the_loss_sharpens(task, monkeypatch):
    method = DartsEs(first=4, window=2, back=2)
    run, _ = begun(method, task)
    values = iter([[1.0, 1.0]] * 4 + [[1.0, 4.0], [1.0, 4.0]])
    monkeypatch.setattr(DartsEs, "eigenvalues", lambda self, run: torch.tensor(next(values)))
    cells = []
    for epoch in range(6):
        run.alpha.data.copy_(torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(epoch)))
        method.after_epoch(run)
        cells.append(run.memory["cells"][-1])
        run.epoch += 1
    assert run.memory["stopped"].tolist() == [RUNNING, 3] and not method.done(run)
    assert torch.equal(method.cells(run)[0], cells[-1][0])
    assert torch.equal(method.cells(run)[1], cells[2][1])  # of epoch 3, the first being number 1


def test_the_cell_before_the_skips_is_kept(task):
    method = DartsPlus(settled=3)
    run, _ = begun(method, task)
    run.alpha.data.zero_()
    run.alpha.data[..., nb201.CONV3] = 1
    method.after_epoch(run)
    run.epoch += 1
    run.alpha.data[1, :2, nb201.SKIP] = 2
    method.after_epoch(run)
    run.epoch += 1
    assert run.memory["stopped"].tolist() == [RUNNING, 1]
    assert method.cells(run).tolist() == [[nb201.CONV3] * 6] * 2
    for _ in range(3):
        method.after_epoch(run)
        run.epoch += 1
    assert method.done(run) and run.memory["stopped"][0] > 1


def test_the_operation_whose_absence_costs_most_is_kept(task, monkeypatch):
    method = Perturbation(searched=0.4)
    run, _ = begun(method, task, share=0.5)
    lost = torch.tensor([[0.5, 0.5, 0.1, 0.5, 0.5], [0.5, 0.2, 0.3, 0.5, 0.5]])
    monkeypatch.setattr(Perturbation, "without", lambda self, run, edge: lost)
    method.after_epoch(run)  # one of six is due: (0.5 - 0.4) / 0.6
    decided = run.memory["decided"]
    assert (decided != OPEN).sum(dim=1).tolist() == [1, 1]
    assert decided.max(dim=1).values.tolist() == [2, 1]
    first = run.memory["order"][:, 0]
    mixed = method.mixture(run)["coefficients"]
    assert mixed[0, first[0]].tolist() == [0, 0, 1, 0, 0] and mixed[1, first[1]].tolist() == [0, 1, 0, 0, 0]
    run.spent = (100.0, 0.0, 0.0)
    method.after_epoch(run)
    assert (run.memory["decided"] != OPEN).all() and method.cells(run)[0].tolist() == [2] * 6


def test_what_is_lost_is_the_accuracy_without_the_operation(task):
    method = Perturbation()
    run, _ = begun(method, task)
    run.net.float()
    run.architecture["alpha"] = torch.nn.Parameter(run.alpha.detach().float())
    edge = torch.tensor([3, 0])
    found = method.without(run, edge)
    less = torch.softmax(run.alpha.detach(), -1)
    less[0, 3, 2] = less[1, 0, 2] = 0
    x, y = task.validation
    expected = (run.net(x, less).argmax(-1) == y).double().mean(1)
    torch.testing.assert_close(found[:, 2], expected)


def test_a_method_that_needs_the_skip_says_so(task):
    for method in (DartsMinus(), DartsPlus()):
        run = Run(task, SKELETON, [0], Settings(batch=8), Budget(steps=4), (2, 3))
        with pytest.raises(LucioleError, match="expects the operation skip_connect, the space offers nor_conv_1x1"):
            method.begin(run)
    assert math.isclose(METHODS["beta-DARTS"].slope, 50)
