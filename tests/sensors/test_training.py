"""Training one sensor network: what it learns from, what it keeps, what it reports."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from torch import nn
from torch.nn import functional

from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.sensors import training
from luciole.sensors.augmentation import Augmentation, triples
from luciole.sensors.training import Average, Learner, Report, Settings, mixed
from luciole.training import Recipe


def walking(n=240, seed=0):
    """Two activities, fast and slow waves, worn by six people."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    phase = rng.uniform(0, 6, size=(n, 1, 1))
    X = np.sin((0.3 + 0.5 * y)[:, None, None] * np.arange(32) + phase) + 0.1 * rng.normal(size=(n, 3, 32))
    return Dataset("toy", 5 + 2 * X, y, ("slow", "fast"), ("a_x", "a_y", "a_z"), subject=np.arange(n) % 6)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv1d(3, 8, 5), nn.BatchNorm1d(8), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 2)
    )


SETTINGS = Settings(
    Recipe(epochs=12, batch=16), Augmentation(rotation=5, speed=0.05, jitter=0.05, mixing=0.2), averaging=0.9
)
TRAIN, TEST = np.flatnonzero(np.arange(240) % 6 < 4), np.flatnonzero(np.arange(240) % 6 >= 4)


def test_it_learns_and_reports_by_person():
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    trained = network()
    assert learner.fit(trained, torch.Generator().manual_seed(0)) > 0
    report = learner.judge(trained, data, TEST)
    assert report.accuracy > 0.9 and set(report.subjects) == {4, 5}
    assert report.confusion.sum() == len(TEST)
    assert report.accuracy == pytest.approx(np.trace(report.confusion) / len(TEST))


def test_the_same_seed_trains_the_same_network_and_another_one_does_not():
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    trained = [network() for _ in range(3)]
    for one, seed in zip(trained, (0, 0, 1), strict=True):
        learner.fit(one, torch.Generator().manual_seed(seed))
    first, same, other = (learner.answers(one, data.X[TEST]) for one in trained)
    assert (first == same).all() and (first != other).any()


def test_constants_come_from_the_training_part_alone():
    data = walking()
    spoiled = replace(data, X=np.where((np.arange(240) % 6 >= 4)[:, None, None], 1e6, data.X))
    ours, theirs = (Learner.of(each, TRAIN, SETTINGS).normalisation for each in (data, spoiled))
    assert (ours.mean == theirs.mean).all() and (ours.deviation == theirs.deviation).all()


def test_the_average_follows_the_weights_and_forgets_the_first():
    linear = nn.Linear(1, 1, bias=False)
    kept = Average(linear, 0.5)
    values = []
    for step in range(40):
        with torch.no_grad():
            linear.weight.fill_(float(step >= 20))
        kept.add(step)
        values.append(float(kept.mean[0]))
    assert values[19] < 1e-3 and values[-1] > 0.999
    kept.put()
    assert float(linear.weight.detach()) == pytest.approx(values[-1])
    before = linear.weight.clone()
    last = Average(linear, 0.0)
    last.add(0)
    last.put()
    assert torch.equal(before, linear.weight)


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.999])
def test_the_average_warms_up_as_it_says(weight):
    """At step t the past weighs (1 + t) / (10 + t), never more than it is asked to; weights and statistics alike."""
    layer = nn.BatchNorm1d(3)
    kept = Average(layer, weight)
    names = ("weight", "bias", "running_mean", "running_var")
    expected = {name: layer.state_dict()[name].double().clone() for name in names}
    rng = torch.Generator().manual_seed(0)
    for step in range(60):
        with torch.no_grad():
            for name in names:
                layer.state_dict()[name].copy_(torch.rand(3, generator=rng))
            layer.num_batches_tracked.fill_(step)
        kept.add(step)
        past = min(weight, (1 + step) / (10 + step))
        expected = {name: past * mean + (1 - past) * layer.state_dict()[name] for name, mean in expected.items()}
        if step in (0, 1, 5, 59):
            for name, mean in zip(kept.names, kept.mean, strict=True):
                torch.testing.assert_close(mean.double(), expected[name], rtol=1e-4, atol=1e-6)
    assert set(kept.names) == set(names)
    kept.put()
    for name in names:
        torch.testing.assert_close(layer.state_dict()[name].double(), expected[name], rtol=1e-4, atol=1e-6)
    assert int(layer.num_batches_tracked) == 59  # a count has no mean


