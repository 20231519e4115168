"""Rates: crowns and their ranks are the definitions, choosers see their own side, readings are derived again."""

import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.choice import rates
from luciole.experiments.choice.rates import Priced


@pytest.fixture
def side():
    rng = np.random.default_rng(0)
    cost = rng.uniform(1, 200, 400)
    accuracy = np.clip(0.9 - 0.5 / np.sqrt(cost) + 0.02 * rng.normal(size=400), 0, 1)
    return Priced({"c10": accuracy, "c100": accuracy - 0.1}, cost, {"c10": 0.1, "c100": 0.01})


def test_a_crown_is_ranked_and_priced_by_its_own_side(side):
    rank, cost = side.crowns("c10", (2.0, 1e9))
    assert rank[1] == 1 / 400  # at a rate without end only accuracy counts
    accuracy = side.accuracy["c10"]
    tenth = np.argsort(-accuracy)[:40]
    assert cost[1] == pytest.approx(side.cost[accuracy.argmax()] / side.cost[tenth].min())
    assert cost[0] < cost[1] and rank[0] > rank[1]


def test_the_least_rate_is_where_crowns_begin_to_be_accurate(side):
    held = rates.accurate(side)
    at = rates.RATES.index(rates.least(side))
    assert held[at:].all() and not held[at - 1]
    assert rates.least(side) < rates.middle(side) < rates.RATES[-1]


@pytest.mark.parametrize("name", rates.PROCEDURES)
def test_a_chooser_sees_its_own_side_alone(side, name):
    rows = np.arange(0, 400, 2)
    before = rates.PROCEDURES[name](side.part(rows))
    for values in side.accuracy.values():
        values[1::2] = 0.99
    assert rates.PROCEDURES[name](side.part(rows)) == before


@pytest.mark.check
def test_committed_readings_are_derived_again():
    kept = results.read(rates.NAME).frame
    assert set(kept["procedure"]) == set(rates.PROCEDURES) and set(kept["read on"]) == set(rates.TABLES)
    assert (kept["accurate"] == (kept["rank"] <= rates.SHARE)).all() and (kept["cost"] > 0).all()
    assert any(word in attestation.again(rates.NAME, 0, 2) for word in ("came out the same", "nothing was compared"))


def test_a_table_of_another_version_is_refused_in_one_line(monkeypatch):
    """NAS-Bench-201's replica has no accuracies of the original: nothing is read from it in the original's name."""

    class Replica(dict):
        source = "a replica"

    rates.side.cache_clear()
    monkeypatch.setattr(rates.tables, "nb201", Replica)
    with pytest.raises(LucioleError, match="original NAS-Bench-201, here is a replica"):
        rates.side("NAS-Bench-201")
    assert "nothing was compared" in attestation.again(rates.NAME, 0, 60)
