"""Chapter 4: its tables are those of the committed results, and the verdicts of its sentences hold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from luciole import published, results, tables
from luciole.errors import LucioleError
from luciole.experiments.nb201 import stages as scoring
from luciole.report import scores, scores_beside, scores_figures, scores_page, scores_sets, scores_settings, show
from luciole.scores.aggregate import log_rank
from luciole.scores.cells import MEASURES


@pytest.fixture(scope="module")
def kept():
    return scores.Kept.read()


def test_a_high_tau_is_not_a_short_list(kept):
    told = scores.rank_numbers(kept, training_ms=1e5) | scores.top_numbers(kept)
    assert float(told["best_deep_tau"]) > float(told["champion_tau"]) > float(told["trained_tau"])
    assert float(told["trained_tau"]) > float(told["layers_tau"])
    assert float(told["top_overlap"]) < 1 < 50 < float(told["trained_overlap"])
    assert float(told["top_ndcg"]) < float(told["trained_ndcg"])
    assert float(told["top_regret"]) > float(told["depth_regret"]) > float(told["trained_regret"])
    ratio = 1e5 / kept.ms["deep", scores.champions(kept)[1]]
    assert told["best_deep_ratio"] == f"{ratio:,.0f}"


def test_the_table_in_sight_fits_and_holds_rows_of_the_whole_one(kept):
    whole = scores.top(kept)
    short = scores.top_in_short(whole)
    assert len(short) <= show.ROWS and short.shape[1] + 1 <= show.COLUMNS
    assert whole["tau"].is_monotonic_decreasing and whole.index.is_unique
    row = results.read("nb201/quality").frame.query(
        "inputs == 'deep' and score == 'union' and dataset == 'c10' and subset == 'all'"
    )
    assert short.loc["union (deep)", "overlap of the top 1 % (%)"] == pytest.approx(100 * row["overlap"].item())


def test_no_score_goes_by_its_name_in_the_code(kept):
    said = [*scores.needs(kept).index, *scores.top(kept).index, *scores_figures.cloud(kept)["word"]]
    assert not [text for text in said if "_" in text]
    assert set(MEASURES) & set(kept.single)


def test_the_least_regret_is_that_of_scores_on_all_cells(kept):
    """Ten of a sample are not ten of the space: the sampled scores miss the best by nothing, and do not count."""
    at = kept.everywhere["regret"]
    assert at["images", "zen", "c10"] == 0 and float(scores.top_numbers(kept)["least_regret_points"]) > 0


def test_noise_is_the_poorer_input_for_most_scores(kept):
    told = scores_settings.repeated_numbers(scores_settings.repeated(kept))
    assert int(told["noisier"]) < int(told["noise_scores"]) / 2
    assert float(told["noise_gap"]) > 10 * float(told["seed_gap"])


@pytest.mark.check  # ten seconds
def test_settings_are_judged_by_the_accuracies_that_are_given(kept, monkeypatch):
    """By NASWOT's own values in the dearest setting as accuracies, that setting's tau is one and its gap nothing."""
    settings = results.read("nb201/settings").frame
    few = settings[(settings["side"] == 8) | (settings["batch"] == 128)]
    monkeypatch.setattr(scores_settings.results, "read", lambda name: SimpleNamespace(frame=few))
    dearest = settings[(settings["score"] == "naswot") & (settings["side"] == 32) & (settings["batch"] == 128)]
    accuracy = np.full(15_625, np.nan)
    accuracy[dearest["index"]] = dearest["value"]
    told = scores_settings.traded(kept, accuracy, 0)
    best = told[told["score"] == "naswot"].set_index("setting").loc[scores_settings.reference(told)]
    assert (best["tau"], best["gap low"], best["gap high"]) == (1, 0, 0)
    assert told.groupby("score").size()["az_nas"] == 1


def test_the_aim_is_met_or_missed_by_what_is_short_of_it():
    rows = pd.DataFrame(
        [("one_pass", "deep", name, tau, 40.0) for name, tau in (("c10", 0.79), ("c100", 0.75), ("in16", 0.75))],
        columns=["score", "inputs", "dataset", "tau", "ms"],
    )
    said = scores_sets.verdict(rows)
    assert said.startswith("CIFAR-10 0.790 (one pass, deep, 40 ms), met; CIFAR-100 0.750")
    assert "missed by 0.010; ImageNet16-120" in said and said.endswith("met")
    assert scores_sets.verdict(rows[:0]) == "no combination"


def test_a_tau_that_is_not_the_committed_one_is_refused(kept, monkeypatch):
    table = tables.nb201()
    if "c10_test200" not in table:
        pytest.skip("the original NAS-Bench-201 is not here")
    monkeypatch.setattr(scores_sets, "EXACT", 0.0)
    with pytest.raises(LucioleError, match="differs from the committed one"):
        scores_sets.retold(kept, table)


def test_changes_are_of_the_union_by_the_given_accuracy(kept):
    """Judged by the union's own values, every change makes it worse, and plain ranks are among them."""
    deep = scoring.spread(kept.scores.frame, "deep")
    pool = (
        kept.found | {"vkdnw_single": kept.found["vkdnw"] + kept.found["tensors"]} | {n: deep[n] for n in scoring.DEEP}
    )
    told = scores_sets.changes(kept, log_rank([pool[name] for name in scoring.COMBINATIONS["union"]]))
    assert max(told.values()) < 0 and list(told.values()) == sorted(told.values())
    assert {"ranks, not their logarithms", "without VKDNW with size", "with MeCo"} <= set(told)


def test_differences_are_to_the_published_figures_and_each_large_one_has_its_word(kept):
    told = scores_beside.beside(kept)
    row = told[(told["work"] == "lee2024aznas") & (told["score"] == "az_nas") & (told["dataset"] == "c10")].iloc[0]
    assert row["figure"] == published.figure("lee2024aznas/tau_az_nas_c10")
    assert row["difference"] == pytest.approx(row["tau"] - row["figure"])
    apart = scores_beside.largest_apart(told)
    assert apart["what differs"].notna().all()
    sizes = apart["difference"].astype(float).abs()
    assert sizes.min() > scores_beside.FAR and sizes.iloc[0] == sizes.max()
    unknown = told.assign(score="nobody")
    with pytest.raises(LucioleError, match="needs a word: nobody"):
        scores_beside.largest_apart(unknown)
    assert scores_beside.peers()["code"].nunique() == 6
    traced = scores_beside.tracing()
    assert (traced["met"] == (traced["adds (%)"] <= 5)).all() and len(traced) >= 3


def test_every_family_is_in_sight(kept, monkeypatch):
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda data: seen.append(data.data))
    scores_page.families(kept)
    assert all(name in seen[0] for name in scores_page.FAMILIES) and seen[1].startswith("<details")
