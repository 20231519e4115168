"""Regrets of chosen sets in words: means by data set, and a verdict that follows the numbers."""

import pandas as pd
import pytest

from luciole import results
from luciole.report import choice


@pytest.fixture
def held(monkeypatch):
    """Put regrets in place of the committed ones: on each data set (two splits of the halves), whole and halves."""

    def put(whole, halves):
        rows = [
            {"read on": "NAS-Bench-201", "procedure": "best first", "how": how, "dataset": name, "regret": value + off}
            for how, each in (("whole", whole), ("halves", halves))
            for name, value in zip(choice.IMAGES, each, strict=True)
            for off in ((-0.5, 0.5) if how == "halves" else (0.0,))
        ]
        others = {"read on": "NAS-Bench-101"}, {"procedure": "parameters"}
        rows += [{**row, **other, "regret": 99.0} for row in rows for other in others]
        monkeypatch.setattr(results, "read", lambda name: type("Held", (), {"frame": pd.DataFrame(rows)}))

    return put


def test_regrets_are_means_over_splits_of_one_procedure_on_one_table(held):
    held((0.0, 0.25, 0.5), (1.0, 2.0, 3.0))
    assert choice.regrets("best first", "halves") == {"c10": 1.0, "c100": 2.0, "in16": 3.0}
    assert choice.told("best first", "whole") == "0.00 / 0.25 / 0.50"


@pytest.mark.parametrize(
    ("halves", "said"),
    [
        ((1.0, 2.0, 3.0), "less than what stands where it was"),
        ((1.0, 0.25, 3.0), "less than what stands where it was, on CIFAR-10 and ImageNet16-120"),
        ((0.0, 0.1, 0.5), "no less than what stands where it was"),
    ],
)
def test_the_verdict_follows_the_numbers(held, halves, said):
    held((0.0, 0.25, 0.5), halves)
    assert choice.price("best first") == said
