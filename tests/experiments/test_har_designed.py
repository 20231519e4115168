"""What a design finds in minutes: rows that add up to the outcome's own table, and a sample that is trained again."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from luciole import results
from luciole.design import Settings
from luciole.design.outcome import DELIVERED
from luciole.experiments.har import designed


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The experiment on six invented people, with short trainings; and the outcomes that it read."""
    folder, outcomes = tmp_path_factory.mktemp("designed"), {}
    rng = np.random.default_rng(0)
    y = np.arange(6 * 18) % 3
    X = np.sin((0.2 + 0.25 * y)[:, None, None] * np.arange(32) + rng.uniform(0, 6, (len(y), 2, 1)))
    X += 0.5 * rng.normal(size=X.shape)
    np.savez(folder / "six.npz", X=X, y=np.array(["a", "b", "c"])[y], subject=np.arange(len(y)) // 18, hz=25.0,
             channel_names=["ax", "ay"])  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("LUCIOLE_CACHE", str(folder / "cache"))
        patch.setattr(designed, "MINUTES", {"six.npz": 0.02})
        patch.setattr(designed, "MACS", 3000)
        patch.setattr(designed, "Settings", partial(Settings, scored=4, steps=6))
        write, design = results.write, designed.design
        patch.setattr(results, "write", partial(write, folder=folder / "results"))
        patch.setattr(designed, "design", lambda *given: outcomes.setdefault("six.npz", design(*given)))
        designed.run()
        yield results.read(designed.NAME, folder / "results"), outcomes["six.npz"]


def test_rows_are_the_people_of_the_outcome(ran):
    result, outcome = ran
    frame = result.frame
    assert set(frame["model"]) >= {DELIVERED, "majority", "logistic regression on features"}
    for model, mine in frame[frame["seed"] == 0].groupby("model"):
        assert mine["windows"].tolist() == [18] * 6, model
        kept = outcome.leaderboard.set_index("model").loc[model]
        if kept["seeds"] == 1:
            assert mine["right"].sum() / mine["windows"].sum() == pytest.approx(kept["accuracy"])
        assert set(mine["macs"]) == {-1 if pd.isna(kept["macs"]) else kept["macs"]}
    assert (frame.loc[frame["model"] == DELIVERED, "macs"] <= 3000).all()
    assert result.provenance.holds == (1, 1)


def test_a_sample_is_trained_again_and_an_altered_count_is_seen(ran):
    result, _ = ran
    sample = designed.rederive(designed.NAME, result, np.random.default_rng(0), 10**6)
    assert sample.of == len(sample.units) == result.frame.groupby(designed.KEY).ngroups
    assert not any(column.differing().any() for column in sample.columns.values())
    altered = result.frame.assign(right=(result.frame["right"] + 9) % 19)
    other = results.Result(altered, result.provenance, result.stale)
    sample = designed.rederive(designed.NAME, other, np.random.default_rng(0), 3)
    assert all(column.differing().any() for column in sample.columns.values())