def test_the_first_weights_are_forgotten_at_once():
    """After the first step a tenth of them is left, however much the past is to weigh later."""
    linear = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        linear.weight.fill_(1.0)
    kept = Average(linear, 0.999)
    with torch.no_grad():
        linear.weight.fill_(0.0)
    kept.add(0)
    assert float(kept.mean[0]) == pytest.approx(0.1)
    for step in range(1, 40):
        kept.add(step)
    assert float(kept.mean[0]) < 1e-6


def by_hand(learner, trained, generator):
    """Train in plain steps: what :meth:`Learner.fit` promises, written out."""
    recipe, varied, weight = learner.settings.recipe, learner.settings.augmentation, learner.settings.averaging
    augment = varied.of(learner.normalisation, learner.axes)
    optimiser = torch.optim.AdamW(trained.parameters(), lr=1.0, weight_decay=recipe.weight_decay, foreach=True)
    batches = len(learner.X) // recipe.batch
    mean = {name: value.clone() for name, value in trained.state_dict().items()}
    step = 0
    trained.train()
    for _ in range(recipe.epochs):
        order = torch.randperm(len(learner.X), generator=generator)
        for batch in range(batches):
            rows = order[batch * recipe.batch : (batch + 1) * recipe.batch]
            optimiser.param_groups[0]["lr"] = recipe.rate * recipe.factor(step, recipe.epochs * batches)
            X, target = augment(learner.X[rows], generator), functional.one_hot(learner.y[rows], 2).float()
            if varied.mixing:
                X, target = mixed(X, target, varied.mixing, generator)
            loss = functional.cross_entropy(trained(X), target, label_smoothing=recipe.smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            past = min(weight, (1 + step) / (10 + step)) if weight else 0.0
            for name, value in trained.state_dict().items():
                mean[name] = past * mean[name] + (1 - past) * value if value.is_floating_point() else value.clone()
            step += 1
    trained.load_state_dict(mean)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(Recipe(epochs=2, batch=16)),
        Settings(Recipe(epochs=2, batch=16, smoothing=0.2, weight_decay=0.5)),
        Settings(Recipe(epochs=2, batch=24, rate=0.03), averaging=0.8),
        Settings(Recipe(epochs=2, batch=16), Augmentation(rotation=9, speed=0.1, scale=0.1, jitter=0.1, mixing=0.3)),
    ],
)
def test_it_trains_as_written_out_step_by_step(settings):
    learner = Learner.of(walking(), TRAIN[:75], settings)
    ours, theirs = network(), network()
    learner.fit(ours, torch.Generator().manual_seed(3))
    by_hand(learner, theirs, torch.Generator().manual_seed(3))
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(value, theirs.state_dict()[name], rtol=1e-4, atol=1e-5)


def test_a_learner_holds_its_windows_and_nothing_of_the_rest():
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    assert torch.equal(learner.X, torch.from_numpy(data.X[TRAIN]))
    assert learner.y.tolist() == data.y[TRAIN].tolist()
    assert (learner.classes, learner.settings, learner.axes) == (2, SETTINGS, triples(data.channel_names))
    assert learner.axes == ((0, 1, 2),)
    np.testing.assert_allclose(learner.normalisation.mean, data.X[TRAIN].mean(axis=(0, 2)), rtol=1e-5)
    np.testing.assert_allclose(learner.normalisation.deviation, data.X[TRAIN].std(axis=(0, 2)), rtol=1e-5)
    assert len(Learner.of(data, TRAIN[:16], SETTINGS).X) == 16  # one batch is enough


