import numpy as np
import pytest

from luciole.report.har201_searchers import Contest
from luciole.search import SEARCHERS
from luciole.spaces import nb201
from luciole.tables.table import Table


@pytest.fixture(scope="module")
def contest():
    """A full table that a person can check: accuracy is the share of 3x3 convolutions, the noise of test is known."""
    rows = nb201.all_cells()[nb201.iso()]
    accuracy = 50 + 5 * (rows == nb201.CONV3).sum(axis=1).astype(np.float64)
    columns = {f"toy_{part}_acc_ep{epoch}": accuracy for part in ("valid", "test") for epoch in (2, 4)}
    columns["toy_seconds"] = np.full(nb201.SIZE, 2.0)
    columns["toy_macs"] = 1000.0 + accuracy
    return Contest(Table("toy", columns, source="made by the test", index=nb201.index, roles={}), "toy")


@pytest.mark.parametrize("searcher", [name for name in SEARCHERS if name != "Optuna GP"])
def test_every_searcher_runs_within_the_budget(contest, searcher):
    history = contest.play(searcher, 30, seed=1)
    assert history.seconds[-1] <= 2.0 * 30 + 2.0  # the last training may end after the budget
    asked = nb201.index(history.genotypes)
    assert contest.test[contest.found(history)] == contest.test[asked].max()


def test_the_standing_counts_regret_from_the_best_cell(contest):
    standing = contest.standing(["random", "regularised evolution"], 40, runs=4)
    assert standing["test"].is_monotonic_decreasing
    np.testing.assert_allclose(standing["regret"], 80 - standing["test"])
    assert (standing["error"] >= 0).all() and (standing["asked"] >= 30).all()


def test_the_same_seed_gives_the_same_run(contest):
    one, other = (contest.play("regularised evolution", 20, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.genotypes, other.genotypes)
