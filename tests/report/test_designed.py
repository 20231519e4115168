"""Designs made in minutes: shares by hand, a paired difference, targets met and not."""

import pandas as pd
import pytest

from luciole.design.outcome import DELIVERED
from luciole.experiments.har import designed
from luciole.report import designed as report


def rows(dataset, model, right, seed=0):
    return [
        {"dataset": dataset, "model": model, "seed": seed, "bench": 0, "task": "{}", "macs": 900, "person": person,
         "windows": 10 * (person + 1), "right": count}
        for person, count in enumerate(right)
    ]  # fmt: skip


@pytest.fixture
def told():
    frame = pd.DataFrame(
        rows("seglearn", DELIVERED, (8, 16)) + rows("seglearn", DELIVERED, (10, 18), seed=1)
        + rows("seglearn", designed.FOREST, (9, 18)) + rows("uci_har", DELIVERED, (9, 19))
    )  # fmt: skip
    models = pd.DataFrame(
        {"dataset": ["uci_har"] * 2, "model": [designed.COMMITTED["uci_har"]] * 2, "accuracy": [0.92, 0.93]}
    )
    return frame, models


def test_windows_weigh_and_seeds_are_averaged(told):
    frame, _ = told
    assert report.accuracy(frame, "seglearn", DELIVERED) == pytest.approx((9 + 17) / 30)
    assert report.people(frame, "seglearn", DELIVERED)["share"].tolist() == pytest.approx([0.9, 0.85])
    assert pd.isna(report.accuracy(frame, "uci_har", designed.FOREST))


def test_targets_are_read_out(told):
    table = report.standing(*told)
    assert table["target"].tolist() == ["+0.0 or more: not met", "-0.5 or more: met"]
    assert table["difference (points)"].tolist() == ["-3.3 ± 2.5", "+0.8"]
    assert table["beside"].tolist() == ["random forest: 90.0", "found, 53 k MACs: 92.5"]


def test_the_prose_names_who_is_first(told):
    numbers = report.numbers(*told)
    assert (
        numbers["designed_first"] == "seglearn exercises: random forest, 90.0 %; UCI HAR: the network delivered, 93.3 %"
    )
    assert (numbers["designed_met"], numbers["designed_sets"]) == ("1", "2")
