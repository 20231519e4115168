"""Operators: samples are as large as searches, choices see their own side alone, figures are what they say."""

import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.choice import operators, readings
from luciole.experiments.choice.operators import CONTROL, PAIRS, SAMPLE
from luciole.experiments.choice.readings import Half
from luciole.spaces import nb201


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(0).normal(size=len(nb201.classes()))


@pytest.mark.parametrize("operator", operators.OPERATORS)
def test_a_run_scores_no_more_than_it_may_and_its_best_is_the_highest(operator, values):
    met = operators.met(operator, values, 3)
    order = operators.ranked(met, values)
    assert len(order) <= operators.SCORED and set(order) == set(met)
    assert values[order[0]] == values[met].max() and (np.diff(values[order]) <= 0).all()


def test_a_sample_is_of_different_classes_drawn_as_cells_are_drawn():
    drawn = operators.sample(7, 400)
    assert len(set(drawn)) == 400
    np.testing.assert_array_equal(operators.sample(7, 400), drawn)
    assert not np.array_equal(operators.sample(8, 400), drawn)
    first = [operators.sample(seed, 1)[0] for seed in range(600)]
    size = np.bincount(operators.place())
    assert size[first].mean() == pytest.approx((size**2).sum() / size.sum(), rel=0.3)  # large classes come more often


@pytest.fixture
def halves(monkeypatch, values):
    monkeypatch.setattr(operators, "guide", lambda name: values)
    monkeypatch.setattr(operators, "SEEDS", 4)
    return {pair: [operators.account(*pair, seed) for seed in range(4)] for pair in PAIRS[:2]}


def test_an_account_is_that_of_its_size_and_of_either_half(halves, values):
    for runs in halves.values():
        for seed, run in enumerate(runs):
            drawn = operators.sample(seed, run["scored"])
            assert run["sampled"] == drawn[values[drawn].argmax()]
            for split in (0, 7):
                own = operators.mine()[split]
                assert own[run["mine"][split]] and not own[run["theirs"][split]]
                assert values[run["best"]] == max(values[run["mine"][split]], values[run["theirs"][split]])
    assert all(run["best"] == run["sampled"] for run in halves[PAIRS[0]])  # a sample against itself


def test_gains_are_paired_and_have_their_interval():
    count = len(PAIRS)
    accuracy = {"c10": np.arange(10.0)}
    runs = {
        "best": np.full((count, 4), 6),
        "sampled": np.tile([1, 3, 1, 3], (count, 1)),
        "scored": np.full((count, 4), 9),
    }
    told = readings.against(runs, accuracy)
    assert SAMPLE not in set(told["operator"]) and len(told) == sum(one != SAMPLE for one, _ in PAIRS)
    row = told.iloc[0]
    half = 1.96 * np.std([5, 3, 5, 3], ddof=1) / 2
    assert (row["gain"], row["low"], row["high"]) == pytest.approx((4, 4 - half, 4 + half))


def test_a_choice_sees_its_own_side_alone(data_folder):
    """The same pair is chosen whatever the accuracies of the other side are; a chooser of the other side is caught."""
    rng = np.random.default_rng(0)
    classes = len(nb201.classes())
    best = rng.integers(0, classes, size=(len(PAIRS), operators.SEEDS)).astype(np.int16)
    split = {
        name: rng.integers(0, classes, size=(*best.shape, operators.mine().shape[0])) for name in ("mine", "theirs")
    }
    for at, own in enumerate(operators.mine()):
        split["mine"][..., at], split["theirs"][..., at] = rng.choice(np.flatnonzero(own), best.shape), -1
        split["theirs"][..., at] = rng.choice(np.flatnonzero(~own), best.shape)
    told, seen, read = next(readings.sides({"best": best, **{k: v.astype(np.int16) for k, v in split.items()}}))
    assert told["how"] == "halves"
    own = operators.mine()[told["split"]]
    assert np.isnan(seen.accuracy["c10"][~own]).all() and np.isnan(read.accuracy["c10"][own]).all()
    assert np.isfinite(seen.mean(CONTROL, "c10")) and np.isfinite(read.mean(CONTROL, "c10"))
    with pytest.warns(RuntimeWarning, match="empty"):
        assert np.isnan(Half(read.accuracy, seen.cells).mean(CONTROL, "c10"))  # nothing of the other side is to be had
    assert seen.cells.shape == read.cells.shape == (len(PAIRS), operators.SEEDS // 2)  # and no seed of it


def test_the_committed_runs_come_out_again(data_folder):
    kept = results.read(operators.NAME)
    assert "came out the same" in attestation.again(operators.NAME, 1, 3)
    altered = results.Result({**kept.arrays, "best": kept.arrays["best"] + 1}, kept.provenance, kept.stale)
    with pytest.raises(LucioleError, match="best"):
        attestation.sentence(operators.rederive(operators.NAME, altered, np.random.default_rng(0), 2), operators.NAME)
