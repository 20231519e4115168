"""The experiments of differentiable search in small: what is recorded, judged, written and derived again."""

import numpy as np
import pandas as pd
import pytest

from luciole import attestation, results, tables
from luciole.errors import LucioleError
from luciole.experiments.har201 import protocol as har201
from luciole.experiments.supernet import comparison, horizon, limits, problems, protocol, training_free
from luciole.networks import Skeleton
from luciole.spaces import nb201
from luciole.supernet import Settings
from luciole.supernet.hypergradients import reverse


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Two searches of two epochs on windows that are always there, judged by an invented truth."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    channels, classes, _ = har201.PROTOCOLS["seglearn"].shape
    skeleton = Skeleton(channels, classes, width=4, cells=1, stages=1, dims=1, stem="conv1", reduction="pool")
    runs = np.random.default_rng(0).random((2, nb201.SIZE))
    runs[:, 5] = np.nan
    truth = protocol.Truth("seglearn", skeleton, lambda: har201.data("seglearn")[0], lambda: runs, lambda: "invented")
    monkeypatch.setitem(protocol.TRUTHS, "toy", truth)
    monkeypatch.setattr(protocol, "EPOCHS", 2)
    monkeypatch.setattr(protocol, "EVERY", 2)
    monkeypatch.setattr(protocol, "WINDOWS", 20)
    monkeypatch.setattr(protocol, "SETTINGS", Settings(batch=16, windows=32, alpha_rate=0.1))
    monkeypatch.setattr(protocol, "sample", lambda: nb201.classes()[:5])
    monkeypatch.setattr(comparison, "dominant", lambda loss, alpha: loss(alpha).detach())  # dear, and tested elsewhere
    kinds = [protocol.Search("toy", "DARTS", 2), protocol.Search("toy", "GDAS", 1)]
    monkeypatch.setattr(protocol, "searches", lambda: kinds)
    return truth


def test_searches_are_recorded_and_derived_again(small):
    comparison.run()
    kept = results.read("supernet/comparison")
    held = kept.arrays
    name = comparison.named(protocol.searches()[0])
    assert held[f"{name}: cells"].shape == (3, 2, 6) and held[f"{name}: tau"].shape == (3, 2)
    assert np.isfinite(held[f"{name}: loss"][[0, 2]]).all() and np.isnan(held[f"{name}: loss"][1]).all()
    for one in ("gradients", "without"):
        assert held[f"{name}: {one}"].shape == (3, 2, 6, 5) and np.isfinite(held[f"{name}: {one}"][[0, 2]]).all()
    assert (held[f"{name}: gradients"][..., nb201.NONE][[0, 2]] == 0).all()
    assert held[f"{name}: spent"][-1, 0] == 4 and kept.provenance.holds == (2, 2) and kept.stale == ()
    assert "of 1 of 2 units came out the same" in attestation.again("supernet/comparison")
    alone = comparison.shard(protocol.searches()[1])
    other = comparison.named(protocol.searches()[1])
    np.testing.assert_array_equal(alone["cells"], held[f"{other}: cells"])


def test_looking_changes_nothing(small, monkeypatch):
    kind = protocol.Search("toy", "GDAS", 1)
    looked = comparison.shard(kind)
    monkeypatch.setattr(comparison.Looking, "__call__", lambda self, run, method: {})
    np.testing.assert_array_equal(comparison.shard(kind)["alpha"], looked["alpha"])


def test_a_truth_is_the_mean_of_its_runs():
    runs = np.array([[1.0, 2.0, np.nan, np.nan], [3.0, np.nan, 5.0, np.nan]])
    truth = protocol.Truth("toy", Skeleton(), lambda: None, lambda: runs, str)
    np.testing.assert_array_equal(truth.accuracy(), [2.0, 2.0, 5.0, np.nan])


def test_the_ceiling_is_that_of_the_mean_of_runs():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=nb201.SIZE)
    noisy = signal + rng.normal(size=(3, nb201.SIZE))
    truth = protocol.Truth("toy", Skeleton(), lambda: None, lambda: noisy, str)
    assert 0.7 < protocol.ceiling(truth) < 0.9
    certain = protocol.Truth("toy", Skeleton(), lambda: None, lambda: np.stack([signal, signal]), str)
    assert protocol.ceiling(certain) == pytest.approx(1)