@pytest.mark.parametrize(("asked", "given"), [(10, 10), (160, 160), (1_000, 160)])
def test_a_sample_is_of_different_training_windows_normalised(asked, given):
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    X, y = learner.sample(asked, np.random.default_rng(0))
    assert X.shape == (given, 3, 32) and X.dtype == torch.float32
    normal = learner.normalisation(data.X[TRAIN])
    known = {window.tobytes(): label for window, label in zip(normal, data.y[TRAIN], strict=True)}
    assert len({window.numpy().tobytes() for window in X}) == given
    assert [known[window.numpy().tobytes()] for window in X] == y.tolist()
    again, other = (learner.sample(asked, np.random.default_rng(seed))[0] for seed in (0, 1))
    assert torch.equal(X, again) and not torch.equal(X, other)


def test_answers_are_those_of_a_network_at_rest():
    """Normalised windows, no dropout, no statistics of the batch, nothing remembered; batches leave no seam."""
    data = walking(n=600)
    learner = Learner.of(data, np.arange(100), SETTINGS)
    noisy = nn.Sequential(network(), nn.Dropout(0.9))
    for rows in (np.arange(600), np.arange(256), np.arange(1)):
        answers = learner.answers(noisy.train(), data.X[rows])
        assert answers.dtype == np.float32 and isinstance(answers, np.ndarray) and not noisy.training
        with torch.no_grad():
            whole = noisy(torch.from_numpy(learner.normalisation(data.X[rows])))
        np.testing.assert_allclose(answers, whole.numpy(), rtol=1e-4, atol=1e-5)


def test_batches_that_are_answered_at_once_are_limited(monkeypatch):
    sizes = []
    learner = Learner.of(walking(), TRAIN, SETTINGS)
    spy = nn.Flatten()
    spy.register_forward_hook(lambda module, inputs, output: sizes.append(len(inputs[0])))
    monkeypatch.setattr(training, "BATCH", 50)
    learner.answers(spy, learner.X.numpy()[:120])
    assert sizes == [50, 50, 20]


