"""Skeletons and weights: differences are paired by half, words follow intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from luciole.experiments.choice import skeletons
from luciole.report import skeleton_choice
from luciole.report.titles import IMAGES

SPLITS = 20


@pytest.fixture
def told(monkeypatch):
    """Deep is a point nearer everywhere; weights change nothing but noise; the rest is as shallow."""
    rng = np.random.default_rng(0)
    base = rng.normal(5, 3, SPLITS)
    rows = []
    for rule in skeletons.RULES:
        for what in ("shallow", *skeleton_choice.SKELETONS, *skeleton_choice.WEIGHTS):
            noise = rng.normal(0, 0.3, SPLITS) if "weighted" in what else np.zeros(SPLITS)
            for name in IMAGES:
                regret = base - ("deep" in what) + noise
                rows += [
                    {"how": "halves", "rule": rule, "procedure": what, "dataset": name, "split": at, "regret": one}
                    for at, one in enumerate(regret)
                ]
    frame = pd.DataFrame(rows).assign(tau=lambda rows: 0.5 - rows["regret"] / 100, ndcg=0.9)
    frame["overlap"] = np.where(frame["procedure"] == "deep", 0.25, 0.5)
    frame = pd.concat([frame, frame.assign(how="whole", regret=99.0, overlap=1.0)])
    monkeypatch.setattr(skeleton_choice.results, "read", lambda name: type("Kept", (), {"frame": frame}))
    return skeleton_choice.differences()


def test_a_difference_is_that_of_pairs_and_its_word_follows(told):
    mine = told.set_index(["rule", "choice", "figure", "dataset"])
    for rule in skeletons.RULES:
        for name in IMAGES:
            deep = mine.loc[(rule, "deep", "regret", name)]
            assert (deep["mean"], deep["half"]) == (pytest.approx(-1), pytest.approx(0, abs=1e-9))
            assert deep["word"] == mine.loc[(rule, "deep", "tau", name), "word"] == "better"
            assert mine.loc[(rule, "deep, weighted", "regret", name), "word"] == "not shown"
    assert skeleton_choice.sentence(told).startswith("choosing a skeleton: 12 better, 0 worse, 24 not shown, of 36")
    assert len(skeleton_choice.table(told)) == 2 * 7
    said = skeleton_choice.numbers(told)
    assert (said["skeleton_top_deep"], said["skeleton_top_shallow"], said["skeleton_ndcg_deep"]) == ("25", "50", "0.90")


def test_the_interval_is_wider_than_of_independent_halves():
    values = np.random.default_rng(1).normal(size=50)
    plain = stats.t.ppf(0.975, 49) * values.std(ddof=1) / np.sqrt(50)
    assert skeleton_choice.half_width(values) == pytest.approx(plain * np.sqrt(51))
