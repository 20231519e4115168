"""Seeds trained at once: the digits of the same runs one by one, masks and events included."""

import pytest
import torch
from torch import nn

from luciole.errors import LucioleError
from luciole.sparsity.at_start import AtStart
from luciole.sparsity.exchange import Exchange
from luciole.sparsity.joint import Joint
from luciole.sparsity.magnitude import Gradual
from luciole.sparsity.run import Settings
from luciole.sparsity.shrinking import Lobster
from luciole.sparsity.together import Wide, train_together
from luciole.sparsity.training import Method, train

SETTINGS = Settings(epochs=4, batch=20, rate=0.1)
NETWORKS = {
    "dense": lambda: nn.Sequential(nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3)),
    "convolution, normalised": lambda: nn.Sequential(
        *(nn.Unflatten(1, (1, 16)), nn.Conv1d(1, 6, 3), nn.BatchNorm1d(6), nn.ReLU(), nn.Flatten(), nn.Linear(84, 3))
    ),
}


@pytest.fixture(scope="module")
def examples():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(200) % 3
    return torch.randn(200, 16, generator=generator) + nn.functional.one_hot(y, 16), y


def begin(examples, kind="dense", count=3, settings=SETTINGS):
    runs = []
    for seed in range(count):
        torch.manual_seed(seed)
        runs.append(Wide(NETWORKS[kind](), *examples, settings, seed))
    return runs


def apart(some, others):
    """Largest difference of any weight or statistic."""
    return max(
        float((one - other).detach().double().abs().max())
        for run, again in zip(some, others, strict=True)
        for one, other in zip(run.network.state_dict().values(), again.network.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize(
    "method", [Method(), Gradual(0.8, events=6), AtStart("snip", 0.3)], ids=["plain", "gradual", "snip"]
)
def test_each_step_gives_the_digits_of_runs_one_by_one(examples, kind, method):
    together, alone = begin(examples, kind), begin(examples, kind)
    for step in range(1, 13):  # within 1e-6 of a common state, step by step
        for run in alone:
            train(run, method, until=step)
        train_together(together, method, until=step)
        assert apart(together, alone) < 1e-6
        assert [dict(run.masks).keys() for run in together] == [dict(run.masks).keys() for run in alone]
        for run, again in zip(together, alone, strict=True):
            assert all(torch.equal(run.masks[name], again.masks[name]) for name in again.masks)


@pytest.mark.parametrize(
    "method",
    [Gradual(0.8, events=6), Exchange(0.8, events=6), Joint(0.8, events=6, sample=60, parts=2)],
    ids=["gradual", "RigL", "ours"],
)
def test_whole_trainings_end_alike_in_masks_history_and_account(examples, method):
    together, alone = begin(examples), begin(examples)
    for run in alone:
        train(run, method)
    accounts = train_together(together, method)
    assert apart(together, alone) < 1e-5
    for run, again, account in zip(together, alone, accounts, strict=True):
        assert run.history == again.history and run.masks.kept == again.masks.kept
        assert (account.macs, account.peak, account.total) == (
            again.account.macs,
            again.account.peak,
            again.account.total,
        )
        assert account.seconds > 0 and run.step == run.steps


def test_seeds_stay_apart_and_what_is_absent_stays_zero(examples):
    runs = begin(examples, settings=Settings(epochs=4, batch=20, rate=0.1, decay=0.1))
    train_together(runs, AtStart("snip", 0.8))
    assert not torch.equal(runs[0].masks["0.weight"], runs[1].masks["0.weight"])
    for run in runs:
        for name, mask in run.masks.items():
            assert bool((run.network.get_parameter(name)[~mask] == 0).all())
    before = runs[1].network[0].weight.clone()
    with torch.no_grad():
        runs[0].network[0].weight.add_(1.0)  # each has tensors of its own again
    assert torch.equal(runs[1].network[0].weight, before)


def test_runs_begun_together_go_on_alone(examples):
    method = Gradual(0.8, events=6)
    mixed, alone = begin(examples), begin(examples)
    train_together(mixed, method, until=17)
    for run in mixed:
        train(run, method)
    for run in alone:
        train(run, method)
    assert apart(mixed, alone) < 1e-5


def test_what_cannot_be_trained_together_is_refused(examples):
    with pytest.raises(LucioleError, match="same settings at the same step"):
        train_together([], Method())
    with pytest.raises(LucioleError, match="same settings at the same step"):
        train_together(
            begin(examples, count=1) + begin(examples, count=1, settings=Settings(epochs=2, batch=20)), Method()
        )
    with pytest.raises(LucioleError, match="Lobster changes the steps themselves"):
        train_together(begin(examples), Lobster(0.8))
    with pytest.raises(LucioleError, match="networks of other shapes"):
        train_together(begin(examples, count=1) + begin(examples, "convolution, normalised", count=1), Method())
    with pytest.raises(LucioleError, match="not finite"):
        train_together(begin(examples, settings=Settings(epochs=8, batch=20, rate=1e9)), Method())