def test_it_judges_the_rows_it_is_given():
    data = walking()
    learner = Learner.of(data, TRAIN, SETTINGS)
    judged = network()
    rows = TEST[::3]
    report = learner.judge(judged, data, rows)
    predicted = learner.answers(judged, data.X[rows]).argmax(axis=1)
    expected = Report.of(predicted, data.y[rows], data.subject[rows], 2)
    assert (report.accuracy, report.macro_f1, report.subjects) == (
        expected.accuracy,
        expected.macro_f1,
        expected.subjects,
    )
    unnamed = replace(data, subject=None, recording=np.arange(240) // 40)
    assert set(learner.judge(judged, unnamed, rows).subjects) == set((rows // 40).tolist())


def test_the_seconds_are_those_of_the_processor_from_first_to_last(monkeypatch):
    times = iter([100.0, 107.5])
    monkeypatch.setattr(training.time, "process_time", lambda: next(times))
    learner = Learner.of(walking(), TRAIN, Settings(Recipe(epochs=1, batch=16)))
    assert learner.fit(network(), torch.Generator().manual_seed(0)) == 7.5


@pytest.mark.parametrize(("mixing", "mean"), [(1.0, 0.75), (1e4, 0.5), (1e18, 0.5), (1e-4, 1.0), (0.4, 0.835)])
def test_shares_are_the_larger_of_a_beta_distribution(mixing, mean):
    """Both parameters are ``mixing``: 1 draws evenly, many mix half and half (1e18 exactly), few hardly mix."""
    X, targets = torch.arange(2000.0)[:, None, None].expand(-1, 2, 3), torch.eye(2000)
    windows, shares = mixed(X, targets, mixing, torch.Generator().manual_seed(1))
    own = shares.diagonal()
    assert windows.shape == X.shape and float(own.mean()) == pytest.approx(mean, abs=0.015)
    torch.testing.assert_close((shares @ X[:, 0, 0])[:, None, None].expand(-1, 2, 3), windows, rtol=1e-4, atol=1e-2)
    assert (own >= 0.5 - 1e-6).all() and ((shares > 0).sum(dim=1) <= 2).all()
    others = shares.clone()
    others.fill_diagonal_(0)
    assert ((others > 0).sum(dim=0) <= 1).all()  # nobody is mixed into two


def test_mixing_draws_as_committed_results_were_made():
    """A seed from the generator for NumPy's beta distribution, then who is mixed with whom."""
    generator = torch.Generator().manual_seed(5)
    seed = int(torch.randint(2**31, (1,), generator=generator))
    drawn = np.random.default_rng(seed).beta(0.5, 0.5, 9)
    other = torch.randperm(9, generator=generator)
    _, shares = mixed(torch.zeros(9, 1, 1), torch.eye(9), 0.5, torch.Generator().manual_seed(5))
    expected = torch.from_numpy(np.maximum(drawn, 1 - drawn)).float()[:, None]
    torch.testing.assert_close(shares, expected * torch.eye(9) + (1 - expected) * torch.eye(9)[other])


def test_mixing_repeats_with_its_generator():
    X, targets = torch.rand(20, 2, 3, generator=torch.Generator().manual_seed(9)), torch.eye(20)
    one, same, other = (mixed(X, targets, 0.5, torch.Generator().manual_seed(seed))[1] for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)


@given(st.integers(2, 5), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=1))
def test_a_report_is_that_of_scikit_learn(classes, windows):
    y, predicted, subject = np.array(windows).T
    y, predicted = y % classes, predicted % classes
    report = Report.of(predicted, y, subject, classes)
    assert report.accuracy == pytest.approx(metrics.accuracy_score(y, predicted))
    assert report.macro_f1 == pytest.approx(metrics.f1_score(y, predicted, average="macro", zero_division=0))
    assert (report.confusion == metrics.confusion_matrix(y, predicted, labels=range(classes))).all()
    assert report.subjects == {
        who: pytest.approx(metrics.accuracy_score(y[subject == who], predicted[subject == who])) for who in set(subject)
    }


@pytest.mark.parametrize("averaging", [0.0, 0.5, 0.999])
def test_an_average_of_part_of_the_past_is_accepted(averaging):
    assert Settings(averaging=averaging).averaging == averaging


def test_settings_vary_and_average_nothing_unless_asked():
    assert Settings() == Settings(Recipe(), Augmentation(), 0.0)
    report = Report.of(np.array([0, 1]), np.array([0, 1]), np.array([7, 7]), 2)
    for one, name in ((Settings(), "averaging"), (report, "accuracy"), (Learner.of(walking(), TRAIN, SETTINGS), "X")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 1)


def test_mixed_targets_are_shares_of_two_classes():
    X, targets = torch.arange(8.0)[:, None, None], torch.eye(8)
    windows, shares = mixed(X, targets, 0.4, torch.Generator().manual_seed(0))
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(8))
    torch.testing.assert_close(shares @ torch.arange(8.0), windows[:, 0, 0])
    assert (shares.max(dim=1).values >= 0.5).all()


def test_a_report_counts_what_occurs():
    report = Report.of(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]), np.array([7, 7, 8, 8]), 3)
    assert (report.accuracy, report.subjects) == (0.75, {7: 1.0, 8: 0.5})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Settings(averaging=1.0), "averaging from 0 up to but not including 1, got 1.0"),
        (lambda: Settings(averaging=-0.1), "averaging from 0"),
        (lambda: Settings(averaging=float("nan")), "averaging from 0"),
        (lambda: Learner.of(walking(), TRAIN[:15], SETTINGS), "toy: expected at least one batch of 16 .* got 15"),
        (lambda: Learner.of(walking(), TRAIN[:8], SETTINGS), "at least one batch of 16 training windows, got 8"),
        (
            lambda: Learner.of(walking(), TRAIN, Settings(Recipe(epochs=1, batch=16, rate=1e30))).fit(
                network(), torch.Generator().manual_seed(0)
            ),
            "not finite after epoch 1",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(LucioleError, match=message):
        call()
