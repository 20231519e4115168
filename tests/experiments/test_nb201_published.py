"""Scores at the setting of their published correlations: which cells, and what is known of them."""

import numpy as np
import pandas as pd
import pytest

from luciole.experiments.nb201 import correlations, published, stages
from luciole.scores import SCORES
from luciole.spaces import nb201


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Every score of a class is its index, on the sample of its stage."""
    index = np.unique(np.concatenate([published.sample(name) for name in published.STAGES]))
    columns = {
        score: np.where(np.isin(index, published.sample(name)), index.astype(float), np.nan)
        for name, one in published.STAGES.items()
        for score in one.scores
    }
    return pd.DataFrame({"index": index, **columns})


def test_stages_are_the_published_setting_on_the_first_cells():
    for name, one in published.STAGES.items():
        assert set(one.scores) <= set(SCORES) and one.group in stages.INPUTS
        assert (one.skeleton, one.side, one.lean) == (stages.DEPTH, 32, False) and one.batch >= 64
        assert set(published.sample(name)) == set(nb201.iso()[: one.cells])


def test_a_cell_outside_the_sample_has_no_score(data):
    found = correlations.spread(data)
    cells = published.STAGES["loss"].cells
    assert (found["fisher"][:cells] == nb201.iso()[:cells]).all()
    assert np.isnan(found["fisher"][~np.isin(nb201.iso(), data["index"])]).all()
    assert (found["vkdnw_single"][:16] == nb201.iso()[:16] + found["tensors"][:16]).all()


def test_a_score_is_judged_below_the_first_cell_that_lacks_it(data):
    found = correlations.spread(data)
    found["fisher"][20] = np.nan
    inside = np.arange(nb201.SIZE) % 2 == 0
    assert correlations.covered("fisher", found, inside).tolist() == list(range(0, 20, 2))
    found["macs"][10] = np.nan
    assert correlations.covered("az_nas", found, inside).tolist() == list(range(0, 10, 2))
