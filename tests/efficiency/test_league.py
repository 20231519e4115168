"""Crowns, their range of exponents, and agreement between costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from luciole.efficiency import METRICS, agreement, crown, crowned_by_exponent, exchange_range, league, merit
from luciole.errors import LucioleError

sets = st.lists(st.tuples(st.integers(15, 99), st.integers(1, 400)), min_size=2, max_size=15, unique=True)


def test_the_league_agrees_with_looking_at_each_metric() -> None:
    rng = np.random.default_rng(0)
    cost = rng.lognormal(10, 1, 60)
    accuracy = 1 - 0.5 * (cost / cost.min()) ** -0.2 * rng.uniform(0.9, 1.1, 60)
    context = {"reference": float(cost.max()), "floor": 0.1, "chance": 0.1, "parameters": cost**0.5}
    found = league(accuracy, cost, **context)
    assert list(found.index) == list(METRICS)
    for name, row in found.iterrows():
        values = METRICS[name].goodness(accuracy, cost, **context)
        assert values[row["index"]] == values.max()
        assert row["rank"] == 1 + sum(a > accuracy[row["index"]] for a in accuracy)
        assert row["tau"] == pytest.approx(kendalltau(values, accuracy).statistic)


def test_equal_bests_go_to_the_cheapest() -> None:
    constant = METRICS["rank_sum"]
    assert crown(constant, [0.9, 0.8], [20.0, 10.0]) == 1


def test_nothing_is_crowned_at_the_floor() -> None:
    with pytest.raises(LucioleError, match="none is crowned"):
        crown(METRICS["merit"], [0.1, 0.05], [1.0, 2.0], reference=1.0, floor=0.1)
    with pytest.raises(LucioleError, match="at least one"):
        crown(METRICS["bcr"], [], [])


def test_a_metric_that_refuses_the_set_has_no_crown() -> None:
    found = league([0.9, 0.8], [0.5, 0.1], reference=1.0)
    assert found.loc["accuracy_per_log_cost", "index"] == -1
    assert np.isnan(found.loc["accuracy_per_log_cost", "accuracy"])


@given(sets)
def test_the_range_of_exponents_is_where_the_crown_holds(pairs) -> None:
    accuracy, cost = np.array(pairs, dtype=float).T
    accuracy /= 100
    for k in (1.3, 3.0, 10.0, 60.0):
        best = int(crowned_by_exponent(accuracy, cost, [k], floor=0.1)[0])
        values = merit(accuracy, cost, 50.0, k=k, floor=0.1)
        assert values[best] == pytest.approx(values.max(), rel=1e-12)
        low, high = exchange_range(accuracy, cost, best, floor=0.1)
        assert low <= k * (1 + 1e-6) and k <= high * (1 + 1e-6)
        for rival in range(len(cost)):
            low, high = exchange_range(accuracy, cost, rival, floor=0.1)
            if low * 1.001 < k < high / 1.001:
                assert values[rival] == pytest.approx(values.max(), rel=1e-9)


def test_dominated_and_useless_models_have_no_range() -> None:
    assert np.isnan(exchange_range([0.9, 0.8], [1.0, 2.0], 1)[0])
    assert np.isnan(exchange_range([0.9, 0.05], [2.0, 1.0], 1, floor=0.1)[0])


def test_agreement_leaves_out_what_was_not_measured() -> None:
    rng = np.random.default_rng(0)
    macs = rng.uniform(1, 2, 50)
    latency = macs + rng.normal(0, 0.2, 50)
    latency[:10] = np.nan
    found = agreement(macs, latency)
    assert found["models"] == 40
    assert found["tau"] == pytest.approx(kendalltau(macs[10:], latency[10:]).statistic)
    with pytest.raises(LucioleError, match="both costs"):
        agreement([1.0, 2.0], [np.nan, 3.0])
    with pytest.raises(LucioleError, match="shapes"):
        agreement([1.0, 2.0], [3.0])
