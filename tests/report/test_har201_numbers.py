"""What chapter 6 says of HAR-201, from the committed results."""

import numpy as np
import pandas as pd
import pytest

from luciole import tables
from luciole.report import har201_numbers
from luciole.report.show import COLUMNS, ROWS


@pytest.fixture(scope="module")
def table():
    return tables.har201()


@pytest.fixture(scope="module")
def noises(table):
    return har201_numbers.noises(table)


def test_two_single_trainings_tie_below_d(table, noises):
    said = har201_numbers.spread_numbers(table, noises)
    assert float(said["har_needed"]) == pytest.approx(1.96 * 2**0.5 * noises["wisdm"].noise, abs=0.05)
    assert float(said["har_tau_top"]) < float(said["har_tau"]) < 1


def test_tables_in_sight_are_small_and_have_words_for_headers(table, noises):
    pilot, _ = har201_numbers.pilot()
    for frame in (har201_numbers.made(table), har201_numbers.spread(table, noises), pilot):
        assert len(frame) <= ROWS and frame.shape[1] + frame.index.nlevels <= COLUMNS
        assert not [name for name in frame if "_" in name]


def test_the_best_and_the_worst_operation_are_the_ends_of_the_effects(table):
    effects = pd.DataFrame({"edge": ["1<-0", "3<-2"], "operation": ["nor_conv_3x3", "none"], "effect": [2.0, -3.0]})
    said = har201_numbers.cost_numbers(table, effects, seed=0, resamples=2)
    assert said["har_best_op"] == "3-wide conv from node 0 to node 1" and said["har_best_worth"] == "+2.0"
    assert said["har_worst_op"] == "nothing from node 2 to node 3" and said["har_worst_worth"] == "-3.0"


def test_scores_beat_the_count_only_beyond_their_interval():
    names = [*har201_numbers.COUNTS, "good", "close"]
    rank = pd.DataFrame({"wisdm": 0.5, "wisdm low": 0.4, "CIFAR-10": np.arange(6.0)}, index=names)
    rank.loc["good", ["wisdm", "wisdm low"]] = 0.7, 0.6
    rank.loc["close", ["wisdm", "wisdm low"]] = 0.6, 0.45
    said = har201_numbers.rank_numbers(rank.sort_values("wisdm", ascending=False))
    assert said["har_best_score"] == "good" and said["har_beat_macs"] == "1" and said["har_scores_tried"] == "2"
