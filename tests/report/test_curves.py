"""Curves of error against energy: points are means of their seeds, words follow the numbers."""

import pandas as pd
import pytest

from luciole import results
from luciole.experiments.images import curves as experiment
from luciole.report import curves


@pytest.fixture
def frame():
    rows = [
        {
            "dataset": dataset,
            "network": name,
            "length": length,
            "seed": seed,
            "test": 0.9 + 0.01 * at + 0.02 * (length > 1) - 0.002 * seed,
            "joules": 10 * length * (1 + at),
            "macs": 1e6,
        }
        for dataset in experiment.DATASETS
        for at, name in enumerate(experiment.NETWORKS)
        for length in (0.25, 4.0)
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_points_are_means_of_their_seeds(frame):
    told = curves.points(frame).set_index(["dataset", "network", "length"])
    one = told.loc[("mnist", "LeNet-5", 0.25)]
    assert (one["seeds"], one["joules"]) == (2, 2.5)
    assert (one["error"], one["least"], one["most"]) == pytest.approx((10.1, 10.0, 10.2))
    assert len(curves.table(curves.points(frame))) == len(told)


def test_words_follow_the_numbers(frame):
    record = type("Record", (), {"holds": (16, 72), "seconds": 600.0})
    said = curves.numbers(results.Result(frame, record, ()))
    assert said["curves_mnist"] == "found cell with 94.90 % (MNIST, 2 seeds)"
    assert said["curves_fashion_order"] == "found cell 5.10 %, ResNet-like cell 6.10 %, small CNN 7.10 %"
    assert said["curves_fashion_length"] == "4"
    gone = frame.drop(frame.index[(frame["network"] == "found cell") & (frame["length"] == 4) & (frame["seed"] == 1)])
    said = curves.numbers(results.Result(gone, record, ()))  # a training less: the shorter length is the longest whole
    assert said["curves_fashion_order"] == "found cell 7.10 %, ResNet-like cell 8.10 %, small CNN 9.10 %"
    assert said["curves_fashion_length"] == "0.25"
    assert (said["curves_done"], said["curves_planned"], said["curves_seconds"]) == ("16", "72", "10")
