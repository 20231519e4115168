"""The numbers of HAR-201's data card, against tables whose reliability is known."""

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.experiments.har201 import v2
from luciole.report import har201_card
from luciole.spaces import nb201
from luciole.tables.har201_v2 import METRICS, Har201
from luciole.tables.reliability import Components

CLASSES = nb201.classes()


def table(trained, luck=1.0):
    """A table of truth and luck, of equal size at ``luck`` 1: run r of group r has its first ``trained[r]`` classes."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=len(CLASSES))
    arrays = {"classes": CLASSES, "position": np.searchsorted(CLASSES, nb201.iso())}
    arrays |= {"wisdm_runs": np.array([(group, 0) for group in range(len(trained))])}
    arrays["wisdm_epochs"] = np.array([8])
    for metric in METRICS:
        values = 5000 + 500 * (truth + luck * rng.normal(size=(len(trained), 1, len(CLASSES))))
        for run, count in enumerate(trained):
            values[run, :, count:] = 65535
        arrays[f"wisdm_{metric}"] = values.round().astype(np.uint16)
    arrays["wisdm_milliseconds"] = np.full((len(trained), len(CLASSES)), 500, dtype=np.uint16)
    counts = np.ones(nb201.SIZE)
    return Har201(arrays | {"wisdm_params": counts, "wisdm_macs": counts}, source="invented")


def test_the_second_version_is_as_reliable_as_it_was_made():
    found = har201_card.second(table([len(CLASSES)] * 4), "wisdm")
    assert (found.runs, found.cells) == (4, len(CLASSES))
    assert found.one == pytest.approx(0.5, abs=0.03)
    assert found.mean == pytest.approx(0.8, abs=0.03)
    assert found.top < 0.6  # a tenth of the spread, all of the luck
    assert 0 < found.tau < found.ceiling < 1


def test_a_run_that_has_hardly_begun_is_left_out():
    assert har201_card.second(table([6466, 300, 20]), "wisdm").runs == 2
    assert har201_card.second(table([6466, 300, 20]), "wisdm").cells == 300
    with pytest.raises(LucioleError, match="wisdm: expected 100 classes trained in two groups of people"):
        har201_card.second(table([6466, 99]), "wisdm")
    with pytest.raises(LucioleError, match="in two groups"):
        har201_card.second(table([6466]), "wisdm")


def test_more_runs_cost_more_and_end_where_groups_do():
    """Five groups of people are all there are, however many the seeds."""
    shown = har201_card.curve(Components(cells=0.5, groups=0.25, rest=0.25), seconds=1.0, runs=1000)
    assert shown["core hours"][0] == pytest.approx(len(CLASSES) / 3600)
    assert shown["reliability"].is_monotonic_increasing
    assert shown["reliability"][0] == pytest.approx(0.5)
    assert shown["reliability"].iloc[-1] == pytest.approx(0.5 / 0.55, abs=1e-3)


def test_the_first_version_says_how_far_its_seeds_agree():
    held = tables.har201()
    found = {name: har201_card.first(held, name) for name in ("wisdm", "uci_har", "seglearn")}
    assert found["wisdm"]["tau"] > found["uci_har"]["tau"] > found["seglearn"]["tau"]
    assert all(one["tau of the best tenth"] < one["tau"] for one in found.values())


def test_how_much_of_the_second_version_is_trained_is_said():
    planned = sum(block.planned for block in v2.blocks())
    nothing = har201_card.trained(None, 3600.0)
    assert "planned and not trained: nothing of it is committed" in nothing
    assert f"all {planned:,} trainings would take about {planned:.0f} core-hours" in nothing
    assert "its first run alone is 203 stacks" in nothing
    assert har201_card.trained((planned, planned), 9.0) == f"{planned:,} of {planned:,} planned trainings"
