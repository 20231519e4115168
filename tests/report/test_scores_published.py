"""Chapter 4 beside published figures at their setting: each difference is shown, each beyond chance has a word."""

import pytest

from luciole import published
from luciole.errors import LucioleError
from luciole.experiments.nb201.correlations import NEAR
from luciole.report import scores_published, show


@pytest.fixture(scope="module")
def told():
    return scores_published.judged()


def test_figures_are_the_published_ones_and_the_farthest_come_first(told):
    row = told.query("work == 'abdelfattah2021zerocost' and score == 'fisher_published'").iloc[0]
    assert row["published"] == published.figure("abdelfattah2021zerocost/rho_fisher_c10")
    assert row["difference"] == pytest.approx(row["ours"] - row["published"])
    far = scores_published.farthest(told)
    sizes = far["difference"].abs()
    assert sizes.min() > NEAR and sizes.is_monotonic_decreasing and far["score"].is_unique
    assert set(told[told["difference"].abs() > NEAR]["score"]) == set(far["score"])
    shown = scores_published.worded(far)
    assert len(shown) <= show.ROWS and shown.shape[1] + 1 <= show.COLUMNS
    assert shown.notna().drop(columns="rho with Suite-Zero's, cell by cell").all(axis=None)


def test_a_difference_that_chance_does_not_explain_needs_a_word(told, monkeypatch):
    shown = scores_published.worded(told)["verdict"]
    assert (shown[told["verdict"].to_numpy() == "differs"].str.len() > len("differs: ")).all()
    monkeypatch.setattr(scores_published, "EXPLAINED", {})
    with pytest.raises(LucioleError, match="needs a word.*naswot"):
        scores_published.judged()


def test_numbers_are_those_of_the_rows(told):
    said = scores_published.numbers(told)
    kinds = ("setting_agree", "setting_open", "setting_differ")
    assert sum(int(said[key]) for key in kinds) == int(said["setting_figures"]) == len(told)
    assert abs(float(said["synflow_half"]) - float(said["synflow_published"])) <= NEAR
    assert float(said["suite_least"]) > 0.85 > 0.5 > float(said["suite_plain"])
