"""Binarised paths: the estimate of the gradient, what the others keep, memory, latency."""

import pytest
import torch

from luciole.costs.memory import PeakMemory
from luciole.costs.predictor import LatencyTable
from luciole.errors import LucioleError
from luciole.networks import NB201_C10, Skeleton
from luciole.spaces import nb201
from luciole.supernet import Budget, Run, Settings, Task, search
from luciole.supernet.latency import LatencyTerm
from luciole.supernet.proxyless import Proxyless, draw_pairs, pair_gradient

SKELETON = Skeleton(inputs=2, classes=3, width=4, cells=1, stages=2, dims=1, stem="conv1", reduction="pool")
OPERATIONS = tuple(range(5))
MICROSECONDS = {"none": 0.0, "skip_connect": 1.0, "nor_conv_1x1": 4.0, "nor_conv_3x3": 10.0, "avg_pool_3x3": 3.0}


@pytest.fixture(scope="module")
def task():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(48) % 3
    x = torch.randn(48, 2, 9, generator=generator) + y[:, None, None]
    return Task((x[:32], y[:32]), (x[32:], y[32:]))


def begun(method, task, skeleton=SKELETON, operations=OPERATIONS, batch=8):
    settings = Settings(batch=batch, alpha_scale=0.5, alpha_rate=0.1)
    run = Run(task, skeleton, [0, 1], settings, Budget(steps=100), operations, betas=method.betas, decay=method.decay)
    method.begin(run)
    run.spent = (50.0, 0.0, 0.0)
    return run, run.batches(1)[0]


def test_the_mean_over_pairs_and_gates_is_the_full_gradient_of_a_linear_loss():
    """Of two operations the pair is always both: the mean over gates of the estimate is that of sum p_j L_j."""
    alpha = torch.tensor([0.4, -0.3], dtype=torch.float64, requires_grad=True)
    losses = torch.tensor([2.0, 5.0], dtype=torch.float64)
    p = torch.softmax(alpha, 0)
    (exact,) = torch.autograd.grad((p * losses).sum(), alpha)
    # the loss is linear in the gates, so its gradient by them is `losses` whichever gate is open
    torch.testing.assert_close(pair_gradient(p.detach(), losses), exact)
    assert float(pair_gradient(p.detach(), losses).sum()) == pytest.approx(0, abs=1e-12)


def test_the_mean_over_drawn_pairs_points_along_the_full_gradient(task):
    """With more operations a pair's estimate is that of a smaller softmax: weighed by its probability it sums up."""
    alpha = torch.tensor([0.5, -1.0, 0.2, 0.9], dtype=torch.float64)
    losses = torch.tensor([1.0, 4.0, 2.0, 3.0], dtype=torch.float64)
    p = torch.softmax(alpha, 0)
    full = p * (losses - (p * losses).sum())
    total = torch.zeros(4, dtype=torch.float64)
    for i in range(4):
        for j in range(i):
            pair = torch.tensor([i, j])
            own = p[pair] / p[pair].sum()
            # sum over pairs of (p_i + p_j)^2 times the pair's gradient is the gradient over all
            total[pair] += p[pair].sum() ** 2 * pair_gradient(own, losses[pair])
    torch.testing.assert_close(total, full)


def test_gates_of_the_supernet_are_the_gradients_by_its_coefficients(task):
    method = Proxyless()
    run, (_, validation) = begun(method, task)
    chosen = torch.tensor([[3, 0, 2, 1, 4, 3], [0, 0, 0, 3, 1, 1]])
    wanted = torch.stack([chosen, (chosen + 1) % 5], dim=-1)
    found = method.gates(run, validation, chosen, wanted)
    whole = torch.nn.functional.one_hot(chosen, 5).float().requires_grad_()
    (exact,) = torch.autograd.grad(run.loss(validation, coefficients=whole).sum(), whole)
    asked = torch.zeros(2, 6, 5, dtype=torch.bool).scatter(2, wanted, True)
    torch.testing.assert_close(found, torch.where(asked, exact, 0.0), rtol=1e-4, atol=1e-6)


def test_what_was_not_drawn_keeps_its_probability(task):
    method = Proxyless(every=1)
    run, (train, validation) = begun(method, task)
    for _ in range(5):
        before = torch.softmax(run.alpha.detach(), dim=-1)
        state = [generator.get_state() for generator in run.generators]
        pairs = draw_pairs(run)
        for generator, kept in zip(run.generators, state, strict=True):
            generator.set_state(kept)
        method.architecture(run, train, validation)
        after = torch.softmax(run.alpha.detach(), dim=-1)
        moved = torch.zeros_like(before, dtype=torch.bool).scatter(2, pairs, True)
        torch.testing.assert_close(after[~moved], before[~moved], rtol=1e-5, atol=1e-7)
        change = (after - before).gather(2, pairs)
        torch.testing.assert_close(change.sum(-1), torch.zeros(2, 6), rtol=0, atol=1e-6)
        assert float(change.abs().max()) > 1e-3


def test_the_architecture_rests_in_the_warm_up_and_between_steps(task):
    method = Proxyless(every=5)
    run, (train, validation) = begun(method, task)
    before = run.alpha.detach().clone()
    for steps in (24.0, 51.0, 54.0):
        run.spent = (steps, 0.0, 0.0)
        method.architecture(run, train, validation)
        assert torch.equal(run.alpha, before)
    run.spent = (55.0, 0.0, 0.0)
    method.architecture(run, train, validation)
    assert not torch.equal(run.alpha, before)


