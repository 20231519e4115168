"""Everything that ran, and what was printed: every kind has its rows, every figure its words, nothing is left out."""

import numpy as np
import pytest

from luciole import published, results
from luciole.report import everything, printed
from luciole.report.titles import IMAGES


@pytest.fixture(scope="module")
def rows():
    return {kind: list(make()) for kind, make in everything.KINDS.items()}


def test_every_kind_has_rows_of_numbers(rows):
    for kind, mine in rows.items():
        assert mine and all(np.isfinite(row.value) for row in mine), kind
        assert {row.how for row in mine} <= {"descriptive", "reproduction", "preregistered", "printed"}, kind
        assert len(everything.table(mine)) == len(mine)


def test_every_searcher_score_and_metric_of_the_results_is_there(rows):
    for kind, name, column in (
        ("Searchers that train", "nb201/search", "searcher"),
        ("Searchers that train", "nb101/search", "searcher"),
        ("Training-free scores", "nb201/quality", "score"),
        ("Metrics", "efficiency/crowns", "metric"),
        ("Networks on sensors", "har/models", "model"),
        ("Networks on images", "images/training", "network"),
        ("Pruning and growing", "sparsity/lenet", "method"),
    ):
        wanted = set(results.read(name, part=True).frame[column])
        trained = {"12 epochs", "200 epochs"}  # no scores, but what they are held against
        assert wanted - trained <= {row.what for row in rows[kind]}, f"{kind}: {name}"


def test_an_interval_is_students():
    assert everything.half([1.0, 2.0, 3.0]) == pytest.approx(4.302653 / 3**0.5)
    assert everything.interval(2.0, 5) == pytest.approx(2.776445 * 2 / 5**0.5)


def test_a_searcher_stands_with_its_committed_figures(rows):
    last = results.read("nb201/search").frame.query("searcher == 'random'").iloc[-1]
    (row,) = [
        one for one in rows["Searchers that train"] if (one.what, one.where) == ("random", "NAS-Bench-201, CIFAR-10")
    ]
    assert (row.value, row.seeds) == (last["c10"], last["runs"])
    assert row.half == pytest.approx((last["c10_high"] - last["c10_low"]) / 2)


def test_printed_figures_stand_apart_with_where_they_were_read():
    table = printed.searches()
    assert {"RoBoT", "TE-NAS", "VKDNW"} <= set(table.index) and any("AZ-NAS" in name for name in table.index)
    told = table.to_dict("index")
    assert told["RoBoT"]["printed (%)"] == " / ".join(
        f"{published.figure(f'he2024robot/robot_{n}'):.2f}" for n in IMAGES
    )
    assert told["RoBoT"]["ours (%)"] == "not run"
    assert "third party" in told["AZ-NAS, 3,000 cells"]["read"]
    assert not (published.read()["seen"].str.contains("not seen") & published.read()["key"].str.contains("_c10")).any()


def test_what_ours_does_not_reach_is_listed_and_what_it_reaches_is_not():
    found = [
        printed.Pair("near", 93.58, 93.50, 0.1, "why"),
        printed.Pair("far", 93.58, 93.19, 0.1, "why"),
        printed.Pair("above", 92.9, 93.3, 0.1, "why"),
    ]
    table = printed.missed(found)
    assert table.index.tolist() == ["far"] and table["difference"].iloc[0] == pytest.approx(-0.39)
    assert printed.numbers(found) | {"printed_all": "3", "printed_reached": "2"} == printed.numbers(found)


def test_every_pair_has_a_reason_and_all_sources_are_there():
    found = printed.pairs()
    assert all(pair.reason and np.isfinite([pair.printed, pair.ours]).all() for pair in found)
    said = " ".join(pair.what for pair in found)
    for word in ("IFA", "BOHB", "tau of az_nas", "SNIP, LeNet", "WHAR Arena", "tinytnas"):
        assert word in said, word
