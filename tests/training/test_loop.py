"""Training: the metrics against scikit-learn, the loop against a plain one, and what it refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score
from torch import nn

from luciole import training
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.networks.stack import Stack
from luciole.training import Recipe, train

SKELETON = Skeleton(inputs=3, classes=4, width=4, cells=1, stages=2, dims=1, stem="conv1", reduction="pool")
ROWS = [[3, 1, 2, 4, 0, 3], [2, 0, 0, 3, 1, 4], [0, 0, 0, 1, 0, 0]]


def parts(windows=160, seed=0):
    """Four classes told apart by the frequency of the first channel."""
    rng = np.random.default_rng(seed)

    def part(n):
        y = rng.integers(4, size=n)
        X = rng.normal(0, 0.3, (n, 3, 16)).astype(np.float32)
        X[:, 0] += np.sin(np.arange(16) * (y[:, None] + 0.5) + rng.uniform(0, 6, (n, 1)))
        return X.astype(np.float32), y

    made = [part(n) for n in (windows, 64, 64)]
    return Parts(*made, Normalisation.fit(made[0][0]))


def seeded(number):
    return torch.Generator().manual_seed(number)


@given(
    y=st.lists(st.integers(0, 3), min_size=1, max_size=40),
    seed=st.integers(0, 100),
)
def test_metrics_are_scikit_learns(y, seed):
    predicted = np.random.default_rng(seed).integers(4, size=(2, len(y)))
    counts = training.confusion(torch.from_numpy(predicted), torch.tensor(y), 4)
    assert int(counts.sum()) == 2 * len(y)
    for k in range(2):
        assert training.accuracy(counts)[k] == pytest.approx(accuracy_score(y, predicted[k]))
        expected = f1_score(y, predicted[k], average="macro", zero_division=0)
        assert training.macro_f1(counts)[k] == pytest.approx(expected)


def plain_loop(network, made, recipe, generator):
    """The same recipe, written out with nothing shared: one batch after another, PyTorch's own optimiser."""
    X, y = (torch.from_numpy(array) for array in made.train)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay, foreach=False)
    batches = min(recipe.windows or len(X), len(X)) // recipe.batch
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(X), generator=generator)
        for number in range(batches):
            rows = order[number * recipe.batch : (number + 1) * recipe.batch]
            done = (epoch * batches + number + 1) / (recipe.epochs * batches)
            rising = done / recipe.warmup
            falling = 0.5 * (1 + np.cos(np.pi * (done - recipe.warmup) / (1 - recipe.warmup)))
            for group in optimiser.param_groups:
                group["lr"] = recipe.rate * (rising if done <= recipe.warmup else falling)
            network.train()
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(X[rows]), y[rows]).backward()
            optimiser.step()
    return network.eval()


@pytest.mark.parametrize("windows", [None, 96])
def test_a_stack_learns_what_each_network_learns_alone(windows):
    """Against a plain loop over ordinary modules: same initial weights, same batches, same weights at the end."""
    made, recipe = parts(), Recipe(epochs=2, batch=32, windows=windows, rate=3e-3)
    stack = Stack(ROWS, SKELETON, [seeded(k) for k in range(3)]).double()
    double = Parts(
        *((X.astype(np.float64), y) for X, y in (made.train, made.validation, made.test)), made.normalisation
    )
    record = train(stack, double, recipe, seeded(9))
    for k, (row, network) in enumerate(zip(ROWS, stack.unstack(), strict=True)):
        alone = plain_loop(build(row, SKELETON, seeded(k)).double(), double, recipe, seeded(9))
        with torch.no_grad():
            X, y = (torch.from_numpy(array) for array in double.test)
            expected = alone(X)
            torch.testing.assert_close(network.double().eval()(X), expected, rtol=1e-3, atol=1e-5)
        assert record.accuracy["test"][-1][k] == pytest.approx(float((expected.argmax(1) == y).double().mean()))