def test_memory_does_not_grow_with_the_operations(task):
    """A path keeps one operation's activations whatever is offered; the mixture keeps all of them."""
    skeleton = Skeleton(inputs=2, classes=3, width=16, cells=1, stages=1, dims=1, stem="conv1", reduction="pool")
    peak = {}
    for operations in ((1, 3), OPERATIONS):
        run, (train, _) = begun(Proxyless(), task, skeleton, operations, batch=32)
        mixture = torch.softmax(run.alpha.detach(), -1)
        at = operations.index(nb201.CONV3)
        one = torch.nn.functional.one_hot(torch.full((2, 6), at), len(operations))
        for name, given in (
            ("mixture", {"coefficients": mixture}),
            ("path", {"coefficients": one.float(), "active": one.bool()}),
        ):
            with PeakMemory() as memory:
                run.loss(train, **given).sum().backward()
            peak[name, len(operations)] = memory.peak
    assert peak["mixture", 5] > 1.3 * peak["mixture", 2]
    assert peak["path", 5] < 1.05 * peak["path", 2]
    assert peak["path", 5] < 0.7 * peak["mixture", 5]


def test_expected_latency_and_both_forms():
    term = LatencyTerm(MICROSECONDS, fixed=20.0, reference=50.0)
    p = torch.zeros(1, 6, 5)
    p[..., 3] = 1
    assert term.expected(p, OPERATIONS).tolist() == [80.0]
    assert term.loss(torch.tensor([1.5]), torch.tensor([80.0])).tolist() == pytest.approx([1.5 + 0.1 * 0.6])
    other = LatencyTerm(MICROSECONDS, fixed=20.0, reference=50.0, form="multiply")
    expected = 0.2 * 1.5 * (torch.tensor(80.0).log() / torch.tensor(50.0).log()) ** 0.3
    torch.testing.assert_close(other.loss(torch.tensor([1.5]), torch.tensor([80.0]))[0], expected)
    table = LatencyTable(NB201_C10, 1, torch.tensor([0, 1, 2, 3, 4.0]).numpy() * 1e-5, 1e-4)
    measured = LatencyTerm.of(table, reference=120.0)
    assert float(measured.expected(p, OPERATIONS)) == pytest.approx(100 + 6 * 30)


@pytest.mark.parametrize("form", ["add", "multiply"])
def test_the_latency_term_is_in_the_gradient_of_the_gates(task, form):
    method = Proxyless(latency=LatencyTerm(MICROSECONDS, fixed=20.0, reference=50.0, form=form))
    run, (_, validation) = begun(method, task)
    chosen = torch.full((2, 6), 3)
    wanted = torch.tensor([1, 3]).expand(2, 6, 2)
    found = method.gates(run, validation, chosen, wanted)
    plain = Proxyless().gates(run, validation, chosen, wanted)
    gate = torch.nn.functional.one_hot(chosen, 5).float()
    loss = run.loss(validation, coefficients=gate).detach().requires_grad_()
    p = torch.softmax(run.alpha.detach(), -1).requires_grad_()
    whole = method.latency.loss(loss, method.latency.expected(p, OPERATIONS)).sum()
    by_loss, by_p = torch.autograd.grad(whole, (loss, p))
    torch.testing.assert_close(found[..., [1, 3]], (by_loss.view(-1, 1, 1) * plain + by_p)[..., [1, 3]])
    assert found[..., [0, 2, 4]].abs().sum() == 0


def test_a_heavy_latency_term_finds_a_fast_cell(task):
    settings = Settings(batch=8, alpha_rate=0.5)
    term = LatencyTerm(MICROSECONDS, fixed=20.0, reference=50.0, weight=500.0)
    method = Proxyless(latency=term, every=1)
    fast = search(method, task, SKELETON, Budget(steps=32), [0], settings).cells[-1, 0]
    taken = sum(MICROSECONDS[nb201.OPS[op]] for op in fast)
    assert taken <= 6


def test_reinforce_rewards_what_is_faster(task):
    term = LatencyTerm(MICROSECONDS, fixed=1.0, reference=50.0)
    method = Proxyless(gradient="REINFORCE", latency=term, every=1, exponent=2.0, samples=3)
    trace = search(method, task, SKELETON, Budget(steps=32), [0], Settings(batch=8, alpha_rate=0.3))
    p = torch.softmax(torch.from_numpy(trace.alpha), -1)
    taken = term.expected(p[:, 0], OPERATIONS)
    assert taken[-1] < 0.8 * taken[0]


def test_a_table_without_an_operation_is_refused(task):
    partial = {name: MICROSECONDS[name] for name in ("none", "skip_connect")}
    method = Proxyless(latency=LatencyTerm(partial, fixed=1.0, reference=2.0))
    with pytest.raises(LucioleError, match="expected a latency of nor_conv_1x1, the table has none, skip_connect"):
        search(method, task, SKELETON, Budget(steps=8), [0], Settings(batch=8))
    with pytest.raises(LucioleError, match="above 1 for the form 'multiply'"):
        LatencyTerm(MICROSECONDS, fixed=0.0, reference=0.5, form="multiply")
    with pytest.raises(LucioleError, match="'add' or 'multiply'"):
        LatencyTerm(MICROSECONDS, fixed=0.0, reference=0.5, form="power")
