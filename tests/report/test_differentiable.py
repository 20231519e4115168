"""The chapter on differentiable search: what stands in its tables is what the committed searches and HAR-201 say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.supernet import limits, protocol
from luciole.report import differentiable, differentiable_limits
from luciole.spaces import nb201

TRUTH = "har201/wisdm"


@pytest.fixture(scope="module")
def held():
    return results.read("supernet/comparison", part=True).arrays


@pytest.fixture(scope="module")
def table(held):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differentiable, "RIVAL_RUNS", 2)
        return differentiable.standing(held, TRUTH)


def test_depth_and_width_are_those_of_paths():
    rows = np.array([[3, 3, 3, 3, 3, 3], [1, 1, 1, 1, 1, 1], [0, 0, 0, 2, 0, 0], [4, 0, 3, 0, 0, 1]])
    assert differentiable.depth(rows).tolist() == [3, 0, 1, 1]
    assert differentiable.width(rows).tolist() == [4, 0, 1, 1]


def test_the_standing_is_the_table_s_truth_of_the_named_cells(held, table):
    truth = protocol.TRUTHS[TRUTH].accuracy()
    for kind in differentiable.kinds(held, TRUTH):
        cells = limits.array(held, kind, "cells")[-1]
        row = table.loc[kind.method]
        assert row["accuracy"] == pytest.approx(truth[nb201.index(cells)].mean())
        assert row["accuracy"] + row["regret"] == pytest.approx(np.nanmax(truth))
        assert row["seeds"] == len(cells) and 0 <= row["above"] <= 100
    assert table["accuracy"].is_monotonic_decreasing
    assert {*differentiable.RIVALS.values(), differentiable.UNTRAINED, differentiable.LARGEST} <= {*table.index}


def test_rivals_get_no_more_seconds_than_a_supernet(held, table):
    methods = [kind.method for kind in differentiable.kinds(held, TRUTH)]
    budget = table.loc[methods, "seconds"].median()
    for name in differentiable.RIVALS.values():
        assert 0 < table.loc[name, "seconds"] <= 1.5 * budget + 60  # the last training may end beyond it


def test_the_sentence_says_what_the_cells_say(held, table, monkeypatch):
    monkeypatch.setattr(differentiable, "RIVAL_RUNS", 2)
    told = differentiable.sentence(held, TRUTH)
    for name, (mean, half) in told.items():
        gap = table.loc[name, "accuracy"] - table.loc[differentiable.UNTRAINED, "accuracy"]
        assert mean == pytest.approx(gap) and half >= 0
    said = differentiable.numbers(held, (1, 2), TRUTH)
    assert said["diff_held"] == "1 of 2" and said["diff_set"] == "WISDM watch"
    below = sum(mean + half < 0 for mean, half in told.values())
    assert said["diff_below"] == str(below)
    truth = protocol.TRUTHS[TRUTH].accuracy()
    kind = next(kind for kind in differentiable.kinds(held, TRUTH) if kind.method == "DARTS")
    mine = truth[nb201.index(limits.array(held, kind, "cells")[-1])]
    low, high = stats.ttest_ind(mine, truth[differentiable.untrained(TRUTH)[0]], equal_var=False).confidence_interval()
    assert told["DARTS"] == pytest.approx(((low + high) / 2, (high - low) / 2))
    assert differentiable.answer(["GDAS"], [], ["GDAS"]) == "yes, by GDAS"


def test_verdicts_are_those_of_the_experiments(held):
    told = differentiable_limits.verdicts(held, TRUTH)
    short = results.read("supernet/choices").provenance.parameters["verdict of limit (d)"]
    assert told["verdict"].iloc[3] == short
    truth = protocol.TRUTHS[TRUTH].accuracy()
    assert told["verdict"].iloc[1] == limits.co_adaptation(held, TRUTH, truth).verdict
    assert len(told) == len(differentiable_limits.thresholds()) == len(protocol.LIMITS)


def test_a_limit_whose_searches_are_missing_is_not_judged_unless_half_refutes_it(held):
    plain = {name: array for name, array in held.items() if "DARTS, rate 0.025, decay 0.0003" in name}
    row = differentiable_limits.verdicts(plain, TRUTH).iloc[0]
    kind = protocol.Search(TRUTH, "DARTS", protocol.MANY)
    _, high = limits.interval(differentiable_limits.gradient_ratio(held, kind))
    assert row["verdict"] == ("refuted" if high < 1 else "not judged")
    assert row["searches"] == "DARTS, one setting of 9"


def test_what_is_nearer_than_one_step_is_nearer_on_every_problem():
    cosines = {"last 1 step": (0.8, 0.9), "last 5 steps": (0.9, 0.95), "last 20 steps": (0.81, 0.91)}
    cosines |= {"Neumann, 20 terms": (0.99, 0.9), "conjugate gradients, 20": (0.7, 0.99)}
    rows = [
        {"hypergradient": name, "problem": problem, "steps": steps, "cosine": cosine * sign, "length": 0.1}
        for name, each in cosines.items()
        for problem, cosine in zip(("ridge", "network"), each, strict=True)
        for steps, sign in ((40, 1), (10, -1))
    ]
    told = differentiable_limits.one_step(pd.DataFrame(rows))
    assert (told["diff_horizon"], told["diff_cosine"]) == ("40", "0.80 to 0.90")
    assert told["diff_closer"] == (
        "on every problem last 5 steps, last 20 steps, not on every one Neumann, 20 terms, conjugate gradients, 20"
    )


def test_intervals_stand_behind_what_they_are_of():
    said = differentiable_limits._words({"ratio": 0.6, "ratio, low": 0.4, "ratio, high": 0.9, "tau": -0.1})
    assert said == "ratio 0.6 [0.40, 0.90], tau -0.1"
    assert differentiable_limits._words({"within": 0.2, "low": -0.5, "high": 0.1}).endswith("difference [-0.50, 0.10]")


def test_scores_that_were_not_computed_are_asked_for():
    with pytest.raises(LucioleError, match="luciole run supernet/training_free"):
        differentiable.untrained("another truth")


def test_one_path_takes_the_same_memory_whatever_is_offered():
    memory = differentiable.memory(((1, 3), (1, 2, 3)))
    one, mixed = memory["one path (kB)"], memory["mixture (kB)"]
    assert one.max() < 1.1 * one.min() and mixed.is_monotonic_increasing
