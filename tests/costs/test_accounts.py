"""Accounts against figures worked out elsewhere, and against their own limits."""

import pytest

from luciole.costs.accounts import kwh, lifetime, price, strubell, training_example
from luciole.errors import LucioleError


def test_strubell_s_formula_in_its_own_units() -> None:
    """kWh = 1.58 t (pc + pr + g pg) / 1000, and pounds of CO2e from a factor in pounds a kilowatt-hour."""
    pounds_per_kwh = 0.9
    run = strubell(10, cpu=80, ram=15, gpu=200, gpus=8, intensity=pounds_per_kwh * 453.59237)
    by_hand = 1.58 * 10 * (80 + 15 + 8 * 200) / 1000
    assert run.kwh == pytest.approx(by_hand)
    assert run.pounds == pytest.approx(by_hand * pounds_per_kwh)


def test_the_price_is_a_product_and_trials_count() -> None:
    one = price(training_example(1e6), 50_000, 1)
    assert one == 3 * 2 * 1e6 * 50_000
    assert price(training_example(1e6), 50_000, 100) == 100 * one


def test_a_long_life_is_all_inference_and_a_short_one_all_search() -> None:
    frugal, searched = lifetime(0, 10, 2.0, 1), lifetime(1000, 10, 1.0, 1)
    assert frugal < searched
    assert lifetime(0, 10, 2.0, 10_000) > lifetime(1000, 10, 1.0, 10_000)
    assert lifetime(5, 7, 3, 0) == 12


def test_kilowatt_hours() -> None:
    assert kwh(strubell(1, cpu=1000, ram=0, gpu=0, gpus=0, intensity=1, pue=1).kwh * 3.6e6) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: price(-1, 1, 1), "example of at least 0"),
        (lambda: price(1, float("nan"), 1), "examples of at least 0"),
        (lambda: lifetime(1, 1, 1, -5), "n of at least 0"),
        (lambda: training_example(-1), "macs"),
        (lambda: strubell(1, cpu=1, ram=1, gpu=1, gpus=1, intensity=1, pue=0.9), "PUE"),
        (lambda: strubell(-1, cpu=1, ram=1, gpu=1, gpus=1, intensity=1), "hours"),
    ],
)
def test_bad_input_is_refused(call, message: str) -> None:
    with pytest.raises(LucioleError, match=message):
        call()
