"""Scores at the setting of their published correlations: samples, the estimate from a sample, and its verdicts."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from luciole import published as figures
from luciole.errors import LucioleError
from luciole.experiments.nb201 import correlations, published, stages
from luciole.scores import SCORES
from luciole.spaces import nb201
from luciole.tables.table import Table


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Every score of a class is its index, on the sample of its stage."""
    index = np.unique(np.concatenate([published.sample(name) for name in published.STAGES]))
    columns = {
        score: np.where(np.isin(index, published.sample(name)), index.astype(float), np.nan)
        for name, one in published.STAGES.items()
        for score in one.scores
    }
    return pd.DataFrame({"index": index, **columns})


def test_stages_are_the_published_setting_on_the_first_cells():
    for name, one in published.STAGES.items():
        assert set(one.scores) <= set(SCORES) and one.group in stages.INPUTS
        assert (one.skeleton, one.side, one.lean) == (stages.DEPTH, 32, False) and one.batch >= 64
        assert set(published.sample(name)) == set(nb201.iso()[: one.cells])


def test_a_cell_outside_the_sample_has_no_score(data):
    found = correlations.spread(data)
    cells = published.STAGES["loss"].cells
    assert (found["fisher"][:cells] == nb201.iso()[:cells]).all()
    assert np.isnan(found["fisher"][~np.isin(nb201.iso(), data["index"])]).all()
    assert (found["vkdnw_single"][:16] == nb201.iso()[:16] + found["tensors"][:16]).all()


def test_a_score_is_judged_below_the_first_cell_that_lacks_it(data):
    found = correlations.spread(data)
    found["fisher"][20] = np.nan
    inside = np.arange(nb201.SIZE) % 2 == 0
    assert correlations.covered("fisher", found, inside).tolist() == list(range(0, 20, 2))
    found["macs"][10] = np.nan
    assert correlations.covered("az_nas", found, inside).tolist() == list(range(0, 10, 2))


def test_a_control_takes_off_what_the_sample_gets_wrong():
    """Over many samples the estimate is nearer to the truth than the sample's own figure, and its interval holds it."""

    def by(score: np.ndarray, other: np.ndarray) -> float:
        return float(np.corrcoef(score, other)[0, 1])

    rng = np.random.default_rng(0)
    accuracy = rng.normal(size=4000)
    score = accuracy + rng.normal(size=4000)
    control = score + 0.3 * rng.normal(size=4000)
    truth, whole = by(score, accuracy), by(control, accuracy)
    plain, better, held = [], [], 0
    for _ in range(12):
        rows = rng.choice(4000, 50, replace=False)
        value, low, high = correlations.estimate(by, score[rows], control[rows], accuracy[rows], whole, rng)
        plain.append(by(score[rows], accuracy[rows]) - truth)
        better.append(value - truth)
        held += low <= truth <= high
    assert np.std(better) < 0.6 * np.std(plain) and held >= 9


def test_published_figures_are_read_by_work_and_score():
    found = correlations.figures()
    assert found["abdelfattah2021zerocost", "rho", "fisher"] == figures.figure("abdelfattah2021zerocost/rho_fisher_c10")
    assert {work for work, _, _ in found} == set(correlations.WORKS)
    assert all(("tau" in key or "rho" in key) for key in found)


def test_the_form_of_the_work_s_code_is_named_first(data, monkeypatch):
    """One row a form; a table of accuracies that the scores follow gives correlations near one."""
    every = nb201.iso().astype(float)
    table = Table("nb201", {"c10_test200": every, "c10_val200": every}, source="invented")
    suite = Table("nb201_zcp", {"c10_fisher": every}, source="invented")
    kept = dict.fromkeys((*SCORES, *correlations.SETS, "vkdnw_single", "params"), every)
    monkeypatch.setattr(correlations, "RESAMPLES", 5)
    monkeypatch.setattr(correlations.attestation, "resting_on", lambda *_: SimpleNamespace(frame=None))
    monkeypatch.setattr(correlations.quality, "candidates", lambda _: kept)
    asked = {
        ("abdelfattah2021zerocost", "rho", "fisher"): 1.0,
        ("zhang2022gradsign", "rho", "gradsign"): -1.0,
        ("lee2024aznas", "tau", "params"): 0.5,
    }
    monkeypatch.setattr(correlations, "figures", lambda: asked)
    rows = correlations.correlations(data, table, suite)
    assert rows[["score", "published_form", "verdict"]].to_numpy().tolist()[:2] == [
        ["fisher_published", True, "agrees"],
        ["fisher", False, "agrees"],
    ]
    signed = rows.query("work == 'zhang2022gradsign'")
    assert signed["score"].tolist() == ["gradsign", "gradsign_mean"] and set(signed["verdict"]) == {"differs"}
    suite_rows = rows.query("work == 'krishnakumar2022suitezero'")
    assert suite_rows["score"].tolist() == ["fisher_published"] and suite_rows["agreement"].iloc[0] == 1
    assert "params" not in set(rows["score"])  # counted exactly elsewhere
    kept["fisher"] = np.where(np.arange(nb201.SIZE) == 9, np.nan, every)
    with pytest.raises(LucioleError, match="expected a control of fisher_published on all 15625 cells"):
        correlations.correlations(data, table, suite)
