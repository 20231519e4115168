"""Ranks, rows written from papers and another device, against what can be told by hand."""

import numpy as np
import pandas as pd
import pytest

from luciole import published, results
from luciole.experiments.har import arena_published, arena_transfer
from luciole.report import arena_pairs

GROUPS = 10


@pytest.fixture
def invented(monkeypatch):
    rng = np.random.default_rng(0)
    good = rng.uniform(90, 95, GROUPS)
    rows = {
        arena_pairs.BESIDE: good,
        "worse": good - 5,
        "CNN-HAR": [good[0] + 1, np.nan, good[2] + 3, *[np.nan] * 7],
        "MiniRocket": good - 1,
    }
    monkeypatch.setattr(arena_pairs, "committed", lambda dataset: pd.DataFrame(rows))
    return good


def test_ranks_are_of_those_that_met_everybody(invented):
    shown = arena_pairs.ranks("hapt")
    assert shown["rank"].to_dict() == {arena_pairs.BESIDE: 1.0, "MiniRocket": 2.0, "worse": 3.0}
    assert (shown["friedman p"] < 0.001).all()
    assert shown["critical"].iloc[0] == pytest.approx(2.343 * np.sqrt(3 * 4 / (6 * GROUPS)), abs=1e-3)


def test_the_diagram_joins_those_that_cannot_be_told_apart(invented, monkeypatch):
    drawn = []
    monkeypatch.setattr(arena_pairs.figures, "show", lambda fig, name, **said: drawn.append((fig, said["alt"])))
    arena_pairs.diagram()
    fig, said = drawn.pop()
    assert said.endswith("First: LDA, statistics on UCI HAR, of 3; LDA, statistics on HAPT, of 3.")
    for ax in fig.axes:  # a bar lies level below the axis; 1 and 2 are nearer than 1.048, 2 and 3 too, 1 and 3 are not
        bars = [line.get_xdata() for line in ax.lines if len({*line.get_ydata()}) == 1 and line.get_ydata()[0] < 0]
        assert sorted((min(bar), max(bar)) for bar in bars) == [(1, 2), (2, 3)]


def test_what_was_written_is_beside_the_same_groups(invented):
    shown = arena_pairs.written().set_index(["data set", "contestant"])
    row = shown.loc[("HAPT", "CNN-HAR")]
    assert (row["groups"], row["groups won"]) == (2, 2)
    assert row["macro-F1, %"] == pytest.approx(invented[[0, 2]].mean() + 2)
    assert row["less the discriminant"] == pytest.approx(2)
    assert row["printed, ten groups"] == published.figure("whararena2026/hapt_cnn")
    assert np.isnan(shown.loc[("UCI HAR", "MiniRocket"), "printed, ten groups"])
    assert "TinierHAR" not in shown.index.get_level_values(1)


def test_the_page_shows_what_is_there(monkeypatch):
    told = {words.split(":")[0]: table for table, words in arena_pairs.folds()}
    assert ("Written from their papers" in told) == (arena_published.NAME in results.names())
    if arena_transfer.NAME in results.names():
        assert [*told["Learnt on WISDM's watch, asked about its phone"].columns] == [*arena_transfer.WAYS]


def test_sentences_say_what_is_there(invented, monkeypatch):
    monkeypatch.setattr(results, "names", list)
    assert "none is trained here so far" in arena_pairs.said()
    monkeypatch.setattr(results, "names", lambda: [arena_published.NAME, arena_transfer.NAME])
    rows = {"model": [arena_pairs.BESIDE] * 4, "way": arena_transfer.WAYS, "macro_f1": [70.0, 10.0, 11.0, 35.0]}
    monkeypatch.setattr(arena_transfer, "table", lambda arrays: pd.DataFrame(rows))
    monkeypatch.setattr(results, "read", lambda name, part: type("Kept", (), {"arrays": {}}))
    told = arena_pairs.said()
    assert f"CNN-HAR on HAPT {invented[[0, 2]].mean() + 2:.1f} % in 2 of ten groups" in told
    assert (
        "70 % on other people's watches has 10 % on their phones, 11 % at the phone's scale; learnt from phones, 35"
        in told
    )
