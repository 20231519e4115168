"""Operators in words: each word from results on either side of it."""

import pandas as pd
import pytest

from luciole.experiments.choice import readings
from luciole.report import operators
from luciole.report.titles import IMAGES


def gains(*bounds):
    """Rows of one search with these intervals on the three data sets."""
    rows = [
        {"operator": "firefly", "guide": "synflow", "dataset": name, "gain": (low + high) / 2, "low": low, "high": high}
        for name, (low, high) in zip(IMAGES, bounds, strict=True)
    ]
    return pd.DataFrame(rows).assign(scored=35.0)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (((1, 2), (1, 2), (1, 2)), "above"),
        (((-2, -1), (-2, -1), (-2, -1)), "below"),
        (((-1, 1), (-1, 1), (-1, 1)), "level"),
        (((1, 2), (-1, 1), (-2, -1)), "above on CIFAR-10, below on ImageNet16-120"),
    ],
)
def test_a_search_is_above_its_sample_where_all_intervals_are(bounds, said):
    told = gains(*bounds)
    assert operators.word(told) == said
    (row,) = operators.against(told).to_dict("records")
    assert row["beside a sample"] == said and row["classes scored"] == "35"
    beats = "1 beats it" if said == "above" else "none beat it"
    assert beats in operators.sentence(operators.standing(told))


def test_the_sentence_speaks_of_fireflies_alone():
    said = {("regularised evolution", "synflow"): "above", ("luciole", "synflow"): "below"}
    assert operators.sentence(said) == (
        "of 1 pairs of a firefly and a score, none beat it on all three data sets, 1 stand below it"
    )


def test_committed_choices_are_of_every_side_and_their_control_gains_nothing():
    told = operators.chosen()
    assert set(told["procedure"]) == set(readings.PROCEDURES) and (told["regret"] >= 0).all()
    control = told[told["procedure"] == "parameters, of a random sample"]
    assert (control["gain"] == 0).all() and len(control[control["how"] == "halves"]) == 3 * 50
    numbers = operators.numbers()
    assert numbers["sample_sentence"].startswith("of 12 pairs")
    assert set(operators.rate_choices().index) >= {"least rate", numbers["rate_best"]}
