"""Skeletons and weights: choosers see their own half, weights are whole and heaviest where they help."""

import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.choice import bench, skeletons
from luciole.experiments.choice.bench import Ranking, Side


@pytest.fixture
def sides():
    """Two skeletons of invented scores: one tells more of the accuracy deep, one shallow."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    noisy = {name: truth + scale * rng.normal(size=300) for name, scale in (("good", 0.3), ("fair", 1.0), ("poor", 9))}
    deep = {"good": noisy["fair"], "fair": noisy["good"], "poor": noisy["poor"]}
    accuracy = {"c10": 90 + truth, "c100": 70 + truth}
    both = {f"{name}, {which}": one[name] for which, one in (("shallow", noisy), ("deep", deep)) for name in noisy}
    return {"shallow": Side(noisy, accuracy), "deep": Side(deep, accuracy), "together": Side(both, accuracy)}


def test_a_half_is_chosen_on_alone_and_the_other_alone_is_read(sides, monkeypatch):
    """Accuracies of the half that is read change what is read and no choice; those of the chooser's, the choice."""
    monkeypatch.setattr(skeletons, "skeletons", lambda: sides)
    monkeypatch.setattr(skeletons.nb201, "classes", lambda: np.arange(300))
    mine, theirs = next(bench.halves(300, 1))
    before = skeletons.split(0)
    assert len(before) == len(skeletons.RULES) * 8 * 2  # eight choices, two data sets
    for values in sides["deep"].accuracy.values():  # of all three sides
        values[theirs] = np.random.default_rng(1).permutation(values[theirs])
    after = skeletons.split(0)
    chosen = ["rule", "procedure", "skeleton", "set"]
    assert after[chosen].equals(before[chosen])
    assert (after["tau"] != before["tau"]).all()
    for values in sides["deep"].accuracy.values():
        values[mine] = -values[mine]
    assert not skeletons.split(0)["set"].equals(after["set"])


def test_weights_are_worth_at_least_what_equal_ones_are(sides):
    side = sides["shallow"]
    plain = Ranking((("good", "poor"),))
    for _, judge in skeletons.RULES.values():
        found = skeletons.weighted(plain, side, judge)
        assert skeletons.worth(found, side, judge) >= skeletons.worth(plain, side, judge)
    heavy = skeletons.weighted(plain, side, skeletons.concordance)
    assert heavy.sets == (("good",) * skeletons.HEAVIEST + ("poor",),)
    alone = Ranking((("good",),))
    assert skeletons.weighted(alone, side, skeletons.highest) == alone  # one weight is no choice


def test_the_skeleton_that_is_worth_more_is_taken(sides):
    told = {what: (skeleton, ranking) for what, skeleton, ranking in skeletons.choose(sides, "highest tau")}
    judge = skeletons.concordance
    better = max(skeletons.SKELETONS, key=lambda one: skeletons.worth(told[one][1], sides[one], judge))
    assert told["either"] == (better, told[better][1])


def test_the_committed_choices_are_all_there():
    kept = results.read(skeletons.NAME)
    halves = kept.frame[kept.frame["how"] == "halves"]
    assert halves.groupby(["rule", "procedure", "dataset"]).size().eq(bench.SPLITS).all()
    assert len(halves) == bench.SPLITS * 2 * 8 * len(bench.NAMES)


def _nothing():
    raise LucioleError("neither the table nor its replica")


@pytest.mark.parametrize("here", [dict, _nothing])
def test_a_replica_or_no_table_at_all_is_said(here, monkeypatch):
    monkeypatch.setattr(bench.tables, "nb201", here)
    with pytest.raises(attestation.Unavailable, match="not here"):
        skeletons.rederive(skeletons.NAME, results.read(skeletons.NAME), np.random.default_rng(0), None)
    with pytest.raises(LucioleError, match="got its replica or none"):
        skeletons.run()