def test_effects_are_means_over_the_cells_that_have_an_operation():
    cells = np.arange(200)
    values = (nb201.all_cells()[cells][:, 3] == nb201.CONV3).astype(float)
    found = protocol.effects(values, cells)
    assert found[3, nb201.CONV3] == 1 and (np.delete(found[3], nb201.CONV3) == 0).all()


def test_every_search_is_of_a_truth_and_method_that_there_are_once():
    kinds = protocol.searches()
    assert len({comparison.named(kind) for kind in kinds}) == len(kinds)
    assert {kind.truth for kind in kinds} == set(protocol.TRUTHS)
    assert sum(kind.seeds == protocol.MANY for kind in kinds) == len(protocol.OFTEN) * len(protocol.TRUTHS)


@pytest.mark.parametrize("name", ["ridge", "network"])
def test_problems_are_what_they_say(name, monkeypatch):
    monkeypatch.setattr(horizon, "LEARNT", 5)
    problem = problems.PROBLEMS[name]()
    sizes = sum(int(np.prod(shape)) for shape in problem.shapes)
    assert sizes == len(problem.bilevel.start)
    weights = problem.bilevel.train(problem.hyper, 20)
    assert problem.bilevel.training(weights, problem.hyper, 0) < problem.bilevel.training(
        problem.bilevel.start, problem.hyper, 0
    )
    exact = reverse(problem.bilevel, problem.hyper, 5)
    row = horizon.compared(problem, 5, exact, "forward")
    assert row["cosine"] == pytest.approx(1) and row["length"] == pytest.approx(1)
    assert horizon.compared(problem, 5, exact, "last 1 step")["cosine"] < 1
    response = horizon.Tuning()
    response(problem, problem.hyper, 5)
    assert len(response.response(problem.hyper)) == sizes


def test_cleaning_raises_the_weights_of_what_is_right():
    try:
        problem = problems.cleaning()
    except LucioleError as reason:
        pytest.skip(str(reason))
    found = reverse(problem.bilevel, problem.hyper, 10)
    generator = np.random.default_rng(0)
    generator.choice(70_000, 2 * problems.CLEANED + 2_000, replace=False)
    wrong = generator.permutation(problems.CLEANED) < problems.CLEANED // 2
    assert found.numpy()[wrong].mean() > found.numpy()[~wrong].mean()  # the loss falls when the wrong weigh less


def test_descending_by_the_exact_hypergradient_lowers_the_loss(monkeypatch):
    monkeypatch.setattr(horizon, "DESCENT", 20)
    row = horizon.descended(problems.ridge(), "reverse", updates=5)
    assert row["validation loss"] < row["first loss"]


def test_the_limit_is_judged_as_was_written_down():
    choices = pd.DataFrame(
        [
            {"problem": problem, "hypergradient": name, "validation loss": loss}
            for problem, losses in {"ridge": (1.0, 1.06), "network": (1.0, 1.2), "cleaning": (1.0, 1.0)}.items()
            for name, loss in zip(("reverse", "last 1 step"), losses, strict=True)
        ]
    )
    curve = pd.DataFrame({"start": [1.0, 1.0], "steps": [100, 1_000], "ratio": [1.0, 3.0]})
    assert horizon.judged(choices, curve) == "present"
    assert horizon.verdict(3.0, {"a": 0.06, "b": 0.02}) == "undecided"
    assert horizon.verdict(1.0, {"a": 0.06, "b": 0.2}) == "refuted"


