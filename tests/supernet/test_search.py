"""The contract that all methods share: budgets, records, going on, seeds that do not feel each other, bad input."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.supernet import METHODS, Budget, Settings, Task, search
from luciole.supernet.proxyless import Proxyless
from luciole.supernet.run import Run

SKELETON = Skeleton(inputs=2, classes=3, width=4, cells=1, stages=1, dims=1, stem="conv1", reduction="pool")
SETTINGS = Settings(batch=8, windows=16, alpha_rate=0.1)
STEPS = 4  # two epochs of two


@pytest.fixture(scope="module")
def task():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(48) % 3
    x = torch.randn(48, 2, 9, generator=generator) + y[:, None, None]
    return Task((x[:32], y[:32]), (x[32:], y[32:]))


@pytest.fixture(scope="module")
def methods():
    """All methods, the dear ones made cheaper."""
    fewer = {key: {"candidates": 11} for key in ("single-path one-shot", "random search, shared weights")}
    fewer |= {"ENAS": {"candidates": 3}, "DARTS-ES": {"windows": 8}, "SmoothDARTS, adversarial": {"ascent": 2}}
    return {name: replace(one, **fewer.get(name, {})) for name, one in METHODS.items()}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_keeps_the_contract(name, methods, task, tmp_path):
    """A record at every epoch; the same when stopped and gone on with; each seed as if it were alone."""
    method, budget = methods[name], Budget(steps=STEPS)
    whole = search(method, task, SKELETON, budget, [3, 5], SETTINGS)
    epochs = 1 + len(whole.loss[1:])
    assert whole.alpha.shape == (epochs, 2, 6, 5) and whole.cells.shape == (epochs, 2, 6)
    assert np.isfinite(whole.loss[1:]).all() and np.isnan(whole.loss[0]).all()
    assert whole.spent[:, 0].tolist() == [2.0 * epoch for epoch in range(epochs)]
    assert epochs == 3
    assert set(whole.cells.ravel().tolist()) <= {0, 1, 2, 3, 4}

    class Killed(Exception):
        pass

    def kill(run, method):
        if run.epoch == 1:
            raise Killed
        return {}

    keep = tmp_path / "state.pt"
    with pytest.raises(Killed):
        search(method, task, SKELETON, budget, [3, 5], SETTINGS, keep=keep, look=kill)
    again = search(method, task, SKELETON, budget, [3, 5], SETTINGS, keep=keep)
    for one in ("alpha", "cells", "loss"):
        np.testing.assert_array_equal(getattr(again, one), getattr(whole, one))
    alone = search(method, task, SKELETON, budget, [5], SETTINGS)
    np.testing.assert_allclose(alone.alpha[:, 0], whole.alpha[:, 1], atol=2e-3)
    np.testing.assert_allclose(alone.loss[:, 0], whole.loss[:, 1], rtol=1e-3)


def test_what_is_looked_at_is_recorded_and_changes_nothing(task):
    budget = Budget(steps=STEPS)
    plain = search(METHODS["GDAS"], task, SKELETON, budget, [0], SETTINGS)
    seen = search(METHODS["GDAS"], task, SKELETON, budget, [0], SETTINGS, look=lambda run, method: {"at": run.epoch})
    assert seen.looked["at"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(seen.alpha, plain.alpha)


def test_a_budget_of_seconds_or_joules_ends_a_search(task):
    for budget, column, limit in ((Budget(seconds=0.3), 1, 0.3), (Budget(joules=3.0), 2, 3.0)):
        trace = search(METHODS["DARTS"], task, SKELETON, budget, [0], SETTINGS, watts=10.0)
        assert trace.spent[-2, column] < limit <= trace.spent[-1, column]
        np.testing.assert_allclose(trace.spent[:, 2], 10 * trace.spent[:, 1])


def test_bad_input_is_refused_in_a_line(task, tmp_path):
    def wrong(match, method="DARTS", task=task, budget=Budget(steps=STEPS), seeds=(0,), **options):  # noqa: B008
        with pytest.raises(LucioleError, match=match):
            search(
                METHODS[method] if isinstance(method, str) else method,
                task,
                SKELETON,
                budget,
                seeds,
                SETTINGS,
                **options,
            )

    wrong("nothing to train", operations=(0, 1, 4))
    wrong("two operations or more", operations=(3,))
    wrong("expects the operation skip_connect", method="DARTS-", operations=(2, 3))
    wrong("at least one epoch of 2 steps, got 1", budget=Budget(steps=1))
    wrong("within the first epoch", budget=Budget(seconds=1e-9))
    wrong("watts of a busy thread", budget=Budget(joules=1.0))
    wrong("each once", seeds=(1, 1))
    x, y = task.train
    with pytest.raises(LucioleError, match="two classes or more, got one"):
        Task((x, y), (x[:6], torch.full((6,), 2)))
    with pytest.raises(LucioleError, match="as many windows as labels"):
        Task((x, y[:-1]), (x, y))
    with pytest.raises(LucioleError, match="of one shape"):
        Task((x, y), (x[..., :-1], y))
    wrong("labels below 3", task=Task((x, y + 1), (x, y)))
    for budget in ({}, {"steps": 0}, {"seconds": math.nan}):
        with pytest.raises(LucioleError, match="expected a budget"):
            Budget(**budget)
    keep = tmp_path / "state.pt"
    keep.write_bytes(b"no state")
    wrong("is not the state of a search", keep=keep)
    keep.unlink()
    search(METHODS["DARTS"], task, SKELETON, Budget(steps=STEPS), [0], SETTINGS, keep=keep)
    wrong("state of another search", seeds=(1,), keep=keep)
    with pytest.raises(LucioleError, match="a batch, got 32"):
        search(METHODS["DARTS"], task, SKELETON, Budget(steps=STEPS), [0], Settings(batch=64))
    with pytest.raises(LucioleError, match="batches of 2"):
        Settings(batch=1)


def test_a_search_that_diverges_says_so_and_keeps_its_state(task, tmp_path):
    keep = tmp_path / "state.pt"
    inner = METHODS["DARTS"]

    class Diverging(type(inner)):
        def weights(self, run, train):
            loss = super().weights(run, train)
            if run.epoch == 1:
                run.net.weight.data[1] = torch.nan
            return loss

    with pytest.raises(LucioleError, match=r"seed 7 is not finite in epoch 2; lower the rate; the state of epoch 1 is"):
        search(Diverging(), task, SKELETON, Budget(steps=STEPS), [4, 7], SETTINGS, keep=keep)
    state = torch.load(keep, weights_only=True)
    assert state["run"]["epoch"] == 1 and all(one.isfinite().all() for one in state["run"]["net"].values())


def test_the_rate_falls_as_the_budget_is_spent(task):
    settings = Settings(batch=8)
    run = Run(task, SKELETON, [0], settings, Budget(seconds=10), tuple(range(5)))
    rates = []
    for seconds in (0.0, 5.0, 10.0):
        run.spent = (0.0, seconds, 0.0)
        rates.append(run.rate)
    np.testing.assert_allclose(rates, [0.025, 0.013, 0.001])


def test_proxyless_refuses_another_gradient(task):
    with pytest.raises(LucioleError, match="two paths"):
        search(Proxyless(gradient="all"), task, SKELETON, Budget(steps=STEPS), [0], SETTINGS)
