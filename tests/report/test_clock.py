"""What the searches lose when their clock counts validation too."""

import numpy as np
import pandas as pd
import pytest

from luciole import results
from luciole.report import clock


def curve(searcher, slope):
    seconds = np.arange(0, 12_001, 100)
    straight = dict.fromkeys(clock.DATASETS, 90 + slope * seconds / 12_000)
    return pd.DataFrame(
        {"searcher": searcher, "seconds": seconds, "runs": 5, "c10_low": 1.0, "c10_high": 1.5, **straight}
    )


def test_a_straight_curve_loses_its_slope_s_share():
    found = clock.moved(pd.concat([curve("flat", 0.0), curve("steep", 2.0)]))
    assert found["searcher"].tolist() == ["steep", "flat"]
    assert found.loc[0, list(clock.DATASETS)].tolist() == pytest.approx([2 * (1 - 1 / 1.041)] * 3)
    assert found.loc[1, list(clock.DATASETS)].tolist() == pytest.approx([0, 0, 0])
    assert found["width"].tolist() == [0.5, 0.5] and found["runs"].tolist() == [5, 5]


def test_no_searcher_of_ours_moves_by_half_of_its_interval():
    found = clock.moved(results.read("nb201/search").frame)
    assert found["c10"].max() < 0.035
    assert found[["c100", "in16"]].to_numpy().max() < 0.1
    assert (found["c10"] < found["width"] / 2).all()