def test_the_quadratic_is_derived_again(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setattr(horizon, "QUADRATIC", ((1.0, 10),))
    frame = horizon.quadratic()
    assert frame["ratio"].item() >= 1 and frame["greedy loss"].item() < frame["initial loss"].item()
    results.write(
        "supernet/quadratic", frame, function=horizon.run, parameters={}, modules=horizon.MODULES, inputs={}, seconds=1
    )
    assert "1 of 1 units" in attestation.again("supernet/quadratic")


def test_a_search_of_nothing_known_is_refused():
    with pytest.raises(ValueError, match="a truth and a method that there are"):
        protocol.Search("har201/wisdm", "magic", 1)


def invented(free, weighted, skips, drop, curved):
    """Arrays as the comparison writes them, of searches on one truth, with known quantities in them."""
    held = {}
    cells = protocol.sample()
    for kind in protocol.searches():
        if kind.truth != "har201/wisdm":
            continue
        count, name = kind.seeds, comparison.named(kind)
        rng = np.random.default_rng(len(held))
        gradients = np.full((51, count, 6, 5), weighted) * rng.uniform(0.99, 1.01, (51, count, 6, 5))
        gradients[..., limits.FREE] = free
        flat = protocol.RATES.index(kind.rate) * 3 + protocol.DECAYS.index(kind.decay)
        held[f"{name}: gradients"] = gradients
        held[f"{name}: loss"] = np.full((51, count), 1.0 + flat) + rng.uniform(0, 0.1, count)
        row = np.full((51, count, 6), nb201.CONV3)
        row[..., : min(6, skips(flat))] = nb201.SKIP
        held[f"{name}: cells"] = row
        losses = rng.uniform(0, 0.2, count)
        held[f"{name}: mixture"] = np.full((51, count), 0.5)
        held[f"{name}: named"] = 0.5 - drop - losses + np.zeros((51, count))
        held[f"{name}: eigenvalue"] = curved * losses + np.zeros((51, count))
        held[f"{name}: shared"] = (nb201.all_cells()[cells] == nb201.CONV3).sum(1) + np.zeros((51, count, len(cells)))
        held[f"{name}: without"] = rng.uniform(size=(51, count, 6, 5))
    return held


def test_limits_are_judged_as_was_written_down():
    truth = (nb201.all_cells() == nb201.CONV3).sum(axis=1).astype(float)
    there = invented(2.0, 1.0, lambda flat: 6 - flat // 2, 0.06, 1.0)
    assert limits.weight_free(there, "har201/wisdm").verdict == "present"
    assert limits.weight_free(there, "har201/wisdm").quantities["ratio"] == pytest.approx(2, rel=0.01)
    assert limits.co_adaptation(there, "har201/wisdm", truth).verdict == "present"
    assert limits.discretisation(there, "har201/wisdm").verdict == "present"
    not_there = invented(0.5, 1.0, lambda flat: flat // 2, -0.2, -1.0)
    assert limits.weight_free(not_there, "har201/wisdm").verdict == "refuted"
    assert limits.discretisation(not_there, "har201/wisdm").verdict == "refuted"
    for kind in protocol.searches():  # what the mixture loses is what the truth says, and cells alone are luck
        if f"{comparison.named(kind)}: without" in not_there:
            not_there[f"{comparison.named(kind)}: without"][:] = 0.5 - protocol.effects(truth, np.arange(nb201.SIZE))
            not_there[f"{comparison.named(kind)}: shared"][:] = np.random.default_rng(0).uniform(size=protocol.SAMPLE)
    assert limits.co_adaptation(not_there, "har201/wisdm", truth).verdict == "refuted"
    between = invented(2.0, 1.0, lambda flat: 2, 0.02, 1.0)
    assert limits.weight_free(between, "har201/wisdm").verdict == "refuted"  # the same skips whatever the loss
    with pytest.raises(LucioleError, match="is not there yet"):
        limits.weight_free({}, "har201/wisdm")


def test_the_truth_of_the_first_version_is_the_mean_over_its_seeds():
    truth = protocol.TRUTHS["har201/uci_har"]
    runs, table = truth.runs(), tables.har201()
    several = np.isfinite(runs).all(axis=0)
    assert runs.shape == (3, nb201.SIZE) and several.sum() > 640
    names = [f"uci_har_test_acc_ep4{seed}" for seed in ("", "_s1", "_s2")]
    expected = np.mean([table[name][several] for name in names], axis=0)
    np.testing.assert_allclose(truth.accuracy()[several], expected, rtol=1e-6)
    assert 0.3 < protocol.ceiling(truth) < 0.9
    assert "uci_har" in truth.source()


def test_scores_name_cells_that_are_derived_again(small, monkeypatch):
    monkeypatch.setattr(training_free, "tasks", lambda: [("toy", 0), ("toy", 1)])
    training_free.run()
    kept = results.read("supernet/training_free")
    assert kept.frame["seed"].tolist() == [0, 1] and (kept.frame["ms a class"] > 0).all()
    assert {*kept.frame["cell"]} <= {*protocol.sample().tolist()}
    assert "of 2 of 2 units came out the same" in attestation.again("supernet/training_free", units=2)
