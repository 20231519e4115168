"""Hypergradients against closed forms, finite differences and each other."""

from dataclasses import replace

import pytest
import torch

from luciole.errors import LucioleError
from luciole.supernet import darts as darts_module
from luciole.supernet.hypergradients import Bilevel, conjugate_gradient, darts, forward, neumann, reverse
from luciole.supernet.noisy_quadratic import best_schedule, run_greedy
from luciole.supernet.self_tuning import Response, fit, hypergradient

CURVATURES = torch.logspace(-2, 0, 100, dtype=torch.float64)


@pytest.fixture(scope="module")
def ridge():
    """L_T = 1/2 |Xw - y|^2 + 1/2 h |w|^2 with one h, and what is known of it in closed form."""
    generator = torch.Generator().manual_seed(0)
    X, V = (torch.randn(n, 5, dtype=torch.float64, generator=generator) for n in (25, 9))
    y, u = (torch.randn(n, dtype=torch.float64, generator=generator) for n in (25, 9))
    h = torch.tensor([0.7], dtype=torch.float64)
    H = X.T @ X + h * torch.eye(5, dtype=torch.float64)
    best = torch.linalg.solve(H, X.T @ y)
    exact = -(V.T @ (V @ best - u)) @ torch.linalg.solve(H, best)
    eigenvalues = torch.linalg.eigvalsh(H)
    rate = 2 / float(eigenvalues[0] + eigenvalues[-1])  # the fastest
    problem = Bilevel(
        lambda w, h, step: 0.5 * ((X @ w - y) ** 2).sum() + 0.5 * h[0] * (w**2).sum(),
        lambda w, h: 0.5 * ((V @ w - u) ** 2).sum(),
        torch.zeros(5, dtype=torch.float64),
        rate,
    )
    return problem, h, best, exact[None], rate


def stochastic(momentum, rate=None):
    """A training whose batches, rate and penalty depend on the step and on h, for differences."""
    generator = torch.Generator().manual_seed(1)
    X = torch.randn(7, 6, 4, dtype=torch.float64, generator=generator)
    return Bilevel(
        lambda w, h, step: ((X[step] @ w).tanh() - 0.3).square().sum() + (h.exp() * w**2).sum(),
        lambda w, h: (X[6] @ w - 0.5).square().sum() + (h * w).sum(),
        torch.linspace(-1, 1, 4, dtype=torch.float64),
        0.05 if rate is None else rate,
        momentum,
    )


def differences(problem, hyper, steps, size=1e-5):
    def end(h):
        return problem.validation(problem.train(h, steps), h)

    ways = torch.eye(len(hyper), dtype=hyper.dtype)
    return torch.stack([(end(hyper + size * way) - end(hyper - size * way)) / (2 * size) for way in ways])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("rate", [None, lambda h: 0.1 * torch.sigmoid(h[0])])
