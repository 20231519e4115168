"""What the contest's page says: taken from counts, paired group by group, printed figures apart."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from luciole import published
from luciole.experiments.har import arena_search
from luciole.report import arena as report

GROUPS = 10


def counts(rng, classes, right):
    """Confusion counts of ten groups of which a share about ``right`` lies on the diagonal."""
    shares = np.full((classes, classes), (1 - right) / (classes - 1))
    np.fill_diagonal(shares, right)
    return np.stack([np.stack([rng.multinomial(50, row) for row in shares]) for _ in range(GROUPS)]).astype(np.int16)


@pytest.fixture
def told():
    rng = np.random.default_rng(0)
    arrays, searched = {}, {}
    for name, classes in (("uci_har", 6), ("hapt", 12)):
        for model in ("random forest, minimal", "k-NN, minimal", "SVM, minimal", *report.OURS):
            arrays[f"{name}/{model}/counts"] = counts(rng, classes, 0.9)
            arrays[f"{name}/{model}/seconds"] = np.ones(GROUPS)
        fixed, at = arena_search.key(name, 0), arena_search.key(name, arena_search.LIMITS[0])
        searched[f"{fixed}/counts"] = np.stack([counts(rng, classes, 0.9)] * 2, axis=1)
        searched[f"{at}/counts"] = counts(rng, classes, 0.98)[:, None]
        searched[f"{at}/random_counts"] = np.stack([counts(rng, classes, share) for share in (0.8, 0.95, 0.7)], axis=1)
        searched[f"{at}/random_worth"] = np.tile([80.0, 95.0, 70.0], (GROUPS, 1))
    return arrays, searched


def test_the_proof_is_the_difference_from_what_is_printed(told):
    shown = report.proof(told[0])
    assert len(shown) == 6
    row = shown[(shown["data set"] == "HAPT") & (shown["classifier"] == "SVM")].iloc[0]
    assert row["printed"] == published.figure("whararena2026/hapt_svm") == 63.86
    assert row["difference"] == pytest.approx(report.each(told[0]["hapt/SVM, minimal/counts"]).mean() - 63.86)


def test_ours_and_printed_stand_in_one_order_and_apart(told):
    shown = report.standing(*told, "uci_har")
    assert shown["macro-F1, %"].is_monotonic_decreasing
    printed = shown[shown["by"] == "printed"].set_index("contestant")
    assert printed["± over groups"].isna().all()
    assert printed.loc["TinierHAR", "thousand MACs"] == 456
    ours = shown[shown["by"] == "ours"].set_index("contestant")
    assert ours.loc["found, 50,000", "thousand MACs"] == 50
    assert ours.loc["linear discriminant", "thousand MACs"] == report.linear("uci_har") / 1e3
    assert "random forest, minimal" not in ours.index
    fig, ax = plt.subplots()
    report.draw(ax, shown, "UCI HAR")
    assert {text.get_text() for text in ax.texts} >= {"TinierHAR", "found, 50,000", "linear discriminant"}
    plt.close(fig)
    assert report.standing(*told, "hapt")[lambda table: table["by"] == "printed"]["thousand MACs"].isna().all()


def test_the_linear_discriminant_costs_its_statistics_and_a_matrix():
    assert 25_000 < report.linear("hapt") < report.linear("uci_har") < 60_000


def test_what_was_found_is_paired_with_its_rivals_group_by_group(told):
    arrays, searched = told
    shown = report.found(searched, arrays).set_index(["data set", "found against"])
    mine = report.each(searched["hapt/50000/counts"][:, 0])
    best = report.each(searched["hapt/50000/random_counts"][:, 1])  # by worth
    row = shown.loc[("HAPT", "best of as many random designs")]
    assert row["points"] == pytest.approx((mine - best).mean())
    low, high = stats.ttest_rel(mine, best).confidence_interval()
    assert row["± (95 %)"] == pytest.approx((high - low) / 2)
    assert row["Wilcoxon's p"] == pytest.approx(stats.wilcoxon(mine, best).pvalue)
    assert shown.loc[("HAPT", "mean of the random designs"), "points"] > row["points"]


def test_targets_are_met_or_not(told):
    shown = report.targets(told[1]).set_index("data set")
    assert shown.loc["UCI HAR", "asked, %"] == 97.5
    assert all((row["found, %"] >= row["asked, %"]) == (row["verdict"] == "met") for _, row in shown.iterrows())
    assert report.targets({}).empty