def test_one_network_is_trained_by_the_same_loop():
    made, recipe = parts(), Recipe(epochs=2, batch=32, rate=3e-3)
    network = build(ROWS[0], SKELETON, seeded(0))
    train(network, made, recipe, seeded(9))
    alone = plain_loop(build(ROWS[0], SKELETON, seeded(0)), made, recipe, seeded(9))
    for one, other in zip(network.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_it_learns_and_reports_every_asked_epoch():
    recipe = Recipe(epochs=12, batch=32, rate=2e-2, evaluate=(1, 6))
    record = train(build(ROWS[0], SKELETON, seeded(0)), parts(640), recipe, seeded(0))
    assert record.epochs == [1, 6, 12]
    assert record.accuracy["test"][-1][0] > 0.85
    assert record.accuracy["test"][-1][0] > record.accuracy["test"][0][0]
    assert record.loss[-1][0] < record.loss[0][0]
    assert record.seconds > 0
    assert len(record.macro_f1["validation"]) == 3


def test_the_same_seeds_give_the_same_digits_and_the_global_state_is_left_alone():
    before = torch.random.get_rng_state()
    runs = [
        train(build(ROWS[1], SKELETON, seeded(3)), parts(), Recipe(epochs=2, batch=32), seeded(order)).loss[-1]
        for order in (1, 1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert torch.equal(before, torch.random.get_rng_state())


def test_classes_that_never_occur_may_still_be_answered():
    made = parts()
    few = Parts(*((X, y % 2) for X, y in (made.train, made.validation, made.test)), made.normalisation)
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 4))
    with torch.no_grad():
        network[1].bias.copy_(torch.tensor([0.0, 0.0, 0.0, 50.0]))  # at first it answers the class that never occurs
    record = train(network, few, Recipe(epochs=2, batch=32, rate=1e-4), seeded(0))
    assert record.accuracy["test"][-1][0] == record.macro_f1["test"][-1][0] == 0


def test_the_test_part_does_not_influence_the_training():
    made = parts()
    other = Parts(made.train, made.test, (made.test[0] * -3, made.test[1][::-1].copy()), made.normalisation)
    networks = [build(ROWS[0], SKELETON, seeded(0)) for _ in range(2)]
    for network, data in zip(networks, (made, other), strict=True):
        train(network, data, Recipe(epochs=2, batch=32, evaluate=(1,)), seeded(0))
    for one, two in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(one, two)


@given(epochs=st.integers(1, 9), windows=st.integers(32, 300), warmup=st.floats(0, 0.9))
def test_the_rate_rises_to_its_highest_and_falls_to_nothing(epochs, windows, warmup):
    recipe = Recipe(epochs=epochs, batch=32, warmup=warmup)
    steps = recipe.steps(windows)
    assert steps == epochs * (windows // 32)
    factors = [recipe.factor(step, steps) for step in range(steps)]
    assert all(-1e-12 <= factor <= 1 + 1e-12 for factor in factors)
    peak = int(np.argmax(factors))
    assert all(np.diff(factors[: peak + 1]) >= -1e-12)
    assert all(np.diff(factors[peak:]) <= 1e-12)
    assert factors[-1] == pytest.approx(0, abs=1e-9)


def test_what_cannot_be_trained_is_one_line():
    with pytest.raises(LucioleError, match="one batch of 64"):
        train(build(ROWS[0], SKELETON, seeded(0)), parts(40), Recipe(batch=64), seeded(0))
    with pytest.raises(LucioleError, match="not finite"):
        train(build(ROWS[0], SKELETON, seeded(0)), parts(), Recipe(epochs=3, batch=32, rate=1e20), seeded(0))
    with pytest.raises(LucioleError, match="below 3, the network's outputs, got 3 in the train part"):
        train(nn.Sequential(nn.Flatten(), nn.Linear(48, 3)), parts(), Recipe(batch=32), seeded(0))
    for wrong in ({"epochs": 0}, {"batch": 1}, {"windows": 8}, {"warmup": 1.0}):
        with pytest.raises(LucioleError, match="expected"):
            Recipe(**wrong)