def test_both_modes_are_the_differences(momentum, rate):
    problem = stochastic(momentum, rate)
    h = torch.tensor([-1.0, 0.2, -0.5, 0.1], dtype=torch.float64)
    expected = differences(problem, h, 6)
    torch.testing.assert_close(reverse(problem, h, 6), expected, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(forward(problem, h, 6), expected, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(reverse(problem, h, 6), forward(problem, h, 6), rtol=1e-12, atol=1e-14)


def test_going_back_over_all_steps_is_no_truncation_and_over_fewer_is_one():
    problem = stochastic(0.9)
    h = torch.zeros(4, dtype=torch.float64)
    whole = reverse(problem, h, 6)
    torch.testing.assert_close(reverse(problem, h, 6, last=6), whole)
    torch.testing.assert_close(reverse(problem, h, 6, last=60), whole)
    shorter = [float((reverse(problem, h, 6, last=last) - whole).norm()) for last in (1, 3, 5)]
    assert shorter[0] > shorter[2] > 0


def test_all_ways_meet_the_closed_form_of_ridge(ridge):
    problem, h, best, exact, rate = ridge
    torch.testing.assert_close(neumann(problem, h, best, 100, rate), exact, rtol=1e-9, atol=0)
    torch.testing.assert_close(conjugate_gradient(problem, h, best, 10), exact, rtol=1e-9, atol=0)
    torch.testing.assert_close(reverse(problem, h, 100), exact, rtol=1e-9, atol=0)
    torch.testing.assert_close(forward(problem, h, 100), exact, rtol=1e-9, atol=0)
    by_weights, _ = problem.direct(best, h)
    torch.testing.assert_close(neumann(problem, h, best, 0, rate), -rate * (by_weights @ best)[None])


@pytest.mark.parametrize("terms", [0, 3, 10])
def test_the_sum_of_powers_is_the_last_steps_from_the_optimum(ridge, terms):
    problem, h, best, _, rate = ridge
    still = replace(problem, start=best)
    torch.testing.assert_close(
        neumann(problem, h, best, terms, rate), reverse(still, h, terms + 1), rtol=1e-12, atol=1e-14
    )


def test_the_second_order_of_darts_is_one_step(ridge, monkeypatch):
    problem, h, _, _, rate = ridge
    weights = problem.train(h, 3)
    still = replace(problem, start=weights)
    torch.testing.assert_close(darts(problem, h, weights, 2, rate), reverse(still, h, 1), rtol=1e-7, atol=0)
    assert darts(problem, h, weights, 1, rate).tolist() == [0.0]
    monkeypatch.setattr(darts_module, "EPSILON", 10.0)  # on a quadratic the difference is exact whatever its size
    torch.testing.assert_close(darts(problem, h, weights, 2, rate), reverse(still, h, 1), rtol=1e-7, atol=0)


def test_conjugate_gradients_end_where_the_loss_bends_down():
    problem = Bilevel(
        lambda w, h, step: -(w**2).sum() * h[0],
        lambda w, h: w.sum() + 2 * h[0],
        torch.ones(2, dtype=torch.float64),
        0.1,
    )
    h = torch.ones(1, dtype=torch.float64)
    torch.testing.assert_close(conjugate_gradient(problem, h, problem.start, 5), 2 * h)


def test_a_response_learns_how_ridge_answers(ridge):
    problem, h, best, exact, _ = ridge
    generator = torch.Generator().manual_seed(0)
    response = Response([(1, 5)], 1, generator, start=best)
    unlearnt = hypergradient(problem, response, h)
    fit(problem, response, h, 600, generator, deviation=0.3, draws=4, rate=3e-3)
    found = hypergradient(problem, response, h)
    assert abs(float(found - exact)) < 0.1 * abs(float(exact)) < abs(float(unlearnt - exact))


def test_a_response_scales_the_rows_of_its_tensors():
    response = Response([(2, 3), (2,)], 2, torch.Generator().manual_seed(0))
    moved = (response(torch.tensor([1.0, 0.0])) - response(torch.zeros(2))) / response.scale
    torch.testing.assert_close(moved[:3], response.mixing[0, 0].expand(3).detach())
    torch.testing.assert_close(moved[3:6], response.mixing[1, 0].expand(3).detach())
    torch.testing.assert_close(moved[6:], response.mixing[2:, 0].detach())
    with pytest.raises(LucioleError, match="expected 8 weights"):
        Response([(2, 3), (2,)], 2, torch.Generator(), start=torch.zeros(7))


@pytest.mark.parametrize(
    ("start", "steps", "greedy", "best"),
    [
        (1.0, 100, 0.650, 0.304),
        pytest.param(1.0, 1_000, 0.242, 0.0354, marks=pytest.mark.check),
        pytest.param(10.0, 1_000, 0.836, 0.0387, marks=pytest.mark.check),
    ],
)
def test_a_short_horizon_chooses_rates_that_are_too_small(start, steps, greedy, best):
    short = run_greedy(CURVATURES, start, steps)
    assert short.loss == pytest.approx(greedy, rel=2e-3)
    assert best_schedule(CURVATURES, start, steps).loss == pytest.approx(best, rel=1e-2)


def test_the_greedy_rate_is_the_best_for_the_next_step():
    squares = torch.rand(100, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def after(rate):
        return 0.5 * (CURVATURES * ((1 - rate * CURVATURES) ** 2 * squares + (rate * CURVATURES) ** 2)).sum()

    rate = (CURVATURES**2 * squares).sum() / (CURVATURES**3 * (squares + 1)).sum()
    assert after(rate) < after(rate * 1.01) and after(rate) < after(rate * 0.99)
    one = run_greedy(CURVATURES, 2.0, 1)
    assert float(one.rates[0]) == pytest.approx(float((2 * CURVATURES**2).sum() / (3 * CURVATURES**3).sum()))


def test_what_cannot_be_differentiated_is_refused(ridge):
    problem, h, best, _, rate = ridge
    with pytest.raises(LucioleError, match="at least one step"):
        reverse(problem, h, 0)
    with pytest.raises(LucioleError, match="back over one step"):
        reverse(problem, h, 3, last=0)
    with pytest.raises(LucioleError, match="terms of 0 or more"):
        neumann(problem, h, best, -1, rate)
    with pytest.raises(LucioleError, match="not finite after step"):
        forward(replace(problem, rate=1e200), h, 5)
    with pytest.raises(LucioleError, match="above zero"):
        run_greedy(torch.zeros(3), 1.0, 5)
