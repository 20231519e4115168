"""The proposed metric: its properties one by one, with hypothesis looking for a way out."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from luciole.costs.accounts import lifetime
from luciole.efficiency import error_merit, interval, merit, pareto_front, skill, wrong_per_right
from luciole.errors import LucioleError

FAMILY = pytest.mark.parametrize("function", [merit, error_merit])
above = st.floats(0.21, 1.0)  # accuracies above a floor of 0.2
costs = st.floats(1e-3, 1e9)
ks = st.floats(1.5, 1e4)
steps = st.floats(1e-3, 0.5)


@FAMILY
@given(a=st.floats(0.21, 0.99), c=costs, k=ks, step=steps)
def test_1_strictly_better_for_more_accuracy_or_less_cost(function, a, c, k, step) -> None:
    def value(accuracy: float, cost: float) -> float:
        return float(function(accuracy, cost, 1e3, k=k, floor=0.2))

    assume(1e-12 < value(a, c) < 1 - 1e-12)  # where doubles still tell merits apart
    assert value(a + step * (1 - a), c) > value(a, c)
    assert value(a, c * (1 - step)) > value(a, c)


@FAMILY
@given(c=costs, factor=st.floats(1.1, 100))
def test_1_perfect_models_are_told_apart_by_cost(function, c, factor) -> None:
    assert function(1.0, c, 1e3) > function(1.0, c * factor, 1e3)


@FAMILY
@given(a=above, c=costs, unit=st.floats(1e-6, 1e6), k=ks)
def test_2_the_unit_of_cost_cancels(function, a, c, unit, k) -> None:
    assert function(a, c * unit, 1e3 * unit, k=k) == pytest.approx(function(a, c, 1e3, k=k), rel=1e-9)


@given(s=st.floats(0.01, 1), c=costs, q=st.floats(0, 0.9))
def test_2_equal_skill_has_equal_merit_whatever_the_chance_level(s, c, q) -> None:
    assert merit(q + (1 - q) * s, c, 1e3, floor=q) == pytest.approx(merit(s, c, 1e3), rel=1e-6)
    assert error_merit(q + (1 - q) * s, c, 1e3, chance=q) == pytest.approx(error_merit(s, c, 1e3), rel=1e-6)


@FAMILY
@given(a=st.floats(0, 0.2), c=costs, useful=above, dear=costs)
def test_3_nothing_at_or_below_the_floor_beats_anything_above(function, a, c, useful, dear) -> None:
    assert function(a, c, 1e3, floor=0.2) == 0
    assert function(useful, dear, 1e3, floor=0.2) > 0


def test_3_merit_falls_to_zero_on_the_way_down_and_the_error_form_jumps() -> None:
    just_above = 0.2 + 1e-9
    assert merit(just_above, 1.0, 1e3, floor=0.2) < 1e-6
    assert error_merit(just_above, 1.0, 1e3, floor=0.2) > 0.5


@FAMILY
@given(pairs=st.lists(st.tuples(above, costs), min_size=2, max_size=8), factor=st.floats(1e-3, 1e3))
def test_4_one_factor_on_every_cost_leaves_the_order(function, pairs, factor) -> None:
    a, c = np.array(pairs).T
    before, after = function(a, c, 1e3), function(a, c * factor, 1e3)
    gaps = np.subtract.outer(before, before)
    clear = np.abs(gaps) > 1e-9
    assert (np.sign(gaps) == np.sign(np.subtract.outer(after, after)))[clear].all()


@given(a=st.floats(0.5, 0.97), b=st.floats(0.5, 0.97))
def test_4_a_point_near_the_top_is_worth_more(a, b) -> None:
    low, high = sorted((a, b))
    assume(high - low > 1e-3)

    def worth(accuracy: float) -> float:
        return float(wrong_per_right(accuracy, 0.0) / wrong_per_right(accuracy + 0.01, 0.0))

    assert worth(high) > worth(low)


@given(w=st.floats(0.01, 10), c=costs, k=ks)
def test_5_halving_the_wrong_answers_per_right_one_is_worth_k_times_the_cost(w, c, k) -> None:
    seen = merit(1 / (1 + w), c, 1e3, k=k, resolution=0)
    assert merit(1 / (1 + w / 2), c * k, 1e3, k=k, resolution=0) == pytest.approx(seen, rel=1e-6)


@given(e=st.floats(0.01, 0.99), c=costs, k=ks)  # at 1 the model is at the floor, and its merit 0
def test_5_halving_the_error_is_worth_k_times_the_cost_in_the_error_form(e, c, k) -> None:
    seen = error_merit(1 - e, c, 1e3, k=k, resolution=0)
    assert error_merit(1 - e / 2, c * k, 1e3, k=k, resolution=0) == pytest.approx(seen, rel=1e-6)


def test_6_which_network_is_better_turns_with_the_number_of_inferences() -> None:
    def after(n: float) -> np.ndarray:
        searched, ready = lifetime(1e6, 1e5, 0.01, n), lifetime(0, 1e5, 0.02, n)
        return merit([0.93, 0.93], [searched, ready], 1e6)

    assert after(1e3).argmax() == 1
    assert after(1e9).argmax() == 0


@FAMILY
@given(a=st.floats(0, 1), c=st.floats(1e-300, 1e300), k=st.floats(1.001, 1e6), floor=st.floats(0, 0.99))
def test_7_always_between_0_and_1(function, a, c, k, floor) -> None:
    with np.errstate(over="ignore"):
        assert 0 <= function(a, c, 1.0, k=k, floor=floor) <= 1


@given(a=st.floats(0.11, 0.99), c=costs, k=ks)
def test_7_at_the_reference_cost_merit_is_the_skill(a, c, k) -> None:
    assert merit(a, c, c, k=k, floor=0.1, resolution=0) == pytest.approx(skill(a, 0.1))


def test_7_the_interval_is_that_of_a_slow_bootstrap() -> None:
    rng = np.random.default_rng(0)
    seeds, readings = rng.normal(0.93, 0.01, 6), rng.normal(10, 1, 4)
    value, low, high = interval(lambda a, c: merit(a, c, 10.0), seeds, readings, np.random.default_rng(1))
    slow = []
    for _ in range(2000):
        a = np.mean([seeds[rng.integers(6)] for _ in range(6)])
        c = np.mean([readings[rng.integers(4)] for _ in range(4)])
        slow.append(float(merit(a, c, 10.0)))
    assert value == pytest.approx(float(merit(seeds.mean(), readings.mean(), 10.0)))
    assert [low, high] == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.002)
    assert low < value < high


def test_7_one_seed_and_one_reading_have_no_interval() -> None:
    with pytest.raises(LucioleError, match="several seeds"):
        interval(lambda a, c: merit(a, c, 1.0), [0.9], [1.0], np.random.default_rng(0))


@FAMILY
@given(
    pairs=st.lists(st.tuples(st.integers(21, 99), st.integers(1, 40)), min_size=1, max_size=30),
    k=ks,
    reference=costs,
)
def test_8_the_best_is_on_the_front(function, pairs, k, reference) -> None:
    a, c = np.array(pairs, dtype=float).T
    a /= 100
    values = function(a, c, reference, k=k, floor=0.2)
    assume(values.max() < 1 - 1e-9 and values.max() > 1e-9)
    assert np.isin(np.flatnonzero(values == values.max()), pareto_front(a, c)).all()


@FAMILY
def test_9_joules_below_one_are_costs_like_any_other(function) -> None:
    assert (np.diff(function(np.full(5, 0.9), np.geomspace(1e-9, 1e3, 5), 1e-3)) < 0).all()


@FAMILY
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reference": 0.0}, "reference cost above 0"),
        ({"reference": float("nan")}, "reference cost above 0"),
        ({"reference": 1.0, "k": 1.0}, "k above 1"),
        ({"reference": 1.0, "floor": 10.0}, "percent"),
        ({"reference": 1.0, "floor": -0.1}, "fraction below 1"),
        ({"reference": 1.0, "resolution": 1.0}, "resolution"),
    ],
)
def test_bad_settings_are_refused(function, settings, message) -> None:
    with pytest.raises(LucioleError, match=message):
        function(0.9, 1.0, **settings)
